"""What may come in, and that nothing hostile gets further, calls out, or takes us down."""

from __future__ import annotations

import hashlib
import io
import socket
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from generation.media import ffmpeg, gate
from generation.media.children import ChildLimits
from generation.media.gate import GateLimits, MediaRefused, admit
from generation.media.probe import Unreadable, probe
from generation.providers.errors import Stopped
from tests.media.conftest import run_ffmpeg


class Listener:
    """A server on this machine that counts who calls."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.calls = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.calls += 1
            connection.close()


@pytest.fixture
def listener():
    server = Listener()
    yield server
    server.socket.close()


@pytest.mark.parametrize(
    ("folder", "name", "media_type", "extension"),
    [
        ("footage", "plain.mp4", "video/mp4", "mp4"),
        ("footage", "apple.mov", "video/quicktime", "mov"),
        ("footage", "hevc.mp4", "video/mp4", "mp4"),
        ("footage", "odd.webm", "video/webm", "webm"),
        ("sounds", "beep.wav", "audio/wav", "wav"),
        ("sounds", "b.mp3", "audio/mpeg", "mp3"),
        ("sounds", "b.m4a", "audio/mp4", "m4a"),
        ("sounds", "b.flac", "audio/flac", "flac"),
        ("sounds", "b.ogg", "audio/ogg", "ogg"),
        ("pictures", "ramp.png", "image/png", "png"),
        ("pictures", "ramp.jpg", "image/jpeg", "jpg"),
        ("pictures", "ramp.webp", "image/webp", "webp"),
    ],
)
def test_honest_files_come_in_whatever_they_are_called(request, tmp_path, folder, name, media_type, extension):
    original = request.getfixturevalue(folder) / name
    odd = tmp_path / "-i \u202e:name.txt"
    odd.write_bytes(original.read_bytes())
    admitted = admit(odd)
    assert (admitted.media_type, admitted.extension) == (media_type, extension)
    assert admitted.sha256 == hashlib.sha256(original.read_bytes()).hexdigest()
    assert admitted.info.kind == media_type.split("/")[0]
    assert admitted.info.size == original.stat().st_size


def test_the_facts_are_those_of_the_content(footage, sounds, pictures):
    film = admit(footage / "turned.mp4").info
    assert (film.width, film.height, film.rotation % 180, film.frames) == (320, 180, 90, 72)
    assert film.display_size == (180, 320)
    assert admit(sounds / "b.mp3").info.duration_ms == pytest.approx(1500, abs=60)
    assert (admit(pictures / "ramp.png").info.width, admit(pictures / "ramp.png").info.height) == (300, 200)


def refusal(path: Path, **more) -> MediaRefused:
    with pytest.raises(MediaRefused) as caught:
        admit(path, **more)
    assert caught.value.public.rstrip().endswith(".")
    assert str(path) not in caught.value.public
    return caught.value


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def archive() -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        file.writestr("payload.class", "x" * 100)
    return memory.getvalue()


def test_nothing_is_not_media(tmp_path):
    assert refusal(write(tmp_path, "a.mp4", b"")).code == "empty"


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><html><body>not found</body></html>",
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{port}/secret\n",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"ffconcat version 1.0\nfile http://127.0.0.1:{port}/\n",
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:{port}/x.png"/></svg>',
        b'<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1:{port}/</BaseURL></MPD>',
        b"%PDF-1.7\n",
        b"#!/bin/sh\ncurl http://127.0.0.1:{port}\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\n",
        b"just a few words",
        b"\x00" * 5000,
        b"GIF89a" + b"\x00" * 100,
        b"MZ" + b"\x00" * 500,
    ],
)
@pytest.mark.parametrize("name", ["film.mp4", "picture.png", "voice.wav"])
def test_texts_and_programs_are_not_media_and_nobody_is_called(tmp_path, listener, content, name):
    path = write(tmp_path, name, content.replace(b"{port}", str(listener.port).encode()))
    assert refusal(path).code in {"wrong_type", "two_things", "damaged"}
    assert listener.calls == 0


def test_a_film_that_points_elsewhere_is_not_followed(footage, tmp_path, listener):
    content = (footage / "apple.mov").read_bytes()
    entry = content.index(b"url \x00\x00\x00\x01")
    # The data reference: from "in this file" to an address, by taking the flag away.
    address = f"http://127.0.0.1:{listener.port}/".encode()
    elsewhere = content[: entry + 4] + b"\x00\x00\x00\x00" + content[entry + 8 :]
    admitted_or_not(write(tmp_path, "a.mov", elsewhere))
    spliced = elsewhere.replace(b"mdat", b"free", 1) + struct.pack(">I", 8 + len(address)) + b"free" + address
    admitted_or_not(write(tmp_path, "b.mov", spliced))
    assert listener.calls == 0


def admitted_or_not(path: Path) -> None:
    try:
        admit(path)
    except MediaRefused as refused:
        assert refused.code in {"damaged", "two_things"}  # noqa: PT017


def test_a_decoder_cannot_call_out_even_when_it_wants_to(footage, listener, monkeypatch):
    # Asked apart from our launcher, so that a launcher that no longer tries is noticed.
    ask = "import ctypes, sys; c = ctypes.CDLL(None); sys.exit(c.unshare(0x40000000) and c.unshare(0x50000000))"
    if subprocess.run([sys.executable, "-c", ask], check=False).returncode:
        pytest.skip("this machine gives no network namespaces; the protocol whitelists alone hold here")
    attack = f"import socket; socket.create_connection(('127.0.0.1', {listener.port}), 2)"
    monkeypatch.setattr(gate, "_START_INSPECTOR", attack)
    assert refusal(footage / "plain.mp4").code == "damaged"
    assert listener.calls == 0


@pytest.mark.parametrize("name", ["list.mp4", "list.m3u8", "list.ffconcat"])
def test_even_behind_the_gate_no_playlist_is_followed(tmp_path, listener, name):
    address = f"http://127.0.0.1:{listener.port}/a.ts"
    text = f"ffconcat version 1.0\nfile {address}\n" if "concat" in name else f"#EXTM3U\n#EXTINF:1,\n{address}\n"
    path = write(tmp_path, name, (text + "#EXT-X-ENDLIST\n" * ("EXTM3U" in text)).encode())
    with pytest.raises(Unreadable):
        probe(path)
    with pytest.raises(ffmpeg.FfmpegFailed):
        ffmpeg.run([*ffmpeg.file_input(path), "-f", "null", "-"], limits=ChildLimits(wall_seconds=20))
    assert listener.calls == 0


def test_even_behind_the_gate_no_list_opens_other_files(footage, tmp_path):
    (tmp_path / "secret.mp4").write_bytes((footage / "plain.mp4").read_bytes())
    path = write(tmp_path, "list.mp4", b"ffconcat version 1.0\nfile secret.mp4\n")
    with pytest.raises(Unreadable):
        probe(path)
    with pytest.raises(ffmpeg.FfmpegFailed):
        ffmpeg.run([*ffmpeg.file_input(path), "-f", "null", "-"], limits=ChildLimits(wall_seconds=20))


@pytest.mark.parametrize(
    "accident",
    [
        "import os; os.kill(os.getpid(), 11)",
        "x = bytearray(3 << 30)",
        "import sys; sys.stdout.write('not json')",
        "raise SystemExit(1)",
        "open('leak', 'w').write('x')",
    ],
)
def test_a_crashing_decoder_refuses_the_file_and_we_live(footage, tmp_path, monkeypatch, accident):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gate, "_START_INSPECTOR", accident)
    assert refusal(footage / "plain.mp4").code == "damaged"
    assert not (tmp_path / "leak").exists() or (tmp_path / "leak").stat().st_size == 0


def test_a_decoder_that_hangs_is_ended(footage, monkeypatch):
    monkeypatch.setattr(gate, "_START_INSPECTOR", "import time; time.sleep(600)")
    assert refusal(footage / "plain.mp4", limits=GateLimits(wall_seconds=1)).code == "too_slow"


def test_a_person_may_stop_it(footage):
    def check() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        admit(footage / "plain.mp4", check=check)


def test_an_image_bomb_is_refused_before_it_opens(tmp_path):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))
    data = png_chunk(b"IDAT", zlib.compress(b"\x00" * 1_000_000))
    bomb = b"\x89PNG\r\n\x1a\n" + header + data + png_chunk(b"IEND", b"")
    assert refusal(write(tmp_path, "bomb.png", bomb)).code == "too_many_pixels"


def test_pixels_length_size_and_kind_have_limits(footage, sounds, pictures):
    assert refusal(footage / "plain.mp4", limits=GateLimits(max_video_pixels=1000)).code == "too_many_pixels"
    assert refusal(footage / "plain.mp4", limits=GateLimits(max_duration_ms=1000)).code == "too_long"
    assert refusal(footage / "plain.mp4", limits=GateLimits(max_streams=1)).code == "too_many_streams"
    assert refusal(sounds / "b.mp3", limits=GateLimits(max_duration_ms=1000)).code == "too_long"
    assert refusal(pictures / "ramp.png", limits=GateLimits(max_pixels=1000)).code == "too_many_pixels"
    assert refusal(pictures / "ramp.png", limits=GateLimits(max_bytes=100)).code == "too_large"
    assert refusal(pictures / "ramp.png", limits=GateLimits(max_image_bytes=100)).code == "too_large"
    wrong = refusal(sounds / "b.mp3", kinds={"image"})
    assert wrong.code == "wrong_type"
    assert "JPEG" in wrong.public
    assert refusal(sounds / "b.m4a", kinds={"video"}).code == "wrong_type"
    assert refusal(footage / "plain.mp4", kinds={"audio"}).code == "wrong_type"


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("pictures", "ramp.png"),
        ("pictures", "ramp.jpg"),
        ("pictures", "ramp.webp"),
        ("footage", "plain.mp4"),
        ("sounds", "beep.wav"),
        ("sounds", "b.flac"),
    ],
)
@pytest.mark.parametrize("part", [0.1, 0.6])
def test_half_a_file_is_refused(request, tmp_path, folder, name, part):
    content = (request.getfixturevalue(folder) / name).read_bytes()
    assert refusal(write(tmp_path, name, content[: int(len(content) * part)])).code in {"damaged", "wrong_type"}


@pytest.mark.parametrize(
    ("folder", "name"),
    [("pictures", "ramp.png"), ("pictures", "ramp.jpg"), ("pictures", "ramp.webp"), ("footage", "plain.mp4")],
)
@pytest.mark.parametrize("more", [b"<script>alert(1)</script>", b"PK", None])
def test_a_file_that_is_two_things_is_refused(request, tmp_path, folder, name, more):
    content = (request.getfixturevalue(folder) / name).read_bytes()
    both = content + (archive() if more is None else more)
    assert refusal(write(tmp_path, name, both)).code in {"two_things", "damaged"}


@pytest.mark.parametrize(("folder", "name"), [("sounds", "beep.wav"), ("sounds", "b.mp3"), ("sounds", "b.ogg")])
def test_a_sound_that_is_an_archive_too_is_refused(request, tmp_path, folder, name):
    content = (request.getfixturevalue(folder) / name).read_bytes()
    assert refusal(write(tmp_path, name, content + archive())).code == "two_things"


def test_a_page_dressed_as_a_picture_is_refused(tmp_path):
    assert refusal(write(tmp_path, "a.jpg", b"\xff\xd8\xff\xe0<html><script>1</script>")).code == "two_things"


def test_noise_behind_an_honest_beginning_is_refused(footage, tmp_path):
    content = bytearray((footage / "plain.mp4").read_bytes())
    start = content.index(b"mdat") + 4
    length = int.from_bytes(content[start - 8 : start - 4], "big") - 8
    for at in range(start, start + length):
        content[at] = (at * 2654435761 >> 13) & 0xFF
    assert refusal(write(tmp_path, "a.mp4", bytes(content))).code == "damaged"


def test_pictures_that_move_are_not_stills(tmp_path):
    frames = [Image.new("RGB", (20, 20), (shade, 0, 0)) for shade in (0, 100, 200)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    assert refusal(tmp_path / "a.webp").code == "animated"
    assert refusal(tmp_path / "a.png").code == "animated"


def test_a_cover_picture_does_not_make_a_sound_a_film(sounds, pictures, tmp_path):
    run_ffmpeg(
        *("-i", str(sounds / "b.m4a"), "-i", str(pictures / "ramp.png"), "-map", "0", "-map", "1", "-c", "copy"),
        *("-disposition:v:0", "attached_pic", str(tmp_path / "covered.m4a")),
    )
    assert admit(tmp_path / "covered.m4a").info.kind == "audio"


def test_wav_from_a_pipe_says_no_length_and_comes_in(sounds, tmp_path):
    content = bytearray((sounds / "beep.wav").read_bytes())
    content[4:8] = b"\xff\xff\xff\xff"
    content[40:44] = b"\xff\xff\xff\xff"
    assert admit(write(tmp_path, "a.wav", bytes(content))).info.duration_ms == pytest.approx(600, abs=5)
