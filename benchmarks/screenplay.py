"""Target 9: a 120-page script is parsed, broken down and re-imported within a second each.

Run as ``python -m benchmarks.screenplay``. The script is made here, always the same, from our own words.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scenes.screenplay.breakdown import break_down
from scenes.screenplay.changes import Change, KnownScene, KnownShot, plan_changes
from scenes.screenplay.drafts import Breakdown
from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.timing import LINES_PER_PAGE

_NAMES = ("ADA", "BRUNO", "CELESTE", "DOV", "ESTHER", "FINN", "GRETA", "HUGO", "OLD SAILOR", "INES")
_PLACES = ("HARBOUR", "KITCHEN", "STATION", "ATTIC", "MARKET", "CLINIC", "ROOFTOP", "ARCHIVE", "BRIDGE", "GREENHOUSE")
_TIMES = ("DAY", "NIGHT", "DAWN", "DUSK", "MORNING", "CONTINUOUS", "LATER")
_VERBS = ("crosses", "studies", "drops", "hides", "unlocks", "follows", "paints", "repairs", "forgets", "returns")
_THINGS = ("the ladder", "a brass key", "the letter", "an empty suitcase", "the radio", "a cup", "the map", "a coat")
_HOW = ("without a word", "as the rain begins", "while nobody looks", "for the last time", "with great care")


def make_script(pages: int = 120, seed: int = 1) -> str:
    """A Fountain script of about ``pages`` pages (55 lines each)."""
    dice = random.Random(seed)
    lines = ["Title: The Long Bench", "Author: Rushes", ""]
    while len(lines) < pages * LINES_PER_PAGE:
        place, side = dice.choice(_PLACES), dice.choice(("INT.", "EXT.", "INT./EXT."))
        lines += [f"{side} {place} {dice.randrange(1, 9)} - {dice.choice(_TIMES)}", ""]
        for _ in range(dice.randrange(3, 9)):
            lines += [*_wrapped(" ".join(_sentence(dice) for _ in range(dice.randrange(1, 5)))), ""]
            for _ in range(dice.randrange(0, 4)):
                lines += [dice.choice(_NAMES)]
                lines += [f"({dice.choice(_HOW)})"] * (dice.random() < 0.2)
                lines += [*_wrapped(" ".join(_sentence(dice) for _ in range(dice.randrange(1, 4))), 35), ""]
    return "\n".join(lines) + "\n"


def _sentence(dice: random.Random) -> str:
    name = dice.choice(_NAMES).title()
    return f"{name} {dice.choice(_VERBS)} {dice.choice(_THINGS)} {dice.choice(_HOW)}."


def _wrapped(text: str, width: int = 60) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def stored(breakdown: Breakdown) -> list[KnownScene]:
    """A breakdown as if it had been imported and worked on: every third shot has takes, every seventh a prompt."""
    scenes = []
    for plan in plan_changes((), breakdown.scenes).scenes:
        draft = plan.draft
        if draft is None:
            continue
        shots = tuple(
            KnownShot(
                f"{plan.number}/{at}",
                shot.description,
                shot.lines,
                shot.angle,
                shot.duration_ms,
                prompt_by_hand=at % 7 == 0,
                has_takes=at % 3 == 0,
            )
            for at, shot in enumerate(draft.shots)
        )
        scenes.append(
            KnownScene(
                plan.number,
                plan.number,
                draft.heading,
                draft.interior,
                draft.location,
                draft.time_of_day,
                draft.characters,
                draft.action,
                draft.dialogue,
                shots,
            )
        )
    return scenes


def edited(script: str) -> str:
    """The script after a hard night's rewrite: a word in nearly every scene, and three new scenes."""
    text = script.replace("without a word", "without a single word").replace("KITCHEN", "GALLEY")
    parts = text.split("\n\nINT. ")
    for at in (2, len(parts) // 2, len(parts) - 2):
        parts[at] += "\n\nEXT. NEW FIELD - DAY\n\nSomebody new walks through tall grass."
    return "\n\nINT. ".join(parts)


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table; times are medians in milliseconds."""

    name: str
    milliseconds: float
    limit_ms: float = 1_000.0


def _median_ms(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        gc.collect()
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def measure(pages: int = 120, rounds: int = 5) -> Sequence[Result]:
    """Measure all three steps on one script."""
    script = make_script(pages)
    screenplay = parse_fountain(script)
    breakdown = break_down(screenplay)
    known = stored(breakdown)
    again = break_down(parse_fountain(edited(script)))
    return (
        Result("parse", _median_ms(lambda: parse_fountain(script), rounds)),
        Result("breakdown", _median_ms(lambda: break_down(screenplay), rounds)),
        Result("plan_changes, nothing changed", _median_ms(lambda: plan_changes(known, breakdown.scenes), rounds)),
        Result(
            "plan_changes, nearly every scene changed", _median_ms(lambda: plan_changes(known, again.scenes), rounds)
        ),
    )


def main() -> None:
    """Print the table."""
    script = make_script()
    breakdown = break_down(parse_fountain(script))
    shots = sum(len(scene.shots) for scene in breakdown.scenes)
    plan = plan_changes(stored(breakdown), break_down(parse_fountain(edited(script))).scenes)
    print(f"pages {script.count(chr(10)) // LINES_PER_PAGE}, scenes {len(breakdown.scenes)}, shots {shots}")
    print(f"film {breakdown.duration_ms / 60_000:.0f} min; rewrite: ", end="")
    print(", ".join(f"{plan.count(change)} {change.value}" for change in Change))
    for result in measure():
        print(f"{result.name:45} {result.milliseconds:8.1f} ms   limit {result.limit_ms:.0f} ms")


if __name__ == "__main__":
    main()
