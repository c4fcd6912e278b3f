"""Whether the books are right: what must hold between attempts, ledger and counters at every moment.

The ledger is the truth. Counters can be worked out from it again; nothing here changes an entry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, Sum
from django.db.models.functions import Coalesce, Greatest

from accounts.models import User
from generation.models import Attempt, Counter, Entry
from generation.models.money import Scope
from generation.money.counters import Pot, opened
from generation.money.ledger import CHARGING, CLOSING, ENDED, charging_providers

_K = Entry.Kind
_OF_ATTEMPT = Entry.objects.filter(attempt=OuterRef("pk")).order_by()
_OF_SAME = Entry.objects.filter(attempt=OuterRef("attempt")).order_by()
_SCOPE_COLUMN = {Scope.TEAM: "team_id", Scope.PROJECT: "project_id", Scope.USER: "user_id"}


@dataclass(frozen=True, slots=True)
class Sums:
    """What a counter says, or what the ledger says that it should."""

    held: int = 0
    spent: int = 0


def violations() -> list[str]:
    """Return everything that does not hold, each in a sentence with its ids; empty when the books are right."""
    with _one_moment():
        return [*_of_attempts(), *_of_entries(), *_of_counters()]


@contextmanager
def _one_moment() -> Iterator[None]:
    """Look at everything as it was at one moment, while others go on writing.

    On SQLite the transaction keeps them out; on PostgreSQL it must be asked for, which only its first statement can.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
        yield


def _of_attempts() -> Iterator[str]:
    may_cost = Attempt.objects.filter(Q(estimate__gt=0) | Q(provider__in=charging_providers())).order_by("pk")
    reserved = Exists(_OF_ATTEMPT.filter(kind=_K.RESERVE))
    closed = Exists(_OF_ATTEMPT.filter(kind__in=CLOSING))
    for attempt in may_cost.exclude(reserved):
        yield f"Attempt {attempt.pk} ({attempt.state}) may cost money, and nothing was reserved for it."
    for attempt in may_cost.filter(reserved, state__in=ENDED).exclude(closed):
        yield f"Attempt {attempt.pk} has ended ({attempt.state}) and still holds its reservation: nothing closed it."
    for attempt in Attempt.objects.filter(closed).exclude(state__in=ENDED).order_by("pk"):
        yield f"Attempt {attempt.pk} is {attempt.state}, and its books are closed already."
    charged = Sum("entries__amount", filter=Q(entries__kind__in=CHARGING))
    costs = Attempt.objects.filter(closed).annotate(told=Coalesce("cost", 0), booked=Coalesce(charged, 0))
    for pk, told, booked in costs.exclude(told=F("booked")).order_by("pk").values_list("pk", "told", "booked"):
        yield f"Attempt {pk} says that it cost {told}, and the ledger says {booked}."


def _of_entries() -> Iterator[str]:
    entries = Entry.objects.order_by("pk").annotate(
        reserved=FilteredRelation("attempt__entries", condition=Q(attempt__entries__kind=_K.RESERVE))
    )
    for entry in entries.filter(reserved=None):
        yield f"Entry {entry.pk} ({entry.kind}) of attempt {entry.attempt_id} has no reservation before it."
    for entry in entries.filter(kind=_K.ADJUST).exclude(Exists(_OF_SAME.filter(kind__in=CLOSING))):
        yield f"Entry {entry.pk} corrects attempt {entry.attempt_id}, which is not closed."
    for entry in entries.filter(kind=_K.RELEASE).exclude(amount=F("reserved__amount")):
        yield f"Entry {entry.pk} does not release what was reserved for attempt {entry.attempt_id}, but {entry.amount}."
    above = Greatest(F("amount") - F("reserved__amount"), 0)
    for entry in entries.filter(kind=_K.SETTLE).exclude(overrun=above):
        yield f"Entry {entry.pk} of attempt {entry.attempt_id} has an overrun of {entry.overrun}, which is not right."
    elsewhere = (
        ~Q(team=F("reserved__team"))
        | ~Q(project=F("reserved__project"))
        | ~Q(user=F("reserved__user"))
        | ~Q(month=F("reserved__month"))
        | ~Q(rehearsal=F("reserved__rehearsal"))
    )
    for entry in entries.exclude(reserved=None).exclude(user=None, reserved__user=None).filter(elsewhere):
        yield f"Entry {entry.pk} ({entry.kind}) of attempt {entry.attempt_id} is in other books than its reservation."
    moved = ~Q(team=F("attempt__team")) | ~Q(project=F("attempt__job__project")) | ~Q(rehearsal=F("attempt__rehearsal"))
    for pk, attempt_id in Entry.objects.filter(moved, kind=_K.RESERVE).order_by("pk").values_list("pk", "attempt_id"):
        yield f"Entry {pk} reserves for attempt {attempt_id} in the books of another team or project."


