"""Picture sizes: which there are, which is nearest to a project's format, and how a model wants to be told."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generation.catalogue.limits import either

# What is exact by its name; other shapes at these heights differ from model to model.
_WIDE = {
    "360p": (640, 360),
    "540p": (960, 540),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "1440p": (2560, 1440),
    "4k": (3840, 2160),
}
_SMALLEST_PIXELS = 100
_NAMED_AT_ONCE = 6
# Shapes that differ by less cannot be told apart in a film; an automatic one comes after those and before the others.
_SAME_SHAPE = 0.025
_AUTOMATIC_SHAPE = 1


@dataclass(frozen=True, slots=True)
class Size:
    """One size on a model's list.

    Attributes:
        width, height: pixels; None where they are not known beforehand.
        ratio: the model's own word for it, where it wants one: ``1280:720``, ``16:9``, ``auto_720p``.
        resolution: its word for how fine it is, where it wants one: ``720p``, ``2K``.
    """

    width: int | None = None
    height: int | None = None
    ratio: str = ""
    resolution: str = ""

    @property
    def shape(self) -> float | None:
        """Width divided by height, where it is known."""
        if self.width and self.height:
            return self.width / self.height
        wide, _, high = self.ratio.partition(":")
        return int(wide) / int(high) if wide.isdigit() and high.isdigit() else None

    @property
    def pixels(self) -> int | None:
        """Roughly how many pixels, where that can be told."""
        if self.width and self.height:
            return self.width * self.height
        found = re.search(r"(\d+(?:\.\d+)?)(p|k)$", (self.resolution or self.ratio).lower())
        if found is None:
            return None
        number = float(found[1])
        return round(number * number * (self.shape or 16 / 9) if found[2] == "p" else (number * 1024) ** 2)

    @property
    def parameters(self) -> dict[str, Any]:
        """What is asked of the model for this size."""
        asked: dict[str, Any] = {}
        if self.width and self.height:
            asked |= {"width": self.width, "height": self.height}
        if self.ratio:
            asked["ratio"] = self.ratio
        if self.resolution:
            asked["resolution"] = self.resolution
        return asked

    def __str__(self) -> str:
        """Return the size as people write it."""
        if self.ratio and self.resolution:
            return f"{self.ratio} at {self.resolution}"
        if self.width and self.height:
            return f"{self.width}x{self.height}"
        return self.ratio or self.resolution


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes that a model makes: a list, or any within bounds.

    Attributes:
        listed: those there are; empty when any within the bounds will do.
        least, most: bounds of a side.
        multiple: what both sides are multiples of.
        least_pixels, most_pixels: bounds of the area.
        optional: the model chooses when none is asked for.
    """

    listed: tuple[Size, ...] = ()
    least: int = 1
    most: int = 16_384
    multiple: int = 1
    least_pixels: int = 1
    most_pixels: int = 2**40
    optional: bool = False

    def of(self, parameters: Mapping[str, Any]) -> Size | None:
        """Return the size that parameters ask for, or None when it is not one of these.

        A ratio or resolution word decides; width and height beside it must be what comes of it, where that is known.
        """
        words = (parameters.get("ratio") or "", parameters.get("resolution") or "")
        pair = (parameters.get("width"), parameters.get("height"))
        if not self.listed:
            return Size(*pair) if not any(words) and self._within(*pair) else None
        for size in self.listed:
            pixels = (size.width, size.height)
            if any(words):
                if (size.ratio, size.resolution) == words and (
                    pair == (None, None) or None in pixels or pair == pixels
                ):
                    return size
            elif None not in pair and pixels == pair:
                return size
        return None

    def nearest(self, width: int | None, height: int | None) -> Size | None:
        """Return the size that is nearest to a format: first in shape, then in the number of pixels."""
        if not self.listed:
            return None if width is None or height is None else self._rounded(width, height)
        return self.listed[0] if width is None or height is None else self._by_distance(width, height)[0]

    def words(self, width: int | None = None, height: int | None = None) -> str:
        """Return the sizes in words, a long list cut to those nearest to what was asked."""
        if not self.listed:
            steps = f" in steps of {self.multiple}" if self.multiple > 1 else ""
            area = f", {self.least_pixels:,} to {self.most_pixels:,} pixels in all" if self.most_pixels < 2**40 else ""
            return f"{self.least} to {self.most} pixels a side{steps}{area}"
        ordered = self.listed if width is None or height is None else self._by_distance(width, height)
        named = [str(size) for size in ordered]
        if len(named) <= _NAMED_AT_ONCE:
            return either(named)
        return f"{', '.join(named[: _NAMED_AT_ONCE - 1])} and {len(named) - _NAMED_AT_ONCE + 1} more"

    @property
    def largest(self) -> int | None:
        """The most pixels that can come, where that can be told."""
        if not self.listed:
            return min(self.most**2, self.most_pixels)
        counts = [size.pixels for size in self.listed]
        return None if None in counts else max(count or 0 for count in counts)

    def _by_distance(self, width: int, height: int) -> tuple[Size, ...]:
        wanted = width / height

        def distance(size: Size) -> tuple[float, float]:
            shape = _AUTOMATIC_SHAPE
            if size.shape is not None:
                shape = math.floor(abs(math.log(size.shape / wanted)) / _SAME_SHAPE)
            return shape, abs(math.log((size.pixels or width * height) / (width * height)))

        return tuple(sorted(self.listed, key=distance))

    def _within(self, width: Any, height: Any) -> bool:
        sides = (width, height)
        if not all(isinstance(side, int) and not isinstance(side, bool) for side in sides):
            return False
        return (
            all(self.least <= side <= self.most and side % self.multiple == 0 for side in sides)
            and self.least_pixels <= width * height <= self.most_pixels
        )

    def _rounded(self, width: int, height: int) -> Size:
        area = width * height
        scale = math.sqrt(min(max(area, self.least_pixels), self.most_pixels) / area)
        scale = max(scale, self.least / min(width, height))
        scale = min(scale, self.most / max(width, height))
        sides = self._sides(width * scale, height * scale, round)
        if sides[0] * sides[1] > self.most_pixels:
            sides = self._sides(width * scale, height * scale, math.floor)
        elif sides[0] * sides[1] < self.least_pixels:
            sides = self._sides(width * scale, height * scale, math.ceil)
        return Size(*sides)

    def _sides(self, width: float, height: float, rounded: Any) -> tuple[int, int]:
        low, high = -(-self.least // self.multiple), self.most // self.multiple
        wide, tall = (min(max(rounded(side / self.multiple), low), high) * self.multiple for side in (width, height))
        return wide, tall


def size_of(ratio: str = "", resolution: str = "") -> Size:
    """Return the size that a model's own words stand for, with its pixels where they are known.

    Args:
        ratio: ``1280:720`` names pixels, ``16:9`` a shape, ``auto`` neither.
        resolution: ``720p``, ``2K``.
    """
    wide, _, high = ratio.partition(":")
    if wide.isdigit() and high.isdigit() and min(int(wide), int(high)) >= _SMALLEST_PIXELS:
        return Size(int(wide), int(high), ratio, resolution)
    pixels = _WIDE.get(resolution.lower())
    if pixels is not None and ratio == "16:9":
        return Size(pixels[0], pixels[1], ratio, resolution)
    if pixels is not None and ratio == "9:16":
        return Size(pixels[1], pixels[0], ratio, resolution)
    return Size(None, None, ratio, resolution)
