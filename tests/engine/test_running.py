"""Looking at what runs, bringing it home, cancelling it, trying it again. Rules 8 to 12."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from generation import claims, leases, polling, retrying, services, steps, sweep
from generation.catalogue import ImpossibleRequest
from generation.models import Attempt, Job, ProviderAccount
from generation.providers.base import Context, Submission, TaskState, TaskStatus
from generation.providers.errors import (
    KeyRefused,
    OutputExpired,
    OutputUnusable,
    PollFailed,
    Refused,
    TaskMissing,
)
from generation.states import AttemptState, JobState
from scenes.models import Asset, Take
from tests.engine.fakes import CANCELLED, FAILED, FLAVOURS, RUNNING, blocks_until
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState


def running(stage: Stage, flavour: str = "paid") -> tuple[Job, Attempt]:
    """Ask for one still and have it accepted."""
    (job,) = stage.ask(flavour)
    stage.answer()
    attempt = stage.attempt(job)
    assert attempt.state == S.RUNNING
    stage.pass_time()
    return job, attempt


def seconds_until_due(attempt: Attempt) -> float:
    assert attempt.due_at is not None
    return (attempt.due_at - datetime.now(UTC)).total_seconds()


# --- looking ---------------------------------------------------------------------------------------------------------


def test_the_first_look_and_the_next_keep_to_the_providers_spacing(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    stage.answer()
    assert seconds_until_due(stage.attempt(job)) == pytest.approx(5, abs=1)
    assert polling.claim_due() == []
    stage.pass_time()
    stage.providers["paid"].play("poll", TaskStatus(RUNNING))
    stage.look()
    assert 4 <= seconds_until_due(stage.attempt(job)) <= 5.5
    assert polling.claim_due() == []


def test_progress_and_words_that_go_backwards_change_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed: list[dict[str, Any]] = []
    monkeypatch.setattr("projects.live.push", lambda project_id, message: pushed.append(dict(message)))
    job, attempt = running(stage)
    before = stage.events()
    stage.providers["paid"].play(
        "poll",
        TaskStatus(RUNNING, 0.8),
        TaskStatus(TaskState.WAITING, 0.1),
        TaskStatus(RUNNING, None),
    )
    for _ in range(3):
        stage.pass_time()
        stage.look()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.version) == (S.RUNNING, 3)
    assert stage.events() == before
    progress = [message for message in pushed if message["type"] == "image_generation_progress"]
    assert [message["progress"] for message in progress] == [0.8, 0.1]
    assert {message["jobId"] for message in progress} == {str(job.pk)}
    assert all("seq" not in message for message in progress)
    stage.settle()
    stage.check_books()


def test_failed_looks_back_off_and_a_good_one_forgets_them(stage: Stage) -> None:
    job, _ = running(stage)
    paid = stage.providers["paid"]
    paid.play("poll", *(PollFailed("Not reached.", code="poll_failed") for _ in range(6)))
    for expected in (5, 10, 20, 40, 60, 60):
        stage.pass_time()
        stage.look()
        assert expected * 0.98 - 1 <= seconds_until_due(stage.attempt(job)) <= expected * 1.2
    assert stage.attempt(job).poll_failures == 6
    paid.play("poll", PollFailed("Slow down.", code="throttled", retry_after=33.0), TaskStatus(RUNNING))
    stage.pass_time()
    stage.look()
    assert seconds_until_due(stage.attempt(job)) >= 31
    stage.pass_time()
    stage.look()
    assert (stage.attempt(job).state, stage.attempt(job).poll_failures) == (S.RUNNING, 0)
    stage.settle()
    stage.check_books()


def test_a_key_refused_while_looking_pauses_and_keeps_looking(stage: Stage) -> None:
    job, _ = running(stage)
    stage.providers["paid"].play("poll", KeyRefused("The key has no credit.", code="no_credit"))
    stage.look()
    assert stage.attempt(job).state == S.RUNNING
    assert ProviderAccount.objects.get(provider="paid").pause_reason == "The key has no credit."
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED


def test_success_without_output_is_a_failure_with_its_cost(stage: Stage) -> None:
    job, _ = running(stage)
    stage.providers["paid"].play("poll", TaskStatus(TaskState.SUCCEEDED, cost=40_000))
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.failure_code, attempt.cost) == (S.FAILED, "no_output", 40_000)
    stage.check_books()


def test_failed_after_a_partial_cost_books_the_cost(stage: Stage) -> None:
    job, _ = running(stage)
    stage.providers["paid"].play(
        "poll",
        TaskStatus(FAILED, cost=15_000, failure_code="moderated", failure_public="Reword it.", failure_internal="x"),
    )
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.cost, attempt.failure_code) == (S.FAILED, 15_000, "moderated")
    assert attempt.job.failure_text == "Reword it."
    stage.check_books()


def test_past_the_deadline_there_is_a_last_look_and_then_doubt(stage: Stage) -> None:
    job, attempt = running(stage)
    paid = stage.providers["paid"]
    Attempt.objects.update(deadline_at=Now() - timedelta(seconds=1))
    paid.play("poll", TaskStatus(RUNNING))
    stage.look()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.failure_code, attempt.job.state) == (S.UNKNOWN, "deadline", JobState.UNKNOWN)
    assert paid.books.looks[attempt.task_id] == 1
    assert seconds_until_due(attempt) == pytest.approx(300, abs=5)
    # It is looked at seldom, and a word that is no end changes nothing.
    stage.pass_time()
    paid.play("poll", TaskStatus(RUNNING))
    stage.look()
    assert stage.attempt(job).state == S.UNKNOWN
    # Then it is done after all.
    stage.pass_time()
    stage.look()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.job.state) == (S.FETCHING, JobState.RUNNING)
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED
    stage.check_books()


@pytest.mark.parametrize("word", [FAILED, CANCELLED])
def test_doubt_ends_with_the_providers_word(stage: Stage, word: TaskState) -> None:
    job, _ = running(stage)
    Attempt.objects.update(deadline_at=Now() - timedelta(seconds=1))
    stage.providers["paid"].play("poll", PollFailed("No.", code="poll_failed"), TaskStatus(word, cost=7))
    stage.look()
    assert stage.attempt(job).state == S.UNKNOWN
    stage.pass_time()
    stage.look()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.cost) == (S.FAILED if word == FAILED else S.CANCELLED, 7)
    stage.check_books()


def test_a_success_at_the_deadline_counts(stage: Stage) -> None:
    job, _ = running(stage)
    Attempt.objects.update(deadline_at=Now() - timedelta(hours=1))
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED


def test_a_task_that_the_provider_does_not_know_is_in_doubt(stage: Stage) -> None:
    job, _ = running(stage)
    stage.providers["paid"].play("poll", TaskMissing("It does not know this task.", code="task_missing"))
    stage.look()
    assert (stage.attempt(job).state, stage.attempt(job).failure_code) == (S.UNKNOWN, "task_missing")
    stage.check_books()


def test_doubt_without_a_task_is_never_looked_at(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    stage.providers["paid"].play("answer", ConnectionResetError())
    stage.settle()
    assert stage.attempt(job).state == S.UNKNOWN
    stage.pass_time()
    assert polling.claim_due() == []


def test_two_pollers_never_look_twice(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one comes while the first has read the rows and not yet planned the next look."""
    jobs = stage.ask("paid", 8)
    stage.answer()
    stage.pass_time()
    read, second_is_done = threading.Event(), threading.Event()
    spacing = polling._spacing
    seen: list[Any] = []

    def dawdle(attempt: Attempt) -> float:
        if not read.is_set():
            read.set()
            # On SQLite the second one cannot be done before the first: waiting ends by the clock there.
            second_is_done.wait(1)
        return spacing(attempt)

    monkeypatch.setattr(polling, "_spacing", dawdle)

    def poll() -> None:
        try:
            seen.extend(attempt.pk for attempt in polling.claim_due())
        finally:
            connection.close()

    first = threading.Thread(target=poll)
    first.start()
    assert read.wait(20)

    def poll_second() -> None:
        poll()
        second_is_done.set()

    second = threading.Thread(target=poll_second)
    second.start()
    for thread in (first, second):
        thread.join(30)
    assert sorted(seen) == sorted(stage.attempt(job).pk for job in jobs)


