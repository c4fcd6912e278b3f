"""The ledger: what is reserved before an order leaves, and what becomes of it when the attempt has ended.

::

    reserve   in the transaction that writes the attempts        held  + estimate
    close     in the transaction of an attempt's last move:
              settle at what was charged                         held  - estimate, spent + charged
              release when nothing was charged                   held  - estimate
    adjust    when the truth turns up later                      spent + amount

Every line also changes its counters, in the month of the reservation. In a transaction this comes before any event is
recorded (see ``counters``), and before another reservation.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from generation import execution
from generation.models import Attempt, Entry
from generation.money.budget_alerts import warn_when_nearly_spent
from generation.money.counters import BooksError, BudgetExceeded, Pot, change, hold, opened, pots_of, this_month
from generation.states import AttemptState
from projects import events

__all__ = ["BooksError", "BudgetExceeded", "adjust", "close", "is_booked", "reserve"]

logger = logging.getLogger(__name__)

CHARGED_ANYWAY = (AttemptState.SUCCEEDED, AttemptState.OUTPUT_LOST)
ENDED = (*CHARGED_ANYWAY, AttemptState.FAILED, AttemptState.CANCELLED)
CLOSING = (Entry.Kind.SETTLE, Entry.Kind.RELEASE)
CHARGING = (Entry.Kind.SETTLE, Entry.Kind.ADJUST)


def is_booked(attempt: Attempt) -> bool:
    """Return whether an attempt may cost money, and so stands in the ledger."""
    return attempt.estimate > 0 or attempt.provider in charging_providers()


def charging_providers() -> list[str]:
    """Return the names of the providers whose orders can cost money."""
    return [name for name, provider in execution.registry().items() if provider.traits.charges]


# --- before ----------------------------------------------------------------------------------------------------------


def reserve(attempts: Sequence[Attempt]) -> None:
    """Hold what attempts are estimated to cost: for all of them, or for none.

    Args:
        attempts: just written, in the caller's transaction, with their jobs.

    Raises:
        BudgetExceeded: it does not fit under a cap; the books are as they were.
        RuntimeError: there is no transaction to belong to.
    """
    _require_transaction()
    booked = [attempt for attempt in attempts if is_booked(attempt)]
    if not booked:
        return
    month = this_month()
    amounts: dict[Pot, int] = defaultdict(int)
    for attempt in booked:
        for pot in _pots_of_job(attempt):
            amounts[pot] += attempt.estimate
    # A savepoint, so that whoever catches the refusal and goes on does not commit half of it.
    with transaction.atomic():
        counters = hold(amounts, month)
        Entry.objects.bulk_create(
            Entry(
                attempt=attempt,
                kind=Entry.Kind.RESERVE,
                amount=attempt.estimate,
                team_id=attempt.team_id,
                project_id=attempt.job.project_id,
                user_id=attempt.job.created_by_id,
                month=month,
                rehearsal=attempt.rehearsal,
                price_version=attempt.price_version,
            )
            for attempt in booked
        )
    warn_when_nearly_spent(counters, booked[0].job.project_id)


def _pots_of_job(attempt: Attempt) -> list[Pot]:
    return pots_of(
        team_id=attempt.team_id,
        project_id=attempt.job.project_id,
        user_id=attempt.job.created_by_id,
        rehearsal=attempt.rehearsal,
    )


def _require_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("The books change in the transaction of what they tell of.")


# --- after -----------------------------------------------------------------------------------------------------------


def close(attempt: Attempt, state: str) -> None:
    """Settle or release what an attempt holds, in the transaction of its last move and after it.

    What the provider charged is read from the row. A result, or a lost one, is settled at the estimate where the
    provider does not tell; a failure or a cancel that cost nothing is released.

    Args:
        attempt: just moved.
        state: where to: one of the ends.

    Raises:
        BooksError: the row is not in that state, was never reserved for, or is closed already.
        RuntimeError: there is no transaction to belong to.
    """
    _require_transaction()
    reservation = _reservation(attempt)
    if reservation is None:
        return
    row = reservation.attempt
    if state not in ENDED or row.state != state:
        raise BooksError(f"Attempt {row.pk} is {row.state}, so its books cannot be closed as {state}.")
    charged = row.cost or 0
    if row.cost is None and state in CHARGED_ANYWAY:
        charged = reservation.amount
        Attempt.objects.filter(pk=row.pk).update(cost=charged)
    settled = charged > 0 or state in CHARGED_ANYWAY
    overrun = max(charged - reservation.amount, 0)
    # The entry first: of two who close at once, one waits here and then fails, with the counters untouched.
    _write(
        reservation,
        Entry.Kind.SETTLE if settled else Entry.Kind.RELEASE,
        charged if settled else reservation.amount,
        overrun=overrun,
    )
    pots = _pots_of_entry(reservation)
    change(pots, reservation.month, held=-reservation.amount, spent=charged)
    if overrun:
        warn_when_nearly_spent(opened(pots, reservation.month).values(), reservation.project_id)
        _sound_overrun(reservation, charged, overrun)


def _reservation(attempt: Attempt) -> Entry | None:
    """Return what was reserved, with the attempt's row as it is now; None for what is not booked at all."""
    reserved = Entry.objects.filter(attempt=attempt.pk, kind=Entry.Kind.RESERVE)
    reservation = reserved.select_related("attempt").first()
    if reservation is None and is_booked(attempt):
        raise BooksError(f"Nothing was reserved for attempt {attempt.pk}, which may cost money.")
    return reservation


