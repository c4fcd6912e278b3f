"""Whether a result that decodes is also what was asked for: length, shape, something to see, something that moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generation.media.probe import MediaInfo

# Providers round to whole pictures and some add one; less than this is no fault that anybody sees.
TOLERATED_MS = 400
TOLERATED_SHARE = 0.06
# Models give 1280x720 as 1280x704 or so; another shape is another picture.
TOLERATED_SHAPE = 0.06
MOSTLY = 0.9
TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a result. ``code`` is for programs, ``text`` for the person who asked."""

    code: str
    text: str

    def as_json(self) -> dict[str, str]:
        """A form that ``json`` takes."""
        return {"code": self.code, "text": self.text}


def too_many(came: int, kept: int) -> Fault:
    """Return what is told where more results came than are brought home."""
    return Fault(TOO_MANY, f"{came:,} results came; the first {kept} were kept.")


def fault_of(info: MediaInfo, asked: Mapping[str, Any]) -> Fault | None:
    """Return the worst that is wrong with a result, or None.

    Args:
        info: as the gate measured it.
        asked: what was asked for: ``duration_ms``, ``width``, ``height``, as far as it was.
    """
    if info.dark >= MOSTLY:
        return Fault("black", "It is black. Try again with another seed.")
    if info.kind == "video" and info.still >= MOSTLY:
        return Fault("frozen", "Nothing moves in it. Try again with another seed or describe the movement.")
    wanted_ms = asked.get("duration_ms")
    if info.kind == "video" and wanted_ms:
        tolerated = max(TOLERATED_MS, TOLERATED_SHARE * wanted_ms)
        if info.duration_ms < wanted_ms - tolerated:
            return Fault("short", f"It lasts {info.duration_ms / 1000:.1f} s instead of {wanted_ms / 1000:g} s.")
    width, height = info.display_size
    if asked.get("width") and asked.get("height") and height:
        wanted = asked["width"] / asked["height"]
        if abs(width / height - wanted) > TOLERATED_SHAPE * wanted:
            return Fault("shape", f"It is {width}x{height} instead of {asked['width']}x{asked['height']}.")
        if width < asked["width"] * 0.6:
            return Fault("small", f"It is {width}x{height}, much smaller than {asked['width']}x{asked['height']}.")
    return None
