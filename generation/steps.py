"""The short steps of an attempt: submit, collect, cancel. Each is claimed, may run twice, and costs nothing twice.

What an answer means for the money is decided here, from the class of the provider's error alone. The remote
call is never inside a transaction; every move afterwards is conditional on the lease that the step holds.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from generation import claims, execution, outcomes, results, spool
from generation.crashpoints import reach
from generation.models import Attempt, Job, ProviderAccount
from generation.progress import Cancelled, LeaseLost, Progress, ShuttingDown, lease_seconds
from generation.providers.base import Context, Submission, Traits
from generation.providers.errors import (
    AlreadyAccepted,
    KeyRefused,
    NotAccepted,
    OutcomeUnknown,
    OutputExpired,
    OutputUnusable,
    PollFailed,
    ProviderError,
    Refused,
)
from generation.querysets import seconds_from_now
from generation.states import AttemptState
from generation.wishes import hash_of
from projects import queue

logger = logging.getLogger(__name__)

MOST_CLAIMS = 3
MOST_UNAVAILABLE = 5
BACK_OFF_FIRST = 30.0
BACK_OFF_MOST = 15 * 60.0
FETCH_FOR = timedelta(hours=20)
DEADLINE_SECONDS = {"image": 5 * 60, "audio": 5 * 60, "video": 10 * 60, "film": 60 * 60}
COMMIT_TRIES = 30

_S = AttemptState
KEPT_CRASHING = (
    "This kept failing on our side and was stopped after three tries; nothing was charged. "
    "Try again, and tell the administrator if it happens again."
)


def back_off(times: int) -> float:
    """Return the seconds to wait after so many refusals in a row: 30 s doubling to 15 min, with jitter."""
    return float(min(BACK_OFF_FIRST * 2 ** min(times, 10), BACK_OFF_MOST) * random.uniform(0.8, 1.2))  # noqa: S311


# --- submit ----------------------------------------------------------------------------------------------------------


def submit_next(account_id: UUID) -> None:
    """Take up the fairest queued attempt of an account, prepare it and send it."""
    reach("message taken")
    attempt = claims.claim_next(account_id)
    if attempt is None:
        return
    # While places are free, others may take up the next ones at the same time.
    queue.ring("generation.submit", str(account_id))
    reach("claimed")
    progress = Progress(attempt, lease_seconds=lease_seconds("CLAIM"), heed_cancel=True)
    with execution.workplace(attempt, report=progress.report, check=progress.check) as context:
        if _prepare(attempt, context):
            reach("sending committed")
            _send(attempt, replace(context, check=progress.hold))


def _prepare(attempt: Attempt, context: Context) -> bool:
    """Do everything slow, then commit to sending. False when there is nothing to send."""
    try:
        # A repeat that may meet its first sending must be the same to the letter.
        body = attempt.body if _in_doubt(attempt) else execution.prepare(attempt, context)
        context.check()
        reach("prepared")
    except NotAccepted as error:
        _wait(attempt, _S.CLAIMED, error)
    except KeyRefused as error:
        pause(attempt.account, error)
        _end(attempt, _S.FAILED, (_S.CLAIMED,), error=error)
    except (Refused, OutputUnusable) as error:
        _end(attempt, _S.FAILED, (_S.CLAIMED,), error=error)
    except Cancelled:
        _end(attempt, _S.CANCELLED, (_S.CLAIMED,), public="Cancelled before it was sent; nothing was charged.")
    except ShuttingDown:
        requeue(attempt, _S.CLAIMED, claims=F("claims") - 1)
    except LeaseLost:
        pass
    except Exception:
        logger.exception("Preparing attempt %s failed", attempt.pk)
        retry_or_fail(attempt, _S.CLAIMED)
    else:
        attempt.body = body
        attempt.state = _S.SENDING
        return Attempt.objects.move(
            attempt.pk,
            _S.SENDING,
            of=(_S.CLAIMED,),
            token=attempt.lease_token,
            body=body,
            body_hash=hash_of(body),
            send_started_at=Now(),
            lease_until=seconds_from_now(lease_seconds("SEND")),
        )
    return False


def _send(attempt: Attempt, context: Context) -> None:
    """Place the order, and do what its answer means."""
    try:
        submission = execution.submit(attempt, context)
    except AlreadyAccepted as answer:
        submission = Submission(task_id=answer.task_id)
    except NotAccepted as error:
        _wait(attempt, _S.SENDING, error)
        return
    except KeyRefused as error:
        pause(attempt.account, error)
        if _in_doubt(attempt):
            _end_unknown(attempt, error.public, error.internal)
        else:
            _end(attempt, _S.FAILED, (_S.SENDING,), error=error)
        return
    except Refused as error:
        _end(attempt, _S.FAILED, (_S.SENDING,), error=error)
        return
    except OutcomeUnknown as error:
        doubt(attempt, error.public, error.internal)
        return
    except Exception as error:
        # A fault of our own after the first byte may have left: as unknown as a lost answer.
        logger.exception("Sending attempt %s failed", attempt.pk)
        doubt(attempt, "It is not known whether the provider accepted this order.", repr(error))
        return
    reach("answer read")
    _keep_acceptance(attempt, submission)
    reach("acceptance committed")


def _keep_acceptance(attempt: Attempt, submission: Submission) -> None:
    """Commit the provider's id, whatever it takes: an accepted order that we forget is paid for nothing."""
    outputs = None
    if submission.outputs is not None:
        outputs = [{"reference": output.reference, "media_type": output.media_type} for output in submission.outputs]
    kept = False
    for _ in range(COMMIT_TRIES):
        try:
            accept(attempt, submission.task_id, outputs)
        except (OperationalError, InterfaceError) as error:
            logger.error("Accepted as %s, but the database is away: %s", submission.task_id, error)
            kept = kept or _keep_on_disk(attempt, submission.task_id, outputs)
            time.sleep(1)
            # A connection that broke stays broken until it is given back.
            close_old_connections()
        else:
            if kept:
                spool.forget({str(attempt.pk)})
            return


