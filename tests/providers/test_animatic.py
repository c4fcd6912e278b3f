"""The built-in provider as the engine meets it: orders, stills, and what is remembered in them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFont

from generation.providers.animatic import AnimaticProvider
from generation.providers.animatic.canvas import Frame
from generation.providers.animatic.caption import DEFAULT_FONTS, labels, plain, wrapped
from generation.providers.animatic.framing import camera_for, place
from generation.providers.animatic.picture import flattened, paint
from generation.providers.animatic.sets import public, set_for, town
from generation.providers.animatic.shot import ANGLES, TIMES, Shot, read_shot
from generation.providers.animatic.still import MARK, remembered, shows
from generation.providers.base import Context, InputFile, Operation, Order, Output, TaskState
from generation.providers.errors import OutputUnusable, Refused, Stopped

SHOT = {
    "angle": "medium shot",
    "interior": "EXT",
    "time_of_day": "dusk",
    "location": "HARBOUR",
    "characters": ["ANNA", "FERRYMAN"],
    "speaker": "ANNA",
    "caption": "Anna watches the last ferry leave.",
    "scene": "12A",
    "shot": "12A-B",
}
SMALL = {"width": 320, "height": 180, "seed": 7}


def context(folder: Path, check: Callable[[], None] = lambda: None, seen: list[float] | None = None) -> Context:
    reports: list[float] = [] if seen is None else seen
    return Context(key="", work_dir=folder, input_file=lambda sha: folder / sha, report=reports.append, check=check)


def order(
    model: str = "animatic-still",
    operation: Operation = Operation.TEXT_TO_IMAGE,
    *,
    prompt: str = "",
    parameters: Mapping[str, Any] = SMALL,
    shot: Mapping[str, Any] = SHOT,
    inputs: tuple[InputFile, ...] = (),
) -> Order:
    return Order(uuid.uuid4(), operation, model, prompt, parameters, inputs, shot)


def made(folder: Path, wanted: Order, name: str = "made") -> Path:
    provider = AnimaticProvider()
    body = provider.prepare(wanted, context(folder))
    submission = provider.submit(wanted.uuid, body, context(folder))
    assert submission.outputs is not None
    provider.fetch(body, submission.outputs[0], folder / name, context(folder))
    return folder / name


def pixels(path: Path) -> np.ndarray[Any, Any]:
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"), dtype=np.int16)


def test_an_order_is_accepted_at_once_and_every_look_says_done(tmp_path: Path) -> None:
    provider = AnimaticProvider()
    wanted = order()
    body = provider.prepare(wanted, context(tmp_path))
    submission = provider.submit(wanted.uuid, body, context(tmp_path))
    assert submission.task_id == str(wanted.uuid)
    assert submission.outputs == (Output("result", "image/jpeg"),)
    status = provider.poll(submission.task_id, context(tmp_path))
    assert status.state is TaskState.SUCCEEDED
    assert status.outputs[0].reference == "result"
    assert list(tmp_path.iterdir()) == []
    assert not provider.traits.charges
    assert provider.traits.computes_on_fetch
    assert provider.traits.safe_to_resend


def test_the_same_body_gives_the_same_file_and_another_seed_another(tmp_path: Path) -> None:
    first = made(tmp_path, order(), "first").read_bytes()
    assert made(tmp_path, order(), "second").read_bytes() == first
    assert made(tmp_path, order(parameters={**SMALL, "seed": 8}), "third").read_bytes() != first


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"model": "gen4_image"}, "unknown_model"),
        ({"operation": Operation.TEXT_TO_VIDEO}, "unknown_model"),
        ({"parameters": {"width": 321, "height": 180}}, "bad_width"),
        ({"parameters": {"width": 10, "height": 180}}, "bad_width"),
        ({"parameters": {"width": 320, "height": 100_000}}, "bad_height"),
        ({"parameters": {"width": "320"}}, "bad_width"),
        ({"parameters": {"seed": True}}, "bad_seed"),
    ],
)
def test_an_impossible_order_is_refused_before_anything_is_made(
    tmp_path: Path, changed: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        AnimaticProvider().prepare(order(**changed), context(tmp_path))
    assert refused.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_body_is_unusable(tmp_path: Path) -> None:
    with pytest.raises(OutputUnusable):
        AnimaticProvider().fetch({"model": "other"}, Output("result"), tmp_path / "made", context(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_stopping_a_still_leaves_nothing(tmp_path: Path) -> None:
    calls = 0

    def stop_later() -> None:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise Stopped

    provider = AnimaticProvider()
    body = provider.prepare(order(), context(tmp_path))
    with pytest.raises(Stopped):
        provider.fetch(body, Output("result"), tmp_path / "made", context(tmp_path, stop_later))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (200, 200), (322, 138)])
@pytest.mark.parametrize("angle", ANGLES)
def test_every_angle_in_every_shape_has_its_size_and_tones(tmp_path: Path, size: tuple[int, int], angle: str) -> None:
    parameters = {"width": size[0], "height": size[1], "seed": 1}
    picture = pixels(made(tmp_path, order(parameters=parameters, shot={**SHOT, "angle": angle})))
    assert picture.shape == (size[1], size[0], 3)
    assert picture.mean(axis=2).std() > 8


def heads(angle: str, people: int = 1) -> list[float]:
    shot = Shot(angle=ANGLES[angle], characters=tuple(f"P{i}" for i in range(people)))
    camera = camera_for(shot, crowd=people)
    return [each.height for each in place(shot, camera, 0.89)]


def test_framing_follows_the_angle() -> None:
    wide, medium, close = (heads(name)[0] for name in ("wide angle establishing shot", "medium shot", "close-up shot"))
    assert wide < 0.3 < medium < 2 < close
    behind = place(Shot(angle="shoulder", characters=("A", "B")), camera_for(Shot(angle="shoulder"), crowd=2), 0.89)
    assert [(each.facing, each.near) for each in behind] == [("front", False), ("back", True)]
    assert behind[0].x * behind[1].x < 0
    assert camera_for(Shot(angle="low"), crowd=1).horizon > 0.8
    assert camera_for(Shot(angle="high"), crowd=1).horizon < 0
    assert camera_for(Shot(angle="dutch"), crowd=1).roll != 0
    walkers = place(Shot(angle="tracking", characters=("A",)), camera_for(Shot(angle="tracking"), crowd=1), 0.89)
    assert walkers[0].pose == "walk"


def test_everybody_in_the_shot_is_in_the_picture_and_nobody_else() -> None:
    for people in (1, 2, 3, 5):
        assert len(heads("medium shot", people)) == people
    assert heads("medium shot", 0) == []
    empty = paint(Shot(location="FIELD"), 320, 180)
    assert len(empty) == 1


def test_night_is_darker_than_day_and_inside_is_not_outside() -> None:
    def mean(**changed: Any) -> np.ndarray[Any, Any]:
        picture = flattened(paint(Shot(angle="wide", location="STATION", **changed), 160, 90), margin=0)
        return np.asarray(picture, dtype=np.float32).mean(axis=(0, 1))

    for interior in (False, True):
        light = {time: mean(time=time, interior=interior).mean() for time in TIMES}
        assert min(light, key=lambda time: light[time]) == "night"
        assert light["day"] > light["night"] * 1.4
    dusk = mean(time="dusk")
    night = mean(time="night")
    assert dusk[0] > dusk[2]
    assert night[2] > night[0]
    assert set_for(Shot(location="STATION", interior=True)) is public.hall
    assert set_for(Shot(location="STATION", interior=False)) is town.platform


def test_a_still_remembers_its_shot_and_a_forged_memory_is_not_believed(tmp_path: Path) -> None:
    path = made(tmp_path, order(parameters={"width": 640, "height": 360, "seed": 3}))
    with Image.open(path) as still:
        still.load()
        shot = remembered(still)
        assert shot is not None
        assert (shot.location, shot.caption) == ("HARBOUR", "")
        assert shows(still, paint(shot, 640, 360, margin=54), margin=54)
        other = paint(Shot(angle="close", location="OFFICE", interior=True), 640, 360)
        assert not shows(still, other, margin=0)


@pytest.mark.parametrize("comment", [b"", b"hello", MARK.encode() + b"{}", MARK.encode() + b"[" * 50_000, b"\xff\xfe"])
def test_other_comments_are_no_memory(comment: bytes) -> None:
    picture = Image.new("RGB", (8, 8))
    picture.info["comment"] = comment
    assert remembered(picture) is None


def test_a_picture_with_a_margin_shows_the_same_in_its_middle() -> None:
    for angle, place_name in itertools.product(ANGLES.values(), ("HARBOUR", "ROOFTOP", "CITY STREET")):
        shot = Shot(angle=angle, time="dusk", location=place_name, characters=("ANNA", "TOM"))
        plain_picture = np.asarray(flattened(paint(shot, 320, 180), margin=0), dtype=np.int16)
        with_margin = np.asarray(flattened(paint(shot, 320, 180, margin=28), margin=28), dtype=np.int16)
        assert np.abs(plain_picture - with_margin).mean() < 2, (angle, place_name)


@pytest.mark.parametrize(
    "caption",
    [
        "",
        "   ",
        "日本語の字幕",
        "مرحبا بالعالم",
        "שלום",
        "😀😀",
        "a\u202eb\u0000c\ud800d",
        "x" * 600,
        "é" * 80,
        "Ждите — я приду…",
    ],
)
def test_a_caption_in_any_script_makes_a_picture(tmp_path: Path, caption: str) -> None:
    assert pixels(made(tmp_path, order(shot={**SHOT, "caption": caption}))).shape == (180, 320, 3)


def test_a_long_caption_takes_two_lines_at_most_and_ends_with_an_ellipsis() -> None:
    font = ImageFont.truetype(str(DEFAULT_FONTS[0]), 26)
    words = "the quick brown fox jumps over the lazy dog " * 12
    lines = wrapped(plain(words), font, 500)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(font.getlength(line) <= 500 for line in lines)
    assert wrapped("short", font, 500) == ["short"]
    assert " ".join(wrapped("a rather short line that takes two", font, 250)) == "a rather short line that takes two"


def test_the_caption_lies_low_and_is_bright_on_dark() -> None:
    caption, slate = labels("Anna waits.", "12A-B · CLOSE-UP · NIGHT", 1280, 720)
    assert caption.top > 720 * 0.7
    assert caption.top + caption.image.height <= 720
    assert slate.top + slate.image.height < 720 * 0.1
    luminance = np.asarray(caption.image.convert("RGBA"), dtype=np.int16)
    assert luminance[..., :3].max() > 230
    assert labels("😀", "", 1280, 720) == []


def test_a_free_prompt_is_read_for_angle_place_and_hour() -> None:
    shot = read_shot({}, "Close-up of a woman in a kitchen at night", 1)
    assert (shot.angle, shot.interior, shot.time) == ("close", True, "night")
    assert shot.characters
    assert shot.slate == ""
    assert read_shot({}, "", 0).angle == "medium"
    odd = read_shot({"characters": None, "location": None, "time_of_day": "LATER", "angle": 7, "caption": 3}, "", 0)
    assert (odd.characters, odd.time, odd.angle) == ((), "day", "medium")


def test_the_unit_of_a_narrow_picture_keeps_people_in_it() -> None:
    assert Frame(720, 1280).half_width == pytest.approx(0.425)
    assert Frame(1280, 720).half_width == pytest.approx(1280 / 720 / 2)
