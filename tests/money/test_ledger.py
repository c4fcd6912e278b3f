"""Reserve, settle, release, adjust: what each does to the ledger and to the counters of team, project and person."""

from __future__ import annotations

import logging
from datetime import date
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from accounts.models import User
from generation.models import Attempt, Counter, Entry
from generation.models.money import Scope
from generation.money import budgets, counters, ledger
from generation.money.books import violations
from generation.states import AttemptState
from projects.models import Event, Project
from tests.money.till import DOLLAR, Till

pytestmark = pytest.mark.django_db
S = AttemptState
SCOPES = (Scope.TEAM, Scope.PROJECT, Scope.USER)


def kinds(attempt: Attempt) -> list[tuple[str, int]]:
    return list(Entry.objects.filter(attempt=attempt).values_list("kind", "amount"))


# --- reserve ---------------------------------------------------------------------------------------------------------


def test_a_reservation_is_held_by_team_project_and_person(till: Till) -> None:
    first, second = till.reserved(2 * DOLLAR, 3 * DOLLAR)
    assert [till.stands(scope) for scope in SCOPES] == [(5 * DOLLAR, 0)] * 3
    assert kinds(first) == [("reserve", 2 * DOLLAR)]
    entry = Entry.objects.get(attempt=second)
    assert (entry.team, entry.project, entry.user) == (till.project.team, till.project, till.user)
    assert entry.month == counters.this_month()
    assert entry.price_version == "2026-11"
    assert violations() == []


def test_what_is_free_of_charge_is_not_in_the_books(till: Till) -> None:
    (attempt,) = till.reserved(0, provider="local")
    assert not ledger.is_booked(attempt)
    till.end(attempt)
    assert not Entry.objects.exists()
    assert not Counter.objects.exists()
    assert violations() == []


def test_a_provider_that_charges_is_booked_even_at_no_estimate(till: Till) -> None:
    (attempt,) = till.reserved(0)
    assert ledger.is_booked(attempt)
    till.end(attempt, cost=DOLLAR)
    assert till.stands() == (0, DOLLAR)
    assert violations() == []


def test_a_team_begins_with_the_usual_budget_and_others_without_one(till: Till) -> None:
    till.reserved(DOLLAR)
    caps = dict(Counter.objects.values_list("scope", "cap"))
    assert caps == {Scope.TEAM: 100 * DOLLAR, Scope.PROJECT: None, Scope.USER: None}


@pytest.mark.parametrize("scope", SCOPES)
def test_a_refused_reservation_leaves_nothing(till: Till, cast: SimpleNamespace, scope: Scope) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=5 * DOLLAR, **till.whose(scope))
    till.reserved(2 * DOLLAR)
    events = Event.objects.count()
    with pytest.raises(ledger.BudgetExceeded) as refused, transaction.atomic():
        till.reserved(2 * DOLLAR, 2 * DOLLAR)
    assert (refused.value.scope, refused.value.missing, refused.value.cap) == (scope, DOLLAR, 5 * DOLLAR)
    assert Attempt.objects.count() == Entry.objects.count() == 1
    assert [till.stands(one) for one in SCOPES] == [(2 * DOLLAR, 0)] * 3
    assert Event.objects.count() == events
    assert violations() == []
    till.reserved(3 * DOLLAR)  # what does fit is not refused


def test_whoever_catches_the_refusal_and_goes_on_commits_no_half_of_it(till: Till, cast: SimpleNamespace) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, project=till.project, cap=DOLLAR)
    with transaction.atomic():
        attempts = till.attempts(2 * DOLLAR)
        with pytest.raises(ledger.BudgetExceeded):
            ledger.reserve(attempts)
        Attempt.objects.all().delete()
    assert not Entry.objects.exists()
    assert till.stands() == (0, 0)


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        (
            Scope.TEAM,
            "This needs $0.25, and $0.10 is left of the $1.00 that the team Harbour Pictures may spend in November "
            "2026. Ask Alice to raise that by $0.15 or more, or ask for less.",
        ),
        (
            Scope.PROJECT,
            "This needs $0.25, and $0.10 is left of the $1.00 that the project “The Last Ferry” may spend in November "
            "2026. Ask Alice or Bob to raise that by $0.15 or more, or ask for less.",
        ),
        (
            Scope.USER,
            "This needs $0.25, and $0.10 is left of the $1.00 that Carol may spend in November 2026. "
            "Ask Alice or Bob to raise that by $0.15 or more, or ask for less.",
        ),
    ],
)
def test_the_refusal_says_whose_cap_how_much_is_missing_and_who_can_help(
    till: Till, cast: SimpleNamespace, scope: Scope, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (counters, ledger, budgets):
        monkeypatch.setattr(module, "this_month", lambda: date(2026, 11, 1))
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=DOLLAR, **till.whose(scope))
    till.reserved(900_000)
    with pytest.raises(ledger.BudgetExceeded) as refused:
        till.reserved(250_000)
    assert str(refused.value) == text


