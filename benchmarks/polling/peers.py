"""How else tasks are waited for: a thread that sleeps for each, a delayed message for each look, or one sweep that
looks with the official client."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dramatiq
import requests
from dramatiq.brokers.redis import RedisBroker
from runwayml import RunwayML

from benchmarks.figures import percentile
from benchmarks.polling.provider import SPACING

THREADS = 8
QUEUE_LOOK_MS = 50
SWEEPING_THREADS = 32
TICK_SECONDS = 0.1


def sleeping(url: str, seconds: float) -> dict[str, Any]:
    """Wait in the worker's threads: ``while not done: look, sleep``. The tasks never end in this time.

    Returns:
        ``tasks``: how many of those that wait were looked at; ``rate``: looks a second.
    """
    waiting = iter([uuid.uuid4().hex for _ in range(1000)])
    looks: list[str] = []
    ends = time.monotonic() + seconds

    def work() -> None:
        session, task = requests.Session(), next(waiting)
        while time.monotonic() < ends:
            session.get(f"{url}/v1/tasks/{task}", timeout=30).json()
            looks.append(task)
            time.sleep(min(SPACING, max(ends - time.monotonic(), 0)))

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"tasks": len(set(looks)), "rate": len(looks) / seconds}


def delayed(url: str, redis: str, tasks: int, seconds: float) -> dict[str, Any]:
    """Send a delayed message for each look, from the look before it: Dramatiq on Redis, with our look at the queue.

    Returns:
        ``late``: seconds after the planned moment, as p50 and p99; ``rate``: looks a second; ``cpu``: share of a core.
    """
    broker = RedisBroker(url=redis, namespace="bench-delayed")
    broker.flush_all()
    local = threading.local()
    lates: list[tuple[float, float]] = []

    def look(task: str, due: float) -> None:
        begun = time.time()
        lates.append((begun, begun - due))
        if not hasattr(local, "session"):
            local.session = requests.Session()
        local.session.get(f"{url}/v1/tasks/{task}", timeout=30).json()
        actor.send_with_options(args=(task, time.time() + SPACING), delay=int(SPACING * 1000))

    actor = dramatiq.actor(broker=broker, actor_name="look", queue_name="looks", max_retries=0)(look)
    now = time.time()
    for place in range(tasks):
        wait = SPACING * place / tasks
        actor.send_with_options(args=(uuid.uuid4().hex, now + SPACING + wait), delay=int((SPACING + wait) * 1000))
    worker = dramatiq.Worker(broker, worker_threads=THREADS, worker_timeout=QUEUE_LOOK_MS)
    worker.start()
    time.sleep(max(now + 2 * SPACING + 2 - time.time(), 0))
    cpu, begun = time.process_time(), time.time()
    time.sleep(seconds)
    cpu, ended = time.process_time() - cpu, time.time()
    counted = [late for at, late in lates if begun <= at < ended]
    worker.stop(timeout=2000)
    broker.flush_all()
    return {
        "late": [percentile(counted, 50), percentile(counted, 99)],
        "cpu": cpu / (ended - begun),
        "rate": len(counted) / (ended - begun),
    }


def official(url: str, key: str, tasks: int, seconds: float) -> dict[str, Any]:
    """Look with Runway's own client: one thread that ticks as ours does, a pool that looks, and no database at all.

    Returns:
        ``late``: seconds after the planned moment, as p50 and p99; ``rate``: looks a second; ``cpu``: share of a core.
    """
    client = RunwayML(api_key=key, base_url=url)
    looks: deque[tuple[float, float]] = deque()

    def look(task: str, due: float) -> None:
        begun = time.time()
        looks.append((begun, begun - due))
        client.tasks.retrieve(task)

    begun = time.time()
    plan = deque((begun + SPACING * place / tasks, uuid.uuid4().hex) for place in range(tasks))
    counting, ends = begun + SPACING + 2, begun + SPACING + 2 + seconds
    cpu = 0.0
    with ThreadPoolExecutor(SWEEPING_THREADS) as pool:
        while (now := time.time()) < ends:
            if not cpu and now >= counting:
                cpu, counting = time.process_time(), now
            while plan[0][0] <= now:
                due, task = plan.popleft()
                pool.submit(look, task, due)
                plan.append((now + SPACING, task))
            time.sleep(TICK_SECONDS)
        cpu, ended = time.process_time() - cpu, time.time()
    lates = [late for at, late in looks if counting <= at < ended]
    return {
        "late": [percentile(lates, 50), percentile(lates, 99)],
        "cpu": cpu / (ended - counting),
        "rate": len(lates) / (ended - counting),
    }
