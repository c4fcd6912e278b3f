"""What decodes may still be nothing to show: black, frozen, too short, of another shape."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from PIL import Image

from generation.media import ffmpeg, gate
from generation.media.quality import fault_of

ASKED = {"duration_ms": 2000, "width": 640, "height": 360}


def clip(path: Path, picture: str) -> Path:
    """Make two seconds of a lavfi picture."""
    subprocess.run(
        [ffmpeg.binary(), "-v", "error", "-f", "lavfi", "-i", picture, "-t", "2", "-pix_fmt", "yuv420p", path],
        check=True,
    )
    return path


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        ("color=black:s=640x360:r=24", "black"),
        ("color=0x0a0a0a:s=640x360:r=24", "black"),
        ("smptebars=s=640x360:r=24", "frozen"),
        ("testsrc2=s=640x360:r=24", ""),
        # The slowest push that anybody would ask for.
        ("smptebars=s=1280x720:r=24,zoompan=z='1+0.0005*on':d=48:s=640x360:fps=24", ""),
        ("testsrc2=s=360x640:r=24", "shape"),
        ("testsrc2=s=320x180:r=24", "small"),
        # Models give 1280x704 for 1280x720.
        ("testsrc2=s=640x352:r=24", ""),
    ],
)
def test_a_clip_is_looked_at(tmp_path: Path, picture: str, code: str) -> None:
    """What the gate measured says what is wrong."""
    info = gate.admit(clip(tmp_path / "clip.mp4", picture), kinds={"video"}).info
    fault = fault_of(info, ASKED)
    assert (fault.code if fault else "") == code
    if fault:
        assert fault.text.endswith(".")


def test_a_clip_that_ends_early_says_by_how_much(tmp_path: Path) -> None:
    """Two seconds instead of five."""
    info = gate.admit(clip(tmp_path / "clip.mp4", "testsrc2=s=640x360:r=24"), kinds={"video"}).info
    fault = fault_of(info, {"duration_ms": 5000})
    assert fault is not None
    assert fault.text == "It lasts 2.0 s instead of 5 s."


@pytest.mark.parametrize(("colour", "code"), [((4, 4, 4), "black"), ((70, 20, 20), "")])
def test_a_picture_is_looked_at(tmp_path: Path, colour: tuple[int, int, int], code: str) -> None:
    """A black picture is a fault, a dark one is a matter of taste; a still need not move."""
    path = tmp_path / "still.png"
    Image.new("RGB", (640, 360), colour).save(path)
    fault = fault_of(gate.admit(path, kinds={"image"}).info, ASKED)
    assert (fault.code if fault else "") == code