def test_what_was_given_back_in_the_meantime_is_not_refused(till: Till, cast: SimpleNamespace) -> None:
    """Between the refused UPDATE and the look at what is missing, somebody else's order is released."""
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=DOLLAR)
    till.reserved(DOLLAR)
    tried: list[str] = []

    def give_back(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and '"generation_counter"' in sql and not tried:
            tried.append(sql)
            Counter.objects.update(held=0)
        return result

    with connection.execute_wrapper(give_back):
        till.reserved(DOLLAR)
    assert tried
    assert till.stands() == (DOLLAR, 0)


def test_the_books_move_only_inside_a_transaction(till: Till, transactional_db: None) -> None:
    attempts = till.attempts(DOLLAR)
    with pytest.raises(RuntimeError, match="transaction"):
        ledger.reserve(attempts)
    with pytest.raises(RuntimeError, match="transaction"):
        ledger.close(attempts[0], S.FAILED)


def test_one_reservation_may_be_for_several_projects_and_people(till: Till, cast: SimpleNamespace) -> None:
    other = Till(Project.objects.create(team=cast.team, name="Another", created_by=cast.alice), cast.bob)
    with transaction.atomic():
        ledger.reserve([*till.attempts(DOLLAR), *other.attempts(2 * DOLLAR)])
    assert (till.stands(), till.stands(Scope.PROJECT)) == ((3 * DOLLAR, 0), (DOLLAR, 0))
    assert (other.stands(Scope.PROJECT), other.stands(Scope.USER)) == ((2 * DOLLAR, 0), (2 * DOLLAR, 0))
    assert violations() == []


# --- close -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "cost", "written", "spent"),
    [
        (S.SUCCEEDED, 1_500_000, ("settle", 1_500_000), 1_500_000),
        (S.SUCCEEDED, None, ("settle", 2 * DOLLAR), 2 * DOLLAR),
        (S.SUCCEEDED, 0, ("settle", 0), 0),
        (S.OUTPUT_LOST, 1_500_000, ("settle", 1_500_000), 1_500_000),
        (S.OUTPUT_LOST, None, ("settle", 2 * DOLLAR), 2 * DOLLAR),
        (S.FAILED, 0, ("release", 2 * DOLLAR), 0),
        (S.FAILED, None, ("release", 2 * DOLLAR), 0),
        (S.FAILED, 700_000, ("settle", 700_000), 700_000),
        (S.CANCELLED, None, ("release", 2 * DOLLAR), 0),
        (S.CANCELLED, 100, ("settle", 100), 100),
    ],
)
def test_an_end_closes_the_books(
    till: Till, state: AttemptState, cost: int | None, written: tuple[str, int], spent: int
) -> None:
    attempt, other = till.reserved(2 * DOLLAR, 5 * DOLLAR)
    till.end(attempt, state, cost)
    assert kinds(attempt) == [("reserve", 2 * DOLLAR), written]
    assert [till.stands(scope) for scope in SCOPES] == [(5 * DOLLAR, spent)] * 3
    assert (Attempt.objects.get(pk=attempt.pk).cost or 0) == spent
    assert kinds(other) == [("reserve", 5 * DOLLAR)]
    assert violations() == []


def test_closing_twice_fails_loudly_and_books_nothing(till: Till) -> None:
    attempt, _ = till.reserved(2 * DOLLAR, 5 * DOLLAR)
    till.end(attempt, S.FAILED)
    with pytest.raises(ledger.BooksError, match=str(attempt.pk)), transaction.atomic():
        ledger.close(attempt, S.FAILED)
    with pytest.raises(ledger.BooksError, match="once more"), transaction.atomic():
        till.end(attempt, S.SUCCEEDED, DOLLAR)  # another kind of end is one too many as well
    assert kinds(attempt) == [("reserve", 2 * DOLLAR), ("release", 2 * DOLLAR)]
    assert till.stands() == (5 * DOLLAR, 0)
    assert violations() == []


def test_what_was_never_reserved_for_cannot_be_closed(till: Till) -> None:
    (attempt,) = till.attempts(DOLLAR)
    with pytest.raises(ledger.BooksError, match="Nothing was reserved"):
        till.end(attempt)


@pytest.mark.parametrize("state", [S.RUNNING, S.UNKNOWN, S.FAILED])
def test_only_an_end_that_the_row_has_reached_closes(till: Till, state: AttemptState) -> None:
    (attempt,) = till.reserved(DOLLAR)
    with pytest.raises(ledger.BooksError, match="is queued"), transaction.atomic():
        ledger.close(attempt, state)
    assert till.stands() == (DOLLAR, 0)


