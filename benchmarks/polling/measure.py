"""Target 1: remote tasks in flight for each worker process."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import processes
from benchmarks.polling.adapter import SPACING
from benchmarks.table import Row, Section
from tests.services import redis_server

TASKS, MORE_TASKS = 1000, 2000
SECONDS = 20.0

HOW = f"""A provider on this machine answers each look after 50 ms. Ours is a whole worker process
(`generation/worker.py`: queue, one ticking thread, 32 polling threads, SQLite, the in-memory layer that progress is
pushed to) with {TASKS:,} RUNNING attempts due evenly over {SPACING:g} s; looks are counted for {SECONDS:g} s after a
first round. *Late* is from the moment planned for a look to its beginning; *between looks* is from one beginning to
the next at the same task, which contains the jitter that keeps tasks accepted together from being looked at together.
The adapter uses `requests` with a Session per thread, like the remote adapters. Peers, both with 8 threads: a thread
that looks and sleeps until its task ends, and a delayed Dramatiq message on Redis for each look (queue looked at
every 50 ms, as ours). Tasks of the peers are what their looks per second keep up with: looks a second × {SPACING:g}
s."""


def measure() -> Section:
    """Measure ours at two loads, then the peers."""
    with (
        processes.Conversation("benchmarks.polling.provider") as provider,
        tempfile.TemporaryDirectory() as data,
        tempfile.TemporaryDirectory() as more_data,
        redis_server() as redis,
    ):
        url = provider.ask("serve")

        def ours(tasks: int, folder: str, seconds: float) -> dict:
            env = processes.environment(Path(folder))
            return processes.call(
                "benchmarks.polling.ours", "run", env=env, django=True, url=url, tasks=tasks, seconds=seconds
            )

        here = ours(TASKS, data, SECONDS)
        more = ours(MORE_TASKS, more_data, SECONDS / 2)
        sleeping = processes.call("benchmarks.polling.peers", "sleeping", url=url, seconds=7.0)
        delayed = (
            processes.call("benchmarks.polling.peers", "delayed", url=url, redis=redis, tasks=TASKS, seconds=10.0)
            if redis
            else None
        )
    message = "message per look"
    kept_up = min(delayed["rate"] * SPACING, TASKS) if delayed else None
    late = delayed["late"][1] if delayed else None
    cpu = delayed["cpu"] * 1000 / delayed["rate"] if delayed else None
    return Section(
        "1. Remote tasks in flight, per worker process",
        HOW,
        (
            Row(
                "tasks looked at in time", here["tasks"], "tasks", "sleep in the thread", sleeping["tasks"], least=TASKS
            ),
            Row("the same", here["tasks"], "tasks", message, kept_up),
            Row(f"late, {TASKS:,} tasks, p50", here["late"][0], "s"),
            Row(f"late, {TASKS:,} tasks, p99", here["late"][1], "s", message, late, most=0.5),
            Row(f"between looks, {TASKS:,} tasks, p50", here["gap"][0], "s", "wanted", SPACING),
            Row(f"between looks, {TASKS:,} tasks, p99", here["gap"][1], "s", "wanted", SPACING, most=SPACING + 0.5),
            Row("looks a second", here["rate"], "/s", message, delayed["rate"] if delayed else None),
            Row(f"of a core, {TASKS:,} tasks", here["cpu"] * 100, "%", most=25),
            Row("processor time per look", here["cpu"] * 1000 / here["rate"], "ms", message, cpu),
            Row(f"late, {MORE_TASKS:,} tasks, p99", more["late"][1], "s"),
            Row(f"of a core, {MORE_TASKS:,} tasks", more["cpu"] * 100, "%"),
        ),
    )
