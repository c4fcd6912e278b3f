"""The film's sound: lines placed at their times, the clips' own sound under them, mixed a second at a time.

Recordings are first turned into plain 48 kHz WAV by a sandboxed process (those that already are, stay), so mixing
itself decodes nothing and holds one second of the film in memory, however long that is and however many sounds it has.
"""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generation.media import ffmpeg
from generation.media.children import ChildLimits, never_stop
from generation.media.mezzanine import SAMPLE_RATE
from generation.media.plan import VoiceLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    """Shape (samples, 2), full scale is 1.0."""

CHUNK = SAMPLE_RATE
CLICK_GUARD = SAMPLE_RATE // 200

DUCKED_DB = -10.0
DUCK_RAMP_MS = 200.0

LISTEN_LIMITS = ChildLimits(wall_seconds=300, cpu_seconds=300)

_BREATH_MS = 80
_FULL_SCALE_16_BIT = 32768.0


@dataclass(frozen=True, slots=True)
class Spoken:
    """When a line is really heard, in milliseconds of the film."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Sound:
    """One recording in the film. Positions and lengths in samples of 48 kHz.

    Attributes:
        path: a WAV from ``as_wav``.
        start: where it begins in the film; may lie before the film does.
        skipped: how much of the recording's beginning is left out; negative for silence before it.
        length: how much is heard at most.
        fade_in, fade_out: linear ramps inside ``length``.
        ducked: made quieter while somebody speaks.
    """

    path: Path
    start: int
    length: int
    skipped: int = 0
    gain_db: float = 0.0
    fade_in: int = CLICK_GUARD
    fade_out: int = CLICK_GUARD
    ducked: bool = False

    @property
    def end(self) -> int:
        """The film sample after its last."""
        return self.start + self.length


def place(lines: Sequence[VoiceLine], lengths_ms: Sequence[int], film_ms: int) -> list[Spoken]:
    """Decide when each line is heard.

    A line waits until everybody before it has finished, unless both belong to the same dual dialogue. Lines that would
    then run past the end of the film are pulled forward, as far as the silence before them allows.

    Args:
        lines: in any order.
        lengths_ms: of each line's recording.
        film_ms: the film's length.

    Returns:
        One answer per line, in the order of ``lines``.
    """
    order = sorted(range(len(lines)), key=lambda number: lines[number].start_ms)
    starts = {number: max(0, lines[number].start_ms) for number in order}
    free_at, free_before_dual, dual = 0, 0, 0
    for number in order:
        line = lines[number]
        if not line.dual or line.dual != dual:
            free_before_dual, dual = free_at, line.dual
        starts[number] = max(starts[number], free_before_dual)
        free_at = max(free_at, starts[number] + lengths_ms[number] + _BREATH_MS)
    limit, limit_after_dual, dual = film_ms, film_ms, 0
    for number in reversed(order):
        line = lines[number]
        if not line.dual or line.dual != dual:
            limit_after_dual, dual = limit, line.dual
        starts[number] = max(0, min(starts[number], limit_after_dual - lengths_ms[number]))
        limit = min(limit, starts[number])
    return [Spoken(starts[number], min(film_ms, starts[number] + lengths_ms[number])) for number in range(len(lines))]


def is_plain_wav(path: Path) -> bool:
    """Whether the file is 48 kHz, 16 bit, mono or stereo WAV, which needs no decoder."""
    try:
        with wave.open(str(path), "rb") as file:
            return file.getframerate() == SAMPLE_RATE and file.getsampwidth() == 2 and file.getnchannels() in {1, 2}
    except (wave.Error, EOFError):
        return False


def as_wav(source: Path, destination: Path, *, check: Callable[[], None] = never_stop) -> None:
    """Decode the first sound track of any admitted file to 48 kHz stereo WAV, in the sandbox.

    Raises:
        ffmpeg.FfmpegFailed, ChildTimedOut
    """
    ffmpeg.make_file(
        [
            *ffmpeg.file_input(source),
            *("-map", "0:a:0", "-vn", "-af", f"aresample={SAMPLE_RATE}:first_pts=0,aformat=channel_layouts=stereo"),
            *("-c:a", "pcm_s16le", "-map_metadata", "-1", "-f", "wav"),
        ],
        destination,
        limits=LISTEN_LIMITS,
        check=check,
    )


def wav_length(path: Path) -> int:
    """Samples per channel."""
    with wave.open(str(path), "rb") as file:
        return file.getnframes()


def mix(
    sounds: Sequence[Sound], speech: Sequence[Spoken], total: int, *, check: Callable[[], None] = never_stop
) -> Iterator[Samples]:
    """Mix the film's sound.

    Args:
        sounds: everything that is heard.
        speech: when somebody speaks, for the ducked ones.
        total: samples in the film.
        check: called before each second of sound; may raise.

    Yields:
        At most one second at a time, ``total`` samples in all. Peaks may exceed full scale.
    """
    import numpy as np

    waiting = sorted(sounds, key=lambda sound: sound.start, reverse=True)
    active: list[_Playing] = []
    duck = duck_curve(speech)
    try:
        for start in range(0, total, CHUNK):
            check()
            length = min(CHUNK, total - start)
            chunk = np.zeros((length, 2), np.float32)
            while waiting and waiting[-1].start < start + length:
                active.append(_Playing(waiting.pop()))
            at = np.arange(start, start + length) / (SAMPLE_RATE / 1000)
            ducking = np.interp(at, *duck).astype(np.float32) if duck else None
            for playing in active:
                playing.add_to(chunk, start, ducking)
            for playing in [playing for playing in active if playing.sound.end <= start + length]:
                playing.close()
                active.remove(playing)
            yield chunk
    finally:
        for playing in active:
            playing.close()


class _Playing:
    """A recording while it is heard."""

    def __init__(self, sound: Sound) -> None:
        self.sound = sound
        self._file = wave.open(str(sound.path), "rb")  # noqa: SIM115 - open for as long as it is heard
        self._channels = self._file.getnchannels()
        self._frames = self._file.getnframes()

    def close(self) -> None:
        self._file.close()

    def add_to(self, chunk: Samples, start: int, ducking: Samples | None) -> None:
        """Add what is heard of it in the second that begins with film sample ``start``."""
        import numpy as np

        sound = self.sound
        shift = sound.skipped - sound.start  # recording sample = film sample + shift
        first = max(start, sound.start, -shift)
        last = min(start + len(chunk), sound.end, self._frames - shift)
        if first >= last:
            return
        self._file.setpos(first + shift)
        data = np.frombuffer(self._file.readframes(last - first), "<i2").reshape(-1, self._channels)
        at = np.arange(first, last)
        level = np.minimum((at - sound.start + 1) / max(1, sound.fade_in), (sound.end - at) / max(1, sound.fade_out))
        level = np.clip(level, 0, 1) * (10 ** (sound.gain_db / 20) / _FULL_SCALE_16_BIT)
        if sound.ducked and ducking is not None:
            level = level * ducking[first - start : last - start]
        chunk[first - start : last - start] += data * level[:, None].astype(np.float32)


def duck_curve(speech: Sequence[Spoken]) -> tuple[list[float], list[float]] | None:
    """How loud ducked sounds are: down before somebody speaks, up again after.

    Returns:
        Milliseconds of the film and the level there, with straight lines between; None when nobody speaks.
    """
    low = 10 ** (DUCKED_DB / 20)
    busy: list[list[float]] = []
    for spoken in sorted(speech, key=lambda spoken: spoken.start_ms):
        if busy and spoken.start_ms - busy[-1][1] < 3 * DUCK_RAMP_MS:
            busy[-1][1] = max(busy[-1][1], spoken.end_ms)
        else:
            busy.append([spoken.start_ms, spoken.end_ms])
    points = [
        point
        for start, end in busy
        for point in ((start - DUCK_RAMP_MS, 1.0), (start, low), (end, low), (end + DUCK_RAMP_MS, 1.0))
    ]
    return ([at for at, _ in points], [level for _, level in points]) if points else None
