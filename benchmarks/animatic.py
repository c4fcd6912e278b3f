"""What the built-in provider costs: CPU seconds per still and per second of clip, and its peak memory.

Run ``python -m benchmarks.animatic``. Every kind of shot is made once; CPU time counts this process and its encoder, so
the numbers do not depend on what else the machine does. Targets: 0.7 s per still, 0.9 s per second of clip, 300 MB.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.providers.animatic import AnimaticProvider
from generation.providers.animatic.shot import ANGLES
from generation.providers.base import Context, InputFile, Operation, Order, Output

STILL_TARGET, CLIP_TARGET, MEMORY_TARGET = 0.7, 0.9, 300
CLIP_SECONDS = 5
LINE = "We were supposed to leave at ten, and now the last ferry is gone."


def cpu_seconds() -> float:
    """User and system time of this process and of the children that have ended."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in spent)


def cost(work: Callable[[], object]) -> float:
    """CPU seconds that the work takes."""
    before = cpu_seconds()
    work()
    return cpu_seconds() - before


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU seconds of each still, of each second of clip, and of a voice line; megabytes of this process at its peak."""

    shots: tuple[str, ...]
    stills: tuple[float, ...]
    clips: tuple[float, ...]
    voice: float
    memory: float


def costs() -> Costs:
    """Make every kind of shot once."""
    provider = AnimaticProvider()
    shots: list[str] = []
    stills: list[float] = []
    clips: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        context = Context("", place, lambda sha: place / sha, lambda _: None, lambda: None)

        def make(order: Order, name: str) -> float:
            def work() -> None:
                body = provider.prepare(order, context)
                provider.fetch(body, Output("result"), place / name, context)

            return cost(work)

        make(order_for("animatic-still", Operation.TEXT_TO_IMAGE, {"width": 64, "height": 64}, {}), "warm")
        for interior, location, time in (("EXT", "HARBOUR", "dusk"), ("INT", "KITCHEN", "night")):
            for angle in ANGLES:
                shot = {
                    "angle": angle,
                    "interior": interior,
                    "location": location,
                    "time_of_day": time,
                    "characters": ["ANNA", "TOM"],
                    "caption": LINE,
                    "shot": "1-A",
                }
                shots.append(f"{interior} {location}, {angle}")
                size = {"width": 1280, "height": 720, "seed": 1}
                stills.append(make(order_for("animatic-still", Operation.TEXT_TO_IMAGE, size, shot), "still"))
                length = {**size, "fps": 24, "duration_ms": CLIP_SECONDS * 1000}
                first = (InputFile("still", "image/jpeg", "first_frame"),)
                order = order_for("animatic-clip", Operation.IMAGE_TO_VIDEO, length, shot, first)
                clips.append(make(order, "clip") / CLIP_SECONDS)
        voice = Order(uuid.uuid4(), Operation.TEXT_TO_SPEECH, "animatic-voice", LINE, {"voice": "ANNA"})
        spoken = make(voice, "voice")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Costs(tuple(shots), tuple(stills), tuple(clips), spoken, memory)


def main() -> int:
    """Print the table; 1 when a mean or the memory is over its target."""
    spent = costs()
    print(f"{'shot':44} {'still, CPU s':>14} {'clip, CPU s per s':>18}")
    for shot, still, clip in zip(spent.shots, spent.stills, spent.clips, strict=True):
        print(f"{shot:44} {still:14.2f} {clip:18.2f}")
    still, clip = statistics.mean(spent.stills), statistics.mean(spent.clips)
    print(f"{'mean':44} {still:14.2f} {clip:18.2f}")
    print(f"one voice line: {spent.voice:.2f} CPU s; peak memory of this process: {spent.memory:.0f} MB")
    return int(still > STILL_TARGET or clip > CLIP_TARGET or spent.memory > MEMORY_TARGET)


def order_for(
    model: str,
    operation: Operation,
    parameters: dict[str, Any],
    shot: dict[str, Any],
    inputs: tuple[InputFile, ...] = (),
) -> Order:
    """An order as the engine would make it."""
    return Order(uuid.uuid4(), operation, model, "", parameters, inputs, shot)


if __name__ == "__main__":
    sys.exit(main())
