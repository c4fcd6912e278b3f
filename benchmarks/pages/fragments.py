"""Target 5, what pages load beside themselves: fragments that are worked out anew for whoever looks."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import processes
from benchmarks.pages.measure import QUERIES
from benchmarks.table import Row, Section

HOW = """The same project and the same way of asking as above. Of the film's 1,500 stills, clips and voices every one
counts as changed, so that the estimate prices them all. Milliseconds are processor time, median of 15."""


def measure() -> Section:
    """Fill a project and ask for its fragments."""
    with tempfile.TemporaryDirectory() as folder:
        env = processes.environment(Path(folder))
        with processes.Conversation("benchmarks.pages.asking", env=env, django=True) as house:
            film = house.ask("furnish")
            asked = {
                name: house.ask("ask", person=film["person"], address=address)
                for name, address in film["fragments"].items()
            }
    rows: list[Row] = []
    for name, seen in asked.items():
        rows.append(Row(f"{name}, CPU", seen["cpu_ms"], "ms"))
        rows.append(Row(f"{name}, queries", seen["queries"], "", most=QUERIES))
    return Section("5. What those pages load beside themselves", HOW, tuple(rows))
