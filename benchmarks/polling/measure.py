"""Target 1: remote tasks in flight for each worker process."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.polling.provider import SPACING
from benchmarks.table import Row, Section
from tests.services import redis_server

TASKS, MORE_TASKS = 1000, 2000
SECONDS = 20.0
KEY = "key_" + "0" * 128

HOW = f"""A provider on this machine answers each look after 50 ms. Ours is a whole worker process
(`generation/worker.py`: queue, one ticking thread, 32 polling threads, SQLite, the in-memory layer that progress is
pushed to) with {TASKS:,} RUNNING attempts at Runway due evenly over {SPACING:g} s, looked at through our own Runway
adapter; looks are counted for {SECONDS:g} s after a first round. *Late* is from the moment planned for a look to its
beginning; *between looks* is from one beginning to the next at the same task, which contains the jitter that keeps
tasks accepted together from being looked at together. The progress stands still, so that nothing can be foretold and
each task is looked at every {SPACING:g} s. Peers: Runway's official client in one sweep with 32 threads, as often and
just as late, without a database; with 8 threads a thread that looks and sleeps until its task ends; with 8 threads a
delayed Dramatiq message on Redis for each look (queue looked at every 50 ms, as ours). The last two look with
`requests` alone; their tasks are what their looks per second keep up with: looks a second × {SPACING:g} s."""


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
            env = processes.environment(Path(folder), RUNWAYML_API_SECRET=KEY, RUNWAY_BASE_URL=url)
            return processes.call("benchmarks.polling.ours", "run", env=env, django=True, tasks=tasks, seconds=seconds)

        def peers(function: str, **arguments: Any) -> dict:
            return processes.call("benchmarks.polling.peers", function, url=url, **arguments)

        here = ours(TASKS, data, SECONDS)
        client = peers("official", key=KEY, tasks=TASKS, seconds=SECONDS)
        more = ours(MORE_TASKS, more_data, SECONDS / 2)
        sleeping = peers("sleeping", seconds=7.0)
        delayed = peers("delayed", redis=redis, tasks=TASKS, seconds=10.0) if redis else None
    return Section("1. Remote tasks in flight, per worker process", HOW, _rows(here, more, client, sleeping, delayed))


def _rows(here: dict, more: dict, client: dict, sleeping: dict, delayed: dict | None) -> tuple[Row, ...]:
    message, official = "message per look", "official client"
    kept_up = min(delayed["rate"] * SPACING, TASKS) if delayed else None
    late = delayed["late"][1] if delayed else None
    return (
        Row("tasks looked at in time", here["tasks"], "tasks", "sleep in the thread", sleeping["tasks"], least=TASKS),
        Row("the same", here["tasks"], "tasks", message, kept_up),
        Row(f"late, {TASKS:,} tasks, p50", here["late"][0], "s", official, client["late"][0]),
        Row(f"late, {TASKS:,} tasks, p99", here["late"][1], "s", official, client["late"][1], most=0.5),
        Row("the same", here["late"][1], "s", message, late),
        Row(f"between looks, {TASKS:,} tasks, p50", here["gap"][0], "s", "wanted", SPACING),
        Row(f"between looks, {TASKS:,} tasks, p99", here["gap"][1], "s", "wanted", SPACING, most=SPACING + 0.5),
        Row("looks a second", here["rate"], "/s", official, client["rate"]),
        Row("the same", here["rate"], "/s", message, delayed["rate"] if delayed else None),
        Row(f"of a core, {TASKS:,} tasks", here["cpu"] * 100, "%", official, client["cpu"] * 100, most=25),
        Row("processor time per look", _each(here), "ms", official, _each(client)),
        Row("the same", _each(here), "ms", message, _each(delayed) if delayed else None),
        Row(f"late, {MORE_TASKS:,} tasks, p99", more["late"][1], "s"),
        Row(f"of a core, {MORE_TASKS:,} tasks", more["cpu"] * 100, "%"),
    )


def _each(measured: dict) -> float:
    """Return the milliseconds of processor time for each look."""
    return float(measured["cpu"] * 1000 / measured["rate"])
