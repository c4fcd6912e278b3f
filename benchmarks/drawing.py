"""The built-in provider's costs in the table: see ``benchmarks.animatic`` for how they are measured."""

from __future__ import annotations

import statistics

from benchmarks import animatic
from benchmarks.table import Row, Section

HOW = f"""Every kind of shot, indoors and outdoors, once, at 1280x720 and 24 frames a second; means of the processor
time of this process and its encoder, which does not depend on what else the machine does. Clips are
{animatic.CLIP_SECONDS} s long. A second of film needs a second of clip and a part of a still and a voice, on all
cores at once. Memory is this process's peak."""


def measure() -> Section:
    """Measure stills, clips and a voice."""
    spent = animatic.costs()
    return Section(
        "The Animatic provider",
        HOW,
        (
            Row("a still", statistics.mean(spent.stills), "CPU s", most=animatic.STILL_TARGET),
            Row("the dearest still", max(spent.stills), "CPU s"),
            Row("a second of clip", statistics.mean(spent.clips), "CPU s", most=animatic.CLIP_TARGET),
            Row("the dearest second of clip", max(spent.clips), "CPU s"),
            Row("a voice line", spent.voice, "CPU s"),
            Row("peak memory", spent.memory, "MB", most=animatic.MEMORY_TARGET),
        ),
    )
