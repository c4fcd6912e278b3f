"""Target 3: from the end of a task at the provider to our knowledge of it."""

from __future__ import annotations

import contextlib
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import processes
from benchmarks.figures import percentile
from benchmarks.noticing.provider import LYING, SILENT, STEADY, task_id
from benchmarks.table import Row, Section
from tests.services import postgres, redis_server

OURS = "benchmarks.noticing.ours"
KEY, OTHER_KEY = "key_" + "0" * 128, "0" * 32
TASKS = 120
SHORTEST, LONGEST = 10.0, 60.0
# Room for ours to make its rows before the first task begins, and then one task after the other.
LEAD_SECONDS, BEGIN_OVER = 10.0, 20.0
CALLS, CALLS_OVER = 200, 20.0

HOW = f"""{TASKS} tasks of each kind, lasting {SHORTEST:g} to {LONGEST:g} s (evenly spread, in real time), begun over
{BEGIN_OVER:g} s, the same for ours and for Runway's official client, all at once on this machine. A task waits for the
first 9 % of its time; then its progress is told in hundredths. *Late* is from the end of a task to the commit of that
knowledge in our engine (a whole worker process, SQLite), or to the return of the client's `wait_for_task_output`, which
sleeps first and then asks every 6 ± 1.5 s; *sync* waits in a thread for each task, *async* in one loop. *Requests* are
counted at the provider, without the orders. *New model*: nothing is known of it, so the first look comes after 10 s;
*known model*: earlier orders have taken {SHORTEST:g} to {LONGEST:g} s. *No progress told* and *progress lies* (it says
0.3 shortly before the end) show what is left when nothing can be foretold, or only wrongly. Runware is looked at every
2 s; the client is Runway's there too. *Call*: {CALLS} webhooks over {CALLS_OVER:g} s from the end of a task through
our web server, when no look is planned for the next hour; *one process* is web and worker in one on SQLite, *Redis* a
web process and a worker process with PostgreSQL and Redis."""


def measure() -> Section:
    """Measure looking, then calls in both modes."""
    with processes.Conversation("benchmarks.noticing.provider") as provider:
        url = provider.ask("serve")
        rows = _looking(provider, url)
        with tempfile.TemporaryDirectory() as data, _called(url, Path(data)) as env:
            rows += _calls("one process", provider, env, env)
        with tempfile.TemporaryDirectory() as data, postgres() as database, redis_server() as redis:
            if database and redis:
                with _called(url, Path(data), DATABASE_URL=database, REDIS_URL=redis, REDIS_PREFIX="bench") as env:
                    rows += _calls("Redis", provider, env, None)
    return Section("3. Noticing that a provider is done", HOW, tuple(rows))


def _looking(provider: processes.Conversation, url: str) -> list[Row]:
    known = ("known model", "no progress told", "progress lies")
    forms = {"sync": "waiting_threads", "async": "waiting_together"}
    with tempfile.TemporaryDirectory() as data, contextlib.ExitStack() as stack:
        ours = stack.enter_context(processes.Conversation(OURS, env=_environment(url, Path(data)), django=True))
        theirs = {form: stack.enter_context(processes.Conversation("benchmarks.noticing.peers")) for form in forms}
        ours.ask("set_up", places=10 * TASKS)
        for model in known:
            ours.ask("learn", model=model, shortest=SHORTEST, longest=LONGEST)
        ours.ask("work")
        tasks = _tasks(time.time() + LEAD_SECONDS)
        groups = {
            "new model": tasks(STEADY),
            **dict(zip(known, (tasks(STEADY), tasks(SILENT), tasks(LYING)), strict=True)),
            "Runware": tasks(STEADY),
            "Runware, no progress told": tasks(SILENT),
        }
        makers = {model: "runware" if model.startswith("Runware") else "runway" for model in groups}
        waiting = {form: tasks(STEADY) for form in forms}
        for form, function in forms.items():
            theirs[form].begin(function, url=url, key=KEY, tasks=waiting[form])
        lates = ours.ask("wait", groups=groups, providers=makers)
        waited_for = {form: process.answer() for form, process in theirs.items()}
    asked = {model: provider.ask("looks", tasks=group) / TASKS for model, group in groups.items()}
    asked_by = {form: provider.ask("looks", tasks=waited) / TASKS for form, waited in waiting.items()}
    rows = []
    for model, late in lates.items():
        fixed = (1.0, 2.5) if makers[model] == "runware" else None if model == "progress lies" else (2.0, 5.5)
        for form in ("async", "sync") if model == "known model" else ("async",):
            rows += _rows(model, late, asked[model], f"client, {form}", waited_for[form], asked_by[form], fixed)
    return rows


