"""Words on the picture: drawn once as a transparent picture of the film's size, then laid over its frames.

Whoever shows the film before it is rendered shows the same drawings. They are white, black and what lies between, so
that laying them over needs brightness only and looks the same everywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.media.mezzanine import VideoFormat
from generation.media.partial import finished_or_nothing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    Picture = NDArray[np.uint8]

FADE_MS = 400
EDITION = 1
"""Raise it when the same words would now be drawn differently."""

_INK = (255, 255, 255, 255)
_SECOND_INK = (255, 255, 255, 205)
_BOX = (0, 0, 0, 150)
_SHADOW = (0, 0, 0, 170)
_CARDS = ("opening", "closing", "centre", "top")
_SPACING = 0.22
"""Between capitals, in their own size."""


def ingredients(text: str, subtext: str, place: str, style: str, video_format: VideoFormat) -> list[Any]:
    """All that a drawing depends on."""
    where = "centre" if place in {"opening", "closing"} else place
    return [EDITION, text, subtext, where, style, video_format.width, video_format.height]


def draw(text: str, subtext: str, place: str, style: str, destination: Path, video_format: VideoFormat) -> None:
    """Write a transparent PNG of the film's size.

    Args:
        text: the larger words; brought into lines, made smaller where they do not fit.
        subtext: the smaller ones below; may be empty.
        place: see ``plan.TitleCard``; what is not known stands in the middle.
        style: see there; what is not known is plain.
        destination: appears whole or not at all.
        video_format: gives the size.
    """
    from PIL import Image, ImageDraw, ImageFilter

    width, height = video_format.width, video_format.height
    card = place in _CARDS or not place.startswith("lower")
    blocks = _blocks(text, subtext, style, card, width, height)
    inner_width = max((block.width for block in blocks), default=0)
    gap = round(min(width, height) * 0.018)
    inner_height = sum(block.height for block in blocks) + gap * (len(blocks) - 1)
    margin_x, margin_y = round(width * 0.06), round(height * 0.09)
    if card:
        left = (width - inner_width) // 2
        top = margin_y if place == "top" else (height - inner_height) // 2
    else:
        left = width - margin_x - inner_width if place == "lower_right" else margin_x
        top = height - margin_y - inner_height
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    drawing = ImageDraw.Draw(image)
    if style == "boxed" and blocks:
        pad_x, pad_y = round(height * 0.028), round(height * 0.02)
        drawing.rectangle(
            (left - pad_x, top - pad_y, left + inner_width + pad_x, top + inner_height + pad_y), fill=_BOX
        )
    layer = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    at = top
    for block in blocks:
        shift = (inner_width - block.width) // 2 if card else inner_width - block.width if place == "lower_right" else 0
        block.draw(ImageDraw.Draw(layer), left + shift, at)
        at += block.height + gap
    if style != "boxed":
        # A soft shadow keeps white words readable on a white sky.
        shadow = Image.new("RGBA", (width, height), (*_SHADOW[:3], 0))
        shadow.putalpha(layer.getchannel("A").filter(ImageFilter.GaussianBlur(max(1, height / 240))).point(_darker))
        image.alpha_composite(shadow)
    image.alpha_composite(layer)
    with finished_or_nothing(destination) as temporary:
        image.save(temporary, "PNG")


def _darker(value: int) -> int:
    return min(255, value * _SHADOW[3] // 128)


class _Block:
    """Lines of one size."""

    def __init__(self, lines: list[str], font: Any, ink: tuple[int, int, int, int], spacing: float) -> None:
        self._lines, self._font, self._ink = lines, font, ink
        self._spacing: float = spacing * font.size
        self._step = round(font.size * 1.18)
        self.width = max((round(self._length(line)) for line in lines), default=0)
        self.height = self._step * len(lines)

    def _length(self, line: str) -> float:
        return _wide(line, self._font, self._spacing)

    def draw(self, drawing: ImageDraw, left: int, top: int) -> None:
        for number, line in enumerate(self._lines):
            x, y = left + (self.width - self._length(line)) / 2 * self._centred, top + number * self._step
            if not self._spacing:
                drawing.text((x, y), line, font=self._font, fill=self._ink)
                continue
            for letter in line:
                drawing.text((x, y), letter, font=self._font, fill=self._ink)
                x += float(self._font.getlength(letter)) + self._spacing

    _centred = 0.0

    def centred(self) -> _Block:
        """Its lines stand below each other's middle."""
        self._centred = 1.0
        return self


