"""Target 5, the API's lists: what a page of 100 costs the processor, in a short list and in a long one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.table import Row, Section
from tests.services import postgres

SHORT, LONG = 1000, 100_000
CPU_MS, QUERIES = 15, 10

HOW = f"""Pages of 100 through Django's test client, by a program with a token: everything included but the network and,
on PostgreSQL, but the server's own work, which runs beside it; *time* is that of the whole answer. Each list has
{LONG:,} rows in the large installation and {SHORT:,} in the small one, whose same list is the peer of each row; *shots*
are those of a film with so many, *shots with stills …* a sixth of that. *The 60 …* are all of their kind in either
installation: a filter must find them without reading the rest. The tenth page was reached by the cursors of the nine
before. *bare* is one query of 100 shots and `json.dumps`. Milliseconds are the median of 15."""


def measure() -> Section:
    """Fill both installations on both databases and ask for their lists."""
    rows = _rows("SQLite", _asked(SHORT), _asked(LONG))
    with postgres() as small, postgres() as large:
        if small and large:
            rows += _rows("PostgreSQL", _asked(SHORT, small), _asked(LONG, large))
    return Section(f"5. Lists of the API over {LONG:,} rows", HOW, tuple(rows))


def _rows(database: str, small: dict[str, Any], large: dict[str, Any]) -> list[Row]:
    rows = []
    for name, seen in large["lists"].items():
        peer = small["lists"][name]
        most = CPU_MS if name.startswith("shots") else None
        name = f"{database}, {name}"
        rows.append(Row(f"{name}, CPU", seen["cpu_ms"], "ms", "short list", peer["cpu_ms"], most=most))
        rows.append(Row(f"{name}, time", seen["ms"], "ms", "short list", peer["ms"]))
        if "deep_ms" in seen:
            rows.append(Row(f"{name}, tenth page, time", seen["deep_ms"], "ms", "first page", seen["ms"]))
    most_queries = max(seen["queries"] for seen in large["lists"].values())
    rows.append(Row(f"{database}, queries of the list that asks most", most_queries, "", most=QUERIES))
    shots = large["lists"]["shots"]["cpu_ms"]
    rows.append(Row(f"{database}, shots against bare, CPU", shots, "ms", "bare", large["bare"]["cpu_ms"]))
    return rows


def _asked(rows: int, database: str = "") -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        env = processes.environment(Path(folder), DATABASE_URL=database)
        with processes.Conversation("benchmarks.lists.asking", env=env, django=True) as house:
            film = house.ask("furnish", rows=rows)
            lists = {
                name: house.ask("ask", token=film["token"], address=address) for name, address in film["lists"].items()
            }
            return {"lists": lists, "bare": house.ask("bare", project=film["project"])}
