"""What guests ask: the page of their review, what it plays, their notes and their yes or no. No account is asked for,
and nothing is answered that the link does not show."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects import guests
from projects.commenting import CommentError
from projects.drawings import DrawingError, read_drawing
from projects.guest_access import (
    NameWanted,
    OpenReview,
    Review,
    ReviewClosed,
    TooManyTries,
    address_of,
    find_review,
    for_guests,
    guarded,
    open_review,
    remember,
)
from projects.guests import EntryRefused
from projects.models import Comment, GuestVerdict, ReviewLink
from projects.subjects import find
from scenes import keys
from scenes.services import guest_items
from scenes.views.media import answer

REFUSED, TOO_MANY = 422, 429
LINK_SECONDS = 900
# Where the page puts the id of a note.
_ANY = UUID(int=0)
VARIANTS = {"file", "thumb"}


@require_http_methods(["GET", "HEAD", "POST"])
@for_guests
def review(request: HttpRequest, link_id: UUID, mac: str) -> HttpResponse:
    """Ask who is there, and show the review to them."""
    if request.method == "POST":
        return _enter(request, find_review(link_id, mac))
    try:
        opened = open_review(request, link_id, mac)
    except NameWanted as wanted:
        return render(request, "guests/enter.html", {"review": wanted.review})
    guests.count_view(review=opened)
    return render(request, "guests/review.html", _page(opened))


def _enter(request: HttpRequest, found: Review) -> HttpResponse:
    given = {"name": request.POST.get("name", ""), "password": request.POST.get("password", "")}
    try:
        guest = guests.enter(review=found, address=get_adapter().get_client_ip(request), **given)
    except EntryRefused as refused:
        context = {"review": found, "name": given["name"], "field": refused.field, "error": str(refused)}
        return render(request, "guests/enter.html", context, status=REFUSED)
    except TooManyTries as tried:
        context = {"review": found, "name": given["name"], "error": str(tried)}
        return render(request, "guests/enter.html", context, status=TOO_MANY)
    response = redirect(address_of(found.link))
    remember(response, guest, found.link)
    return response


def _page(opened: OpenReview) -> dict[str, Any]:
    link = opened.link
    whole = guest_items.whole_of(opened)
    rough = link.shows == ReviewLink.Shows.FILM and not link.items
    # The rough cut is drawn up by the room that knows the renderer's plan.
    plays = "guests:cut" if rough else "guests:items"
    said = guests.said_by(opened)
    return {
        **_said(opened, said.notes),
        "guest": opened.guest,
        "shape": f"{opened.project.width}x{opened.project.height}",
        "whole": {"kind": whole[0], "id": str(whole[1])} if whole else None,
        "verdicts": said.verdicts,
        "plays": address_of(link, plays),
        "shortcuts": (keys.NOTES, *keys.GUEST) if link.may_comment else keys.GUEST,
        "addresses": {
            **{name: address_of(link, f"guests:{name}") for name in ("notes", "state", "verdict")},
            "take_back": address_of(link, "guests:note_take_back", _ANY),
        },
    }


@require_safe
@for_guests
def items(request: HttpRequest, link_id: UUID, mac: str) -> HttpResponse:
    """Answer with what the review plays, as JSON."""
    return JsonResponse(guest_items.playlist_of(open_review(request, link_id, mac)))


@require_safe
@for_guests
def state(request: HttpRequest, link_id: UUID, mac: str) -> HttpResponse:
    """Say that the review is still open, and how much was said; an open page asks every few seconds."""
    opened = open_review(request, link_id, mac)
    guests.still_here(review=opened)
    said = guests.said_by(opened)
    moments = [max(filter(None, (note.created_at, note.edited_at, note.resolved_at))) for note in said.notes]
    latest = f"{len(moments)} {max(moments).isoformat() if moments else ''}"
    return JsonResponse({"notes": latest, "number": opened.project.last_event_number})


@require_http_methods(["GET", "HEAD", "POST"])
@for_guests
def notes(request: HttpRequest, link_id: UUID, mac: str) -> HttpResponse:
    """Show what the guest wrote and what was answered; take another note."""
    opened = open_review(request, link_id, mac)
    if request.method == "POST":
        try:
            _note(request, opened)
        except (CommentError, DrawingError, PermissionDenied, TooManyTries) as error:
            return _words(str(error), REFUSED)
    return _notes(request, opened)


@require_POST
@for_guests
def note_take_back(request: HttpRequest, link_id: UUID, mac: str, note_id: UUID) -> HttpResponse:
    """Take back what the guest wrote a moment ago."""
    opened = open_review(request, link_id, mac)
    try:
        guests.take_back_note(review=opened, note_id=note_id)
    except Comment.DoesNotExist:
        raise Http404("No such note.") from None
    except CommentError as error:
        return _words(str(error), REFUSED)
    return _notes(request, opened)


def _notes(request: HttpRequest, opened: OpenReview) -> HttpResponse:
    return render(request, "guests/notes.html", _said(opened, guests.notes_of(opened)))


def _said(opened: OpenReview, notes: list[Comment]) -> dict[str, Any]:
    return {"notes": notes, "fresh": guests.to_take_back(opened, notes), "link": opened.link, "review": opened}


def _note(request: HttpRequest, opened: OpenReview) -> None:
    given = request.POST
    parent = None
    if given.get("parent"):
        parent = guest_items.own_note(opened, _id(given["parent"]))
        if parent is None:
            raise Http404("No such note.")
        kind, subject_id = parent.subject_kind, parent.subject_id
        found = find(opened.project, kind, subject_id)
    else:
        kind, subject_id = given.get("kind", ""), _id(given.get("id", ""))
        found = guest_items.subject_shown(opened, kind, subject_id)
    if found is None:
        raise CommentError("The team has put something else there meanwhile. Look at it again, then send your note.")
    time = given.get("time_ms", "")
    guests.add_guest_comment(
        review=opened,
        kind=kind,
        subject_id=subject_id,
        found=found,
        text=given.get("text", ""),
        time_ms=int(time) if time.isdecimal() and len(time) < 9 else None,
        drawing=read_drawing(given.get("drawing", "")),
        parent=parent,
    )


@require_POST
@for_guests
def verdict(request: HttpRequest, link_id: UUID, mac: str) -> HttpResponse:
    """Take a guest's yes or no."""
    opened = open_review(request, link_id, mac)
    given = request.POST
    kind, subject_id, said = given.get("kind", ""), _id(given.get("id", "")), given.get("verdict", "")
    found = guest_items.subject_shown(opened, kind, subject_id)
    if found is None:
        return _words("The team has put something else there meanwhile. Look at it again.", REFUSED)
    if said and said not in GuestVerdict.Verdict.values:
        return _words("Say approved, or changes.", REFUSED)
    try:
        guests.give_verdict(review=opened, kind=kind, subject_id=subject_id, found=found, verdict=said)
    except (PermissionDenied, TooManyTries) as error:
        return _words(str(error), REFUSED)
    return JsonResponse({"verdict": said})


@require_safe
async def media(request: HttpRequest, link_id: UUID, mac: str, asset_id: UUID, name: str) -> HttpResponseBase:
    """Answer with a file that the link shows; there is no address to have it saved."""
    try:
        key, media_type = await sync_to_async(_find)(request, link_id, mac, asset_id, name)
    except (ReviewClosed, NameWanted):
        raise Http404("No such file.") from None
    response = await answer(request, key, media_type, link_seconds=LINK_SECONDS)
    # Long enough to look at a frame twice, too short to keep the film.
    response["Cache-Control"] = "private, max-age=300"
    return guarded(response)


def _find(request: HttpRequest, link_id: UUID, mac: str, asset_id: UUID, name: str) -> tuple[str, str]:
    opened = open_review(request, link_id, mac)
    asset = guest_items.asset_shown(opened, asset_id) if name in VARIANTS else None
    if asset is None or (name == "thumb" and not asset.thumbnail_key):
        raise Http404("No such file.")
    return (asset.thumbnail_key, "image/jpeg") if name == "thumb" else (asset.key, asset.media_type)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404("No such thing.") from None


def _words(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
