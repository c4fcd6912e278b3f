"""Selects that the film has changed under since they were made: which, and why in words that people use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from generation import planning
from generation.wishes import Wish
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Element, Shot, Take

MOST_NAMES = 2


@dataclass(frozen=True, slots=True)
class Stale:
    """One select that is not what would be made now.

    Attributes:
        wish: what would be made.
        select: what there is.
        changed: ids of the elements that are different in it now.
    """

    wish: Wish
    select: Take
    changed: frozenset[str]

    @property
    def shot(self) -> Shot:
        """Its shot."""
        shot = self.wish.shot
        if shot is None:
            raise LookupError("Only what is made for a shot can be stale.")
        return shot


def stale_of(wanted: Iterable[Wish]) -> list[Stale]:
    """Return those wishes that would replace a select.

    Args:
        wanted: from ``planning``.
    """
    found = []
    for wish in wanted:
        select = select_of(wish)
        if select is not None:
            found.append(Stale(wish, select, _changed(wish, select)))
    return found


def select_of(wish: Wish) -> Take | None:
    """Return what stands where the result of a wish will; None where nothing does."""
    shot, kind = wish.shot, wish.kind
    if shot is None or kind is None:
        return None
    if kind == planning.STILLS:
        return shot.still
    if kind == planning.CLIPS:
        return shot.clip
    return wish.line.voice if wish.line is not None else None


def changed_by(wish: Wish, element_id: UUID) -> bool:
    """Return whether a wish would replace a select because an element has changed since."""
    select = select_of(wish)
    return select is not None and str(element_id) in _changed(wish, select)


def _changed(wish: Wish, select: Take) -> frozenset[str]:
    before = select.inputs.get("elements")
    if before is None:
        # It was made before anybody noted what went in.
        return frozenset()
    return frozenset(
        element_id
        for element_id in {*before, *wish.elements}
        if before.get(element_id, "") != wish.elements.get(element_id, "")
    )


def reasons(project: Project, stale: Sequence[Stale]) -> dict[str, str]:
    """Return why shots are stale, by shot: ``Mara has changed``.

    Args:
        project: opened, theirs.
        stale: from ``stale_of``.
    """
    changed: dict[str, dict[str, None]] = {}
    for one in stale:
        changed.setdefault(str(one.shot.pk), {}).update(dict.fromkeys(sorted(one.changed)))
    ids = {element_id for found in changed.values() for element_id in found}
    names = _names(project, ids) if ids else {}
    return {shot: _words([names[one] for one in found if one in names]) for shot, found in changed.items()}


def _names(project: Project, ids: Iterable[str]) -> dict[str, str]:
    rows = Element.objects.filter(project=project, pk__in=list(ids))
    return {str(element.pk): element.shown_name for element in rows}


def _words(names: list[str]) -> str:
    if not names:
        return "The shot has changed since"
    if len(names) == 1:
        return f"{names[0]} has changed since"
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more have changed since"
    return f"{names[0]} and {names[1]} have changed since"


def shots_changed_by(opened: OpenProject, element_id: UUID) -> list[Stale]:
    """Return the selects of an opened project that show an element as it was, in the order of the film."""
    return [one for one in stale_of(planning.wanted_of(opened).wishes) if str(element_id) in one.changed]
