"""What an answer to an order means: queued again, refused, in doubt, or running. Rule 3, 4 and 6."""

from __future__ import annotations

import contextlib
import itertools
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from generation import leases, polling, services, steps, sweep
from generation.models import Attempt, Job, ProviderAccount
from generation.providers.base import Context
from generation.providers.errors import (
    AlreadyAccepted,
    KeyRefused,
    NotAccepted,
    OutcomeUnknown,
    ProviderError,
    Refused,
)
from generation.states import AttemptState, JobState
from tests.engine.fakes import lost_answer
from tests.engine.stage import Died, Stage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState


def seconds_until_due(attempt: Attempt) -> float:
    assert attempt.due_at is not None
    return (attempt.due_at - datetime.now(UTC)).total_seconds()


def busy(**more: Any) -> NotAccepted:
    return NotAccepted("The provider is busy; this is tried again by itself.", code="throttled", **more)


def unavailable() -> NotAccepted:
    return NotAccepted("The provider is down; this is tried again by itself.", code="unavailable")


# --- proof that it was not accepted ----------------------------------------------------------------------------------


def test_not_accepted_waits_as_long_as_the_provider_asks(stage: Stage) -> None:
    stage.providers["paid"].play("submit", busy(retry_after=77.0))
    (job,) = stage.ask("paid")
    stage.answer()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.job.state, attempt.refusals, attempt.claims) == (S.QUEUED, JobState.QUEUED, 1, 0)
    assert seconds_until_due(attempt) == pytest.approx(77, abs=3)
    assert attempt.lease_token is None
    steps.submit_next(attempt.account_id)
    assert stage.providers["paid"].books.sent[attempt.pk] == 1, "it was sent before its time"
    stage.settle()
    stage.check_books()
    assert len(stage.events(job, "_started")) == 1


def test_without_a_word_the_wait_doubles_up_to_a_quarter_of_an_hour(stage: Stage) -> None:
    stage.providers["paid"].play("submit", *(busy() for _ in range(8)))
    (job,) = stage.ask("paid")
    for expected in (30, 60, 120, 240, 480, 900, 900, 900):
        stage.answer()
        stage.rung.clear()
        attempt = stage.attempt(job)
        assert attempt.state == S.QUEUED
        assert 0.78 * expected <= seconds_until_due(attempt) <= 1.2 * expected
        stage.pass_time()
        steps.submit_next(attempt.account_id)
        stage.rung.clear()
    # However often the provider is busy, that is no reason to give up.
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED
    stage.check_books()


def test_the_daily_limit_waits_for_the_next_day(stage: Stage) -> None:
    stage.providers["paid"].play("submit", busy(daily_limit=True))
    (job,) = stage.ask("paid")
    stage.answer()
    due = stage.attempt(job).due_at
    assert due is not None
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    assert due.date() == tomorrow
    assert (due.hour, due.minute) == (0, 0)


def test_an_unavailable_provider_is_asked_five_times(stage: Stage) -> None:
    stage.providers["paid"].always("submit", unavailable())
    (job,) = stage.ask("paid")
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.failure_code, attempt.job.state) == (S.FAILED, "unavailable", JobState.FAILED)
    assert stage.providers["paid"].books.sent[attempt.pk] == 5
    assert stage.events(job, "_failed")[0]["errorCode"] == "unavailable"
    stage.check_books()


def test_an_upload_that_fails_while_preparing_waits_too(stage: Stage) -> None:
    stage.providers["paid"].play("prepare", busy(retry_after=5.0))
    (job,) = stage.ask("paid")
    stage.answer()
    assert stage.attempt(job).state == S.QUEUED
    assert stage.attempt(job).send_started_at is None
    stage.settle()
    stage.check_books()


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["prepare", "submit"])
def test_a_refused_order_fails_and_says_what_to_do(stage: Stage, step: str) -> None:
    stage.providers["paid"].play(
        step, Refused("Shorten the prompt.", code="prompt_too_long", internal="their inner word")
    )
    (job,) = stage.ask("paid")
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.job.state) == (S.FAILED, JobState.FAILED)
    assert attempt.job.failure_text == "Shorten the prompt."
    assert attempt.failure_internal == "their inner word"
    (event,) = stage.events(job, "_failed")
    assert (event["error"], event["errorCode"]) == ("Shorten the prompt.", "prompt_too_long")
    assert "their inner word" not in str(stage.events())
    stage.check_books()


