"""A whole film from its script: time against its length, and the memory of all processes together."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import processes
from benchmarks.making.script import short_shots
from benchmarks.table import Row, Section
from generation.media.probe import probe
from scenes.screenplay.breakdown import break_down
from scenes.screenplay.fountain import parse_fountain

SAMPLE = processes.ROOT / "scenes" / "samples" / "the_last_ferry.fountain"
TIMES = 4
LOOK_SECONDS = 0.5

HOW = f"""`manage.py make_film` with the built-in provider on an empty data folder, 1280x720 at 24 frames a second,
from the start of the command to its end. Memory is the sum over the command and all its children of what each has for
itself and its part of what they share (PSS), looked at every {LOOK_SECONDS:g} s, at its highest. *Shots × {TIMES}*
are films of very short shots: a part of the sample's number, and {TIMES} times that."""


@dataclass(frozen=True, slots=True)
class Made:
    """A film: seconds it took and lasts, megabytes at the highest, and the number of its shots."""

    wall: float
    length: float
    memory: float
    shots: int


def measure() -> Section:
    """Make the sample, then two films that differ in the number of shots only."""
    sample = _make(SAMPLE.read_text(encoding="utf-8"))
    few, many = _make(short_shots(12)), _make(short_shots(12 * TIMES))
    return Section(
        "The main job, from script to film",
        HOW,
        (
            Row(f"sample film, {sample.shots} shots", sample.wall, "s", "its length", sample.length, most_ratio=1),
            Row(f"sample film, {sample.shots} shots: memory of all processes", sample.memory, "MB"),
            Row(f"{many.shots} short shots: time", many.wall, "s", f"{few.shots} short shots", few.wall),
            Row(
                f"{many.shots} short shots: memory of all processes",
                many.memory,
                "MB",
                f"{few.shots} short shots",
                few.memory,
                most_ratio=1.25,
            ),
        ),
    )


def _make(text: str) -> Made:
    shots = sum(len(scene.shots) for scene in break_down(parse_fountain(text)).scenes)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        script, film = place / "script.fountain", place / "film.mp4"
        script.write_text(text, encoding="utf-8")
        command = [sys.executable, "manage.py", "make_film", str(script), "--out", str(film)]
        begun, highest = time.monotonic(), 0.0
        process = subprocess.Popen(
            command, cwd=processes.ROOT, env=processes.environment(place / "data"), stdout=subprocess.DEVNULL
        )
        try:
            while process.poll() is None:
                highest = max(highest, _memory(process.pid))
                time.sleep(LOOK_SECONDS)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        wall = time.monotonic() - begun
        if process.returncode:
            raise RuntimeError(f"make_film ended with {process.returncode}.")
        return Made(wall, (probe(film).duration_ms or 0) / 1000, highest, shots)


def _memory(pid: int) -> float:
    """Return the megabytes of a process and all below it."""
    total = 0
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for process in family:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it ended meanwhile
    return total / 2**20
