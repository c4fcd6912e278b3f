"""Whether wrong books are seen: each kind of fault is planted, and the command names it and mends what it may."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generation.models import Attempt, Counter, Entry
from generation.models.money import Scope
from generation.money import books, budgets, ledger
from generation.money.books import violations
from generation.states import AttemptState
from projects.models import Project
from tests.money.till import DOLLAR, Till, at_once

pytestmark = pytest.mark.django_db
S = AttemptState


@pytest.fixture
def used(till: Till) -> Till:
    """Books with one of everything: open, settled, released, overrun, adjusted, lost, rehearsed, free."""
    till.reserved(DOLLAR)
    till.reserved(DOLLAR, rehearsal=True)
    till.reserved(0, provider="local")
    ends: list[tuple[S, int | None]] = [
        (S.SUCCEEDED, None), (S.FAILED, None), (S.FAILED, 5), (S.SUCCEEDED, 3 * DOLLAR), (S.OUTPUT_LOST, None),
        (S.CANCELLED, 0),
    ]  # fmt: skip
    for attempt, (state, cost) in zip(till.reserved(*[2 * DOLLAR] * len(ends)), ends, strict=True):
        till.end(attempt, state, cost)
        if state == S.OUTPUT_LOST:
            ledger.adjust(attempt, -DOLLAR, "half came back", None)
    assert violations() == []
    return till


def entry(kind: str) -> Entry:
    return Entry.objects.filter(kind=kind).order_by("pk")[0]


def open_attempt() -> Attempt:
    return Attempt.objects.get(state=S.QUEUED, rehearsal=False, provider="paid")


def forget_a_reservation() -> str:
    attempt = open_attempt()
    Entry.objects.filter(attempt=attempt).delete()
    return f"Attempt {attempt.pk} (queued) may cost money, and nothing was reserved"


def end_without_closing() -> str:
    attempt = open_attempt()
    Till.move(attempt, S.FAILED, 0)
    return f"Attempt {attempt.pk} has ended (failed) and still holds its reservation"


def close_what_is_open() -> str:
    settle = entry("settle")
    Attempt.objects.filter(pk=settle.attempt_id).update(state=S.RUNNING)
    return f"Attempt {settle.attempt_id} is running, and its books are closed already"


def say_another_cost() -> str:
    settle = entry("settle")
    Attempt.objects.filter(pk=settle.attempt_id).update(cost=7)
    return f"Attempt {settle.attempt_id} says that it cost 7, and the ledger says {settle.amount}"


def settle_without_reservation() -> str:
    settle = entry("settle")
    Entry.objects.filter(attempt=settle.attempt_id, kind="reserve").delete()
    return f"Entry {settle.pk} (settle) of attempt {settle.attempt_id} has no reservation before it"


def correct_what_is_open() -> str:
    adjust = entry("adjust")
    Entry.objects.filter(attempt=adjust.attempt_id, kind="settle").delete()
    return f"Entry {adjust.pk} corrects attempt {adjust.attempt_id}, which is not closed"


def release_something_else() -> str:
    release = entry("release")
    Entry.objects.filter(pk=release.pk).update(amount=7)
    return f"Entry {release.pk} does not release what was reserved for attempt {release.attempt_id}, but 7"


def hide_an_overrun() -> str:
    settle = Entry.objects.get(overrun__gt=0)
    Entry.objects.filter(pk=settle.pk).update(overrun=0)
    return f"Entry {settle.pk} of attempt {settle.attempt_id} has an overrun of 0, which is not right"


def settle_in_another_month() -> str:
    settle = entry("settle")
    Entry.objects.filter(pk=settle.pk).update(month=date(2020, 1, 1))
    return f"Entry {settle.pk} (settle) of attempt {settle.attempt_id} is in other books than its reservation"


def settle_for_real_what_was_rehearsed() -> str:
    Attempt.objects.filter(pk=open_attempt().pk).update(rehearsal=True)
    return "in the books of another team or project"


def settle_with_another_person() -> str:
    settle = entry("settle")
    Entry.objects.filter(pk=settle.pk).update(user=settle.project.created_by)
    return f"Entry {settle.pk} (settle) of attempt {settle.attempt_id} is in other books than its reservation"


def hold_too_much() -> str:
    Counter.objects.filter(scope=Scope.PROJECT, rehearsal=False).update(held=7)
    counter = Counter.objects.get(scope=Scope.PROJECT, rehearsal=False)
    return (
        f"The counter of project {counter.scope_id} in team {counter.team_id} for {counter.month:%Y-%m} has 7 held and "
        f"{counter.spent} spent; the ledger comes to {DOLLAR} and {counter.spent}."
    )


def spend_too_little() -> str:
    Counter.objects.filter(scope=Scope.USER, rehearsal=False).update(spent=0)
    return "and 0 spent; the ledger comes to"


def lose_a_counter() -> str:
    Counter.objects.filter(scope=Scope.TEAM, rehearsal=True).delete()
    return f"(rehearsal) has 0 held and 0 spent; the ledger comes to {DOLLAR} and 0."


def invent_a_counter() -> str:
    counter = Counter.objects.filter(scope=Scope.TEAM)[0]
    Counter.objects.create(
        team=counter.team, scope=Scope.TEAM, scope_id=counter.scope_id, month=date(2020, 1, 1), spent=7
    )
    return "for 2020-01 has 0 held and 7 spent; the ledger comes to 0 and 0."


FAULTS: list[Callable[[], str]] = [
    forget_a_reservation, end_without_closing, close_what_is_open, say_another_cost, settle_without_reservation,
    correct_what_is_open, release_something_else, hide_an_overrun, settle_in_another_month,
    settle_for_real_what_was_rehearsed, settle_with_another_person, hold_too_much, spend_too_little, lose_a_counter,
    invent_a_counter,
]  # fmt: skip
OF_COUNTERS = FAULTS[-4:]


@pytest.mark.parametrize("plant", FAULTS)
def test_a_planted_fault_is_found_and_named(used: Till, plant: Callable[[], str]) -> None:
    said = plant()
    assert any(said in line for line in violations()), violations()


@pytest.mark.parametrize("plant", OF_COUNTERS)
def test_a_fault_of_a_counter_is_all_that_is_found(used: Till, plant: Callable[[], str]) -> None:
    plant()
    assert len(violations()) == 1


def verify(*options: str) -> str:
    out = io.StringIO()
    call_command("verify_ledger", *options, stdout=out)
    return out.getvalue()


def test_right_books_are_called_right_with_their_sums(used: Till) -> None:
    assert verify().strip() == (
        "The books are right. 15 entries in the ledger. Spent: $6.00; held: $1.00. In rehearsals: $0.00; held: $1.00."
    )


def test_wrong_books_end_the_command_with_an_error(used: Till) -> None:
    said = hold_too_much()
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 findings") as error:
        call_command("verify_ledger", stdout=out)
    assert error.value.returncode == 1
    assert said in out.getvalue()
    assert Counter.objects.get(scope=Scope.PROJECT, rehearsal=False).held == 7  # looking changes nothing


def test_counters_are_mended_from_the_ledger_with_their_caps(used: Till, cast: SimpleNamespace) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=50 * DOLLAR)
    right = sorted(Counter.objects.values_list("scope", "rehearsal", "cap", "held", "spent"))
    for plant in OF_COUNTERS[:-1]:
        plant()
    said = verify("--repair-counters")
    assert "3 counters were worked out again" in said
    assert "The books are right" in said
    assert sorted(Counter.objects.values_list("scope", "rehearsal", "cap", "held", "spent")) == right
    invent_a_counter()
    verify("--repair-counters")
    assert Counter.objects.get(month=date(2020, 1, 1)).spent == 0


def test_the_ledger_itself_is_never_mended(used: Till) -> None:
    before = list(Entry.objects.values())
    plant = say_another_cost()
    with pytest.raises(CommandError):
        verify("--repair-counters")
    assert list(Entry.objects.values()) == before
    assert any(plant in line for line in violations())


@pytest.mark.scale  # SQLite keeps every other writer out meanwhile
@pytest.mark.django_db(transaction=True)
def test_what_is_booked_while_the_books_are_looked_at_is_no_fault(used: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the sums of the ledger and the look at the counters, another process books."""
    add_up = books._ledger_sums

    def add_up_and_be_overtaken():
        sums = add_up()
        assert at_once([lambda: used.reserved(DOLLAR)]) == []
        return sums

    monkeypatch.setattr(books, "_ledger_sums", add_up_and_be_overtaken)
    assert violations() == []
    monkeypatch.undo()
    assert used.stands() == (2 * DOLLAR, 6 * DOLLAR + 5)


