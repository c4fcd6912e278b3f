"""Bringing a finished mix to the level that films on the web are played at, and encoding it.

Loudness is programme loudness as of EBU R 128 and ITU-R BS.1770 (integrated, gated), brought to -16 LUFS with true
peaks at most -1.5 dBTP. EBU R 128 itself asks for -23 LUFS, for broadcasting; -16 is the Audio Engineering Society's
recommendation for streaming and file playback (AES TD1004.1.15-10: not below -20, not above -16 LUFS).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.media import ffmpeg
from generation.media.children import ChildLimits, never_stop
from generation.media.mezzanine import SAMPLE_RATE
from generation.media.probe import open_tables

TARGET_LUFS = -16.0
PEAK_DBTP = -1.5

# AAC adds up to a decibel to a peak at 192 kbit/s.
_CEILING_DBTP = PEAK_DBTP - 1.0
# A film of whispers is not turned into a film of hiss.
_MOST_GAIN_DB = 24.0
_SILENCE_LUFS = -69.0
_MOST_GIVEN_BACK_DB = 6.0

# At four times the rate, so that it sees the peaks between the samples.
_LIMITER = (
    f"aresample={4 * SAMPLE_RATE}",
    f"alimiter=limit={10 ** (_CEILING_DBTP / 20):.4f}:attack=4:release=80:level=disabled:latency=1",
    f"aresample={SAMPLE_RATE}",
)

MIX_FORMAT = {"protocol_whitelist": "file,pipe", "format_whitelist": "f32le"}
MIX_INPUT = ("-f", "f32le", "-ar", str(SAMPLE_RATE), "-ch_layout", "stereo")

_NOTE = "{:.1f} LUFS, {:.1f} dBTP"

LIMITS = ChildLimits(wall_seconds=3600, cpu_seconds=7200)

_INTEGRATED = re.compile(r"\bI:\s+(-?[\d.]+|-inf|nan) LUFS")
_PEAK = re.compile(r"\bPeak:\s+(-?[\d.]+|-inf|nan) dBFS")


@dataclass(frozen=True, slots=True)
class Loudness:
    """``integrated`` in LUFS, ``true_peak`` in dBTP; minus infinity for silence."""

    integrated: float
    true_peak: float


def measure(source: list[str], *, filters: Sequence[str] = (), check: Callable[[], None] = never_stop) -> Loudness:
    """Measure a sound.

    Args:
        source: ffmpeg's input arguments.
        filters: what is done to it before.

    Raises:
        ffmpeg.FfmpegFailed, ChildTimedOut
    """
    finished = ffmpeg.run(
        [*source, "-map", "0:a:0", "-af", ",".join((*filters, "ebur128=peak=true:framelog=quiet")), "-f", "null", "-"],
        limits=LIMITS,
        check=check,
        loglevel="info",
    )
    return Loudness(_last(_INTEGRATED, finished.errors), _last(_PEAK, finished.errors))


def _last(pattern: re.Pattern[str], text: str) -> float:
    found = pattern.findall(text)
    value = float(found[-1]) if found else -math.inf
    return -math.inf if math.isnan(value) else value


def finish(
    mixed: Path,
    destination: Path,
    *,
    samples: int,
    report: Callable[[float], None] | None = None,
    check: Callable[[], None] = never_stop,
) -> None:
    """Normalise a mix and encode it as AAC, 192 kbit/s, in an M4A of exactly ``samples``.

    Args:
        mixed: interleaved 32 bit floats, 48 kHz stereo, without a header.
        destination: what was measured before is noted in it, see ``noted``.

    Raises:
        ffmpeg.FfmpegFailed, ChildTimedOut
    """
    source = ffmpeg.file_input(mixed, MIX_FORMAT, *MIX_INPUT)
    before = measure(source, check=check)
    gain = 0.0
    if before.integrated > _SILENCE_LUFS:
        gain = min(_MOST_GAIN_DB, TARGET_LUFS - before.integrated)
    filters = [f"volume={gain:.3f}dB"]
    if before.true_peak + gain > _CEILING_DBTP:
        filters = [f"volume={gain:.3f}dB", *_LIMITER]
        # What the limiter takes from the peaks is missing from the loudness: give it back once.
        missing = TARGET_LUFS - measure(source, filters=filters, check=check).integrated
        filters = [f"volume={gain + min(_MOST_GIVEN_BACK_DB, max(0.0, missing)):.3f}dB", *_LIMITER]
    filters += [f"apad,atrim=end_sample={samples}", "aformat=channel_layouts=stereo"]
    ffmpeg.make_file(
        [
            *(*source, "-map", "0:a:0", "-af", ",".join(filters)),
            *("-c:a", "aac", "-b:a", "192k", "-ar", str(SAMPLE_RATE), "-ac", "2", "-map_metadata", "-1"),
            *("-metadata", f"comment={_NOTE.format(before.integrated, before.true_peak)}", "-f", "mp4"),
        ],
        destination,
        limits=LIMITS,
        duration_ms=round(samples * 1000 / SAMPLE_RATE),
        report=report,
        check=check,
    )


def noted(path: Path) -> Loudness | None:
    """The loudness of the mix that ``finish`` made the file from."""
    with open_tables(path) as container:
        integrated, _, peak = container.metadata.get("comment", "").partition(" LUFS, ")
    return Loudness(float(integrated), float(peak.removesuffix(" dBTP"))) if peak else None
