"""Looking at what providers are doing: one sweep a process over the due rows, and a bounded pool for the calls.

No thread, message or sleep belongs to a task in flight. A batch of due rows is claimed by one UPDATE that
already plans the next look, so an unchanged answer costs no write at all, and a process that dies in between
delays its rows by one interval. Only a look that can foretell the end plans anew, so that the next one falls just
after it: once, as a rule, in an attempt's life.
"""

from __future__ import annotations

import logging
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from generation import execution, outcomes, steps
from generation.crashpoints import reach
from generation.leases import stopping
from generation.models import Attempt
from generation.progress import push_progress
from generation.providers.base import TaskState, TaskStatus
from generation.providers.errors import KeyRefused, PollFailed, ProviderError, TaskMissing
from generation.querysets import seconds_from_now
from generation.states import AttemptState
from generation.steps.accepting import believed, charge
from generation.steps.moves import cancel_wanted
from generation.timing import Forecasts

logger = logging.getLogger(__name__)

BATCH = 256
MOST_BACK_OFF = 60.0
# Never less than the spacing, which is the provider's rule, and not much more: tasks accepted together drift apart over
# their looks all the same.
JITTER = 1.02
DOUBTFUL_SPACING = 300.0
# In a provider's queue. A day there is a fault that somebody must look at.
MOST_WAITING = timedelta(hours=24)
OVERDUE = (
    "The provider has not finished in time and has not said that it failed. It is looked at every five minutes; "
    "if it finishes after all, the result is fetched."
)
_S = AttemptState

forecasts = Forecasts()


