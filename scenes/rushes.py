"""The rushes: which takes are to be watched, in which order, and how many wait. Read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import User
from projects.access import OpenProject
from projects.models import Comment, Project, Subject
from scenes.models import Asset, Scene, Take
from scenes.querysets import TakeQuerySet

SHOWS = {
    "new": "To review",
    "mine": "Mine",
    "starred": "Starred",
    "notes": "With open notes",
    "all": "All takes",
}
PAGE = 60
MOST_COMPARED = 4
MOST_OFFERED = 24
_NEARLY = 0.2  # frames in a second; a file's length is known in whole milliseconds only


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which takes somebody wants to watch.

    Attributes:
        show: one of ``SHOWS``.
        scene: of this scene only.
        person: asked for by this member only.
        kind: ``still`` or ``clip``; empty for both.
        take: the one to begin with.
        page: how many pages down the list, from 0.
    """

    show: str = "new"
    scene: UUID | None = None
    person: UUID | None = None
    kind: str = ""
    take: UUID | None = None
    page: int = 0

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Wanted:
        """Return what an address asks for; what makes no sense in it is left out."""
        show, kind, page = asked.get("show", ""), asked.get("kind", ""), asked.get("page", "")
        return cls(
            show=show if show in SHOWS else "new",
            scene=_id(asked.get("scene", "")),
            person=_id(asked.get("person", "")),
            kind=kind if kind in (Take.Kind.STILL, Take.Kind.CLIP) else "",
            take=_id(asked.get("take", "")),
            page=min(int(page), 10_000) if page.isascii() and page.isdigit() and len(page) < 6 else 0,
        )

    @property
    def filtered(self) -> bool:
        """Whether it leaves anything out beside what ``show`` says."""
        return bool(self.scene or self.person or self.kind)

    @property
    def query(self) -> str:
        """The same as an address says it, without the take and the page."""
        asked = {"show": self.show, "scene": self.scene, "person": self.person, "kind": self.kind}
        return urlencode({name: str(value) for name, value in asked.items() if value and value != "new"})


@dataclass(frozen=True, slots=True)
class Row:
    """One take in the list."""

    take: Take
    open_notes: int = 0

    @property
    def asset(self) -> Asset:
        """The file that is watched: the film's own format where there is one, for that is what the film shows."""
        return self.take.film_asset

    @property
    def width(self) -> int:
        """Pixels; the project's where the file does not say."""
        return self.asset.width or self.take.shot.scene.project.width

    @property
    def height(self) -> int:
        """Pixels; the project's where the file does not say."""
        return self.asset.height or self.take.shot.scene.project.height

    @property
    def fps(self) -> float:
        """Frames in a second, from what was measured in the file; the project's where nothing was."""
        asset, rate = self.asset, self.take.shot.scene.project.fps
        if not asset.frames or not asset.duration_ms:
            return float(rate)
        measured = asset.frames * 1000 / asset.duration_ms
        return float(rate) if abs(measured - rate) < _NEARLY else round(measured, 3)

    @property
    def in_film(self) -> bool:
        """Whether it is the select."""
        return self.take.pk in (self.take.shot.clip_id, self.take.shot.still_id)


@dataclass(frozen=True, slots=True)
class Day:
    """The takes of one day, the newest first."""

    date: date
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Rushes:
    """What a page of the rushes shows.

    Attributes:
        wanted: what was asked for.
        days: the takes of this page.
        current: the take to begin with; None where there is none.
        more: whether there are further pages.
        scenes, people: what can be chosen in the filters.
    """

    wanted: Wanted
    days: list[Day]
    current: Row | None
    more: bool
    scenes: list[Scene] = field(default_factory=list)
    people: list[User] = field(default_factory=list)

    @property
    def next_page(self) -> int:
        """The number of the page that follows."""
        return self.wanted.page + 1


def reviewed(project: Project) -> TakeQuerySet:
    """Return an opened project's stills and clips that are in the film's shots, those in the trash left out."""
    takes = Take.objects.of(project).filter(kind__in=(Take.Kind.STILL, Take.Kind.CLIP))
    return takes.filter(shot__omitted_at=None, shot__scene__omitted_at=None)


def waiting(project: Project, kind: str = "") -> TakeQuerySet:
    """Return an opened project's takes that are to be judged, of the shots in review.

    Args:
        project: opened.
        kind: ``still`` or ``clip``. Stills that have become a clip wait only where stills are asked for by name.
    """
    takes = Take.objects.of(project).in_review()
    return takes.filter(kind=kind) if kind else takes.not_in_a_clip()


