"""Target 8 in the table: see ``benchmarks.film`` for how it is measured."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import film
from benchmarks.table import Row, Section

HOW = f"""{film.CLIPS} clips of {film.CLIP_FRAMES // film.FORMAT.fps} s at 1280x720, 24 frames a second, a moving
pattern with light noise, already in the house format. Each render is a process of its own, without the start of
Python, which a worker pays once; times are wall seconds where they do not say CPU, median of {film.REPEATS} for hard
cuts, once for the rest. *Titles and sounds*: the clips have sound of their own, a piece of music lies under all of
them, a horn under four seconds, and three titles are seen for three seconds each.
Peers: ffmpeg's concat demuxer with everything copied; one pass of ffmpeg that overlays a card, mixes and encodes
everything, without loudness; one xfade graph over everything, per second of film as its film
is shorter; MoviePy; an ffmpeg process for a probe or a thumbnail."""


def measure() -> Section:
    """Measure films, probes and thumbnails against their peers."""
    with tempfile.TemporaryDirectory() as folder:
        results = film.measure(Path(folder))
    compared = any(result.peer_name == "MoviePy" for result in results)
    return Section(
        "8. Film assembly",
        HOW if compared else f"{HOW} **MoviePy was not installed for this run, so its row is missing.**",
        tuple(
            Row(
                result.name,
                result.ours,
                result.unit,
                result.peer_name,
                result.peer,
                most=result.target if result.peer is None else None,
                most_ratio=result.target if result.peer is not None else None,
            )
            for result in results
        ),
    )