@pytest.mark.parametrize("step", ["prepare", "submit"])
def test_a_refused_key_pauses_the_account(stage: Stage, step: str) -> None:
    stage.providers["paid"].play(step, KeyRefused("The key is not valid. Enter a new one.", code="key_refused"))
    jobs = stage.ask("paid", 2)
    stage.answer()
    states = sorted(stage.attempt(job).state for job in jobs)
    assert states == [S.FAILED, S.QUEUED]
    account = ProviderAccount.objects.get(provider="paid")
    assert account.paused_until is not None
    assert account.paused_until > datetime.now(UTC) + timedelta(days=365)
    assert account.pause_reason == "The key is not valid. Enter a new one."
    stage.rung.clear()
    sweep.sweep()
    stage.answer()
    assert stage.providers["paid"].books.sent.total() == (1 if step == "submit" else 0)
    ProviderAccount.objects.update(paused_until=None)
    stage.settle()
    stage.check_books()


# --- in doubt --------------------------------------------------------------------------------------------------------


def test_a_lost_answer_of_a_provider_without_keys_is_held_and_never_sent_again(stage: Stage) -> None:
    paid = stage.providers["paid"]
    paid.play("answer", lost_answer)
    (job,) = stage.ask("paid")
    for _ in range(5):
        stage.settle()
        stage.end_leases()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.job.state, attempt.failure_code) == (S.UNKNOWN, JobState.UNKNOWN, "outcome_unknown")
    assert (paid.books.sent[attempt.pk], paid.books.charged) == (1, 40_000)
    assert attempt.ended_at is None
    assert len(stage.events(job, "_unknown")) == 1
    stage.check_books()


def test_a_lost_answer_of_a_provider_with_keys_is_asked_for_again(stage: Stage) -> None:
    keyed = stage.providers["keyed"]
    keyed.play("answer", lost_answer, lost_answer)
    (job,) = stage.ask("keyed")
    stage.settle()
    attempt = stage.attempt(job)
    assert attempt.state == S.SUCCEEDED
    assert keyed.books.sent[attempt.pk] == 2, "the repeat is answered with 'already accepted'"
    assert keyed.books.bought[attempt.pk] == 1
    stage.check_books()


def test_the_repeat_carries_the_same_body(stage: Stage) -> None:
    bodies: list[Any] = []
    uploads = itertools.count()
    keyed = stage.providers["keyed"]
    real = keyed.submit

    def submit(uuid: Any, body: Any, context: Context) -> Any:
        bodies.append((uuid, dict(body)))
        return real(uuid, body, context)

    keyed.submit = submit  # type: ignore[method-assign]
    keyed.prepare = lambda order, context: {"upload": next(uploads)}  # type: ignore[method-assign]
    keyed.play("answer", lost_answer)
    (job,) = stage.ask("keyed")
    stage.settle()
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]
    assert stage.attempt(job).state == S.SUCCEEDED


def test_a_provider_with_keys_that_never_answers_ends_in_doubt_and_not_in_a_loop(stage: Stage) -> None:
    keyed = stage.providers["keyed"]
    keyed.always("submit", OutcomeUnknown("No answer.", code="read_timeout"))
    (job,) = stage.ask("keyed")
    for _ in range(10):
        stage.pass_time()
        sweep.sweep()
        stage.answer()
    attempt = stage.attempt(job)
    # A provider that knows an order again is asked for a day, with longer and longer pauses.
    assert attempt.state == S.QUEUED
    assert keyed.books.sent[attempt.pk] > 6
    Attempt.objects.update(created_at=Now() - timedelta(hours=25))
    stage.settle()
    assert stage.attempt(job).state == S.UNKNOWN
    stage.check_books()


def test_a_fault_of_our_own_while_sending_is_as_unknown_as_a_lost_answer(stage: Stage) -> None:
    stage.providers["paid"].play("answer", KeyError("id"))
    (job,) = stage.ask("paid")
    stage.settle()
    attempt = stage.attempt(job)
    assert attempt.state == S.UNKNOWN
    assert "KeyError" in attempt.failure_internal
    assert "KeyError" not in attempt.failure_public
    stage.check_books()


