"""The stage: a project, three fake providers, and a bell that only the test answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import dramatiq
import pytest
from django.db import connection
from pytest_django import Settings

from generation import catalogue, crashpoints, execution, leases
from generation.media import gate
from generation.providers.base import Provider
from generation.worker import Working
from projects import queue
from projects.access import OpenProject
from tests.engine.fakes import FakeProvider, KeyedProvider, LocalProvider, PaidProvider, admit_pictures, models_of
from tests.engine.stage import Stage


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeProvider]:
    """The fakes, in the registry and in the catalogue."""
    fakes: dict[str, FakeProvider] = {fake.name: fake for fake in (PaidProvider(), KeyedProvider(), LocalProvider())}
    models = {**catalogue.models(), **{model.id: model for name in fakes for model in models_of(name)}}
    registry: Mapping[str, Provider] = fakes
    monkeypatch.setattr(execution, "registry", lambda: registry)
    monkeypatch.setattr(catalogue, "models", lambda: models)
    return fakes


@pytest.fixture
def own_data(settings: Settings, tmp_path: Path) -> Path:
    """A data folder of the test's own: work folders, spool, media."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "scenes.storage.LocalMediaStorage",
            "OPTIONS": {"location": str(tmp_path / "media"), "base_url": None, "allow_overwrite": True},
        },
    }
    return tmp_path


@pytest.fixture
def quick_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate without its sandbox, which has tests of its own and takes its time."""
    monkeypatch.setattr(gate, "admit", admit_pictures)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> deque[tuple[str, tuple[str, ...]]]:
    """The messages that were sent; nobody answers them but the test."""
    messages: deque[tuple[str, tuple[str, ...]]] = deque()
    monkeypatch.setattr(queue, "ring", lambda actor_name, *ids: messages.append((actor_name, ids)))
    return messages


@pytest.fixture(autouse=True)
def no_traces() -> Iterator[None]:
    """Leave no crash point and no stop behind."""
    leases.stopping.clear()
    yield
    crashpoints.install(None)
    leases.stopping.clear()


@pytest.fixture
def stage(
    transactional_db: None,
    opened: OpenProject,
    providers: dict[str, FakeProvider],
    own_data: Path,
    quick_gate: None,
    rung: deque[tuple[str, tuple[str, ...]]],
) -> Stage:
    """The engine, one step at a time."""
    return Stage(opened, providers, rung)


@pytest.fixture
def living(
    transactional_db: None,
    opened: OpenProject,
    providers: dict[str, FakeProvider],
    own_data: Path,
    quick_gate: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:
    """The engine with its real bell, for real workers; the providers are looked at in quick succession."""
    for fake in (PaidProvider, KeyedProvider):
        monkeypatch.setattr(fake, "traits", replace(fake.traits, first_poll_after=0.1, poll_spacing=0.2))
    yield Stage(opened, providers, deque())
    broker = dramatiq.get_broker()
    broker.flush_all()


@pytest.fixture
def working() -> Iterator[Callable[[], Working]]:
    """Return a function that starts a worker in this process; those that still work at the end are stopped."""
    begun: list[Working] = []

    def start() -> Working:
        worker = Working(threads=4)
        begun.append(worker)
        worker.start()
        return worker

    yield start
    for worker in begun:
        worker.stop()
    # A worker leaves its hooks on the queue; in the product there is one worker to a process.
    hooks = dramatiq.get_broker().middleware
    hooks[:] = [hook for hook in hooks if type(hook).__name__ != "_WorkerMiddleware"]
    connection.close()
