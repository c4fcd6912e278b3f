"""Looking into a finished film, with PyAV and nothing of ours."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np


@dataclass(frozen=True)
class Seen:
    """What a player would find. Times in milliseconds; ``audio_ms`` is 0 for a silent film."""

    frames: int
    fps: int
    size: tuple[int, int]
    picture: str
    video_ms: float
    audio_ms: float
    loudest: float
    subtitles: int
    chapters: int


def look(path: Path) -> Seen:
    """Decode a whole film."""
    digest = hashlib.sha256()
    frames = 0
    loudest = 0.0
    samples = 0
    with av.open(str(path)) as film:
        video = film.streams.video[0]
        audio = next(iter(film.streams.audio), None)
        size, fps = (video.width, video.height), round(float(video.average_rate or 0))
        for frame in film.decode(video):
            digest.update(frame.to_ndarray(format="gray")[::8, ::8].tobytes())
            frames += 1
        film.seek(0)
        for block in film.decode(audio) if audio is not None else ():
            loudest = max(loudest, float(np.abs(block.to_ndarray()).max()))
            samples += block.samples
        return Seen(
            frames=frames,
            fps=fps,
            size=size,
            picture=digest.hexdigest(),
            video_ms=frames * 1000 / fps,
            audio_ms=samples * 1000 / audio.rate if audio is not None else 0.0,
            loudest=loudest,
            subtitles=len(film.streams.subtitles),
            chapters=len(film.chapters()),
        )


def cues(path: Path) -> list[tuple[float, float, str]]:
    """Read a SubRip file: start and end in milliseconds, and the text."""
    found = []
    for block in path.read_text(encoding="utf-8").strip().split("\n\n"):
        _, times, *words = block.splitlines()
        start, end = (_milliseconds(part) for part in times.split(" --> "))
        found.append((start, end, " ".join(words)))
    return found


def _milliseconds(text: str) -> float:
    match = re.fullmatch(r"(\d+):(\d+):(\d+),(\d+)", text.strip())
    assert match
    hours, minutes, seconds, rest = map(int, match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest
