"""From a plan to pieces: what can be copied as it is, and what must be encoded.

A film frame is one of two things: a frame of one source, or a blend of two. Frames are counted within their source;
numbers before its first frame mean the first and numbers after its last mean the last, which is how a dissolve runs
on past the edge of a clip that has no handles, and how a short clip fills a longer shot.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generation.media.plan import DISSOLVE, Entry


@dataclass(frozen=True, slots=True)
class Source:
    """A mezzanine that an entry shows.

    Attributes:
        key: names its content.
        key_frames: sorted, beginning with 0.
        still: all its frames show the same, so it may be repeated for as long as it is wanted.
    """

    key: str
    frames: int
    key_frames: tuple[int, ...]
    still: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive frames of one source."""

    source: str
    first: int
    frames: int


@dataclass(frozen=True, slots=True)
class Blend:
    """A dissolve: each film frame mixes the next of ``before`` with the next of ``after``."""

    before: str
    before_first: int
    after: str
    after_first: int
    frames: int


@dataclass(frozen=True, slots=True)
class Copy:
    """Packets taken over unchanged; ``first`` is a key frame."""

    source: str
    first: int
    frames: int


@dataclass(frozen=True, slots=True)
class Join:
    """Frames that must be encoded, as one group that begins with a key frame of its own.

    ``shown`` of them are used. The rest of a held picture's group is there so that groups of one length serve holds
    of every length.
    """

    parts: tuple[Run | Blend, ...]
    shown: int


Piece = Copy | Join


def cut(entries: Sequence[Entry], keys: Sequence[str], sources: Mapping[str, Source], fps: int) -> list[Piece]:
    """Divide a film into pieces.

    Args:
        entries: the film.
        keys: the source of each entry.
        sources: by key.
        fps: the film's rate; a held picture is encoded once for at most a second and then repeated.

    Returns:
        Pieces in order; their frames sum up to the entries' frames.
    """
    lengths = dissolves(entries)
    pieces: list[Piece] = []
    for number, (entry, key) in enumerate(zip(entries, keys, strict=True)):
        source = sources[key]
        lead, tail = _after_cut(lengths[number]), _before_cut(lengths[number + 1])
        opening: tuple[Run | Blend, ...] = ()
        if lengths[number]:
            before = entries[number - 1]
            half = _before_cut(lengths[number])
            opening = (
                Blend(
                    keys[number - 1],
                    before.source_in + before.frames - half,
                    key,
                    entry.source_in - half,
                    lengths[number],
                ),
            )
        first, frames = entry.source_in + lead, entry.frames - lead - tail
        pieces += _still(source, frames, opening) if source.still else _moving(source, first, frames, opening, fps)
    return pieces


def dissolves(entries: Sequence[Entry]) -> list[int]:
    """Frames of the dissolve into each entry, and a 0 behind the last.

    A dissolve that is longer than the shots beside it is shortened, so that it never meets its neighbour.
    """
    wanted = [entry.transition.frames if entry.transition.kind == DISSOLVE else 0 for entry in entries]
    lengths = [0]
    for number in range(1, len(entries)):
        # Half of a dissolve takes at most half of each shot beside it, so the two in one shot always have room.
        room = min(entries[number - 1].frames, entries[number].frames) // 2
        lengths.append(min(wanted[number], 2 * room))
    return [*lengths, 0]


def _before_cut(frames: int) -> int:
    return frames // 2


def _after_cut(frames: int) -> int:
    return frames - frames // 2


def _still(source: Source, frames: int, opening: tuple[Run | Blend, ...]) -> list[Piece]:
    """The pieces for ``frames`` of a picture that does not move."""
    pieces: list[Piece] = [Join(opening, sum(part.frames for part in opening))] if opening else []
    while frames > 0:
        shown = min(frames, source.frames)
        pieces.append(Copy(source.key, 0, shown))
        frames -= shown
    return pieces


def _moving(source: Source, first: int, frames: int, opening: tuple[Run | Blend, ...], fps: int) -> list[Piece]:
    """The pieces for ``frames`` of one source from ``first`` on, after an ``opening`` that must be encoded anyway."""
    end = first + frames
    available = min(end, source.frames)
    position = bisect_left(source.key_frames, first)
    key_frame = source.key_frames[position] if position < len(source.key_frames) else source.frames
    copied_from = min(key_frame, max(available, first))
    pieces: list[Piece] = []
    head = copied_from - first
    parts = (*opening, Run(source.key, first, head)) if head > 0 else opening
    if parts:
        pieces.append(Join(parts, sum(part.frames for part in parts)))
    if available > copied_from:
        pieces.append(Copy(source.key, copied_from, available - copied_from))
    held = end - max(available, first)
    while held > 0:
        shown = min(held, fps)
        pieces.append(Join((Run(source.key, source.frames - 1, fps),), shown))
        held -= shown
    return pieces
