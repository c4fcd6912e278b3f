"""Facts about files, and the small pictures for lists."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.media.probe import MediaInfo, Unreadable, open_media, picture_rotation, probe
from generation.media.thumbnails import poster, still_thumbnail
from tests.media.conftest import run_ffmpeg


def test_a_clip_tells_its_facts(footage):
    info = probe(footage / "plain.mp4")
    assert (info.kind, info.video_codec, info.width, info.height) == ("video", "h264", 320, 180)
    assert (info.frame_rate, info.frames, info.duration_ms) == (Fraction(24), 72, 3000)
    assert (info.audio_codec, info.sample_rate, info.channels) == ("aac", 44100, 1)
    assert info.size == (footage / "plain.mp4").stat().st_size
    assert probe(footage / "ntsc.mp4").frame_rate == Fraction(24000, 1001)
    assert probe(footage / "turned.mp4").display_size == (180, 320)
    assert probe(footage / "odd.webm").frames == 24


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_the_tables_and_the_pictures_agree_on_the_rotation(footage, tmp_path, degrees):
    path = tmp_path / "turned.mp4"
    run_ffmpeg("-display_rotation", str(degrees), "-i", str(footage / "plain.mp4"), "-c", "copy", str(path))
    assert (probe(path).rotation - degrees) % 360 == 0
    with open_media(path) as container:
        assert (picture_rotation(container) - degrees) % 360 == 0


def test_a_sound_tells_its_facts(sounds):
    info = probe(sounds / "b.mp3")
    assert (info.kind, info.audio_codec, info.width, info.frames) == ("audio", "mp3", 0, 0)
    assert info.duration_ms == pytest.approx(1500, abs=60)


def test_facts_travel_as_json(footage):
    info = probe(footage / "ntsc.mp4")
    assert MediaInfo.from_json(info.as_json()) == info


@pytest.mark.parametrize("content", [b"", b"#EXTM3U\n", b"ffconcat version 1.0\nfile /etc/passwd\n", b"\x00" * 4000])
def test_what_is_no_media_is_unreadable(tmp_path, content):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(Unreadable):
        probe(tmp_path / "a.mp4")


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_a_thumbnail_is_upright_small_and_tells_nothing(pictures, tmp_path, suffix):
    small = tmp_path / f"small{suffix}"
    assert still_thumbnail(pictures / "ramp.jpg", small, width=100) == (100, 150)
    with Image.open(small) as image:
        assert image.size == (100, 150)
        assert len(image.getexif()) == 0
    assert b"secret" in (pictures / "ramp.jpg").read_bytes()
    assert b"secret" not in small.read_bytes()


def test_a_thumbnail_is_never_larger_than_its_picture(pictures, tmp_path):
    assert still_thumbnail(pictures / "ramp.png", tmp_path / "a.jpg", width=5000) == (300, 200)


def test_what_is_transparent_becomes_black(tmp_path):
    Image.new("RGBA", (40, 40), (255, 255, 255, 0)).save(tmp_path / "a.png")
    still_thumbnail(tmp_path / "a.png", tmp_path / "a.jpg", width=40)
    with Image.open(tmp_path / "a.jpg") as image:
        assert np.asarray(image).max() < 10


@pytest.mark.parametrize(
    ("name", "size"),
    [("plain.mp4", (160, 90)), ("turned.mp4", (160, 284)), ("tall.mp4", (160, 284)), ("hevc.mp4", (160, 90))],
)
def test_a_poster_has_the_shape_that_a_viewer_sees(footage, tmp_path, name, size):
    assert poster(footage / name, tmp_path / "a.webp", width=160, at_ms=600) == size


def test_a_turned_poster_is_turned_the_right_way(footage, tmp_path, frames_of):
    poster(footage / "plain.mp4", tmp_path / "a.png.webp", width=320)
    poster(footage / "turned.mp4", tmp_path / "b.webp", width=320)
    with Image.open(tmp_path / "a.png.webp") as upright, Image.open(tmp_path / "b.webp") as turned:
        expected = np.asarray(upright.convert("L").rotate(90, expand=True).resize(turned.size)).astype(int)
        assert np.abs(expected - np.asarray(turned.convert("L"))).mean() < 12


def test_a_poster_shows_the_key_frame_before_its_moment(mezzanines, tmp_path, frames_of):
    pictures = frames_of(mezzanines / "plain.mp4")
    for at_ms, frame in ((0, 0), (1600, 36), (10**7, 60)):
        poster(mezzanines / "plain.mp4", tmp_path / "a.jpg", width=320, at_ms=at_ms)
        with Image.open(tmp_path / "a.jpg") as image:
            luma = np.asarray(image.convert("L")).astype(float)
        distances = [np.abs((picture[:180].astype(float) - 16) * 255 / 219 - luma).mean() for picture in pictures]
        assert int(np.argmin(distances)) == frame


def test_what_has_no_picture_has_no_poster(sounds, tmp_path):
    with pytest.raises(Unreadable):
        poster(sounds / "b.mp3", tmp_path / "a.jpg", width=100)
    with pytest.raises(Unreadable):
        still_thumbnail(sounds / "b.mp3", tmp_path / "a.jpg", width=100)
    assert list(tmp_path.iterdir()) == []


def test_serving_pages_loads_no_decoder():
    code = (
        "import sys, generation.media.film, generation.media.gate, generation.media.thumbnails;"
        "sys.exit(bool({'av', 'numpy', 'PIL', 'imageio_ffmpeg', 'filetype'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[2])
