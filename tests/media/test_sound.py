"""Voices where they belong, clips under them, the right loudness, in the memory of one second."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from generation.media import ffmpeg, loudness
from generation.media.plan import VoiceLine
from generation.media.sound import Sound, Spoken, as_wav, is_plain_wav, mix, place, wav_length
from generation.providers.errors import Stopped
from tests.media.conftest import beep


def at(*starts: int, dual: int = 0) -> list[VoiceLine]:
    return [VoiceLine("v", start, dual=dual) for start in starts]


def test_lines_with_room_stay_where_they_were_planned():
    assert place(at(100, 2000), [1000, 500], 5000) == [Spoken(100, 1100), Spoken(2000, 2500)]


def test_nobody_is_interrupted():
    first, second, third = place(at(0, 500, 600), [1000, 1000, 1000], 9000)
    assert first.end_ms <= second.start_ms
    assert second.end_ms <= third.start_ms


def test_two_may_speak_at_once_when_the_script_says_so():
    lines = [*at(0), *at(1500, 1600, dual=1), *at(1700)]
    spoken = place(lines, [1000, 1000, 2000, 500], 9000)
    assert [one.start_ms for one in spoken[1:3]] == [1500, 1600]
    assert spoken[3].start_ms >= spoken[2].end_ms


def test_different_duals_wait_for_each_other():
    spoken = place([*at(0, dual=1), *at(100, dual=2)], [1000, 1000], 9000)
    assert spoken[1].start_ms >= spoken[0].end_ms


def test_late_lines_are_pulled_back_into_the_film():
    spoken = place(at(0, 3900), [1000, 1000], 4000)
    assert spoken == [Spoken(0, 1000), Spoken(3000, 4000)]


def test_more_speech_than_film_ends_with_the_film():
    spoken = place(at(0, 0, 0), [2000, 2000, 2000], 3000)
    assert all(one.start_ms >= 0 and one.end_ms <= 3000 for one in spoken)


def collect(sounds, speech=(), total=48000) -> np.ndarray:
    chunks = list(mix(sounds, speech, total))
    assert all(len(chunk) <= 48000 for chunk in chunks)
    mixed = np.concatenate(chunks)
    assert mixed.shape == (total, 2)
    return mixed


def test_a_sound_begins_and_ends_on_its_sample(sounds):
    mixed = collect([Sound(sounds / "beep.wav", 70_000, 20_000)], total=120_001)
    heard = np.flatnonzero(np.abs(mixed[:, 0]) > 0)
    assert heard[0] in range(70_000, 70_004)
    assert heard[-1] in range(89_995, 90_000)
    assert (mixed[:, 0] == mixed[:, 1]).all()


def test_a_part_of_a_recording_is_that_part(sounds):
    whole = collect([Sound(sounds / "long.wav", 0, 72_000, fade_in=1, fade_out=1)], total=72_000)
    part = collect([Sound(sounds / "long.wav", 10_000, 20_000, skipped=30_000, fade_in=1, fade_out=1)], total=72_000)
    assert np.allclose(part[10_000:30_000], whole[30_000:50_000], atol=1e-6)
    early = collect([Sound(sounds / "long.wav", -5_000, 20_000, fade_in=1, fade_out=1)], total=72_000)
    assert np.allclose(early[:15_000], whole[5_000:20_000], atol=1e-6)
    late = collect([Sound(sounds / "long.wav", 1_000, 20_000, skipped=-500, fade_in=1, fade_out=1)], total=72_000)
    assert not late[:1_500].any()
    assert np.allclose(late[1_500:20_000], whole[:18_500], atol=1e-6)


def test_clips_make_way_for_voices(sounds):
    clip = [Sound(sounds / "long.wav", 0, 72_000, ducked=True)]
    alone = collect(clip, total=72_000)
    under = collect(clip, [Spoken(500, 1000)], total=72_000)
    assert np.abs(under[30_000:40_000]).max() < 0.4 * np.abs(alone[30_000:40_000]).max()
    assert np.allclose(under[:10_000], alone[:10_000], atol=1e-6)
    assert np.allclose(under[60_000:], alone[60_000:], atol=1e-6)
    assert np.abs(np.diff(under[:, 0])).max() < 0.05


def test_memory_does_not_grow_with_the_film(sounds):
    def peak(seconds: int) -> int:
        sounds_ = [Sound(sounds / "beep.wav", second * 48_000, 28_000) for second in range(seconds)]
        tracemalloc.start()
        for _ in mix(sounds_, [], seconds * 48_000):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(120) < peak(10) + 300_000


@pytest.mark.parametrize("name", ["b.mp3", "b.m4a", "b.flac", "b.ogg"])
def test_every_recording_becomes_plain_wav(sounds, tmp_path, name):
    assert not is_plain_wav(sounds / name)
    as_wav(sounds / name, tmp_path / "a.wav")
    assert is_plain_wav(tmp_path / "a.wav")
    assert wav_length(tmp_path / "a.wav") == pytest.approx(72_000, abs=1500)


def test_a_clip_without_sound_cannot_be_heard(footage, tmp_path):
    with pytest.raises(ffmpeg.FfmpegFailed):
        as_wav(footage / "other.mp4", tmp_path / "a.wav")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("level", [0.02, 0.1, 0.9])
@pytest.mark.parametrize("bursts", [False, True])
def test_the_film_has_the_loudness_of_the_web(tmp_path, samples_of, level, bursts):
    beep(tmp_path / "a.wav", 6, hertz=700, level=level)
    sounds = [Sound(tmp_path / "a.wav", 0, 6 * 48_000)]
    if bursts:
        beep(tmp_path / "b.wav", 0.02, hertz=997, level=min(0.99, level * 8))
        sounds += [Sound(tmp_path / "b.wav", start, 960) for start in range(24_000, 260_000, 48_000)]
    total = 6 * 48_000 + 500
    with (tmp_path / "mix.f32").open("wb") as file:
        for chunk in mix(sounds, [], total):
            file.write(chunk.tobytes())
    loudness.finish(tmp_path / "mix.f32", tmp_path / "a.m4a", samples=total)
    after = loudness.measure(ffmpeg.file_input(tmp_path / "a.m4a"))
    assert after.integrated == pytest.approx(-16, abs=1.0)
    assert after.true_peak <= -1.5
    assert len(samples_of(tmp_path / "a.m4a")) == total
    before = loudness.noted(tmp_path / "a.m4a")
    assert before is not None
    if not bursts:
        assert before.integrated == pytest.approx(20 * np.log10(level) - 0.7, abs=1)


def test_silence_stays_silent(tmp_path, samples_of):
    (tmp_path / "mix.f32").write_bytes(bytes(48_000 * 8))
    loudness.finish(tmp_path / "mix.f32", tmp_path / "a.m4a", samples=48_000)
    assert np.abs(samples_of(tmp_path / "a.m4a")).max() < 1e-4


def test_mixing_can_be_stopped(sounds):
    def check() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        next(mix([Sound(sounds / "beep.wav", 0, 100)], [], 48_000, check=check))
