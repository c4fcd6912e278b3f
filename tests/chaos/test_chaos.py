"""Workers die at random while both providers misbehave: nothing is lost, nothing bought twice, and the books are right.

Short in every run; ``make chaos`` runs the same with more jobs and kills (JOBS, KILLS, SEED, SECONDS). On SQLite there
is one worker, as in the one-process mode; on PostgreSQL and Redis there are three.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import Settings

from generation.models import Attempt, Job
from generation.rehearsal import RehearsalServer, Rule, Scenario
from generation.rehearsal.faults import BY_CHANCE
from tests.chaos.bars import Sold, findings, kept_in_silence
from tests.chaos.installation import Installation
from tests.chaos.killing import SPEED, Killer, Nursery, open_jobs
from tests.rehearsal.calling import RUNWARE_KEY, RUNWAY_KEY

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

JOBS = int(os.environ.get("CHAOS_JOBS", "24"))
KILLS = int(os.environ.get("CHAOS_KILLS", "8"))
SEED = int(os.environ.get("CHAOS_SEED", "20261121"))
SECONDS = float(os.environ.get("CHAOS_SECONDS", "150"))
LONG = "CHAOS_JOBS" in os.environ
GAP_SECONDS = min(0.5, 0.5 * SECONDS / KILLS)
MANY_JOBS, FEW_JOBS = 24, 8
TROUBLED_SHARE = 0.25
# A result that never decodes is asked for again for 20 hours, because it has been paid for; nobody is called back here.
FAULTS = tuple(fault for fault in BY_CHANCE if fault != "corrupt" and not fault.startswith("hook_"))
# Whatever chance draws: both providers take an order and lose the answer.
LOST_ANSWERS = tuple(Rule("accept_drop", provider=provider, nth=(3,)) for provider in ("runway", "runware"))

Start = Callable[..., "Chaos"]


@dataclass(frozen=True, slots=True)
class Chaos:
    """An installation, what stands for its providers, and what kills its workers."""

    folder: Path
    installation: Installation
    server: RehearsalServer
    killer: Killer

    def go_through(self, jobs: int, kills: int, seconds: float) -> float:
        """Ask for jobs while workers die, then let what is left come to its end.

        Args:
            jobs: how many; they are asked for as the earlier ones end, so that there is work while there are kills.
            kills: how many at most.
            seconds: after so many no more are killed, and after as many again it has failed.

        Returns:
            How long it took.
        """
        began = time.monotonic()
        share = 0.0
        while share < 1:
            # So many jobs to begin with, and the others spread over the kills.
            due = max(jobs * share, MANY_JOBS)
            going_on = len(open_jobs())
            if going_on < FEW_JOBS:
                due = max(due, self.installation.jobs + FEW_JOBS)
            self.installation.ask(min(int(due), jobs))
            if not going_on and self.installation.jobs >= jobs and self.killer.kills:
                break
            self.killer.strike()
            share = max(self.killer.kills / kills, (time.monotonic() - began) / seconds)
        self.installation.ask(jobs)
        while open_jobs() and time.monotonic() - began < 2 * seconds:
            self.killer.watch(0.5)
        self.killer.watch(1.0)
        return time.monotonic() - began

    def findings(self) -> list[str]:
        """Return what does not hold."""
        return findings(self.folder / "providers", self.installation.jobs)

    def report(self, seconds: float) -> str:
        """Return what happened, in a table."""
        attempts = Counter(Attempt.objects.values_list("provider", "state"))
        failures = Counter(Attempt.objects.filter(state="failed").values_list("failure_code", flat=True))
        jobs = Counter(Job.objects.values_list("state", flat=True))
        killer, books = self.killer, self.server.books
        silent = [task for task in Sold(books).tasks() if kept_in_silence(task)]
        rows = {
            "set-up": f"{connection.vendor}, {'3 workers' if connection.vendor == 'postgresql' else '1 worker'}",
            "jobs": ", ".join(f"{state} {count}" for state, count in sorted(jobs.items())),
            "attempts": ", ".join(f"{who} {state} {count}" for (who, state), count in sorted(attempts.items())),
            "failures": ", ".join(f"{code} {count}" for code, count in failures.most_common()) or "none",
            "kills": f"{killer.kills}, {killer.aimed} aimed at a sending, {killer.robbed} with work in hand",
            "queue lost": f"{killer.flushes} times" if settings.REDIS_URL else "with each kill",
            "orders": f"{books.received()} received, {books.accepted()} accepted",
            "charged": f"${books.charged() / 1_000_000:.2f}",
            "kept in silence": f"{len(silent)} orders at Runware, ${sum(task.cost for task in silent) / 1_000_000:.4f}",
            "taken up again": f"{len(killer.orphans.seconds)} attempts, median {killer.orphans.percentile(0.5):.1f} s, "
            f"p95 {killer.orphans.percentile(0.95):.1f} s, sweeps every second",
            "took": f"{seconds:.0f} s",
        }
        return "\n".join(f"  {name:15} {text}" for name, text in rows.items())


@pytest.fixture
def start(tmp_path: Path, settings: Settings) -> Iterator[Start]:
    """Return a function that sets everything up; no process is left behind."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.DEFAULT_MONTHLY_BUDGET = 1_000_000
    closing: list[Callable[[], None]] = []

    def begin(scenario: Scenario, *flags: str) -> Chaos:
        server = RehearsalServer(tmp_path / "providers", scenario=scenario, speed=SPEED).start()
        closing.append(server.stop)
        settings.PROVIDERS = {
            "runway": {"key": RUNWAY_KEY, "url": server.runway_url},
            "runware": {"key": RUNWARE_KEY, "url": server.runware_url},
        }
        installation = Installation()
        nursery = Nursery(tmp_path, server, *flags)
        closing.append(nursery.close)
        workers = 3 if connection.vendor == "postgresql" else 1
        return Chaos(
            tmp_path, installation, server, Killer(nursery, workers=workers, gap=GAP_SECONDS / workers, seed=SEED)
        )

    yield begin
    for close in reversed(closing):
        close()


