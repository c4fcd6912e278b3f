"""The stage with the real adapters, over HTTP, at simulated providers that keep books of their own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from generation import crashpoints, execution, leases
from generation.models import Attempt, Entry
from generation.rehearsal.faults import Scenario
from generation.rehearsal.server import RehearsalServer
from generation.states import AttemptState
from projects import queue
from projects.access import OpenProject
from scenes.models import Shot
from tests.engine.stage import Stage

RUNWAY_KEY = "key_" + "5a" * 64
RUNWARE_KEY = "rehearsalkey0123456789abcdefghij"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RehearsalServer]:
    """Both providers, at once with everything and never patient; bytes drip one by one, but without a pause."""
    scenario = Scenario(drip_seconds=0.0, patience_seconds=0.3)
    with RehearsalServer(tmp_path / "rehearsal", scenario=scenario, speed=0) as running:
        yield running


class PaidStage(Stage):
    """A stage that asks by prompt, and compares our books with the providers'."""

    server: RehearsalServer

    def shot(self, prompt: str) -> Shot:
        """Add a shot with words of its own."""
        (shot,) = self.shots(1)
        shot.prompt_by_hand = prompt
        shot.save()
        return shot

    def compare_books(self) -> None:
        """Assert that what the providers charged is what we settled, but for what nobody knows, which is held."""
        for line in (*self.server.books.by_body().values(), *self.server.books.by_identity().values()):
            assert line.accepted <= 1, "bought twice"
        settled = sum(Entry.objects.filter(kind="settle").values_list("amount", flat=True))
        in_doubt = Attempt.objects.filter(state=AttemptState.UNKNOWN)
        held = sum(in_doubt.values_list("estimate", flat=True))
        charged = self.server.books.charged()
        assert settled <= charged <= settled + held, f"{charged} charged, {settled} settled, {held} held"


@pytest.fixture
def stage(
    transactional_db: None,
    opened: OpenProject,
    server: RehearsalServer,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[PaidStage]:
    """One project whose installation has keys for both."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "scenes.storage.LocalMediaStorage",
            "OPTIONS": {"location": str(tmp_path / "media"), "base_url": None, "allow_overwrite": True},
        },
    }
    settings.PROVIDERS = {
        **settings.PROVIDERS,
        "runway": {"key": RUNWAY_KEY, "url": server.runway_url},
        "runware": {"key": RUNWARE_KEY, "url": server.runware_url},
    }
    settings.FETCH_ALLOWED_ORIGINS = [server.base_url]
    messages: deque[tuple[str, tuple[str, ...]]] = deque()
    monkeypatch.setattr(queue, "ring", lambda actor_name, *ids: messages.append((actor_name, ids)))
    leases.stopping.clear()
    made = PaidStage(opened, {}, messages)
    made.server = server
    yield made
    crashpoints.install(None)
    leases.stopping.clear()
    execution.registry.cache_clear()
