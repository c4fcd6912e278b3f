"""Looking at the right moment: what is foretold, what it changes in the plan, and what a lie about it costs."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from generation import polling
from generation.hook_links import webhook_url
from generation.models import Attempt, Job
from generation.providers.base import TaskState, TaskStatus
from generation.states import AttemptState, JobState
from generation.timing import FAR_PACE, FURTHEST, Forecasts, Seen, look_at_end, seconds_left
from generation.worker import Working
from tests.engine.fakes import RUNNING
from tests.engine.stage import Stage, wait_until

SPACING = 5.0
A_LITTLE = 1e-6
shares = st.floats(0.0, 1.0)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# --- the arithmetic --------------------------------------------------------------------------------------------------


@given(begun=st.floats(0, 100), lasts=st.floats(1, 3600), first=st.floats(0.01, 0.9), grown=st.floats(0.01, 0.09))
def test_what_goes_at_one_pace_ends_when_it_is_foretold(begun: float, lasts: float, first: float, grown: float) -> None:
    second = first + grown
    left = seconds_left(Seen(begun + lasts * first, first), Seen(begun + lasts * second, second))
    assert left == pytest.approx(lasts * (1 - second), rel=1e-6)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        pytest.param((0.0, 0.0), (5.0, 0.5), id="nothing was done yet, so it may not have begun"),
        pytest.param((0.0, 0.5), (5.0, 0.5), id="it stands"),
        pytest.param((0.0, 0.5), (5.0, 0.3), id="it goes backwards"),
        pytest.param((5.0, 0.3), (5.0, 0.5), id="no time has passed"),
    ],
)
def test_what_tells_no_pace_foretells_nothing(earlier: tuple[float, float], later: tuple[float, float]) -> None:
    assert seconds_left(Seen(*earlier), Seen(*later)) is None


@given(left=st.floats(0, 1e6), spacing=st.floats(0.5, 60), pace=st.floats(1, FURTHEST))
def test_a_new_plan_falls_after_the_end_and_keeps_to_the_spacing(left: float, spacing: float, pace: float) -> None:
    planned = look_at_end(left, spacing, pace * spacing)
    if planned is None:
        # The plan is as good, or it is too early to say.
        assert left > pace * spacing * 0.9 or left <= pace * spacing
    else:
        assert spacing <= planned <= FURTHEST * spacing
        assert planned > left
        assert planned != pace * spacing


def looks(share_at: Callable[[float], float], lasts: float, first: float) -> list[float]:
    """Look until it has ended, as the engine does; return when."""
    clock = Clock()
    begun, attempt = clock.now, uuid.uuid4()
    forecasts = Forecasts(clock)
    clock.now += first
    seen = [first]
    while seen[-1] < lasts:
        planned = forecasts.pace(attempt, SPACING)
        wait = forecasts.saw(attempt, share_at(seen[-1]), SPACING)
        clock.now += planned if wait is None else wait
        seen.append(clock.now - begun)
    return seen


@given(lasts=st.floats(25, 900), first=st.floats(4, 10))
def test_the_end_of_steady_work_is_seen_within_a_second(lasts: float, first: float) -> None:
    seen = looks(lambda at: at / lasts, lasts, first)
    assert seen[-1] - lasts <= 1.0


@given(lasts=st.floats(25, 300), first=st.floats(4, 10))
def test_rounded_progress_costs_no_more_than_looking_at_every_spacing(lasts: float, first: float) -> None:
    seen = looks(lambda at: round(at / lasts, 2), lasts, first)
    # A look that came too early is repeated after one spacing.
    assert seen[-1] - lasts <= SPACING + A_LITTLE
    assert len(seen) <= (lasts - first) / SPACING + 2


@given(lasts=st.floats(5, 300), said=st.lists(shares, min_size=1, max_size=80))
def test_whatever_the_progress_says_looks_keep_their_distance(lasts: float, said: list[float]) -> None:
    told = iter(said * 80)
    seen = looks(lambda at: next(told), lasts, SPACING)
    distances = [later - earlier for earlier, later in itertools.pairwise(seen)]
    assert all(SPACING - A_LITTLE <= each <= FURTHEST * SPACING + A_LITTLE for each in distances)
    assert seen[-1] - lasts <= FURTHEST * SPACING + A_LITTLE


def test_memory_is_bounded_and_forgets_those_looked_at_longest_ago() -> None:
    clock = Clock()
    forecasts = Forecasts(clock, most=2)
    first, second, third = (uuid.uuid4() for _ in range(3))
    for attempt in (first, second, first, third):
        assert forecasts.saw(attempt, 0.2, SPACING) is None
    assert len(forecasts) == 2
    clock.now += SPACING
    assert forecasts.saw(first, 0.5, SPACING) is not None
    assert forecasts.saw(second, 0.5, SPACING) is None


def test_work_that_begins_anew_is_measured_anew() -> None:
    clock = Clock()
    forecasts, attempt = Forecasts(clock), uuid.uuid4()
    for share in (0.6, 0.2):
        assert forecasts.saw(attempt, share, SPACING) is None
        clock.now += SPACING
    assert forecasts.saw(attempt, 0.5, SPACING) == pytest.approx(8.9, abs=0.1)


# --- in the engine ---------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the forecasts, which are this test's own."""
    clock = Clock()
    monkeypatch.setattr(polling, "forecasts", Forecasts(clock))
    return clock


