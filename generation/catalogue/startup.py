"""The catalogue is read at the start: a wrong file is found then, and not by the first who chooses a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks

from generation.catalogue import CatalogueError, models, unpriced


def check_catalogue(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """Report a catalogue file that cannot be read."""
    try:
        models()
    except CatalogueError as error:
        return [checks.Error(str(error), hint="Correct the file in generation/catalogue.", id="generation.E001")]
    return []


def check_prices(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """List the models that cannot be ordered because nobody has told us their price."""
    missing = unpriced()
    if not missing:
        return []
    return [
        checks.Info(
            f"No price is known for {', '.join(missing)}.",
            hint="They are shown and refused. Add a price with its source in generation/catalogue to offer them.",
            id="generation.I001",
        )
    ]
