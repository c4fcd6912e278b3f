"""Our worker process, whole, with so many tasks in flight at the provider."""

from __future__ import annotations

import itertools
import threading
import time
from collections import defaultdict
from typing import Any

from benchmarks import stage
from benchmarks.figures import percentile
from benchmarks.polling.provider import SPACING
from generation import execution
from generation.models import Attempt
from generation.providers.base import TaskStatus
from generation.worker import Working


def run(tasks: int, seconds: float) -> dict[str, Any]:
    """Keep the tasks in flight at Runway, wherever the settings say that it is, for a while after a first round.

    Returns:
        ``late``: seconds between the moment planned for a look and its beginning; ``gap``: between two looks at
        the same task; both as p50, p99 and most. ``cpu``: share of a core. ``rate``: looks a second.
    """
    project = stage.open_house()
    account = stage.account_of("runway", tasks)
    stage.add_attempts(project, account, tasks, running_over=SPACING)

    lock = threading.Lock()
    looks: list[tuple[float, float, str]] = []
    poll = execution.poll

    def noted(attempt: Attempt) -> TaskStatus:
        begun = time.time()
        assert attempt.due_at is not None
        with lock:
            looks.append((begun, begun - attempt.due_at.timestamp(), attempt.task_id))
        return poll(attempt)

    execution.poll = noted
    working = Working()
    working.start()
    time.sleep(SPACING + 2)
    cpu, wall = time.process_time(), time.time()
    time.sleep(seconds)
    cpu, ended = time.process_time() - cpu, time.time()
    working.stop(timeout_seconds=5)
    counted = [look for look in looks if wall <= look[0] < ended]
    by_task: dict[str, list[float]] = defaultdict(list)
    for begun, _, task in counted:
        by_task[task].append(begun)
    gaps = [later - earlier for begun in by_task.values() for earlier, later in itertools.pairwise(begun)]
    lates = [late for _, late, _ in counted]
    return {
        "tasks": len(by_task),
        "late": [percentile(lates, 50), percentile(lates, 99), max(lates)],
        "gap": [percentile(gaps, 50), percentile(gaps, 99), max(gaps)],
        "cpu": cpu / (ended - wall),
        "rate": len(counted) / (ended - wall),
    }
