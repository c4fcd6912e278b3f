"""Which events an endpoint wants: ``take_added``, ``video_generation_*``, ``*``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

MOST_PATTERNS = 40
LONGEST_PATTERN = 64
EVERYTHING = "*"
_PATTERN = re.compile(r"[a-z0-9_*]{1,64}")


def matches(patterns: Iterable[str], event_type: str) -> bool:
    """Return whether one of the patterns matches a type as a whole; ``*`` stands for any letters, or none."""
    return any(_matches(pattern, event_type) for pattern in patterns)


def complaint(patterns: Collection[str], known: Iterable[str]) -> str:
    """Return what is wrong with patterns; empty where nothing is.

    Args:
        patterns: as somebody wrote them.
        known: the types that there are; one that matches none of them is misspelt.
    """
    if not patterns:
        return "Name at least one type of event, or * for all."
    if len(patterns) > MOST_PATTERNS:
        return f"Name at most {MOST_PATTERNS} types; patterns such as video_generation_* stand for several."
    types = tuple(known)
    for pattern in patterns:
        if not _PATTERN.fullmatch(pattern):
            return f"“{pattern[:LONGEST_PATTERN]}” is no type: small letters, digits, _ and * only, 64 at most."
        if not any(matches([pattern], one) for one in types):
            return f"There is no event that “{pattern}” would match. The page lists the types there are."
    return ""


def _matches(pattern: str, event_type: str) -> bool:
    # By hand and without going back: a regular expression of many stars could be made to try for ever.
    first, *rest = pattern.split("*")
    if not rest:
        return event_type == first
    last = rest.pop()
    if not event_type.startswith(first) or len(event_type) < len(first) + len(last) or not event_type.endswith(last):
        return False
    at, end = len(first), len(event_type) - len(last)
    for part in rest:
        found = event_type.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
