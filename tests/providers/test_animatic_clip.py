"""Clips: the right frames in the house format, moved smoothly, words at rest, and nothing left after a stop."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from generation.media.mezzanine import VideoFormat, needs_conforming
from generation.providers.animatic import AnimaticProvider, clip
from generation.providers.animatic.frames import Composer, planes
from generation.providers.animatic.motion import MOVES, Move, View, eased, move_for
from generation.providers.animatic.shot import ANGLES, Shot
from generation.providers.animatic.still import shows
from generation.providers.base import Context, InputFile, Operation, Order, Output
from generation.providers.errors import OutputUnusable, Refused, Stopped

SHOT = {
    "angle": "medium shot",
    "interior": "INT",
    "time_of_day": "night",
    "location": "WHEELHOUSE",
    "characters": ["ANNA"],
    "caption": "The fog takes the pier.",
    "shot": "3-A",
}
SMALL = {"width": 320, "height": 180, "fps": 24, "duration_ms": 1000, "seed": 2}


def context(folder: Path, check: Callable[[], None] = lambda: None, seen: list[float] | None = None) -> Context:
    reports: list[float] = [] if seen is None else seen
    return Context(key="", work_dir=folder, input_file=lambda sha: folder / sha, report=reports.append, check=check)


def order(
    parameters: Mapping[str, Any] = SMALL, shot: Mapping[str, Any] = SHOT, still: str = "", prompt: str = ""
) -> Order:
    inputs = (InputFile(still, "image/jpeg", "first_frame"),) if still else ()
    operation = Operation.IMAGE_TO_VIDEO if still else Operation.TEXT_TO_VIDEO
    return Order(uuid.uuid4(), operation, "animatic-clip", prompt, parameters, inputs, shot)


def made(folder: Path, wanted: Order, seen: list[float] | None = None) -> Path:
    provider = AnimaticProvider()
    body = provider.prepare(wanted, context(folder))
    provider.fetch(body, Output("result", "video/mp4"), folder / "clip.mp4", context(folder, seen=seen))
    return folder / "clip.mp4"


def decoded(path: Path, width: int, height: int) -> np.ndarray[Any, Any]:
    """The luma of every frame as it is stored: 16 is black, 235 white."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "yuv420p"]
    raw = subprocess.run([*command, "-"], check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
    frames = np.frombuffer(raw, dtype=np.uint8).reshape(-1, width * height * 3 // 2)
    return frames[:, : width * height].reshape(-1, height, width)


@pytest.mark.parametrize(
    ("fps", "duration_ms", "frames", "size"),
    [(24, 1000, 24, (320, 180)), (25, 990, 25, (180, 320)), (30, 500, 15, (200, 200)), (24, 2021, 49, (322, 138))],
)
def test_a_clip_is_a_mezzanine_of_exactly_its_frames(
    tmp_path: Path, fps: int, duration_ms: int, frames: int, size: tuple[int, int]
) -> None:
    parameters = {"width": size[0], "height": size[1], "fps": fps, "duration_ms": duration_ms}
    seen: list[float] = []
    film = made(tmp_path, order(parameters), seen)
    assert len(decoded(film, *size)) == frames
    assert not needs_conforming(film, VideoFormat(*size, fps))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) >= frames
    assert [each.name for each in tmp_path.iterdir()] == ["clip.mp4"]


def dotted(width: int, height: int, x: float, y: float) -> Image.Image:
    """A soft white dot on black: where it is can be measured to a hundredth of a pixel."""
    across, down = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    level = 235 * np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * 5.0**2))
    return Image.fromarray(level.round().astype(np.uint8), "L").convert("RGB")


def path_of_the_dot(move: Move, *, frames: int = 72) -> np.ndarray[Any, Any]:
    width, height = 320, 180
    ground = planes(dotted(358, 202, 226.0, 126.0), lambda moment: move.view(moment, 1.0, 1.0), unit=1.12)
    composer = Composer(width, height, ground, [])
    found = []
    for number in range(frames):
        raw = composer.frame(number / (frames - 1))
        luma = np.frombuffer(raw[: width * height], dtype=np.uint8).reshape(height, width).astype(np.float64) - 16
        luma[luma < 3] = 0
        total = luma.sum()
        found.append(
            ((luma.sum(axis=0) * np.arange(width)).sum() / total, (luma.sum(axis=1) * np.arange(height)).sum() / total)
        )
    return np.array(found)


