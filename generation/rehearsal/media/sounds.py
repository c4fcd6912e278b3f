"""Sounds: tones, in the length that was asked for."""

from __future__ import annotations

from pathlib import Path

from generation.media import ffmpeg
from generation.media.children import ChildLimits

_LIMITS = ChildLimits(wall_seconds=60, cpu_seconds=60)
_CODECS = {
    "audio/mpeg": ["-c:a", "libmp3lame", "-b:a", "96k"],
    "audio/wav": ["-c:a", "pcm_s16le"],
    "audio/flac": ["-c:a", "flac"],
    "audio/ogg": ["-c:a", "libvorbis"],
}
EXTENSIONS = {"audio/mpeg": "mp3", "audio/wav": "wav", "audio/flac": "flac", "audio/ogg": "ogg"}
# Speech comes in syllables, music in a chord, an effect swells.
_SOUNDS = {
    "speech": "0.4*sin(2*PI*{tone}*t)*gt(sin(2*PI*3*t),-0.3)",
    "music": "0.2*sin(2*PI*{tone}*t)+0.2*sin(2*PI*{tone}*1.25*t)+0.2*sin(2*PI*{tone}*1.5*t)",
    "effect": "0.5*sin(2*PI*{tone}*t)*abs(sin(PI*0.5*t))",
}


def make(
    destination: Path, *, media_type: str, duration_ms: int, sort: str = "effect", seed: int = 0, silent: bool = False
) -> None:
    """Write a sound.

    Args:
        destination: with the extension of the type; appears whole or not at all.
        media_type: one of ``EXTENSIONS``.
        sort: ``speech``, ``music`` or ``effect``.
        seed: decides its pitch.
        silent: nothing is to be heard.
    """
    wave = "0" if silent else _SOUNDS.get(sort, _SOUNDS["effect"]).format(tone=180 + seed % 12 * 20)
    ffmpeg.make_file(
        ["-f", "lavfi", "-i", f"aevalsrc='{wave}':s=44100:d={duration_ms / 1000:.3f}", *_CODECS[media_type]],
        destination,
        limits=_LIMITS,
        duration_ms=duration_ms,
    )
