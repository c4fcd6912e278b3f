"""A worker process that the kill test ends with ``kill -9``; its providers keep their books in a file.

    python -m tests.engine.doomed BOOKS [naive]

``naive`` replaces the engine's submit by one that sends first and saves after: the negative control.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import django

django.setup()

from django.db.models.functions import Now  # noqa: E402

from generation import claims, execution, steps  # noqa: E402
from generation.media import gate  # noqa: E402
from generation.models import Attempt  # noqa: E402
from generation.providers.base import Context, Json, Submission, TaskStatus, Traits  # noqa: E402
from generation.providers.errors import AlreadyAccepted  # noqa: E402
from generation.states import AttemptState  # noqa: E402
from generation.worker import Working  # noqa: E402
from projects import queue  # noqa: E402
from tests.engine.fakes import RUNNING, FakeProvider, admit_pictures  # noqa: E402

RENDER_SECONDS = 0.3


class FiledProvider(FakeProvider):
    """Slow enough to be killed anywhere; each order is on disk before its answer is given."""

    def __init__(self, books: Path) -> None:
        super().__init__()
        self.file = books

    def write(self, word: str, uuid: UUID | str) -> None:
        """Put a line into the books and wait until it is on disk."""
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{self.name} {word} {uuid} {time.time()}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def bought_at(self, uuid: UUID | str) -> float | None:
        """Return when an order was taken first."""
        for line in self.file.read_text().splitlines() if self.file.exists() else []:
            if line.startswith(f"{self.name} bought {uuid} "):
                return float(line.split()[3])
        return None

    def prepare(self, order: Any, context: Context) -> Json:
        time.sleep(0.02)
        return super().prepare(order, context)

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        time.sleep(0.02)
        task_id = f"task-{uuid}"
        if self.traits.safe_to_resend and self.bought_at(uuid) is not None:
            if not self.traits.computes_on_fetch:
                raise AlreadyAccepted(task_id)
        else:
            self.write("bought", uuid)
        time.sleep(0.06)
        return Submission(task_id, self.outputs_of(task_id) if self.traits.computes_on_fetch else None)

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        at = self.bought_at(task_id.removeprefix("task-"))
        time.sleep(0.01)
        return self.done(task_id) if at is not None and time.time() - at > RENDER_SECONDS else TaskStatus(RUNNING, 0.5)

    def fetch(self, body: Json, output: Any, destination: Path, context: Context) -> None:
        for _ in range(5):
            time.sleep(0.02)
            context.check()
        super().fetch(body, output, destination, context)


class Paid(FiledProvider):
    name: ClassVar[str] = "paid"
    traits: ClassVar[Traits] = Traits(safe_to_resend=False, first_poll_after=0.2, poll_spacing=0.2)


class Keyed(FiledProvider):
    name: ClassVar[str] = "keyed"
    traits: ClassVar[Traits] = Traits(safe_to_resend=True, first_poll_after=0.2, poll_spacing=0.2)


class Local(FiledProvider):
    name: ClassVar[str] = "local"
    traits: ClassVar[Traits] = Traits(safe_to_resend=True, computes_on_fetch=True, charges=False)


def naive_submit_next(account_id: UUID) -> None:
    """Send first, save after: what a plain design does, and what the engine exists to avoid."""
    attempt = claims.claim_next(account_id)
    if attempt is None:
        return
    queue.ring("generation.submit", str(account_id))
    with execution.workplace(attempt, report=lambda share: None, check=lambda: None) as context:
        attempt.body = execution.prepare(attempt, context)
        submission = execution.submit(attempt, context)
    moved = Attempt.objects.move(
        attempt.pk, AttemptState.SENDING, of=(AttemptState.CLAIMED,), body=attempt.body, send_started_at=Now()
    )
    if moved:
        steps.accept(attempt, submission.task_id, None)


def main() -> None:
    """Work until somebody ends this process, politely or not."""
    books = Path(sys.argv[1])
    providers = {fake.name: fake for fake in (Paid(books), Keyed(books), Local(books))}
    execution.registry = lambda: providers  # type: ignore[assignment]
    gate.admit = admit_pictures  # type: ignore[assignment]
    if "naive" in sys.argv[2:]:
        steps.submit_next = naive_submit_next
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    worker = Working(threads=3)
    worker.start()
    print("working", flush=True)
    ended.wait()
    worker.stop(timeout_seconds=10)


if __name__ == "__main__":
    main()
