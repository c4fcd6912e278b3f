"""The storyboard as pages show it: scenes with their cards, read in a fixed number of queries.

A film has hundreds of cards, so they are read as plain values and not as models.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Field, Func, OuterRef, QuerySet, Subquery, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from projects.models import Comment, Project
from scenes.models import Line, Scene, Shot, Take
from scenes.screenplay.drafts import Angle

SHORT_ANGLES = {
    Angle.MEDIUM: "Medium",
    Angle.WIDE: "Wide establishing",
    Angle.CLOSE_UP: "Close-up",
    Angle.LOW: "Low angle",
    Angle.OVER_THE_SHOULDER: "Over-the-shoulder",
    Angle.DUTCH: "Dutch angle",
    Angle.HIGH: "High angle",
    Angle.TRACKING: "Tracking",
}
STATUSES = {
    Shot.Status.TODO: ("To do", ""),
    Shot.Status.IN_PROGRESS: ("In progress", "accent"),
    Shot.Status.REVIEW: ("In review", "info"),
    Shot.Status.CHANGES: ("Changes", "warn"),
    Shot.Status.APPROVED: ("Approved", "ok"),
}


class Card(NamedTuple):
    """One shot with what is known of its footage.

    ``picture`` is the asset of what stands for the shot, ``take`` the take that it belongs to: its clip's, for that is
    what the film shows, or its still's. ``voiced`` counts lines that have a voice, ``notes`` those still open.
    """

    id: UUID
    scene_id: UUID
    number: str
    letter: str
    angle: str
    description: str
    duration_ms: int
    status: str
    assignee_id: UUID | None
    due_on: date | None
    omitted: bool
    take: UUID | None
    picture: UUID | None
    has_thumbnail: bool
    is_clip: bool
    select: int | None
    stills: int
    clips: int
    lines: int
    voiced: int
    notes: int

    @property
    def label(self) -> str:
        """What people call the shot."""
        return f"{self.number}{self.letter}"

    @property
    def footage(self) -> str:
        """``omitted``, ``clip``, ``still`` or ``todo``."""
        if self.omitted:
            return "omitted"
        return "clip" if self.is_clip else "still" if self.picture else "todo"


@dataclass(frozen=True, slots=True)
class SceneRow:
    """One scene with the cards of its shots, omitted ones included."""

    scene: Scene
    cards: tuple[Card, ...]

    @property
    def shots_in_film(self) -> int:
        """How many of the shots are in the film."""
        return sum(not card.omitted for card in self.cards)


@dataclass(frozen=True, slots=True)
class Column:
    """The shots of the film that have one status."""

    status: str
    label: str
    tone: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Storyboard:
    """All scenes in order, and what the whole comes to."""

    scenes: tuple[SceneRow, ...]
    today: date = field(default_factory=timezone.localdate)

    @cached_property
    def shots(self) -> int:
        """How many shots are in the film."""
        return sum(row.shots_in_film for row in self.scenes if row.scene.omitted_at is None)

    @cached_property
    def duration_ms(self) -> int:
        """How long the film is."""
        return sum(row.scene.duration_ms for row in self.scenes if row.scene.omitted_at is None)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The shots in the film by status."""
        cards: dict[str, list[Card]] = defaultdict(list)
        for row in self.scenes:
            if row.scene.omitted_at is None:
                for card in row.cards:
                    if not card.omitted:
                        cards[card.status].append(card)
        return tuple(Column(status, *words, tuple(cards[status])) for status, words in STATUSES.items())


def storyboard(project: Project) -> Storyboard:
    """Return an opened project's storyboard, in two queries whatever its size."""
    scenes = list(Scene.objects.of(project).defer("dialogue", "characters", "action", "from_script"))
    by_scene: dict[UUID, list[Card]] = defaultdict(list)
    for card in _cards(Shot.objects.filter(scene__project=project)):
        by_scene[card.scene_id].append(card)
    return Storyboard(tuple(SceneRow(scene, tuple(by_scene[scene.pk])) for scene in scenes))


def cards_of_scene(project: Project, scene: Scene) -> tuple[Card, ...]:
    """Return the cards of one scene of an opened project."""
    return tuple(_cards(Shot.objects.filter(scene=scene, scene__project=project)))


def card_of(project: Project, shot_id: UUID) -> Card | None:
    """Return one card of an opened project, or None when there is no such shot."""
    return next(iter(_cards(Shot.objects.filter(scene__project=project, pk=shot_id))), None)


def people_of(project: Project) -> dict[UUID, User]:
    """Return the members of an opened project's team by id; the frame of the page shows the same rows."""
    prefetch_related_objects([project.team], "members")
    return {person.pk: person for person in project.team.members.all()}


_COLUMNS = (
    "pk", "scene_id", "scene__number", "letter", "angle", "description", "duration_ms", "status", "assignee_id",
    "due_on", "omitted_at", "clip_id", "shown", "picture", "thumbnail", "select",
    "stills", "clips", "said", "voiced", "notes",
)  # fmt: skip


def _cards(shots: QuerySet[Shot]) -> list[Card]:
    rows = (
        shots.order_by("scene__position", "position")
        .annotate(
            shown=Coalesce("clip_id", "still_id"),
            picture=Coalesce("clip__asset_id", "still__asset_id"),
            thumbnail=Coalesce("clip__asset__thumbnail_key", "still__asset__thumbnail_key"),
            select=Coalesce("clip__number", "still__number", output_field=Field()),
            stills=_count(Take.objects.kept().filter(shot=OuterRef("pk"), kind=Take.Kind.STILL)),
            clips=_count(Take.objects.kept().filter(shot=OuterRef("pk"), kind=Take.Kind.CLIP)),
            said=_count(Line.objects.filter(shot=OuterRef("pk"))),
            voiced=_count(Line.objects.filter(shot=OuterRef("pk")).exclude(voice=None)),
            notes=_count(_open_notes()),
        )
        .values_list(*_COLUMNS)
    )
    return [
        Card(
            pk, scene, number, letter, angle, description, duration, status, assignee, due, omitted is not None,
            take, picture, bool(thumbnail), clip is not None, select,
            stills or 0, clips or 0, lines or 0, voiced or 0, notes or 0,
        )
        for pk, scene, number, letter, angle, description, duration, status, assignee, due, omitted, clip, take,
            picture, thumbnail, select, stills, clips, lines, voiced, notes in rows
    ]  # fmt: skip


def _open_notes() -> QuerySet[Comment]:
    return Comment.objects.kept().filter(
        project=OuterRef("scene__project"), shot_id=OuterRef("pk"), parent=None, resolved_at=None
    )


def _count(rows: QuerySet[Any]) -> Subquery:
    """Count rows of another table beside each shot; joins would multiply each other.

    The plain field saves a conversion for each of thousands of figures.
    """
    return Subquery(rows.order_by().annotate(count=Func("pk", function="COUNT", output_field=Field())).values("count"))
