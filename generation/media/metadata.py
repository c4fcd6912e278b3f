"""Taking out of pictures what is nobody's business: where they were taken, by whom, with what.

Containers are copied without those parts, so that nothing is compressed a second time. Only a picture that lies on its
side by its metadata is turned, which means that it is written anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

_ORIENTATION = 0x0112
_UPRIGHT = (None, 1)
_AS_GOOD: dict[str, dict[str, Any]] = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}, "PNG": {}}
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
# What says how the picture looks: dimensions, palette, transparency, colours, resolution.
_PNG_KEPT = frozenset(
    {
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"cICP",
        b"sBIT",
        b"bKGD",
        b"pHYs",
    }
)
_WEBP_DROPPED = frozenset({b"EXIF", b"XMP "})
_WEBP_FLAGS = 0b0000_1100  # EXIF and XMP in VP8X


def strip(path: Path, media_type: str, target: Path) -> bool:
    """Write a picture without its metadata, upright.

    Args:
        path: one that the gate admitted.
        media_type: what the gate found it to be.
        target: where the clean copy goes; written only where something was to be taken out.

    Returns:
        Whether there was anything to take out.
    """
    name = _FORMATS.get(media_type)
    if name is None:
        return False
    with Image.open(path, formats=(name,)) as image:
        if image.getexif().get(_ORIENTATION) not in _UPRIGHT:
            _turned(image, target, name)
            return True
    data = path.read_bytes()
    clean = b"".join({"JPEG": _jpeg, "PNG": _png, "WEBP": _webp}[name](data))
    if clean == data:
        return False
    target.write_bytes(clean)
    return True


def _turned(image: Image.Image, target: Path, name: str) -> None:
    upright = ImageOps.exif_transpose(image)
    colours = image.info.get("icc_profile")
    upright.info.clear()
    upright.save(target, name, icc_profile=colours, **_AS_GOOD[name])


def _jpeg(data: bytes) -> Iterator[bytes]:
    """Leave out comments and all application segments but those that decoders need: JFIF, colours, Adobe's."""
    yield data[:2]
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            # The picture itself, to the end; between two scans no metadata stands.
            yield data[at:]
            return
        length = int.from_bytes(data[at + 2 : at + 4], "big") + 2
        segment = data[at : at + length]
        colours = marker == 0xE2 and segment[4:15] == b"ICC_PROFILE"
        if colours or marker in (0xE0, 0xEE) or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            yield segment
        at += length
    yield data[at:]


def _png(data: bytes) -> Iterator[bytes]:
    yield data[:8]
    at = 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big") + 12
        if data[at + 4 : at + 8] in _PNG_KEPT:
            yield data[at : at + length]
        at += length


def _webp(data: bytes) -> Iterator[bytes]:
    kept = []
    at = 12
    while at + 8 <= len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        chunk = bytearray(data[at : at + 8 + length + length % 2])
        if name == b"VP8X":
            chunk[8] &= ~_WEBP_FLAGS & 0xFF
        if name not in _WEBP_DROPPED:
            kept.append(bytes(chunk))
        at += 8 + length + length % 2
    body = b"".join(kept)
    yield data[:4] + (len(body) + 4).to_bytes(4, "little") + data[8:12] + body
