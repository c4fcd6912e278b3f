"""Frames of a clip: layers as yuv planes, moved at sub-pixel accuracy, with the words lying still on top."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from .caption import Label
from .motion import View

# BT.709, limited range, from full-range RGB (ITU-R BT.709-6, sections 3 and 4).
_TO_YUV = (
    (0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16.0),
    (-0.1146 * 224 / 255, -0.3854 * 224 / 255, 0.5000 * 224 / 255, 128.0),
    (0.5000 * 224 / 255, -0.4542 * 224 / 255, -0.0458 * 224 / 255, 128.0),
)


@dataclass(frozen=True)
class Plane:
    """A layer ready to be moved: its yuv planes (chroma at half size) and masks, None when opaque.

    Attributes:
        unit: pixels of the layer per pixel of the picture.
        inside: the part (left, top, right, bottom) that is not transparent.
        placed: how the layer lies at a moment from 0 to 1.
    """

    size: tuple[int, int]
    parts: tuple[Image.Image, Image.Image, Image.Image]
    masks: tuple[Image.Image, Image.Image] | None
    unit: float
    inside: tuple[int, int, int, int]
    placed: Callable[[float], View]


def planes(image: Image.Image, placed: Callable[[float], View], *, unit: float = 1.0) -> list[Plane]:
    """Take a layer (RGB or RGBA, even sides) apart into planes.

    A transparent layer gives one for each group of columns with something in them, so that empty space costs nothing.
    """
    if image.mode != "RGBA":
        return [Plane(image.size, to_yuv(image), None, unit, (0, 0, *image.size), placed)]
    mask = image.getchannel("A")
    parts = to_yuv(_bled(image))
    masks = (mask, mask.reduce(2))
    return [Plane(image.size, parts, masks, unit, inside, placed) for inside in _islands(mask)]


def _islands(mask: Image.Image) -> list[tuple[int, int, int, int]]:
    """Boxes around what is not transparent, apart from each other by at least 48 columns."""
    filled = np.flatnonzero(np.asarray(mask).any(axis=0))
    if not len(filled):
        return []
    cuts = np.flatnonzero(np.diff(filled) > 48)
    starts, ends = filled[np.r_[0, cuts + 1]], filled[np.r_[cuts, len(filled) - 1]] + 1
    boxes = []
    for left, right in zip(starts.tolist(), ends.tolist(), strict=True):
        inside = mask.crop((left, 0, right, mask.height)).getbbox() or (0, 0, 0, 0)
        boxes.append(_padded((left, inside[1], right, inside[3]), mask.size))
    return boxes


def to_yuv(image: Image.Image) -> tuple[Image.Image, Image.Image, Image.Image]:
    """The y, u and v planes of an RGB image with even sides, u and v at half size."""
    colours = image.convert("RGB")
    y, u, v = (colours.convert("L", matrix) for matrix in _TO_YUV)
    return y, u.reduce(2), v.reduce(2)


def _bled(image: Image.Image) -> Image.Image:
    """Give transparent pixels the colour of their neighbours, so that moved edges do not darken."""
    solid = image.convert("RGBa")
    spread = solid.reduce(4).filter(ImageFilter.GaussianBlur(2)).resize(image.size, Image.Resampling.BILINEAR)
    under = spread.convert("RGBA").convert("RGB")
    under.paste(image.convert("RGB"), (0, 0), image.getchannel("A").point(lambda value: 255 if value > 96 else 0))
    return under


class Composer:
    """Makes the frames of one clip."""

    def __init__(self, width: int, height: int, moved: Sequence[Plane], words: Sequence[Label]) -> None:
        self.width, self.height = width, height
        self.planes = moved
        self.words = [(label, to_yuv(label.image), *_masks(label.image)) for label in words]
        self.zoom = _covering_zoom(width, height, moved[0])

    def frame(self, moment: float) -> bytes:
        """One yuv420p frame at a moment from 0 to 1."""
        size, half = (self.width, self.height), (self.width // 2, self.height // 2)
        canvas = [Image.new("L", size), Image.new("L", half), Image.new("L", half)]
        for each in self.planes:
            self._draw(canvas, each, each.placed(moment))
        for label, parts, full, quarter in self.words:
            canvas[0].paste(parts[0], (label.left, label.top), full)
            for channel in (1, 2):
                canvas[channel].paste(parts[channel], (label.left // 2, label.top // 2), quarter)
        return b"".join(part.tobytes() for part in canvas)

    def _draw(self, canvas: list[Image.Image], layer: Plane, view: View) -> None:
        scale = view.scale * self.zoom / layer.unit
        shift_x, shift_y = view.x * self.height * self.zoom, view.y * self.height * self.zoom
        if abs(view.roll) > 1e-9:
            self._turn(canvas, layer, scale, shift_x, shift_y, view.roll)
            return

        def to_layer(x: float, y: float) -> tuple[float, float]:
            return (
                layer.size[0] / 2 + (x - self.width / 2 - shift_x) / scale,
                layer.size[1] / 2 + (y - self.height / 2 - shift_y) / scale,
            )

        def to_picture(x: float, y: float) -> tuple[float, float]:
            return (
                self.width / 2 + shift_x + (x - layer.size[0] / 2) * scale,
                self.height / 2 + shift_y + (y - layer.size[1] / 2) * scale,
            )

        left, top = to_picture(*layer.inside[:2])
        right, bottom = to_picture(*layer.inside[2:])
        x0, y0 = _even_up(max(0.0, left - 1e-6)), _even_up(max(0.0, top - 1e-6))
        x1, y1 = _even_down(min(self.width, right + 1e-6)), _even_down(min(self.height, bottom + 1e-6))
        if x1 - x0 < 2 or y1 - y0 < 2:
            return
        box = (*to_layer(x0, y0), *to_layer(x1, y1))
        box = (max(0.0, box[0]), max(0.0, box[1]), min(layer.size[0], box[2]), min(layer.size[1], box[3]))
        size = (x1 - x0, y1 - y0)
        small, small_box = (size[0] // 2, size[1] // 2), (box[0] / 2, box[1] / 2, box[2] / 2, box[3] / 2)
        sharp, soft = Image.Resampling.BICUBIC, Image.Resampling.BILINEAR
        masks = None
        if layer.masks is not None:
            masks = (layer.masks[0].resize(size, soft, box), layer.masks[1].resize(small, soft, small_box))
        for channel, part in enumerate(layer.parts):
            moved = part.resize(small, soft, small_box) if channel else part.resize(size, sharp, box)
            at = (x0 // 2, y0 // 2) if channel else (x0, y0)
            canvas[channel].paste(moved, at, masks[min(channel, 1)] if masks else None)

    def _turn(self, canvas: list[Image.Image], layer: Plane, scale: float, x: float, y: float, roll: float) -> None:
        masks = layer.masks
        for channel, part in enumerate(layer.parts):
            share = 0.5 if channel else 1.0
            matrix = self._matrix(layer, scale, x, y, roll, share)
            moved = part.transform(canvas[channel].size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
            mask = None
            if masks is not None:
                mask = masks[min(channel, 1)].transform(
                    canvas[channel].size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
                )
            canvas[channel].paste(moved, (0, 0), mask)

    def _matrix(
        self, layer: Plane, scale: float, x: float, y: float, roll: float, share: float
    ) -> tuple[float, float, float, float, float, float]:
        sine, cosine = math.sin(math.radians(roll)) / scale, math.cos(math.radians(roll)) / scale
        middle_x, middle_y = (self.width / 2 + x) * share, (self.height / 2 + y) * share
        return (
            cosine,
            sine,
            layer.size[0] / 2 * share - cosine * middle_x - sine * middle_y,
            -sine,
            cosine,
            layer.size[1] / 2 * share + sine * middle_x - cosine * middle_y,
        )


def _masks(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    mask = image.getchannel("A")
    return mask, mask.reduce(2)


def _covering_zoom(width: int, height: int, ground: Plane) -> float:
    """How much to enlarge so that the ground fills the picture at every moment of the move."""
    needed = 1.0
    for step in range(21):
        view = ground.placed(step / 20)
        sine, cosine = abs(math.sin(math.radians(view.roll))), abs(math.cos(math.radians(view.roll)))
        room = view.scale / ground.unit
        # Shifts grow with the zoom: they take from the ground what the picture needs.
        across = ground.size[0] * room - 2 * abs(view.x) * height
        down = ground.size[1] * room - 2 * abs(view.y) * height
        needed = max(needed, (width * cosine + height * sine) / across, (height * cosine + width * sine) / down)
    return needed


def _padded(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box with room for the rounding to whole even pixels, so that no edge of a shape flickers."""
    return max(0, box[0] - 4), max(0, box[1] - 4), min(size[0], box[2] + 4), min(size[1], box[3] + 4)


def _even_up(value: float) -> int:
    return math.ceil(value / 2) * 2


def _even_down(value: float) -> int:
    return math.floor(value / 2) * 2
