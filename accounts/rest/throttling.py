"""How much a program may ask in a minute, told in every answer."""

from __future__ import annotations

import time

from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.response import Response

from accounts.models import ApiToken, User

WINDOW = 60


class Allowance:
    """What is left of a minute's requests of one kind; counted in the cache, all processes together."""

    def __init__(self, who: ApiToken | User, scope: str) -> None:
        now = int(time.time())
        self.limit: int = settings.API_RATES[scope]
        self.reset = WINDOW - now % WINDOW
        key = f"api:{scope}:{who.pk}:{now // WINDOW}"
        cache.add(key, 0, WINDOW * 2)
        try:
            self.used = cache.incr(key)
        except ValueError:  # it was thrown out between the two calls
            self.used = 1

    def check(self) -> None:
        """Refuse what is too much.

        Raises:
            Throttled: more than the limit; says when the next minute begins.
        """
        if self.used > self.limit:
            raise Throttled(wait=self.reset)

    def write(self, response: Response) -> None:
        """Tell how much is left."""
        response["RateLimit-Limit"] = str(self.limit)
        response["RateLimit-Remaining"] = str(max(0, self.limit - self.used))
        response["RateLimit-Reset"] = str(self.reset)