@pytest.mark.timeout(0)
def test_nothing_is_lost_or_bought_twice_however_workers_die(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    chaos = start(
        Scenario(LOST_ANSWERS, rate=TROUBLED_SHARE, seed=SEED, faults=FAULTS, drip_seconds=0.01, patience_seconds=5)
    )
    took = chaos.go_through(JOBS, KILLS, SECONDS)
    found = chaos.findings()
    report = f"\n{chaos.report(took)}\n  {'findings':15} {len(found)}"
    with capsys.disabled() if LONG else nullcontext():
        print(report)
    assert not found, "\n".join(found)
    assert chaos.killer.kills >= min(KILLS, 8), "everything was done before enough had been killed"
    assert Attempt.objects.filter(state="unknown").exists(), (
        "nothing was in doubt, so nothing was seen to hold its money"
    )
    assert chaos.server.books.accepted("runway")
    assert chaos.server.books.accepted("runware")


def test_the_same_bars_catch_a_design_that_saves_after_sending(start: Start) -> None:
    """The negative control: were the engine to send first and save afterwards, the bars above would show it."""
    # Some answers are slow on their way back, so that there is time to die between acceptance and saving.
    slow = Rule("accept_drip", provider="runway", nth=range(1, 200, 2))
    chaos = start(Scenario(rules=(slow,), drip_seconds=0.01), "naive")
    # Which kill hits the moment in between is chance, so there are more of them until one has.
    for more in range(1, 7):
        took = chaos.go_through(12 * more, 6 * more, 100)
        print(f"\n{chaos.report(took)}")
        found = chaos.findings()
        print("\n".join(found))
        if bought_twice := any(finding.startswith("Bought twice: ('runway'") for finding in found):
            break
    assert bought_twice, "the bars have seen nothing"
    assert any("was charged for" in finding for finding in found), "nor what it cost"
