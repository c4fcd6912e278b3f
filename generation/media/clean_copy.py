"""Copying films and sounds without what they tell beside picture and sound: where, when, by whom and with what.

Packets are copied, nothing is encoded. Places and names lie in tags of the file and its tracks, in boxes of their own,
and in tracks of data (a telephone's positions, a helmet camera's): none of them is in the copy. What an encoder has
written into the picture's own stream stays.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from generation.media import ffmpeg
from generation.media.children import GIBIBYTE, ChildLimits, ChildTimedOut, never_stop
from generation.media.probe import MediaInfo, Unreadable, probe

# Those whose containers carry places; the others are sounds, of which a copy could change the length.
COPIED = frozenset({"video/mp4", "video/quicktime", "video/webm", "audio/mp4", "audio/webm"})
_WALL_SECONDS = 300
# Containers round the lengths of their tracks each in their own way.
_SAME_LENGTH_MS = 100
_KEPT = ("kind", "width", "height", "rotation", "video_codec", "audio_codec", "sample_rate", "channels")


class StillTells(Exception):
    """The copy could not be made, or is not the same film. The argument is for the log only."""


def copy_clean(path: Path, target: Path, info: MediaInfo, *, check: Callable[[], None] = never_stop) -> MediaInfo:
    """Write a film or sound anew without its metadata, in the sandbox.

    Args:
        path: one that the gate admitted.
        target: where the copy goes; its suffix names the container, the same as before.
        info: what the gate found.
        check: called at least once a second; may raise.

    Returns:
        The copy's facts.

    Raises:
        StillTells
    """
    try:
        ffmpeg.make_file(
            [
                *ffmpeg.file_input(path),
                *("-map", "0:V?", "-map", "0:a?", "-c", "copy"),
                *("-map_metadata", "-1", "-map_chapters", "-1"),
                # Neither the time nor the program's own name.
                *("-fflags", "+bitexact", "-movflags", "+faststart"),
            ],
            target,
            limits=ChildLimits(wall_seconds=_WALL_SECONDS, cpu_seconds=_WALL_SECONDS, file_bytes=GIBIBYTE),
            check=check,
        )
        copied = probe(target)
    except (ffmpeg.FfmpegFailed, ChildTimedOut, Unreadable) as error:
        raise StillTells(str(error)) from error
    changed = [name for name in _KEPT if getattr(copied, name) != getattr(info, name)]
    if changed or abs(copied.duration_ms - info.duration_ms) > _SAME_LENGTH_MS:
        raise StillTells(f"{changed} {info.duration_ms} ms became {copied.duration_ms} ms")
    # What only looking at every picture tells holds for the copy, too.
    return dataclasses.replace(copied, frames=info.frames, dark=info.dark, still=info.still)
