"""Target 5, the pages: what each page of a large project costs the processor."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import processes
from benchmarks.table import Row, Section

STORYBOARD_CPU_MS, PAGE_WALL_MS, QUERIES = 25, 300, 10

HOW = """A project of 100 scenes, 500 shots and 3,000 takes on SQLite; each page asked for 15 times in a row through
Django's test client by one member of a team of five, everything that a page needs included (session, door, queries,
templates), the network and the browser not. *CPU* is the median of processor time, *slowest* the longest of the 15 by
the clock. Other processes share the caches of the processor: see *load*."""


def measure() -> Section:
    """Fill a project and ask for its pages."""
    with tempfile.TemporaryDirectory() as folder:
        env = processes.environment(Path(folder))
        with processes.Conversation("benchmarks.pages.asking", env=env, django=True) as house:
            film = house.ask("furnish")
            asked = {
                name: house.ask("ask", person=film["person"], address=address)
                for name, address in film["pages"].items()
            }
            after = house.ask("ask", person=film["person"], address=film["pages"]["storyboard"], changed=True)
    rows = [Row("storyboard after a change, CPU", after["cpu_ms"], "ms")]
    for name, seen in asked.items():
        most = STORYBOARD_CPU_MS if name == "storyboard" else None
        rows.append(Row(f"{name}, CPU", seen["cpu_ms"], "ms", most=most))
        rows.append(Row(f"{name}, slowest", seen["slowest_ms"], "ms", most=PAGE_WALL_MS))
        rows.append(Row(f"{name}, queries", seen["queries"], "", most=QUERIES))
    return Section("5. Pages of a project with 500 shots", HOW, tuple(rows))