@pytest.mark.parametrize("kind", MOVES)
def test_a_move_is_smooth_to_a_fraction_of_a_pixel(kind: str) -> None:
    size = {"push": 0.10, "pull": 0.08, "roll": 0.03}.get(kind, 0.06)
    points = path_of_the_dot(Move(kind, 1, size))
    steps = np.diff(points, axis=0)
    assert np.hypot(*(points[-1] - points[0])) > 1.5
    # Jerk between neighbouring steps: whole-pixel rounding would show as jumps of up to a pixel.
    assert np.abs(np.diff(steps, axis=0)).max() < 0.1
    along = steps @ (points[-1] - points[0]) / np.hypot(*(points[-1] - points[0]))
    assert along.min() > -0.03


def test_the_smoothness_test_sees_a_move_in_whole_pixels() -> None:
    class Jittery(Move):
        def view(self, moment: float, depth: float, subject: float) -> View:
            return View(x=-round(eased(moment) * 0.06 * 180) / 180)

    points = path_of_the_dot(Jittery("pan", 1, 0.06))
    assert np.abs(np.diff(np.diff(points, axis=0), axis=0)).max() > 0.5


def test_eased_starts_and_ends_at_rest() -> None:
    way = [eased(i / 100) for i in range(101)]
    assert way[0] == pytest.approx(0)
    assert way[-1] == pytest.approx(1)
    assert way == sorted(way)
    assert way[1] < 0.001
    assert 1 - way[-2] < 0.001


def test_near_things_move_more_than_far_ones() -> None:
    for kind in ("push", "track"):
        move = Move(kind, 1, 0.08)
        near, far = move.view(1.0, 2.0, 2.0), move.view(1.0, 8.0, 2.0)
        assert abs(near.scale - 1) + abs(near.x) > abs(far.scale - 1) + abs(far.x) > 0


def test_the_wished_move_is_made_and_otherwise_one_that_suits() -> None:
    assert move_for(Shot(move="slow pull out"), 4000).kind == "pull"
    assert move_for(Shot(move="zoom out"), 4000).kind == "pull"
    assert move_for(Shot(move="pan left"), 4000) == Move("pan", -1, 0.056)
    assert move_for(Shot(angle="dutch"), 4000).kind == "roll"
    assert move_for(Shot(angle="tracking", characters=("A",)), 4000).follows
    for angle in ANGLES.values():
        assert move_for(Shot(angle=angle), 4000).kind in MOVES


