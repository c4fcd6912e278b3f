"""Target 9 in the table: see ``benchmarks.screenplay`` for how it is measured."""

from __future__ import annotations

from benchmarks import screenplay
from benchmarks.table import Row, Section

PAGES = 120
HOW = f"""A Fountain script of {PAGES} pages made for this benchmark, always the same; median of five in one process,
wall time. Pure code: `scenes/screenplay/` touches no database. *Re-import* plans the changes against a project in
which every third shot has takes and every seventh a prompt written by hand; that none is lost is proven in
`tests/screenplay/`."""


def measure() -> Section:
    """Measure reading, breaking down and planning a re-import."""
    results = list(screenplay.measure(PAGES))
    whole = sum(result.milliseconds for result in results[:2])
    return Section(
        f"9. Script breakdown, {PAGES} pages",
        HOW,
        (
            Row("parse and break down", whole, "ms", most=1000),
            *(
                Row(result.name.replace("plan_changes", "re-import"), result.milliseconds, "ms", most=1000)
                for result in results
            ),
        ),
    )
