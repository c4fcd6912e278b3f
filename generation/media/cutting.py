"""From a plan to pieces: what can be copied as it is, and what must be encoded.

A film frame is one of three things: a frame of one source, a blend of two, or a blend of one with black. Words may
lie over it, which then must be encoded. Frames are counted within their source;
numbers before its first frame mean the first and numbers after its last mean the last, which is how a dissolve runs
on past the edge of a clip that has no handles, and how a short clip fills a longer shot.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from generation.media.plan import DISSOLVE, FADE, Entry


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
class Fade:
    """Consecutive frames of one source that come up from black, or go down to it."""

    source: str
    first: int
    frames: int
    rising: bool


Part = Run | Blend | Fade


@dataclass(frozen=True, slots=True)
class Words:
    """A drawing that lies over frames; ``key`` names it.

    Attributes:
        first: the first frame that shows it, counted within its join, or in the film before it is laid on; may lie
            before the join.
        frames: how many show it.
        fade: how many of them it takes to come, and to go.
    """

    key: str
    first: int
    frames: int
    fade: int

    @property
    def end(self) -> int:
        """The frame after its last."""
        return self.first + self.frames

    def opacity(self, frame: int) -> float:
        """How much of it is seen in a frame, 0.0 to 1.0."""
        if not self.first <= frame < self.end:
            return 0.0
        return min(1.0, (frame - self.first + 1) / (self.fade + 1), (self.end - frame) / (self.fade + 1))


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

    parts: tuple[Part, ...]
    shown: int
    words: tuple[Words, ...] = ()


Piece = Copy | Join


@dataclass(frozen=True, slots=True)
class Edge:
    """What happens around one cut: so many frames of a transition before it and after it."""

    kind: str = ""
    before: int = 0
    after: int = 0


def cut(
    entries: Sequence[Entry],
    keys: Sequence[str],
    sources: Mapping[str, Source],
    fps: int,
    *,
    fade_out: int = 0,
    words: Sequence[Words] = (),
) -> list[Piece]:
    """Divide a film into pieces.

    Args:
        entries: the film.
        keys: the source of each entry.
        sources: by key.
        fps: the film's rate; a held picture is encoded once for at most a second and then repeated.
        fade_out: so many frames at the end go to black.
        words: what lies over the film, counted in its frames.

    Returns:
        Pieces in order; their frames sum up to the entries' frames.
    """
    around = edges(entries, fade_out)
    pieces: list[Piece] = []
    for number, (entry, key) in enumerate(zip(entries, keys, strict=True)):
        source = sources[key]
        into, out = around[number], around[number + 1]
        lead, tail = into.after, out.before
        opening: tuple[Part, ...] = ()
        if into.kind == DISSOLVE and lead:
            before = entries[number - 1]
            opening = (
                Blend(
                    keys[number - 1],
                    before.source_in + before.frames - into.before,
                    key,
                    entry.source_in - into.before,
                    into.before + into.after,
                ),
            )
        elif into.kind == FADE and lead:
            opening = (Fade(key, entry.source_in, lead, rising=True),)
        first, frames = entry.source_in + lead, entry.frames - lead - tail
        pieces += _still(source, frames, opening) if source.still else _moving(source, first, frames, opening, fps)
        if out.kind == FADE and tail:
            pieces.append(Join((Fade(key, entry.source_in + entry.frames - tail, tail, rising=False),), tail))
    return _lay_on(pieces, words, sources) if words else pieces


def edges(entries: Sequence[Entry], fade_out: int = 0) -> list[Edge]:
    """The transition into each entry, and behind the last what ends the film.

    One that is longer than the shots beside it is shortened, so that it never meets its neighbour.
    """
    found = []
    for number, entry in enumerate(entries):
        kind, wanted = entry.transition.kind, entry.transition.frames
        if number == 0:
            after = min(wanted, entry.frames // 2) if kind == FADE else 0
            found.append(Edge(FADE, 0, after) if after else Edge())
            continue
        # Half of a transition takes at most half of each shot beside it, so the two in one shot always have room.
        room = min(entries[number - 1].frames, entry.frames) // 2
        length = min(wanted, 2 * room) if kind in {DISSOLVE, FADE} else 0
        found.append(Edge(kind, length // 2, length - length // 2) if length else Edge())
    ending = min(fade_out, entries[-1].frames // 2)
    return [*found, Edge(FADE, ending, 0) if ending else Edge()]


def _still(source: Source, frames: int, opening: tuple[Part, ...]) -> list[Piece]:
    """The pieces for ``frames`` of a picture that does not move."""
    pieces: list[Piece] = [Join(opening, sum(part.frames for part in opening))] if opening else []
    while frames > 0:
        shown = min(frames, source.frames)
        pieces.append(Copy(source.key, 0, shown))
        frames -= shown
    return pieces


def _moving(source: Source, first: int, frames: int, opening: tuple[Part, ...], fps: int) -> list[Piece]:
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


def _lay_on(pieces: Sequence[Piece], words: Sequence[Words], sources: Mapping[str, Source]) -> list[Piece]:
    """Have what lies under words encoded with them, and nothing more than up to the next key frame."""
    laid: list[Piece] = []
    at = 0
    for piece in pieces:
        length = piece.shown if isinstance(piece, Join) else piece.frames
        # Counted from the piece's own first frame.
        over = [replace(one, first=one.first - at) for one in words if one.first < at + length and one.end > at]
        at += length
        if not over:
            laid.append(piece)
        elif isinstance(piece, Join):
            laid.append(Join(_shortened(piece.parts, length), length, tuple(over)))
        else:
            laid += _under(piece, over, sources[piece.source])
    return laid


def _under(piece: Copy, words: Sequence[Words], source: Source) -> list[Piece]:
    """A copied piece with words over some of it: copied up to them, encoded under them, copied again."""
    found: list[Piece] = []
    done = 0
    for begin, end in _covered(piece, words, source):
        if begin > done:
            found.append(Copy(piece.source, piece.first + done, begin - done))
        here = tuple(replace(one, first=one.first - begin) for one in words if one.first < end and one.end > begin)
        found.append(Join((Run(piece.source, piece.first + begin, end - begin),), end - begin, here))
        done = end
    if done < piece.frames:
        found.append(Copy(piece.source, piece.first + done, piece.frames - done))
    return found


def _covered(piece: Copy, words: Sequence[Words], source: Source) -> list[tuple[int, int]]:
    """The parts of a piece that must be encoded: where words are, each up to a key frame or the piece's end."""
    parts: list[tuple[int, int]] = []
    for begin, end in sorted((max(0, one.first), min(piece.frames, one.end)) for one in words):
        position = bisect_left(source.key_frames, piece.first + end)
        at_key = source.key_frames[position] - piece.first if position < len(source.key_frames) else piece.frames
        end = min(piece.frames, at_key)
        if parts and begin <= parts[-1][1]:
            parts[-1] = (parts[-1][0], max(parts[-1][1], end))
        else:
            parts.append((begin, end))
    return parts


def _shortened(parts: tuple[Part, ...], frames: int) -> tuple[Part, ...]:
    """The first ``frames`` of a join's parts; only a held picture's group is ever longer than what it shows."""
    kept: list[Part] = []
    for part in parts:
        if frames <= 0:
            break
        if isinstance(part, Run):
            part = replace(part, frames=min(part.frames, frames))
        kept.append(part)
        frames -= part.frames
    return tuple(kept)
