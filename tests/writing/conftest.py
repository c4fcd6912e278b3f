"""The engine's stage with a language model on it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from generation import catalogue, execution
from generation.models import Job
from generation.providers.base import Provider
from tests.engine.conftest import no_traces, own_data, quick_gate, rung, stage
from tests.engine.fakes import FakeProvider, PaidProvider, models_of
from tests.writing.words import WordsProvider, words_model

__all__ = ["no_traces", "own_data", "quick_gate", "rung", "stage"]


@pytest.fixture
def writer() -> WordsProvider:
    """The language model; what it answers is told by ``play("answer", …)``."""
    return WordsProvider()


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch, writer: WordsProvider) -> dict[str, FakeProvider]:
    """The language model and one that makes pictures, in the registry and as all there is in the catalogue."""
    fakes: dict[str, FakeProvider] = {fake.name: fake for fake in (writer, PaidProvider())}
    built_in = {name: one for name, one in catalogue.models().items() if one.provider in ("animatic", "assembly")}
    models = {**built_in, **{one.id: one for one in [words_model(), *models_of("paid")]}}
    registry: Mapping[str, Provider] = fakes
    monkeypatch.setattr(execution, "registry", lambda: registry)
    monkeypatch.setattr(catalogue, "models", lambda: models)
    for module in ("writing.asking", "writing.kinds", "writing.ending", "choosing.trials"):
        monkeypatch.setattr(f"generation.{module}.models", lambda: models)
    return fakes


def failed(job: Job) -> tuple[str, str]:
    """Return why a job has failed."""
    job.refresh_from_db()
    return job.failure_code, job.failure_text
