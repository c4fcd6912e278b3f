"""What a model takes besides sizes: prompts, lengths, references, and how allowed values are put into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Unit = Literal["characters", "utf16"]

_WRITTEN_OUT = 12
_NAMED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class PromptRule:
    """How long a prompt may be, and how the model counts it.

    Attributes:
        least, most: the bounds.
        unit: ``characters`` are code points; ``utf16`` counts code units, so that an emoji counts as two.
        required: whether there must be one.
    """

    most: int
    least: int = 1
    unit: Unit = "characters"
    required: bool = True

    def count(self, text: str) -> int:
        """Return how long the model finds a text."""
        return len(text.encode("utf-16-le", "surrogatepass")) // 2 if self.unit == "utf16" else len(text)


@dataclass(frozen=True, slots=True)
class Durations:
    """The lengths that a model makes, in milliseconds: a range with a step, or a few that are listed.

    Attributes:
        least, most, step: the range; with ``listed`` its ends.
        listed: the lengths there are, where they are not evenly spaced.
        optional: the model chooses a length when none is asked for.
        of_source: the result is as long as its source. There is nothing to ask for; these bound the source
            (``source_ms``), whose length is paid for.
    """

    least: int
    most: int
    step: int = 1
    listed: tuple[int, ...] = ()
    optional: bool = False
    of_source: bool = False

    def covering(self, wanted_ms: int) -> int | None:
        """Return the shortest length that is at least as long as wanted, or None."""
        if self.of_source:
            return wanted_ms if self.least <= wanted_ms <= self.most else None
        if self.listed:
            return next((length for length in self.listed if length >= wanted_ms), None)
        steps = -(-(max(wanted_ms, self.least) - self.least) // self.step)
        length = self.least + steps * self.step
        return length if length <= self.most else None

    def allows(self, duration_ms: int) -> bool:
        """Return whether the model makes exactly this length."""
        return self.covering(duration_ms) == duration_ms

    def __str__(self) -> str:
        """Return the lengths in words: ``5 or 10 s``."""
        if self.listed:
            return f"{either([f'{length / 1000:g}' for length in self.listed])} s"
        if self.least == self.most:
            return f"{self.least / 1000:g} s"
        steps = "" if self.of_source else f" in steps of {self.step / 1000:g} s"
        return f"{self.least / 1000:g} to {self.most / 1000:g} s{steps}"


@dataclass(frozen=True, slots=True)
class References:
    """Pictures that the model is to keep to. ``tags`` says that the prompt can speak of them by name (``@anna``)."""

    least: int = 0
    most: int = 0
    tags: bool = False


def either(words: Sequence[str]) -> str:
    """Return words as a choice: ``5, 8 or 10``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def choice_of(values: Iterable[Any]) -> str:
    """Return allowed values in words; long runs of numbers as a range."""
    listed = list(values)
    if len(listed) > _WRITTEN_OUT:
        if _numbers(listed):
            return f"{listed[0]:g} to {listed[-1]:g}"
        return f"{', '.join(map(_word, listed[:_NAMED_AT_ONCE]))} and {len(listed) - _NAMED_AT_ONCE} more"
    return either([_word(value) for value in listed])


def among(value: Any, allowed: Iterable[Any]) -> bool:
    """Return whether a value is one of those allowed; unlike ``in`` it tells ``True`` from ``1``."""
    return any(value == one and isinstance(value, bool) is isinstance(one, bool) for one in allowed)


def _numbers(values: list[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
