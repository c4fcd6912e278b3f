"""The stored files as pages show them: the scene folders with their sizes, lists by the page, and what uses a file."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from projects.models import Project
from scenes.models import Asset, Element, Render, Scene, Shot, Sound, Take

PAGE = 60
_MOST = 2**62
WHOLE = "project"
# Shown name, the expression that orders, whether the largest comes first.
SORTS: dict[str, tuple[str, Any, bool]] = {
    "new": ("Newest first", F("created_at"), True),
    "old": ("Oldest first", F("created_at"), False),
    "name": ("By name", Lower("original_name"), False),
    "size": ("Largest first", F("size"), True),
    "length": ("Longest first", Coalesce("duration_ms", 0), True),
}


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder of the tree. ``size`` is bytes; ``kinds`` are the folders in it, as (kind, count, size)."""

    id: str
    name: str
    number: str
    count: int
    size: int
    kinds: tuple[tuple[str, int, int], ...]
    omitted: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One file in a list, with the words that people know it by."""

    asset: Asset
    name: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files of a project.

    Attributes:
        folder: a scene's id, ``project`` for what belongs to no scene, or empty for all.
        kind, origin: one of ``Asset.Kind`` and ``Asset.Origin``, or empty for all.
        text: in the name.
        sort: one of ``SORTS``.
        after: where the last page ended.
    """

    folder: str = ""
    kind: str = ""
    origin: str = ""
    text: str = ""
    sort: str = "new"
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some files, and where the next page begins; empty at the end."""

    rows: tuple[Row, ...]
    next: str


def folders(project: Project) -> list[Folder]:
    """Return an opened project's folders in the order of the film, the whole project's own last, in two queries."""
    counted: dict[UUID | None, list[tuple[str, int, int]]] = defaultdict(list)
    rows = Asset.objects.kept().filter(project=project).order_by()
    for row in rows.values("scene", "kind").annotate(count=Count("pk"), bytes=Sum("size")):
        counted[row["scene"]].append((row["kind"], row["count"], row["bytes"] or 0))
    found = [
        _folder(str(scene.pk), scene.heading, scene.number, counted[scene.pk], omitted=scene.omitted_at is not None)
        for scene in Scene.objects.of(project)
    ]
    return [*found, _folder(WHOLE, "Whole project", "", counted[None])]


def _folder(id: str, name: str, number: str, kinds: list[tuple[str, int, int]], *, omitted: bool = False) -> Folder:
    order = [kind for kind, _ in Asset.Kind.choices]
    kinds = sorted(kinds, key=lambda kind: order.index(kind[0]))
    count, size = sum(kind[1] for kind in kinds), sum(kind[2] for kind in kinds)
    return Folder(id, name, number, count, size, tuple(kinds), omitted)


def page(project: Project, wanted: Wanted) -> Page:
    """Return a page of an opened project's files, in three queries, however many there are.

    Args:
        project: opened.
        wanted: which; what cannot be understood of it is left out.
    """
    sort = wanted.sort if wanted.sort in SORTS else "new"
    _, value, falling = SORTS[sort]
    rows = _filtered(project, wanted).annotate(by=value)
    if mark := _read(wanted.after, sort):
        by, last = mark
        beyond, same = ("lt", "lt") if falling else ("gt", "gt")
        rows = rows.filter(Q(**{f"by__{beyond}": by}) | Q(by=by, **{f"pk__{same}": last}))
    order = ("-by", "-pk") if falling else ("by", "pk")
    takes = Prefetch("takes", Take.objects.select_related("shot__scene"))
    found: list[Any] = list(rows.order_by(*order).prefetch_related(takes)[: PAGE + 1])
    more = len(found) > PAGE
    found = found[:PAGE]
    names = names_of(found)
    return Page(tuple(Row(asset, names[asset.pk]) for asset in found), _mark(found[-1], sort) if more else "")


def _filtered(project: Project, wanted: Wanted) -> QuerySet[Any]:
    rows = Asset.objects.kept().filter(project=project)
    if wanted.folder == WHOLE:
        rows = rows.filter(scene=None)
    elif wanted.folder:
        try:
            rows = rows.filter(scene=UUID(wanted.folder))
        except ValueError:
            rows = rows.none()
    if wanted.kind in Asset.Kind.values:
        rows = rows.filter(kind=wanted.kind)
    if wanted.origin in Asset.Origin.values:
        rows = rows.filter(origin=wanted.origin)
    if text := _storable(wanted.text).strip():
        rows = rows.filter(original_name__icontains=text[:100])
    return rows


def _mark(asset: Any, sort: str) -> str:
    by = asset.by.isoformat() if sort in ("new", "old") else asset.by
    return base64.urlsafe_b64encode(json.dumps([sort, by, str(asset.pk)]).encode()).decode()


def _read(text: str, sort: str) -> tuple[Any, UUID] | None:
    """Return where a page begins; None for the first one, and for a mark of another order."""
    if not text:
        return None
    try:
        named, by, last = json.loads(base64.urlsafe_b64decode(text.encode()))
        if named != sort:
            return None
        if sort in ("size", "length"):
            return min(max(int(by), 0), _MOST), UUID(last)
        if sort in ("new", "old"):
            return datetime.fromisoformat(by).astimezone(UTC), UUID(last)
        str(by).encode()  # what is no text raises a ValueError
        return _storable(str(by)), UUID(last)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None


def _storable(text: str) -> str:
    """Return a text without what no database looks for."""
    return text.replace("\x00", "")


def name_of(asset: Asset) -> str:
    """Return the words that people know a file by: its own name, the take or the rendering that it is."""
    return names_of([asset])[asset.pk]


def naming_takes(assets: str = "") -> Prefetch[Any]:
    """Return what to prefetch along with files, at the end of a path to them, so that ``names_of`` asks no more."""
    takes = Take.objects.select_related("shot__scene")
    named = takes.only("asset", "kind", "number", "shot__letter", "shot__scene__number")
    return Prefetch(f"{assets}takes", named)


def names_of(assets: Sequence[Asset]) -> dict[UUID, str]:
    """Return the names of some files by id, as ``name_of`` does; with their takes at hand in one query."""
    rendered = _renderings_of(assets)
    return {asset.pk: rendered.get(asset.pk) or _own_name(asset) for asset in assets}


def _own_name(asset: Asset) -> str:
    if asset.original_name:
        return asset.original_name
    for take in asset.takes.all():
        return f"{take.get_kind_display()} {take.number} of {take.shot.label}"
    return f"{asset.get_kind_display()} {asset.sha256[:6]}"


def _renderings_of(assets: Sequence[Asset]) -> dict[UUID, str]:
    """Return the names of those files without one that are a rendering of the film, or its subtitles."""
    exports = {asset.pk: asset for asset in assets if asset.kind == Asset.Kind.EXPORT and not asset.original_name}
    if not exports:
        return {}
    names: dict[UUID, str] = {}
    renders = Render.objects.filter(Q(asset__in=exports) | Q(subtitles__in=exports)).order_by("-number")
    for number, made, film, subtitles in renders.values_list("number", "created_at", "asset", "subtitles"):
        when = date_format(timezone.localtime(made), "j M H:i")
        if film in exports:
            size = min(exports[film].width or 0, exports[film].height or 0)
            names[film] = " · ".join(filter(None, (f"Rendering {number}", f"{size}p" if size else "", when)))
        if subtitles in exports:
            names[subtitles] = f"Subtitles of rendering {number} · {when}"
    return names


def folder_of(asset: Asset) -> str:
    """Return the id of the folder that a file lies in."""
    return str(asset.scene_id) if asset.scene_id else WHOLE


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that stands on a file."""

    label: str
    link: str


