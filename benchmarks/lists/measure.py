"""Target 5, the API's lists: what a page of 100 costs the processor, in a small project and in a large one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.table import Row, Section

SMALL, LARGE = 20, 2000  # scenes: 100 and 10,000 shots, 600 and 60,000 takes
CPU_MS = 15

HOW = """Pages of 100 through Django's test client, by a program with a token: everything included but the network. The
large project has 10,000 shots, 60,000 takes and 200,000 events, the small one a hundredth of each; both on SQLite. The
peer of each row is the same list of the small project, which the large one's should equal; *bare* is one query of the
same 100 shots and `json.dumps`. The tenth page was reached by the cursors of the nine before. The list of takes grows
with the project: SQLite reads all of its takes to sort them, because a take knows its project only by its shot."""


def measure() -> Section:
    """Fill both projects and ask for their lists."""
    small, large = _asked(SMALL), _asked(LARGE)
    rows = []
    for name, seen in large["lists"].items():
        most = CPU_MS if name.startswith("shots") else None
        rows.append(
            Row(f"{name}, CPU", seen["cpu_ms"], "ms", "small project", small["lists"][name]["cpu_ms"], most=most)
        )
        if "deep_ms" in seen:
            rows.append(Row(f"{name}, tenth page, CPU", seen["deep_ms"], "ms", "first page", seen["cpu_ms"]))
        rows.append(Row(f"{name}, queries", seen["queries"], "", most=10))
    shots = large["lists"]["shots"]["cpu_ms"]
    rows.append(Row("shots against bare, CPU", shots, "ms", "bare", large["bare"]["cpu_ms"]))
    return Section("5. Lists of the API over 10,000 shots", HOW, tuple(rows))


def _asked(scenes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        env = processes.environment(Path(folder))
        with processes.Conversation("benchmarks.lists.asking", env=env, django=True) as house:
            film = house.ask("furnish", scenes=scenes)
            lists = {
                name: house.ask("ask", token=film["token"], address=address) for name, address in film["lists"].items()
            }
            return {"lists": lists, "bare": house.ask("bare", project=film["project"])}
