"""What an order is worth before it leaves: all or nothing, under caps, with a yes where one is needed, once per key."""

from __future__ import annotations

import pytest
from django.core.mail import EmailMessage

from accounts.policies import Right
from generation import planning, services
from generation.models import Approval, Attempt, Batch, Budget, Counter, Entry, Job
from generation.money import approvals
from generation.money.books import violations
from generation.money.ledger import BudgetExceeded
from generation.services import KeyReused
from generation.states import AttemptState, JobState
from generation.wishes import Wish
from projects.access import open_project
from projects.models import Project
from tests.engine.fakes import PRICE
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


def stills(stage: Stage, count: int) -> list[Wish]:
    return planning.wishes_for(stage.opened, shots=stage.shots(count), kinds=(planning.STILLS,), provider="paid")


def cap(stage: Stage, amount: int) -> None:
    """Give the team so many micro-units a month."""
    Budget.objects.create(team=stage.opened.project.team, cap=amount)


def held_and_spent(stage: Stage) -> tuple[int, int]:
    counter = Counter.objects.get(scope="team", team=stage.opened.project.team)
    return counter.held, counter.spent


def test_what_was_charged_is_what_the_books_say(stage: Stage) -> None:
    services.generate(opened=stage.opened, wanted=stills(stage, 3), title="Three")
    assert held_and_spent(stage) == (3 * PRICE, 0)
    stage.settle()
    assert held_and_spent(stage) == (0, stage.providers["paid"].books.charged)
    stage.check_books()


def test_a_batch_that_does_not_fit_is_refused_as_a_whole(stage: Stage) -> None:
    cap(stage, 2 * PRICE)
    wanted = stills(stage, 3)
    with pytest.raises(BudgetExceeded) as refused:
        services.generate(opened=stage.opened, wanted=wanted, title="Three")
    assert refused.value.missing == PRICE
    assert "0.04" in str(refused.value)
    assert not Batch.objects.exists()
    assert not Job.objects.exists()
    assert not Entry.objects.exists()
    assert not stage.rung
    services.generate(opened=stage.opened, wanted=wanted[:2], title="Two")
    stage.settle()
    stage.check_books()


def test_the_same_key_asks_once_and_another_request_with_it_is_refused(stage: Stage) -> None:
    wanted = stills(stage, 2)
    first = services.generate(opened=stage.opened, wanted=wanted, title="Two", idempotency_key="k", request_hash="a")
    again = services.generate(opened=stage.opened, wanted=wanted, title="Two", idempotency_key="k", request_hash="a")
    assert again == first
    stage.settle()
    assert (
        services.generate(opened=stage.opened, wanted=wanted, title="Two", idempotency_key="k", request_hash="a")
        == first
    )
    with pytest.raises(KeyReused):
        services.generate(opened=stage.opened, wanted=wanted, title="Two", idempotency_key="k", request_hash="b")
    assert Job.objects.count() == 2
    assert stage.providers["paid"].books.bought.total() == 2


def test_a_batch_has_no_more_under_way_than_its_people_chose(stage: Stage) -> None:
    batch = services.generate(opened=stage.opened, wanted=stills(stage, 5), title="Five", max_concurrent=2)
    stage.answer()
    assert Attempt.objects.filter(state=AttemptState.RUNNING).count() == 2
    assert batch.max_concurrent == 2
    stage.settle()
    stage.check_books()


def limited(stage: Stage, cast: object, limit: int) -> Stage:
    """Have Carol, an artist, ask in a project where one action may cost so much."""
    Project.objects.filter(pk=stage.opened.project.pk).update(approval_limit=limit)
    stage.opened = open_project(cast.carol, stage.opened.project.pk, Right.SPEND)  # type: ignore[attr-defined]
    return stage


def test_above_the_limit_an_artist_waits_for_a_producer(
    stage: Stage, cast: object, mailoutbox: list[EmailMessage]
) -> None:
    limited(stage, cast, 2 * PRICE)
    batch = services.generate(opened=stage.opened, wanted=stills(stage, 3), title="Three")
    assert batch.approval == Approval.WAITING
    assert batch.estimate == 3 * PRICE
    asked = {mail.to[0] for mail in mailoutbox}
    assert asked == {cast.alice.email, cast.bob.email}  # type: ignore[attr-defined]
    assert "$0.12" in mailoutbox[0].body
    stage.answer()
    assert not Attempt.objects.exists()
    assert not Entry.objects.exists()
    assert not stage.providers["paid"].books.sent
    approvals.approve(
        opened=open_project(cast.bob, stage.opened.project.pk, Right.MANAGE),  # type: ignore[attr-defined]
        batch=batch,
    )
    assert held_and_spent(stage) == (3 * PRICE, 0)
    stage.settle()
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 3
    stage.check_books()


def test_at_the_limit_nobody_waits_and_a_producer_never_does(stage: Stage, cast: object) -> None:
    limited(stage, cast, 2 * PRICE)
    batch = services.generate(opened=stage.opened, wanted=stills(stage, 2), title="Two")
    assert batch.approval == Approval.NOT_NEEDED
    stage.opened = open_project(cast.bob, stage.opened.project.pk, Right.SPEND)  # type: ignore[attr-defined]
    batch = services.generate(opened=stage.opened, wanted=stills(stage, 5), title="Five")
    assert batch.approval == Approval.NOT_NEEDED


def test_what_waits_for_a_yes_can_be_taken_back(stage: Stage, cast: object) -> None:
    limited(stage, cast, 0)
    batch = services.generate(opened=stage.opened, wanted=stills(stage, 2), title="Two")
    assert services.cancel_batch(opened=stage.opened, batch=batch) == 2
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.CANCELLED}
    assert violations() == []


def test_asking_again_while_it_waits_joins_it(stage: Stage, cast: object) -> None:
    limited(stage, cast, 0)
    wanted = stills(stage, 1)
    first = services.generate(opened=stage.opened, wanted=wanted, title="One")
    assert services.generate(opened=stage.opened, wanted=wanted, title="One") == first
    assert Job.objects.count() == 1
