"""What can be asked of whom, and for how much: data, one file per provider, checked when it is loaded."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from generation.providers.base import Operation

_FOLDER = Path(__file__).parent


class CatalogueError(Exception):
    """A catalogue file is wrong. The message names the file and the model."""


class ImpossibleRequest(Exception):
    """A model cannot do what was asked; the message names what it can. Nothing was reserved or sent."""


@dataclass(frozen=True, slots=True)
class Durations:
    """The clip lengths that a model makes, in milliseconds."""

    least: int
    most: int
    step: int

    def covering(self, wanted_ms: int) -> int | None:
        """Return the shortest length that is at least as long as wanted, or None."""
        steps = -(-(max(wanted_ms, self.least) - self.least) // self.step)
        length = self.least + steps * self.step
        return length if length <= self.most else None


@dataclass(frozen=True, slots=True)
class Model:
    """One model of one provider. Prices are micro-units of a dollar."""

    id: str
    label: str
    provider: str
    provider_label: str
    operations: frozenset[Operation]
    prompt_limit: int
    durations: Durations | None
    price_per: str
    price_micros: int
    price_version: str
    typical_seconds: float

    def estimate(self, duration_ms: int | None = None) -> int:
        """Return what one output will cost, in micro-units.

        Args:
            duration_ms: the clip's length, for models that are paid by the second.
        """
        if self.price_per == "second":
            return -(-self.price_micros * (duration_ms or 0) // 1000)
        return self.price_micros

    def check(self, operation: Operation, prompt: str, duration_ms: int | None) -> None:
        """Refuse what the model cannot do.

        Raises:
            ImpossibleRequest: with the values that it can.
        """
        if operation not in self.operations:
            able = ", ".join(sorted(self.operations))
            raise ImpossibleRequest(f"{self.label} cannot do {operation}; it does {able}.")
        if len(prompt) > self.prompt_limit:
            raise ImpossibleRequest(
                f"The prompt has {len(prompt)} characters; {self.label} takes {self.prompt_limit}. "
                f"Shorten it by {len(prompt) - self.prompt_limit}."
            )
        if self.durations is not None and self.durations.covering(duration_ms or 0) != duration_ms:
            low, high = self.durations.least / 1000, self.durations.most / 1000
            raise ImpossibleRequest(
                f"{self.label} makes clips of {low:g} to {high:g} s in steps of {self.durations.step / 1000:g} s, "
                f"not {(duration_ms or 0) / 1000:g} s."
            )


@cache
def models() -> dict[str, Model]:
    """Return every model by id.

    Raises:
        CatalogueError: a file is wrong.
    """
    found: dict[str, Model] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for entry in data["models"]:
            try:
                model = _model(data, entry)
            except (KeyError, ValueError, TypeError) as error:
                raise CatalogueError(f"{path.name}, model {entry.get('id', '?')}: {error!r}") from error
            if model.id in found:
                raise CatalogueError(f"{path.name}: {model.id} is there twice.")
            found[model.id] = model
    return found


def model_named(model_id: str) -> Model:
    """Return one model.

    Raises:
        ImpossibleRequest: there is none of that name; the message lists those there are.
    """
    try:
        return models()[model_id]
    except KeyError:
        raise ImpossibleRequest(f"There is no model {model_id!r}. There are: {', '.join(models())}.") from None


def model_for(provider: str, operation: Operation) -> Model:
    """Return a provider's first model for an operation.

    Raises:
        ImpossibleRequest: it has none.
    """
    for model in models().values():
        if model.provider == provider and operation in model.operations:
            return model
    able = sorted({model.provider for model in models().values() if operation in model.operations})
    raise ImpossibleRequest(f"The provider {provider!r} does not do {operation}. These do: {', '.join(able)}.")


def _model(data: dict[str, Any], entry: dict[str, Any]) -> Model:
    lengths = entry.get("duration_ms")
    if entry["price"]["per"] not in {"output", "second"}:
        raise ValueError("price.per is neither output nor second")
    return Model(
        id=entry["id"],
        label=entry["label"],
        provider=data["provider"],
        provider_label=data["label"],
        operations=frozenset(Operation(name) for name in entry["operations"]),
        prompt_limit=int(entry["prompt_limit"]),
        durations=Durations(lengths["min"], lengths["max"], lengths["step"]) if lengths else None,
        price_per=entry["price"]["per"],
        price_micros=int(entry["price"]["micros"]),
        price_version=data["version"],
        typical_seconds=float(entry["typical_seconds"]),
    )