def _keep_on_disk(attempt: Attempt, task_id: str, outputs: list[dict[str, Any]] | None) -> bool:
    """Write the acceptance to the spool; a full disk must not end the tries to commit it."""
    try:
        spool.keep(str(attempt.pk), task_id, outputs)
    except OSError as error:
        logger.error("The acceptance %s could not be written to disk either: %s", task_id, error)
        return False
    reach("acceptance on disk")
    return True


def accept(attempt: Attempt, task_id: str, outputs: list[dict[str, Any]] | None) -> bool:
    """Store that the provider took an order, and plan what comes next.

    Args:
        attempt: with its job; in SENDING, or in UNKNOWN when evidence turned up later.
        task_id: the provider's id.
        outputs: what is already done, or None when it must be polled for.

    Returns:
        Whether it was still waiting for this.
    """
    traits = execution.provider_of(attempt).traits
    with transaction.atomic():
        if not Attempt.objects.move(
            attempt.pk,
            _S.RUNNING,
            of=(_S.SENDING, _S.UNKNOWN),
            task_id=task_id,
            accepted_at=Now(),
            deadline_at=seconds_from_now(DEADLINE_SECONDS[attempt.job.media]),
            due_at=seconds_from_now(traits.first_poll_after),
            lease_token=None,
            lease_owner="",
            lease_until=None,
            refusals=0,
        ):
            return False
        outcomes.note_found(attempt)
        if outputs is not None:
            outputs_known(attempt, outputs)
    return True


def outputs_known(attempt: Attempt, outputs: list[dict[str, Any]], cost: int | None = None) -> bool:
    """Store that the provider is done, and ring for the fetching."""
    fields: dict[str, Any] = {} if cost is None else {"cost": cost}
    moved = Attempt.objects.move(
        attempt.pk,
        _S.FETCHING,
        of=(_S.RUNNING,),
        outputs=outputs,
        # The first time counts: a link that has run out does not make the result younger.
        done_at=Coalesce(F("done_at"), Now()),
        due_at=None,
        lease_token=None,
        lease_owner="",
        lease_until=None,
        **fields,
    )
    if moved:
        queue.ring_after_commit("generation.collect", str(attempt.pk))
    return moved


# --- collect ---------------------------------------------------------------------------------------------------------


def collect(attempt_id: UUID) -> None:
    """Bring the outputs home, verify and store them, and close the job: the last in one transaction."""
    attempt = claims.claim_fetch(attempt_id)
    if attempt is None:
        return
    reach("fetch claimed")
    traits = _traits(attempt)
    local = traits is not None and traits.computes_on_fetch
    if local and attempt.fetch_claims > MOST_CLAIMS:
        _end(attempt, _S.FAILED, (_S.FETCHING,), public=KEPT_CRASHING, code="kept_crashing")
        return
    # What a remote provider has made is paid for: only local work is worth stopping for a cancel.
    progress = Progress(attempt, lease_seconds=lease_seconds("FETCH"), heed_cancel=local)
    try:
        with execution.workplace(attempt, report=progress.report, check=progress.check) as context:
            stored = results.bring_home(attempt, context)
            reach("output stored")
            if results.finish(attempt, stored):
                reach("finished")
    except OutputExpired as error:
        _look_again(attempt, error)
    except Cancelled:
        _end(attempt, _S.CANCELLED, (_S.FETCHING,), public="Cancelled; nothing was charged.")
    except ShuttingDown:
        Attempt.objects.filter(pk=attempt.pk, lease_token=attempt.lease_token).update(
            lease_until=None, fetch_claims=F("fetch_claims") - 1
        )
    except LeaseLost:
        pass
    except (OutputUnusable, PollFailed) as error:
        _fetch_later(attempt, error, local=local)
    except Refused as error:
        _end(attempt, _S.FAILED, (_S.FETCHING,), error=error)
    except Exception as error:
        logger.exception("Fetching attempt %s failed", attempt.pk)
        _fetch_later(attempt, error, local=local)