@pytest.mark.parametrize("angle", ANGLES)
def test_the_picture_is_filled_at_every_moment_of_every_move(tmp_path: Path, angle: str) -> None:
    shot = {
        **SHOT,
        "angle": angle,
        "interior": "EXT",
        "time_of_day": "day",
        "location": "BEACH",
        "caption": "",
        "shot": "",
    }
    frames = decoded(made(tmp_path, order({**SMALL, "duration_ms": 8000, "fps": 24}, {**shot})), 320, 180)
    corners = frames[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.min() > 17
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 0.5


def test_words_lie_still_while_the_picture_moves(tmp_path: Path) -> None:
    parameters = {"width": 640, "height": 360, "fps": 24, "duration_ms": 4000, "seed": 1}
    frames = decoded(made(tmp_path, order(parameters, {**SHOT, "move": "pan right"})), 640, 360).astype(int)
    ink = frames[0] > 215
    ink[: int(360 * 0.8)] = False
    assert ink.sum() > 100
    assert np.abs(frames[0][ink] - frames[-1][ink]).mean() < 6
    middle = np.s_[100:250, 100:540]
    assert np.abs(frames[0][middle] - frames[-1][middle]).mean() > 1.0


def test_a_still_from_outside_is_what_moves(tmp_path: Path) -> None:
    stripes = np.zeros((360, 640, 3), dtype=np.uint8)
    stripes[:, ::2] = (250, 40, 40)
    stripes[:, 320:] = (20, 220, 60)
    Image.fromarray(stripes, "RGB").save(tmp_path / "upload", "PNG")
    frames = decoded(made(tmp_path, order(SMALL, {**SHOT, "caption": "", "shot": ""}, still="upload")), 320, 180)
    # BT.709: red and black mixed on the left, green on the right, and nothing of the wheelhouse.
    assert frames[0][40:140, 20:140].mean() == pytest.approx(52, abs=5)
    assert frames[0][40:140, 200:300].mean() == pytest.approx(158.5, abs=3)
    assert frames[0][40:140, 200:300].std() < 4


@pytest.mark.parametrize("move", ["pan left", "tilt up", "pull", "track right", "roll"])
@pytest.mark.parametrize("size", [(640, 360), (700, 360)])
def test_a_still_from_outside_fills_the_picture_through_the_whole_move(
    tmp_path: Path, move: str, size: tuple[int, int]
) -> None:
    Image.new("RGB", size, (240, 240, 240)).save(tmp_path / "upload", "PNG")
    shot = {**SHOT, "caption": "", "shot": "", "move": move}
    frames = decoded(made(tmp_path, order({**SMALL, "duration_ms": 4000}, shot, still="upload")), 320, 180)
    assert frames[:, 30:].min() > 200


def test_our_own_still_is_the_first_frame_and_is_taken_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = AnimaticProvider()
    still_order = Order(
        uuid.uuid4(), Operation.TEXT_TO_IMAGE, "animatic-still", "", {"width": 640, "height": 360, "seed": 9}, (), SHOT
    )
    body = provider.prepare(still_order, context(tmp_path))
    provider.fetch(body, Output("result"), tmp_path / "still", context(tmp_path))
    parts: list[bool] = []

    def watched(*arguments: Any, **named: Any) -> bool:
        parts.append(shows(*arguments, **named))
        return parts[-1]

    monkeypatch.setattr(clip, "shows", watched)
    parameters = {"width": 640, "height": 360, "fps": 24, "duration_ms": 1000, "seed": 4}
    frames = decoded(made(tmp_path, order(parameters, still="still")), 640, 360).astype(int)
    with Image.open(tmp_path / "still") as still:
        luma = 16 + np.asarray(still.convert("RGB"), dtype=np.float64) @ (0.1826, 0.6142, 0.0620)
    assert np.abs(frames[0] - luma).mean() < 2.5
    assert parts == [True]


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xd8\xff\xe0 broken", b"\x89PNG\r\n\x1a\n"])
def test_a_still_that_is_no_picture_is_unusable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "still").write_bytes(content)
    with pytest.raises(OutputUnusable) as unusable:
        made(tmp_path, order(still="still"))
    assert unusable.value.code == "still_unreadable"
    assert [each.name for each in tmp_path.iterdir()] == ["still"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [({"fps": 23}, "bad_fps"), ({"duration_ms": 499}, "bad_duration"), ({"duration_ms": 30_001}, "bad_duration")],
)
def test_impossible_clips_are_refused(tmp_path: Path, parameters: dict[str, int], code: str) -> None:
    with pytest.raises(Refused) as refused:
        AnimaticProvider().prepare(order({**SMALL, **parameters}), context(tmp_path))
    assert refused.value.code == code


def test_a_clip_from_a_still_needs_the_still(tmp_path: Path) -> None:
    wanted = Order(uuid.uuid4(), Operation.IMAGE_TO_VIDEO, "animatic-clip", "", SMALL, (), SHOT)
    with pytest.raises(Refused) as refused:
        AnimaticProvider().prepare(wanted, context(tmp_path))
    assert refused.value.code == "first_frame_missing"


def children() -> set[int]:
    return {int(each) for each in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def test_a_stop_kills_the_encoder_and_leaves_nothing(tmp_path: Path) -> None:
    seen: list[float] = []
    running: set[int] = set()
    before = children()

    def stop_in_the_middle() -> None:
        if any(share > 0.3 for share in seen):
            running.update(children() - before)
            raise Stopped

    provider = AnimaticProvider()
    body = provider.prepare(order(), context(tmp_path))
    with pytest.raises(Stopped):
        provider.fetch(body, Output("result"), tmp_path / "clip.mp4", context(tmp_path, stop_in_the_middle, seen))
    assert running
    assert not running & children()
    assert list(tmp_path.iterdir()) == []


def test_a_failing_encoder_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    provider = AnimaticProvider(ffmpeg="/bin/false")
    body = provider.prepare(order(), context(tmp_path))
    with pytest.raises(OutputUnusable) as unusable:
        provider.fetch(body, Output("result"), tmp_path / "clip.mp4", context(tmp_path))
    assert unusable.value.code == "encoder_failed"
    assert list(tmp_path.iterdir()) == []
