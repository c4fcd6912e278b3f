"""Many at once: exactly as much is reserved as fits, on both databases. First, what the obvious way does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import F

from generation.models import Attempt, Counter, Entry
from generation.models.money import Scope
from generation.money import budgets, counters, ledger
from generation.money.books import violations
from generation.money.counters import this_month
from generation.states import AttemptState
from projects.models import Project
from tests.money.till import DOLLAR, Till, at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 60
PRICE = 250_000
FIT = 13
CAP = FIT * PRICE + PRICE // 2


def reserve(attempts: Sequence[Attempt]) -> None:
    with transaction.atomic():
        ledger.reserve(attempts)


def refusals(errors: list[BaseException]) -> list[ledger.BudgetExceeded]:
    """Return the refusals; whatever else was raised is a failure."""
    for error in errors:
        if not isinstance(error, ledger.BudgetExceeded):
            raise error
    return [error for error in errors if isinstance(error, ledger.BudgetExceeded)]


def test_to_read_and_then_to_write_overspends(till: Till, cast: SimpleNamespace) -> None:
    """Why ``reserve`` does not look before it leaps: everybody sees the same room, and everybody takes it."""
    counter = Counter.objects.create(
        team=cast.team, scope=Scope.TEAM, scope_id=cast.team.pk, month=this_month(), cap=FIT * PRICE
    )
    looked = threading.Barrier(CLIENTS)

    def naive() -> None:
        seen = Counter.objects.get(pk=counter.pk)
        connection.close()
        looked.wait(60)
        if seen.cap is not None and seen.spent + seen.held + PRICE <= seen.cap:
            Counter.objects.filter(pk=counter.pk).update(held=F("held") + PRICE)

    assert at_once([naive] * CLIENTS) == []
    counter.refresh_from_db()
    assert counter.held == CLIENTS * PRICE > FIT * PRICE


@pytest.mark.parametrize("scope", Scope.values)
def test_sixty_at_a_barrier_get_exactly_what_fits(till: Till, cast: SimpleNamespace, scope: str) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=CAP, **till.whose(scope))
    attempts = till.attempts(*[PRICE] * CLIENTS)
    refused = refusals(at_once([partial(reserve, [attempt]) for attempt in attempts]))
    assert len(refused) == CLIENTS - FIT
    assert {error.missing for error in refused} == {PRICE - PRICE // 2}
    assert till.stands(scope) == till.stands() == (FIT * PRICE, 0)
    assert Entry.objects.count() == FIT
    assert Counter.objects.count() == 3
    Attempt.objects.filter(entries=None).delete()
    assert violations() == []


def test_nobody_is_refused_for_what_is_given_back_at_that_moment(till: Till, cast: SimpleNamespace) -> None:
    """Every reservation fits, because another one ends for each that begins."""
    half = CLIENTS // 2
    old = till.reserved(*[PRICE] * half)
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=CLIENTS * PRICE)
    new = till.attempts(*[PRICE] * half)
    works: list[Callable[[], object]] = [partial(reserve, [attempt]) for attempt in new]
    works += [partial(till.end, attempt, AttemptState.FAILED) for attempt in old]
    assert at_once(works) == []
    assert till.stands() == (half * PRICE, 0)
    assert violations() == []


def test_all_or_nothing_also_with_others_at_it(till: Till, cast: SimpleNamespace) -> None:
    """Batches of four: a batch that does not fit as a whole takes nothing from those that do."""
    budgets.set_cap(actor=cast.alice, team=cast.team, project=till.project, cap=CAP)
    batches = [till.attempts(*[PRICE] * 4) for _ in range(10)]
    refused = refusals(at_once([partial(reserve, batch) for batch in batches]))
    assert len(refused) == 10 - FIT // 4
    assert till.stands() == (FIT // 4 * 4 * PRICE, 0)


@pytest.mark.parametrize("same_team", [True, False])
def test_opposite_orders_do_not_wait_for_each_other(till: Till, cast: SimpleNamespace, same_team: bool) -> None:
    team, person = (cast.team, cast.bob) if same_team else (cast.mallory.teams.get(), cast.mallory)
    other = Till(Project.objects.create(team=team, name="Another"), person)
    # There already, or whoever makes them keeps the others out.
    before = [*till.reserved(PRICE), *other.reserved(PRICE)]
    pairs = [[*till.attempts(PRICE), *other.attempts(PRICE)] for _ in range(12)]

    def reserve_and_end(attempts: list[Attempt]) -> None:
        with connection.execute_wrapper(rest_after_a_counter):
            reserve(attempts)
            with transaction.atomic():
                for attempt in attempts:
                    till.move(attempt, AttemptState.FAILED)
                for attempt in sorted(attempts, key=lambda attempt: attempt.team_id):
                    ledger.close(attempt, AttemptState.FAILED)

    works = [partial(reserve_and_end, pair[:: 1 if place % 2 else -1]) for place, pair in enumerate(pairs)]
    assert at_once(works) == []
    for attempt in before:
        till.end(attempt)
    assert till.stands(Scope.PROJECT) == other.stands(Scope.PROJECT) == (0, PRICE)
    assert violations() == []


def rest_after_a_counter(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Hold what was just locked for a moment, so that others come to want it."""
    result = execute(sql, params, many, context)
    if sql.startswith("UPDATE") and '"generation_counter"' in sql:
        time.sleep(0.01)
    return result


def test_of_many_who_close_at_once_one_does(till: Till) -> None:
    attempt, _ = till.reserved(PRICE, PRICE)
    till.move(attempt, AttemptState.SUCCEEDED, PRICE)

    def close() -> None:
        with transaction.atomic():
            ledger.close(attempt, AttemptState.SUCCEEDED)

    errors = at_once([close] * 8)
    assert [type(error) for error in errors] == [ledger.BooksError] * 7
    assert till.stands() == (PRICE, PRICE)
    assert violations() == []


def test_a_cap_that_changes_while_its_counter_is_made_is_not_lost(
    till: Till, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the budget and the counter that is made with it, the owner changes the budget."""
    owner: list[threading.Thread] = []
    read = counters.caps_of

    def read_and_be_overtaken(team_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], int]:
        caps = read(team_ids)
        change = partial(at_once, [partial(budgets.set_cap, actor=cast.alice, team=cast.team, cap=DOLLAR)])
        owner.append(threading.Thread(target=change))
        owner[0].start()
        owner[0].join(1)  # waits for us, or is through with nothing to change
        return caps

    monkeypatch.setattr(counters, "caps_of", read_and_be_overtaken)
    till.reserved(PRICE)
    owner[0].join(60)
    assert Counter.objects.get(scope=Scope.TEAM).cap == DOLLAR


def test_counters_of_a_month_are_made_once(till: Till) -> None:
    assert at_once([lambda: till.reserved(PRICE)] * 12) == []
    assert Counter.objects.count() == 3
    assert till.stands() == (12 * PRICE, 0)
