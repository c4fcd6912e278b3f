"""What is dear waits for a producer: who must ask, who may say yes, and what becomes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone

from accounts.models import User
from accounts.policies import Right
from generation import services
from generation.models import Approval, Attempt, Batch, Job
from generation.money import approvals, budgets, ledger
from generation.money.books import violations
from generation.states import AttemptState, JobState
from projects import digest, events
from projects.access import OpenProject, open_project
from projects.inbox import choose_mail
from projects.models import Event, Notification, Project
from tests.money.till import DOLLAR, Till, at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(till: Till) -> Batch:
    """Two jobs of Carol's at 3 and 4 dollars that wait for a yes."""
    attempts = till.attempts(3 * DOLLAR, 4 * DOLLAR)
    for attempt in attempts:
        Job.objects.filter(pk=attempt.job_id).update(state=JobState.WAITING_APPROVAL, estimate=attempt.estimate)
        attempt.delete()
    Batch.objects.filter(pk=till.batch.pk).update(
        approval=Approval.WAITING, approval_expires_at=timezone.now() + timedelta(days=7), estimate=7 * DOLLAR
    )
    till.batch.refresh_from_db()
    return till.batch


def opened_by(person: User, project: Project) -> OpenProject:
    return open_project(person, project.pk, Right.SEE)


def states(batch: Batch) -> set[str]:
    return set(Job.objects.filter(batch=batch).values_list("state", flat=True))


@pytest.mark.parametrize(
    ("name", "limit", "total", "needed"),
    [
        ("carol", None, 10**12, False),
        ("carol", DOLLAR, DOLLAR, False),
        ("carol", DOLLAR, DOLLAR + 1, True),
        ("carol", 0, 1, True),
        ("carol", 0, 0, False),
        ("bob", DOLLAR, DOLLAR + 1, False),
        ("alice", 0, DOLLAR, False),
    ],
)
def test_who_must_ask(
    cast: SimpleNamespace, project: Project, name: str, limit: int | None, total: int, needed: bool
) -> None:
    project.approval_limit = limit
    project.save()
    assert budgets.needs_yes(opened_by(getattr(cast, name), project), total) is needed


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_a_yes_queues_everything_and_reserves_for_it(
    till: Till, cast: SimpleNamespace, waiting: Batch, name: str
) -> None:
    person = getattr(cast, name)
    approvals.approve(opened=opened_by(person, till.project), batch=waiting)
    waiting.refresh_from_db()
    assert (waiting.approval, waiting.decided_by) == (Approval.APPROVED, person)
    assert waiting.decided_at is not None
    assert states(waiting) == {JobState.QUEUED}
    assert till.stands() == till.stands("user") == (7 * DOLLAR, 0)  # Carol's money, whoever agreed
    assert Event.objects.get(type="approval_given").actor == person
    assert violations() == []


@pytest.mark.parametrize("decide", [approvals.approve, approvals.decline])
@pytest.mark.parametrize("name", ["carol", "dave"])
def test_neither_artist_nor_reviewer_decides(
    till: Till, cast: SimpleNamespace, waiting: Batch, name: str, decide: Callable[..., None]
) -> None:
    with pytest.raises(PermissionDenied, match="producers and owners"):
        decide(opened=opened_by(getattr(cast, name), till.project), batch=waiting)
    with pytest.raises(Http404):
        opened_by(cast.mallory, till.project)
    waiting.refresh_from_db()
    assert waiting.approval == Approval.WAITING
    assert states(waiting) == {JobState.WAITING_APPROVAL}


@pytest.mark.parametrize("decide", [approvals.approve, approvals.decline])
def test_the_batch_of_another_project_is_out_of_reach(
    till: Till, cast: SimpleNamespace, waiting: Batch, decide: Callable[..., None]
) -> None:
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Elsewhere")
    with pytest.raises(Batch.DoesNotExist):
        decide(opened=opened_by(cast.mallory, theirs), batch=waiting)
    assert states(waiting) == {JobState.WAITING_APPROVAL}


