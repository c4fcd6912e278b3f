"""Light from one side on a flat shape: a bright edge, and a soft falling off that makes it round."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from .canvas import Colour, Floats


def lit_from_the_side(
    part: Image.Image,
    key: Colour,
    side: int,
    *,
    edge: int,
    form: float,
    strength: float,
    behind: Image.Image | None = None,
) -> Image.Image:
    """Light an RGBA shape; it is changed and returned.

    Args:
        side: the light comes from the right (1) or the left (-1), and a little from above.
        edge: width of the bright edge in pixels.
        form: how far the soft light reaches in, in pixels.
        behind: what the shape lies before; where they overlap the shape has no edge to light.
    """
    inside = part.getbbox()
    if inside is None:
        return part
    whole, part = part, part.crop(inside)
    behind = behind.crop(inside) if behind is not None else None
    pixels = np.array(part, dtype=np.float32)
    solid: Floats = pixels[..., 3] / np.float32(255)
    cover = solid
    if behind is not None:
        cover = np.maximum(solid, np.asarray(behind.getchannel("A"), dtype=np.float32) / np.float32(255))
    rim = solid * (1 - _shifted(cover, side * edge, -max(1, edge // 2)))
    moved = Image.fromarray((_shifted(cover, side * round(form), -round(form * 0.4)) * 255).astype(np.uint8), "L")
    inner = solid * (1 - np.asarray(moved.filter(ImageFilter.GaussianBlur(form)), dtype=np.float32) / 255)
    light = ((rim * 0.6 + inner * 0.30) * strength)[..., None].clip(0, 1)
    pixels[..., :3] += (np.asarray(key, dtype=np.float32) - pixels[..., :3]).clip(0) * light
    whole.paste(Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "RGBA"), inside[:2])
    return whole


def _shifted(mask: Floats, right: int, down: int) -> Floats:
    """The mask's value at the point ``right`` and ``down`` pixels from each pixel; 0 outside."""
    height, width = mask.shape
    moved = np.zeros_like(mask)
    x0, x1 = max(0, -right), min(width, width - right)
    y0, y1 = max(0, -down), min(height, height - down)
    if x0 < x1 and y0 < y1:
        moved[y0:y1, x0:x1] = mask[y0 + down : y1 + down, x0 + right : x1 + right]
    return moved