def running(stage: Stage) -> Job:
    (job,) = stage.ask("paid")
    stage.answer()
    assert stage.attempt(job).state == AttemptState.RUNNING
    return job


def told(stage: Stage, clock: Clock, answer: Any, *, after: float = SPACING) -> None:
    """Let time pass, and look once."""
    clock.now += after
    stage.pass_time()
    stage.providers["paid"].play("poll", answer)
    stage.look()


def due_in(stage: Stage, job: Job) -> float:
    due = stage.attempt(job).due_at
    assert due is not None
    return (due - datetime.now(UTC)).total_seconds()


@pytest.mark.django_db(transaction=True)
def test_the_next_look_falls_just_after_the_foretold_end(stage: Stage, clock: Clock) -> None:
    job = running(stage)
    told(stage, clock, TaskStatus(RUNNING, 0.2))
    assert due_in(stage, job) == pytest.approx(SPACING, abs=0.8)
    told(stage, clock, TaskStatus(RUNNING, 0.5))
    # Half is left, at 0.3 in five seconds: 8.3 s, and a little.
    assert 8.3 - 0.8 < due_in(stage, job) <= 9.0
    told(stage, clock, None, after=8.9)
    stage.settle()
    assert Job.objects.get(pk=job.pk).state == JobState.SUCCEEDED
    assert len(polling.forecasts) == 0
    stage.check_books()


@pytest.mark.django_db(transaction=True)
def test_a_progress_that_lies_costs_one_spacing_and_no_more(stage: Stage, clock: Clock) -> None:
    job = running(stage)
    told(stage, clock, TaskStatus(RUNNING, 0.2))
    told(stage, clock, TaskStatus(RUNNING, 0.5))
    assert due_in(stage, job) <= 2 * SPACING
    # It stands still, goes back, begins anew, and says nothing: each time the usual distance.
    for answer in (
        TaskStatus(RUNNING, 0.5),
        TaskStatus(RUNNING, 0.1),
        TaskStatus(TaskState.WAITING, 0.9),
        TaskStatus(RUNNING, None),
    ):
        told(stage, clock, answer, after=8.9)
        assert SPACING - 1 < due_in(stage, job) <= 2 * SPACING
    stage.settle()
    stage.check_books()


@pytest.mark.django_db(transaction=True)
def test_an_early_end_that_was_foretold_is_looked_at_again_after_one_spacing(stage: Stage, clock: Clock) -> None:
    job = running(stage)
    told(stage, clock, TaskStatus(RUNNING, 0.2))
    told(stage, clock, TaskStatus(RUNNING, 0.5))
    told(stage, clock, TaskStatus(RUNNING, 0.99), after=8.9)
    assert SPACING - 1 < due_in(stage, job) <= SPACING * polling.JITTER