# --- bringing it home ------------------------------------------------------------------------------------------------


def test_outputs_that_come_with_the_answer_are_fetched_without_a_look(stage: Stage) -> None:
    paid = stage.providers["paid"]
    paid.play("answer", lambda uuid, context: Submission(f"t-{uuid}", paid.outputs_of(f"t-{uuid}")))
    (job,) = stage.ask("paid")
    stage.answer()
    assert stage.attempt(job).state == S.SUCCEEDED
    assert not paid.books.looks
    stage.check_books()


def test_an_expired_link_is_looked_up_again(stage: Stage) -> None:
    job, attempt = running(stage)
    paid = stage.providers["paid"]
    paid.play("fetch", OutputExpired("The link has run out.", code="expired"))
    stage.look()
    first = stage.attempt(job).done_at
    stage.settle()
    attempt = stage.attempt(job)
    assert attempt.state == S.SUCCEEDED
    assert (paid.books.looks[attempt.task_id], attempt.fetch_claims) == (2, 2)
    assert attempt.done_at == first
    stage.check_books()


def test_a_link_that_is_always_expired_is_asked_for_less_and_less_and_given_up_after_20_hours(stage: Stage) -> None:
    job, _ = running(stage)
    paid = stage.providers["paid"]
    paid.always("fetch", OutputExpired("The link has run out.", code="expired"))
    waits = []
    for _ in range(5):
        stage.pass_time()
        stage.look()
        stage.answer()
        attempt = stage.attempt(job)
        assert attempt.state == S.RUNNING
        waits.append(seconds_until_due(attempt))
    assert waits[0] < 1
    assert waits[1] < waits[2] < waits[3]
    assert waits[4] > 100
    Attempt.objects.update(done_at=Now() - timedelta(hours=21))
    stage.settle()
    assert (stage.attempt(job).state, stage.attempt(job).failure_code) == (S.OUTPUT_LOST, "output_lost")
    stage.check_books()


