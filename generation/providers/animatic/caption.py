"""Words on the picture: the caption as a lower third, the slate small in the corner."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import font_source_sans_pro
import numpy as np
from PIL import Image, ImageDraw, ImageFont

ACCENT = (245, 170, 66, 255)
INK = (244, 243, 240, 255)
DEFAULT_FONTS = (Path(font_source_sans_pro.font_files_ttf["SourceSansProSemibold"]),)


@dataclass(frozen=True)
class Label:
    """Something written: where it goes (pixels from the top left, even numbers) and how it looks."""

    left: int
    top: int
    image: Image.Image


def labels(caption: str, slate: str, width: int, height: int, fonts: Sequence[Path] = DEFAULT_FONTS) -> list[Label]:
    """The caption and the slate for a picture of this size. Empty words give no label.

    Args:
        fonts: files to choose from; the first that knows the most characters is used, and what it does not know is
            left out rather than drawn as boxes.
    """
    made: list[Label] = []
    unit = min(height, width / 0.85)
    words, path = _legible(caption, fonts)
    if any(each.isalnum() for each in words):
        made.append(_lower_third(words, width, height, unit, path))
    words, path = _legible(slate, fonts)
    if words:
        made.append(_slate(words, width, unit, path))
    return made


def write(picture: Image.Image, made: Sequence[Label]) -> None:
    """Put labels on an RGB picture."""
    for label in made:
        picture.paste(label.image, (label.left, label.top), label.image)


def plain(text: str) -> str:
    """Text on one line without control characters and half surrogates."""
    kept = "".join(each if unicodedata.category(each)[0] != "C" or each in "\u200c\u200d" else " " for each in text)
    return " ".join(kept.split())


def wrapped(words: str, font: ImageFont.FreeTypeFont, room: float, lines: int = 2) -> list[str]:
    """Break words into at most ``lines`` lines of ``room`` pixels; what is left over becomes an ellipsis."""
    made: list[str] = []
    rest = words
    if lines > 1 and room < font.getlength(words) < room * 1.9:
        room = min(room, max(font.getlength(words) * 0.56, max(font.getlength(word) for word in words.split())))
    while rest and len(made) < lines:
        taken = _fitting(rest, font, room)
        if len(made) == lines - 1 and taken < len(rest):
            taken = _fitting(rest, font, room - font.getlength("…"))
            made.append(rest[:taken].rstrip(" ,;:.—-") + "…")
            return made
        made.append(rest[:taken].rstrip())
        rest = rest[taken:].lstrip()
    return made


def _fitting(text: str, font: ImageFont.FreeTypeFont, room: float) -> int:
    """How many characters fit, ending at a word unless a single word is too long; at least one."""
    low, high = 1, min(len(text), 400)
    while low < high:
        middle = (low + high + 1) // 2
        if font.getlength(text[:middle]) <= room:
            low = middle
        else:
            high = middle - 1
    if low < len(text) and text[low] != " ":
        space = text.rfind(" ", 0, low + 1)
        if space > 0:
            return space
    return low


def _lower_third(words: str, width: int, height: int, unit: float, path: Path) -> Label:
    size = max(9, round(unit * 0.040))
    font = _opened(str(path), size)
    inset = round(width * 0.06)
    bar = max(2, round(unit * 0.005))
    text_left = inset + bar + round(size * 0.55)
    lines = wrapped(words, font, width - text_left - inset)
    step = round(size * 1.28)
    block = step * len(lines)
    bottom = round(height * 0.945)
    top = (bottom - block - round(size * 2.2)) // 2 * 2
    scrim = Image.new("RGBA", (width, height - top))
    fall = np.linspace(0, 1, height - top) ** 0.75 * 176
    scrim.putalpha(Image.fromarray(np.repeat(fall.astype(np.uint8)[:, None], width, axis=1), "L"))
    draw = ImageDraw.Draw(scrim)
    first = bottom - block - top
    draw.rectangle(
        (inset, first + round(size * 0.16), inset + bar - 1, first + block - round(size * 0.12)), fill=ACCENT
    )
    for index, line in enumerate(lines):
        _text(scrim, (text_left, first + index * step), line, font, INK)
    return Label(0, top, scrim)


def _slate(words: str, width: int, unit: float, path: Path) -> Label:
    size = max(8, round(unit * 0.0235))
    font = _opened(str(path), size)
    inset = round(unit * 0.035) // 2 * 2
    line = wrapped(words, font, width - 2 * inset - size * 2, lines=1)[0]
    wide = min(width - inset, round(font.getlength(line)) + size) // 2 * 2
    plate = Image.new("RGBA", (max(2, wide), round(size * 1.75) // 2 * 2))
    ImageDraw.Draw(plate).rounded_rectangle(
        (0, 0, plate.width - 1, plate.height - 1), size * 0.4, fill=(10, 11, 14, 96)
    )
    _text(plate, (round(size * 0.5), round(size * 0.22)), line, font, (232, 230, 226, 205))
    return Label(inset, inset, plate)


def _text(
    onto: Image.Image, at: tuple[int, int], line: str, font: ImageFont.FreeTypeFont, ink: tuple[int, int, int, int]
) -> None:
    layer = Image.new("RGBA", onto.size)
    ImageDraw.Draw(layer).text(at, line, font=font, fill=ink)
    onto.alpha_composite(layer)


def _legible(text: str, fonts: Sequence[Path]) -> tuple[str, Path]:
    """The text without what the chosen font cannot draw, and the first font that can draw the most of it."""
    words = plain(text)
    best: tuple[str, Path] = ("", fonts[0])
    for path in fonts:
        font = _opened(str(path), 20)
        unknown = bytes(font.getmask("\U0010fffd"))
        lost = {each for each in set(words) if not each.isspace() and bytes(font.getmask(each)) == unknown}
        kept = plain("".join(each for each in words if each not in lost))
        if len(kept) > len(best[0]):
            best = (kept, path)
    return best


@lru_cache(maxsize=16)
def _opened(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)
