"""The rough cut for guests: what members play, at the guests' own addresses, with nothing that is not seen or heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe

from generation.drawings import drawing_of
from generation.playlist import playlist
from projects.guest_access import OpenReview, address_of, for_guests, open_review
from projects.models import ReviewLink
from scenes.models import Shot, Title
from scenes.services import guest_items

# What a guest's player needs, by kind; whatever else the cut carries or may come to carry stays inside.
_WHOLE = ("durationMs", "fps", "width", "height", "cues", "duck", "sameOrigin")
_OF = {
    "shots": (
        "shotId", "label", "text", "startMs", "durationMs", "clip", "still", "sourceInMs", "dissolveMs", "fadeInMs",
        "fadeOutMs", "muted",
    ),
    "voices": ("src", "startMs", "endMs", "character"),
    "sounds": (
        "soundId", "src", "startMs", "inMs", "gainDb", "fadeInMs", "fadeOutMs", "ducked", "heardMs",
    ),
    "titles": ("titleId", "text", "startMs", "seenMs", "fadeMs", "src"),
}  # fmt: skip


@require_safe
@for_guests
def guest_cut(request: HttpRequest, link_id: UUID, mac: str) -> JsonResponse:
    """Answer with the film as it is cut now, as JSON."""
    opened = _open_film(request, link_id, mac)
    cut = playlist(opened.project)
    selects = guest_items.selects_of(opened.project)
    parts = {"shots": _seen(opened, cut["shots"], _OF["shots"])}
    # What is on a muted track, behind the end or with a shot that is left out is not in the film.
    heard = {
        "voices": (voice for voice in cut["voices"] if not voice["muted"]),
        "sounds": (sound for sound in cut["sounds"] if sound["heardMs"]),
        "titles": (title for title in cut["titles"] if title["seenMs"]),
    }
    parts |= {name: _seen(opened, rows, _OF[name]) for name, rows in heard.items()}
    for shot in parts["shots"]:
        shot["kind"], shot["subjectId"] = selects.get(shot["shotId"], ("", ""))
    return JsonResponse({name: cut[name] for name in _WHOLE} | parts)


@require_safe
@for_guests
def guest_title(request: HttpRequest, link_id: UUID, mac: str, title_id: UUID) -> HttpResponse:
    """Answer with a title of the film as it is drawn."""
    opened = _open_film(request, link_id, mac)
    title = get_object_or_404(Title.objects.kept(), pk=title_id, film__project=opened.project)
    if title.shot_id and not Shot.objects.in_film().filter(pk=title.shot_id).exists():
        raise Http404("The title is not in the film.")
    return HttpResponse(drawing_of(opened.project, title), content_type="image/png")


def _open_film(request: HttpRequest, link_id: UUID, mac: str) -> OpenReview:
    opened = open_review(request, link_id, mac)
    if opened.link.shows != ReviewLink.Shows.FILM or opened.link.items:
        raise Http404("This link shows something else.")
    return opened


def _seen(opened: OpenReview, rows: Iterable[Mapping[str, Any]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{name: _own_address(opened, row[name]) for name in names if name in row} for row in rows]


def _own_address(opened: OpenReview, value: Any) -> Any:
    """Return a member's address of a file or title as the guest's; anything else as it is."""
    if not isinstance(value, str) or not value.startswith("/"):
        return value
    path, _, version = value.partition("?")
    try:
        found = resolve(path)
    except Resolver404:
        return value
    if found.view_name == "scenes:media":
        return guest_items.media_address(opened, found.kwargs["asset_id"], found.kwargs["name"])
    if found.view_name == "generation:title_drawing":
        return f"{address_of(opened.link, 'guests:title', found.kwargs['title_id'])}?{version}"
    return value