def test_rubbish_from_a_provider_is_fetched_again_and_never_stored(stage: Stage) -> None:
    job, _ = running(stage)
    stage.providers["paid"].play("fetch", b"<html>502 Bad Gateway</html>", b"")
    stage.look()
    stage.answer()
    attempt = stage.attempt(job)
    assert attempt.state == S.FETCHING
    assert attempt.lease_until is None
    assert Asset.objects.count() == Take.objects.count() == 0
    stage.settle()
    assert stage.attempt(job).fetch_claims == 3
    stage.check_books()


def test_what_is_paid_for_is_fetched_for_20_hours_and_then_lost(stage: Stage) -> None:
    job, _ = running(stage)
    paid = stage.providers["paid"]
    paid.always("fetch", OutputUnusable("It is a web page.", code="wrong_type"))
    for _ in range(10):
        stage.pass_time()
        stage.look()
        sweep.sweep()
        stage.answer()
    attempt = stage.attempt(job)
    assert attempt.state == S.FETCHING
    assert attempt.fetch_claims == 10
    assert seconds_until_due(attempt) > 600
    Attempt.objects.update(done_at=Now() - timedelta(hours=21))
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.job.state, attempt.cost) == (S.OUTPUT_LOST, JobState.FAILED, 40_000)
    assert len(stage.events(job, "_failed")) == 1
    stage.check_books()


def test_local_work_that_keeps_failing_is_stopped_after_three_tries(stage: Stage) -> None:
    stage.providers["local"].always("fetch", ValueError("a fault of ours"))
    (job,) = stage.ask("local")
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.failure_code, attempt.fetch_claims) == (S.FAILED, "kept_crashing", 3)
    assert "ValueError" not in attempt.failure_public
    stage.check_books()


def test_local_work_that_kills_its_process_is_stopped_after_three_tries(stage: Stage) -> None:
    (job,) = stage.ask("local")
    stage.settle_but_die_at("fetch claimed", 5)
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.failure_code) == (S.FAILED, "kept_crashing")
    stage.check_books()


def test_refused_while_fetching_fails(stage: Stage) -> None:
    stage.providers["local"].always("fetch", Refused("This cannot be drawn.", code="impossible"))
    (job,) = stage.ask("local")
    stage.settle()
    assert (stage.attempt(job).state, stage.attempt(job).failure_code) == (S.FAILED, "impossible")
    stage.check_books()


def test_a_stop_while_fetching_gives_the_work_back_uncounted(stage: Stage) -> None:
    (job,) = stage.ask("local")

    def stop(*arguments: Any) -> None:
        leases.stopping.set()
        arguments[-1].check()

    stage.providers["local"].play("fetch", stop)
    stage.answer()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.fetch_claims, attempt.lease_until) == (S.FETCHING, 0, None)
    leases.stopping.clear()
    stage.settle()
    stage.check_books()