def rushes(opened: OpenProject, wanted: Wanted) -> Rushes:
    """Return one page of the takes that somebody wants to watch, the newest day first.

    Args:
        opened: the project.
        wanted: which of them.
    """
    project = opened.project
    takes = _chosen(opened, wanted)
    first = wanted.page * PAGE
    listed = list(_whole(takes).order_by("-created_at", "-number", "pk")[first : first + PAGE + 1])
    more, listed = len(listed) > PAGE, listed[:PAGE]
    current = next((take for take in listed if take.pk == wanted.take), None)
    if current is None and wanted.take is not None:
        current = _whole(reviewed(project)).filter(pk=wanted.take).first()
    if current is not None and current not in listed:
        listed.insert(0, current)
    notes = open_notes(project, listed)
    rows = [Row(take, notes.get(take.pk, 0)) for take in listed]
    days: list[Day] = []
    for row in rows:
        day = timezone.localdate(row.take.created_at)
        if not days or days[-1].date != day:
            days.append(Day(day, []))
        days[-1].rows.append(row)
    begin = next((row for row in rows if current is not None and row.take.pk == current.pk), None)
    return Rushes(
        wanted=wanted,
        days=days,
        current=begin or next(iter(rows), None),
        more=more,
        scenes=list(Scene.objects.of(project).in_film()),
        people=list(User.objects.filter(memberships__team=project.team_id).order_by("name", "email")),
    )


def row_of(project: Project, take_id: UUID) -> Row | None:
    """Return one still or clip of an opened project as the rushes show it; None where there is no such take."""
    takes = Take.objects.of(project).filter(kind__in=(Take.Kind.STILL, Take.Kind.CLIP), pk=take_id)
    take = _whole(takes).first()
    return Row(take, open_notes(project, [take]).get(take.pk, 0)) if take is not None else None


def rows_of(project: Project, take_ids: list[UUID]) -> list[Row]:
    """Return takes of an opened project to be compared, in the order asked for; unknown ones are left out.

    One take alone is compared with the one that is in the film, or with the one before it.
    """
    takes = _whole(Take.objects.of(project).filter(kind__in=(Take.Kind.STILL, Take.Kind.CLIP)))
    found = takes.in_bulk(take_ids[:MOST_COMPARED])
    rows = [Row(found[take_id]) for take_id in dict.fromkeys(take_ids[:MOST_COMPARED]) if take_id in found]
    if len(take_ids) == 1 and rows:
        only = rows[0].take
        others = takes.filter(shot=only.shot_id, kind=only.kind).exclude(pk=only.pk)
        select = only.shot.clip_id if only.kind == Take.Kind.CLIP else only.shot.still_id
        other = others.filter(pk=select).first() or others.filter(number__lt=only.number).order_by("-number").first()
        rows = sorted([*rows, *([Row(other)] if other else [])], key=lambda row: row.take.number)
    return rows


def comparable(project: Project, take: Take) -> list[Take]:
    """Return the takes of an opened project that a take can be compared with, itself included, the newest first."""
    takes = Take.objects.of(project).filter(shot=take.shot_id, kind=take.kind)
    return list(takes.order_by("-number")[:MOST_OFFERED])


def open_notes(project: Project, takes: list[Take]) -> dict[UUID, int]:
    """Return how many notes on takes of an opened project are not settled yet, by take."""
    about = Comment.objects.of(project).filter(
        subject_kind=Subject.TAKE, subject_id__in=[take.pk for take in takes], parent=None, resolved_at=None
    )
    counted = about.order_by().values_list("subject_id").annotate(count=Count("pk"))
    return dict(counted)


def _whole(takes: TakeQuerySet) -> TakeQuerySet:
    return takes.select_related(
        "shot__scene__project", "asset", "mezzanine", "created_by", "verdict_by", "note__author", "note__guest"
    )


def _chosen(opened: OpenProject, wanted: Wanted) -> TakeQuerySet:
    project = opened.project
    takes = waiting(project, wanted.kind) if wanted.show == "new" else reviewed(project)
    if wanted.show == "mine":
        takes = takes.filter(Q(created_by=opened.user) | Q(shot__assignee=opened.user))
    elif wanted.show == "starred":
        takes = takes.exclude(starred_at=None)
    elif wanted.show == "notes":
        noted = Comment.objects.of(project).filter(subject_kind=Subject.TAKE, parent=None, resolved_at=None)
        takes = takes.filter(pk__in=noted.values("subject_id"))
    if wanted.scene:
        takes = takes.filter(shot__scene=wanted.scene)
    if wanted.person:
        takes = takes.filter(created_by=wanted.person)
    if wanted.kind:
        takes = takes.filter(kind=wanted.kind)
    return takes


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
