"""The house format: whatever comes in, what goes out can be copied into one film."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from generation.media.mezzanine import (
    ConformFailed,
    VideoFormat,
    conform,
    conform_still,
    examine,
    key_frame_times,
    needs_conforming,
)
from generation.media.probe import Unreadable, probe
from generation.providers.errors import Stopped
from tests.media.conftest import run_ffmpeg


@pytest.mark.parametrize(
    ("name", "frames"),
    [
        ("plain.mp4", 72),
        ("thirty.mp4", 48),
        ("ntsc.mp4", 48),
        ("tall.mp4", 48),
        ("large.mp4", 48),
        ("odd.webm", 24),
        ("hevc.mp4", 24),
        ("turned.mp4", 72),
    ],
)
def test_every_kind_of_clip_becomes_a_mezzanine(footage, house, tmp_path, frames_of, name, frames):
    assert needs_conforming(footage / name, house)
    conform(footage / name, tmp_path / "m.mp4", house)
    examined = examine(tmp_path / "m.mp4", house)
    assert examined.differences == ()
    assert examined.frames == frames
    assert len(frames_of(tmp_path / "m.mp4")) == frames
    info = probe(tmp_path / "m.mp4")
    assert (info.width, info.height, info.frame_rate, info.rotation) == (320, 180, Fraction(24), 0)
    assert bool(info.audio_codec) == examined.has_sound == bool(probe(footage / name).audio_codec)
    if info.audio_codec:
        assert (info.audio_codec, info.sample_rate, info.channels) == ("aac", 48000, 2)


@pytest.mark.parametrize("name", ["tall.mp4", "turned.mp4"])
def test_upright_pictures_stand_between_black_bars(footage, house, tmp_path, frames_of, name):
    conform(footage / name, tmp_path / "m.mp4", house)
    luma = frames_of(tmp_path / "m.mp4")[10][:180]
    assert np.abs(luma[:, :90].astype(int) - 16).max() <= 2
    assert np.abs(luma[:, -90:].astype(int) - 16).max() <= 2
    assert luma[:, 120:200].std() > 20


@pytest.mark.parametrize("frames", [1, 5, 30, 100])
def test_the_length_is_exact_and_short_clips_hold_their_last_picture(footage, house, tmp_path, frames_of, frames):
    conform(footage / "plain.mp4", tmp_path / "m.mp4", house, frames=frames)
    pictures = frames_of(tmp_path / "m.mp4")
    assert len(pictures) == frames
    if frames == 100:
        assert np.abs(pictures[99].astype(int) - pictures[75].astype(int)).mean() < 1.5
        assert probe(tmp_path / "m.mp4").duration_ms == pytest.approx(100 / 24 * 1000, abs=2)


@pytest.mark.parametrize(("fps", "frames"), [(24, 72), (25, 63), (30, 31), (25, 12)])
def test_key_frames_stand_at_the_handles(footage, tmp_path, fps, frames):
    wanted = VideoFormat(320, 180, fps)
    conform(footage / "plain.mp4", tmp_path / "m.mp4", wanted, frames=frames)
    found = examine(tmp_path / "m.mp4", wanted)
    assert found.differences == ()
    for at in key_frame_times(wanted, frames):
        assert any(0 <= key - at * fps < 1 for key in found.key_frames)


def test_another_size_rate_or_encoder_is_noticed(mezzanines, footage, house):
    clip = mezzanines / "plain.mp4"
    assert not needs_conforming(clip, house)
    assert needs_conforming(clip, VideoFormat(320, 182, 24))
    assert needs_conforming(clip, VideoFormat(320, 180, 25))
    assert "headers" in examine(footage / "plain.mp4", house).differences


def test_a_mezzanine_in_fragments_is_not_copied(mezzanines, house, tmp_path):
    path = tmp_path / "fragments.mp4"
    run_ffmpeg("-i", str(mezzanines / "plain.mp4"), "-c", "copy", "-movflags", "frag_keyframe+empty_moov", str(path))
    assert needs_conforming(path, house)
    assert probe(path).duration_ms == pytest.approx(3000, abs=60)
    conform(path, tmp_path / "m.mp4", house)
    assert examine(tmp_path / "m.mp4", house).frames == pytest.approx(72, abs=1)


def test_a_still_is_held_without_moving(pictures, house, tmp_path, frames_of):
    for name in ("ramp.png", "ramp.webp", "ramp.jpg"):
        conform_still(pictures / name, tmp_path / "m.mp4", house, frames=30)
        assert not needs_conforming(tmp_path / "m.mp4", house)
        shown = frames_of(tmp_path / "m.mp4").astype(int)
        assert len(shown) == 30
        assert np.abs(shown[29] - shown[0]).mean() < 1.5


def test_stopping_leaves_nothing(footage, house, tmp_path):
    def check() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        conform(footage / "plain.mp4", tmp_path / "m.mp4", house, check=check)
    assert list(tmp_path.iterdir()) == []


def test_progress_only_rises(footage, tmp_path):
    told: list[float] = []
    conform(footage / "plain.mp4", tmp_path / "m.mp4", VideoFormat(640, 360, 24), report=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_what_is_no_film_is_refused(sounds, pictures, house, tmp_path):
    for path in (pictures / "ramp.png", __file__):
        with pytest.raises(Unreadable):
            conform(type(tmp_path)(path), tmp_path / "m.mp4", house)
    with pytest.raises(Unreadable):
        examine(sounds / "beep.wav", house)


def test_a_result_that_would_not_join_is_never_handed_out(footage, house, tmp_path, monkeypatch):
    monkeypatch.setattr("generation.media.mezzanine.headers", lambda _format: b"of another encoder")
    with pytest.raises(ConformFailed, match="headers"):
        conform(footage / "plain.mp4", tmp_path / "m.mp4", house)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("width", "height", "fps"), [(321, 180, 24), (320, 8, 24), (320, 180, 0)])
def test_impossible_formats_are_refused(width, height, fps):
    with pytest.raises(ValueError, match="must be"):
        VideoFormat(width, height, fps)


def test_frame_arithmetic(house):
    assert house.frames(5000) == 120
    assert house.frames(1) == 1
    assert house.milliseconds(120) == 5000
    assert key_frame_times(house, 120) == (Fraction(1, 2), Fraction(9, 2))