def test_the_lease_is_renewed_while_the_work_goes_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.progress.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("generation.progress.RENEW_SECONDS", 0.0)
    (job,) = stage.ask("local")

    def work(_: Any, destination: Path, context: Context) -> None:
        stage.end_leases()
        context.report(0.25)
        context.check()
        attempt = stage.attempt(job)
        assert attempt.lease_until is not None
        assert attempt.lease_until > datetime.now(UTC) + timedelta(minutes=9)
        assert attempt.progress == 0.25

    stage.providers["local"].play("fetch", work)
    stage.answer()
    assert stage.attempt(job).state == S.SUCCEEDED


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_two_workers_fetch_and_one_result_counts(stage: Stage, flavour: str) -> None:
    """One worker stands still for longer than its lease; another does the work; the first one wakes up."""
    (job,) = stage.ask(flavour)
    fake = stage.providers[flavour]
    reached, go_on = threading.Event(), threading.Event()

    def stand_still(*_: Any) -> None:
        reached.set()
        assert go_on.wait(20)

    fake.play("fetch", stand_still)
    while stage.attempt(job).state != S.FETCHING:
        stage.answer_one()
        stage.pass_time()
        if not stage.rung:
            stage.look()
    attempt = stage.attempt(job)
    stage.rung.clear()

    def work() -> None:
        try:
            steps.collect(attempt.pk)
        finally:
            connection.close()

    first = threading.Thread(target=work)
    first.start()
    assert reached.wait(20)
    stage.end_leases()
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED
    after = Attempt.objects.values().get()
    go_on.set()
    first.join(20)
    assert Attempt.objects.values().get() == after
    stage.check_books()


def test_a_worker_that_lost_its_lease_writes_nothing_while_another_is_at_it(stage: Stage) -> None:
    (job,) = stage.ask("local")

    def stand_still(*_: Any) -> None:
        stage.end_leases()
        assert claims.claim_fetch(stage.attempt(job).pk) is not None

    stage.providers["local"].play("fetch", stand_still)
    stage.answer()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.fetch_claims) == (S.FETCHING, 2)
    assert attempt.lease_until is not None
    assert attempt.lease_until > datetime.now(UTC), "the other one's lease stands"
    assert Take.objects.count() == Asset.objects.count() == 0
    stage.end_leases()
    stage.settle()
    stage.check_books()


