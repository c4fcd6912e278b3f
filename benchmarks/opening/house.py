"""A data folder as an earlier start leaves it: tables, a person, a project, and nothing to do."""

from __future__ import annotations

from benchmarks import stage


def furnish() -> None:
    """Make it."""
    stage.open_house()
