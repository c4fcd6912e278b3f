"""Target 2: from the commit of a wish to the start of its job."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import processes
from benchmarks.figures import percentile
from benchmarks.table import Row, Section
from tests.services import postgres, redis_server

MODULE = "benchmarks.starting.worker"
# Seconds between two, and how many.
PACES = {"5 a second": (0.2, 120), "20 a second": (0.05, 200)}
DRAMATIQ_DEFAULT_MS = 1000

HOW = f"""{PACES["5 a second"][1]} and {PACES["20 a second"][1]} jobs, asked for one after the other as
`generation.services` does it: the rows in a transaction, the bell after its commit. The time runs from the commit to
the moment when the worker begins to prepare the order, which is a little after the commit of CLAIMED. *One process*:
asking and working in one process, SQLite, the queue in memory. *Redis*: a worker process of its own, PostgreSQL,
Dramatiq on Redis; our workers look at the queue at least every 50 ms, the peer is the same worker with Dramatiq's
default, a growing pause up to {DRAMATIQ_DEFAULT_MS} ms."""


def measure() -> Section:
    """Measure both modes, and Dramatiq's default."""
    rows = []
    with tempfile.TemporaryDirectory() as data:
        env = processes.environment(Path(data))
        with processes.Conversation(MODULE, env=env, django=True) as both:
            both.ask("set_up")
            both.ask("work")
            for name, (pause, count) in PACES.items():
                lates = both.ask("late", count=count, pause=pause)
                rows += _rows(f"one process, {name}", lates, None)
    with postgres() as database, redis_server() as redis:
        if database and redis:
            for name, (pause, count) in PACES.items():
                ours = _apart(database, redis, pause, count, None)
                theirs = _apart(database, redis, pause, count, DRAMATIQ_DEFAULT_MS)
                rows += _rows(f"Redis, {name}", ours, theirs)
    return Section("2. Job start after commit", HOW, tuple(rows))


def _apart(database: str, redis: str, pause: float, count: int, queue_look_ms: int | None) -> list[float]:
    """Ask in one process and work in another; return the milliseconds from commit to start."""
    with tempfile.TemporaryDirectory() as data:
        env = processes.environment(Path(data), DATABASE_URL=database, REDIS_URL=redis, REDIS_PREFIX="bench")
        with (
            processes.Conversation(MODULE, env=env, django=True) as asking,
            processes.Conversation(MODULE, env=env, django=True) as working,
        ):
            asking.ask("set_up")
            working.ask("work", queue_look_ms=queue_look_ms)
            committed = asking.ask("start_jobs", count=count, pause=pause)
            began = working.ask("prepared")
        return [began[pk] - at for pk, at in committed.items()]


def _rows(name: str, ours: list[float], theirs: list[float] | None) -> list[Row]:
    peer = "Dramatiq's default" if theirs else ""
    return [
        Row(
            f"{name}, p{share}",
            percentile(ours, share) * 1000,
            "ms",
            peer,
            percentile(theirs, share) * 1000 if theirs else None,
            most=100 if share == 99 else None,
        )
        for share in (50, 99)
    ]
