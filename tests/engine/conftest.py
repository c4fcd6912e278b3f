"""The stage: a project, three fake providers, and a bell that only the test answers."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, UnidentifiedImageError
from pytest_django import Settings

from generation import catalogue, crashpoints, execution, leases, results
from generation.media import gate
from generation.media.probe import MediaInfo
from projects import queue
from projects.access import OpenProject
from tests.engine.fakes import FakeProvider, KeyedProvider, LocalProvider, PaidProvider, models_of
from tests.engine.stage import Stage


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeProvider]:
    """The fakes, in the registry and in the catalogue."""
    fakes: dict[str, FakeProvider] = {fake.name: fake for fake in (PaidProvider(), KeyedProvider(), LocalProvider())}
    models = {**catalogue.models(), **{model.id: model for name in fakes for model in models_of(name)}}
    monkeypatch.setattr(execution, "registry", lambda: fakes)
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
    """A gate that opens pictures in this process: the real one's sandbox has tests of its own, and takes its time."""

    def admit(path: Path, *, kinds: Collection[str], check: Any) -> gate.Admitted:
        check()
        try:
            with Image.open(path) as image:
                image.load()
                info = MediaInfo("image", "", path.stat().st_size, width=image.width, height=image.height)
        except (UnidentifiedImageError, OSError) as error:
            raise gate.MediaRefused("This file is damaged.", code="damaged") from error
        return gate.Admitted("image/png", "png", info, hashlib.sha256(path.read_bytes()).hexdigest())

    monkeypatch.setattr(results.gate, "admit", admit)


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
