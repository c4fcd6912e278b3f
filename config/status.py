"""How this installation stands: each part that it needs is asked, and says what to do where it does not answer."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import django
import dramatiq
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F, Min
from django.db.models.functions import Now

from generation.models import Attempt, ProviderAccount
from generation.states import AttemptState
from generation.vendors.health import paused
from scenes.models import Scene

OK, WARN, BAD = "ok", "warn", "bad"
# A sweep every 15 seconds rings for what was forgotten; what waits for longer than this has no worker.
LATE_SECONDS = 90
LEAST_FREE = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the installation.

    Attributes:
        name: what it is called.
        state: ``ok``, ``warn`` or ``bad``.
        text: how it is, and what to do where it is not well.
    """

    name: str
    state: str
    text: str


def parts() -> list[Part]:
    """Ask every part; one that cannot be asked is bad, and the others are asked all the same."""
    found: list[Part] = []
    for name, ask in _ASKED.items():
        try:
            found.extend(ask(name))
        except Exception as error:  # noqa: BLE001 - whatever a client of a service that is away raises
            found.append(Part(name, BAD, f"Does not answer: {type(error).__name__}. Look into the server's log."))
    return found


def versions() -> dict[str, str]:
    """Return what runs here."""
    return {"Python": platform.python_version(), "Django": django.get_version()}


def _database(name: str) -> Iterator[Part]:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    took = (time.perf_counter() - began) * 1000
    yield Part(name, OK, f"{connection.display_name}, answers in {took:.1f} ms.")
    executor = MigrationExecutor(connection)
    left = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if left:
        yield Part("Migrations", BAD, f"{len(left)} not applied. Run `python manage.py migrate`.")
    else:
        yield Part("Migrations", OK, "All applied.")


def _cache(name: str) -> Iterator[Part]:
    cache.set("status", "here", 10)
    if cache.get("status") != "here":
        yield Part(name, BAD, "What is written to it cannot be read again. Check REDIS_URL.")
    else:
        yield Part(name, OK, "Redis." if settings.REDIS_URL else "In this process.")


def _queue(name: str) -> Iterator[Part]:
    broker: Any = dramatiq.get_broker()
    queues = sorted(broker.get_declared_queues())
    if settings.REDIS_URL:
        waiting = sum(broker.do_qsize(queue) for queue in queues)
        place = "Redis"
    else:
        waiting = sum(broker.queues[queue].qsize() for queue in queues if queue in broker.queues)
        place = "in this process"
    yield Part(name, OK, f"{waiting} message{'' if waiting == 1 else 's'} waiting, {place}.")


def _workers(name: str) -> Iterator[Part]:
    due = Attempt.objects.filter(state=AttemptState.RUNNING).due().aggregate(oldest=Min("due_at"))["oldest"]
    late = (datetime.now(UTC) - due).total_seconds() if due else 0
    over = Attempt.objects.lease_over().count()
    if late > LATE_SECONDS or over:
        yield Part(
            name,
            BAD,
            f"Something has been due for {late:.0f} seconds and {over} lease{' is' if over == 1 else 's are'} over: "
            "no worker runs, or none can reach the database. Start one with `make worker`.",
        )
    else:
        yield Part(name, OK, "Nothing that is due waits.")
    behind = Scene.objects.filter(mirror_wanted__gt=F("mirror_written"), updated_at__lt=_ago()).count()
    if behind:
        yield Part("scene.json", WARN, f"{behind} not written yet. A worker writes them; see its log.")


def _storage(name: str) -> Iterator[Part]:
    # Any key will do: what counts is that the answer is a plain no.
    default_storage.exists("status")
    if settings.S3_BUCKET:
        yield Part(name, OK, f"S3, bucket {settings.S3_BUCKET}.")
        return
    free = shutil.disk_usage(settings.DATA_DIR).free
    gigabytes = f"{free / 1024**3:.1f} GB free"
    if free < LEAST_FREE:
        yield Part(name, BAD, f"Only {gigabytes} on the disk of DATA_DIR. Make room: films cannot be rendered soon.")
    else:
        yield Part(name, OK, f"A local folder, {gigabytes}.")


def _mail(name: str) -> Iterator[Part]:
    kind = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if kind in ("console", "dummy", "locmem"):
        yield Part(name, WARN, "No mail leaves this installation. Set EMAIL_URL, so that invitations arrive.")
    else:
        yield Part(name, OK, f"By {kind}.")


def _providers(name: str) -> Iterator[Part]:
    keys = sorted(provider for provider, given in settings.PROVIDERS.items() if given["key"])
    yield Part(name, OK, f"Keys for all teams: {', '.join(keys) or 'none; teams enter their own'}.")
    away = ProviderAccount.objects.filter(paused()).count()
    if away:
        yield Part("Paused accounts", WARN, f"{away} of a provider's accounts. See Provider accounts for the reasons.")
    if not settings.PUBLIC_URL:
        yield Part("Webhooks", WARN, "PUBLIC_URL is not set: providers cannot call, they are only asked.")
    doubts = Attempt.objects.filter(state=AttemptState.UNKNOWN).count()
    if doubts:
        yield Part("Orders in doubt", WARN, f"{doubts}. Their money is held until somebody decides; see Jobs.")


def _ago() -> Any:
    return Now() - timedelta(seconds=LATE_SECONDS)


_ASKED: dict[str, Callable[[str], Iterator[Part]]] = {
    "Database": _database,
    "Cache": _cache,
    "Queue": _queue,
    "Workers": _workers,
    "Files": _storage,
    "Mail": _mail,
    "Providers": _providers,
}
