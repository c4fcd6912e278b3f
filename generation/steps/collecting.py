"""Bringing results home, and trying again for as long as something that was paid for may still be had."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F

from generation import claims, execution, results
from generation.crashpoints import reach
from generation.models import Attempt
from generation.progress import Cancelled, LeaseLost, Progress, ShuttingDown, lease_seconds
from generation.providers.errors import (
    Fruitless,
    KeyRefused,
    OutputExpired,
    OutputUnusable,
    PollFailed,
    ProviderError,
    Refused,
)
from generation.querysets import seconds_from_now
from generation.states import AttemptState
from generation.steps.moves import KEPT_CRASHING, MOST_CLAIMS, back_off, end, traits_of

logger = logging.getLogger(__name__)

FETCH_FOR = timedelta(hours=20)
_S = AttemptState


def collect(attempt_id: UUID) -> None:
    """Bring the outputs home, verify and store them, and close the job: the last in one transaction."""
    attempt = claims.claim_fetch(attempt_id)
    if attempt is None:
        return
    reach("fetch claimed")
    traits = traits_of(attempt)
    local = traits is not None and traits.computes_on_fetch
    if local and attempt.fetch_claims > MOST_CLAIMS:
        end(attempt, _S.FAILED, (_S.FETCHING,), public=KEPT_CRASHING, code="kept_crashing")
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
        _look_again(attempt, error.public, error.internal)
    except results.Doubtful as doubtful:
        # One more look and one more fetch cost nothing, and a half-written file at the provider heals by them.
        _look_again(attempt, doubtful.fault.text, f"quality: {doubtful.fault.code}", rechecked=True)
    except Cancelled:
        end(attempt, _S.CANCELLED, (_S.FETCHING,), public="Cancelled; nothing was charged.")
    except ShuttingDown:
        Attempt.objects.filter(pk=attempt.pk, lease_token=attempt.lease_token).update(
            lease_until=None, fetch_claims=F("fetch_claims") - 1
        )
    except LeaseLost:
        pass
    except (OutputUnusable, PollFailed, KeyRefused) as error:
        # Without a key the result cannot be had now; it has been paid for, so that is no reason to give it up.
        _fetch_later(attempt, error, local=local)
    except Fruitless as error:
        end(attempt, _S.FAILED, (_S.FETCHING,), error=error, cost=error.cost)
    except Refused as error:
        end(attempt, _S.FAILED, (_S.FETCHING,), error=error)
    except Exception as error:
        logger.exception("Fetching attempt %s failed", attempt.pk)
        _fetch_later(attempt, error, local=local)


def _look_again(attempt: Attempt, public: str, internal: str, **fields: Any) -> None:
    """A link has run out: the next look brings a fresh one, at once the first time and then less and less often."""
    if _fetched_for_too_long(attempt):
        _lose_output(attempt, public, internal)
        return
    Attempt.objects.move(
        attempt.pk,
        _S.RUNNING,
        of=(_S.FETCHING,),
        token=attempt.lease_token,
        due_at=seconds_from_now(back_off(attempt.fetch_claims - 2) if attempt.fetch_claims > 1 else 0.0),
        lease_token=None,
        lease_until=None,
        failure_internal=internal,
        **fields,
    )


def _fetched_for_too_long(attempt: Attempt) -> bool:
    return attempt.done_at is not None and datetime.now(UTC) - attempt.done_at > FETCH_FOR


def _lose_output(attempt: Attempt, public: str, internal: str) -> None:
    end(
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
        end(attempt, _S.FAILED, (_S.FETCHING,), public=public or KEPT_CRASHING, code=code, internal=internal)
        return
    if _fetched_for_too_long(attempt):
        _lose_output(attempt, public, internal)
        return
    Attempt.objects.filter(pk=attempt.pk, state=_S.FETCHING, lease_token=attempt.lease_token).update(
        lease_until=None,
        due_at=seconds_from_now(2.0 if local else back_off(attempt.fetch_claims)),
        failure_internal=internal,
    )
