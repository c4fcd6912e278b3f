"""The order of the cut, where it differs from the storyboard's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol, TypeVar
from uuid import UUID


class _Row(Protocol):
    @property
    def pk(self) -> UUID: ...


_Shot = TypeVar("_Shot", bound=_Row)


def in_cut_order(shots: Sequence[_Shot], order: Sequence[str]) -> list[_Shot]:
    """Return the shots in the order of the cut.

    A shot that the order does not know follows the shot before it on the storyboard, wherever that one went.

    Args:
        shots: those in the film, as the storyboard has them.
        order: ids as text; those of other shots are passed over, and none at all is the storyboard's order.
    """
    by_id = {str(shot.pk): shot for shot in shots}
    known = [shot_id for shot_id in dict.fromkeys(order) if shot_id in by_id]
    if not known:
        return list(shots)
    placed = set(known)
    followers: dict[str, list[str]] = defaultdict(list)
    before = ""
    for shot_id in by_id:
        if shot_id not in placed:
            followers[before].append(shot_id)
        before = shot_id
    found: list[_Shot] = []
    waiting = [*reversed(known), *reversed(followers[""])]
    while waiting:
        shot_id = waiting.pop()
        found.append(by_id[shot_id])
        waiting += reversed(followers[shot_id])
    return found
