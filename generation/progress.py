"""Keeping a lease and telling how far the work is, while it goes on in one thread."""

from __future__ import annotations

import contextlib
import time
import uuid

from django.conf import settings
from django.db import DatabaseError

from generation.leases import stopping
from generation.models import Attempt, Job
from generation.providers.errors import Stopped
from generation.querysets import AttemptQuerySet, seconds_from_now
from projects import live

PUSH_SECONDS = 1.0
WORDS_SECONDS = 0.25
LOOK_SECONDS = 1.0
RENEW_SECONDS = 2.0


class Cancelled(Stopped):
    """Somebody wants the job to end."""


class LeaseLost(Stopped):
    """Another worker has the attempt now: stop without a trace."""


class ShuttingDown(Stopped):
    """This process is to end."""


class Progress:
    """The ``report`` and ``check`` of one piece of work.

    ``check`` looks at the rows at most once a second and renews the lease every two; ``report`` pushes at most
    once a second. Progress is pushed and, with a renewal, noted; it is never an event.
    """

    def __init__(self, attempt: Attempt, *, lease_seconds: float, heed_cancel: bool) -> None:
        self._attempt = attempt
        self._token: uuid.UUID | None = attempt.lease_token
        self._lease_seconds = lease_seconds
        self._heed_cancel = heed_cancel
        self._share: float | None = None
        self._words = ""
        self._told = 0
        self._wanted = True
        now = time.monotonic()
        self._pushed = 0.0
        self._looked = now
        self._renewed = now
        self._noted = now

    def report(self, share: float) -> None:
        """Take how much is done, 0 to 1."""
        self._share = min(max(share, 0.0), 1.0)
        now = time.monotonic()
        if now - self._pushed >= PUSH_SECONDS:
            self._pushed = now
            push_progress(self._attempt.job, self._share)

    def say(self, words: str) -> None:
        """Take words as they come: pushed a few times a second, and noted on the job for who comes later.

        Args:
            words: those that are new; empty to tell at once what has not been told yet.
        """
        self._words += words
        now = time.monotonic()
        if words and now - self._pushed < WORDS_SECONDS:
            return
        self._pushed = now
        if len(self._words) > self._told:
            push_words(self._attempt.job, self._words[self._told :], at=self._told)
            self._told = len(self._words)
        if not words or now - self._noted >= RENEW_SECONDS:
            self._noted = now
            with contextlib.suppress(DatabaseError):
                Job.objects.filter(pk=self._attempt.job_id, attempts__in=self._mine()).update(result_text=self._words)

    def wanted(self) -> bool:
        """Return whether nobody has asked for an end, nor this process. Looks at the row at most once a second.

        What has been written up to a shutdown is kept, and whoever wanted it can have the rest.
        """
        if stopping.is_set():
            return False
        now = time.monotonic()
        if self._wanted and now - self._looked >= LOOK_SECONDS:
            self._looked = now
            with contextlib.suppress(DatabaseError):
                asked = Job.objects.filter(pk=self._attempt.job_id).exclude(cancel_requested_at=None)
                self._wanted = not asked.exists()
        return self._wanted

    def hold(self) -> None:
        """Keep the lease of an order that is on its way. Never asks for an end.

        What has left is waited for, whoever cancels and whoever stops: giving up in between would turn a known
        answer into an unknown one.
        """
        now = time.monotonic()
        if now - self._renewed < RENEW_SECONDS:
            return
        self._renewed = now
        with contextlib.suppress(DatabaseError):
            self._mine().update(lease_until=seconds_from_now(lease_seconds("SEND")))

    def check(self) -> None:
        """Raise when the work should end now.

        Raises:
            ShuttingDown, Cancelled, LeaseLost
        """
        if stopping.is_set():
            raise ShuttingDown
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        mine = self._mine()
        if now - self._renewed >= min(RENEW_SECONDS, self._lease_seconds / 3):
            self._renewed = now
            if not mine.update(lease_until=seconds_from_now(self._lease_seconds), progress=self._share):
                raise LeaseLost
        elif not mine.exists():
            raise LeaseLost
        if self._heed_cancel and Job.objects.filter(pk=self._attempt.job_id).exclude(cancel_requested_at=None).exists():
            raise Cancelled

    def _mine(self) -> AttemptQuerySet:
        """Return the row while it is still ours."""
        return Attempt.objects.filter(pk=self._attempt.pk, state=self._attempt.state, lease_token=self._token)


def push_progress(job: Job, share: float | None) -> None:
    """Push how far a job is to whoever watches its project."""
    live.push(
        job.project_id,
        {
            "type": f"{job.media}_generation_progress",
            "jobId": str(job.pk),
            "shotId": str(job.shot_id or ""),
            "filmId": str(job.film_id or ""),
            "progress": None if share is None else round(share, 3),
            "status": "running",
        },
    )


def push_words(job: Job, words: str, *, at: int) -> None:
    """Push words that have just been written to whoever watches the project.

    Args:
        job: whose.
        words: the new ones.
        at: how many characters there were before them; who has fewer has missed some and reads the job.
    """
    live.push(
        job.project_id,
        {
            "type": f"{job.media}_generation_progress",
            "jobId": str(job.pk),
            "shotId": str(job.shot_id or ""),
            "filmId": "",
            "progress": None,
            "status": "running",
            "text": words,
            "at": at,
        },
    )


def lease_seconds(kind: str) -> float:
    """Return how long a lease of a kind (``CLAIM``, ``SEND``, ``FETCH``) lasts."""
    return float(settings.ENGINE[f"{kind}_LEASE"])
