"""What an order will cost at most, in micro-units of a dollar. Whole numbers and fractions only, never floats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from generation.catalogue.limits import among

Per = Literal["output", "second", "frame", "characters", "pixels", "input"]

# Where the clip's own rate is not given: the highest that is common.
_FRAMES_A_SECOND = 60


@dataclass(frozen=True, slots=True)
class Ordered:
    """What of an order its price depends on."""

    duration_ms: int | None
    pixels: int | None
    fps: int | None
    outputs: int
    characters: int
    inputs: int
    words: frozenset[str]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class When:
    """For which orders a rate holds: all that is set here must be so.

    Attributes:
        options: an option was given with one of these values.
        words: the ratio or resolution word is one of these.
        most_pixels: one output has at most so many; not so when they are unknown.
        most_seconds: an output is at most so long; not so when that is unknown.
        least_inputs: at least so many pictures or clips come with it.
    """

    options: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    most_pixels: int | None = None
    most_seconds: int | None = None
    least_inputs: int = 0

    def holds(self, order: Ordered) -> bool:
        """Return whether the rate is the one for an order."""
        return (
            all(name in order.options and among(order.options[name], values) for name, values in self.options.items())
            and (not self.words or bool(order.words.intersection(self.words)))
            and (self.most_pixels is None or (order.pixels is not None and order.pixels <= self.most_pixels))
            and (self.most_seconds is None or (order.duration_ms or math.inf) <= self.most_seconds * 1000)
            and order.inputs >= self.least_inputs
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """So many micro-units for each: output, second, frame, started ``each`` characters or pixels, or input picture.

    Attributes:
        micros: the amount.
        per: for what.
        each: of how many characters or pixels.
        when: for which orders; None for all.
        beyond: how many of them are free.
        assume: how many pixels when the order does not tell.
    """

    micros: int
    per: Per
    each: int = 1
    when: When | None = None
    beyond: int = 0
    assume: int = 0

    def amount(self, order: Ordered) -> Fraction:
        """Return what an order comes to by this rate."""
        return self.micros * self._quantity(order)

    def _quantity(self, order: Ordered) -> Fraction:
        seconds = Fraction(order.duration_ms or 0, 1000)
        if self.per == "second":
            return order.outputs * max(seconds - self.beyond, Fraction(0))
        if self.per == "frame":
            return Fraction(order.outputs * math.ceil(seconds * (order.fps or _FRAMES_A_SECOND)))
        if self.per == "characters":
            return Fraction(-(-max(order.characters - self.beyond, 0) // self.each))
        if self.per == "pixels":
            return Fraction(order.outputs * -(-max((order.pixels or self.assume) - self.beyond, 0) // self.each))
        if self.per == "input":
            return Fraction(order.outputs * max(order.inputs - self.beyond, 0))
        return Fraction(order.outputs)


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one operation of one model: never less than what will be charged.

    Attributes:
        rates: the first that holds counts; the last holds always and is the dearest.
        extras: all that hold are added.
        source: where the figures come from.
        rounds_to: the smallest amount that the provider charges; everything is rounded up to a multiple of it.
    """

    rates: tuple[Rate, ...]
    extras: tuple[Rate, ...] = ()
    source: str = ""
    rounds_to: int = 1

    def estimate(self, order: Ordered) -> int:
        """Return what an order will cost at most, in micro-units."""
        rate = next(rate for rate in self.rates if rate.when is None or rate.when.holds(order))
        total = rate.amount(order) + sum(
            (extra.amount(order) for extra in self.extras if extra.when is None or extra.when.holds(order)), Fraction(0)
        )
        return math.ceil(total / self.rounds_to) * self.rounds_to

    @classmethod
    def of(cls, micros: int, per: Per = "output") -> Price:
        """Return a price with one rate."""
        return cls((Rate(micros, per),))