def _blocks(text: str, subtext: str, style: str, card: bool, width: int, height: int) -> list[_Block]:
    spaced = style == "spaced"
    scale = min(height, width * 9 / 16) if width >= height else width * 0.8
    large, small = (scale * 0.092, scale * 0.044) if card else (scale * 0.058, scale * 0.036)
    room = width * (0.8 if card else 0.56 if width >= height else 0.84)
    faces = ("SourceSansProLight", "SourceSansPro") if spaced else ("SourceSansProSemibold", "SourceSansPro")
    found = []
    for words, size, face, ink in ((text, large, faces[0], _INK), (subtext, small, faces[1], _SECOND_INK)):
        clean = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
        if clean:
            block = _fitted(clean.upper() if spaced else clean, face, size, room, ink, _SPACING if spaced else 0.0)
            found.append(block.centred() if card else block)
    return found


def _fitted(words: str, face: str, size: float, room: float, ink: tuple[int, int, int, int], spacing: float) -> _Block:
    """The words in at most three lines, as large as the room allows."""
    import font_source_sans_pro
    from PIL import ImageFont

    path = font_source_sans_pro.font_files_ttf[face]
    while True:
        font = ImageFont.truetype(path, max(8, round(size)))
        lines = _lines(words, font, room, spacing * font.size)
        if size <= 9 or (len(lines) <= 3 and all(_wide(line, font, spacing * font.size) <= room for line in lines)):
            return _Block(lines[:4], font, ink, spacing)
        size *= 0.88


def _wide(line: str, font: Any, spacing: float) -> float:
    return float(font.getlength(line)) + spacing * max(0, len(line) - 1)


def _lines(words: str, font: Any, room: float, spacing: float) -> list[str]:
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _wide(longer, font, spacing) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


class Overlay:
    """A drawing made ready to be laid over 4:2:0 frames.

    Args:
        path: from ``draw``.
    """

    def __init__(self, path: Path) -> None:
        import numpy as np
        from PIL import Image

        with Image.open(path) as opened:
            image: Image.Image = opened.convert("RGBA")
            pixels = np.asarray(image)
        alpha = pixels[:, :, 3].astype(np.float32) / 255
        rows = np.flatnonzero(alpha.any(axis=1))
        columns = np.flatnonzero(alpha.any(axis=0))
        self._empty = not len(rows)
        if self._empty:
            return
        # Only the box that has words in it is touched; even edges, because colour has half the resolution.
        self._top, self._bottom = int(rows[0]) // 2 * 2, (int(rows[-1]) + 2) // 2 * 2
        self._left, self._right = int(columns[0]) // 2 * 2, (int(columns[-1]) + 2) // 2 * 2
        box = (slice(self._top, self._bottom), slice(self._left, self._right))
        self._alpha = alpha[box]
        self._luma = 16 + pixels[:, :, 0][box].astype(np.float32) * (219 / 255)
        height, width = self._alpha.shape
        self._chroma_alpha = self._alpha.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))

    def over(self, picture: Picture, opacity: float) -> Picture:
        """Return the picture with the drawing over it.

        Args:
            picture: planes of 4:2:0 below each other, limited range.
            opacity: of the drawing, 0.0 to 1.0.
        """
        import numpy as np

        if self._empty or opacity <= 0:
            return picture
        out = picture.copy()
        rows, width = picture.shape[0] * 2 // 3, picture.shape[1]
        luma = out[:rows][self._top : self._bottom, self._left : self._right]
        alpha = self._alpha * opacity
        luma[:] = np.rint(luma * (1 - alpha) + self._luma * alpha)
        alpha = self._chroma_alpha * opacity
        quarter = rows // 4
        for plane in range(2):
            # A plane of half the width lies in rows of the whole width; a view of it takes the drawing.
            chroma = out[rows + plane * quarter : rows + (plane + 1) * quarter].reshape(rows // 2, width // 2)
            part = chroma[self._top // 2 : self._bottom // 2, self._left // 2 : self._right // 2]
            part[:] = np.rint(part * (1 - alpha) + 128 * alpha)
        return out
