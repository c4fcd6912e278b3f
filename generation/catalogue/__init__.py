"""What can be asked of whom, and for how much: data, one file per provider, checked when it is loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path
from typing import Any, Literal

from generation.catalogue.checking import refuse_retired
from generation.catalogue.errors import CatalogueError, ImpossibleRequest
from generation.catalogue.limits import Durations, PromptRule, References
from generation.catalogue.model import Capability, Model
from generation.catalogue.prices import Price, Rate, When
from generation.catalogue.reading import read
from generation.catalogue.sizes import Size, Sizes
from generation.providers.base import Operation

__all__ = [
    "Capability",
    "CatalogueError",
    "Durations",
    "ImpossibleRequest",
    "Model",
    "Need",
    "Price",
    "PromptRule",
    "Rate",
    "References",
    "Size",
    "Sizes",
    "When",
    "choose",
    "load",
    "model_for",
    "model_named",
    "models",
    "refuse_retired",
    "unpriced",
]

Need = Literal["cheapest", "fastest", "best"]

_FOLDER = Path(__file__).parent
# Where the price goes by the character, choices compare what a line of dialogue costs.
_LINE = "x" * 100
_NAMED_AT_ONCE = 12


@cache
def models() -> dict[str, Model]:
    """Return every model by id, those of one provider in order of preference.

    Raises:
        CatalogueError: a file is wrong.
    """
    return load(sorted(_FOLDER.glob("*.toml")))


def load(paths: Iterable[Path]) -> dict[str, Model]:
    """Return the models of some files by id.

    Raises:
        CatalogueError: a file is wrong; the message names the file, the model and the key.
    """
    found: dict[str, Model] = {}
    for path in paths:
        for model in read(path):
            if model.id in found:
                raise CatalogueError(f"{path.name}, model {model.id}: id is there twice.")
            found[model.id] = model
    for model in found.values():
        if model.successor and (model.successor not in found or found[model.successor].retired):
            raise CatalogueError(
                f"{model.provider}, model {model.id}: successor {model.successor!r} is not there, or retired itself."
            )
    return found


def unpriced() -> list[str]:
    """Return what nobody has told us the price of: shown, and refused when it is asked for."""
    return [
        f"{model.id} ({operation})"
        for model in models().values()
        for operation, capability in model.capabilities.items()
        if capability.price is None and not model.retired
    ]


def model_named(model_id: str) -> Model:
    """Return one model, also a retired one.

    Raises:
        ImpossibleRequest: there is none of that name; the message lists those there are.
    """
    try:
        return models()[model_id]
    except KeyError:
        pass
    there = [model.id for model in models().values() if not model.retired]
    near = [name for name in there if model_id[:4].lower() == name[:4].lower()] or there
    more = f" and {len(near) - _NAMED_AT_ONCE} more" if len(near) > _NAMED_AT_ONCE else ""
    raise ImpossibleRequest(
        f"There is no model {model_id[:80]!r}. There are: {', '.join(near[:_NAMED_AT_ONCE])}{more}.", field="model"
    )


def model_for(provider: str, operation: Operation) -> Model:
    """Return a provider's first model for an operation that can be ordered.

    Raises:
        ImpossibleRequest: it has none.
    """
    for model in models().values():
        if model.provider == provider and model.usable_for(operation):
            return model
    providers = sorted({model.provider for model in models().values()})
    if provider not in providers:
        raise ImpossibleRequest(
            f"There is no provider {provider[:40]!r}. There are: {', '.join(providers)}.", field="model"
        )
    missing = [model.missing for model in models().values() if model.provider == provider and model.missing]
    if missing:
        raise ImpossibleRequest(missing[0], field="model")
    able = sorted({model.provider for model in models().values() if model.usable_for(operation)})
    raise ImpossibleRequest(
        f"The provider {provider!r} does not do {operation}. These do: {', '.join(able)}.", field="model"
    )


def choose(
    operation: Operation,
    need: Need,
    *,
    providers: Collection[str],
    width: int | None = None,
    height: int | None = None,
    duration_ms: int | None = None,
    negative_prompt: bool = False,
    references: int = 0,
) -> list[Model]:
    """Return the models that can do something, the one that meets the need best first; none when none can.

    Args:
        operation: what is wanted.
        need: ``cheapest``, ``fastest`` or ``best``.
        providers: those that may be asked.
        width, height: the project's picture.
        duration_ms: at least so long.
        negative_prompt: it must take one.
        references: it must take so many pictures.
    """
    found: list[tuple[tuple[Any, ...], Model]] = []
    for place, model in enumerate(models().values()):
        if model.provider not in providers or not model.usable_for(operation):
            continue
        capability = model.can(operation)
        if negative_prompt and not capability.negative_prompt:
            continue
        if not capability.references.least <= references <= capability.references.most:
            continue
        try:
            parameters = model.fit(operation, width=width, height=height, duration_ms=duration_ms)
            cost = model.estimate(operation, parameters, prompt=_LINE, inputs=references)
        except ImpossibleRequest:
            continue
        order = {
            "cheapest": (cost, -model.quality, model.typical_seconds),
            "fastest": (model.typical_seconds, cost, -model.quality),
            "best": (-model.quality, cost, model.typical_seconds),
        }[need]
        found.append(((*order, place), model))
    return [model for _, model in sorted(found, key=lambda each: each[0])]
