"""How much may be asked in a minute, told in every answer: by one token, and by all that act for one person."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from rest_framework.response import Response

from accounts.models import ApiToken, User
from accounts.rest.errors import QUOTA_ERROR, RETRY, Refusal, Refused

WINDOW = 60
OF_ONE = "That is more than one token may ask in a minute."
OF_ALL = "That is more than all tokens and windows of one person may ask in a minute together."


@dataclass(frozen=True, slots=True)
class Bound:
    """So many requests of a minute, and how many there were."""

    limit: int
    used: int

    @property
    def left(self) -> int:
        """How many more there may be."""
        return max(0, self.limit - self.used)


class Allowance:
    """What is left of a minute's requests of one kind; counted in the cache, all processes together.

    A person's browser counts as one more token. What a token is refused is not counted for its person, so that one
    that has gone wild does not take their share from the others.

    Args:
        person: who asks, or for whom a program does.
        token: the program's; None in the browser.
        scope: the kind, of ``API_RATES``.
    """

    def __init__(self, person: User, token: ApiToken | None, scope: str) -> None:
        now = int(time.time())
        self.reset = WINDOW - now % WINDOW
        minute, limit = now // WINDOW, settings.API_RATES[scope]
        self._counters = (
            (f"api:{scope}:{token.pk if token else person.pk}:{minute}", limit, OF_ONE),
            (f"api:{scope}:all:{person.pk}:{minute}", limit * settings.API_RATES_TOGETHER, OF_ALL),
        )
        self._bounds: list[Bound] = []

    def take(self) -> None:
        """Count a request; refuse what is too much.

        Raises:
            Refused: more than one of the limits; says when the next minute begins.
        """
        for key, limit, sentence in self._counters:
            bound = Bound(limit, _counted(key))
            self._bounds.append(bound)
            if bound.used > limit:
                detail = f"{sentence} Come back in {self.reset} s."
                raise Refused(Refusal(429, "throttled", detail, QUOTA_ERROR, retry_after=self.reset, action=RETRY))

    def write(self, response: Response) -> None:
        """Tell how much is left of the limit that is reached first."""
        nearest = min(self._bounds, key=lambda bound: bound.left)
        response["RateLimit-Limit"] = str(nearest.limit)
        response["RateLimit-Remaining"] = str(nearest.left)
        response["RateLimit-Reset"] = str(self.reset)


def _counted(key: str) -> int:
    cache.add(key, 0, WINDOW * 2)
    try:
        return cache.incr(key)
    except ValueError:  # it was thrown out between the two calls
        return 1
