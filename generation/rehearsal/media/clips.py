"""Clips: a camera move over a slate, cheap to make, in H.264 with or without sound."""

from __future__ import annotations

import hashlib
from pathlib import Path

from generation.media import ffmpeg
from generation.media.children import ChildLimits
from generation.media.formats import STILL_OPTIONS
from generation.media.partial import finished_or_nothing
from generation.rehearsal.media import pictures

_LIMITS = ChildLimits(wall_seconds=120, cpu_seconds=120)
_TRAVEL = 0.12  # of the width, over the whole clip


def make(
    destination: Path,
    *,
    width: int,
    height: int,
    duration_ms: int,
    fps: int = 24,
    title: str = "",
    seed: int = 0,
    sound: bool = False,
    black: bool = False,
    frozen: bool = False,
) -> None:
    """Encode one clip.

    Args:
        destination: an ``.mp4``; appears whole or not at all.
        width, height: odd sizes are made even.
        duration_ms: rounded to whole frames.
        black: show nothing.
        frozen: show one picture without any movement.
    """
    width, height = width + width % 2, height + height % 2
    frames = max(1, round(duration_ms * fps / 1000))
    travel = 0 if frozen or black else max(24, round(width * _TRAVEL))
    still = destination.with_name(f".{destination.stem}-{hashlib.sha256(title.encode()).hexdigest()[:8]}.png")
    below = f"{duration_ms / 1000:g} s"
    slate = pictures.draw(width + travel, height, title=title, below=below, seed=seed, black=black)
    pictures.write(slate, "image/png", still)
    # The picture is decoded once and repeated inside the filter: decoding it for each frame would cost more than x264.
    moved = f"loop=loop={frames - 1}:size=1,setpts=N/({fps}*TB),crop={width}:{height}:x='{travel}*n/{frames}':y=0"
    inputs = ffmpeg.file_input(still, STILL_OPTIONS, "-f", "png_pipe", "-r", str(fps))
    seconds = f"{frames / fps:.6f}"
    maps = ["-map", "[v]"]
    if sound:
        inputs += ["-f", "lavfi", "-i", f"sine=frequency={220 + seed % 8 * 55}:sample_rate=48000:duration={seconds}"]
        maps += ["-map", "1:a", "-c:a", "aac", "-b:a", "64k", "-ac", "2"]
    try:
        ffmpeg.make_file(
            [
                *inputs, "-filter_complex", f"[0:v]format=yuv420p,{moved}[v]", *maps,
                "-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-pix_fmt", "yuv420p", "-threads", "1",
                "-r", str(fps), "-frames:v", str(frames), "-movflags", "+faststart",
            ],
            destination,
            limits=_LIMITS,
            duration_ms=duration_ms,
        )  # fmt: skip
    finally:
        still.unlink(missing_ok=True)


def sign(source: Path, destination: Path, name: str) -> None:
    """Copy a clip and make it one of its kind: two orders never give the same bytes, although they look alike.

    Args:
        name: goes into a box that players skip (ISO/IEC 14496-12, ``free``).
    """
    content = name.encode()
    with finished_or_nothing(destination) as temporary:
        temporary.write_bytes(source.read_bytes() + (8 + len(content)).to_bytes(4, "big") + b"free" + content)
