"""How often one person, or one team, may do something: counted in the cache, over a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.models import User

# More than anybody does by hand: what is sent in all, and what is dear or is told to others.
CHANGES = 600
COMMENTS, VERSIONS, BEGUN, UPLOADS = 60, 40, 20, 300
# What a whole team may have its providers asked by hand: their patience is for orders.
QUESTIONS = 10
# Keys that a person enters: each is tried at an address outside, in whichever of their teams it is.
KEYS = 10
TOO_OFTEN = 429
_SECONDS = 60
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class TooOften(Exception):
    """This was done too often in the last minute; the message says when it may be done again.

    Attributes:
        wait: seconds after which it may.
    """

    def __init__(self, wait: int) -> None:
        super().__init__(f"That was too often. Try again in {wait} seconds.")
        self.wait = wait


def wait_for(what: str, who: UUID, *, most: int) -> int:
    """Count one more time.

    Args:
        what: a word for the deed.
        who: the person who does it, or the team that it is done for, by id.
        most: how often they may in a minute.

    Returns:
        Seconds to wait, where it was more often; 0 where it may be done.
    """
    now = int(time.time())
    key = f"pace:{what}:{who}:{now // _SECONDS}"
    cache.add(key, 0, 2 * _SECONDS)
    try:
        count = cache.incr(key)
    except ValueError:  # thrown out of the cache between the two: as if it were the first
        return 0
    return _SECONDS - now % _SECONDS if count > most else 0


def ask_provider(team_id: UUID) -> None:
    """Count one more question to a team's providers that somebody has put by hand.

    Raises:
        TooOften: more than ten a minute, by whomever in the team.
    """
    if wait := wait_for("provider", team_id, most=QUESTIONS):
        raise TooOften(wait)


def words_for(wait: int) -> str:
    """Return what somebody is told who has to wait for so many seconds, and who sees what they typed."""
    return f"That was too often. What you typed is still here: send it again in {wait} seconds."


class PaceMiddleware:
    """Answers with the page that says when to come back, where one person sends more than anybody can by hand.

    Whatever is sent leaves something: a row, an event that others read, a message to each open page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Count what may change something, and go on."""
        person = request.user if request.method in _CHANGING else None
        if not isinstance(person, User) or not (wait := wait_for("change", person.pk, most=CHANGES)):
            return self._get_response(request)
        response = render(request, "429.html", {"minutes": 1}, status=TOO_OFTEN)
        response["Retry-After"] = str(wait)
        return response
