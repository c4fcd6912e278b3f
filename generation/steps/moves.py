"""What the steps of an attempt share: back to the queue, into doubt, to an end. Each move is conditional."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from generation import execution, fallback, outcomes
from generation.bodies import slim
from generation.models import Attempt, Job, ProviderAccount
from generation.providers.base import Traits
from generation.providers.errors import NotAccepted, ProviderError
from generation.querysets import seconds_from_now
from generation.states import AttemptState
from generation.vendors import breaker, health
from projects import queue

MOST_CLAIMS = 3
MOST_UNAVAILABLE = 5
RESEND_FOR = timedelta(hours=24)
ENOUGH_OF = ("unavailable", "upload_failed", "no_rehearsal")
BACK_OFF_FIRST = 30.0
BACK_OFF_MOST = 15 * 60.0
KEPT_CRASHING = (
    "This kept failing on our side and was stopped after three tries; nothing was charged. "
    "Try again, and tell the administrator if it happens again."
)
_S = AttemptState


def back_off(times: int) -> float:
    """Return the seconds to wait after so many refusals in a row: 30 s doubling to 15 min, with jitter."""
    return float(min(BACK_OFF_FIRST * 2 ** min(times, 10), BACK_OFF_MOST) * random.uniform(0.8, 1.2))  # noqa: S311


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
        if moved and cancel_wanted(attempt) and not in_doubt(attempt):
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
    if in_doubt(attempt):
        requeue(attempt, state, wait=back_off(attempt.claims))
    elif attempt.claims >= MOST_CLAIMS:
        end(attempt, _S.FAILED, (state,), public=KEPT_CRASHING, code="kept_crashing")
    else:
        requeue(attempt, state)


def doubt(attempt: Attempt, public: str, internal: str) -> None:
    """The outcome of a send is not known: send again where that is harmless, otherwise hold and ask a person."""
    traits = traits_of(attempt)
    repeat = traits is not None and traits.safe_to_resend and (attempt.claims < MOST_CLAIMS * 2 or _young(attempt))
    # What somebody wants cancelled is not sent once more only to learn whether it was accepted.
    if repeat and not cancel_wanted(attempt):
        requeue(attempt, _S.SENDING, wait=back_off(attempt.claims - 1) if attempt.claims > 1 else 0.0)
    else:
        end_unknown(attempt, public, internal)


def _young(attempt: Attempt) -> bool:
    """Return whether an order may still be asked for where it is recognised: nobody need decide about it yet."""
    return datetime.now(UTC) - attempt.created_at < RESEND_FOR


def traits_of(attempt: Attempt) -> Traits | None:
    """Return what an attempt's provider is like, or None when it is not installed here any more."""
    try:
        return execution.provider_of(attempt).traits
    except LookupError:
        return None


def in_doubt(attempt: Attempt) -> bool:
    """Return whether an earlier sending of a claimed attempt may have been accepted.

    The row says when a sending began until there is proof that nothing was accepted; a claim reads it before its
    own sending begins.
    """
    return attempt.send_started_at is not None


def cancel_wanted(attempt: Attempt) -> bool:
    return Job.objects.filter(pk=attempt.job_id).exclude(cancel_requested_at=None).exists()


def end_unknown(attempt: Attempt, public: str, internal: str) -> None:
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
    health.note_error(account, error.public)
    if error.code == "no_key":
        return  # A key that was taken away needs no protection, and everything that waits for it must learn the same.
    ProviderAccount.objects.filter(pk=account.pk).update(
        paused_until=datetime.max.replace(year=9999, tzinfo=UTC, microsecond=0), pause_reason=error.public[:200]
    )


@transaction.atomic
def wait(attempt: Attempt, state: str, error: NotAccepted) -> None:
    """The provider did not take it yet."""
    health.note_error(attempt.account, error.public)
    breaker.note_not_accepted(attempt, error)
    if error.daily_limit and not in_doubt(attempt) and any(fallback.others(attempt)):
        # Others can make it today.
        end(attempt, _S.FAILED, (state,), error=error)
        return
    if in_doubt(attempt):
        # A busy provider proves nothing about the first sending.
        if cancel_wanted(attempt):
            end_unknown(attempt, error.public, error.internal)
            return
        proof: dict[str, Any] = {}
    else:
        proof = {"send_started_at": None}
    # Only the same answer again is one more in a row: waiting for a place is no sign that the service is down.
    refusals = attempt.refusals if attempt.failure_code == error.code else 0
    # Without anybody else to ask, a network that is down is waited for; a service that is down for long is not.
    enough = refusals + 1 >= MOST_UNAVAILABLE
    if enough and (error.code in ENOUGH_OF or (error.code == "unreachable" and any(fallback.others(attempt)))):
        if in_doubt(attempt):
            end_unknown(attempt, error.public, error.internal)
        else:
            end(attempt, _S.FAILED, (state,), error=error)
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


def end(
    attempt: Attempt,
    to: str,
    of: tuple[str, ...],
    *,
    error: ProviderError | None = None,
    public: str = "",
    code: str = "",
    internal: str = "",
    cost: int | None = None,
) -> None:
    """Close an attempt and its job, if the step still holds it; ``cost`` is what it was charged all the same."""
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
            body=slim(attempt.body),
            failure_code=code[:64],
            failure_public=public,
            failure_internal=error.internal if error is not None else internal,
            **({} if cost is None else {"cost": cost}),
        ):
            outcomes.note_ended(attempt, to, public=public, code=code)