def _pots_of_entry(reservation: Entry) -> list[Pot]:
    """Return the pots that it came from, whoever the job belongs to now."""
    return pots_of(
        team_id=reservation.team_id,
        project_id=reservation.project_id,
        user_id=reservation.user_id,
        rehearsal=reservation.rehearsal,
    )


def _write(reservation: Entry, kind: Entry.Kind, amount: int, *, overrun: int = 0, note: str = "") -> None:
    try:
        Entry.objects.create(
            attempt_id=reservation.attempt_id,
            kind=kind,
            amount=amount,
            overrun=overrun,
            team_id=reservation.team_id,
            project_id=reservation.project_id,
            user_id=reservation.user_id,
            month=reservation.month,
            rehearsal=reservation.rehearsal,
            price_version=reservation.price_version,
            note=note,
        )
    except IntegrityError as error:
        raise BooksError(f"Attempt {reservation.attempt_id} cannot be booked as {kind} once more: {error}") from error


def _sound_overrun(reservation: Entry, charged: int, overrun: int) -> None:
    attempt = reservation.attempt
    logger.warning(
        "%s charged %d micro-units for attempt %s (%s), %d more than was reserved at prices %s. Correct the catalogue.",
        attempt.provider, charged, attempt.pk, attempt.model, overrun, attempt.price_version or "(unknown)",
    )  # fmt: skip
    events.record(
        reservation.project_id,
        "cost_overrun",
        {
            "jobId": str(attempt.job_id),
            "attemptId": str(attempt.pk),
            "provider": attempt.provider,
            "model": attempt.model,
            "estimate": reservation.amount,
            "cost": charged,
            "overrun": overrun,
            "rehearsal": reservation.rehearsal,
        },
    )


@transaction.atomic
def adjust(attempt: Attempt, amount: int, note: str, by: User | None) -> None:
    """Correct what an ended attempt cost, when the truth turns up later. It may be done once for each attempt.

    Args:
        attempt: closed before.
        amount: micro-units, added to what was booked; negative for money that came back.
        note: where that is known from.
        by: who says so; None for the machine.

    Raises:
        BooksError: it is still open, was corrected before, would cost less than nothing, or nothing changes.
    """
    reservation = _reservation(attempt)
    if reservation is None:
        raise BooksError(f"Attempt {attempt.pk} is free of charge, so there is nothing to correct.")
    entries = Entry.objects.filter(attempt=attempt.pk)
    if not entries.filter(kind__in=CLOSING).exists():
        raise BooksError(f"Attempt {attempt.pk} has not ended; what it costs is booked when it does.")
    booked = entries.filter(kind__in=CHARGING).aggregate(sum=Coalesce(Sum("amount"), 0))
    if not amount or booked["sum"] + amount < 0:
        raise BooksError(
            f"Attempt {attempt.pk} was booked at {booked['sum']} micro-units; {amount} cannot be added to that."
        )
    _write(reservation, Entry.Kind.ADJUST, amount, note=note[:300])
    pots = _pots_of_entry(reservation)
    change(pots, reservation.month, held=0, spent=amount)
    Attempt.objects.filter(pk=attempt.pk).update(cost=Coalesce(F("cost"), 0) + amount)
    if amount > 0:
        warn_when_nearly_spent(opened(pots, reservation.month).values(), reservation.project_id)
    events.record(
        reservation.project_id,
        "cost_adjusted",
        {"jobId": str(attempt.job_id), "attemptId": str(attempt.pk), "amount": amount, "note": note[:300]},
        actor=by,
    )
