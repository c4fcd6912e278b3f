"""What an order costs and how long it takes: from the catalogue, as the product itself reckons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generation.catalogue import ImpossibleRequest, model_named
from generation.providers.base import Operation
from generation.rehearsal.tasks import Wanted

# For models that have no published price; the providers sell them all the same. Per result, or per second.
_MADE_UP = {"image": 40_000, "text": 5_000, "audio": 20_000}
_MADE_UP_PER_SECOND = 100_000
_MADE_UP_TIME = {"image": 10.0, "text": 3.0, "audio": 8.0, "video": 60.0}


@dataclass(frozen=True, slots=True)
class Quote:
    """A price in micro-units for the whole order, and the seconds that it usually takes."""

    micros: int
    seconds: float


def quote(
    model: str,
    operations: Sequence[Operation],
    parameters: Mapping[str, Any],
    *,
    prompt: str,
    inputs: int,
    wanted: Wanted,
) -> Quote:
    """Price an order.

    Args:
        model: its id, which is the provider's own name for it.
        operations: what is asked of it, by the names that the catalogue may have for it; the likeliest first.
        parameters: in the catalogue's words (width, height, duration_ms, outputs, options, …).
        prompt: for models that are paid by the character.
        inputs: how many files go with it.
        wanted: for models that nobody has published a price of.
    """
    try:
        found = model_named(model)
        operation = next((name for name in operations if name in found.operations), operations[0])
        micros = found.estimate(operation, parameters, prompt=prompt, inputs=inputs)
        return Quote(micros, found.typical_seconds)
    except ImpossibleRequest:
        each = _MADE_UP.get(wanted.kind, _MADE_UP_PER_SECOND * wanted.duration_ms // 1000)
        return Quote(each * wanted.count, _MADE_UP_TIME[wanted.kind])


def flat(options: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Options as the catalogue names them: a dot leads into an object of the body."""
    named: dict[str, Any] = {}
    for name, value in options.items():
        named[f"{before}{name}"] = value
        if isinstance(value, dict):
            named |= flat(value, f"{before}{name}.")
    return named


def retired(model: str) -> bool:
    """Whether the provider has taken a model away."""
    try:
        return bool(model_named(model).retired)
    except ImpossibleRequest:
        return False
