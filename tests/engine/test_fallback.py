"""The next provider is asked when the first one cannot: after proof that nothing comes of its order, never else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generation import planning, retrying, services, steps, sweep
from generation.models import Attempt, Budget, Counter, Entry, Job, ProviderAccount
from generation.money.ledger import BudgetExceeded
from generation.providers.base import TaskStatus
from generation.providers.errors import KeyRefused, NotAccepted, Refused
from generation.states import AttemptState, JobState
from scenes.models import Take
from tests.engine.fakes import FAILED, PRICE, lost_answer
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState


@pytest.fixture
def job(stage: Stage) -> Job:
    """A still that the project wants from the one, and the other could make as well."""
    project = stage.opened.project
    project.still_model = "paid-still"
    project.save()
    project.team.provider_order = ["paid", "keyed"]
    project.team.save()
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(1), kinds=(planning.STILLS,))
    assert [other.provider for other in wanted[0].alternatives] == ["keyed", "local"]
    wanted = [replace(wish, alternatives=wish.alternatives[:1]) for wish in wanted]
    return stage.jobs_of(services.generate(opened=stage.opened, wanted=wanted, title="Still"))[0]


def went(stage: Stage, job: Job) -> list[tuple[str, str]]:
    """Return who was asked, and what became of it."""
    return list(Attempt.objects.filter(job=job).order_by("number").values_list("provider", "state"))


@pytest.mark.parametrize(
    "error",
    [
        Refused("This model is not there.", code="model_missing"),
        KeyRefused("The key is wrong.", code="key_refused"),
        NotAccepted("Enough for today.", code="daily_limit", daily_limit=True),
    ],
)
def test_what_was_not_accepted_goes_to_the_next(stage: Stage, job: Job, error: Exception) -> None:
    stage.providers["paid"].play("submit", error)
    stage.settle()
    assert went(stage, job) == [("paid", S.FAILED), ("keyed", S.SUCCEEDED)]
    assert not stage.providers["paid"].books.bought
    take = Take.objects.get()
    assert take.inputs["provider"] == "keyed"
    (why_not,) = take.inputs["served"]
    assert why_not["provider"] == "paid"
    assert why_not["why_not"] == str(error)
    assert [event["provider"] for event in stage.events(job, "_rerouted")] == ["keyed"]
    assert stage.events(job, "_failed") == []
    assert sorted(Entry.objects.values_list("kind", flat=True)) == ["release", "reserve", "reserve", "settle"]
    stage.check_books()


def test_a_failure_that_was_charged_is_booked_and_the_next_is_asked(stage: Stage, job: Job) -> None:
    stage.providers["paid"].play("poll", TaskStatus(FAILED, cost=PRICE, failure_public="It broke."))
    stage.settle()
    assert went(stage, job) == [("paid", S.FAILED), ("keyed", S.SUCCEEDED)]
    assert sorted(Entry.objects.filter(kind="settle").values_list("amount", flat=True)) == [PRICE, PRICE]
    stage.check_books()


def test_a_lost_answer_asks_nobody_else(stage: Stage, job: Job) -> None:
    """Nobody knows whether it was accepted: a second order could be a second purchase."""
    stage.providers["paid"].play("answer", lost_answer)
    stage.settle()
    assert went(stage, job) == [("paid", S.UNKNOWN)]
    assert not stage.providers["keyed"].books.sent


@pytest.mark.parametrize("code", ["moderated", "unsafe_result"])
def test_a_refusal_for_what_is_asked_is_not_taken_elsewhere(stage: Stage, job: Job, code: str) -> None:
    stage.providers["paid"].play("submit", Refused("The prompt was refused.", code=code))
    stage.settle()
    assert went(stage, job) == [("paid", S.FAILED)]
    assert not stage.providers["keyed"].books.sent
    stage.check_books()


def test_nobody_is_asked_for_a_job_that_somebody_cancelled(stage: Stage, job: Job) -> None:
    def cancel_then_refuse(*_: object) -> None:
        services.cancel_job(opened=stage.opened, job=Job.objects.get(pk=job.pk))
        raise Refused("No.", code="model_missing")

    stage.providers["paid"].play("submit", cancel_then_refuse)
    stage.settle()
    assert went(stage, job) == [("paid", S.FAILED)]
    stage.check_books()


def test_each_is_asked_once(stage: Stage, job: Job) -> None:
    for fake in stage.providers.values():
        fake.always("submit", Refused("No.", code="model_missing"))
    stage.settle()
    assert went(stage, job) == [("paid", S.FAILED), ("keyed", S.FAILED)]
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert len(stage.events(job, "_failed")) == 1
    stage.check_books()


def test_a_team_may_do_without(stage: Stage, job: Job) -> None:
    team = stage.opened.project.team
    team.fallback = False
    team.save()
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(1), kinds=(planning.STILLS,))
    assert wanted[0].alternatives == ()


def test_what_waits_at_a_paused_account_moves_on(stage: Stage, job: Job) -> None:
    steps.pause(stage.attempt(job).account, KeyRefused("The key is wrong.", code="key_refused"))
    sweep.sweep()
    assert went(stage, job)[0] == ("paid", S.FAILED)
    stage.settle()
    assert went(stage, job) == [("paid", S.FAILED), ("keyed", S.SUCCEEDED)]
    stage.check_books()


def test_the_next_is_not_asked_beyond_the_budget(stage: Stage, job: Job) -> None:
    """What the first one charged is gone; there is no money left for a second try."""
    team = stage.opened.project.team
    Budget.objects.create(team=team, cap=PRICE)
    Counter.objects.filter(scope="team").update(cap=PRICE)
    stage.providers["paid"].play("poll", TaskStatus(FAILED, cost=PRICE, failure_public="It broke."))
    stage.settle()
    assert went(stage, job) == [("paid", S.FAILED)]
    stage.check_books()
    with pytest.raises(BudgetExceeded):
        retrying.retry_job(opened=stage.opened, job=Job.objects.get(pk=job.pk))


@pytest.mark.parametrize("point", ["claimed", "sending committed", "answer read", "finished"])
def test_a_death_on_the_way_to_the_next_buys_nothing_twice(stage: Stage, job: Job, point: str) -> None:
    stage.providers["paid"].play("submit", Refused("No.", code="model_missing"))
    ProviderAccount.objects.update(max_concurrent=4)
    for time in (1, 2):
        stage.die_at(point, time)
        if stage.live_until_death():
            stage.be_reborn()
    stage.settle()
    assert went(stage, job)[-1][1] in (S.SUCCEEDED, S.UNKNOWN)
    assert not stage.providers["keyed"].books.bought_twice
    assert not stage.providers["paid"].books.bought_twice


def test_a_day_that_is_full_is_waited_for_where_nobody_else_can_be_asked(stage: Stage, job: Job) -> None:
    """A second choice that is out of reach is none: the job must not fail because of it."""
    other = stage.ask("keyed")[0]
    steps.pause(stage.attempt(other).account, KeyRefused("The key is wrong.", code="key_refused"))
    stage.providers["paid"].play("submit", NotAccepted("Enough for today.", code="daily_limit", daily_limit=True))
    stage.answer()
    assert went(stage, job) == [("paid", S.QUEUED)]


def test_a_paused_account_is_waited_for_where_nobody_else_can_be_asked(stage: Stage, job: Job) -> None:
    other = stage.ask("keyed")[0]
    for asked in (other, job):
        steps.pause(stage.attempt(asked).account, KeyRefused("The key is wrong.", code="key_refused"))
    sweep.sweep()
    assert went(stage, job) == [("paid", S.QUEUED)]
