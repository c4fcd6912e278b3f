"""When to look: what earlier orders of a model took, and how fast this one goes, say when it may be done.

Nothing that a provider tells can bring two looks closer than it allows, or put them further apart than twice that: a
progress that lies costs one spacing more at most, and the far end is stretched only as far as ``FAR_PACE``.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from generation.models import Attempt
from generation.providers.base import Traits
from generation.states import AttemptState

LEARN_FROM = 30
LEAST = 3
FRESH_SECONDS = 300.0

# What is foretold is told by numbers that were rounded, so the look falls a little after it: too early is a spacing
# lost, too late is only this.
LATER_BY_SHARE = 0.05
LATER_BY_SECONDS = 0.15
FURTHEST = 2.0
# An end further away than so many spacings is waited for at a slower pace: looks saved there pay for those around ends.
FAR = 3.0
FAR_PACE = 1.4
# A plan that would move by less than this share of a spacing is not worth a write.
NOT_WORTH = 0.05
# Between two looks with less progress than this, its rounding says more than its growth.
BASE_GROWS = 0.2
REMEMBERED = 10_000

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


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look saw: the share that was done, 0 to 1, and when, in seconds of a clock that never jumps."""

    at: float
    share: float


def seconds_left(earlier: Seen, later: Seen) -> float | None:
    """Return how long it goes on after ``later`` at the pace between two looks; None when that says nothing."""
    grown, passed = later.share - earlier.share, later.at - earlier.at
    if earlier.share <= 0.0 or grown <= 0.0 or passed <= 0.0:
        return None
    return max(1.0 - later.share, 0.0) * passed / grown


def look_at_end(left: float, spacing: float, planned: float) -> float | None:
    """Return after how many seconds to look, so that it falls just after the end that is foretold.

    Args:
        left: the seconds that it goes on, as foretold.
        spacing: the closest that two looks may be.
        planned: the seconds after which the next look is planned already.

    Returns:
        Between one spacing and two; None when the plan serves as well, and also when the end is further away, because
        a later look will know it better.
    """
    wanted = max(left * (1.0 + LATER_BY_SHARE) + LATER_BY_SECONDS, spacing)
    if wanted > FURTHEST * spacing or abs(wanted - planned) <= NOT_WORTH * spacing:
        return None
    return wanted


@dataclass(slots=True)
class _Course:
    """What is remembered of an attempt: where its pace is measured from, its foretold end, and the plan."""

    base: Seen
    ends: float | None = None
    planned: float | None = None


class Forecasts:
    """The courses of what runs, in this process's memory only: what is lost costs a look or two.

    Args:
        clock: seconds that never jump.
        most: how many are remembered; beyond that, those that were looked at longest ago are forgotten.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = REMEMBERED) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._courses: OrderedDict[UUID, _Course] = OrderedDict()

    def pace(self, attempt_id: UUID, spacing: float) -> float:
        """Return the seconds until the look after the one that is about to be made: more while the end is far.

        Args:
            attempt_id: which attempt.
            spacing: the closest that two looks may be.
        """
        with self._lock:
            course = self._courses.get(attempt_id)
            if course is None:
                return spacing
            far = course.ends is not None and course.ends - self._clock() > FAR * spacing
            course.planned = FAR_PACE * spacing if far else spacing
            return course.planned

    def saw(self, attempt_id: UUID, share: float, spacing: float) -> float | None:
        """Take what a look has told.

        Args:
            attempt_id: which attempt.
            share: how much is done, 0 to 1.
            spacing: the closest that two looks may be.

        Returns:
            After how many seconds to look next, where that is not what was planned already.
        """
        with self._lock:
            now = Seen(self._clock(), share)
            course = self._courses.get(attempt_id)
            # Work that goes backwards has begun anew.
            if course is None or share < course.base.share:
                self._courses[attempt_id] = _Course(now, planned=course.planned if course else None)
                self._courses.move_to_end(attempt_id)
                while len(self._courses) > self._most:
                    self._courses.popitem(last=False)
                return None
            self._courses.move_to_end(attempt_id)
            left = seconds_left(course.base, now)
            course.ends = None if left is None else now.at + left
            if share - course.base.share >= BASE_GROWS or course.base.share <= 0.0:
                course.base = now
            return None if left is None else look_at_end(left, spacing, course.planned or spacing)

    def forget(self, attempt_id: UUID) -> None:
        """Drop what is remembered of an attempt."""
        with self._lock:
            self._courses.pop(attempt_id, None)

    def __len__(self) -> int:
        return len(self._courses)
