"""The table that ``make bench`` prints and keeps: ours, the peer or limit, their ratio, and the target.

Results are kept as JSON beside the page, by benchmark, so that running one of them again leaves the others' rows.
"""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, KEPT = DOCS / "benchmarks.md", DOCS / "benchmarks.json"

HEAD = """# Benchmarks

Written by `make bench`; do not edit. `make bench ARGS="polling pushing"` runs only those named, and keeps the rest.

Machines are noisy: ours and the peer's are taken in the same run, and a ratio says more than a time. A target that
names no ratio is about our own figure. *load* is the machine's load average when the benchmark began: above the
number of cores, times are too long, and the processor figures up to twice too high.
"""


def _machine() -> str:
    """Describe the machine without naming it."""
    return f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was measured, ours, the peer's, and the bounds that the target sets.

    Attributes:
        name: what was measured.
        ours: our figure, in ``unit``.
        unit: its unit, and the peer's.
        peer_name: who or what ours is held against; empty when only the target speaks.
        peer: the peer's figure.
        most: the most that ours may be.
        least: the least that ours may be.
        most_ratio: the most that ours may be as a multiple of the peer's.
    """

    name: str
    ours: float
    unit: str
    peer_name: str = ""
    peer: float | None = None
    most: float | None = None
    least: float | None = None
    most_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's, where there is one."""
        return self.ours / self.peer if self.peer else None

    @property
    def met(self) -> bool | None:
        """Whether every bound holds; None when there is none."""
        held = []
        if self.most is not None:
            held.append(self.ours <= self.most)
        if self.least is not None:
            held.append(self.ours >= self.least)
        if self.most_ratio is not None and self.ratio is not None:
            held.append(self.ratio <= self.most_ratio)
        return all(held) if held else None

    @property
    def target(self) -> str:
        """The bounds and whether they hold, in words."""
        bounds = []
        if self.most is not None:
            bounds.append(f"≤ {_figure(self.most)} {self.unit}")
        if self.least is not None:
            bounds.append(f"≥ {_figure(self.least)} {self.unit}")
        if self.most_ratio is not None:
            bounds.append(f"≤ {_figure(self.most_ratio)} × the peer's")
        if not bounds:
            return "-"
        verdict = {True: "met", False: "**missed**", None: "not compared"}[self.met]
        return f"{', '.join(bounds)}: {verdict}"

    def line(self) -> str:
        """The line of the Markdown table."""
        peer = f"{self.peer_name} {_figure(self.peer)} {self.unit}" if self.peer is not None else self.peer_name or "-"
        ratio = "-" if self.ratio is None else _figure(self.ratio)
        return f"| {self.name} | {_figure(self.ours)} {self.unit} | {peer} | {ratio} | {self.target} |"


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark's rows, and how they came about.

    Attributes:
        title: with the target's number.
        how: how it was measured, and what that leaves out.
        rows: in the order of the table.
        taken: when, in UTC.
        load: the load average over a minute when it began.
        seconds: how long it took.
    """

    title: str
    how: str
    rows: tuple[Row, ...]
    taken: str = ""
    load: float = 0.0
    seconds: float = 0.0
    machine: str = field(default_factory=_machine)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return the section that ``dataclasses.asdict`` made this of."""
        return cls(**{**data, "rows": tuple(Row(**row) for row in data["rows"])})

    def text(self) -> str:
        """The section of the page."""
        lines = [
            f"## {self.title}",
            "",
            "| | ours | peer or limit | ratio | target |",
            "|---|---|---|---|---|",
            *(row.line() for row in self.rows),
            "",
            self.how,
            "",
            f"*Taken {self.taken} on {self.machine}, load {self.load:.1f}, in {self.seconds:.0f} s.*",
        ]
        return "\n".join(lines)


def now() -> str:
    """Return the moment as it is written in the page."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")


def kept() -> dict[str, Section]:
    """Return the sections of earlier runs, by benchmark."""
    if not KEPT.exists():
        return {}
    found = json.loads(KEPT.read_text(encoding="utf-8"))
    return {name: Section.from_json(section) for name, section in found.items()}


def keep(sections: dict[str, Section], order: list[str]) -> None:
    """Write the page and the figures beside it.

    Args:
        sections: by benchmark.
        order: of the benchmarks in the page; what is not in it is dropped.
    """
    wanted = {name: sections[name] for name in order if name in sections}
    KEPT.write_text(
        json.dumps({name: asdict(section) for name, section in wanted.items()}, indent=1, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )
    PAGE.write_text("\n\n".join([HEAD.strip(), *(one.text() for one in wanted.values())]) + "\n", encoding="utf-8")


def _figure(value: float) -> str:
    """Write a number with three places that mean something."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
