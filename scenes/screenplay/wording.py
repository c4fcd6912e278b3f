"""How one wording differs from another, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .merging import match_blocks

_TOKEN = re.compile(r"\s*\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words: ``same`` in both, ``gone`` from the first, or ``new`` in the second."""

    kind: str
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """Return the pieces that lead from one text to another, in order; the work is bounded for any text.

    Args:
        before: the first text.
        after: the second.
    """
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    pieces: list[Piece] = []
    blocks = match_blocks([word.strip() for word in old], [word.strip() for word in new])
    at, other = 0, 0
    for start, come, size in [*blocks, (len(old), len(new), 0)]:
        if start > at:
            pieces.append(Piece("gone", "".join(old[at:start])))
        if come > other:
            pieces.append(Piece("new", "".join(new[other:come])))
        at, other = start + size, come + size
        if size:
            pieces.append(Piece("same", "".join(new[come:other])))
    return pieces
