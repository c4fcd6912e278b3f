"""The real recovery path: at start-up and every few seconds, whatever fell down is picked up.

May run in many processes at once, because each repair is a conditional update like any other step.
"""

from __future__ import annotations

import logging
import shutil

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.rest.idempotency import forget_old
from generation import execution, outcomes, purging, spool, steps
from generation.crashpoints import reach
from generation.groups import asking
from generation.leases import is_dead
from generation.models import Attempt, Job, ProviderAccount
from generation.money import approvals
from generation.states import JOB_ENDED, JOB_OPEN, LEASED, AttemptState, JobState
from generation.uploads import sweep_abandoned
from generation.vendors import breaker, health_alerts, keys
from projects import digest, queue
from projects.outgoing import log

logger = logging.getLogger(__name__)
_S = AttemptState


def sweep() -> None:
    """Pick up what fell down; log what cannot be mended now and go on with the rest."""
    for repair in (
        _replay_spool,
        _free_dead_leases,
        _take_back,
        _ring_fetches,
        _ring_cancels,
        steps.leave,
        approvals.expire_overdue,
        _end_those_that_wait_in_vain,
        _ring_queue,
        _ring_groups,
        breaker.tell,
        health_alerts.alert_degraded,
        digest.send_due,
        log.sweep,
        purging.purge,
        sweep_abandoned,
        forget_old,
    ):
        try:
            repair()
        except Exception:
            logger.exception("The sweep could not finish %s", repair.__name__)
        reach("sweep")


_LOST = (
    "The answer of the provider was lost. Whether it accepted this order is not known, "
    "so nothing is sent again by itself."
)
_BROKE_OFF = (
    "The process that read the answer ended while it was being written. What had come is kept; the provider charges at "
    "least for that, so nothing is sent again by itself."
)


def _replay_spool() -> None:
    """Commit the acceptances that were written to disk while the database was away."""
    for entry in spool.take_all():
        attempt = Attempt.objects.select_related("job", "account").filter(pk=entry["attempt"]).first()
        try:
            if attempt is not None:
                steps.accept(attempt, entry["task"], entry["outputs"], entry.get("cost"))
        except (IntegrityError, LookupError):
            # Kept for a person to see; the lines after it must not wait for that.
            logger.exception("The acceptance %s of attempt %s cannot be stored", entry["task"], entry["attempt"])
            continue
        spool.forget({entry["attempt"]})


def _free_dead_leases() -> None:
    """End the leases of processes of this machine that are no more, without waiting for the clock."""
    held = Attempt.objects.filter(state__in=LEASED, lease_until__gt=Now()).exclude(lease_owner="")
    for lease_owner in held.order_by().values_list("lease_owner", flat=True).distinct():
        if is_dead(lease_owner):
            held.filter(lease_owner=lease_owner).update(lease_until=Now())


def _take_back() -> None:
    """What was being prepared goes back to the queue; what was being sent is safe to repeat, or in doubt."""
    for attempt in Attempt.objects.lease_over().exclude(state=_S.FETCHING).select_related("job", "account"):
        if attempt.state == _S.CLAIMED:
            steps.retry_or_fail(attempt, _S.CLAIMED)
        else:
            steps.doubt(attempt, _BROKE_OFF if _had_begun(attempt) else _LOST, "the sender died")


def _had_begun(attempt: Attempt) -> bool:
    """Return whether words of the answer had come. Those of a later attempt may be what an earlier one left."""
    return attempt.number == 1 and bool(attempt.job.result_text)


def _ring_fetches() -> None:
    """Ring for what is done at the provider and held by nobody."""
    for attempt_id in Attempt.objects.lease_over().due().filter(state=_S.FETCHING).values_list("pk", flat=True)[:200]:
        queue.ring("generation.collect", str(attempt_id))


def _ring_cancels() -> None:
    """Ask again for what somebody cancelled while it ran."""
    wanted = Attempt.objects.filter(state=_S.RUNNING).exclude(job__cancel_requested_at=None)
    for attempt_id in wanted.values_list("pk", flat=True)[:200]:
        queue.ring("generation.cancel", str(attempt_id))


def _end_those_that_wait_in_vain() -> None:
    """What starts from a job that has failed cannot start any more, however it came to wait for that."""
    vain = Job.objects.filter(state__in=JOB_OPEN, input_job__state__in=JOB_ENDED).exclude(
        input_job__state=JobState.SUCCEEDED
    )
    for follower in vain.select_related("input_job")[:200]:
        if follower.input_job is not None:
            with transaction.atomic():
                outcomes.end_followers_of(follower.input_job)


def _ring_queue() -> None:
    """Ring once for each account that has something to start and a free place."""
    for account in ProviderAccount.objects.filter(attempts__state=_S.QUEUED).distinct():
        free = account.max_concurrent - Attempt.objects.in_flight(account).count()
        if free > 0 and Attempt.objects.startable(account).exists():
            queue.ring("generation.submit", str(account.pk))


def _ring_groups() -> None:
    """Ring for actions over several projects that were broken off while they were asked for."""
    for group_id in asking.left_behind():
        queue.ring("generation.group", str(group_id))


def check_installation() -> None:
    """Load what every step needs, so that a fault in it stops the start and not the first job.

    Also clears away what steps of dead processes left in their private folders: a rendering may leave gigabytes.
    """
    for folder in (settings.DATA_DIR / "work").glob("*"):
        held = Attempt.objects.filter(state__in=LEASED, lease_until__gt=Now())
        if not any(folder.name.startswith(str(attempt_id)) for attempt_id in held.values_list("pk", flat=True)):
            shutil.rmtree(folder, ignore_errors=True)
    for provider in execution.registry().values():
        if provider.traits.computes_on_fetch:
            # The machine may have other cores than when the account was made.
            ProviderAccount.objects.filter(provider=provider.name, team=None).update(
                max_concurrent=keys.local_places(provider.name)
            )
