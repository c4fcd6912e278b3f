"""How often one person may have something dear done: counted in the cache, over a minute."""

from __future__ import annotations

import time
from uuid import UUID

from django.core.cache import cache

_SECONDS = 60


def wait_for(what: str, person: UUID, *, most: int) -> int:
    """Count one more time.

    Args:
        what: a word for the deed.
        person: who does it, by id.
        most: how often they may in a minute.

    Returns:
        Seconds to wait, where it was more often; 0 where it may be done.
    """
    now = int(time.time())
    key = f"pace:{what}:{person}:{now // _SECONDS}"
    cache.add(key, 0, 2 * _SECONDS)
    try:
        count = cache.incr(key)
    except ValueError:  # thrown out of the cache between the two: as if it were the first
        return 0
    return _SECONDS - now % _SECONDS if count > most else 0
