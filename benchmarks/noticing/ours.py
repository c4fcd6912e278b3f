"""Our engine, waiting for tasks that are in flight: when it knew that each had ended."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import timedelta

import uvicorn
from django.conf import settings
from django.db import connections
from django.db.models.functions import Now

from benchmarks import stage
from benchmarks.noticing.provider import begins, ends
from config import asgi
from generation import leases
from generation.hook_links import webhook_url
from generation.models import Attempt, ProviderAccount
from generation.states import AttemptState
from generation.steps.accepting import accept
from generation.worker import Working
from projects import queue
from projects.models import Project

FAR_AWAY = timedelta(hours=1)
LEARNED_FROM = 10
PATIENCE_SECONDS = 30.0

# Bringing results home is another benchmark's business.
_ring = queue.ring
queue.ring = lambda actor, *ids: None if actor == "generation.collect" else _ring(actor, *ids)


def set_up(places: int) -> None:
    """Make the tables, the project and the accounts."""
    stage.open_house()
    for provider in ("runway", "runware"):
        stage.account_of(provider, places)


def learn(model: str, shortest: float, longest: float) -> None:
    """Let there be earlier orders of a model, of so many seconds."""
    attempts = _sending(model, "runway", LEARNED_FROM)
    for place, attempt in enumerate(attempts):
        seconds = shortest + (longest - shortest) * place / (LEARNED_FROM - 1)
        Attempt.objects.filter(pk=attempt.pk).update(
            state=AttemptState.SUCCEEDED,
            task_id=uuid.uuid4().hex,
            lease_token=None,
            lease_until=None,
            accepted_at=Now() - timedelta(seconds=seconds),
            done_at=Now(),
            ended_at=Now(),
        )


def _sending(model: str, provider: str, count: int) -> list[Attempt]:
    """Make attempts that are on their way to a provider."""
    account = ProviderAccount.objects.get(provider=provider)
    attempts = stage.add_attempts(Project.objects.get(), account, count)
    rows = Attempt.objects.filter(pk__in=[attempt.pk for attempt in attempts])
    rows.update(
        model=model,
        state=AttemptState.SENDING,
        body={"path": "/v1/image_to_video"},
        lease_token=uuid.uuid4(),
        lease_owner=leases.owner(),
        lease_until=Now() + FAR_AWAY,
    )
    return list(rows.select_related("job", "account"))


def work() -> None:
    """Start a worker in this process."""
    Working().start()


def wait(groups: dict[str, list[str]], providers: dict[str, str]) -> dict[str, list[float]]:
    """Have tasks accepted as they begin, and wait until all have ended.

    Args:
        groups: the ids of the tasks, by the name of their model.
        providers: who makes each model.

    Returns:
        By model the seconds from each task's end to the commit of that knowledge.
    """
    orders: list[tuple[str, Attempt]] = []
    for model, tasks in groups.items():
        orders += zip(tasks, _sending(model, providers[model], len(tasks)), strict=True)
    for task, attempt in sorted(orders, key=lambda order: begins(order[0])):
        time.sleep(max(begins(task) - time.time(), 0))
        accept(attempt, task, None)
    connections.close_all()
    return {model: noticed(tasks) for model, tasks in groups.items()}


def noticed(tasks: list[str]) -> list[float]:
    """Wait until all tasks are known to have ended; return how many seconds later than they did."""
    last = max(ends(task) for task in tasks) + PATIENCE_SECONDS
    rows = Attempt.objects.filter(task_id__in=tasks)
    while rows.exclude(done_at=None).count() < len(tasks) and time.time() < last:
        time.sleep(0.2)
    known = rows.values_list("task_id", "done_at")
    return [done.timestamp() - ends(task) for task, done in known if done is not None]


def expect_calls(tasks: list[str]) -> dict[str, str]:
    """Have tasks at Runware that only a call can hurry: their next look is far away.

    Returns:
        Where to call, by task.
    """
    attempts = _sending("bench-clip", "runware", len(tasks))
    for task, attempt in zip(tasks, attempts, strict=True):
        accept(attempt, task, None)
    Attempt.objects.filter(task_id__in=tasks).update(due_at=Now() + FAR_AWAY)
    connections.close_all()
    return {task: webhook_url(attempt.pk, "runware") for task, attempt in zip(tasks, attempts, strict=True)}


def serve() -> None:
    """Serve the whole application at the address that ``PUBLIC_URL`` names, with its worker where it has one."""
    port = int(settings.PUBLIC_URL.rpartition(":")[2])
    server = uvicorn.Server(
        uvicorn.Config(asgi.application, host="127.0.0.1", port=port, lifespan="on", log_level="error")
    )
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.02)
