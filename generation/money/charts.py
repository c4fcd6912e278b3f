"""Charts that the server draws: where each bar stands and how high it is. Colours and type are the page's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 132
_HEAD = 16  # room above the highest bar for the figure of its grid line
_MOST_LINES = 4
_STEPS = (1, 2, 5, 10, 20, 50)  # tenths of the highest figure's place


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a sum of money. Amounts in micro-units.

    Attributes:
        label: what it was spent on, for people.
        amount: how much; less than nothing where a correction was larger than the rest.
        count: how many purchases that were.
        share: of the largest part, 0 to 1.
    """

    label: str
    amount: int
    count: int = 0
    share: float = 0.0

    @property
    def percent(self) -> str:
        """How long its bar is, as a template can print it."""
        return f"{self.share * 100:.1f}"


@dataclass(frozen=True, slots=True)
class Column:
    """One upright bar. Places are per cent of the width, heights are pixels from the top.

    ``name`` stands below it; there is not room for all of them.
    """

    label: str
    name: str
    amount: int
    x: str
    middle: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the grid, and the amount that it stands for."""

    amount: int
    y: str


@dataclass(frozen=True, slots=True)
class Columns:
    """A chart of amounts in the order of time."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    ground: int = HEIGHT


def columns(slices: Sequence[Slice], names: Sequence[str]) -> Columns:
    """Return a chart.

    Args:
        slices: in order.
        names: what stands below each of them; empty where nothing does.
    """
    top = max((one.amount for one in slices), default=0)
    step = _step(top)
    room = HEIGHT - _HEAD
    scale = room / top if top > 0 else 0.0
    each = 100 / max(len(slices), 1)
    bars = []
    for place, (one, name) in enumerate(zip(slices, names, strict=True)):
        height = max(one.amount, 0) * scale
        # A little money is still seen.
        height = max(height, 2.0) if one.amount > 0 else 0.0
        bars.append(
            Column(
                label=one.label,
                name=name,
                amount=one.amount,
                x=f"{(place + 0.14) * each:.3f}%",
                middle=f"{(place + 0.5) * each:.3f}%",
                width=f"{each * 0.72:.3f}%",
                y=f"{HEIGHT - height:.1f}",
                height=f"{height:.1f}",
            )
        )
    lines = [Line(amount, f"{HEIGHT - amount * scale:.1f}") for amount in range(step, top + 1, step)] if step else []
    return Columns(tuple(bars), tuple(lines))


def _step(top: int) -> int:
    """Return a round amount that fits two to four times below the top; 0 when there is nothing to draw."""
    if top <= 0:
        return 0
    unit: int = 10 ** (len(str(top)) - 1)
    for tenths in _STEPS:
        step = unit * tenths // 10
        if step and top // step <= _MOST_LINES:
            return step
    return unit


def parts(amounts: Sequence[Slice], *, most: int | None = None) -> list[Slice]:
    """Return slices with the largest first, each with its share of the largest; what is left out is summed up.

    Args:
        amounts: in any order.
        most: how many are shown one by one.
    """
    ordered = sorted(amounts, key=lambda one: (-one.amount, one.label))
    shown, rest = (ordered, []) if most is None or len(ordered) <= most else (ordered[: most - 1], ordered[most - 1 :])
    top = max((one.amount for one in shown), default=0)
    found = [Slice(one.label, one.amount, one.count, max(one.amount, 0) / top if top > 0 else 0.0) for one in shown]
    if rest:
        found.append(Slice(f"{len(rest)} more", sum(one.amount for one in rest), sum(one.count for one in rest)))
    return found
