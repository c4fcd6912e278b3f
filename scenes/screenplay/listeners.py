"""Whom somebody speaks to follows from the angle: over a shoulder there is a listener, in a close-up there is none.

Angles take turns over the whole film, so that a scene put in anywhere gives other shots other ones. A shot that is
there keeps its angle; what the new breakdown says of it because of another angle is no news, and must not make a take
that somebody paid for look out of date.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from .drafts import ShotDraft
from .plans import KnownShot

_SPEAKS = re.compile(r"(?P<who>[^.]+?) speaks(?: to [^,.]+)?(?P<manner>, [^.]+)?")


def with_its_listener(draft: ShotDraft, known: KnownShot, people: Collection[str]) -> ShotDraft:
    """Return a draft as it would be from the angle that its shot has kept.

    Args:
        draft: what the new breakdown says of the shot.
        known: the shot, as it is stored.
        people: everybody who is in the scene now; who has left it listens no more.
    """
    before, after = known.characters, draft.characters
    if known.angle is draft.angle or {len(before), len(after)} != {1, 2} or before[0] != after[0]:
        return draft
    listener = max(before, after, key=len)[1]
    if listener not in people:
        return draft
    if known.description == draft.description:
        named = listener.casefold() in draft.description.casefold()
        return draft if named else replace(draft, characters=before)
    old, new = _SPEAKS.fullmatch(known.description), _SPEAKS.fullmatch(draft.description)
    if old is None or new is None or old["who"] != new["who"] or old["manner"] != new["manner"]:
        return draft
    return replace(draft, description=known.description, characters=before)
