"""What a job and an attempt may be, and the moves between.

::

    QUEUED -> CLAIMED -> SENDING -> RUNNING -> FETCHING -> SUCCEEDED
      ^ |       | |        | | |      | |        |  |
      | |       | |        | | |      | |        |  +-> OUTPUT_LOST   charged, the result is gone
      | |       | |        | | |      | +--------+----> FAILED, CANCELLED
      | +-------+-+--------+-|-|------+---------------> (cancelled or refused)
      +---------+ +----------+ +----> UNKNOWN           nobody can tell whether it was accepted

Each move is one conditional UPDATE; see ``querysets.AttemptQuerySet.move``.
"""

from __future__ import annotations

from django.db import models


class AttemptState(models.TextChoices):
    """Where one possible purchase stands."""

    QUEUED = "queued", "Queued"
    CLAIMED = "claimed", "Preparing"
    SENDING = "sending", "Sending"
    RUNNING = "running", "Running"
    FETCHING = "fetching", "Fetching"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    UNKNOWN = "unknown", "Unknown"
    OUTPUT_LOST = "output_lost", "Result lost"


class JobState(models.TextChoices):
    """Where a wish stands, in the words that people see."""

    WAITING_APPROVAL = "waiting_approval", "Waiting for approval"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    UNKNOWN = "unknown", "Unknown"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


_S = AttemptState

MOVES: dict[str, frozenset[str]] = {
    _S.QUEUED: frozenset({_S.CLAIMED, _S.CANCELLED, _S.FAILED}),
    _S.CLAIMED: frozenset({_S.SENDING, _S.QUEUED, _S.FAILED, _S.CANCELLED}),
    _S.SENDING: frozenset({_S.RUNNING, _S.QUEUED, _S.FAILED, _S.UNKNOWN}),
    _S.RUNNING: frozenset({_S.FETCHING, _S.FAILED, _S.CANCELLED, _S.UNKNOWN}),
    _S.FETCHING: frozenset({_S.SUCCEEDED, _S.RUNNING, _S.OUTPUT_LOST, _S.FAILED, _S.CANCELLED}),
    _S.UNKNOWN: frozenset({_S.RUNNING, _S.FAILED, _S.OUTPUT_LOST}),
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.OUTPUT_LOST: frozenset(),
}

IN_FLIGHT = (_S.CLAIMED, _S.SENDING, _S.RUNNING, _S.FETCHING)
LEASED = (_S.CLAIMED, _S.SENDING, _S.FETCHING)

JOB_STATE_OF: dict[str, str] = {
    _S.QUEUED: JobState.QUEUED,
    _S.CLAIMED: JobState.RUNNING,
    _S.SENDING: JobState.RUNNING,
    _S.RUNNING: JobState.RUNNING,
    _S.FETCHING: JobState.RUNNING,
    _S.SUCCEEDED: JobState.SUCCEEDED,
    _S.FAILED: JobState.FAILED,
    _S.CANCELLED: JobState.CANCELLED,
    _S.UNKNOWN: JobState.UNKNOWN,
    _S.OUTPUT_LOST: JobState.FAILED,
}

JOB_ENDED = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)
JOB_OPEN = (JobState.WAITING_APPROVAL, JobState.QUEUED, JobState.RUNNING)
