"""Which old thing became which new thing: pairs by likeness, and what moved.

Likeness is the share of words in common (Dice's coefficient over sets of words): it stands re-ordered
sentences, costs microseconds, and so allows every old scene to be held against every new one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_NEAREST = 25
_MOST_COMPARISONS = 200_000

Words = frozenset[str]
Pairs = dict[int, int]


def words_of(text: str) -> Words:
    """The set of words of a text, case folded."""
    return frozenset(word.casefold() for word in _WORD.findall(text))


def likeness(one: Words, other: Words) -> float:
    """How alike two sets of words are, 0.0 to 1.0; two empty ones are alike."""
    if not one and not other:
        return 1.0
    return 2 * len(one & other) / (len(one) + len(other))


def pair_equal(
    old: Sequence[Hashable], new: Sequence[Hashable], pairs: Pairs, *, usable: Callable[[Hashable], bool] = bool
) -> None:
    """Pair what is equal and not yet paired, in order, so that of several equal ones first goes to first.

    Args:
        old: a value per old thing.
        new: a value per new thing.
        pairs: new index to old index; added to.
        usable: whether a value says anything.
    """
    taken = set(pairs.values())
    waiting: dict[Hashable, list[int]] = {}
    for index in range(len(old) - 1, -1, -1):
        if index not in taken and usable(old[index]):
            waiting.setdefault(old[index], []).append(index)
    for index, value in enumerate(new):
        if index not in pairs and waiting.get(value):
            pairs[index] = waiting[value].pop()


def pair_alike(
    old_count: int, new_count: int, pairs: Pairs, score: Callable[[int, int], float], *, least: float
) -> None:
    """Pair the rest, best likeness first; equal likeness goes to those whose neighbours are paired alike.

    Args:
        old_count: how many old things there are.
        new_count: how many new ones.
        pairs: new index to old index; added to.
        score: likeness of an old and a new index.
        least: below this two things are strangers.
    """
    taken = set(pairs.values())
    olds = [index for index in range(old_count) if index not in taken]
    news = [index for index in range(new_count) if index not in pairs]
    expected = {index: _expected(index, pairs) for index in news}
    # Everything is held against everything, unless that would be millions of comparisons: then what is near.
    reach = max(_NEAREST, _MOST_COMPARISONS // (2 * len(news) or 1))
    found: list[tuple[float, int, int, int]] = []
    for n in news:
        middle = bisect_left(olds, expected[n])
        found.extend(
            (value, -abs(o - expected[n]), -n, -o)
            for o in olds[max(0, middle - reach) : middle + reach]
            if (value := score(o, n)) >= least
        )
    for _, _, negative_new, negative_old in sorted(found, reverse=True):
        if -negative_new not in pairs and -negative_old not in taken:
            pairs[-negative_new] = -negative_old
            taken.add(-negative_old)


def _expected(index: int, pairs: Pairs) -> int:
    """Where among the old ones a new one would stand, going by the nearest paired one before it."""
    for distance in range(1, min(index, 50) + 1):
        if index - distance in pairs:
            return pairs[index - distance] + distance
    return index


def moved(pairs: Pairs) -> set[int]:
    """New indexes whose old places do not rise with the rest: the fewest that must have been moved."""
    order = sorted(pairs)
    tails: list[int] = []
    tail_at: list[int] = []
    previous: dict[int, int | None] = {}
    for index in order:
        place = bisect_left(tails, pairs[index])
        previous[index] = tail_at[place - 1] if place else None
        if place == len(tails):
            tails.append(pairs[index])
            tail_at.append(index)
        else:
            tails[place] = pairs[index]
            tail_at[place] = index
    staying: set[int] = set()
    at: int | None = tail_at[-1] if tail_at else None
    while at is not None:
        staying.add(at)
        at = previous[at]
    return set(order) - staying
