"""The guests' door: an address, and the cookie of somebody who gave their name there, go in; a review comes out.

It is beside the members' door, not a way through it: what it opens is one link, and nothing that the link does not
show. Wrong, expired and revoked addresses, and those of projects that were put away, all get the same answer.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from projects.models import Guest, Project, ReviewLink

COOKIE = "rushes-guest"
COOKIE_DAYS = 30
_SALT = "projects.guest"
_NOBODY = ReviewLink(nonce="nobody")


class ReviewClosed(Http404):
    """There is no review at this address, or none any more."""


class NameWanted(Exception):
    """The review is open, but this browser has not given a name yet.

    Args:
        review: what was found.
    """

    def __init__(self, review: Review) -> None:
        super().__init__("A name is wanted first.")
        self.review = review


class TooManyTries(Exception):
    """Somebody tries too often. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Review:
    """A link that is open, with its project."""

    link: ReviewLink
    project: Project

    @property
    def mac(self) -> str:
        """The part of the address that nobody can guess."""
        return mac_of(self.link)


@dataclass(frozen=True, slots=True)
class OpenReview(Review):
    """A review, and the guest who looks at it."""

    guest: Guest


def mac_of(link: ReviewLink) -> str:
    """Return what makes a link's address impossible to guess; another nonce makes another one."""
    digest = salted_hmac("projects.ReviewLink", f"{link.pk}:{link.nonce}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def address_of(link: ReviewLink, name: str = "guests:review", *more: Any) -> str:
    """Return where a link leads; with ``name`` one of the addresses below it."""
    return reverse(name, args=[link.pk, mac_of(link), *more])


def find_review(link_id: UUID, mac: str) -> Review:
    """Return the review at an address.

    Raises:
        ReviewClosed: there is none, or none any more; which of the two is not told.
    """
    link = ReviewLink.objects.select_related("project").filter(pk=link_id).first()
    # Compared for links that are not there, too, so that the time tells nothing.
    genuine = constant_time_compare(mac_of(link or _NOBODY), mac)
    if link is None or not genuine or not is_alive(link):
        raise ReviewClosed("No such review.")
    return Review(link, link.project)


def is_alive(link: ReviewLink) -> bool:
    """Return whether a link, fetched with its project, still opens."""
    return (
        link.revoked_at is None
        and (link.expires_at is None or link.expires_at > timezone.now())
        and link.project.archived_at is None
        and link.project.deleted_at is None
    )


def open_review(request: HttpRequest, link_id: UUID, mac: str) -> OpenReview:
    """Open a review for the guest whose browser asks.

    Raises:
        ReviewClosed: there is none, or none any more.
        NameWanted: there is one, but the browser has no cookie of this very link.
    """
    review = find_review(link_id, mac)
    guest = _guest_of(request, review.link)
    if guest is None:
        raise NameWanted(review)
    return OpenReview(review.link, review.project, guest)


def remember(response: HttpResponse, guest: Guest, link: ReviewLink) -> None:
    """Give a browser the cookie by which it is known at this link, and nowhere else."""
    response.set_cookie(
        COOKIE,
        signing.dumps([str(guest.pk), str(link.pk), link.nonce], salt=_SALT),
        max_age=COOKIE_DAYS * 24 * 3600,
        path=f"/review/{link.pk}/",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def _guest_of(request: HttpRequest, link: ReviewLink) -> Guest | None:
    try:
        guest_id, link_id, nonce = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=COOKIE_DAYS * 24 * 3600
        )
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if link_id != str(link.pk) or nonce != link.nonce:
        return None
    guest = Guest.objects.filter(pk=guest_id, link=link).first()
    if guest is not None:
        guest.link = link
    return guest


def count_try(key: str, *, most: int, seconds: int, said: str) -> None:
    """Count something that may be done only so often.

    Args:
        key: who does what.
        most: how often it may be done.
        seconds: in which time.
        said: what somebody is told who does it more often.

    Raises:
        TooManyTries: it was done more often.
    """
    name = f"guest-try:{key}"
    cache.add(name, 0, seconds)
    try:
        count = cache.incr(name)
    except ValueError:  # it ran out between the two
        cache.set(name, 1, seconds)
        count = 1
    if count > most:
        raise TooManyTries(said)


def guarded(response: HttpResponseBase) -> HttpResponseBase:
    """Mark an answer to a guest: kept nowhere, found by no search engine, and its address is told to nobody."""
    response.setdefault("Cache-Control", "no-store")
    # No other site sees it. With "no-referrer" browsers would send forms from "null", which the check against forged
    # forms must refuse.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def for_guests(view: Any) -> Any:
    """Wrap a view of guests: its answers are guarded, and a closed review gets the one page that tells nothing."""

    @wraps(view)
    def asked(request: HttpRequest, link_id: UUID, mac: str, **more: Any) -> HttpResponseBase:
        try:
            response: HttpResponseBase = view(request, link_id, mac, **more)
        except (ReviewClosed, NameWanted):
            response = closed(request)
        return guarded(response)

    return asked


def closed(request: HttpRequest) -> HttpResponse:
    """Return the answer for all addresses at which there is nothing to see."""
    return render(request, "guests/closed.html", status=404)
