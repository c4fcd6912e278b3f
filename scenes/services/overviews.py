"""How far the films are: counts for a project's card, progress by scene, and what to do next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum, UUIDField
from django.utils import timezone

from projects.models import Event, Project
from scenes.models import Render, Scene, Shot

# From done to not begun, as a bar shows them.
_ORDER = (Shot.Status.APPROVED, Shot.Status.REVIEW, Shot.Status.CHANGES, Shot.Status.IN_PROGRESS, Shot.Status.TODO)


@dataclass(frozen=True, slots=True)
class Share:
    """A piece of a bar that shows how far shots are: ``count`` of them, behind ``start`` others."""

    status: str
    label: str
    start: int
    count: int


def shares_of(counts: Mapping[str, int]) -> tuple[Share, ...]:
    """Return the pieces of a bar from the number of shots by status; what none has is left out."""
    start, shares = 0, []
    for status in _ORDER:
        if count := counts.get(status, 0):
            shares.append(Share(status.value, status.label, start, count))
            start += count
    return tuple(shares)


@dataclass(frozen=True, slots=True)
class Footage:
    """A film in figures; omitted scenes and shots do not count. ``cover`` is the first still's file."""

    scenes: int = 0
    shots: int = 0
    stills: int = 0
    clips: int = 0
    duration_ms: int = 0
    cover: UUID | None = None
    rendered: bool = False
    shares: tuple[Share, ...] = ()

    @property
    def approved(self) -> int:
        """How many shots are approved."""
        return sum(share.count for share in self.shares if share.status == Shot.Status.APPROVED)


class Step(StrEnum):
    """What a film needs next."""

    WRITE = "write"
    BREAK_DOWN = "break_down"
    BREAK_DOWN_AGAIN = "break_down_again"
    SHOOT = "shoot"
    RENDER = "render"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class SceneProgress:
    """One scene's row; ``stills`` are the files of its shots in order, None where there is no picture yet."""

    scene: Scene
    shots: int
    clips: int
    stills: tuple[UUID | None, ...]
    shares: tuple[Share, ...] = ()
    due_on: date | None = None
    overdue: bool = False

    @property
    def done(self) -> bool:
        """Whether every shot has its clip."""
        return self.shots > 0 and self.clips == self.shots


@dataclass(frozen=True, slots=True)
class Overview:
    """A project's front page."""

    footage: Footage
    scenes: tuple[SceneProgress, ...]
    step: Step


def footage_of(projects: Sequence[Project]) -> dict[UUID, Footage]:
    """Return the figures of projects that were opened, or listed for a person, in three queries.

    Args:
        projects: any number of them.
    """
    ids = [project.pk for project in projects]
    if not ids:
        return {}
    in_film = Shot.objects.filter(scene__project__in=ids).in_film()
    shots: dict[Any, Any] = {
        row["scene__project"]: row
        for row in in_film.order_by()
        .values("scene__project")
        .annotate(
            shots=Count("pk"),
            stills=Count("still"),
            clips=Count("clip"),
            duration=Sum("duration_ms"),
            **{status.value: Count("pk", filter=Q(status=status)) for status in _ORDER},
        )
    }
    scenes = dict(
        Scene.objects.filter(project__in=ids).in_film().order_by().values_list("project").annotate(Count("pk"))
    )
    first_still = (
        Shot.objects.filter(scene__project=OuterRef("pk"), still__isnull=False)
        .in_film()
        .order_by("scene__position", "position")
        .values("still__asset")[:1]
    )
    fronts = (
        Project.objects.filter(pk__in=ids)
        .order_by()
        .annotate(
            cover=Subquery(first_still, UUIDField()),
            rendered=Exists(Render.objects.kept().filter(film__project=OuterRef("pk"))),
        )
        .values_list("pk", "cover", "rendered")
    )
    nothing: dict[str, int] = {"shots": 0, "stills": 0, "clips": 0, "duration": 0}
    return {
        project_id: Footage(
            scenes=scenes.get(project_id, 0),
            shots=(row := shots.get(project_id, nothing))["shots"],
            stills=row["stills"],
            clips=row["clips"],
            duration_ms=row["duration"],
            cover=cover,
            rendered=rendered,
            shares=shares_of({status.value: row.get(status.value, 0) for status in _ORDER}),
        )
        for project_id, cover, rendered in fronts
    }


def overview_of(project: Project) -> Overview:
    """Return an opened project's front page, in three queries."""
    stills: dict[UUID, list[UUID | None]] = defaultdict(list)
    clips: dict[UUID, int] = defaultdict(int)
    statuses: dict[UUID, Counter[str]] = defaultdict(Counter)
    due: dict[UUID, date] = {}
    duration_ms = 0
    rows = Shot.objects.filter(scene__project=project).in_film().order_by("scene__position", "position")
    seen = rows.values_list("scene", "still__asset", "clip", "duration_ms", "status", "due_on")
    for scene_id, still, clip, length, status, due_on in seen:
        stills[scene_id].append(still)
        statuses[scene_id][status] += 1
        if due_on is not None and status != Shot.Status.APPROVED:
            due[scene_id] = min(due_on, due.get(scene_id, due_on))
        clips[scene_id] += clip is not None
        duration_ms += length
    today = timezone.localdate()
    scenes = tuple(
        SceneProgress(
            scene=scene,
            shots=len(stills[scene.pk]),
            clips=clips[scene.pk],
            stills=tuple(stills[scene.pk]),
            shares=shares_of(statuses[scene.pk]),
            due_on=due.get(scene.pk),
            overdue=scene.pk in due and due[scene.pk] < today,
        )
        for scene in Scene.objects.of(project).in_film()
    )
    latest = (
        Event.objects.filter(project=OuterRef("pk"), type__in=["script_saved", "breakdown_applied"])
        .order_by("-number")
        .values("type")[:1]
    )
    rendered, last_said = (
        Project.objects.filter(pk=project.pk)
        .annotate(
            rendered=Exists(Render.objects.kept().filter(film__project=OuterRef("pk"))), last_said=Subquery(latest)
        )
        .values_list("rendered", "last_said")
        .get()
    )
    pictures = [still for scene in scenes for still in scene.stills if still is not None]
    footage = Footage(
        scenes=len(scenes),
        shots=sum(scene.shots for scene in scenes),
        stills=len(pictures),
        clips=sum(scene.clips for scene in scenes),
        duration_ms=duration_ms,
        cover=pictures[0] if pictures else None,
        rendered=rendered,
        shares=shares_of(sum(statuses.values(), Counter())),
    )
    return Overview(footage, scenes, _next_step(footage, script_is_newer=last_said == "script_saved"))


def _next_step(footage: Footage, *, script_is_newer: bool) -> Step:
    if script_is_newer:
        return Step.BREAK_DOWN_AGAIN if footage.scenes else Step.BREAK_DOWN
    if not footage.shots:
        return Step.WRITE
    if footage.clips < footage.shots:
        return Step.SHOOT
    return Step.WATCH if footage.rendered else Step.RENDER