def test_already_accepted_goes_on_to_look(stage: Stage) -> None:
    stage.providers["keyed"].play("submit", AlreadyAccepted("task-from-before"))
    (job,) = stage.ask("keyed")
    stage.answer()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.task_id) == (S.RUNNING, "task-from-before")


def test_a_doubtful_order_becomes_running_when_its_answer_turns_up(stage: Stage) -> None:
    """The sender was only slow: its lease ran out, the sweep gave up, and then the answer came."""
    (job,) = stage.ask("paid")

    def slow(*_: Any) -> None:
        stage.end_leases()
        sweep.sweep()
        assert stage.attempt(job).state == S.UNKNOWN

    stage.providers["paid"].play("answer", slow)
    stage.answer()
    attempt = stage.attempt(job)
    assert attempt.state == S.RUNNING
    assert attempt.job.state == JobState.RUNNING, "people must see that it goes on"
    stage.settle()
    assert stage.attempt(job).state == S.SUCCEEDED
    stage.check_books()


# --- preparing -------------------------------------------------------------------------------------------------------


def test_a_step_that_dies_while_preparing_is_tried_three_times(stage: Stage) -> None:
    paid = stage.providers["paid"]
    paid.always("prepare", ValueError("a fault of ours"))
    (job,) = stage.ask("paid")
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.failure_code, attempt.claims) == (S.FAILED, "kept_crashing", 3)
    assert paid.books.prepared[attempt.pk] == 3
    assert paid.books.sent.total() == 0
    stage.check_books()