# --- counters --------------------------------------------------------------------------------------------------------


def _of_counters() -> Iterator[str]:
    for pot, month, stands, should in _wrong_counters():
        yield (
            f"The counter of {pot.scope} {pot.scope_id} in team {pot.team_id} for {month:%Y-%m}"
            f"{' (rehearsal)' if pot.rehearsal else ''} has {stands.held} held and {stands.spent} spent; "
            f"the ledger comes to {should.held} and {should.spent}."
        )


def _wrong_counters() -> Iterator[tuple[Pot, date, Sums, Sums]]:
    should = _ledger_sums()
    stand = {
        (Pot(row.team_id, Scope(row.scope), row.scope_id, row.rehearsal), row.month): Sums(row.held, row.spent)
        # With a person who has gone goes the name on the entries; their counters are left as they were.
        for row in Counter.objects.exclude(Q(scope=Scope.USER) & ~Q(scope_id__in=User.objects.values("pk")))
    }
    for pot, month in sorted({*should, *stand}, key=lambda key: (key[1], key[0].place)):
        stands, ought = stand.get((pot, month), Sums()), should.get((pot, month), Sums())
        if stands != ought:
            yield pot, month, stands, ought


def _ledger_sums() -> dict[tuple[Pot, date], Sums]:
    """Return what the ledger comes to: held is what is reserved and not closed, spent what is settled and adjusted."""
    entries = Entry.objects.order_by().annotate(closed=Exists(_OF_SAME.filter(kind__in=CLOSING)))
    sums: dict[tuple[Pot, date], Sums] = {}
    for scope, column in _SCOPE_COLUMN.items():
        rows = (
            entries.exclude(**{column: None})
            .values("team_id", column, "month", "rehearsal")
            .annotate(
                held=Coalesce(Sum("amount", filter=Q(kind=_K.RESERVE, closed=False)), 0),
                spent=Coalesce(Sum("amount", filter=Q(kind__in=CHARGING)), 0),
            )
        )
        for row in rows:
            pot = Pot(row["team_id"], scope, row[column], row["rehearsal"])
            sums[pot, row["month"]] = Sums(row["held"], row["spent"])
    return sums


@transaction.atomic
def repair_counters() -> list[str]:
    """Work the counters out again from the ledger, while nothing else is booked.

    Returns:
        What was wrong, in sentences.
    """
    # Every booking takes its team's counter, so that these keep all of them waiting.
    list(Counter.objects.filter(scope=Scope.TEAM).order_by("team", "rehearsal", "month").select_for_update())
    found = list(_of_counters())
    wrong = list(_wrong_counters())
    _make_missing((pot, month) for pot, month, _, _ in wrong)
    for pot, month, _, should in wrong:
        Counter.objects.filter(
            team=pot.team_id, scope=pot.scope, scope_id=pot.scope_id, month=month, rehearsal=pot.rehearsal
        ).update(held=should.held, spent=should.spent)
    return found


def _make_missing(wanted: Iterable[tuple[Pot, date]]) -> None:
    by_month: dict[date, list[Pot]] = defaultdict(list)
    for pot, month in wanted:
        by_month[month].append(pot)
    for month, pots in by_month.items():
        opened(pots, month)
