"""Preparing an order and placing it: the one step that may cost money."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from django.db import DatabaseError
from django.db.models import F
from django.db.models.functions import Now

from generation import claims, execution, kept
from generation.crashpoints import reach
from generation.models import Attempt
from generation.progress import Cancelled, LeaseLost, Progress, ShuttingDown, lease_seconds
from generation.providers.base import Context, Submission
from generation.providers.errors import (
    AlreadyAccepted,
    Fruitless,
    KeyRefused,
    NotAccepted,
    OutcomeUnknown,
    OutputUnusable,
    PollFailed,
    Refused,
)
from generation.querysets import seconds_from_now
from generation.states import AttemptState
from generation.steps.accepting import believed, charge, keep_acceptance
from generation.steps.leaving import leave
from generation.steps.moves import doubt, end, end_unknown, in_doubt, pause, requeue, retry_or_fail, wait
from generation.vendors import breaker
from generation.wishes import hash_of
from projects import queue

logger = logging.getLogger(__name__)
_S = AttemptState


def submit_next(account_id: UUID) -> None:
    """Take up the fairest queued attempt of an account, prepare it and send it."""
    reach("message taken")
    attempt = claims.claim_next(account_id)
    if attempt is None:
        leave(account_id)
        return
    # While places are free, others may take up the next ones at the same time.
    queue.ring("generation.submit", str(account_id))
    reach("claimed")
    progress = Progress(attempt, lease_seconds=lease_seconds("CLAIM"), heed_cancel=True)
    with execution.workplace(attempt, report=progress.report, check=progress.check) as context:
        if _prepare(attempt, context):
            reach("sending committed")
            keep = kept.keeper(attempt, context.work_dir, progress.hold)
            say = _heard(attempt, progress)
            _send(attempt, replace(context, check=progress.hold, say=say, wanted=progress.wanted, keep=keep))


def _heard(attempt: Attempt, progress: Progress) -> Callable[[str], None]:
    """Return the ``Context.say`` of one sending. The first words show that the provider works, long before the last."""
    silent = True

    def say(words: str) -> None:
        nonlocal silent
        if words and silent:
            silent = False
            with contextlib.suppress(DatabaseError):
                breaker.note_first_words(attempt)
        progress.say(words)

    return say


def _prepare(attempt: Attempt, context: Context) -> bool:
    """Do everything slow, then commit to sending. False when there is nothing to send."""
    try:
        # A repeat that may meet its first sending must be the same to the letter.
        body = attempt.body if in_doubt(attempt) else execution.prepare(attempt, context)
        context.check()
        reach("prepared")
    except NotAccepted as error:
        wait(attempt, _S.CLAIMED, error)
    except KeyRefused as error:
        pause(attempt.account, error)
        end(attempt, _S.FAILED, (_S.CLAIMED,), error=error)
    except (Refused, OutputUnusable) as error:
        end(attempt, _S.FAILED, (_S.CLAIMED,), error=error)
    except Cancelled:
        end(attempt, _S.CANCELLED, (_S.CLAIMED,), public="Cancelled before it was sent; nothing was charged.")
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


def _found(attempt: Attempt, context: Context) -> Submission | None:
    """Look for an order that may have arrived before it is sent again, where the provider can be asked.

    A repeat is only recognised for as long as the first one is remembered; the records go back further.

    Raises:
        OutcomeUnknown: the provider could not be asked.
    """
    if not in_doubt(attempt):
        return None
    try:
        task_id = execution.find(attempt, context)
    except PollFailed as error:
        raise OutcomeUnknown(error.public, code=error.code, internal=error.internal) from error
    return Submission(task_id=task_id) if task_id else None


def _send(attempt: Attempt, context: Context) -> None:
    """Place the order, and do what its answer means."""
    try:
        submission = _found(attempt, context) or execution.submit(attempt, context)
        context.say("")
    except AlreadyAccepted as answer:
        submission = Submission(task_id=answer.task_id)
    except NotAccepted as error:
        wait(attempt, _S.SENDING, error)
        return
    except KeyRefused as error:
        pause(attempt.account, error)
        if in_doubt(attempt):
            end_unknown(attempt, error.public, error.internal)
        else:
            end(attempt, _S.FAILED, (_S.SENDING,), error=error)
        return
    except Fruitless as error:
        breaker.note_answer(attempt.account)
        context.say("")
        cost = believed(attempt, error.cost) if error.cost is not None else charge(attempt, error.usage)
        end(attempt, _S.FAILED, (_S.SENDING,), error=error, cost=cost)
        return
    except Refused as error:
        breaker.note_answer(attempt.account)
        end(attempt, _S.FAILED, (_S.SENDING,), error=error)
        return
    except OutcomeUnknown as error:
        breaker.note_fault(attempt, error)
        doubt(attempt, error.public, error.internal)
        return
    except Exception as error:
        # A fault of our own after the first byte may have left: as unknown as a lost answer.
        logger.exception("Sending attempt %s failed", attempt.pk)
        doubt(attempt, "It is not known whether the provider accepted this order.", repr(error))
        return
    reach("answer read")
    keep_acceptance(attempt, submission)
    reach("acceptance committed")
