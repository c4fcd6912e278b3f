"""Small pictures for lists: of a still, or of one moment of a clip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from generation.media.boxes import is_iso_media
from generation.media.formats import VIDEO_CODECS
from generation.media.partial import finished_or_nothing
from generation.media.probe import Unreadable, moving_picture, open_media, open_tables

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

QUALITY = 82

_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_MOST_PIXELS = 50_000_000


def still_thumbnail(source: Path, destination: Path, *, width: int) -> tuple[int, int]:
    """Make a small picture of a picture that we made or that the gate admitted.

    It is upright, carries nothing of the original's metadata (place, camera, name), and what was transparent is black.

    Args:
        destination: ends in ``.jpg`` or ``.webp`` and appears whole or not at all.
        width: at most so many pixels wide; never wider than the original.

    Returns:
        Its width and height.

    Raises:
        Unreadable
    """
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        with Image.open(source, formats=("JPEG", "PNG", "WEBP")) as image:
            image.draft("RGB", (width, width * image.height // max(1, image.width)))
            upright = ImageOps.exif_transpose(image)
            return _save(_opaque(upright), destination, width)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Unreadable(f"is not a picture: {error}") from error


def poster(source: Path, destination: Path, *, width: int, at_ms: int = 0) -> tuple[int, int]:
    """Make a small picture of the moment of a clip that its nearest earlier key frame shows.

    The key frame and not the exact one: it takes half the time, and nobody can tell in a list.

    Args:
        source: a clip that we made or that the gate admitted.
        destination, width: as for ``still_thumbnail``.
        at_ms: the moment; past the end it is the last key frame.

    Returns:
        Its width and height.

    Raises:
        Unreadable
    """
    import av

    with open_tables(source) if is_iso_media(source) else open_media(source) as container:
        stream = moving_picture(container)
        if stream is None or stream.time_base is None or stream.codec_context.name not in VIDEO_CODECS:
            raise Unreadable("has no picture")
        # Nobody sees blocks at this size, and it is a quarter of the decoder's work.
        stream.codec_context.options = {"skip_loop_filter": "all"}
        try:
            if at_ms > 0:
                container.seek(round(at_ms / 1000 / stream.time_base), stream=stream, backward=True)
            for frame in container.decode(stream):
                stretch = float(stream.sample_aspect_ratio or 1)
                across = frame.height if frame.rotation % 180 else frame.width * stretch
                scale = min(1.0, width / across)
                image = frame.to_image(  # type: ignore[no-untyped-call]  # PyAV gives it no types
                    width=max(1, round(frame.width * stretch * scale)), height=max(1, round(frame.height * scale))
                )
                return _save(image.rotate(frame.rotation, expand=True), destination, width)
        except av.FFmpegError as error:
            raise Unreadable(f"cannot be decoded: {error}") from error
    raise Unreadable("has no picture at this moment")


def _opaque(image: Picture) -> Picture:
    """The picture in RGB, on black where it was transparent."""
    from PIL import Image

    if image.mode not in {"RGBA", "LA", "PA"} and "transparency" not in image.info:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    ground = Image.new("RGBA", layer.size, (0, 0, 0, 255))
    return Image.alpha_composite(ground, layer).convert("RGB")


def _save(image: Picture, destination: Path, width: int) -> tuple[int, int]:
    from PIL import Image

    if image.width > width:
        height = max(1, round(image.height * width / image.width))
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    image.info.clear()  # Pillow would write EXIF, XMP and comments from here
    with finished_or_nothing(destination) as temporary:
        image.save(temporary, _FORMATS[destination.suffix.lower()], quality=QUALITY)
    return image.size
