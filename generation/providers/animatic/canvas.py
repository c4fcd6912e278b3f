"""Sheets to draw on: antialiased shapes in picture units, light that adds, mist that lies over.

Picture units: x is 0 in the middle and grows to the right, y is 0 at the top of a landscape picture and 1 at its
bottom. Narrow pictures use a smaller unit, so that their y runs a little below 0 and above 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[float, float, float]
Point = tuple[float, float]
Floats = NDArray[np.float32]

OVERSAMPLING = 2
LIGHT_STEP = 8
WIDEST_MARGIN = 0.09  # of the width


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour at ``share`` (0 to 1) of the way from ``first`` to ``second``."""
    return (
        first[0] + (second[0] - first[0]) * share,
        first[1] + (second[1] - first[1]) * share,
        first[2] + (second[2] - first[2]) * share,
    )


def times(first: Colour, second: Colour) -> Colour:
    """A surface of the first colour under light of the second (255 is full light)."""
    return (first[0] * second[0] / 255, first[1] * second[1] / 255, first[2] * second[2] / 255)


@lru_cache(maxsize=512)
def outline(written: str) -> tuple[Point, ...]:
    """Points written as ``"x y, x y, …"``: shapes stay readable where they are drawn."""
    return tuple((float(x), float(y)) for x, y in (pair.split() for pair in written.split(",")))


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 6) -> list[Point]:
    """A Catmull-Rom curve through the points."""
    given = np.asarray(points, dtype=np.float64)
    if closed:
        padded = np.concatenate([given[-1:], given, given[:2]])
    else:
        padded = np.concatenate([given[:1], given, given[-1:]])
    t = (np.arange(steps) / steps)[None, :, None]
    p0, p1, p2, p3 = (padded[i : len(padded) - 3 + i, None, :] for i in range(4))
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    flat: list[Point] = [(float(x), float(y)) for x, y in curve.reshape(-1, 2)]
    if not closed:
        flat.append((float(given[-1][0]), float(given[-1][1])))
    return flat


@dataclass(frozen=True)
class Frame:
    """Size of the picture in pixels, the margin drawn around it, and the roll of the camera in degrees."""

    width: int
    height: int
    margin: int = 0
    roll: float = 0.0

    @cached_property
    def size(self) -> tuple[int, int]:
        """Pixels of a whole sheet, margin included."""
        return self.width + 2 * self.margin, self.height + 2 * self.margin

    @cached_property
    def unit(self) -> float:
        """Pixels per picture unit."""
        return min(self.height, self.width / 0.85)

    @cached_property
    def reach(self) -> tuple[float, float]:
        """How far from the middle to draw, in units, sideways and up or down, whatever the roll.

        The same for every margin, so that a picture with a margin shows the same things in its middle.
        """
        half_width = (self.width / 2 + self.width * WIDEST_MARGIN) / self.unit
        half_height = (self.height / 2 + self.width * WIDEST_MARGIN) / self.unit
        sine, cosine = abs(math.sin(math.radians(self.roll))), abs(math.cos(math.radians(self.roll)))
        return half_width * cosine + half_height * sine, half_height * cosine + half_width * sine

    @cached_property
    def half_width(self) -> float:
        """Units from the middle of the visible picture to its side."""
        return self.width / 2 / self.unit

    @cached_property
    def grid(self) -> tuple[Floats, Floats]:
        """Unit coordinates of a coarse grid over the sheet, for gradients and glows."""
        columns, rows = (max(2, math.ceil(side / LIGHT_STEP)) for side in self.size)
        across = (np.arange(columns, dtype=np.float32) + 0.5) / columns * self.size[0] - self.size[0] / 2
        down = (np.arange(rows, dtype=np.float32) + 0.5) / rows * self.size[1] - self.size[1] / 2
        x, y = np.meshgrid(across / self.unit, down / self.unit)
        sine, cosine = math.sin(math.radians(self.roll)), math.cos(math.radians(self.roll))
        return (x * cosine + y * sine).astype(np.float32), (y * cosine - x * sine + 0.5).astype(np.float32)

    def pixels(self, points: Sequence[Point], scale: float = 1.0) -> list[Point]:
        """Sheet pixels (times ``scale``) of points in units."""
        sine, cosine = math.sin(math.radians(self.roll)), math.cos(math.radians(self.roll))
        middle_x, middle_y = self.size[0] / 2, self.size[1] / 2
        return [
            (
                (middle_x + (x * cosine - (y - 0.5) * sine) * self.unit) * scale,
                (middle_y + (x * sine + (y - 0.5) * cosine) * self.unit) * scale,
            )
            for x, y in points
        ]


