"""A till: attempts of the cast's project, without the engine, so that only the books move."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pytest_django import Settings

from generation import catalogue, execution
from projects.models import Project
from tests.engine.fakes import KeyedProvider, LocalProvider, PaidProvider, models_of
from tests.money.till import Till


@pytest.fixture(autouse=True)
def providers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two providers that charge and one that does not."""
    registry = {fake.name: fake for fake in (PaidProvider(), KeyedProvider(), LocalProvider())}
    models = {**catalogue.models(), **{model.id: model for name in registry for model in models_of(name)}}
    monkeypatch.setattr(execution, "registry", lambda: registry)
    monkeypatch.setattr(catalogue, "models", lambda: models)


@pytest.fixture(autouse=True)
def default_budget(settings: Settings) -> None:
    """A team may spend 100 dollars when nothing else was said."""
    settings.DEFAULT_MONTHLY_BUDGET = 100


@pytest.fixture
def till(cast: SimpleNamespace, project: Project) -> Till:
    """Attempts of Carol's in the project."""
    return Till(project, cast.carol)
