"""Whose money it is: the counters that a booking changes.

Everybody takes them in one order (team, project, person), so that no two transactions wait for each other; whoever
holds a team's counter keeps every other booking of the team in that month waiting. In a transaction they come before
the project's row, which ``events.record`` takes: book first, tell afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q, QuerySet

from accounts.models import Team, User
from accounts.policies import Right
from generation.models import Budget, Counter
from generation.models.money import Scope
from generation.money.wording import at_least, at_most, dollars, in_month, who_may
from projects.models import Project

_ORDER = {scope: place for place, scope in enumerate((Scope.TEAM, Scope.PROJECT, Scope.USER))}
# Who may raise a cap.
RIGHT_FOR = {Scope.TEAM: Right.OWN, Scope.PROJECT: Right.MANAGE, Scope.USER: Right.MANAGE}


class BooksError(Exception):
    """The books do not allow this; the transaction must not be committed. Says which attempt or counter it is."""


class BudgetExceeded(Exception):
    """There is too little left under a cap. Nothing was reserved.

    Attributes:
        scope: whose cap: ``team``, ``project`` or ``user``.
        missing: by how much it would have to be raised, in micro-units.
        cap: what it is now, in micro-units.
        left: what of it may still be asked for, in micro-units.
    """

    def __init__(self, message: str, *, scope: str, missing: int, cap: int, left: int) -> None:
        super().__init__(message)
        self.scope = scope
        self.missing = missing
        self.cap = cap
        self.left = left


@dataclass(frozen=True, slots=True)
class Pot:
    """The money of a team, of one of its projects or of one of its people; a rehearsal's is apart."""

    team_id: UUID
    scope: Scope
    scope_id: UUID
    rehearsal: bool

    @property
    def place(self) -> tuple[int, UUID, UUID, bool]:
        """Where it stands in the order in which pots are taken."""
        return _ORDER[self.scope], self.team_id, self.scope_id, self.rehearsal


def pots_of(*, team_id: UUID, project_id: UUID, user_id: UUID | None, rehearsal: bool) -> list[Pot]:
    """Return the pots that something is paid from; a person who has gone has none."""
    pots = [Pot(team_id, Scope.TEAM, team_id, rehearsal), Pot(team_id, Scope.PROJECT, project_id, rehearsal)]
    return [*pots, Pot(team_id, Scope.USER, user_id, rehearsal)] if user_id is not None else pots


def this_month() -> date:
    """Return the first day of the calendar month, UTC."""
    return datetime.now(UTC).date().replace(day=1)


def hold(amounts: Mapping[Pot, int], month: date) -> list[int]:
    """Hold an amount in each pot, or refuse. Each is one UPDATE that also looks at the cap, so that it is exact.

    Args:
        amounts: micro-units by pot.
        month: the first day of the month.

    Returns:
        The ids of the counters.

    Raises:
        BudgetExceeded: one of them has too little left; those before it are changed, so roll back.
    """
    counters = opened(amounts, month)
    for pot in in_order(amounts):
        _hold(counters[pot], amounts[pot])
    return list(counters.values())


def _hold(counter_id: int, amount: int) -> None:
    row = Counter.objects.filter(pk=counter_id)
    fitting = row.filter(Q(cap=None) | Q(cap__gte=F("spent") + F("held") + amount))
    if fitting.update(held=F("held") + amount):
        return
    # Somebody may have given back since. With the row locked, nobody is refused who could have had it, and what the
    # refusal says is true.
    counter = row.select_for_update(no_key=True).get()
    if not fitting.update(held=F("held") + amount):
        raise _refusal(counter, amount)


def change(pots: Iterable[Pot], month: date, *, held: int, spent: int) -> None:
    """Add to what is held and spent in each pot; no cap is asked.

    Args:
        pots: which.
        month: the first day of the month.
        held: micro-units, usually negative.
        spent: micro-units.

    Raises:
        BooksError: a counter is missing.
        IntegrityError: less would be held or spent than nothing.
    """
    for pot in in_order(pots):
        if not _rows([pot], month).update(held=F("held") + held, spent=F("spent") + spent):
            raise BooksError(
                f"There is no counter for {pot.scope} {pot.scope_id} in {in_month(month)}. "
                "`manage.py verify_ledger --repair-counters` makes it from the ledger."
            )


