"""``kill -9`` at random moments: everything is made once, told once, and bought once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from generation import retrying
from generation.models import Attempt, Job, ProviderAccount
from generation.states import JOB_OPEN, AttemptState, JobState
from tests.engine.stage import Stage, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
S = AttemptState
KILLS = 6
SEED = 20261121


def database_url() -> str:
    """Return the address of the database that this test writes to."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"


class Doomed:
    """Starts worker processes one after the other, and kills them."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.books = folder / "books"
        self._flags = flags
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "SECRET_KEY": "only-for-tests-" + "x" * 40,
            "DATA_DIR": str(folder),
            "MEDIA_ROOT": str(folder / "media"),
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "REDIS_PREFIX": f"rushes-kill-{os.getpid()}",
            "EMBEDDED_WORKER": "false",
            "ENGINE_SWEEP_SECONDS": "1",
            "ENGINE_POLL_THREADS": "4",
            "LOG_LEVEL": "ERROR",
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start a worker and wait until it works."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.doomed", str(self.books), *self._flags],
            env=self._environment,
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "working\n"

    def end(self, number: signal.Signals) -> None:
        """End it by a signal and wait until it is gone."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def bought(self, provider: str) -> Counter[str]:
        """Return how often each order was bought."""
        lines = self.books.read_text().splitlines() if self.books.exists() else []
        return Counter(line.split()[2] for line in lines if line.startswith(f"{provider} bought "))


@pytest.fixture
def doomed(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Doomed]:
    """The killer and its victims; none is left behind."""
    killer = Doomed(tmp_path, *getattr(request, "param", ()))
    yield killer
    killer.end(signal.SIGKILL)


def open_jobs() -> int:
    return Job.objects.filter(state__in=JOB_OPEN).count()


def all_is_done() -> bool:
    """Return whether nothing is open, without waiting half a minute for what backs off after two lost answers."""
    Attempt.objects.filter(state=S.QUEUED).exclude(due_at=None).update(due_at=None)
    return not open_jobs()


def test_kill_at_random_moments(stage: Stage, doomed: Doomed) -> None:
    dice = random.Random(SEED)
    for flavour in ("paid", "keyed", "local"):
        stage.ask(flavour, 10)
    ProviderAccount.objects.update(max_concurrent=2)
    for _ in range(KILLS):
        doomed.start()
        time.sleep(dice.uniform(0.05, 0.7))
        doomed.end(signal.SIGKILL)
        assert open_jobs(), "everything was done before enough had been killed"
    doomed.start()
    wait_until(all_is_done, 60)
    # What was in hand at three deaths is suspected of having caused them; a person lets it try again.
    unlucky = list(Job.objects.filter(state=JobState.FAILED))
    assert {job.failure_code for job in unlucky} <= {"kept_crashing"}
    for job in unlucky:
        retrying.retry_job(opened=stage.opened, job=job)
    wait_until(all_is_done, 60)
    doomed.end(signal.SIGTERM)

    stage.check_books()
    assert max(doomed.bought("paid").values()) == 1, "an order was bought twice"
    assert max(doomed.bought("keyed").values()) == 1
    by_provider = Counter(Attempt.objects.values_list("provider", "state"))
    doubtful = by_provider["paid", S.UNKNOWN]
    assert doubtful <= 2 * KILLS, "at most the two orders that were on their way at each kill"
    assert by_provider["paid", S.SUCCEEDED] == 10 - doubtful
    assert by_provider["keyed", S.SUCCEEDED] == by_provider["local", S.SUCCEEDED] == 10
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 30 - doubtful
    print(f"killed {KILLS} times; in doubt {doubtful}; tried again {len(unlucky)}")


@pytest.mark.parametrize("doomed", [("naive",)], indirect=True)
def test_the_same_kills_catch_a_design_that_saves_after_sending(stage: Stage, doomed: Doomed) -> None:
    """The negative control: were the engine to save after sending, the check above would see it."""
    stage.ask("paid", 8)
    ProviderAccount.objects.update(max_concurrent=2)
    for _ in range(2):
        before = doomed.bought("paid").total()
        doomed.start()
        wait_until(lambda before=before: doomed.bought("paid").total() > before, 20)  # type: ignore[misc]
        doomed.end(signal.SIGKILL)
    doomed.start()
    wait_until(all_is_done, 60)
    doomed.end(signal.SIGTERM)
    assert max(doomed.bought("paid").values()) > 1
