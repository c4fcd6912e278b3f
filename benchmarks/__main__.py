"""``python -m benchmarks [NAME …]``: measure against the targets and the peers; all of them without a name.

Prints each table as it comes and writes ``docs/benchmarks.md``. A benchmark that fails is told of and costs the others
nothing; the rows of its last good run stay. Ends with 1 when one failed; a missed target is a finding and no failure.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace

from benchmarks import table
from benchmarks.processes import Conversation
from benchmarks.table import Section

# In the order of docs/benchmarks.md; each module has ``measure() -> Section``.
BENCHMARKS = {
    "polling": "benchmarks.polling.measure",
    "starting": "benchmarks.starting.measure",
    "noticing": "benchmarks.noticing.measure",
    "pushing": "benchmarks.pushing.measure",
    "writing": "benchmarks.writing.measure",
    "storing": "benchmarks.storing.measure",
    "assembly": "benchmarks.assembly",
    "breakdown": "benchmarks.breakdown",
    "opening": "benchmarks.opening.measure",
    "making": "benchmarks.making.measure",
    "pages": "benchmarks.pages.measure",
    "fragments": "benchmarks.pages.fragments",
    "lists": "benchmarks.lists.measure",
    "animatic": "benchmarks.drawing",
}


def main() -> int:
    """Run those named on the command line."""
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    failed = []
    for name in names:
        print(f"\n{name} …", file=sys.stderr, flush=True)
        section = _measured(name)
        if section is None:
            failed.append(name)
            continue
        print(f"{section.text()}\n", flush=True)
        table.keep({**table.kept(), name: section}, list(BENCHMARKS))
    if failed:
        print(f"Failed, their earlier rows stay: {', '.join(failed)}.", file=sys.stderr)
    return int(bool(failed))


def _measured(name: str) -> Section | None:
    """Run one benchmark in a process of its own; None when it failed, which is told on standard error."""
    taken, load, begun = table.now(), os.getloadavg()[0], time.monotonic()
    try:
        with Conversation(BENCHMARKS[name]) as process:
            section = Section.from_json(process.ask("measure"))
    except RuntimeError as error:
        print(f"{name} failed: {error}", file=sys.stderr)
        return None
    return replace(section, taken=taken, load=load, seconds=time.monotonic() - begun)


if __name__ == "__main__":
    sys.exit(main())
