"""Every entry of a film gets a mezzanine: its clip, its still held, or a slate."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.media.cutting import Source
from generation.media.mezzanine import Examined, conform, conform_still, examine
from generation.media.plan import Entry
from generation.media.slates import draw_black, draw_slate
from generation.media.workshop import Workshop

STILL_WORK = 20.0
"""What conforming a picture costs, in frames encoded."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The mezzanines of one film.

    Attributes:
        keys: of each entry's source, in the order of the entries.
        sources: facts by key.
        files: mezzanines by key.
        audible: keys of those that have a sound track.
    """

    keys: tuple[str, ...]
    sources: dict[str, Source]
    files: dict[str, Path]
    audible: frozenset[str]


def source_key(entry: Entry) -> str:
    """What names the content that an entry shows."""
    if entry.black:
        return "black"
    if entry.clip:
        return f"clip:{entry.clip}"
    return f"still:{entry.still}" if entry.still else f"slate:{entry.label}"


def gather(entries: Sequence[Entry], workshop: Workshop) -> Gathered:
    """Have a mezzanine at hand for every entry, conforming what is none yet.

    Raises:
        Unreadable, ConformFailed, ffmpeg.FfmpegFailed, ChildTimedOut
    """
    files: dict[str, Path] = {}
    sources: dict[str, Source] = {}
    audible = set()
    keys = tuple(source_key(entry) for entry in entries)
    for key, entry in zip(keys, entries, strict=True):
        if key in sources:
            continue
        workshop.check()
        moving = bool(entry.clip) and not entry.black
        files[key], examined = _clip(entry, workshop) if moving else _still(entry, workshop)
        sources[key] = Source(key, examined.frames, examined.key_frames, still=not moving)
        if examined.has_sound:
            audible.add(key)
    return Gathered(keys, sources, files, frozenset(audible))


def _clip(entry: Entry, workshop: Workshop) -> tuple[Path, Examined]:
    path = workshop.input_file(entry.clip)
    examined = examine(path, workshop.format)
    if not examined.differences:
        return path, examined
    conformed = workshop.cache.path("clip", ".mp4", [entry.clip, dataclasses.asdict(workshop.format)])
    work = float(entry.frames)
    workshop.meter.expect(work)
    report = workshop.meter.share(work)
    workshop.cache.ensure(conformed, lambda to: conform(path, to, workshop.format, report=report, check=workshop.check))
    report(1.0)
    return conformed, examine(conformed, workshop.format)


def _still(entry: Entry, workshop: Workshop) -> tuple[Path, Examined]:
    facts = dataclasses.asdict(workshop.format)
    workshop.meter.expect(STILL_WORK)
    if entry.black:
        picture = workshop.cache.path("black", ".png", [facts])
        workshop.cache.ensure(picture, lambda to: draw_black(to, workshop.format))
    elif entry.still:
        picture = workshop.input_file(entry.still)
    else:
        picture = workshop.cache.path("slate", ".png", [entry.label, facts])
        workshop.cache.ensure(picture, lambda to: draw_slate(entry.label, to, workshop.format))
    held = workshop.cache.path("still", ".mp4", [source_key(entry), facts])
    workshop.cache.ensure(
        held, lambda to: conform_still(picture, to, workshop.format, frames=workshop.format.fps, check=workshop.check)
    )
    workshop.meter.advance(STILL_WORK)
    return held, examine(held, workshop.format)