def test_a_yes_beyond_the_budget_changes_nothing(till: Till, cast: SimpleNamespace, waiting: Batch) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=5 * DOLLAR)
    with pytest.raises(ledger.BudgetExceeded, match="raise that by"):
        approvals.approve(opened=opened_by(cast.bob, till.project), batch=waiting)
    waiting.refresh_from_db()
    assert (waiting.approval, waiting.decided_by) == (Approval.WAITING, None)
    assert states(waiting) == {JobState.WAITING_APPROVAL}
    assert not Attempt.objects.exists()
    assert till.stands() == (0, 0)
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=7 * DOLLAR)
    approvals.approve(opened=opened_by(cast.bob, till.project), batch=waiting)
    assert till.stands() == (7 * DOLLAR, 0)


def test_a_no_ends_it_and_says_who_to_talk_to(till: Till, cast: SimpleNamespace, waiting: Batch) -> None:
    approvals.decline(opened=opened_by(cast.bob, till.project), batch=waiting)
    waiting.refresh_from_db()
    assert waiting.approval == Approval.DECLINED
    assert states(waiting) == {JobState.CANCELLED}
    job = Job.objects.filter(batch=waiting)[0]
    assert job.failure_code == "declined"
    assert job.failure_text.startswith("Bob declined this at an estimated $7.00; nothing was charged. Talk to Bob")
    assert job.ended_at is not None
    assert Event.objects.get(type="approval_declined").actor == cast.bob
    assert Event.objects.filter(type="video_generation_failed").count() == 2
    assert till.stands() == (0, 0)


def test_nobody_decides_twice(till: Till, cast: SimpleNamespace, waiting: Batch) -> None:
    bob = opened_by(cast.bob, till.project)
    approvals.approve(opened=bob, batch=waiting)
    with pytest.raises(approvals.AlreadyDecided, match="Bob has agreed to this already"):
        approvals.decline(opened=opened_by(cast.alice, till.project), batch=waiting)
    assert states(waiting) == {JobState.QUEUED}
    with pytest.raises(approvals.AlreadyDecided):
        approvals.approve(opened=bob, batch=waiting)
    assert Attempt.objects.count() == 2
    assert till.stands() == (7 * DOLLAR, 0)


def test_what_was_cancelled_while_it_waited_is_not_bought(till: Till, cast: SimpleNamespace, waiting: Batch) -> None:
    first, second = Job.objects.filter(batch=waiting).order_by("estimate")
    Job.objects.filter(pk=second.pk).update(state=JobState.CANCELLED)
    approvals.approve(opened=opened_by(cast.bob, till.project), batch=waiting)
    assert set(Attempt.objects.values_list("job", flat=True)) == {first.pk}
    assert till.stands() == (3 * DOLLAR, 0)


def test_when_all_of_it_was_cancelled_there_is_nothing_to_agree_to(
    till: Till, cast: SimpleNamespace, waiting: Batch
) -> None:
    Job.objects.filter(batch=waiting).update(state=JobState.CANCELLED)
    with pytest.raises(approvals.AlreadyDecided, match="cancelled in the meantime"):
        approvals.approve(opened=opened_by(cast.bob, till.project), batch=waiting)


