"""What an order will cost at most, in micro-units of a dollar. Whole numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from generation.catalogue.limits import among

Per = Literal[
    "output", "second", "source_second", "frame", "characters", "pixels", "input", "input_tokens", "output_tokens",
    "media_tokens",
]  # fmt: skip

# Where the clip's own rate is not given: the highest that is common.
_FRAMES_A_SECOND = 60


@dataclass(frozen=True, slots=True)
class Ordered:
    """What of an order its price depends on; None where the order does not tell."""

    duration_ms: int | None
    source_ms: int | None
    pixels: int | None
    longest_side: int | None
    fps: int | None
    outputs: int
    characters: int
    inputs: int
    words: frozenset[str]
    options: Mapping[str, Any]
    input_tokens: int = 0
    output_tokens: int = 0
    media_tokens: int = 0


@dataclass(frozen=True, slots=True)
class When:
    """For which orders a rate holds: all that is set here must be so.

    Attributes:
        options: an option has one of these values, as it was given or else as the provider chooses it.
        words: the ratio or resolution word is one of these.
        least_pixels: one output has at least so many; so too when they are unknown.
        most_pixels: one output has at most so many; not so when they are unknown.
        most_side: its longer side has at most so many; not so when it is unknown.
        most_seconds: an output is at most so long; not so when that is unknown.
        least_inputs: at least so many pictures or clips come with it.
        least_input_tokens, most_input_tokens: so many tokens are read.
    """

    options: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    least_pixels: int = 0
    most_pixels: int | None = None
    most_side: int | None = None
    most_seconds: int | None = None
    least_inputs: int = 0
    least_input_tokens: int = 0
    most_input_tokens: int | None = None

    def holds(self, order: Ordered) -> bool:
        """Return whether the rate is the one for an order."""
        return (
            all(name in order.options and among(order.options[name], values) for name, values in self.options.items())
            and (not self.words or bool(order.words.intersection(self.words)))
            and (order.pixels is None or order.pixels >= self.least_pixels)
            and _within(order.pixels, self.most_pixels)
            and _within(order.longest_side, self.most_side)
            and _within(order.duration_ms, None if self.most_seconds is None else self.most_seconds * 1000)
            and order.inputs >= self.least_inputs
            and order.input_tokens >= self.least_input_tokens
            and _within(order.input_tokens, self.most_input_tokens)
        )


def _within(value: int | None, most: int | None) -> bool:
    return most is None or (value is not None and value <= most)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many micro-units for each of something.

    Attributes:
        micros: the amount.
        per: for each output, started second of output or of source, frame, started ``each`` characters or pixels,
            file that comes with the order, or token that is read or written (by the share of ``each`` of them).
        each: of how many characters, pixels or tokens.
        when: for which orders; None for all.
        assume: how many seconds or pixels when the order does not tell.
    """

    micros: int
    per: Per
    each: int = 1
    when: When | None = None
    assume: int = 0

    def amount(self, order: Ordered) -> int:
        """Return what an order comes to by this rate."""
        seconds = self.assume if order.duration_ms is None else -(-order.duration_ms // 1000)
        source = self.assume if order.source_ms is None else -(-order.source_ms // 1000)
        tokens = {
            "input_tokens": order.input_tokens,
            "output_tokens": order.output_tokens,
            "media_tokens": order.media_tokens,
        }
        quantity = {
            "output": 1,
            "second": seconds,
            "source_second": source,
            "frame": -(-(order.duration_ms or self.assume * 1000) * (order.fps or _FRAMES_A_SECOND) // 1000),
            "pixels": -(-(order.pixels or self.assume) // self.each),
            "characters": -(-order.characters // self.each),
            "input": order.inputs,
        }
        if self.per in tokens:
            return -(-self.micros * tokens[self.per] // self.each)
        return self.micros * quantity[self.per] * order.outputs


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one operation of one model: never less than what will be charged.

    Attributes:
        rates: the first that holds counts; the last holds always and is the dearest.
        extras: all that hold are added.
        charged: what all of an order comes to by the tokens that the provider told afterwards; empty where the rates
            themselves go by tokens.
        source: where the figures come from.
        rounds_to: the smallest amount that the provider charges; everything is rounded up to a multiple of it.
        minimum: what is charged at least.
    """

    rates: tuple[Rate, ...]
    extras: tuple[Rate, ...] = ()
    charged: tuple[Rate, ...] = ()
    source: str = ""
    rounds_to: int = 1
    minimum: int = 0

    def estimate(self, order: Ordered) -> int:
        """Return what an order will cost at most, in micro-units."""
        rate = next(rate for rate in self.rates if rate.when is None or rate.when.holds(order))
        total = rate.amount(order) + sum(
            extra.amount(order) for extra in self.extras if extra.when is None or extra.when.holds(order)
        )
        return max(-(-total // self.rounds_to) * self.rounds_to, self.minimum)

    def charge(self, order: Ordered) -> int:
        """Return what an order came to whose tokens are known, in micro-units."""
        if not self.charged:
            return self.estimate(order)
        total = sum(rate.amount(order) for rate in self.charged)
        return -(-total // self.rounds_to) * self.rounds_to

    @classmethod
    def of(cls, micros: int, per: Per = "output") -> Price:
        """Return a price with one rate."""
        return cls((Rate(micros, per),))
