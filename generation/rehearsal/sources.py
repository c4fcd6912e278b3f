"""What a caller sends along: pictures, clips and sounds in a data URI, uploaded before, or at an address.

Addresses are believed, not fetched: a rehearsal goes nowhere.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class SourceUnreadable(Exception):
    """What was sent is not the picture, clip or sound that it claims to be; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is known about one file; zero where it is not."""

    kind: str = ""
    width: int = 0
    height: int = 0
    duration_ms: int = 0


def kind_of(data: bytes) -> str:
    """What some bytes are by their beginning: image, video, audio, or empty."""
    if data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM")) or data[8:12] == b"WEBP":
        return "image"
    if data[4:8] == b"ftyp" or data.startswith(b"\x1aE\xdf\xa3"):
        return "audio" if data[8:11] == b"M4A" else "video"
    if data.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf1", b"fLaC", b"OggS")) or data[8:12] == b"WAVE":
        return "audio"
    return ""


def read(data: bytes, wanted: str) -> Source:
    """Look into some bytes.

    Args:
        data: the file.
        wanted: image, video or audio; empty takes any.

    Raises:
        SourceUnreadable
    """
    kind = kind_of(data)
    if not kind or wanted not in {"", kind}:
        raise SourceUnreadable(f"Invalid asset: expected {wanted or 'media'}, the content is something else.")
    if kind == "image":
        width, height = _picture_size(data)
        return Source(kind, width, height)
    return Source(kind, duration_ms=_film_length(data))


def from_data_uri(text: str, wanted: str) -> Source:
    """Look into a data URI.

    Raises:
        SourceUnreadable
    """
    head, comma, encoded = text.partition(",")
    if not comma or not head.endswith(";base64"):
        raise SourceUnreadable("Invalid data URI: it is not base64 encoded.")
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise SourceUnreadable("Invalid data URI: the base64 text is broken.") from None
    return read(data, wanted)


def look(text: str, wanted: str, upload: Callable[[str], Path | None]) -> Source:
    """Look at whatever a media field holds.

    Args:
        text: a data URI, a reference to an upload, or an address.
        wanted: image, video or audio.
        upload: gives the file of a reference, None when it is none.

    Raises:
        SourceUnreadable
    """
    if text.startswith("data:"):
        return from_data_uri(text, wanted)
    path = upload(text)
    return read(path.read_bytes(), wanted) if path is not None else Source(wanted)


def _picture_size(data: bytes) -> tuple[int, int]:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise SourceUnreadable("Invalid asset: the image cannot be decoded.") from None


def _film_length(data: bytes) -> int:
    """Milliseconds by the movie header of an MP4 (ISO/IEC 14496-12, 8.2.2), 0 for everything else."""
    at = data.find(b"mvhd")
    if at < 0 or len(data) < at + 36:
        return 0
    wide = data[at + 4] == 1
    scale_at = at + (24 if wide else 16)
    scale = int.from_bytes(data[scale_at : scale_at + 4], "big")
    length = int.from_bytes(data[scale_at + 4 : scale_at + (12 if wide else 8)], "big")
    return length * 1000 // scale if scale else 0
