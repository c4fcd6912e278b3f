"""Subtitles: text brought into lines and times that can be read, and written as SubRip."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from generation.media.plan import Cue
from generation.media.sound import Spoken

LINE_LENGTH = 42
LINES = 2
SHORTEST_MS = 1000


@dataclass(frozen=True, slots=True)
class Subtitle:
    """What stands on the screen from ``start_ms`` to ``end_ms``: at most two lines."""

    start_ms: int
    end_ms: int
    text: str


def lay_out(cues: Sequence[Cue], spoken: Sequence[Spoken], film_ms: int) -> list[Subtitle]:
    """Turn cues into subtitles that do not overlap.

    Long ones are divided and share their time by length. Two people who speak at once share one subtitle, a line each,
    with their names. A subtitle stays for a second at least, as far as the next one and the film's end allow.

    Args:
        cues: in any order; those with a ``line`` take their times from it.
        spoken: when each line of the plan is heard.
        film_ms: the film's length.
    """
    timed = []
    for cue in cues:
        if cue.line is not None:
            cue = replace(cue, start_ms=spoken[cue.line].start_ms, end_ms=spoken[cue.line].end_ms)
        start, end = max(0, cue.start_ms), min(film_ms, cue.end_ms)
        if " ".join(cue.text.split()) and start < end:
            timed.append(replace(cue, start_ms=start, end_ms=end))
    timed.sort(key=lambda cue: (cue.start_ms, cue.end_ms))
    laid: list[Subtitle] = []
    while timed:
        cue = timed.pop(0)
        if timed and timed[0].start_ms < cue.end_ms and timed[0].speaker != cue.speaker:
            laid += _together(cue, timed.pop(0))
        else:
            laid += _divide(cue.start_ms, cue.end_ms, _blocks(cue.text))
    return _readable(laid, film_ms)


def to_srt(subtitles: Sequence[Subtitle]) -> str:
    """The subtitles as SubRip text."""
    return "\n".join(
        f"{number}\n{_clock(subtitle.start_ms)} --> {_clock(subtitle.end_ms)}\n{subtitle.text}\n"
        for number, subtitle in enumerate(subtitles, start=1)
    )


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{rest:03}"


def _wrap(text: str, width: int = LINE_LENGTH) -> list[str]:
    visible = "".join(letter if letter.isprintable() else " " for letter in text)
    return textwrap.wrap(" ".join(visible.split()), width)


def _blocks(text: str) -> list[str]:
    """The text in as few blocks of two lines as it needs, all lines of about the same length."""
    lines = _wrap(text)
    if len(lines) > 1:
        room = math.ceil(len(lines) / LINES) * LINES
        longest_word = min(LINE_LENGTH, max(len(word) for word in text.split()))
        for width in range(longest_word, LINE_LENGTH):
            narrower = _wrap(text, width)
            if len(narrower) <= room:
                lines = narrower
                break
    return ["\n".join(lines[first : first + LINES]) for first in range(0, len(lines), LINES)]


def _together(first: Cue, second: Cue) -> list[Subtitle]:
    """Two cues that overlap, as shared subtitles over the time of both."""
    names = [f"{cue.speaker.strip()[: LINE_LENGTH // 2]}: " if cue.speaker.strip() else "- " for cue in (first, second)]
    columns = [
        [name + line for line in _wrap(cue.text, LINE_LENGTH - len(name))]
        for name, cue in zip(names, (first, second), strict=True)
    ]
    blocks = ["\n".join(line for line in pair if line) for pair in zip_longest(*columns)]
    return _divide(first.start_ms, max(first.end_ms, second.end_ms), blocks)


def _divide(start: int, end: int, blocks: list[str]) -> list[Subtitle]:
    """Give each block its share of the time, by the length of its text."""
    total = sum(len(block) for block in blocks)
    divided, at, read = [], start, 0
    for block in blocks:
        read += len(block)
        until = start + round((end - start) * read / total)
        divided.append(Subtitle(at, until, block))
        at = until
    return divided


def _readable(subtitles: list[Subtitle], film_ms: int) -> list[Subtitle]:
    """Lengthen what is too short, and take away every overlap."""
    readable: list[Subtitle] = []
    for number, subtitle in enumerate(subtitles):
        start = max(subtitle.start_ms, readable[-1].end_ms if readable else 0)
        end = max(subtitle.end_ms, start + SHORTEST_MS)
        if number + 1 < len(subtitles):
            # The next one may give up some of its time, but not its last second.
            following = subtitles[number + 1]
            latest = max(following.start_ms, following.end_ms - SHORTEST_MS)
            end = min(end, max(latest, start + 1))
        end = min(end, film_ms)
        if start < end:
            readable.append(Subtitle(start, end, subtitle.text))
    return readable
