"""Links for people without an account, and what these said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.fields import PageQuery
from accounts.rest.operations import Example, operation
from projects import review_links as links
from projects.access import OpenProject
from projects.api.base import PageInProject, ProjectResource
from projects.models import Guest, GuestVerdict, ReviewLink
from scenes.api.shown_links import (
    LinkChange,
    LinkGuest,
    LinkIn,
    ReviewLinkOut,
    VerdictOut,
    VerdictQuery,
)
from scenes.services.guest_items import Choice, share

USUAL_DAYS = 7
_ID = "0191f2a0-1111-4222-8333-444455556666"


class LinkResource(ProjectResource):
    """An address of review links."""

    tag = "review-links"
    opened: OpenProject

    def open_link(self, link_id: UUID) -> ReviewLink:
        """Open a link's project, and return the link."""
        self.opened, link = self.open_of(ReviewLink.objects.select_related("created_by", "project"), link_id)
        return link

    def answer_link(self, link: ReviewLink, **more: Any) -> Response:
        """Answer with a link as it is by now, and what became of it."""
        now = links.rows_of(self.opened).get(pk=link.pk)
        return self.answer(links.standings(self.opened, [now])[0], **more)


class ReviewLinks(LinkResource):
    """The links of a project."""

    @operation(answer=ReviewLinkOut, query=PageInProject, paged=True, needs=Right.MANAGE)
    def get(self, request: Request) -> Response:
        """List a project's links with what became of them, the latest first."""
        self.opened = self.open(self.asked["project"])
        return self.page(links.rows_of(self.opened))

    @operation(
        answer=ReviewLinkOut,
        body=LinkIn,
        status=201,
        needs=Right.MANAGE,
        once=False,
        refusals={409: ["not_possible: what was chosen is not there, or has no picture"]},
        examples=[
            Example(
                "The film, for a client who decides",
                {"project": _ID, "name": "For the client", "password": "low tide", "may_approve": True},
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Make a link for guests: to takes, to the selects of shots, to a rendering, or to the film as it is cut."""
        said = self.sent
        self.opened = self.open(said["project"])
        choice = Choice(said.get("render"), tuple(said.get("takes", ())), tuple(said.get("shots", ())))
        link = share(
            opened=self.opened,
            name=said["name"],
            choice=choice,
            expires_at=said.get("expires_at", timezone.now() + timedelta(days=USUAL_DAYS)),
            password=said["password"],
            may_comment=said["may_comment"],
            may_approve=said["may_approve"],
            watermark=said["watermark"],
        )
        return self.answer_link(link, location=reverse("api:review_link", args=[link.pk]))


class OneReviewLink(LinkResource):
    """One link."""

    @operation(answer=ReviewLinkOut, needs=Right.MANAGE)
    def get(self, request: Request, link_id: UUID) -> Response:
        """Read a link, its address included, and what became of it."""
        return self.answer_link(self.open_link(link_id))

    @operation(
        answer=ReviewLinkOut,
        body=LinkChange,
        needs=Right.MANAGE,
        examples=[Example("Until it is closed by hand", {"expires_at": None})],
    )
    def patch(self, request: Request, link_id: UUID) -> Response:
        """Let a link open longer, or less long."""
        link = self.open_link(link_id)
        links.change_expiry(opened=self.opened, link=link, expires_at=self.sent["expires_at"])
        return self.answer_link(link)


class RevokeReviewLink(LinkResource):
    """Closing a link."""

    @operation(answer=ReviewLinkOut, needs=Right.MANAGE)
    def post(self, request: Request, link_id: UUID) -> Response:
        """Close a link at once; whoever watches is sent away."""
        link = self.open_link(link_id)
        links.revoke_link(opened=self.opened, link=link)
        return self.answer_link(link)


class RestoreReviewLink(LinkResource):
    """Opening a link again."""

    @operation(answer=ReviewLinkOut, needs=Right.MANAGE)
    def post(self, request: Request, link_id: UUID) -> Response:
        """Open a link again that was closed: the same address works, and the guests are the same."""
        link = self.open_link(link_id)
        links.restore_link(opened=self.opened, link=link)
        return self.answer_link(link)


class ReviewLinkGuests(LinkResource):
    """Who came by a link."""

    @operation(answer=LinkGuest, query=PageQuery, paged=True, needs=Right.MANAGE)
    def get(self, request: Request, link_id: UUID) -> Response:
        """List who came by a link, and what they think of what they saw. `comments?review_link=` has their words."""
        rows = Guest.objects.filter(link=self.open_link(link_id)).prefetch_related("verdicts")
        return self.page(rows, "first_seen_at")


class GuestVerdicts(ProjectResource):
    """What guests think."""

    tag = "review-links"

    @operation(answer=VerdictOut, query=VerdictQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List what guests think of a project's things, or of one of them."""
        asked = self.asked
        opened = self.open(asked["project"])
        rows = GuestVerdict.objects.filter(guest__link__project=opened.project).select_related("guest")
        if "subject_id" in asked:
            rows = rows.filter(subject_id=asked["subject_id"])
        return self.page(rows, "given_at")