def uses_of(asset: Asset) -> list[Use]:
    """Return what stands on a file: takes, elements, renderings, sounds, and shots that refer to it.

    Args:
        asset: of an opened project.
    """
    project = asset.project_id
    found = []
    takes = Take.objects.kept().filter(Q(asset=asset) | Q(mezzanine=asset)).select_related("shot__scene")
    for take in takes.order_by("shot__scene__position", "shot__position", "number"):
        link = reverse("scenes:shot", args=[project, take.shot_id])
        found.append(Use(f"{take.get_kind_display()} {take.number} of shot {take.shot.label}", link))
    found += [
        Use(f"A picture of {element.shown_name}", reverse("scenes:element", args=[project, element.pk]))
        for element in Element.objects.kept().filter(pictures__asset=asset)
    ]
    film = reverse("scenes:film", args=[project])
    renders = Render.objects.kept().filter(Q(asset=asset) | Q(subtitles=asset))
    found += [Use(f"Rendering {render.number} of the film", film) for render in renders]
    found += [
        Use(f"{sound.get_track_display()} of the film", film) for sound in Sound.objects.kept().filter(asset=asset)
    ]
    found += [
        Use(f"A reference of shot {shot.label}", reverse("scenes:shot", args=[project, shot.pk]))
        for shot in _referring(asset)
    ]
    return found


def _referring(asset: Asset) -> Sequence[Shot]:
    """Return the shots whose settings name a file. Few shots have settings of their own, so that they are all read."""
    named = str(asset.pk)
    rows = Shot.objects.filter(scene__project=asset.project_id).exclude(still_settings={}, clip_settings={})
    return [
        shot
        for shot in rows.select_related("scene").order_by("scene__position", "position")
        if any(
            named in chosen.get("references", ()) or named == chosen.get("last_frame")
            for chosen in (shot.still_settings, shot.clip_settings)
        )
    ]
