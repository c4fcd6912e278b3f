"""Films and sounds without what they tell beside picture and sound: the same to the eye and ear, packet for packet."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from generation.media import clean_copy, gate
from generation.media.children import ChildLimits
from generation.media.clean_copy import StillTells, copy_clean
from tests.media.conftest import run_ffmpeg

TELLING = (
    *("-metadata", "location=+48.8584+002.2945/", "-metadata", "title=SpyCam"),
    *("-metadata", "com.apple.quicktime.make=SpyCam", "-metadata", "creation_time=2024-05-01T12:34:56"),
    *("-metadata:s", "handler_name=SpyCam", "-movflags", "use_metadata_tags"),
)
SECRETS = (b"SpyCam", b"48.8584")
HDR = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
SOURCE = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=24", "-f", "lavfi", "-i", "sine=frequency=440", "-t", "2")


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films and sounds that say where they were made, and by what."""
    folder = tmp_path_factory.mktemp("telling")
    # With a track of data: its time code.
    run_ffmpeg(*SOURCE, "-bf", "2", *HDR, *TELLING, "-timecode", "01:00:00:00", str(folder / "phone.mp4"))
    tracks = ("-map", "0:v", "-map", "0:a", "-c", "copy")
    run_ffmpeg("-display_rotation", "90", "-i", str(folder / "phone.mp4"), *tracks, *TELLING, str(folder / "held.mp4"))
    run_ffmpeg("-ss", "0.7", "-i", str(folder / "phone.mp4"), *tracks, *TELLING, str(folder / "trimmed.mp4"))
    run_ffmpeg(*SOURCE, "-c:a", "pcm_s16le", *TELLING, str(folder / "camera.mov"))
    run_ffmpeg(*SOURCE, "-c:v", "libvpx-vp9", "-deadline", "realtime", *TELLING[:4], str(folder / "screen.webm"))
    run_ffmpeg(*SOURCE, "-map", "1", "-c:a", "aac", *TELLING, str(folder / "memo.m4a"))
    run_ffmpeg(*SOURCE, "-movflags", "+frag_keyframe+empty_moov", *TELLING[:4], str(folder / "streamed.mp4"))
    return folder


def packets(path: Path) -> list[tuple[str, bytes]]:
    with av.open(str(path)) as container:
        streams = [*container.streams.video, *container.streams.audio]
        return [(packet.stream.type, bytes(packet)) for packet in container.demux(streams) if packet.size]


def looks(path: Path) -> tuple[object, ...]:
    with av.open(str(path)) as container:
        if not container.streams.video:
            return ()
        frame = next(container.decode(container.streams.video[0]))
        return frame.rotation, frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range


@pytest.mark.parametrize(
    "name", ["phone.mp4", "held.mp4", "trimmed.mp4", "camera.mov", "screen.webm", "memo.m4a", "streamed.mp4"]
)
def test_nothing_is_told_and_nothing_is_lost(telling: Path, tmp_path: Path, name: str) -> None:
    path, target = telling / name, tmp_path / f"clean{Path(name).suffix}"
    before = gate.admit(path)
    assert before.media_type in clean_copy.COPIED
    assert any(secret in path.read_bytes() for secret in SECRETS), "the example tells nothing"
    info = copy_clean(path, target, before.info)
    told = target.read_bytes()
    assert not [secret for secret in SECRETS if secret in told]
    with av.open(str(target)) as container:
        assert {stream.type for stream in container.streams} <= {"video", "audio"}
        assert "creation_time" not in container.metadata
    after = gate.admit(target)
    assert after.media_type == before.media_type
    for fact in ("duration_ms", "frames", "rotation", "width", "height", "frame_rate", "channels"):
        assert getattr(after.info, fact) == getattr(before.info, fact), fact
    assert (info.frames, info.dark, info.still) == (before.info.frames, before.info.dark, before.info.still)
    assert looks(target) == looks(path)
    assert sorted(packets(target)) == sorted(packets(path))


def test_the_same_film_has_the_same_copy(telling: Path, tmp_path: Path) -> None:
    info = gate.admit(telling / "phone.mp4").info
    first, second = tmp_path / "1.mp4", tmp_path / "2.mp4"
    copy_clean(telling / "phone.mp4", first, info)
    copy_clean(first, second, info)
    assert first.read_bytes() == second.read_bytes()


def test_a_copy_that_is_another_film_is_refused(telling: Path, tmp_path: Path) -> None:
    other = gate.admit(telling / "held.mp4").info
    with pytest.raises(StillTells, match="rotation"):
        copy_clean(telling / "phone.mp4", tmp_path / "clean.mp4", other)


def test_what_cannot_be_copied_leaves_nothing(telling: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_little(**given: object) -> ChildLimits:
        return ChildLimits(file_bytes=1000)

    info = gate.admit(telling / "phone.mp4").info
    monkeypatch.setattr(clean_copy, "ChildLimits", too_little)
    with pytest.raises(StillTells):
        copy_clean(telling / "phone.mp4", tmp_path / "clean.mp4", info)
    assert not list(tmp_path.iterdir())