def test_the_month_of_the_reservation_is_the_month_of_its_end(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    october, november = date(2026, 10, 1), date(2026, 11, 1)
    monkeypatch.setattr(ledger, "this_month", lambda: october)
    early, lost = till.reserved(2 * DOLLAR, DOLLAR)
    monkeypatch.setattr(ledger, "this_month", lambda: november)
    (late,) = till.reserved(5 * DOLLAR)
    till.end(early, cost=3 * DOLLAR)
    till.end(lost, S.FAILED)
    till.end(late)
    ledger.adjust(early, -DOLLAR, "half of it came back", None)
    by_month = {row.month: (row.held, row.spent) for row in Counter.objects.filter(scope=Scope.TEAM)}
    assert by_month == {october: (0, 2 * DOLLAR), november: (0, 5 * DOLLAR)}
    assert violations() == []


def test_the_end_is_booked_where_the_money_came_from(till: Till, cast: SimpleNamespace) -> None:
    """The job may belong to somebody else by then; the money does not."""
    (attempt,) = till.reserved(DOLLAR)
    attempt.job.created_by = cast.bob
    attempt.job.save()
    till.end(attempt)
    assert till.stands(Scope.USER) == (0, DOLLAR)
    assert not Counter.objects.filter(scope_id=cast.bob.pk).exists()


def test_a_person_may_leave_while_their_order_is_out(till: Till) -> None:
    (attempt,) = till.reserved(DOLLAR)
    User.objects.filter(pk=till.user.pk).delete()
    till.end(attempt)
    assert (till.stands(), till.stands(Scope.PROJECT)) == ((0, DOLLAR), (0, DOLLAR))
    assert violations() == []


def test_more_than_was_reserved_is_booked_marked_and_told(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    (attempt,) = till.reserved(2 * DOLLAR)
    with caplog.at_level(logging.WARNING):
        till.end(attempt, cost=3 * DOLLAR)
    entry = Entry.objects.get(attempt=attempt, kind="settle")
    assert (entry.amount, entry.overrun) == (3 * DOLLAR, DOLLAR)
    assert till.stands() == (0, 3 * DOLLAR)
    event = Event.objects.get(type="cost_overrun")
    assert event.payload["overrun"] == DOLLAR
    assert event.payload["jobId"] == str(attempt.job_id)
    assert str(attempt.pk) in caplog.text
    assert violations() == []


def test_an_overrun_may_pass_the_cap_and_then_nothing_new_starts(till: Till, cast: SimpleNamespace) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=2 * DOLLAR)
    (attempt,) = till.reserved(2 * DOLLAR)
    till.end(attempt, S.FAILED, cost=3 * DOLLAR)
    assert till.stands() == (0, 3 * DOLLAR)
    with pytest.raises(ledger.BudgetExceeded) as refused:
        till.reserved(10)
    assert refused.value.missing == DOLLAR + 10
    assert "$0.00 is left" in str(refused.value)


def test_a_rehearsal_has_books_of_its_own(till: Till, cast: SimpleNamespace) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=3 * DOLLAR)
    (real,) = till.reserved(3 * DOLLAR)
    (rehearsed,) = till.reserved(3 * DOLLAR, rehearsal=True)
    till.end(rehearsed)
    assert till.stands() == (3 * DOLLAR, 0)
    assert till.stands(rehearsal=True) == (0, 3 * DOLLAR)
    with pytest.raises(ledger.BudgetExceeded, match=r"\(rehearsal\)"):
        till.reserved(1, rehearsal=True)
    till.end(real)
    assert violations() == []


# --- adjust ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "cost", "amount", "spent"),
    [(S.SUCCEEDED, 2 * DOLLAR, -DOLLAR, DOLLAR), (S.FAILED, None, DOLLAR, DOLLAR), (S.SUCCEEDED, DOLLAR, -DOLLAR, 0)],
)
def test_the_truth_may_turn_up_later(
    till: Till, cast: SimpleNamespace, state: AttemptState, cost: int | None, amount: int, spent: int
) -> None:
    (attempt,) = till.reserved(2 * DOLLAR)
    till.end(attempt, state, cost)
    ledger.adjust(attempt, amount, "as the invoice says", cast.bob)
    assert [till.stands(scope) for scope in SCOPES] == [(0, spent)] * 3
    assert Attempt.objects.get(pk=attempt.pk).cost == spent
    entry = Entry.objects.get(attempt=attempt, kind="adjust")
    assert (entry.amount, entry.note) == (amount, "as the invoice says")
    assert Event.objects.get(type="cost_adjusted").actor == cast.bob
    assert violations() == []


def test_a_correction_comes_after_the_end_once_and_not_below_nothing(till: Till) -> None:
    attempt, free = *till.reserved(2 * DOLLAR), *till.reserved(0, provider="local")
    with pytest.raises(ledger.BooksError, match="has not ended"):
        ledger.adjust(attempt, DOLLAR, "", None)
    till.end(attempt)
    till.end(free)
    for amount in (0, -2 * DOLLAR - 1):
        with pytest.raises(ledger.BooksError, match="cannot be added"):
            ledger.adjust(attempt, amount, "", None)
    ledger.adjust(attempt, -DOLLAR, "", None)
    with pytest.raises(ledger.BooksError, match="once more"):
        ledger.adjust(attempt, -DOLLAR, "", None)
    with pytest.raises(ledger.BooksError, match="free of charge"):
        ledger.adjust(free, DOLLAR, "", None)
    assert till.stands() == (0, DOLLAR)
    assert violations() == []
