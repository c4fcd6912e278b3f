"""What differs between takes: only that, and the words of their prompts one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scenes.models import Take
from scenes.screenplay.wording import Piece, word_diff

_NAMES = {
    "model": "Model",
    "provider": "Provider",
    "seed": "Seed",
    "negative_prompt": "Negative prompt",
    "duration_ms": "Length, ms",
    "width": "Width",
    "height": "Height",
    "fps": "Frames a second",
    "size": "Picture",
    "references": "References",
}
_MOST_WORDS = 600


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting in which takes differ; values in the order of the takes, empty where one has none."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """How takes differ; what is the same in all of them is empty.

    Attributes:
        settings: one by one.
        costs: of each take, micro-units; None for what a person brought.
        prompts: each against the first one, in pieces.
    """

    settings: tuple[Difference, ...]
    costs: tuple[int | None, ...] = ()
    prompts: tuple[tuple[Piece, ...], ...] = ()

    @property
    def anything(self) -> bool:
        """Whether there is any."""
        return bool(self.settings or self.costs or self.prompts)


def differences(takes: Sequence[Take]) -> Differences:
    """Return only what is not the same in all of some takes.

    Args:
        takes: in the order in which they are shown; the first is what the others are measured by.
    """
    known = [_settings(take) for take in takes]
    names = list(dict.fromkeys(name for settings in known for name in settings))
    rows = []
    for name in names:
        values = tuple(settings.get(name, "") for settings in known)
        if len(set(values)) > 1:
            rows.append(Difference(_NAMES.get(name, name.replace("_", " ").capitalize()), values))
    prompts = [str(take.inputs.get("prompt") or "") for take in takes]
    costs = tuple(take.inputs.get("cost") for take in takes)
    return Differences(
        settings=tuple(rows),
        costs=costs if len(set(costs)) > 1 else (),
        prompts=tuple(_words(prompts[0], prompt) for prompt in prompts) if len(set(prompts)) > 1 else (),
    )


def _words(before: str, after: str) -> tuple[Piece, ...]:
    if max(len(before.split()), len(after.split())) > _MOST_WORDS:
        return (Piece("same" if before == after else "new", after),)
    return tuple(word_diff(before, after))


def _settings(take: Take) -> dict[str, str]:
    made: dict[str, Any] = take.inputs
    if not made.get("model"):
        return {"model": f"Brought: {made.get('uploaded') or 'a file'}", "size": _size(take)}
    parameters = dict(made.get("parameters") or {})
    options = parameters.pop("options", None) or {}
    parameters.pop("seed", None)
    found = {
        "model": made.get("model_label") or made["model"],
        "provider": made.get("provider_label") or made.get("provider"),
        "seed": made.get("seed"),
        **parameters,
        **options,
        "references": len([one for one in made.get("inputs") or [] if one.get("role") == "reference"]) or "",
        "size": _size(take),
    }
    return {str(name): str(value) for name, value in found.items() if value not in (None, "")}


def _size(take: Take) -> str:
    return f"{take.asset.width} × {take.asset.height}" if take.asset.width else ""
