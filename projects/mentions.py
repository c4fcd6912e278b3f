"""Finding people in what somebody wrote: ``@`` and the name, as colleagues see it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

from accounts.models import User


def pattern_for(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds these names after an ``@``, the longest first; None when there are none.

    A name counts only as a whole: ``@Carol`` is not in ``@Caroline``, nor in ``me@carol.example``.
    """
    words = sorted({name for name in names if name}, key=len, reverse=True)
    if not words:
        return None
    return re.compile(rf"(?<![\w.+-])@({'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)


def mentioned(text: str, members: Sequence[User], picked: Iterable[UUID] = ()) -> list[User]:
    """Return who of these members is named in a text.

    Args:
        text: what somebody wrote.
        members: those who may be named; nobody else can be.
        picked: ids chosen from the list of names; they decide between people of the same name.
    """
    pattern = pattern_for(member.shown_name for member in members)
    if pattern is None:
        return []
    named = {match[1].casefold() for match in pattern.finditer(text)}
    wanted = set(picked)
    found = []
    for name in named:
        same = [member for member in members if member.shown_name.casefold() == name]
        found += [member for member in same if member.pk in wanted] or same
    return found
