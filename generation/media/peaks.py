"""How loud a sound is over its length, as few numbers for people to see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generation.media.children import never_stop
from generation.media.mezzanine import SAMPLE_RATE
from generation.media.sound import as_wav, is_plain_wav, wav_length

MOST = 4000
FINEST_MS = 20


def measure(source: Path, folder: Path, *, check: Callable[[], None] = never_stop) -> tuple[int, list[int]]:
    """Measure a recording, a second at a time.

    Args:
        source: any admitted file with a sound track.
        folder: a private one, for the decoded recording.
        check: called while it is decoded; may raise.

    Returns:
        How many milliseconds each peak stands for, and the loudest sample of each in per cent of full scale.

    Raises:
        ffmpeg.FfmpegFailed, ChildTimedOut
    """
    import wave

    import numpy as np

    path = source
    if not is_plain_wav(source):
        path = folder / "heard.wav"
        as_wav(source, path, check=check)
    length = wav_length(path)
    step_ms = max(FINEST_MS, -(-length * 1000 // (SAMPLE_RATE * MOST)))
    step = SAMPLE_RATE * step_ms // 1000
    peaks: list[int] = []
    with wave.open(str(path), "rb") as file:
        channels = file.getnchannels()
        while data := file.readframes(step * 50):
            check()
            samples = np.abs(np.frombuffer(data, "<i2").astype(np.int32)).reshape(-1, channels).max(axis=1)
            samples = np.pad(samples, (0, -len(samples) % step))
            peaks += [int(peak) for peak in np.rint(samples.reshape(-1, step).max(axis=1) / 327.68)]
    return step_ms, peaks
