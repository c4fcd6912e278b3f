"""Elements as pages show them: with their pictures, the shots that they are in, and what they still lack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch

from projects.models import Project
from scenes.handles import mentions
from scenes.models import Asset, Element, Reference, Shot
from scenes.screenplay.drafts import Angle

GROUPS = (
    (Element.Kind.CHARACTER, "Characters"),
    (Element.Kind.LOCATION, "Locations"),
    (Element.Kind.PROP, "Props"),
)


@dataclass(frozen=True, slots=True)
class Card:
    """One element in the list.

    Attributes:
        pictures: the portrait first.
        uses: how many shots of the film show it.
        still: the thumbnail of one of them, for what has no picture of its own.
    """

    element: Element
    pictures: tuple[Asset, ...]
    uses: int
    still: UUID | None = None

    @property
    def portrait(self) -> Asset | None:
        """The first picture."""
        return self.pictures[0] if self.pictures else None

    @property
    def lacks(self) -> list[str]:
        """What would make takes of it more alike: a picture, a description."""
        there = {"picture": bool(self.pictures), "description": bool(self.element.description)}
        return [what for what, has in there.items() if not has]


@dataclass(frozen=True, slots=True)
class Group:
    """The elements of one kind."""

    kind: str
    name: str
    cards: tuple[Card, ...]


def groups(project: Project) -> tuple[Group, ...]:
    """Return an opened project's elements by kind, in three queries."""
    elements = list(_with_pictures(project))
    uses = _uses(project, elements)
    cards: dict[str, list[Card]] = defaultdict(list)
    for element in elements:
        pictures = tuple(picture.asset for picture in element.pictures.all())
        shots = uses.get(element.pk, [])
        cards[element.kind].append(Card(element, pictures, len(shots), _still(element, shots)))
    return tuple(
        Group(kind, name, tuple(sorted(cards[kind], key=lambda card: (-card.uses, card.element.name.casefold()))))
        for kind, name in GROUPS
    )


def _still(element: Element, shots: list[_Use]) -> UUID | None:
    """Return the still that shows an element best: people from near, places from far."""
    there = [shot for shot in shots if shot.still]
    best = Angle.WIDE if element.kind == Element.Kind.LOCATION else Angle.CLOSE_UP
    there.sort(key=lambda shot: shot.angle != best)
    return there[0].still if there else None


def _with_pictures(project: Project) -> Iterable[Element]:
    pictures = Prefetch("pictures", Reference.objects.select_related("asset"))
    found: Iterable[Element] = Element.objects.of(project).prefetch_related(pictures)
    return found


def shots_with(project: Project, element: Element) -> list[Shot]:
    """Return the shots of an opened project's film that show an element, in order, with their pictures."""
    ids = [use.shot for use in _uses(project, [element]).get(element.pk, [])]
    rows = Shot.objects.of(project).filter(pk__in=ids).select_related("still__asset", "clip__asset")
    return list(rows)


@dataclass(frozen=True, slots=True)
class _Use:
    """A shot that shows an element, by id, its angle, and the file of its still."""

    shot: UUID
    angle: str
    still: UUID | None


def _uses(project: Project, elements: Iterable[Element]) -> Mapping[UUID, list[_Use]]:
    """Return the shots that show elements: as character, as location, or named in the prompt."""
    by_name = {(element.kind, name): element.pk for element in elements for name in element.names}
    by_handle = {element.handle: element.pk for element in elements}
    found: dict[UUID, list[_Use]] = defaultdict(list)
    wanted = (
        "pk",
        "characters",
        "scene__location",
        "prompt_by_hand",
        "angle",
        "still__asset",
        "still__asset__thumbnail_key",
    )
    for row in Shot.objects.of(project).in_film().values(*wanted):
        shown = [by_name.get((Element.Kind.CHARACTER, str(name).upper())) for name in row["characters"]]
        shown.append(by_name.get((Element.Kind.LOCATION, row["scene__location"].upper())))
        shown += [by_handle.get(mention.handle) for mention in mentions(row["prompt_by_hand"])]
        use = _Use(row["pk"], row["angle"], row["still__asset"] if row["still__asset__thumbnail_key"] else None)
        for element_id in {one for one in shown if one is not None}:
            found[element_id].append(use)
    return found
