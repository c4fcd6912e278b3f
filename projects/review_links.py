"""Links for people without an account: who made them, what they show, and how long they open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string

from projects import events
from projects.access import OpenProject
from projects.models import Comment, Guest, GuestVerdict, ReviewLink

NONCE_LENGTH = 32
MOST_ITEMS = 200


class LinkError(Exception):
    """A link cannot be made like that. The message says what can be done."""


@dataclass(frozen=True, slots=True)
class LinkDetails:
    """What a member says about a link.

    Attributes:
        name: what the guests see above the picture.
        shows: one of ``ReviewLink.Shows``.
        items: ids of takes in order, or of one rendering; empty: the film as it is cut when somebody looks.
        expires_at: None never.
        password: as typed; empty asks for none.
        may_comment, may_approve: what guests may do beside watching.
        watermark: whether their name lies over the picture.
    """

    name: str
    shows: str
    items: tuple[UUID, ...] = ()
    expires_at: datetime | None = None
    password: str = ""
    may_comment: bool = True
    may_approve: bool = False
    watermark: bool = True


def make_link(*, opened: OpenProject, details: LinkDetails) -> ReviewLink:
    """Make a link for guests.

    Args:
        opened: the project, opened to manage.
        details: what it shows and for how long; ``items`` are the project's own, the caller has looked.

    Raises:
        LinkError: there is nothing to see, or too much.
    """
    if details.shows == ReviewLink.Shows.PLAYLIST and not details.items:
        raise LinkError("Choose at least one shot that has a picture.")
    if len(details.items) > MOST_ITEMS:
        raise LinkError(f"A link shows at most {MOST_ITEMS} takes. Choose fewer, or share the film.")
    # Hashing takes its time on purpose; not while rows are locked.
    hashed = make_password(details.password) if details.password else ""
    with transaction.atomic():
        link = ReviewLink.objects.create(
            project=opened.project,
            name=details.name,
            nonce=get_random_string(NONCE_LENGTH),
            shows=details.shows,
            items=[str(one) for one in details.items],
            password=hashed,
            may_comment=details.may_comment,
            may_approve=details.may_approve,
            watermark=details.watermark,
            expires_at=details.expires_at,
            created_by=opened.user,
        )
        _record(opened, link, "review_link_made")
    return link


@transaction.atomic
def revoke_link(*, opened: OpenProject, link: ReviewLink) -> None:
    """Close a link at once; who watches is sent away within seconds.

    Args:
        opened: the project, opened to manage.
        link: one of the project's.
    """
    if ReviewLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
        _record(opened, link, "review_link_revoked")


@transaction.atomic
def restore_link(*, opened: OpenProject, link: ReviewLink) -> None:
    """Open a link again that was revoked: the same address works, and the guests are the same."""
    if ReviewLink.objects.filter(pk=link.pk).exclude(revoked_at=None).update(revoked_at=None):
        _record(opened, link, "review_link_restored")


@transaction.atomic
def change_expiry(*, opened: OpenProject, link: ReviewLink, expires_at: datetime | None) -> None:
    """Let a link open longer, or less long.

    Args:
        opened: the project, opened to manage.
        link: one of the project's.
        expires_at: None never.
    """
    ReviewLink.objects.filter(pk=link.pk).update(expires_at=expires_at)
    _record(opened, link, "review_link_changed")


@dataclass(frozen=True, slots=True)
class Standing:
    """A link as its makers see it. Counts are of all its guests."""

    link: ReviewLink
    guests: tuple[Guest, ...]
    views: int
    open_notes: int
    approved: int
    changes: int
    last_seen_at: datetime | None


def links_of(opened: OpenProject) -> list[Standing]:
    """Return a project's links with what became of them, the latest first."""
    return standings(opened, rows_of(opened).order_by("-created_at"))


def rows_of(opened: OpenProject) -> QuerySet[ReviewLink]:
    """Return the links of a project, opened to manage."""
    return ReviewLink.objects.filter(project=opened.project).select_related("created_by", "project")


def standings(opened: OpenProject, links: Iterable[ReviewLink]) -> list[Standing]:
    """Return some of a project's links with what became of them, in three queries.

    Args:
        opened: the project, opened to manage.
        links: of ``rows_of``.
    """
    links = list(links)
    guests: dict[UUID, list[Guest]] = {link.pk: [] for link in links}
    for guest in Guest.objects.filter(link__in=guests).prefetch_related("verdicts"):
        guests[guest.link_id].append(guest)
    open_notes = dict(
        Comment.objects.of(opened.project)
        .filter(guest__link__in=guests, resolved_at=None, parent=None)
        .order_by()
        .values_list("guest__link")
        .annotate(Count("pk"))
    )
    return [
        Standing(
            link=link,
            guests=tuple(guests[link.pk]),
            views=sum(guest.views for guest in guests[link.pk]),
            open_notes=open_notes.get(link.pk, 0),
            approved=_count(guests[link.pk], GuestVerdict.Verdict.APPROVED),
            changes=_count(guests[link.pk], GuestVerdict.Verdict.CHANGES),
            last_seen_at=max((guest.last_seen_at for guest in guests[link.pk]), default=None),
        )
        for link in links
    ]


def verdicts_on(opened: OpenProject, kind: str, subject_ids: Sequence[UUID]) -> list[GuestVerdict]:
    """Return what guests said about things of an opened project, the latest last, in one query."""
    return list(
        GuestVerdict.objects.filter(
            Q(guest__link__project=opened.project), subject_kind=kind, subject_id__in=subject_ids
        ).select_related("guest")
    )


def _count(guests: Sequence[Guest], verdict: str) -> int:
    return sum(one.verdict == verdict for guest in guests for one in guest.verdicts.all())


def _record(opened: OpenProject, link: ReviewLink, what: str) -> None:
    events.record(opened.project.pk, what, {"linkId": str(link.pk), "name": link.name}, actor=opened.user)
