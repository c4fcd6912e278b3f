"""Words on their way: from the moment at which a model writes a piece to the moment at which we have it."""

from __future__ import annotations

from typing import Any

from benchmarks.figures import percentile
from benchmarks.processes import Conversation
from benchmarks.table import Row, Section

PACED, PAUSE = 1000, 0.01
BURST = 6000
ROUNDS = 3

HOW = f"""A language model on this machine writes pieces that say when they were written. *Late* is from there to
`Context.say` of our adapter, or to the same piece in the loop of the official client: {PACED:,} pieces, one each
{PAUSE * 1000:g} ms. *Processor* is that of the reading process for each of {BURST:,} pieces that come as fast as they
can, the middle one of {ROUNDS} answers. Each reads in a process of its own, one after the other, after one answer to
warm up. Ours for Claude is the official client over our own floor, which bounds what a stranger may send, heeds
deadlines and repeats nothing; ours for OpenAI's protocol is the floor alone. What is pushed to browsers stands under 4.
"""


def measure() -> Section:
    """Measure both protocols, ours beside the official client."""
    rows: list[Row] = []
    with Conversation("benchmarks.writing.provider") as provider:
        url = provider.ask("serve")
        for name, function in (("Claude", "claude"), ("OpenAI's protocol", "openai")):
            ours, theirs = (_read(f"{whose}_{function}", url) for whose in ("ours", "theirs"))
            rows += [
                Row(f"{name}: late, p50", ours["p50"], "ms", "official client", theirs["p50"]),
                Row(f"{name}: late, p99", ours["p99"], "ms", "official client", theirs["p99"]),
                Row(f"{name}: processor for a piece", ours["cpu"], "µs", "official client", theirs["cpu"]),
            ]
    return Section("Words on their way", HOW, tuple(rows))


def _read(function: str, url: str) -> dict[str, float]:
    with Conversation("benchmarks.writing.readers") as reader:
        paced: dict[str, Any] = reader.ask(function, url=url, pieces=PACED, pause=PAUSE)
        bursts = [reader.ask(function, url=url, pieces=BURST, pause=0.0) for _ in range(ROUNDS)]
    if len(paced["late"]) != PACED or any(len(burst["late"]) != BURST for burst in bursts):
        raise RuntimeError(f"{function} has lost pieces.")
    return {
        "p50": percentile(paced["late"], 50) * 1000,
        "p99": percentile(paced["late"], 99) * 1000,
        "cpu": percentile([burst["cpu"] for burst in bursts], 50) / BURST * 1_000_000,
    }