class Poller:
    """The pools that look; ``sweep`` is called by the process's one ticking thread.

    An address of a team's own may take as long as it likes to answer, so looks there have a pool apart.
    """

    def __init__(self, threads: int | None = None) -> None:
        most = threads or settings.ENGINE["POLL_THREADS"]
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="poll")
        self._apart = ThreadPoolExecutor(max(1, most // 4), thread_name_prefix="poll-apart")
        self._looking: set[UUID] = set()

    def sweep(self) -> int:
        """Claim the due rows and look at each.

        Returns:
            How many looks were handed to the pool.
        """
        if stopping.is_set():
            return 0
        claimed = [attempt for attempt in claim_due() if attempt.pk not in self._looking]
        for attempt in claimed:
            # One that is due again before its look has ended is not looked at twice, or what waits would grow for ever.
            self._looking.add(attempt.pk)
            (self._apart if attempt.account.base_url else self._pool).submit(self._look, attempt)
        return len(claimed)

    def _look(self, attempt: Attempt) -> None:
        try:
            _look_safely(attempt)
        finally:
            self._looking.discard(attempt.pk)

    def close(self) -> None:
        """Drop the looks that have not begun and wait for those that have."""
        for pool in (self._pool, self._apart):
            pool.shutdown(wait=True, cancel_futures=True)


def claim_due() -> list[Attempt]:
    """Take the rows whose look is due, planning the next one in the same UPDATE."""
    rows = Attempt.objects.filter(Q(state=_S.RUNNING) | Q(state=_S.UNKNOWN) & ~Q(task_id=""), due_at__lte=Now())
    # Asked first without a transaction: on SQLite each one holds the only write lock, ten times a second for nothing.
    if not rows.exists():
        return []
    with transaction.atomic():
        due = list(rows.select_related("job", "account").defer("body").order_by("due_at").skip_locked()[:BATCH])
        by_spacing: dict[float, list[Attempt]] = {}
        for attempt in due:
            by_spacing.setdefault(_spacing(attempt), []).append(attempt)
        for spacing, attempts in by_spacing.items():
            Attempt.objects.filter(pk__in=[attempt.pk for attempt in attempts]).update(
                due_at=seconds_from_now(spacing * random.uniform(1.0, JITTER))  # noqa: S311
            )
    reach("looks planned")
    return due


def _spacing(attempt: Attempt) -> float:
    """Return the seconds to the next look. What is in doubt is looked at seldom: evidence may still turn up."""
    if attempt.state == _S.UNKNOWN:
        return DOUBTFUL_SPACING
    try:
        return forecasts.pace(attempt.pk, execution.provider_of(attempt).traits.poll_spacing)
    except LookupError:
        # A provider that was taken out must not stop the looks at all others; it may come back.
        return DOUBTFUL_SPACING


def _look_safely(attempt: Attempt) -> None:
    try:
        if not stopping.is_set():
            look(attempt)
    except Exception as error:
        logger.exception("Looking at attempt %s failed", attempt.pk)
        # Whatever is wrong with the looks, the money must not be held without anybody knowing.
        if attempt.state == _S.RUNNING and _overdue(attempt):
            _doubt(attempt, "deadline", OVERDUE, repr(error))
    finally:
        close_old_connections()


def look(attempt: Attempt) -> None:
    """Look once and do what the answer means."""
    try:
        status = execution.poll(attempt)
    except KeyRefused as error:
        steps.pause(attempt.account, error)
        _look_later(attempt, error)
        return
    except TaskMissing as error:
        if execution.provider_of(attempt).traits.forgets_cancelled and cancel_wanted(attempt):
            # What it had begun may have been charged, and no more than that.
            apply(attempt, TaskStatus(TaskState.CANCELLED, cost=attempt.estimate))
            return
        _doubt(attempt, "task_missing", error.public, error.internal)
        return
    except PollFailed as error:
        if _overdue(attempt):
            _doubt(attempt, "deadline", OVERDUE, error.internal)
        else:
            _look_later(attempt, error)
        return
    reach("looked")
    apply(attempt, status)


def apply(attempt: Attempt, status: TaskStatus) -> None:
    """Do what a provider's word means."""
    ended = status.state in (TaskState.SUCCEEDED, TaskState.FAILED, TaskState.CANCELLED)
    cost = charge(attempt, status.usage) if status.cost is None else believed(attempt, status.cost)
    status = replace(status, cost=cost)
    if ended:
        forecasts.forget(attempt.pk)
    if attempt.state == _S.UNKNOWN:
        # Evidence has turned up: take the doubtful attempt back into the usual course, then go on as usual.
        if not ended:
            return
        with transaction.atomic():
            if not Attempt.objects.move(attempt.pk, _S.RUNNING, of=(_S.UNKNOWN,), due_at=Now()):
                return
            outcomes.note_found(attempt)
    if status.state is TaskState.SUCCEEDED:
        reach("success seen")
        if not status.outputs:
            # It has done the work, so it has charged for it, whether it says how much or not.
            status = replace(status, cost=attempt.estimate if status.cost is None else status.cost)
            _close(
                attempt, _S.FAILED, status, "The provider says it is done, but gave no result. Try again.", "no_output"
            )
            return
        with transaction.atomic():
            steps.outputs_known(attempt, steps.stored(status.outputs), status.cost)
    elif status.state is TaskState.FAILED:
        _close(attempt, _S.FAILED, status, status.failure_public or "The provider could not make this.", "task_failed")
    elif status.state is TaskState.CANCELLED:
        _close(attempt, _S.CANCELLED, status, "Cancelled at the provider.", "cancelled")
    elif _overdue(attempt) and status.state is TaskState.WAITING and not _waits_for_too_long(attempt):
        # It has not begun: the provider has said that it stands in its queue, and the time for making it runs later.
        seconds = steps.DEADLINE_SECONDS[attempt.job.media]
        Attempt.objects.filter(pk=attempt.pk, state=_S.RUNNING).update(deadline_at=seconds_from_now(seconds))
    elif _overdue(attempt):
        _doubt(attempt, "deadline", OVERDUE, f"still {status.state} at the deadline")
    else:
        if status.progress is not None:
            push_progress(attempt.job, status.progress)
            if status.state is TaskState.RUNNING:
                _look_at_end(attempt, status.progress)
        if attempt.poll_failures:
            Attempt.objects.filter(pk=attempt.pk, state=_S.RUNNING).update(poll_failures=0, failure_public="")


def _look_at_end(attempt: Attempt, progress: float) -> None:
    """Plan the next look anew where the progress tells that the end comes at another time than the plan."""
    wait = forecasts.saw(attempt.pk, progress, execution.provider_of(attempt).traits.poll_spacing)
    if wait is not None:
        # What is due already was hurried meanwhile, by a webhook or a cancel.
        Attempt.objects.filter(pk=attempt.pk, state=_S.RUNNING, due_at__gt=Now()).update(due_at=seconds_from_now(wait))


def _close(attempt: Attempt, to: str, status: TaskStatus, public: str, code: str) -> None:
    code = status.failure_code or code
    with transaction.atomic():
        if Attempt.objects.move(
            attempt.pk,
            to,
            of=(_S.RUNNING,),
            ended_at=Now(),
            cost=status.cost or 0,
            failure_code=code[:64],
            failure_public=public,
            failure_internal=status.failure_internal,
        ):
            outcomes.note_ended(attempt, to, public=public, code=code)


def _look_later(attempt: Attempt, error: ProviderError) -> None:
    """A look failed; the task is not touched. Back off exponentially, as the provider asks when it asks."""
    spacing = execution.provider_of(attempt).traits.poll_spacing
    wait = error.retry_after or min(spacing * 2 ** min(attempt.poll_failures, 6), MOST_BACK_OFF)
    Attempt.objects.filter(pk=attempt.pk, state=_S.RUNNING).update(
        poll_failures=F("poll_failures") + 1,
        due_at=seconds_from_now(wait * random.uniform(1.0, 1.2)),  # noqa: S311
        failure_public=error.public,
        failure_internal=error.internal,
    )


def _overdue(attempt: Attempt) -> bool:
    return attempt.deadline_at is not None and attempt.deadline_at < datetime.now(UTC)


def _waits_for_too_long(attempt: Attempt) -> bool:
    return attempt.accepted_at is not None and datetime.now(UTC) - attempt.accepted_at > MOST_WAITING


def _doubt(attempt: Attempt, code: str, public: str, internal: str) -> None:
    """Nobody can tell what becomes of an accepted task: hold everything, ask a person, and go on looking seldom."""
    with transaction.atomic():
        if Attempt.objects.move(
            attempt.pk,
            _S.UNKNOWN,
            of=(_S.RUNNING,),
            due_at=seconds_from_now(DOUBTFUL_SPACING),
            failure_code=code,
            failure_public=public,
            failure_internal=internal,
        ):
            outcomes.note_unknown(attempt, public)
