"""Budgets: who may set which, what changes at once, how they stand, and who is told when most is gone."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.http import Http404
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, Role, User
from generation.models import Budget, Counter
from generation.models.money import Scope
from generation.money import budgets, ledger
from generation.money.books import violations
from generation.states import AttemptState
from projects.models import Event, Project
from tests.money.till import DOLLAR, Till

pytestmark = pytest.mark.django_db


# --- setting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "scope", "refusal"),
    [
        ("alice", Scope.TEAM, None),
        ("bob", Scope.TEAM, PermissionDenied),
        ("carol", Scope.TEAM, PermissionDenied),
        ("mallory", Scope.TEAM, Http404),
        ("alice", Scope.PROJECT, None),
        ("bob", Scope.PROJECT, None),
        ("carol", Scope.PROJECT, PermissionDenied),
        ("dave", Scope.PROJECT, PermissionDenied),
        ("mallory", Scope.PROJECT, Http404),
        ("bob", Scope.USER, None),
        ("carol", Scope.USER, PermissionDenied),
        ("mallory", Scope.USER, Http404),
    ],
)
def test_who_may_set_which_cap(
    till: Till, cast: SimpleNamespace, name: str, scope: Scope, refusal: type[Exception] | None
) -> None:
    def set_cap() -> None:
        budgets.set_cap(actor=getattr(cast, name), team=cast.team, cap=DOLLAR, **till.whose(scope))

    if refusal is None:
        set_cap()
        assert Budget.objects.get().cap == DOLLAR
        assert Budget.objects.get().changed_by == getattr(cast, name)
    else:
        with pytest.raises(refusal):
            set_cap()
        assert not Budget.objects.exists()


def test_a_cap_is_for_what_belongs_to_the_team(till: Till, cast: SimpleNamespace) -> None:
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Elsewhere")
    whose: list[dict[str, Any]] = [{"project": theirs}, {"user": cast.mallory}]
    for one in (*whose, {"project": till.project, "user": cast.carol}):
        with pytest.raises(Http404):
            budgets.set_cap(actor=cast.alice, team=cast.team, cap=DOLLAR, **one)
    assert not Budget.objects.exists()


@pytest.mark.parametrize("cap", [-1, budgets.MOST_CAP + 1])
def test_an_impossible_cap_is_refused_with_the_possible_ones(cast: SimpleNamespace, cap: int) -> None:
    with pytest.raises(budgets.ImpossibleBudget, match=r"between \$0.00 and \$1,000,000.00"):
        budgets.set_cap(actor=cast.alice, team=cast.team, cap=cap)


@pytest.mark.parametrize("scope", Scope.values)
def test_a_new_cap_holds_at_once_and_for_rehearsals(till: Till, cast: SimpleNamespace, scope: str) -> None:
    till.reserved(2 * DOLLAR)
    till.reserved(2 * DOLLAR, rehearsal=True)
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=3 * DOLLAR, **till.whose(scope))
    for rehearsal in (False, True):
        with pytest.raises(ledger.BudgetExceeded) as refused:
            till.reserved(2 * DOLLAR, rehearsal=rehearsal)
        assert (refused.value.scope, refused.value.cap) == (scope, 3 * DOLLAR)
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=4 * DOLLAR, **till.whose(scope))
    till.reserved(2 * DOLLAR)
    assert violations() == []


def test_less_than_is_spent_lets_nothing_new_start_and_all_else_end(till: Till, cast: SimpleNamespace) -> None:
    (attempt,) = till.reserved(5 * DOLLAR)
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=DOLLAR)
    with pytest.raises(ledger.BudgetExceeded) as refused:
        till.reserved(DOLLAR)
    assert refused.value.missing == 5 * DOLLAR
    till.end(attempt)
    assert till.stands() == (0, 5 * DOLLAR)


@pytest.mark.parametrize(("scope", "back_to"), [(Scope.TEAM, 100 * DOLLAR), (Scope.PROJECT, None), (Scope.USER, None)])
def test_without_a_cap_the_usual_one_holds_again(
    till: Till, cast: SimpleNamespace, scope: Scope, back_to: int | None
) -> None:
    till.reserved(DOLLAR)
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=DOLLAR, **till.whose(scope))
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=None, **till.whose(scope))
    assert not Budget.objects.exists()
    assert Counter.objects.get(scope=scope).cap == back_to


def test_last_month_keeps_the_cap_that_it_had(till: Till, cast: SimpleNamespace) -> None:
    till.reserved(DOLLAR)
    Counter.objects.update(month=date(2020, 1, 1))
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=3 * DOLLAR)
    assert Counter.objects.get(scope=Scope.TEAM).cap == 100 * DOLLAR


def test_a_change_leaves_a_trace(till: Till, cast: SimpleNamespace) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=3 * DOLLAR)
    budgets.set_cap(actor=cast.bob, team=cast.team, project=till.project, cap=2 * DOLLAR)
    budgets.set_cap(actor=cast.bob, team=cast.team, project=till.project, cap=None)
    told = [(entry.user, entry.object_id, entry.change_message) for entry in LogEntry.objects.order_by("pk")]
    assert told == [
        (cast.alice, str(cast.team.pk), "Monthly budget: none → $3.00"),
        (cast.bob, str(till.project.pk), "Monthly budget: none → $2.00"),
        (cast.bob, str(till.project.pk), "Monthly budget: $2.00 → none"),
    ]
    changes = [event.payload for event in Event.objects.filter(type="budget_changed")]
    assert [(change["before"], change["after"]) for change in changes] == [(None, 2 * DOLLAR), (2 * DOLLAR, None)]


# --- looking ---------------------------------------------------------------------------------------------------------


def test_how_team_projects_and_people_stand(
    till: Till, cast: SimpleNamespace, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    other = Till(Project.objects.create(team=cast.team, name="Another"), cast.bob)
    Till(Project.objects.create(team=cast.mallory.teams.get(), name="Elsewhere"), cast.mallory).reserved(DOLLAR)
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=10 * DOLLAR)
    budgets.set_cap(actor=cast.alice, team=cast.team, user=cast.carol, cap=4 * DOLLAR)
    budgets.set_cap(actor=cast.alice, team=cast.team, user=cast.dave, cap=DOLLAR)
    (attempt,) = till.reserved(3 * DOLLAR)
    till.end(attempt, cost=2 * DOLLAR)
    till.reserved(2 * DOLLAR)
    other.reserved(DOLLAR)
    other.reserved(DOLLAR, rehearsal=True)
    with django_assert_num_queries(3):
        standing = budgets.standing(cast.team)

    def told(line: budgets.Line) -> tuple[str, int | None, int, int, float | None]:
        return line.name, line.cap, line.held, line.spent, line.share

    assert told(standing.team) == ("Harbour Pictures", 10 * DOLLAR, 3 * DOLLAR, 2 * DOLLAR, 0.5)
    assert [told(line) for line in standing.projects] == [
        ("Another", None, DOLLAR, 0, None),
        ("The Last Ferry", None, 2 * DOLLAR, 2 * DOLLAR, None),
    ]
    assert [told(line) for line in standing.people] == [
        ("Alice", None, 0, 0, None),
        ("Bob", None, DOLLAR, 0, None),
        ("Carol", 4 * DOLLAR, 2 * DOLLAR, 2 * DOLLAR, 1.0),
        ("Dave", DOLLAR, 0, 0, 0.0),
    ]
    carol = standing.of(cast.carol.pk)
    assert carol is not None
    assert (carol.left, carol.nearly_spent) == (0, True)
    assert (standing.team.left, standing.team.nearly_spent) == (5 * DOLLAR, False)
    rehearsed = budgets.standing(cast.team, rehearsal=True)
    assert told(rehearsed.team) == ("Harbour Pictures", 10 * DOLLAR, DOLLAR, 0, 0.1)


def test_who_has_left_still_stands_where_they_spent(till: Till, cast: SimpleNamespace) -> None:
    till.reserved(DOLLAR)
    Membership.objects.filter(user=cast.carol).delete()
    line = budgets.standing(cast.team).of(cast.carol.pk)
    assert line is not None
    assert line.held == DOLLAR


def test_a_month_without_a_counter_shows_the_budget_and_a_past_one_its_own(till: Till, cast: SimpleNamespace) -> None:
    assert budgets.standing(cast.team).team.cap == 100 * DOLLAR
    till.reserved(DOLLAR)
    past = date(2020, 1, 1)
    Counter.objects.update(month=past)
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=3 * DOLLAR)
    budgets.set_cap(actor=cast.alice, team=cast.team, project=till.project, cap=2 * DOLLAR)
    now, then = budgets.standing(cast.team), budgets.standing(cast.team, past)
    assert (now.team.cap, then.team.cap) == (3 * DOLLAR, 100 * DOLLAR)
    assert ([line.cap for line in now.projects], [line.cap for line in then.projects]) == ([2 * DOLLAR], [None])


# --- 80 % ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def committed(transactional_db: None) -> None:
    """Mail leaves after commit, so that these tests commit."""


def warnings() -> list[dict[str, Any]]:
    return [event.payload for event in Event.objects.filter(type="budget_warning").order_by("number")]


def test_owners_and_producers_are_told_once_when_80_percent_is_gone(
    committed: None, till: Till, cast: SimpleNamespace
) -> None:
    User.objects.filter(pk=cast.alice.pk).update(name="")
    second = User.objects.create_user("eve@example.com", "x", is_active=False)
    Membership.objects.create(team=cast.team, user=second, role=Role.OWNER)
    budgets.set_cap(actor=cast.alice, team=cast.team, project=till.project, cap=10 * DOLLAR)
    till.reserved(8 * DOLLAR - 1)
    assert (warnings(), mail.outbox) == ([], [])
    till.reserved(1)
    till.reserved(DOLLAR)
    (event,) = warnings()
    assert (event["scope"], event["name"]) == ("project", "the project “The Last Ferry”")
    assert (event["cap"], event["held"], event["spent"]) == (10 * DOLLAR, 8 * DOLLAR, 0)
    assert [message.to for message in mail.outbox] == [["alice@example.com"], ["bob@example.com"]]
    message = mail.outbox[0]
    assert message.subject == "Rushes · 80 % of the budget of the project “The Last Ferry” is spent or held"
    assert "Held for what is being made: $8.00\nLeft: $2.00" in message.body
    assert "ask alice or Bob to raise the budget" in message.body


def test_each_cap_has_its_own_warning_and_each_month(committed: None, till: Till, cast: SimpleNamespace) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=DOLLAR)
    budgets.set_cap(actor=cast.alice, team=cast.team, user=cast.carol, cap=DOLLAR)
    till.reserved(900_000)
    assert [event["scope"] for event in warnings()] == ["team", "user"]
    Counter.objects.update(month=date(2020, 1, 1))
    till.reserved(900_000)
    assert len(warnings()) == 4


def test_a_raised_cap_warns_anew(committed: None, till: Till, cast: SimpleNamespace) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=DOLLAR)
    till.reserved(DOLLAR)
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=DOLLAR + 1)  # still nearly all of it: nothing new to tell
    till.reserved(1)
    assert len(warnings()) == 1
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=10 * DOLLAR)
    till.reserved(DOLLAR)
    assert len(warnings()) == 1
    till.reserved(7 * DOLLAR)
    assert len(warnings()) == 2


def test_an_overrun_and_a_correction_warn_too(committed: None, till: Till, cast: SimpleNamespace) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=10 * DOLLAR)
    attempt, other = till.reserved(DOLLAR, DOLLAR)
    till.end(attempt, cost=7 * DOLLAR)
    assert len(warnings()) == 1
    Counter.objects.update(warned_at=None)
    till.end(other, AttemptState.FAILED)
    ledger.adjust(other, DOLLAR, "it was charged after all", cast.bob)
    assert len(warnings()) == 2


def test_a_rehearsal_is_told_of_in_the_project_and_not_by_mail(
    committed: None, till: Till, cast: SimpleNamespace
) -> None:
    till.reserved(90 * DOLLAR, rehearsal=True)
    assert [event["rehearsal"] for event in warnings()] == [True]
    assert mail.outbox == []


def test_what_is_rolled_back_tells_nobody(committed: None, till: Till, cast: SimpleNamespace) -> None:
    with transaction.atomic():
        till.reserved(90 * DOLLAR)
        transaction.set_rollback(True)
    assert (warnings(), mail.outbox) == ([], [])
    till.reserved(90 * DOLLAR)
    assert len(mail.outbox) == 2


def test_a_mail_server_that_is_away_stops_nothing(
    committed: None, till: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: EmailBackend, messages: Any) -> int:
        raise OSError("connection refused")

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    till.reserved(90 * DOLLAR)
    assert till.stands() == (90 * DOLLAR, 0)
    assert "connection refused" in caplog.text


def test_a_name_with_a_line_break_does_not_break_the_mail(committed: None, till: Till) -> None:
    till.project.team.name = "Harbour\nBcc: everybody@example.com"
    till.project.team.save()
    till.reserved(90 * DOLLAR)
    assert len(mail.outbox) == 2
    assert "\n" not in mail.outbox[0].subject
