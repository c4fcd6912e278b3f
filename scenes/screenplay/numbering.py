"""Numbers as on set: a scene keeps its number for life, what is inserted gets letters.

Between 12 and 13 comes 12A, then 12B; between 12A and 12B comes 12AA; before 1 comes A1; between 12
and 12A comes A12A. The letters I and O are skipped, because they look like 1 and 0 on a slate.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import product

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"

_NUMBER = re.compile(r"([A-Z]{0,8})(\d{1,6})([A-Z]{0,8})")

_Key = tuple[int, str, int, int, str]


@lru_cache(maxsize=8192)
def number_key(number: str) -> _Key | None:
    """A key that sorts scene numbers as on set, or None for a number of another form (``2.5``, ``12-B``).

    AA12 and A12 come before 12; A12A between 12 and 12A; 12AA between 12A and 12B.
    """
    match = _NUMBER.fullmatch(number.upper())
    if match is None:
        return None
    prefix, digits, suffix = match.groups()
    return int(digits), suffix, 0 if prefix else 1, -len(prefix), prefix


def new_scene_number(existing: Sequence[str], index: int, *, retired: Collection[str] = ()) -> str:
    """The number of a scene inserted into the film.

    Args:
        existing: the numbers in their order in the film, omitted scenes among them.
        index: the new scene goes before ``existing[index]``; ``len(existing)`` is the end.
        retired: numbers that were used once and must not come back.

    Returns:
        A number that nobody has or had; in set order between its neighbours wherever such a number
        exists (scenes that were moved around may leave no such number; then it follows the one before).
    """
    taken = {number.upper() for number in (*existing, *retired)}
    before = existing[index - 1] if index > 0 else None
    after = existing[index] if index < len(existing) else None
    if after is None:
        return _next_whole(taken)
    low = number_key(before) if before is not None else None
    high = number_key(after)
    if low is not None and high is not None and low >= high:
        high = None
    for candidate in _candidates(before, after):
        if candidate in taken:
            continue
        key = number_key(candidate)
        if key is not None and (low is None or low < key) and (high is None or key < high):
            return candidate
    return next(candidate for candidate in _children(before or after) if candidate not in taken)


def _next_whole(taken: Collection[str]) -> str:
    return str(1 + max((key[0] for number in taken if (key := number_key(number)) is not None), default=0))


def _candidates(before: str | None, after: str) -> Iterator[str]:
    if before is not None:
        match = _NUMBER.fullmatch(before.upper())
        if match is not None:
            prefix, digits, suffix = match.groups()
            if suffix and not prefix:
                # 12AA is followed by 12AB: the letters behind the last one.
                later = LETTERS[LETTERS.find(suffix[-1]) + 1 :] if suffix[-1] in LETTERS else ""
                yield from (f"{digits}{suffix[:-1]}{letter}" for letter in later)
            if not prefix:
                yield from (f"{digits}{suffix}{letter}" for letter in LETTERS)
    yield from (f"{letter}{after.upper()}" for letter in LETTERS)
    yield from (f"{first}{second}{after.upper()}" for first, second in product(LETTERS, repeat=2))


def _children(number: str) -> Iterator[str]:
    for size in range(1, 8):
        yield from (f"{number.upper()}{''.join(letters)}" for letters in product(LETTERS, repeat=size))


def shot_letter(index: int) -> str:
    """The name of a scene's shot by its place from 0: A to Z, then AA, AB and on, without I and O."""
    if index < 0:
        raise ValueError("Shots are counted from 0.")
    name = ""
    index += 1
    while index > 0:
        index, digit = divmod(index - 1, len(LETTERS))
        name = LETTERS[digit] + name
    return name


def new_shot_letter(used: Collection[str]) -> str:
    """The first name behind all that are or were in use; names in other forms are ignored."""
    highest = -1
    for name in used:
        value = 0
        if not name or any(letter not in LETTERS for letter in name.upper()):
            continue
        for letter in name.upper():
            value = value * len(LETTERS) + LETTERS.index(letter) + 1
        highest = max(highest, value - 1)
    return shot_letter(highest + 1)