def test_a_lost_lease_ends_the_work_at_the_next_check(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.progress.LOOK_SECONDS", 0.0)
    (job,) = stage.ask("local")
    outcome: list[str] = []

    def work(_: Any, destination: Path, context: Context) -> None:
        stage.end_leases()
        steps.collect(stage.attempt(job).pk)  # somebody else does it meanwhile
        try:
            context.check()
        except Exception as error:
            outcome.append(type(error).__name__)
            raise

    stage.providers["local"].play("fetch", work)
    stage.answer()
    assert outcome == ["LeaseLost"]
    assert stage.attempt(job).state == S.SUCCEEDED
    stage.check_books()


# --- cancel ----------------------------------------------------------------------------------------------------------


def test_cancel_before_it_was_sent_costs_nothing(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    services.cancel_job(opened=stage.opened, job=job)
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.job.state) == (S.CANCELLED, JobState.CANCELLED)
    assert "Carol" in attempt.failure_public
    assert stage.providers["paid"].books.sent.total() == 0
    assert stage.events(job, "_failed")[0]["status"] == "cancelled"
    stage.check_books()


def test_cancel_while_preparing_sends_nothing(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    stage.providers["paid"].play("prepare", lambda *_: services.cancel_job(opened=stage.opened, job=job))
    stage.settle()
    assert stage.attempt(job).state == S.CANCELLED
    assert stage.providers["paid"].books.sent.total() == 0
    stage.check_books()


def test_cancel_while_running_is_settled_by_the_providers_word(stage: Stage) -> None:
    job, attempt = running(stage)
    paid = stage.providers["paid"]
    services.cancel_job(opened=stage.opened, job=job)
    stage.answer()
    assert paid.books.cancelled[attempt.task_id] == 1
    assert stage.attempt(job).state == S.RUNNING, "it has not ended yet"
    paid.play("poll", TaskStatus(CANCELLED, cost=12_000))
    stage.look()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.cost, attempt.job.state) == (S.CANCELLED, 12_000, JobState.CANCELLED)
    stage.check_books()


def test_cancel_that_comes_too_late_keeps_what_was_paid_for(stage: Stage) -> None:
    job, _ = running(stage)
    services.cancel_job(opened=stage.opened, job=job)
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED
    stage.check_books()


def test_a_cancel_that_the_provider_did_not_hear_is_sent_again_by_the_sweep(stage: Stage) -> None:
    job, attempt = running(stage)
    paid = stage.providers["paid"]
    paid.play("cancel", PollFailed("Not reached.", code="poll_failed"))
    services.cancel_job(opened=stage.opened, job=job)
    stage.answer()
    sweep.sweep()
    stage.answer()
    assert paid.books.cancelled[attempt.task_id] == 2


def test_cancel_stops_local_work(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.progress.LOOK_SECONDS", 0.0)
    (job,) = stage.ask("local")

    def work(*arguments: Any) -> None:
        services.cancel_job(opened=stage.opened, job=job)
        arguments[-1].check()

    stage.providers["local"].play("fetch", work)
    stage.settle()
    assert (stage.attempt(job).state, stage.attempt(job).job.state) == (S.CANCELLED, JobState.CANCELLED)
    stage.check_books()


def test_a_cancelled_worker_stops_within_its_next_look(stage: Stage) -> None:
    (job,) = stage.ask("local")
    reached, never = threading.Event(), threading.Event()
    stage.providers["local"].play("fetch", blocks_until(never, reached))

    def work() -> None:
        try:
            stage.answer()
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert reached.wait(20)
    services.cancel_job(opened=stage.opened, job=job)
    worker.join(20)
    assert not worker.is_alive()
    stage.settle()
    assert stage.attempt(job).state == S.CANCELLED
    stage.check_books()


def test_cancelling_what_has_ended_changes_nothing(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    stage.settle()
    before = (Attempt.objects.values().get(), Job.objects.values().get())
    services.cancel_job(opened=stage.opened, job=job)
    assert (Attempt.objects.values().get(), Job.objects.values().get()) == before


def test_a_batch_is_cancelled_as_a_whole(stage: Stage) -> None:
    jobs = stage.ask("paid", 5)
    assert services.cancel_batch(opened=stage.opened, batch=jobs[0].batch) == 5
    stage.settle()
    assert {stage.attempt(job).state for job in jobs} == {S.CANCELLED}
    stage.check_books()


# --- again -----------------------------------------------------------------------------------------------------------


def test_what_failed_or_was_cancelled_can_be_asked_for_again(stage: Stage) -> None:
    stage.providers["paid"].play("submit", Refused("No.", code="refused"))
    failed, cancelled = stage.ask("paid", 2)
    services.cancel_job(opened=stage.opened, job=cancelled)
    stage.settle()
    for job in (failed, cancelled):
        job.refresh_from_db()
        batch = retrying.retry_job(opened=stage.opened, job=job)
        (again,) = stage.jobs_of(batch)
        assert again.pk != job.pk
        assert again.fingerprint == job.fingerprint
        assert batch.title == "Again: Stills"
    stage.settle()
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 2
    stage.check_books()


def test_what_goes_on_is_in_doubt_or_is_done_cannot_be_asked_for_again(stage: Stage) -> None:
    stage.providers["paid"].play("answer", ConnectionResetError())
    doubtful, done = stage.ask("paid", 2)
    with pytest.raises(ImpossibleRequest):
        retrying.retry_job(opened=stage.opened, job=done)
    stage.settle()
    for job in (doubtful, done):
        job.refresh_from_db()
        with pytest.raises(ImpossibleRequest):
            retrying.retry_job(opened=stage.opened, job=job)
    assert {doubtful.state, done.state} == {JobState.UNKNOWN, JobState.SUCCEEDED}


def test_a_job_of_another_project_is_not_touched(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    other = stage.opened.project.__class__.objects.create(team=stage.opened.project.team, name="Another")
    elsewhere = type(stage.opened)(project=other, user=stage.opened.user, role=stage.opened.role)
    services.cancel_job(opened=elsewhere, job=job)
    assert stage.attempt(job).state == S.QUEUED
    assert stage.attempt(job).job.cancel_requested_at is None


def test_what_stands_in_the_providers_queue_is_not_in_doubt(stage: Stage) -> None:
    """The time for making it begins when it is being made; a day in the queue is a fault all the same."""
    job, attempt = running(stage)
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=Now() - timedelta(seconds=1))
    stage.providers["paid"].always("poll", TaskStatus(TaskState.WAITING))
    stage.look()
    attempt = stage.attempt(job)
    assert attempt.state == S.RUNNING
    assert attempt.deadline_at is not None
    assert attempt.deadline_at > datetime.now(UTC)
    long_ago = Now() - timedelta(hours=25)
    Attempt.objects.filter(pk=attempt.pk).update(accepted_at=long_ago, deadline_at=long_ago)
    stage.pass_time()
    stage.look()
    assert stage.attempt(job).state == S.UNKNOWN


def test_looks_that_break_end_in_doubt_and_not_in_silence(stage: Stage) -> None:
    """A fault of ours in reading an answer must not hold money for ever."""
    job, attempt = running(stage)
    stage.providers["paid"].always("poll", ArithmeticError("no number"))
    polling._look_safely(Attempt.objects.select_related("job", "account").get(pk=attempt.pk))
    assert stage.attempt(job).state == S.RUNNING
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=Now() - timedelta(seconds=1))
    polling._look_safely(Attempt.objects.select_related("job", "account").get(pk=attempt.pk))
    assert stage.attempt(job).state == S.UNKNOWN