def _look_again(attempt: Attempt, error: ProviderError) -> None:
    """A link has run out: the next look brings a fresh one, at once the first time and then less and less often."""
    if _fetched_for_too_long(attempt):
        _lose_output(attempt, error.public, error.internal)
        return
    Attempt.objects.move(
        attempt.pk,
        _S.RUNNING,
        of=(_S.FETCHING,),
        token=attempt.lease_token,
        due_at=seconds_from_now(back_off(attempt.fetch_claims - 2) if attempt.fetch_claims > 1 else 0.0),
        lease_token=None,
        lease_until=None,
        failure_internal=error.internal,
    )


def _fetched_for_too_long(attempt: Attempt) -> bool:
    return attempt.done_at is not None and datetime.now(UTC) - attempt.done_at > FETCH_FOR


def _lose_output(attempt: Attempt, public: str, internal: str) -> None:
    _end(
        attempt,
        _S.OUTPUT_LOST,
        (_S.FETCHING,),
        public=f"The provider finished and charged, but its result could not be fetched for 20 hours. {public}",
        code="output_lost",
        internal=internal,
    )


def _fetch_later(attempt: Attempt, error: Exception, *, local: bool) -> None:
    """Try the fetching again: three times for our own work, for 20 hours for what has been paid for."""
    public = error.public if isinstance(error, ProviderError) else ""
    internal = error.internal if isinstance(error, ProviderError) else repr(error)
    if local and attempt.fetch_claims >= MOST_CLAIMS:
        code = error.code if isinstance(error, ProviderError) else "kept_crashing"
        _end(attempt, _S.FAILED, (_S.FETCHING,), public=public or KEPT_CRASHING, code=code, internal=internal)
        return
    if _fetched_for_too_long(attempt):
        _lose_output(attempt, public, internal)
        return
    Attempt.objects.filter(pk=attempt.pk, state=_S.FETCHING, lease_token=attempt.lease_token).update(
        lease_until=None,
        due_at=seconds_from_now(2.0 if local else back_off(attempt.fetch_claims)),
        failure_internal=internal,
    )


# --- cancel ----------------------------------------------------------------------------------------------------------


def cancel_at_provider(attempt_id: UUID) -> None:
    """Ask the provider to stop a running attempt; its final word comes through the poll."""
    attempt = Attempt.objects.select_related("job", "account").filter(pk=attempt_id, state=_S.RUNNING).first()
    if attempt is None:
        return
    with execution.workplace(attempt, report=lambda share: None, check=lambda: None) as context:
        try:
            execution.cancel(attempt, context)
        except (ProviderError, LookupError) as error:
            logger.info("Cancel of %s not taken, the sweep asks again: %s", attempt.pk, error)
            return
    reach("cancel sent")
    Attempt.objects.filter(pk=attempt.pk, state=_S.RUNNING).update(due_at=Now())


# --- what they share -------------------------------------------------------------------------------------------------


def requeue(attempt: Attempt, state: str, *, wait: float = 0.0, **fields: Any) -> bool:
    """Put an attempt back in the queue, with proof that nothing was accepted (or that a repeat is harmless)."""
    with transaction.atomic():
        moved = Attempt.objects.move(
            attempt.pk,
            _S.QUEUED,
            of=(state,),
            token=attempt.lease_token,
            lease_token=None,
            lease_owner="",
            lease_until=None,
            due_at=seconds_from_now(wait),
            **fields,
        )
        if moved and _cancel_wanted(attempt) and not _in_doubt(attempt):
            # Asked for while the order was on its way. Nothing was accepted, so the job ends here.
            public = "Cancelled before it was accepted; nothing was charged."
            Attempt.objects.move(
                attempt.pk,
                _S.CANCELLED,
                of=(_S.QUEUED,),
                ended_at=Now(),
                failure_code="cancelled",
                failure_public=public,
            )
            outcomes.note_ended(attempt, _S.CANCELLED, public=public, code="cancelled")
        elif moved:
            outcomes.note_requeued(attempt)
            if wait == 0.0:
                queue.ring_after_commit("generation.submit", str(attempt.account_id))
    return moved


