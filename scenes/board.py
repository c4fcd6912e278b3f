"""The storyboard as pages show it: scenes with their cards, read in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from projects.models import Project
from scenes.models import Asset, Line, Scene, Shot, Take
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


@dataclass(frozen=True, slots=True)
class Card:
    """One shot with what is known of its footage. ``stills``, ``clips`` and ``lines`` are counts."""

    shot: Shot
    stills: int = 0
    clips: int = 0
    lines: int = 0
    voiced: int = 0

    @property
    def angle(self) -> str:
        """The angle as people say it."""
        return SHORT_ANGLES[Angle(self.shot.angle)]

    @property
    def picture(self) -> Asset | None:
        """What stands for the shot: its clip's picture, for that is what the film shows, or its still."""
        take = self.shot.clip or self.shot.still
        return take.asset if take else None

    @property
    def status(self) -> str:
        """``omitted``, ``clip``, ``still`` or ``todo``."""
        if self.shot.omitted_at is not None:
            return "omitted"
        if self.shot.clip_id:
            return "clip"
        return "still" if self.shot.still_id else "todo"


@dataclass(frozen=True, slots=True)
class SceneRow:
    """One scene with the cards of its shots, omitted ones included."""

    scene: Scene
    cards: tuple[Card, ...]

    @property
    def shots_in_film(self) -> int:
        """How many of the shots are in the film."""
        return sum(card.shot.omitted_at is None for card in self.cards)


@dataclass(frozen=True, slots=True)
class Storyboard:
    """All scenes in order, and what the whole comes to."""

    scenes: tuple[SceneRow, ...]

    @property
    def shots(self) -> int:
        """How many shots are in the film."""
        return sum(row.shots_in_film for row in self.scenes if row.scene.omitted_at is None)

    @property
    def duration_ms(self) -> int:
        """How long the film is."""
        return sum(row.scene.duration_ms for row in self.scenes if row.scene.omitted_at is None)


def storyboard(project: Project) -> Storyboard:
    """Return an opened project's storyboard, in four queries whatever its size."""
    scenes = list(Scene.objects.of(project))
    by_scene: dict[UUID, list[Card]] = defaultdict(list)
    for card in _cards(project, Shot.objects.of(project)):
        by_scene[card.shot.scene_id].append(card)
    return Storyboard(tuple(SceneRow(scene, tuple(by_scene[scene.pk])) for scene in scenes))


def card_of(project: Project, shot_id: UUID) -> Card | None:
    """Return one card of an opened project, or None when there is no such shot."""
    return next(iter(_cards(project, Shot.objects.of(project).filter(pk=shot_id))), None)


def _cards(project: Project, shots: QuerySet[Shot]) -> list[Card]:
    rows = list(shots.select_related("still__asset", "clip__asset"))
    few: dict[str, Any] = {"shot__in": [rows[0].pk]} if len(rows) == 1 else {"shot__scene__project": project}
    takes: dict[tuple[UUID, str], int] = {}
    for take in Take.objects.filter(**few).order_by().values("shot", "kind").annotate(count=Count("pk")):
        takes[take["shot"], take["kind"]] = take["count"]
    lines: dict[UUID, tuple[int, int]] = {}
    for line in Line.objects.filter(**few).order_by().values("shot").annotate(all=Count("pk"), said=Count("voice")):
        lines[line["shot"]] = line["all"], line["said"]
    return [
        Card(
            shot=shot,
            stills=takes.get((shot.pk, Take.Kind.STILL), 0),
            clips=takes.get((shot.pk, Take.Kind.CLIP), 0),
            lines=lines.get(shot.pk, (0, 0))[0],
            voiced=lines.get(shot.pk, (0, 0))[1],
        )
        for shot in rows
    ]
