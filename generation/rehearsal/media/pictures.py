"""Pictures: a slate in colours and shapes that the seed decides."""

from __future__ import annotations

import colorsys
import random
from pathlib import Path
from typing import TYPE_CHECKING

from generation.media.partial import finished_or_nothing

if TYPE_CHECKING:
    from PIL import Image

_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
# The largest side that is drawn; larger pictures are enlarged, which nobody sees on a slate.
_DRAWN = 1536


def draw(
    width: int, height: int, *, title: str, below: str, seed: int, black: bool = False, clear: bool = False
) -> Image.Image:
    """Draw a slate.

    Args:
        width, height: its size in pixels.
        title, below: what stands on it.
        seed: decides colours and shapes: the same seed gives the same picture.
        black: draw nothing at all.
        clear: leave the background transparent.
    """
    from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

    if black:
        return Image.new("RGB", (width, height))
    chosen = random.Random(seed)  # noqa: S311 (a picture, not a secret)
    scale = min(1.0, _DRAWN / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    hue = chosen.random()
    ramp = Image.linear_gradient("L").rotate(chosen.choice((0, 90, 180, 270))).resize(size)
    picture = ImageOps.colorize(ramp, _ink(hue, 0.35), _ink(hue + 0.12, 0.75)).convert("RGBA")
    if clear:
        picture.putalpha(0)
    sheet = ImageDraw.Draw(picture)
    short = min(size)
    for number in range(7):
        x, y = chosen.uniform(0, size[0]), chosen.uniform(0, size[1])
        radius = chosen.uniform(0.08, 0.25) * short
        ink = ImageColor.getrgb(_ink(hue + 0.3 + number * 0.07, chosen.uniform(0.5, 0.95)))
        sheet.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)
    lines = ("Rehearsal", title, below)
    for number, line in enumerate(lines):
        height_of_line = short / (7 if number == 0 else 14)
        font = ImageFont.load_default(size=max(6.0, min(height_of_line, 1.6 * size[0] / max(1, len(line)))))
        middle = size[0] / 2, size[1] / 2 + (number - 0.7) * short / 9
        edge = max(1, short // 250)
        sheet.text(middle, line, font=font, fill="white", anchor="mm", stroke_width=edge, stroke_fill="black")
    if size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.NEAREST)
    return picture if clear else picture.convert("RGB")


def write(picture: Image.Image, media_type: str, destination: Path) -> None:
    """Write a picture as the wanted type, whole or not at all."""
    chosen = _FORMATS.get(media_type, "PNG")
    if chosen == "JPEG":
        picture = picture.convert("RGB")
    with finished_or_nothing(destination) as temporary:
        picture.save(temporary, chosen, **({"compress_level": 1} if chosen == "PNG" else {"quality": 90}))


def _ink(hue: float, value: float) -> str:
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(hue % 1, 0.55, value))
    return f"#{red:02x}{green:02x}{blue:02x}"
