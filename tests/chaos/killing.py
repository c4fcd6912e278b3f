"""Workers that die: starting them, ending them with SIGKILL at bad moments, and seeing how soon others take over."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import redis
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from generation.models import Attempt, Job
from generation.querysets import seconds_from_now
from generation.rehearsal import RehearsalServer
from generation.states import JOB_OPEN, LEASED, AttemptState, JobState
from tests.chaos.bars import waits_for_the_doubtful
from tests.rehearsal.calling import RUNWARE_KEY, RUNWAY_KEY

SPEED = 0.05  # of the time that models really take
AIM_EVERY = 4  # kills: one that hits whoever has an order on its way, instead of anybody at any time
AIM_SECONDS = 3.0
FLUSH_EVERY = 5  # kills
GLANCE_SECONDS = 0.005
HURRY_SECONDS = 1.0


def database_url() -> str:
    """Return the address of the database that this test writes to."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"


class Nursery:
    """The process that brings up workers; see ``tests.chaos.nursery``.

    Args:
        folder: the installation's data.
        server: what stands for the providers.
        flags: for the nursery.
    """

    def __init__(self, folder: Path, server: RehearsalServer, *flags: str) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "SECRET_KEY": "only-for-tests-" + "x" * 40,
            "DATA_DIR": str(folder),
            "MEDIA_ROOT": str(folder / "media"),
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "REDIS_PREFIX": settings.QUEUE_NAMESPACE,
            "RUNWAYML_API_SECRET": RUNWAY_KEY,
            "RUNWARE_API_KEY": RUNWARE_KEY,
            "RUNWAY_BASE_URL": server.runway_url,
            "RUNWARE_BASE_URL": server.runware_url,
            "FETCH_ALLOWED_ORIGINS": server.base_url,
            "ENGINE_SWEEP_SECONDS": "1",
            "ENGINE_CLAIM_LEASE": "10",
            "ENGINE_SEND_LEASE": "20",
            "ENGINE_FETCH_LEASE": "30",
            "ENGINE_POLL_THREADS": "4",
            "LOG_LEVEL": "CRITICAL",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery", *flags],
            env=environment,
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.workers: list[int] = []
        assert self._answer() == "ready", "the workers cannot be started"

    def start(self) -> None:
        """Start one worker."""
        self.workers.append(int(self._ask("start")))

    def kill(self, pid: int) -> None:
        """End one as the kernel does when memory is short."""
        self.workers.remove(pid)
        self._ask(f"kill {pid}")

    def close(self) -> None:
        """End all of them, and the nursery."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _ask(self, words: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{words}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@dataclass(slots=True)
class Orphans:
    """What dead workers had in their hands, and how long it lay there.

    Attributes:
        waiting: when the holder of an attempt died, and the lease that it had, by attempt.
        seconds: how long those took that somebody has taken up since.
    """

    waiting: dict[UUID, tuple[float, UUID | None]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def left_by(self, pid: int) -> int:
        """Write down what a worker that has just died held. Returns how much that was."""
        held = Attempt.objects.filter(state__in=LEASED, lease_until__gt=Now(), lease_owner__contains=f"/{pid}/")
        found = dict(held.values_list("pk", "lease_token"))
        for attempt_id, token in found.items():
            self.waiting[attempt_id] = (time.monotonic(), token)
        return len(found)

    def look(self) -> None:
        """See which of them have been taken up."""
        if not self.waiting:
            return
        still = dict(
            Attempt.objects.filter(pk__in=self.waiting, state__in=LEASED, lease_until__gt=Now()).values_list(
                "pk", "lease_token"
            )
        )
        for attempt_id, (since, token) in list(self.waiting.items()):
            if still.get(attempt_id) != token:
                self.seconds.append(time.monotonic() - since)
                del self.waiting[attempt_id]

    def percentile(self, share: float) -> float:
        """Return how many seconds so many of them took at most."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def open_jobs() -> list[Job]:
    """Return the jobs that can still go on by themselves."""
    doubtful = Attempt.objects.filter(state=AttemptState.UNKNOWN).exclude(task_id="")
    found = [
        job
        for job in Job.objects.filter(state__in=JOB_OPEN).select_related("input_job")
        if not waits_for_the_doubtful(job)
    ]
    # What is in doubt although the provider can be asked about it is looked at again, and may end.
    return found + list(Job.objects.filter(state=JobState.UNKNOWN, attempts__in=doubtful))


class Killer:
    """Kills workers and starts new ones, and lets time pass quickly meanwhile.

    Args:
        nursery: where they come from.
        workers: how many there are at a time.
        gap: seconds between two kills, on average.
        seed: of the moments.
    """

    def __init__(self, nursery: Nursery, *, workers: int, gap: float, seed: int) -> None:
        self.kills = self.aimed = self.robbed = self.flushes = 0
        self.orphans = Orphans()
        self._nursery = nursery
        self._dice = random.Random(seed)
        self._gap = gap
        self._hurried = 0.0
        for _ in range(workers):
            nursery.start()

    def strike(self) -> None:
        """Wait for the next moment, kill one worker, and start another."""
        pid = self._moment()
        self._nursery.kill(pid)
        self.kills += 1
        self.robbed += bool(self.orphans.left_by(pid))
        if settings.REDIS_URL and self.kills % FLUSH_EVERY == 0:
            self._flush()
        self._nursery.start()

    def watch(self, seconds: float) -> None:
        """Let the workers work, while what is planned for later is moved nearer."""
        until = time.monotonic() + seconds
        while True:
            self.orphans.look()
            if time.monotonic() - self._hurried > HURRY_SECONDS:
                self._hurried = time.monotonic()
                hurry()
            rest = until - time.monotonic()
            if rest <= 0:
                return
            time.sleep(min(rest, 0.1))

    def _moment(self) -> int:
        """Wait for the moment to kill, and return whom."""
        gap = self._dice.uniform(0.2, 1.8) * self._gap
        anybody = self._dice.choice(self._nursery.workers)
        if (self.kills + 1) % AIM_EVERY:
            self.watch(gap)
            return anybody
        until = time.monotonic() + AIM_SECONDS
        while time.monotonic() < until:
            sender = Attempt.objects.filter(state=AttemptState.SENDING).exclude(lease_owner="").first()
            pid = int(sender.lease_owner.split("/")[-2]) if sender is not None else 0
            if pid in self._nursery.workers:
                time.sleep(self._dice.uniform(0.0, 0.02))
                self.aimed += 1
                return pid
            self.watch(GLANCE_SECONDS)
        return anybody

    def _flush(self) -> None:
        """Lose every message. Without Redis they died with the one process that had them."""
        self.flushes += 1
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            for key in client.scan_iter(f"{settings.QUEUE_NAMESPACE}-queue*"):
                client.delete(key)


def hurry() -> None:
    """Bring what waits for later a moment near: who backs off for minutes would only make the test longer."""
    soon = seconds_from_now(HURRY_SECONDS)
    Attempt.objects.filter(due_at__gt=Now() + timedelta(seconds=2 * HURRY_SECONDS)).update(due_at=soon)
