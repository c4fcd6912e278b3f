"""The real worker on the configured queue: threads, ticker and poller together."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import dramatiq
import pytest
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from generation import leases, services
from generation.management.commands import worker as command
from generation.models import Attempt, Job, ProviderAccount
from generation.providers.base import TaskStatus
from generation.states import JOB_OPEN, AttemptState, JobState
from generation.worker import Working
from tests.engine.fakes import CANCELLED, RUNNING, blocks_until, lost_answer
from tests.engine.stage import Stage, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState
Start = Callable[[], Working]


def nothing_open() -> bool:
    return not Job.objects.filter(state__in=JOB_OPEN).exists()


def test_forty_jobs_go_to_the_end(living: Stage, working: Start) -> None:
    living.providers["paid"].play("answer", lost_answer)
    living.providers["keyed"].play("answer", lost_answer)
    working()
    for flavour, count in (("local", 20), ("paid", 10), ("keyed", 10)):
        living.ask(flavour, count)
    wait_until(nothing_open)
    living.check_books()
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 39
    assert Attempt.objects.get(state=S.UNKNOWN).provider == "paid"
    assert set(living.providers["local"].books.fetches.values()) == {1}


def test_losing_every_message_costs_a_sweep(living: Stage, working: Start) -> None:
    working()
    jobs = living.ask("local", 6) + living.ask("paid", 6)
    broker = dramatiq.get_broker()

    def flushed_and_done() -> bool:
        broker.flush_all()
        return nothing_open()

    wait_until(flushed_and_done)
    living.check_books()
    assert {living.attempt(job).state for job in jobs} == {S.SUCCEEDED}


def test_what_was_asked_for_while_nobody_worked_is_found_at_the_start(living: Stage, working: Start) -> None:
    jobs = living.ask("paid", 5)
    dramatiq.get_broker().flush_all()
    working()
    wait_until(nothing_open)
    living.check_books()
    assert {living.attempt(job).state for job in jobs} == {S.SUCCEEDED}


def test_a_stop_gives_back_what_is_in_hand_and_the_next_worker_finishes_it(living: Stage, working: Start) -> None:
    never, reached = threading.Event(), threading.Event()
    local = living.providers["local"]
    local.always("fetch", blocks_until(never, reached))
    worker = working()
    jobs = living.ask("local", 3) + living.ask("paid", 3)
    assert reached.wait(20)
    worker.stop(timeout_seconds=10)
    assert leases.stopping.is_set()
    assert not Attempt.objects.filter(state__in=[S.CLAIMED, S.SENDING]).exists()
    assert not Attempt.objects.filter(state=S.FETCHING).exclude(lease_until=None).exists()
    assert not [thread for thread in threading.enumerate() if thread.name == "ticker"]
    local.always("fetch", None)
    working()
    wait_until(nothing_open)
    living.check_books()
    assert {living.attempt(job).state for job in jobs} == {S.SUCCEEDED}
    assert living.providers["paid"].books.sent.total() == 3


def test_a_stop_finishes_the_order_in_hand(living: Stage, working: Start) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def slow_answer(*_: object) -> None:
        reached.set()
        assert go_on.wait(20)

    living.providers["paid"].play("answer", slow_answer)
    worker = working()
    (job,) = living.ask("paid")
    assert reached.wait(20)
    threading.Timer(0.3, go_on.set).start()
    worker.stop(timeout_seconds=10)
    assert living.attempt(job).state == S.RUNNING
    working()
    wait_until(nothing_open)
    living.check_books()


def test_cancel_reaches_a_running_provider(living: Stage, working: Start) -> None:
    paid = living.providers["paid"]
    cancelled = threading.Event()
    paid.always("cancel", lambda *_: cancelled.set())
    paid.always("poll", lambda *_: TaskStatus(CANCELLED if cancelled.is_set() else RUNNING))
    worker = working()
    (job,) = living.ask("paid")
    wait_until(lambda: living.attempt(job).state == S.RUNNING)
    services.cancel_job(opened=living.opened, job=job)
    wait_until(nothing_open)
    worker.stop()
    assert living.attempt(job).state == S.CANCELLED
    living.check_books()


def test_two_workers_of_one_queue_do_everything_once(living: Stage, working: Start) -> None:
    working()
    working()
    for flavour in ("local", "paid", "keyed"):
        living.ask(flavour, 8)
    wait_until(nothing_open)
    living.check_books()
    for fake in living.providers.values():
        assert set(fake.books.sent.values()) == {1}


def test_the_start_fits_local_places_to_this_machine(living: Stage, working: Start, settings: Settings) -> None:
    living.ask("local", 9)
    settings.ENGINE = {**settings.ENGINE, "LOCAL_RENDERS": 3}
    working()
    assert ProviderAccount.objects.get(provider="local").max_concurrent == 3
    wait_until(nothing_open)
    living.check_books()


def test_a_worker_that_is_started_first_waits_until_the_database_is_prepared(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []
    applied = MigrationRecorder.Migration.objects.filter(app="scenes").order_by("-name")
    latest = applied[0]
    latest.delete()

    class Idle(Working):
        def start(self) -> None:
            done.append("started")
            handlers[signal.SIGTERM]()

        def stop(self, timeout_seconds: float = 0) -> None:
            done.append("stopped")

    handlers: dict[int, Callable[..., object]] = {}
    real = command._unprepared

    def look() -> bool:
        missing = real()
        done.append("waits" if missing else "prepared")
        if done.count("waits") == 2:
            MigrationRecorder.Migration.objects.get_or_create(app=latest.app, name=latest.name)
        return missing

    try:
        monkeypatch.setattr(command, "_unprepared", look)
        monkeypatch.setattr(command, "LOOK_SECONDS", 0.01)
        monkeypatch.setattr(command, "Working", Idle)
        monkeypatch.setattr(signal, "signal", handlers.__setitem__)
        settings.REDIS_URL = settings.REDIS_URL or "redis://127.0.0.1:1/0"
        call_command("worker")
    finally:
        MigrationRecorder.Migration.objects.get_or_create(app=latest.app, name=latest.name)
    assert done == ["waits", "waits", "prepared", "started", "stopped"]
    assert capsys.readouterr().out.count("this worker waits") == 1
