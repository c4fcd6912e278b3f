"""Dying at every named place, and beginning again: nothing lost, nothing bought twice, nothing told twice."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest
from django.db import OperationalError

from accounts.access import open_team
from accounts.policies import Right
from generation import crashpoints, outcomes, services, sweep
from generation.groups import asking
from generation.models import Attempt, BatchGroup, Job
from generation.providers.base import TaskStatus
from generation.states import AttemptState, JobState
from generation.steps import accepting
from projects import live, queue
from scenes.models import Asset, Take
from tests.engine.fakes import CANCELLED, FLAVOURS, lost_answer
from tests.engine.stage import Died, Stage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState

# Told by other tests below and in test_groups, because they need a story of their own.
OWN_STORY = {"request committed", "group part asked", "acceptance on disk", "cancel sent", "sweep"}
WHOLE_WAY = [point for point in crashpoints.CRASH_POINTS if point not in OWN_STORY]
# What is done when it is accepted is never looked at.
NEVER_THERE = {("local", "looks planned"), ("local", "looked"), ("local", "success seen")}
# Between these two nobody can tell whether a provider without keys has the order.
DOUBTFUL = {"sending committed", "answer read"}


def die(*_: Any, **__: Any) -> None:
    raise Died


def check_end(stage: Stage, jobs: list[Job], flavour: str, *, doubtful: int = 0) -> None:
    """Assert that everything was made exactly once, but for so many orders in doubt."""
    stage.check_books()
    states = Counter(stage.attempt(job).state for job in jobs)
    assert states == Counter({S.SUCCEEDED: len(jobs) - doubtful, **({S.UNKNOWN: doubtful} if doubtful else {})})
    books = stage.providers[flavour].books
    if flavour == "paid":
        assert max(books.sent.values()) == 1, "an order was sent twice"
    assert len(books.bought) <= len(jobs)


@pytest.mark.parametrize("point", WHOLE_WAY)
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_dying_on_the_way_and_once_more_after_the_restart(stage: Stage, flavour: str, point: str) -> None:
    deaths = 2
    jobs = stage.ask(flavour, 3)
    died = stage.settle_but_die_at(point, deaths)
    assert died == (0 if (flavour, point) in NEVER_THERE else deaths)
    stage.be_reborn()
    stage.settle()
    check_end(stage, jobs, flavour, doubtful=deaths if flavour == "paid" and point in DOUBTFUL else 0)


@pytest.mark.local  # the clock's rule is tried on both databases by test_sweep.py; this is every point of it
@pytest.mark.parametrize("point", WHOLE_WAY)
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_dying_on_another_machine(stage: Stage, flavour: str, point: str) -> None:
    """Nobody here can tell that its process is dead: its leases must run out by the clock."""
    jobs = stage.ask(flavour, 2)
    stage.die_at(point)
    stage.live_until_death()
    stage.be_reborn()
    Attempt.objects.exclude(lease_owner="").update(lease_owner="elsewhere:0badc0de:1/77/123456")
    held = set(Attempt.objects.filter(state__in=[S.CLAIMED, S.SENDING]).values_list("pk", "version"))
    sweep.sweep()
    still = set(Attempt.objects.filter(state__in=[S.CLAIMED, S.SENDING]).values_list("pk", "version"))
    assert held <= still
    stage.end_leases()
    stage.settle()
    check_end(stage, jobs, flavour, doubtful=1 if flavour == "paid" and point in DOUBTFUL else 0)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_dying_before_the_request_is_committed_leaves_nothing(
    stage: Stage, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("projects.events.record", die)
        with pytest.raises(Died):
            stage.ask(flavour)
    assert Job.objects.count() == Attempt.objects.count() == 0
    assert not stage.rung


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_dying_after_the_request_is_committed_and_before_the_bell(stage: Stage, flavour: str) -> None:
    stage.die_at("request committed")
    with pytest.raises(Died):
        stage.ask(flavour)
    assert not stage.rung
    stage.be_reborn()
    stage.settle()
    check_end(stage, list(Job.objects.all()), flavour)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_every_message_is_lost(stage: Stage, flavour: str) -> None:
    jobs = stage.ask(flavour, 3)
    for _ in range(60):
        stage.rung.clear()
        sweep.sweep()
        stage.answer_one()
        stage.pass_time()
        stage.look()
    check_end(stage, jobs, flavour)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_every_message_comes_three_times_and_in_the_wrong_order(
    stage: Stage, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ring(actor: str, *ids: str) -> None:
        if len(stage.rung) < 200:
            stage.rung.extendleft([(actor, ids)] * 3)

    jobs = stage.ask(flavour, 3)
    monkeypatch.setattr(queue, "ring", ring)
    for _ in range(20):
        for _ in range(100):
            stage.answer_one()
        stage.pass_time()
        stage.look()
        sweep.sweep()
    stage.rung.clear()
    check_end(stage, jobs, flavour)


@pytest.mark.parametrize("step", ["prepare", "submit", "answer", "poll", "fetch"])
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_dying_inside_the_provider(stage: Stage, flavour: str, step: str) -> None:
    """Half uploaded, half sent, accepted but not answered, in a look, in the middle of a download."""
    jobs = stage.ask(flavour, 2)
    stage.providers[flavour].play(step, Died())
    assert stage.live_until_death() == ((flavour, step) != ("local", "poll"))
    stage.be_reborn()
    stage.settle()
    check_end(stage, jobs, flavour, doubtful=1 if flavour == "paid" and step in {"submit", "answer"} else 0)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_dying_in_the_final_transaction_undoes_all_of_it(
    stage: Stage, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = stage.ask(flavour, 2)
    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "end_job", die)
        assert stage.live_until_death()
    assert Take.objects.count() == Asset.objects.count() == 0
    assert stage.attempt(jobs[0]).state == S.FETCHING
    stage.be_reborn()
    stage.settle()
    check_end(stage, jobs, flavour)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_dying_after_the_final_commit_and_before_the_push(
    stage: Stage, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = stage.ask(flavour, 2)

    def push(project_id: Any, message: Any) -> None:
        if message["type"].endswith("_completed"):
            raise Died

    with monkeypatch.context() as patch:
        patch.setattr(live, "push", push)
        assert stage.live_until_death()
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 1
    stage.be_reborn()
    stage.settle()
    check_end(stage, jobs, flavour)


@pytest.mark.parametrize("flavour", ["paid", "keyed"])
def test_dying_after_a_cancel_was_sent(stage: Stage, flavour: str) -> None:
    (job,) = stage.ask(flavour)
    stage.answer()
    services.cancel_job(opened=stage.opened, job=job)
    stage.die_at("cancel sent")
    assert stage.live_until_death()
    stage.be_reborn()
    stage.providers[flavour].always("poll", TaskStatus(CANCELLED, cost=3))
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.cost) == (S.CANCELLED, 3)
    stage.check_books()


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_dying_with_the_acceptance_on_disk_and_the_database_away(
    stage: Stage, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = stage.ask(flavour, 2)

    def away(*_: Any) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(accepting, "accept", away)
        stage.die_at("acceptance on disk")
        assert stage.live_until_death()
    stage.be_reborn()
    stage.settle()
    check_end(stage, jobs, flavour)


@pytest.mark.parametrize("time", range(1, 7))
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_sweep_itself_dies(stage: Stage, flavour: str, time: int) -> None:
    """After each of its repairs, with something of every kind to repair."""
    jobs = [job for _ in range(5) for job in stage.ask(flavour)]
    fake = stage.providers[flavour]
    for point in ("claimed", "sending committed", "fetch claimed"):
        stage.die_at(point)
        assert stage.live_until_death()
        stage.be_reborn()
        stage.rung.extend([("generation.submit", (str(stage.attempt(jobs[0]).account_id),))] * 2)
    fake.play("answer", lost_answer)
    stage.be_reborn()
    stage.die_at("sweep", time)
    with pytest.raises(Died):
        sweep.sweep()
    stage.be_reborn()
    stage.settle()
    check_end(stage, jobs, flavour, doubtful=Attempt.objects.filter(state=S.UNKNOWN).count())
    assert Attempt.objects.filter(state=S.UNKNOWN).count() == (2 if flavour == "paid" else 0)


def test_two_sweeps_at_once_do_everything_once(stage: Stage) -> None:
    jobs = stage.ask("paid", 3)
    stage.die_at("claimed")
    assert stage.live_until_death()
    stage.be_reborn()
    begun = 0

    def sweep_too(name: str) -> None:
        """Begin another whole sweep after each repair of the first."""
        nonlocal begun
        if name == "sweep" and begun < 6:
            begun += 1
            sweep.sweep()

    crashpoints.install(sweep_too)
    sweep.sweep()
    crashpoints.install(None)
    assert Attempt.objects.filter(state=S.QUEUED).count() == 3
    stage.settle()
    check_end(stage, jobs, "paid")


def test_every_named_point_is_passed_on_some_way(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A point that no code passes proves nothing."""
    passed: set[str] = set()
    crashpoints.install(passed.add)
    (job,) = stage.ask("paid")
    stage.answer()
    services.cancel_job(opened=stage.opened, job=job)
    stage.settle()
    team = open_team(stage.opened.user, stage.opened.project.team_id, Right.SPEND)
    asking.begin(opened=team, make=BatchGroup.Make.STORYBOARD, project_ids=[stage.opened.project.pk])
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", lambda seconds: patch.undo())
        patch.setattr(accepting, "accept", lambda *_: (_ for _ in ()).throw(OperationalError("away")))
        stage.ask("keyed")
        stage.answer()
    stage.settle()
    stage.check_books()
    assert passed == set(crashpoints.CRASH_POINTS)
