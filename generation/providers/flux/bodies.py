"""From an order to all that is needed to compute it again and again, to the same picture."""

from __future__ import annotations

from typing import Any

from generation.providers.base import Json, Operation, Order
from generation.providers.errors import Refused

# What the pipelines take where nothing was chosen, by the makers' model cards: steps and guidance.
USUAL: dict[str, tuple[int, float]] = {
    "FLUX.1-schnell": (4, 0.0),
    "FLUX.1-dev": (28, 3.5),
    "FLUX.1-Krea-dev": (28, 4.5),
    "FLUX.1-Kontext-dev": (28, 2.5),
    "FLUX.1-Fill-dev": (50, 30.0),
}
USUAL_STRENGTH = 0.6
# The distilled model was taught with shorter prompts.
MOST_TOKENS = {"FLUX.1-schnell": 256}
USUAL_TOKENS = 512
MULTIPLE, LEAST_SIDE, MOST_SIDE, MOST_PIXELS = 16, 64, 2048, 2 * 1024**2
SEEDS = 2**32


def body_of(order: Order) -> Json:
    """Return what is kept of an order.

    Args:
        order: what is wanted; its seed is made of its id where none was chosen, so that a repeat draws the same.

    Raises:
        Refused: a file is missing, or a value is none of those that the model takes.
    """
    options = order.parameters.get("options") or {}
    steps, guidance = USUAL[order.model]
    body: dict[str, Any] = {
        "model": order.model,
        "operation": str(order.operation),
        "prompt": order.prompt,
        "tokens": MOST_TOKENS.get(order.model, USUAL_TOKENS),
        "steps": _number(options, "steps", steps, 1, 100),
        "guidance": _number(options, "guidance", guidance, 0, 100),
        "seed": _number(order.parameters, "seed", order.uuid.int % SEEDS, 0, SEEDS - 1),
    }
    if order.operation is Operation.TEXT_TO_IMAGE:
        return {**body, "width": _side(order, "width", 1280), "height": _side(order, "height", 720)}
    body["source"] = _file(order, "source", "a picture to work on")
    body["strength"] = _number(options, "strength", USUAL_STRENGTH, 0.01, 1)
    if order.operation is Operation.INPAINT:
        body["mask"] = _file(order, "mask", "a mask that shows what to change")
    return body


def fitted(width: int, height: int) -> tuple[int, int]:
    """Return the size nearest to a picture's that the pipelines make: sides of whole 16 pixels, and not too many.

    Args:
        width, height: of the picture that is changed.
    """
    share = min(1.0, MOST_SIDE / max(width, height), (MOST_PIXELS / (width * height)) ** 0.5)
    wide, high = (max(LEAST_SIDE, int(side * share) // MULTIPLE * MULTIPLE) for side in (width, height))
    return wide, high


def _side(order: Order, name: str, usual: int) -> int:
    side = _number(order.parameters, name, usual, LEAST_SIDE, MOST_SIDE)
    if side % MULTIPLE:
        raise Refused(f"“{name}” must be a multiple of {MULTIPLE}.", code=f"bad_{name}", internal=str(side))
    return int(side)


def _number(given: Json, name: str, usual: float, low: float, high: float) -> float:
    """Return a number, whole where the usual one is."""
    value = given.get(name)
    if value is None:
        return usual
    allowed = int if isinstance(usual, int) else int | float
    if isinstance(value, bool) or not isinstance(value, allowed) or not low <= value <= high:
        raise Refused(f"“{name}” must be from {low:g} to {high:g}.", code=f"bad_{name}", internal=repr(value)[:80])
    return value


def _file(order: Order, role: str, words: str) -> str:
    for each in order.inputs:
        if each.role == role:
            return each.sha256
    raise Refused(f"This needs {words}. Choose one.", code="input_missing", internal=role)
