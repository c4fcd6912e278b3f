"""One frame of a clip as a picture of its own, at full size."""

from __future__ import annotations

from pathlib import Path

from generation.media.boxes import is_iso_media
from generation.media.formats import VIDEO_CODECS
from generation.media.partial import finished_or_nothing
from generation.media.probe import Unreadable, moving_picture, open_media, open_tables

_LATE = 1e-3  # seconds; a place told in whole milliseconds lies that much off its frame at most


def frame_at(source: Path, destination: Path, *, at_ms: int) -> tuple[int, int]:
    """Save the very frame that is seen at a moment of a clip.

    Args:
        source: a clip that we made or that the gate admitted.
        destination: ends in ``.png`` and appears whole or not at all.
        at_ms: the moment; past the end it is the last frame.

    Returns:
        Its width and height.

    Raises:
        Unreadable: there is no picture in it.
    """
    import av

    with open_tables(source) if is_iso_media(source) else open_media(source) as container:
        stream = moving_picture(container)
        if stream is None or stream.time_base is None or stream.codec_context.name not in VIDEO_CODECS:
            raise Unreadable("has no picture")
        try:
            container.seek(round(at_ms / 1000 / stream.time_base), stream=stream, backward=True)
            seen = None
            for frame in container.decode(stream):
                if seen is not None and frame.time > at_ms / 1000 + _LATE:
                    break
                seen = frame
        except av.FFmpegError as error:
            raise Unreadable(f"cannot be decoded: {error}") from error
    if seen is None:
        raise Unreadable("has no picture at this moment")
    image = seen.to_image().rotate(seen.rotation, expand=True)  # type: ignore[no-untyped-call]
    with finished_or_nothing(destination) as temporary:
        image.save(temporary, "PNG")
    return image.width, image.height
