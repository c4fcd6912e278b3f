"""When to look: what earlier orders of a model took says when the next one may be done."""

from __future__ import annotations

import threading
import time

from generation.models import Attempt
from generation.providers.base import Traits
from generation.states import AttemptState

LEARN_FROM = 30
LEAST = 3
FRESH_SECONDS = 300.0

_lock = threading.Lock()
_shortest: dict[str, tuple[float, float | None]] = {}


def first_look(model: str, traits: Traits) -> float:
    """Return after how many seconds a new order is worth its first look.

    Nothing is done before the shortest time that was ever seen, and a look before it would be wasted; one look's
    spacing earlier, because what was seen is itself late by up to that.

    Args:
        model: its id.
        traits: of its provider, for as long as too little is known.
    """
    shortest = _learned(model)
    if shortest is None:
        return traits.first_poll_after
    return max(shortest - traits.poll_spacing, min(traits.first_poll_after, traits.poll_spacing))


def _learned(model: str) -> float | None:
    """Return the shortest time of the last orders of a model in seconds, or None while there are too few."""
    now = time.monotonic()
    with _lock:
        found = _shortest.get(model)
    if found is not None and now - found[0] < FRESH_SECONDS:
        return found[1]
    rows = (
        Attempt.objects.filter(model=model, state=AttemptState.SUCCEEDED)
        .order_by("-ended_at")
        .values_list("accepted_at", "done_at")[:LEARN_FROM]
    )
    lengths = [(done - accepted).total_seconds() for accepted, done in rows if accepted and done]
    shortest = min(lengths) if len(lengths) >= LEAST else None
    with _lock:
        _shortest[model] = (now, shortest)
    return shortest
