"""When what was not taken is sent again: the schedule of the Standard Webhooks specification, over three days."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

_SECOND, _MINUTE, _HOUR = 1, 60, 3600
# After the first attempt, the second, …; 75 hours and 35 minutes in all.
WAITS = (
    5 * _SECOND, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR,
)  # fmt: skip
ATTEMPTS = len(WAITS) + 1
WHOLE = timedelta(seconds=sum(WAITS))
# So that receivers that broke together are not met together by everything at once.
JITTER = 1.1
# A receiver that asks for patience again and again is not waited for longer than the schedule would.
LONGEST = WHOLE * JITTER


def next_attempt(attempts: int, begun: datetime, now: datetime, retry_after: float | None) -> datetime | None:
    """Return when to try again; None when it is time to give up.

    Args:
        attempts: how many there were, the last one included.
        begun: when the first was.
        now: when the last was.
        retry_after: the seconds that the receiver asked for.
    """
    if attempts >= ATTEMPTS:
        return None
    wait = WAITS[attempts - 1] * random.uniform(1.0, JITTER)  # noqa: S311
    then = now + timedelta(seconds=max(wait, retry_after or 0.0))
    return None if then > begun + LONGEST else then
