"""A receiver, an endpoint of the cast's team that leads there, and a queue that tells what was rung for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction

from accounts.access import OpenTeam, open_team
from accounts.policies import Right
from projects import events, queue
from projects.models import Event, Project, WebhookEndpoint
from projects.outgoing import endpoints
from tests.webhooks.receiver import Receiver, listening


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """Somebody's server, which may be reached although it is on this machine."""
    with listening() as one:
        settings.WEBHOOK_ALLOWED_ORIGINS = [one.origin]
        yield one


@pytest.fixture
def in_team(cast: SimpleNamespace) -> OpenTeam:
    """The team, opened by its producer."""
    return open_team(cast.bob, cast.team.pk, Right.MANAGE)


@pytest.fixture
def made(in_team: OpenTeam, project: Project, receiver: Receiver) -> tuple[WebhookEndpoint, str]:
    """An endpoint that hears everything, and its secret."""
    return endpoints.create_endpoint(opened=in_team, url=receiver.url, types=["*"])


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What was rung for; nobody answers."""
    found: list[tuple[str, ...]] = []
    monkeypatch.setattr(queue, "ring", lambda *what: found.append(what))
    return found


@pytest.fixture
def happen(project: Project) -> Callable[..., Event]:
    """Return a function that records an event."""

    def record(kind: str = "take_added", where: Project = project, **payload: Any) -> Event:
        with transaction.atomic():
            return events.record(where.pk, kind, payload)

    return record
