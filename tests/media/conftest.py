"""Small films, sounds and pictures for the media tests, made once per run."""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from generation.media import ffmpeg
from generation.media.mezzanine import VideoFormat, conform

HOUSE = VideoFormat(320, 180, 24)


def run_ffmpeg(*arguments: str) -> None:
    subprocess.run([ffmpeg.binary(), "-nostdin", "-v", "error", "-y", *arguments], check=True)


@pytest.fixture(scope="session")
def house() -> VideoFormat:
    return HOUSE


@pytest.fixture(scope="session")
def footage(tmp_path_factory) -> Path:
    """A folder of clips as providers and people bring them."""
    folder = tmp_path_factory.mktemp("footage")

    def film(name: str, size: str, rate: str, seconds: float, *more: str, tone: int = 0, pattern: str = "testsrc2"):
        sound = ["-f", "lavfi", "-i", f"sine=frequency={tone}:duration={seconds}"] if tone else []
        run_ffmpeg(
            *("-f", "lavfi", "-i", f"{pattern}=s={size}:r={rate}", *sound, "-t", str(seconds)),
            *more,
            str(folder / name),
        )

    film("plain.mp4", "320x180", "24", 3, tone=440)
    film("other.mp4", "320x180", "24", 2, pattern="mandelbrot")
    film("thirty.mp4", "320x180", "30", 2, tone=880)
    film("ntsc.mp4", "320x180", "24000/1001", 2)
    film("tall.mp4", "180x320", "24", 2)
    film("large.mp4", "640x400", "25", 2, "-bf", "3")
    film("odd.webm", "322x182", "24", 1, "-c:v", "libvpx-vp9", "-deadline", "realtime", tone=440)
    film("hevc.mp4", "320x180", "24", 1, "-c:v", "libx265", "-x265-params", "log-level=error", "-tag:v", "hvc1")
    film("apple.mov", "320x180", "24", 1)
    run_ffmpeg("-display_rotation", "90", "-i", str(folder / "plain.mp4"), "-c", "copy", str(folder / "turned.mp4"))
    return folder


@pytest.fixture(scope="session")
def sounds(tmp_path_factory) -> Path:
    """A folder of recordings."""
    folder = tmp_path_factory.mktemp("sounds")
    beep(folder / "beep.wav", 0.6)
    beep(folder / "long.wav", 1.5, hertz=300)
    for name, codec in (("b.mp3", "libmp3lame"), ("b.m4a", "aac"), ("b.flac", "flac"), ("b.ogg", "libvorbis")):
        run_ffmpeg("-i", str(folder / "long.wav"), "-c:a", codec, str(folder / name))
    return folder


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    ramp = np.linspace(0, 255, 200 * 300 * 3).reshape(200, 300, 3).astype(np.uint8)
    image = Image.fromarray(ramp)
    image.save(folder / "ramp.png")
    image.save(folder / "ramp.webp")
    exif = image.getexif()
    exif[0x0112] = 6  # held upright by turning clockwise
    exif[0x010E] = "the secret place"
    image.save(folder / "ramp.jpg", exif=exif)
    return folder


@pytest.fixture(scope="session")
def mezzanines(footage, tmp_path_factory) -> Path:
    """The plain clips in the house format."""
    folder = tmp_path_factory.mktemp("mezzanines")
    for name in ("plain", "other"):
        conform(footage / f"{name}.mp4", folder / f"{name}.mp4", HOUSE)
    return folder


def beep(path: Path, seconds: float, *, hertz: int = 1000, level: float = 0.3, channels: int = 1) -> None:
    at = np.arange(round(seconds * 48000))
    samples = (np.sin(at * 2 * np.pi * hertz / 48000) * level * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(np.repeat(samples, channels).tobytes())


def decode_pictures(path: Path) -> np.ndarray:
    """Every frame as planes of 4:2:0, decoded strictly."""
    with av.open(str(path), options={"err_detect": "explode"}) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"err_detect": "explode"}
        return np.stack([frame.to_ndarray() for frame in container.decode(stream)])


def decode_sound(path: Path) -> np.ndarray:
    """Shape (samples, 2), full scale 1.0, cut where the container says."""
    finished = subprocess.run(
        [
            ffmpeg.binary(),
            "-v",
            "error",
            "-i",
            str(path),
            "-map",
            "0:a:0",
            "-f",
            "f32le",
            "-ac",
            "2",
            "-ar",
            "48000",
            "-",
        ],
        check=True,
        capture_output=True,
    )
    assert finished.stderr == b""
    return np.frombuffer(finished.stdout, np.float32).reshape(-1, 2)


@pytest.fixture(scope="session")
def frames_of() -> Callable[[Path], np.ndarray]:
    return decode_pictures


@pytest.fixture(scope="session")
def samples_of() -> Callable[[Path], np.ndarray]:
    return decode_sound