# --- any history whatever --------------------------------------------------------------------------------------------

amounts = st.integers(0, 4 * DOLLAR)
moves = st.one_of(
    st.tuples(st.just("reserve"), st.lists(amounts, min_size=1, max_size=3), st.booleans(), st.integers(0, 1)),
    st.tuples(
        st.just("close"),
        st.integers(0, 5),
        st.sampled_from([S.SUCCEEDED, S.FAILED, S.CANCELLED, S.OUTPUT_LOST]),
        st.none() | amounts,
    ),
    st.tuples(st.just("adjust"), st.integers(0, 5), st.integers(-2 * DOLLAR, 2 * DOLLAR)),
    st.tuples(st.just("cap"), st.sampled_from(Scope.values), st.none() | st.integers(0, 20 * DOLLAR)),
    st.tuples(st.just("month"), st.integers(1, 12)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(moves, max_size=25))
def test_the_books_are_right_after_any_history(
    till: Till, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, history: list[tuple]
) -> None:
    for model in (Entry, Attempt, Counter):
        model.objects.all().delete()
    other = Till(Project.objects.create(team=cast.team, name="Another"), cast.bob)
    tills = (till, other)
    attempts: list[Attempt] = []
    charged: dict[Attempt, int] = {}
    for move in history:
        try:
            match move:
                case ("reserve", estimates, rehearsal, whose):
                    attempts += tills[whose].reserved(*estimates, rehearsal=rehearsal)
                case ("close", place, state, cost) if attempts:
                    attempt = attempts[place % len(attempts)]
                    till.end(attempt, state, cost)
                    lost = state in (S.SUCCEEDED, S.OUTPUT_LOST)
                    charged[attempt] = cost if cost is not None else attempt.estimate if lost else 0
                case ("adjust", place, amount) if charged:
                    attempt = list(charged)[place % len(charged)]
                    ledger.adjust(attempt, amount, "", None)
                    charged[attempt] += amount
                case ("cap", scope, cap):
                    budgets.set_cap(actor=cast.alice, team=cast.team, cap=cap, **till.whose(scope))
                case ("month", number):
                    monkeypatch.setattr(ledger, "this_month", lambda number=number: date(2026, number, 1))
        except (ledger.BudgetExceeded, ledger.BooksError):
            pass
        assert violations() == []
    # And against books that were kept apart, by hand.
    for rehearsal in (False, True):
        ours = [attempt for attempt in attempts if attempt.rehearsal is rehearsal]
        held = sum(attempt.estimate for attempt in ours if attempt not in charged)
        assert till.stands(rehearsal=rehearsal) == (
            held, sum(cost for attempt, cost in charged.items() if attempt.rehearsal is rehearsal)
        )  # fmt: skip
