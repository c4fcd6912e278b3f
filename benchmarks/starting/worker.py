"""Jobs that start: when they were committed, and when the worker began to prepare them."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from django.core.management import call_command
from django.db import transaction

from benchmarks import stage
from generation import execution, worker
from generation.models import Job, ProviderAccount
from generation.providers.base import Context, Json, Order, Output, Submission, TaskStatus, Traits
from projects import queue
from projects.models import Project

FAR_AWAY = 1e6


class BenchProvider:
    """Notes when each order is prepared, the first thing that happens to it once it is CLAIMED; then runs for ever."""

    name: ClassVar[str] = "bench"
    traits: ClassVar[Traits] = Traits(safe_to_resend=False, first_poll_after=FAR_AWAY)

    def __init__(self) -> None:
        self.prepared: dict[str, float] = {}

    def prepare(self, order: Order, context: Context) -> Json:
        """Note the moment."""
        self.prepared[str(order.uuid)] = time.monotonic()
        return {}

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Take it."""
        return Submission(task_id=str(uuid))

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        raise NotImplementedError

    def cancel(self, task_id: str, context: Context) -> None:
        raise NotImplementedError

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        raise NotImplementedError


_provider = BenchProvider()
execution.registry = lambda: {_provider.name: _provider}  # type: ignore[assignment]


def set_up() -> None:
    """Make the tables and the account, unless an earlier process has."""
    call_command("migrate", verbosity=0, interactive=False)
    if not Project.objects.exists():
        stage.open_house()
        stage.account_of(_provider.name, 100_000)


def work(queue_look_ms: int | None = None) -> None:
    """Start a worker in this process.

    Args:
        queue_look_ms: how seldom it looks at the queue at most; the product's own setting when None.
    """
    worker.QUEUE_LOOK_MS = queue_look_ms or worker.QUEUE_LOOK_MS
    worker.Working().start()


def start_jobs(count: int, pause: float) -> dict[str, float]:
    """Ask for jobs, one after the other; return the moment after each commit, by attempt."""
    project, account = Project.objects.get(), ProviderAccount.objects.get()
    committed: dict[str, float] = {}
    for _ in range(count):
        begun = time.monotonic()
        with transaction.atomic():
            (attempt,) = stage.add_attempts(project, account, 1)
            # Registered first, so it runs before the bell rings.
            transaction.on_commit(partial(_note, committed, str(attempt.pk)))
            queue.ring_after_commit("generation.submit", str(account.pk))
        time.sleep(max(pause - (time.monotonic() - begun), 0))
    return committed


def _note(moments: dict[str, float], key: str) -> None:
    moments[key] = time.monotonic()


def prepared() -> dict[str, float]:
    """Wait until everything that was asked for has begun; return when, by attempt, by a clock all processes share."""
    ends = time.monotonic() + 20
    while Job.objects.filter(state="queued").exists() and time.monotonic() < ends:
        time.sleep(0.1)
    time.sleep(0.2)
    return _provider.prepared


def late(count: int, pause: float) -> list[float]:
    """Ask and work in this one process; return the seconds from commit to start."""
    committed = start_jobs(count, pause)
    began = prepared()
    return [began[pk] - at for pk, at in committed.items()]