def in_order(pots: Iterable[Pot]) -> list[Pot]:
    """Return pots in the order in which everybody takes them."""
    return sorted(pots, key=lambda pot: pot.place)


def opened(pots: Collection[Pot], month: date) -> dict[Pot, int]:
    """Return the ids of the counters of a month, those that were missing made with the caps of the budgets."""
    found = _ids(pots, month)
    missing = [pot for pot in in_order(pots) if pot not in found]
    if not missing:
        return found
    # Whoever changes a cap locks the team, too: a counter never begins with a cap that was changed at that moment.
    lock_teams({pot.team_id for pot in missing})
    caps = caps_of({pot.team_id for pot in missing})
    Counter.objects.bulk_create(
        (
            Counter(
                team_id=pot.team_id,
                scope=pot.scope,
                scope_id=pot.scope_id,
                month=month,
                rehearsal=pot.rehearsal,
                cap=caps.get((pot.team_id, pot.scope_id), default_cap() if pot.scope is Scope.TEAM else None),
            )
            for pot in missing
        ),
        ignore_conflicts=True,
    )
    return _ids(pots, month)


def take_first(team_id: UUID) -> None:
    """Take a team's counters before anything else, for a transaction that tells of something before it has booked all.

    Whoever holds them may take the project's row and then further counters: everybody else who books for the team
    waits for these first.
    """
    rows = Counter.objects.filter(team=team_id, scope=Scope.TEAM).order_by("month", "rehearsal")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def lock_teams(team_ids: Collection[UUID]) -> None:
    """Let nobody else make counters or change caps of these teams until the transaction ends."""
    # Not against the keys: rows that refer to the team are written all the time.
    list(Team.objects.filter(pk__in=team_ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))


def default_cap() -> int:
    """Return what a team may spend until its owner says otherwise, in micro-units."""
    return int(settings.DEFAULT_MONTHLY_BUDGET) * 1_000_000


def caps_of(team_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], int]:
    """Return the caps that were set, by team and by the id of the team, project or person that each is for."""
    return {
        (budget.team_id, budget.project_id or budget.user_id or budget.team_id): budget.cap
        for budget in Budget.objects.filter(team__in=team_ids)
    }


def _ids(pots: Collection[Pot], month: date) -> dict[Pot, int]:
    return {
        Pot(counter.team_id, Scope(counter.scope), counter.scope_id, counter.rehearsal): counter.pk
        for counter in _rows(pots, month)
    }


def _rows(pots: Collection[Pot], month: date) -> QuerySet[Counter]:
    """Return the counters' rows. An id belongs to one scope only, but a person's to several teams."""
    wanted = Q()
    for pot in pots:
        wanted |= Q(team=pot.team_id, scope=pot.scope, scope_id=pot.scope_id, rehearsal=pot.rehearsal)
    return Counter.objects.filter(wanted, month=month)


# --- in words --------------------------------------------------------------------------------------------------------


def name_of(counter: Counter) -> str:
    """Return whose counter it is: ``the team Harbour Pictures``, ``the project “The Last Ferry”``, ``Carol``."""
    if counter.scope == Scope.TEAM:
        return f"the team {Team.objects.values_list('name', flat=True).get(pk=counter.scope_id)}"
    if counter.scope == Scope.PROJECT:
        return f"the project “{Project.objects.values_list('name', flat=True).get(pk=counter.scope_id)}”"
    return User.objects.get(pk=counter.scope_id).shown_name


def _refusal(counter: Counter, amount: int) -> BudgetExceeded:
    cap = counter.cap or 0
    left = max(cap - counter.spent - counter.held, 0)
    missing = counter.spent + counter.held + amount - cap
    who = who_may(counter.team_id, RIGHT_FOR[Scope(counter.scope)])
    return BudgetExceeded(
        f"This needs {at_least(amount)}, and {at_most(left)} is left of the {dollars(cap)} that {name_of(counter)} "
        f"may spend in {in_month(counter.month)}{' (rehearsal)' if counter.rehearsal else ''}. "
        f"Ask {who} to raise that by {at_least(missing)} or more, or ask for less.",
        scope=counter.scope,
        missing=missing,
        cap=cap,
        left=left,
    )
