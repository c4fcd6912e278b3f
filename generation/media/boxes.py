"""The boxes that an MP4 or QuickTime file consists of (ISO/IEC 14496-12, section 4.2)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# What such files begin with; QuickTime's older ones have no ftyp.
_FIRST = frozenset({b"ftyp", b"wide", b"moov"})

_MATRIX_OFFSET = {0: 40, 1: 52}


class BoxesBroken(Exception):
    """A box is longer than what it lies in, or too short to be one."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its four letters, and where its content lies in the file."""

    name: bytes
    start: int
    end: int


def is_iso_media(path: Path) -> bool:
    """Whether a file begins like MP4 or QuickTime."""
    with path.open("rb") as file:
        return file.read(8)[4:8] in _FIRST


def walk(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes that lie one after another between two positions.

    Raises:
        BoxesBroken
    """
    while start < end:
        file.seek(start)
        header = file.read(16)
        if len(header) < 8:
            raise BoxesBroken
        length, content = int.from_bytes(header[:4], "big"), start + 8
        if length == 1:
            length, content = int.from_bytes(header[8:16], "big"), start + 16
        elif length == 0:
            length = end - start
        if length < content - start or start + length > end:
            raise BoxesBroken
        yield Box(header[4:8], content, start + length)
        start += length


def track_rotation(path: Path) -> int:
    """Degrees counter-clockwise by which the first picture track wants to be turned, from its header's matrix.

    It is the same number as of a decoded frame's display matrix, for a fraction of the time. 0 where there is none.
    """
    with path.open("rb") as file:
        try:
            for track in _inside(file, Box(b"", 0, path.stat().st_size), b"moov", b"trak"):
                handlers = [_read(file, box) for box in _inside(file, track, b"mdia", b"hdlr")]
                if any(handler[8:12] == b"vide" for handler in handlers):
                    return _rotation([_read(file, box) for box in _inside(file, track, b"tkhd")])
        except BoxesBroken:
            pass
    return 0


def _inside(file: BinaryIO, box: Box, *names: bytes) -> Iterator[Box]:
    """The boxes that a path of names leads to."""
    for found in walk(file, box.start, box.end):
        if found.name == names[0]:
            if len(names) == 1:
                yield found
            else:
                yield from _inside(file, found, *names[1:])


def _read(file: BinaryIO, box: Box) -> bytes:
    file.seek(box.start)
    return file.read(min(box.end - box.start, 4096))


def _rotation(headers: list[bytes]) -> int:
    if not headers or headers[0][:1] not in {b"\x00", b"\x01"}:
        return 0
    at = _MATRIX_OFFSET[headers[0][0]]
    a, b = (int.from_bytes(headers[0][at + offset : at + offset + 4], "big", signed=True) for offset in (0, 4))
    return -round(math.degrees(math.atan2(b, a)))
