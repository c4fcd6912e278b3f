"""Cutting one shot into two: who says what in which half, and what is seen in it.

A line is never cut: the cut moves to its nearer end. Sentences stay whole as well; a single one is what both halves
show, because it goes on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .drafts import LineDraft

SHORTEST_PART_MS = 500
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+")


@dataclass(frozen=True, slots=True)
class Part:
    """One half: what is seen, who speaks when in it, and how long it is in milliseconds."""

    description: str
    lines: tuple[LineDraft, ...]
    duration_ms: int


def divide(description: str, lines: Sequence[LineDraft], duration_ms: int, at_ms: int) -> tuple[Part, Part]:
    """Cut a shot in two.

    Args:
        description: what is seen in it.
        lines: what is said in it, in order.
        duration_ms: how long it is; the halves are that long together, unless a line needs more.
        at_ms: where to cut, from its start.
    """
    at = _beside_lines(lines, duration_ms, min(max(at_ms, SHORTEST_PART_MS), duration_ms - SHORTEST_PART_MS))
    before = tuple(line for line in lines if line.end_ms <= at)
    after = tuple(replace(line, start_ms=max(line.start_ms - at, 0)) for line in lines if line not in before)
    rest = max(duration_ms - at, SHORTEST_PART_MS, *(line.end_ms for line in after), 0)
    first, second = _sentences(description, at / duration_ms)
    return Part(first, before, at), Part(second, after, rest)


def _beside_lines(lines: Sequence[LineDraft], duration_ms: int, at: int) -> int:
    """The place nearest to ``at`` at which nobody speaks and both halves are long enough."""
    latest = duration_ms - SHORTEST_PART_MS
    free = {at, *(line.start_ms for line in lines), *(line.end_ms for line in lines)}
    possible = [
        place
        for place in free
        if SHORTEST_PART_MS <= place <= max(latest, SHORTEST_PART_MS)
        and not any(line.start_ms < place < line.end_ms for line in lines)
    ]
    # Somebody speaks all the time: the whole of it goes first, and a short half follows.
    return min(possible, key=lambda place: (abs(place - at), place), default=max(duration_ms, SHORTEST_PART_MS))


def _sentences(text: str, share: float) -> tuple[str, str]:
    ends = [match.end() for match in _SENTENCE_END.finditer(text) if match.end() < len(text)]
    if not ends:
        return text, text
    cut = min(ends, key=lambda end: abs(end - share * len(text)))
    return text[:cut].strip(), text[cut:].strip()