def retry_or_fail(attempt: Attempt, state: str) -> None:
    """A step died on our side: try again at once, and give up after three.

    What may have been accepted already is never given up: only the repeat tells whether it was.
    """
    if _in_doubt(attempt):
        requeue(attempt, state, wait=back_off(attempt.claims))
    elif attempt.claims >= MOST_CLAIMS:
        _end(attempt, _S.FAILED, (state,), public=KEPT_CRASHING, code="kept_crashing")
    else:
        requeue(attempt, state)


def doubt(attempt: Attempt, public: str, internal: str) -> None:
    """The outcome of a send is not known: send again where that is harmless, otherwise hold and ask a person."""
    traits = _traits(attempt)
    repeat = traits is not None and traits.safe_to_resend and attempt.claims < MOST_CLAIMS * 2
    # What somebody wants cancelled is not sent once more only to learn whether it was accepted.
    if repeat and not _cancel_wanted(attempt):
        requeue(attempt, _S.SENDING, wait=back_off(attempt.claims - 1) if attempt.claims > 1 else 0.0)
    else:
        _end_unknown(attempt, public, internal)


def _traits(attempt: Attempt) -> Traits | None:
    """Return what an attempt's provider is like, or None when it is not installed here any more."""
    try:
        return execution.provider_of(attempt).traits
    except LookupError:
        return None


def _in_doubt(attempt: Attempt) -> bool:
    """Return whether an earlier sending of a claimed attempt may have been accepted.

    The row says when a sending began until there is proof that nothing was accepted; a claim reads it before its
    own sending begins.
    """
    return attempt.send_started_at is not None


def _cancel_wanted(attempt: Attempt) -> bool:
    return Job.objects.filter(pk=attempt.job_id).exclude(cancel_requested_at=None).exists()


def _end_unknown(attempt: Attempt, public: str, internal: str) -> None:
    with transaction.atomic():
        if Attempt.objects.move(
            attempt.pk,
            _S.UNKNOWN,
            of=(attempt.state,),
            token=attempt.lease_token,
            lease_token=None,
            lease_until=None,
            failure_code="outcome_unknown",
            failure_public=public,
            failure_internal=internal,
        ):
            outcomes.note_unknown(attempt, public)


def pause(account: ProviderAccount, error: ProviderError) -> None:
    """Stop using an account until a person has looked at its key."""
    ProviderAccount.objects.filter(pk=account.pk).update(
        paused_until=datetime.max.replace(year=9999, tzinfo=UTC, microsecond=0), pause_reason=error.public[:200]
    )


def _wait(attempt: Attempt, state: str, error: NotAccepted) -> None:
    """The provider did not take it yet."""
    if _in_doubt(attempt):
        # A busy provider proves nothing about the first sending.
        if _cancel_wanted(attempt):
            _end_unknown(attempt, error.public, error.internal)
            return
        proof: dict[str, Any] = {}
    else:
        proof = {"send_started_at": None}
    # Only the same answer again is one more in a row: waiting for a place is no sign that the service is down.
    refusals = attempt.refusals if attempt.failure_code == error.code else 0
    if error.code == "unavailable" and refusals + 1 >= MOST_UNAVAILABLE:
        if _in_doubt(attempt):
            _end_unknown(attempt, error.public, error.internal)
        else:
            _end(attempt, _S.FAILED, (state,), error=error)
        return
    wait = error.retry_after if error.retry_after is not None else back_off(refusals)
    if error.daily_limit:
        now = datetime.now(UTC)
        wait = (now.replace(hour=0, minute=0, second=0) + timedelta(days=1) - now).total_seconds()
    requeue(
        attempt,
        state,
        wait=wait,
        refusals=refusals + 1,
        claims=F("claims") - 1,
        failure_code=error.code[:64],
        failure_public=error.public,
        failure_internal=error.internal,
        **proof,
    )


def _end(
    attempt: Attempt,
    to: str,
    of: tuple[str, ...],
    *,
    error: ProviderError | None = None,
    public: str = "",
    code: str = "",
    internal: str = "",
) -> None:
    """Close an attempt and its job, if the step still holds it."""
    public = error.public if error is not None else public
    code = error.code if error is not None else code or to
    with transaction.atomic():
        if Attempt.objects.move(
            attempt.pk,
            to,
            of=of,
            token=attempt.lease_token,
            lease_until=None,
            ended_at=Now(),
            failure_code=code[:64],
            failure_public=public,
            failure_internal=error.internal if error is not None else internal,
        ):
            outcomes.note_ended(attempt, to, public=public, code=code)
