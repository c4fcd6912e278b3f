"""Answers that hold their thread until the result is there: they never take all threads, and no team all of theirs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from pytest_django import Settings

from accounts.models import Team
from accounts.policies import Right
from generation import claims, leases, services
from generation.models import Attempt, Job, ProviderAccount
from generation.providers.base import Operation, TaskState, TaskStatus
from generation.states import JOB_OPEN, AttemptState, JobState
from generation.worker import Working
from projects.access import open_project
from projects.models import Project
from tests.engine.fakes import KeyedProvider, PaidProvider, blocks_until
from tests.engine.stage import Stage, wait_until
from tests.engine.test_claims import at_once, limit

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have both that cost money answer an order for a picture with the picture."""
    for fake in (PaidProvider, KeyedProvider):
        held = replace(fake.traits, answers_with=frozenset({Operation.TEXT_TO_IMAGE}))
        monkeypatch.setattr(fake, "traits", held)


@pytest.fixture
def answered(working: Callable[[], Working]) -> Iterator[threading.Event]:
    """Lets whoever has waited long enough have an answer, at the latest before the workers are stopped."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def others(cast: SimpleNamespace) -> Callable[[Stage], Stage]:
    """Return a function that gives another team's stage with the same providers."""

    def beside(stage: Stage) -> Stage:
        project = Project.objects.create(team=Team.objects.get(name="Strangers"), name="Late but equal")
        return Stage(open_project(cast.mallory, project.pk, Right.SPEND), stage.providers, stage.rung)

    return beside


def test_long_answers_of_one_team_keep_neither_its_own_work_nor_another_team_waiting(
    living: Stage,
    others: Callable[[Stage], Stage],
    working: Callable[[], Working],
    answered: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = replace(PaidProvider.traits, answers_with=frozenset({Operation.TEXT_TO_IMAGE}))
    monkeypatch.setattr(PaidProvider, "traits", held)
    paid = living.providers["paid"]
    paid.always("submit", blocks_until(answered))
    ours = living.ask("paid", 6)
    working()  # with four threads
    wait_until(lambda: paid.books.sent.total() > 0)
    quick = living.ask("keyed", 3) + living.ask("local", 3)
    wait_until(lambda: {living.attempt(job).state for job in quick} == {S.SUCCEEDED})
    (theirs,) = others(living).ask("paid")
    wait_until(lambda: living.attempt(theirs).state == S.SENDING)
    assert sorted(living.attempt(job).state for job in ours) == [S.QUEUED] * 5 + [S.SENDING]
    answered.set()
    wait_until(lambda: not Job.objects.filter(state__in=JOB_OPEN).exists())
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.SUCCEEDED}
    assert set(paid.books.sent.values()) == {1}


def test_half_of_the_threads_and_the_last_of_them_to_another_team(
    answers: None, stage: Stage, others: Callable[[Stage], Stage], settings: Settings
) -> None:
    settings.ENGINE = {**settings.ENGINE, "WORKER_THREADS": 8}
    stage.ask("paid", 6)
    account = limit(20)
    assert [claims.claim_next(account.pk) is not None for _ in range(4)] == [True, True, True, False]
    others(stage).ask("paid", 2)
    limit(20)
    last = claims.claim_next(account.pk)
    assert last is not None
    assert last.team_id != stage.opened.project.team_id
    assert claims.claim_next(account.pk) is None
    one = Attempt.objects.exclude(pk=last.pk).filter(state=S.CLAIMED).first()
    assert one is not None
    Attempt.objects.move(one.pk, S.QUEUED, of=(S.CLAIMED,), lease_owner="")
    assert claims.claim_next(account.pk) is None, "the last is left to a team that has none"
    Attempt.objects.filter(state=S.CLAIMED).update(lease_owner="another process")
    assert claims.claim_next(account.pk) is not None, "every process has threads of its own"


@pytest.mark.parametrize("turn", range(3))
def test_two_accounts_that_are_claimed_from_at_once_share_the_threads(
    answers: None, stage: Stage, settings: Settings, turn: int
) -> None:
    settings.ENGINE = {**settings.ENGINE, "WORKER_THREADS": 8}
    stage.ask("paid", 8)
    stage.ask("keyed", 8)
    accounts = [limit(20).pk, limit(20, "keyed").pk]
    turns = iter(accounts * 4)
    at_once(8, lambda: claims.claim_next(next(turns)))
    assert Attempt.objects.filter(state=S.CLAIMED).count() == 3


def test_nobody_knows_how_long_an_address_of_a_teams_own_takes(stage: Stage, settings: Settings) -> None:
    settings.ENGINE = {**settings.ENGINE, "WORKER_THREADS": 4}
    stage.ask("paid", 3)
    stage.ask("keyed", 3)
    ProviderAccount.objects.filter(provider="paid").update(base_url="https://proxy.example")
    account = limit(20)
    assert [claims.claim_next(account.pk) is not None for _ in range(2)] == [True, False]
    assert all(claims.claim_next(limit(20, "keyed").pk) for _ in range(3))


def test_a_worker_with_threads_of_its_own_number_counts_those(
    answers: None, living: Stage, working: Callable[[], Working], answered: threading.Event, settings: Settings
) -> None:
    settings.ENGINE = {**settings.ENGINE, "WORKER_THREADS": 100}
    paid = living.providers["paid"]
    paid.always("submit", blocks_until(answered))
    living.ask("paid", 4)
    worker = working()  # with four threads
    (quick,) = living.ask("local")
    wait_until(lambda: living.attempt(quick).state == S.SUCCEEDED)
    assert paid.books.sent.total() == 1
    answered.set()
    wait_until(lambda: not Job.objects.filter(state__in=JOB_OPEN).exists())
    worker.stop()
    assert leases.threads is None


@pytest.mark.parametrize("step", ["fetch", "poll", "cancel"])
def test_an_address_of_a_teams_own_that_never_answers_keeps_nobody_waiting(
    living: Stage, working: Callable[[], Working], answered: threading.Event, settings: Settings, step: str
) -> None:
    settings.ENGINE = {**settings.ENGINE, "POLL_THREADS": 4}
    paid = living.providers["paid"]
    paid.always(step, blocks_until(answered))
    if step == "cancel":
        paid.always("poll", lambda *_: None if answered.is_set() else TaskStatus(TaskState.RUNNING))
    slow = living.ask("paid", 6)
    ProviderAccount.objects.filter(provider="paid").update(base_url="https://proxy.example")
    asked = {"fetch": paid.books.fetches, "poll": paid.books.looks, "cancel": paid.books.cancelled}[step]
    working()  # with four threads
    wait_until(lambda: Attempt.objects.filter(provider="paid", state__in=(S.RUNNING, S.FETCHING)).count() == 6)
    if step == "cancel":
        for job in slow:
            services.cancel_job(opened=living.opened, job=job)
    wait_until(lambda: asked.total() > 0)
    quick = living.ask("keyed", 4) + living.ask("local", 4)
    wait_until(lambda: {living.attempt(job).state for job in quick} == {S.SUCCEEDED})
    assert asked.total() == 1
    answered.set()
    wait_until(lambda: not Job.objects.filter(state__in=JOB_OPEN).exists())
    living.check_books()