@pytest.mark.django_db(transaction=True)
def test_only_a_look_that_changes_the_plan_writes(stage: Stage, clock: Clock) -> None:
    job = running(stage)

    def writes(share: float) -> int:
        clock.now += SPACING
        stage.pass_time()
        (attempt,) = polling.claim_due()
        stage.providers["paid"].play("poll", TaskStatus(RUNNING, share))
        with CaptureQueriesContext(connection) as queries:
            polling.look(attempt)
        return sum("UPDATE" in query["sql"] for query in queries)

    # 0.12 in five seconds: only with less than 0.24 to go does the end come within two spacings.
    assert [writes(share) for share in (0.1, 0.22, 0.34, 0.46, 0.58, 0.7)] == [0] * 6
    assert writes(0.82) == 1
    assert 7.5 - 0.8 < due_in(stage, job) <= 8.1


@pytest.mark.django_db(transaction=True)
def test_a_far_end_is_waited_for_at_a_slower_pace_by_the_claim_itself(stage: Stage, clock: Clock) -> None:
    job = running(stage)
    told(stage, clock, TaskStatus(RUNNING, 0.1))
    told(stage, clock, TaskStatus(RUNNING, 0.2))
    told(stage, clock, TaskStatus(RUNNING, 0.3))
    assert 6.0 < due_in(stage, job) <= FAR_PACE * SPACING * polling.JITTER
    # What suddenly goes fast is looked at again as soon as the provider allows.
    told(stage, clock, TaskStatus(RUNNING, 0.98), after=FAR_PACE * SPACING)
    assert SPACING - 1 < due_in(stage, job) <= SPACING * polling.JITTER


@pytest.mark.django_db(transaction=True)
def test_a_call_that_comes_during_a_look_is_not_planned_away(stage: Stage, clock: Clock) -> None:
    job = running(stage)
    told(stage, clock, TaskStatus(RUNNING, 0.2))

    def hurried(*_: Any) -> TaskStatus:
        Attempt.objects.filter(job=job).update(due_at=Now())
        return TaskStatus(RUNNING, 0.5)

    told(stage, clock, hurried)
    assert [attempt.job_id for attempt in polling.claim_due()] == [job.pk]


@pytest.mark.django_db(transaction=True)
def test_a_process_that_remembers_nothing_keeps_to_the_spacing(
    stage: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = running(stage)
    told(stage, clock, TaskStatus(RUNNING, 0.2))
    monkeypatch.setattr(polling, "forecasts", Forecasts(clock))
    told(stage, clock, TaskStatus(RUNNING, 0.5))
    assert SPACING - 1 < due_in(stage, job) <= SPACING * polling.JITTER
    stage.settle()
    stage.check_books()


def test_a_call_is_looked_at_by_the_next_tick_and_nothing_else_is_needed(
    living: Stage, working: Callable[[], Working], client: Client, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://rushes.example.com"
    keyed = living.providers["keyed"]
    keyed.always("poll", TaskStatus(RUNNING))
    (job,) = living.ask("keyed")
    working()
    far = datetime.now(UTC) + timedelta(hours=1)

    def left_alone() -> bool:
        """Put the next look far away; a look that was on its way meanwhile may still plan one."""
        Attempt.objects.filter(job=job, state=AttemptState.RUNNING).update(due_at=far)
        time.sleep(1)
        return Attempt.objects.filter(job=job, due_at=far).exists()

    wait_until(left_alone)
    keyed.always("poll", None)
    address = webhook_url(living.attempt(job).pk, "runware").removeprefix(settings.PUBLIC_URL)
    assert client.post(address, {}, content_type="application/json").status_code == 204
    wait_until(lambda: Job.objects.get(pk=job.pk).state == JobState.SUCCEEDED)