class Sheet:
    """One layer of a picture, or the part of it inside ``box`` (left, top, right, bottom in pixels).

    Opaque when it starts from ``ground``, transparent otherwise. Gradients, mist and light need a whole sheet.
    """

    def __init__(
        self, frame: Frame, ground: Colour | None = None, *, box: tuple[int, int, int, int] | None = None
    ) -> None:
        self.frame = frame
        self.opaque = ground is not None
        self.box = box or (0, 0, *frame.size)
        self._ground = ground
        self._light: Floats | None = None

    @cached_property
    def image(self) -> Image.Image:
        """What is drawn so far, enlarged. Made with the first shape, because many sheets stay empty."""
        left, top, right, bottom = self.box
        size = ((right - left) * OVERSAMPLING, (bottom - top) * OVERSAMPLING)
        return Image.new("RGB", size, _whole(self._ground)) if self._ground else Image.new("RGBA", size)

    @cached_property
    def _draw(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a polygon."""
        fill = _whole(colour)
        left, top = self.box[0] * OVERSAMPLING, self.box[1] * OVERSAMPLING
        placed = [(x - left, y - top) for x, y in self.frame.pixels(points, OVERSAMPLING)]
        self._draw.polygon(placed, fill=fill if self.opaque else (*fill, 255))

    def curve(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill the smooth shape through the points."""
        self.polygon(smooth(points), colour)

    def rectangle(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill a box given by its sides."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def ellipse(self, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        """Fill an ellipse given by its middle and its two radii."""
        count = 12 if max(across, down) * self.frame.unit < 6 else 36
        turn = [i * math.tau / count for i in range(count)]
        self.polygon([(x + across * math.cos(a), y + down * math.sin(a)) for a in turn], colour)

    def limb(self, joints: Sequence[Point], radii: Sequence[float], colour: Colour) -> None:
        """Fill a tapered, round-jointed stroke."""
        for (x, y), radius in zip(joints, radii, strict=True):
            self.ellipse(x, y, radius, radius, colour)
        for i in range(len(joints) - 1):
            (x0, y0), (x1, y1) = joints[i], joints[i + 1]
            length = math.hypot(x1 - x0, y1 - y0) or 1.0
            nx, ny = (y1 - y0) / length, (x0 - x1) / length
            r0, r1 = radii[i], radii[i + 1]
            self.polygon(
                [
                    (x0 + nx * r0, y0 + ny * r0),
                    (x1 + nx * r1, y1 + ny * r1),
                    (x1 - nx * r1, y1 - ny * r1),
                    (x0 - nx * r0, y0 - ny * r0),
                ],
                colour,
            )

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """A stroke of even width in units."""
        self.limb(points, [width / 2] * len(points), colour)

    def gradient(self, stops: Sequence[tuple[float, Colour]]) -> None:
        """Cover the whole sheet with colours that change from top to bottom; stops are (y, colour), rising."""
        y = self.frame.grid[1]
        heights = [height for height, _ in stops]
        bands = [np.interp(y, heights, [colour[i] for _, colour in stops]) for i in range(3)]
        coarse = Image.fromarray(np.stack(bands, axis=-1).round().astype(np.uint8), "RGB")
        self.image.paste(coarse.resize(self.image.size, Image.Resampling.BICUBIC))

    def mist(self, colour: Colour, stops: Sequence[tuple[float, float]]) -> None:
        """Lay a veil over what is drawn so far; stops are (y, opacity 0 to 1), rising."""
        y = self.frame.grid[1]
        veil = np.interp(y, [height for height, _ in stops], [opacity for _, opacity in stops])
        self._veil(colour, (veil * 255).astype(np.uint8))

    def stain(self, colour: Colour, x: float, y: float, across: float, down: float, strength: float) -> None:
        """Lay a soft-edged ellipse of colour (a shadow on the floor) over what is drawn so far."""
        grid_x, grid_y = self.frame.grid
        far = ((grid_x - x) / across) ** 2 + ((grid_y - y) / down) ** 2
        self._veil(colour, (np.exp(-far * 1.6) * strength * 255).astype(np.uint8))

    def _veil(self, colour: Colour, mask: NDArray[np.uint8]) -> None:
        rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
        if not len(rows):
            return
        step = LIGHT_STEP * OVERSAMPLING
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        cut = Image.fromarray(mask[top:bottom, left:right], "L")
        cut = cut.resize(((right - left) * step, (bottom - top) * step), Image.Resampling.BICUBIC)
        self.image.paste(_whole(colour), (int(left) * step, int(top) * step), cut)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """Add light around a point; at one radius it has fallen to a third."""
        grid_x, grid_y = self.frame.grid
        far = ((grid_x - x) ** 2 + (grid_y - y) ** 2) / radius**2
        fall = strength / (1 + 2 * far) * np.exp(-far * 0.25)
        self._shine(fall[..., None] * np.asarray(colour, dtype=np.float32))

    def beam(self, points: Sequence[Point], softness: float, colour: Colour, strength: float) -> None:
        """Add light in the shape of a polygon with soft edges (``softness`` in units)."""
        rows, columns = self.frame.grid[0].shape
        mask = Image.new("L", (columns * 2, rows * 2))
        ImageDraw.Draw(mask).polygon(self.frame.pixels(points, 2 / LIGHT_STEP), fill=255)
        mask = mask.filter(ImageFilter.GaussianBlur(softness * self.frame.unit * 2 / LIGHT_STEP)).reduce(2)
        shape = np.asarray(mask, dtype=np.float32) / 255 * strength
        self._shine(shape[..., None] * np.asarray(colour, dtype=np.float32))

    def _shine(self, light: NDArray[np.floating]) -> None:
        self._light = light.astype(np.float32) if self._light is None else self._light + light

    def finished(self) -> Image.Image:
        """The layer at its real size, with the added light (opaque sheets only). The sheet is blank again after it."""
        picture = self.image.reduce(OVERSAMPLING)
        self.__dict__.pop("image")
        self.__dict__.pop("_draw", None)
        if self._light is not None and self.opaque:
            coarse = Image.fromarray(self._light.clip(0, 255).astype(np.uint8), "RGB")
            picture = ImageChops.screen(picture, coarse.resize(picture.size, Image.Resampling.BICUBIC))
        return picture


def _whole(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = (min(255, max(0, round(part))) for part in colour)
    return red, green, blue