def _tasks(begins: float) -> Callable[[str], list[str]]:
    """Return what makes a set of tasks, the same lives each time, of a kind of progress."""
    lengths = [SHORTEST + (LONGEST - SHORTEST) * (place + 0.5) / TASKS for place in range(TASKS)]
    random.Random(3).shuffle(lengths)
    numbers = itertools.count()

    def tasks(progress: str) -> list[str]:
        return [
            task_id(begins + BEGIN_OVER * place / TASKS, lasts, progress, next(numbers))
            for place, lasts in enumerate(lengths)
        ]

    return tasks


def _rows(
    name: str,
    late: list[float],
    asked: float,
    peer: str,
    waited: list[float],
    asked_by: float,
    most: tuple[float, float] | None,
) -> list[Row]:
    p50, p99 = most or (None, None)
    of_runway = not name.startswith("Runware")
    rows = [
        Row(f"{name}: late, p50", percentile(late, 50), "s", peer, percentile(waited, 50), most=p50),
        Row(f"{name}: late, p99", percentile(late, 99), "s", peer, percentile(waited, 99), most=p99),
        Row(
            f"{name}: requests for each task",
            asked,
            "requests",
            peer,
            asked_by,
            most_ratio=1.0 if of_runway and most else None,
        ),
    ]
    missed = TASKS - len(late)
    return [*rows, Row(f"{name}: never noticed", missed, "tasks", most=0)] if missed else rows


def _environment(url: str, data: Path, **variables: str) -> dict[str, str]:
    return processes.environment(
        data,
        RUNWAYML_API_SECRET=KEY,
        RUNWAY_BASE_URL=url,
        RUNWARE_API_KEY=OTHER_KEY,
        RUNWARE_BASE_URL=f"{url}/runware",
        **variables,
    )


@contextlib.contextmanager
def _called(url: str, data: Path, **variables: str) -> Iterator[dict[str, str]]:
    """Yield the environment of an installation that can be called."""
    yield _environment(url, data, PUBLIC_URL=f"http://127.0.0.1:{processes.spare_port()}", **variables)


def _calls(
    name: str, provider: processes.Conversation, env: dict[str, str], embedded: dict[str, str] | None
) -> list[Row]:
    """Have calls come in; ``embedded`` is set where the web process works itself."""
    with contextlib.ExitStack() as stack:
        web = stack.enter_context(processes.Conversation(OURS, env=env, django=True))
        web.ask("set_up", places=10 * CALLS)
        if embedded is None:
            stack.enter_context(processes.Conversation(OURS, env=env, django=True)).ask("work")
        web.ask("serve")
        ends = time.time() + 10.0
        tasks = [task_id(ends - 1, 1 + CALLS_OVER * place / CALLS, SILENT, place) for place in range(CALLS)]
        hooks = web.ask("expect_calls", tasks=tasks)
        statuses = provider.ask("call_at_ends", hooks=hooks)
        late = web.ask("noticed", tasks=tasks)
    if set(statuses) != {204} or len(late) != CALLS:
        raise RuntimeError(f"{name}: {CALLS} calls were answered {set(statuses)}, and {len(late)} noticed.")
    return [
        Row(f"call, {name}, p50", percentile(late, 50) * 1000, "ms"),
        Row(f"call, {name}, p99", percentile(late, 99) * 1000, "ms", most=300),
    ]
