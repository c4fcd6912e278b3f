"""``?wait=30``: the answer is held open until what was asked for has ended, for callers that cannot come back.

Each that waits holds a thread, so that only so many do at a time; past that, and when the server is to end, the answer
is what it would have been at once.
"""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.fields import Query
from generation import leases
from generation.models import Job
from generation.states import JOB_ENDED, JobState
from scenes.api.base import FootageResource

LONGEST = 60
MOST_WAITING = 32
LOOKS_APART = 0.5
# What waits for a person's word or for nobody knows what may do so for days.
_GOES_ON = (JobState.QUEUED, JobState.RUNNING)

_places = threading.BoundedSemaphore(MOST_WAITING)


class WaitQuery(Query):
    """How long the answer may be held open."""

    wait = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST,
        required=False,
        help_text="Seconds to hold the answer open until it has ended: 200 when it has, 202 when it goes on.",
    )


def wait_for(jobs: QuerySet[Job], seconds: int | None) -> None:
    """Return when none of some jobs goes on by itself any more, or the time is over. Never inside a transaction.

    Args:
        jobs: those that are waited for.
        seconds: how long at most; None does not wait.
    """
    if not seconds or not _places.acquire(blocking=False):
        return
    try:
        until = time.monotonic() + seconds
        while jobs.filter(state__in=_GOES_ON).exists():
            _lend_connection()
            left = until - time.monotonic()
            if left <= 0 or pause(min(LOOKS_APART, left)):
                return
    finally:
        _places.release()


def _lend_connection() -> None:
    """Give the connection back while nothing is asked: a pool has fewer than may wait here."""
    if not connection.in_atomic_block:
        connection.close()


def pause(seconds: float) -> bool:
    """Do nothing for a while; True when this process is to end."""
    return leases.stopping.wait(seconds)


class WaitingResource(FootageResource):
    """An address whose POST begins something that takes a while.

    The waiting comes after the answer is kept for its ``Idempotency-Key``, outside of any transaction; a repeated
    request waits, too.

    Attributes:
        inline: whether files may stand in the answer: not in one that is kept for its key.
    """

    inline = False

    @abstractmethod
    def begun(self, made_id: Any) -> tuple[QuerySet[Job], Any]:
        """Return the jobs of what was begun, and a function that reads it anew: what it shows, through the door.

        Args:
            made_id: the ``id`` in the answer.
        """

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Hold an answer that says that something goes on, as long as the caller likes."""
        asked = self.asked if isinstance(self.asked, dict) else {}
        wanted = asked.get("wait") or asked.get("data_url")
        if wanted and request.method == "POST" and response.status_code in (200, 202):
            try:
                response = self._after_waiting(response, asked.get("wait"))
            except Exception as error:  # noqa: BLE001 - the handler knows them, or lets them go on
                response = self.handle_exception(error)
        return super().finalize_response(request, response, *args, **kwargs)

    def _after_waiting(self, response: Response, wait: int | None) -> Response:
        self.inline = True
        jobs, read = self.begun(response.data["id"])
        wait_for(jobs, wait)
        thing = read()
        goes_on = jobs.exclude(state__in=JOB_ENDED).exists()
        held = self.answer(thing, status=202 if goes_on else 200)
        for name, value in response.headers.items():
            held.setdefault(name, value)
        return held
