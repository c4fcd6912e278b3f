"""What the page of a scene shows around its shots: neighbours, progress, who and what is in it, files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from projects.models import Project
from scenes.board import STATUSES, Card
from scenes.models import Asset, Element, Scene

FILES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The scene before or after one."""

    pk: UUID
    number: str
    heading: str


@dataclass(frozen=True, slots=True)
class StatusCount:
    """So many shots have a status."""

    label: str
    tone: str
    count: int


def with_neighbours(project: Project) -> QuerySet[Scene]:
    """Return an opened project's scenes, each with those of the film before and after it, for ``around``."""
    film = Scene.objects.filter(project=project).in_film()
    told = JSONObject(pk="pk", number="number", heading="heading")
    before = film.filter(position__lt=OuterRef("position")).order_by("-position").values(told=told)[:1]
    after = film.filter(position__gt=OuterRef("position")).order_by("position").values(told=told)[:1]
    return Scene.objects.of(project).annotate(before=Subquery(before), after=Subquery(after))


def around(scene: Scene) -> dict[str, Neighbour | None]:
    """Return the scenes of the film ``before`` and ``after`` one of ``with_neighbours``."""
    found: dict[str, Neighbour | None] = {}
    for side in ("before", "after"):
        told = getattr(scene, side)
        found[side] = Neighbour(UUID(told["pk"]), told["number"], told["heading"]) if told else None
    return found


def statuses(cards: Iterable[Card]) -> list[StatusCount]:
    """Return how many shots of the film have each status, those that none has left out."""
    counts = Counter(card.status for card in cards if not card.omitted)
    return [StatusCount(label, tone, counts[status]) for status, (label, tone) in STATUSES.items() if counts[status]]


def elements_in(project: Project, scene: Scene) -> list[Element]:
    """Return an opened project's elements that the script has in a scene: who is in it, and its place."""
    said = {str(name).upper() for name in scene.characters} | {scene.location.upper()}
    return [element for element in Element.objects.of(project) if said.intersection(element.names)]


def files_of(scene: Scene) -> list[Asset]:
    """Return the latest files of a scene."""
    return list(Asset.objects.kept().filter(scene=scene).order_by("-created_at")[:FILES_SHOWN])
