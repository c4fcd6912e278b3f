"""The card that stands in for a shot that has no picture yet, and the black behind the words of a title."""

from __future__ import annotations

from pathlib import Path

from generation.media.mezzanine import VideoFormat
from generation.media.partial import finished_or_nothing

BACKGROUND = (24, 26, 31)
INK = (214, 217, 224)
FAINT = (60, 64, 74)


def draw_slate(label: str, destination: Path, video_format: VideoFormat) -> None:
    """Write a PNG in the film's size that says which shot is missing.

    Args:
        label: any text; what does not fit is cut off.
    """
    import font_source_sans_pro
    from PIL import Image, ImageDraw, ImageFont

    width, height = video_format.width, video_format.height
    image = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(image)
    inset = max(2, min(width, height) // 24)
    draw.rectangle((inset, inset, width - inset - 1, height - inset - 1), outline=FAINT, width=max(1, height // 360))
    path = font_source_sans_pro.font_files_ttf["SourceSansProSemibold"]
    text = "".join(letter for letter in label if letter.isprintable()).strip()[:60]
    room = width - 4 * inset
    size = max(10, height // 8)
    font = ImageFont.truetype(path, size)
    while size > 10 and draw.textlength(text, font=font) > room:
        size = int(size * 0.85)
        font = ImageFont.truetype(path, size)
    draw.text((width / 2, height / 2), text, font=font, fill=INK, anchor="mm")
    with finished_or_nothing(destination) as temporary:
        image.save(temporary, "PNG")


def draw_black(destination: Path, video_format: VideoFormat) -> None:
    """Write a black PNG in the film's size."""
    from PIL import Image

    with finished_or_nothing(destination) as temporary:
        Image.new("RGB", (video_format.width, video_format.height)).save(temporary, "PNG")