def test_what_is_sent_is_frozen_before_the_first_byte_leaves(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    seen: list[tuple[str, Any, bool]] = []

    def look_at_the_row(*_: Any) -> None:
        attempt = stage.attempt(job)
        seen.append((attempt.state, attempt.body, connection.in_atomic_block))
        assert attempt.send_started_at is not None
        assert attempt.lease_until is not None
        left = (attempt.lease_until - datetime.now(UTC)).total_seconds()
        assert left == pytest.approx(120, abs=3)

    stage.providers["paid"].play("submit", look_at_the_row)
    stage.answer()
    attempt = stage.attempt(job)
    assert seen == [(S.SENDING, attempt.body, False)]
    assert attempt.body is not None
    assert len(attempt.body_hash) == 64


def test_everything_slow_happens_before_sending(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    states: list[str] = []
    stage.providers["paid"].play("prepare", lambda *_: states.append(stage.attempt(job).state))
    stage.answer()
    assert states == [S.CLAIMED]


def test_a_lost_lease_while_preparing_sends_nothing(stage: Stage) -> None:
    (job,) = stage.ask("paid")

    def lose_it(*_: Any) -> None:
        stage.end_leases()
        sweep.sweep()
        stage.rung.clear()

    stage.providers["paid"].play("prepare", lose_it)
    stage.answer_one()
    attempt = stage.attempt(job)
    assert (attempt.state, stage.providers["paid"].books.sent.total()) == (S.QUEUED, 0)
    stage.settle()
    assert stage.providers["paid"].books.sent[attempt.pk] == 1
    stage.check_books()


# --- stopping and cancelling while an order is on its way ------------------------------------------------------------


def test_a_stop_while_preparing_puts_the_order_back(stage: Stage) -> None:
    (job,) = stage.ask("paid")

    def stop(_: Any, context: Context) -> None:
        leases.stopping.set()
        context.check()

    for _ in range(4):  # however often: a restart is not the order's fault
        stage.providers["paid"].play("prepare", stop)
        stage.rung.clear()
        steps.submit_next(stage.attempt(job).account_id)
        attempt = stage.attempt(job)
        assert (attempt.state, attempt.claims, attempt.job.state) == (S.QUEUED, 0, JobState.QUEUED)
        leases.stopping.clear()
    stage.settle()
    stage.check_books()


@pytest.mark.parametrize("flavour", ["paid", "keyed"])
def test_a_stop_while_sending_finishes_the_order_in_hand(
    stage: Stage, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.progress.LOOK_SECONDS", 0.0)
    (job,) = stage.ask(flavour)

    def stop(_: Any, context: Context) -> None:
        leases.stopping.set()
        context.check()

    stage.providers[flavour].play("answer", stop)
    stage.answer()
    assert stage.attempt(job).state == S.RUNNING
    leases.stopping.clear()
    stage.settle()
    stage.check_books()
    assert stage.providers[flavour].books.sent.total() == 1


@pytest.mark.parametrize("flavour", ["paid", "keyed"])
def test_a_cancel_while_sending_waits_for_the_answer(
    stage: Stage, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.progress.LOOK_SECONDS", 0.0)
    (job,) = stage.ask(flavour)

    def cancel(_: Any, context: Context) -> None:
        services.cancel_job(opened=stage.opened, job=job)
        context.check()

    stage.providers[flavour].play("answer", cancel)
    stage.answer()
    attempt = stage.attempt(job)
    assert attempt.state == S.RUNNING
    sweep.sweep()
    stage.answer()
    assert stage.providers[flavour].books.cancelled[attempt.task_id] >= 1


def test_the_lease_of_an_order_on_its_way_is_kept_at_full_length(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.progress.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("generation.progress.RENEW_SECONDS", 0.0)
    (job,) = stage.ask("paid")
    left: list[float] = []

    def check(_: Any, context: Context) -> None:
        context.check()
        until = stage.attempt(job).lease_until
        assert until is not None
        left.append((until - datetime.now(UTC)).total_seconds())

    stage.providers["paid"].play("answer", check)
    stage.answer()
    assert left[0] == pytest.approx(120, abs=3)


def test_an_order_cancelled_on_its_way_and_not_accepted_ends_cancelled(stage: Stage) -> None:
    (job,) = stage.ask("paid")

    def cancel_and_be_busy(*_: Any) -> None:
        services.cancel_job(opened=stage.opened, job=job)
        raise busy()

    stage.providers["paid"].play("submit", cancel_and_be_busy)
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.job.state) == (S.CANCELLED, JobState.CANCELLED)
    assert len(stage.events(job, "_failed")) == 1
    stage.check_books()


def test_a_provider_that_was_taken_out_fails_its_orders_and_disturbs_no_others(stage: Stage) -> None:
    gone, stays = *stage.ask("paid"), *stage.ask("keyed")
    del stage.providers["paid"]
    stage.settle()
    assert stage.attempt(gone).state == S.FAILED
    assert stage.attempt(stays).state == S.SUCCEEDED


def test_a_provider_taken_out_with_orders_running_does_not_stop_the_looking(stage: Stage) -> None:
    gone, stays = *stage.ask("paid"), *stage.ask("keyed")
    stage.answer()
    assert stage.attempt(gone).state == stage.attempt(stays).state == S.RUNNING
    del stage.providers["paid"]
    for _ in range(3):
        stage.pass_time()
        for attempt in polling.claim_due():
            with contextlib.suppress(LookupError):
                polling.look(attempt)
        stage.answer()
    assert stage.attempt(stays).state == S.SUCCEEDED
    assert stage.attempt(gone).state == S.RUNNING, "it is paid for; the provider may come back"


def test_two_workers_and_one_order(stage: Stage) -> None:
    """One worker stops while preparing for longer than its lease; another takes over."""
    (job,) = stage.ask("paid")
    reached, go_on = threading.Event(), threading.Event()

    def stand_still(*_: Any) -> None:
        reached.set()
        assert go_on.wait(20)

    stage.providers["paid"].play("prepare", stand_still)
    account = stage.attempt(job).account_id

    def work() -> None:
        try:
            steps.submit_next(account)
        finally:
            connection.close()

    first = threading.Thread(target=work)
    first.start()
    assert reached.wait(20)
    stage.end_leases()
    sweep.sweep()
    stage.settle()
    go_on.set()
    first.join(20)
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.claims) == (S.SUCCEEDED, 2)
    assert stage.providers["paid"].books.sent.total() == 1
    stage.check_books()


@pytest.mark.parametrize("error", [ProviderError("No.", code="odd"), Died("as by kill -9")], ids=["odd error", "death"])
def test_death_or_oddity_after_the_first_byte_is_never_repeated(stage: Stage, error: BaseException) -> None:
    paid = stage.providers["paid"]
    paid.play("answer", error)
    (job,) = stage.ask("paid")
    if stage.live_until_death():
        stage.be_reborn()
        stage.settle()
    sweep.sweep()
    assert stage.attempt(job).state == S.UNKNOWN
    assert paid.books.bought.total() == 1
    assert Job.objects.get().state == JobState.UNKNOWN
    stage.check_books()