def test_what_waits_too_long_expires(till: Till, cast: SimpleNamespace, waiting: Batch) -> None:
    assert approvals.expire_overdue() == 0
    assert states(waiting) == {JobState.WAITING_APPROVAL}
    Batch.objects.update(approval_expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(approvals.AlreadyDecided, match="has expired"):  # also before the sweep has come round
        approvals.approve(opened=opened_by(cast.bob, till.project), batch=waiting)
    assert approvals.expire_overdue() == 1
    assert approvals.expire_overdue() == 0
    waiting.refresh_from_db()
    assert (waiting.approval, waiting.decided_by) == (Approval.EXPIRED, None)
    assert states(waiting) == {JobState.CANCELLED}
    text = Job.objects.filter(batch=waiting)[0].failure_text
    assert text == (
        "Nobody agreed to this within 7 days, so it was not started; nothing was charged. "
        "Ask for it again, and tell Alice or Bob that it waits for a yes."
    )
    with pytest.raises(approvals.AlreadyDecided, match="has expired"):
        approvals.decline(opened=opened_by(cast.bob, till.project), batch=waiting)


def test_a_yes_while_the_sweep_comes_round_is_kept(
    till: Till, cast: SimpleNamespace, waiting: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob has more time given, and agrees, between the sweep's look at what is overdue and its move."""
    Batch.objects.update(approval_expires_at=timezone.now() - timedelta(seconds=1))
    expire = approvals._expire

    def agree_first(batch: Batch) -> bool:
        Batch.objects.update(approval_expires_at=timezone.now() + timedelta(days=1))
        approvals.approve(opened=opened_by(cast.bob, till.project), batch=batch)
        return expire(batch)

    monkeypatch.setattr(approvals, "_expire", agree_first)
    assert approvals.expire_overdue() == 0
    waiting.refresh_from_db()
    assert waiting.approval == Approval.APPROVED
    assert states(waiting) == {JobState.QUEUED}


@pytest.mark.django_db(transaction=True)
def test_of_all_who_decide_at_once_one_does(till: Till, cast: SimpleNamespace, waiting: Batch) -> None:
    opened = [opened_by(cast.alice, till.project), opened_by(cast.bob, till.project)]
    works = [
        partial(decide, opened=one, batch=waiting)
        for one in opened
        for decide in (approvals.approve, approvals.decline) * 2
    ]
    errors = at_once(works)
    assert [type(error) for error in errors] == [approvals.AlreadyDecided] * 7
    waiting.refresh_from_db()
    approved = waiting.approval == Approval.APPROVED
    assert states(waiting) == {JobState.QUEUED if approved else JobState.CANCELLED}
    assert till.stands() == (7 * DOLLAR if approved else 0, 0)
    assert violations() == []


@pytest.mark.django_db(transaction=True)
def test_a_no_and_an_order_do_not_wait_for_each_other(till: Till, cast: SimpleNamespace, waiting: Batch) -> None:
    """What was to start from a declined job, in another batch, has money reserved that is given back with the no."""
    last = list(Job.objects.filter(batch=waiting))[-1]
    follower, order = *till.reserved(DOLLAR), *till.attempts(DOLLAR)
    Batch.objects.filter(pk=waiting.pk).update(approval=Approval.WAITING)
    Job.objects.exclude(state=JobState.WAITING_APPROVAL).update(batch=Batch.objects.create(project=till.project))
    Job.objects.filter(pk=follower.job_id).update(input_job=last)

    def decline() -> None:
        with connection.execute_wrapper(rest_after_writing):
            approvals.decline(opened=opened_by(cast.bob, till.project), batch=waiting)

    def buy() -> None:
        with connection.execute_wrapper(rest_after_writing), transaction.atomic():
            ledger.reserve([order])
            events.record(till.project.pk, "jobs_queued", {})

    assert at_once([decline, buy]) == []
    follower.refresh_from_db()
    assert follower.state == AttemptState.CANCELLED
    assert till.stands() == (DOLLAR, 0)
    assert violations() == []


def rest_after_writing(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Hold a counter or the project's row for a moment, so that the other one comes to want it."""
    result = execute(sql, params, many, context)
    if sql.startswith(('UPDATE "generation_counter"', 'UPDATE "projects_project"')):
        time.sleep(0.3)
    return result


@pytest.mark.parametrize(("decide", "words"), [(approvals.approve, "agreed to"), (approvals.decline, "declined")])
def test_who_asked_hears_what_was_decided(
    till: Till, cast: SimpleNamespace, waiting: Batch, decide: Callable[..., None], words: str
) -> None:
    Batch.objects.filter(pk=waiting.pk).update(created_by=cast.carol)
    waiting.refresh_from_db()
    decide(opened=opened_by(cast.bob, till.project), batch=waiting)
    told = Notification.objects.get()
    assert (told.user, told.kind, told.actor) == (cast.carol, Notification.Kind.APPROVAL, cast.bob)
    assert told.text.startswith(f"Bob {words}")


def test_who_decides_hears_of_the_wish_once(
    till: Till, cast: SimpleNamespace, waiting: Batch, django_capture_on_commit_callbacks: Any, mailoutbox: list[Any]
) -> None:
    choose_mail(user=cast.alice, pace="at_once", hour=8, zone="", muted=["approval"])
    choose_mail(user=cast.bob, pace="at_once", hour=8, zone="", muted=[])
    with django_capture_on_commit_callbacks(execute=True):
        services._ask_for_a_yes(opened_by(cast.carol, till.project), waiting)
    assert {one.user for one in Notification.objects.filter(kind="approval")} == {cast.alice, cast.bob}
    assert [one.to for one in mailoutbox] == [["bob@example.com"]]
    assert digest.send_due() == 0
