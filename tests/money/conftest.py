"""A till: attempts of the cast's project, without the engine, so that only the books move."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pytest_django import Settings

from generation import execution
from projects.models import Project
from tests.engine.fakes import KeyedProvider, LocalProvider, PaidProvider
from tests.money.till import Till


@pytest.fixture(autouse=True)
def providers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two providers that charge and one that does not."""
    registry = {fake.name: fake for fake in (PaidProvider(), KeyedProvider(), LocalProvider())}
    monkeypatch.setattr(execution, "registry", lambda: registry)


@pytest.fixture(autouse=True)
def default_budget(settings: Settings) -> None:
    """A team may spend 100 dollars when nothing else was said."""
    settings.DEFAULT_MONTHLY_BUDGET = 100


@pytest.fixture
def till(cast: SimpleNamespace, project: Project) -> Till:
    """Attempts of Carol's in the project."""
    return Till(project, cast.carol)
