"""Whole films: exact, copied where they can be, in sync, readable, stoppable, and cheap to make again."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from generation.media import cutting, ffmpeg
from generation.media.cutting import Copy
from generation.media.film import render_film
from generation.media.muxing import FilmBroken
from generation.media.plan import Chapter, Cue, Entry, FilmPlan, Transition, VoiceLine
from generation.media.probe import Unreadable, probe
from generation.providers.errors import Stopped
from tests.media.conftest import HOUSE, beep

DISSOLVE = Transition("dissolve", 12)


@pytest.fixture
def files(footage, mezzanines, pictures, sounds):
    """What the plans of these tests refer to, by name instead of by hash."""
    return {
        "plain": mezzanines / "plain.mp4",
        "other": mezzanines / "other.mp4",
        "thirty": footage / "thirty.mp4",
        "tall": footage / "tall.mp4",
        "large": footage / "large.mp4",
        "still": pictures / "ramp.jpg",
        "beep": sounds / "beep.wav",
        "spoken": sounds / "b.mp3",
    }


@pytest.fixture
def render(files, tmp_path):
    def make(plan: FilmPlan, name: str = "film.mp4", **more):
        path = tmp_path / "out" / name
        return path, render_film(plan, path, input_file=files.__getitem__, cache=tmp_path / "cache", **more)

    return make


def plan_of(*entries: Entry, **more) -> FilmPlan:
    return FilmPlan(HOUSE, entries, **more)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    error = ((one.astype(float) - other.astype(float)) ** 2).mean()
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))


def test_hard_cuts_are_the_sources_bit_for_bit(render, files, frames_of):
    path, made = render(plan_of(Entry("1", 72, "plain"), Entry("2", 48, "other"), Entry("3", 40, "plain")))
    pictures = frames_of(path)
    assert len(pictures) == made.frames == 160
    assert (pictures[:72] == frames_of(files["plain"])).all()
    assert (pictures[72:120] == frames_of(files["other"])).all()
    assert (pictures[120:] == frames_of(files["plain"])[:40]).all()
    assert (made.joins_encoded, made.joins_reused) == (0, 0)
    assert made.duration_ms == probe(path).duration_ms == round(160 / 24 * 1000)


def test_dissolves_keep_the_length_and_mix_what_they_should(render, files, frames_of):
    path, made = render(plan_of(Entry("1", 72, "plain"), Entry("2", 48, "other", transition=DISSOLVE)))
    pictures = frames_of(path)
    plain, other = frames_of(files["plain"]), frames_of(files["other"])
    assert len(pictures) == 120
    assert made.joins_encoded == 1
    assert (pictures[:66] == plain[:66]).all()
    assert (pictures[72 + 12 :] == other[12:]).all()
    for step in range(12):
        before = plain[min(66 + step, 71)].astype(float)
        after = other[max(step - 6, 0)].astype(float)
        weight = (step + 1) / 13
        assert psnr(pictures[66 + step], before * (1 - weight) + after * weight) > 36
    for frame in range(78, 84):
        assert psnr(pictures[frame], other[frame - 72]) > 36


def test_every_mixture_is_exactly_as_long_as_its_shots(render, frames_of, samples_of):
    entries = (
        Entry("1", 50, "plain", source_in=5),
        Entry("2", 100, "other", transition=Transition("dissolve", 23)),
        Entry("3", 31, still="still", transition=DISSOLVE),
        Entry("4", 7),
        Entry("5", 48, "thirty", transition=Transition("dissolve", 200)),
        Entry("6", 1, "tall"),
        Entry("7", 48, "large", transition=Transition("dissolve", 1)),
        Entry("8", 30, "plain", source_in=60),
    )
    path, made = render(plan_of(*entries))
    total = sum(entry.frames for entry in entries)
    assert len(frames_of(path)) == made.frames == total
    assert len(samples_of(path)) == round(total * 48000 / 24)
    decoded = subprocess.run(
        [ffmpeg.binary(), "-v", "warning", "-xerror", "-i", str(path), "-f", "null", "-"],
        capture_output=True,
        check=True,
    )
    assert decoded.stderr == b""


def test_frames_are_evenly_spaced_and_start_at_nought(render):
    path, _ = render(plan_of(Entry("1", 40, "plain"), Entry("2", 30, "other", transition=DISSOLVE), Entry("3", 20)))
    with av.open(str(path)) as container:
        stamps = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    assert stamps == [number * 512 for number in range(90)]


def test_a_short_clip_holds_its_last_picture(render, files, frames_of):
    path, _ = render(plan_of(Entry("1", 48 + 70, "other")))
    pictures, last = frames_of(path), frames_of(files["other"])[-1]
    assert len(pictures) == 118
    assert all(psnr(picture, last) > 36 for picture in pictures[48:])


def test_an_in_point_between_key_frames_is_exact(render, files, frames_of):
    path, made = render(plan_of(Entry("1", 60, "plain", source_in=7)))
    source = frames_of(files["plain"])
    pictures = frames_of(path)
    assert made.joins_encoded == 1
    assert all(psnr(pictures[number], source[7 + number]) > 36 for number in range(60))
    assert (pictures[5:] == source[12:67]).all()


def test_a_still_stands_upright_in_the_middle(render, frames_of):
    path, _ = render(plan_of(Entry("1", 50, still="still")))
    pictures = frames_of(path)
    assert len(pictures) == 50
    luma = pictures[30][:180].astype(int)
    assert np.abs(luma[:, :95] - 16).max() <= 2  # held upright, 200x300: black on both sides
    assert luma[:, 150:170].mean() > 60


def test_a_missing_shot_gets_a_slate_with_its_label(render, frames_of):
    path, _ = render(plan_of(Entry("12A-3", 24), Entry("\u202e\x00" * 5 + "长" * 90, 24)))
    pictures = frames_of(path)
    assert len(pictures) == 48
    assert pictures[5][60:120, 100:220].max() > 150
    assert not (pictures[5] == pictures[40]).all()


def test_voices_are_heard_at_their_times(render, samples_of):
    lines = (VoiceLine("beep", 1000, "ANNA"), VoiceLine("beep", 3333, "BEN"))
    path, made = render(plan_of(Entry("1", 72, "other"), Entry("2", 48, transition=DISSOLVE), lines=lines))
    loud = np.abs(samples_of(path)[:, 0]) > 0.02
    for line in lines:
        expected = round(line.start_ms * 48)
        heard = expected - 4800 + int(np.argmax(loud[expected - 4800 : expected + 9600]))
        assert abs(heard - expected) < 48000 / 24
    assert made.loudness is not None
    with av.open(str(path)) as container:
        sound = container.streams.audio[0]
        assert (sound.codec_context.name, sound.codec_context.sample_rate, sound.codec_context.channels) == (
            "aac",
            48000,
            2,
        )


def test_the_sound_of_clips_stays_with_their_pictures(files, tmp_path, samples_of):
    beep(tmp_path / "beep.wav", 0.2)
    files["clap"] = tmp_path / "clap.mp4"
    subprocess.run(
        [
            *(ffmpeg.binary(), "-v", "error", "-i", str(files["plain"]), "-i", str(tmp_path / "beep.wav")),
            *("-filter_complex", "[1]adelay=1000:all=1,apad=whole_dur=3[a]", "-map", "0:v", "-map", "[a]"),
            *("-c:v", "copy", "-c:a", "aac", "-video_track_timescale", "12288", str(files["clap"])),
        ],
        check=True,
    )
    plan = plan_of(Entry("1", 48, "other"), Entry("2", 60, "clap", source_in=12), Entry("3", 60, "clap", gain_db=None))
    render_film(plan, tmp_path / "film.mp4", input_file=files.__getitem__, cache=tmp_path / "cache")
    loud = np.flatnonzero(np.abs(samples_of(tmp_path / "film.mp4")[:, 0]) > 0.02)
    assert loud[0] == pytest.approx((2 + 1 - 0.5) * 48000, abs=48000 / 24)
    assert loud[-1] < 4.5 * 48000


def test_a_film_without_any_sound_has_no_sound_track(render):
    path, made = render(plan_of(Entry("1", 48, "other"), Entry("2", 10)))
    assert probe(path).audio_codec == ""
    assert made.loudness is None


def test_subtitles_chapters_and_title_can_be_read_back(render):
    plan = plan_of(
        Entry("1", 48, "other"),
        Entry("2", 48, "plain"),
        Entry("3", 48),
        lines=(VoiceLine("beep", 500), VoiceLine("beep", 600)),
        cues=(Cue("Größe — “ja”, {no} <i>tags</i>", line=0), Cue("Second", line=1)),
        chapters=(Chapter("1. INT. HARBOUR — NIGHT", 0), Chapter("2. Größe", 2)),
        title="A Film; with = signs\nand lines",
    )
    path, made = render(plan)
    assert made.srt.splitlines()[2] == "Größe — “ja”, {no} <i>tags</i>"
    # The second line waits until the first has been spoken, and its subtitle waits with it.
    assert made.srt.splitlines()[5].startswith("00:00:01,500") or "00:00:01,1" in made.srt.splitlines()[5]
    with av.open(str(path)) as container:
        assert container.metadata["title"] == plan.title
        chapters = [
            (
                chapter["metadata"]["title"],
                float(chapter["start"] * Fraction(chapter["time_base"] or 0)),
                float(chapter["end"] * Fraction(chapter["time_base"] or 0)),
            )
            for chapter in container.chapters()
        ]
        assert chapters == [("1. INT. HARBOUR — NIGHT", 0, 4), ("2. Größe", 4, 6)]
        text = container.streams.subtitles[0]
        assert text.language == "eng"
        read = [
            (round(float(packet.pts * packet.time_base), 3), bytes(packet)[2:].decode())
            for packet in container.demux(text)
            if packet.pts is not None and packet.size > 2
        ]
    assert [words for _, words in read] == ["Größe — “ja”, {no} <i>tags</i>", "Second"]
    assert read[0][0] == 0.5


def test_the_film_starts_before_it_is_loaded(render):
    path, _ = render(plan_of(Entry("1", 48, "other")))
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_making_it_again_encodes_nothing(render):
    plan = plan_of(
        Entry("1", 72, "plain"),
        Entry("2", 48, "other", transition=DISSOLVE),
        Entry("3", 48, "plain", transition=DISSOLVE),
        lines=(VoiceLine("spoken", 100),),
    )
    first, made = render(plan, "first.mp4")
    second, again = render(plan, "second.mp4")
    assert (made.joins_encoded, made.joins_reused) == (2, 0)
    assert (again.joins_encoded, again.joins_reused) == (0, 2)
    assert first.read_bytes() == second.read_bytes()
    assert again.loudness == made.loudness


def test_one_changed_shot_makes_its_own_joins_anew_and_no_others(render, files, tmp_path):
    entries = [Entry(str(number), 48, "plain", source_in=0, transition=DISSOLVE) for number in range(8)]
    for number in range(8):
        files[f"shot{number}"] = files["plain"] if number % 2 else files["other"]
    entries = [replace(entry, clip=f"shot{number}") for number, entry in enumerate(entries)]
    _, made = render(plan_of(*entries))
    assert made.joins_encoded == 7
    files["new"] = files["plain"]
    entries[3] = replace(entries[3], clip="new")
    _, again = render(plan_of(*entries))
    assert (again.joins_encoded, again.joins_reused) == (2, 5)


def test_clips_that_do_not_fit_are_conformed_once(render, tmp_path):
    plan = plan_of(Entry("1", 48, "thirty"), Entry("2", 48, "tall"))
    render(plan)
    conformed = {path: path.stat().st_ino for path in (tmp_path / "cache").glob("clip-*")}
    assert len(conformed) == 2
    render(plan)
    assert {path: path.stat().st_ino for path in (tmp_path / "cache").glob("clip-*")} == conformed


def test_stopping_at_any_moment_leaves_whole_pieces_only(files, tmp_path):
    plan = plan_of(
        Entry("1", 48, "thirty"),
        Entry("2", 48, "other", transition=DISSOLVE),
        Entry("3", 60, still="still", transition=DISSOLVE),
        lines=(VoiceLine("spoken", 100),),
    )
    looks = 0

    def count() -> None:
        nonlocal looks
        looks += 1

    def attempt(check, cache: Path) -> Path:
        path = tmp_path / "out" / "film.mp4"
        render_film(plan, path, input_file=files.__getitem__, cache=cache, check=check)
        return path

    whole = attempt(count, tmp_path / "reference").read_bytes()
    (tmp_path / "out" / "film.mp4").unlink()
    stopped = 0
    for moment in range(0, looks, max(1, looks // 12)):
        left = moment

        def check() -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Stopped

        cache = tmp_path / f"cache{moment}"
        try:
            # How often a child is looked after depends on how long it takes, so the last moments may come too late.
            assert attempt(check, cache).read_bytes() == whole
            (tmp_path / "out" / "film.mp4").unlink()
        except Stopped:
            stopped += 1
        assert list((tmp_path / "out").iterdir()) == []
        for piece in cache.iterdir():
            assert ".part" not in piece.name
            assert piece.suffix != ".f32"
            if piece.suffix in {".mp4", ".m4a"}:
                assert probe(piece).duration_ms > 0
    assert stopped > 5
    # What a stopped render left behind serves the next one.
    assert attempt(lambda: None, cache).read_bytes() == whole


def test_progress_rises_to_one(render):
    told: list[float] = []
    plan = plan_of(
        Entry("1", 48, "thirty"), Entry("2", 48, "other", transition=DISSOLVE), lines=(VoiceLine("beep", 0),)
    )
    render(plan, report=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 10
    assert all(0 <= progress <= 1 for progress in told)


def test_a_clip_that_is_none_stops_the_film_and_leaves_the_old_one(render, files, sounds, tmp_path):
    path, _ = render(plan_of(Entry("1", 24, "other")))
    before = path.read_bytes()
    files["broken"] = sounds / "beep.wav"
    with pytest.raises(Unreadable):
        render(plan_of(Entry("1", 24, "broken")))
    with pytest.raises(KeyError):
        render(plan_of(Entry("1", 24, "nowhere")))
    assert path.read_bytes() == before


def test_pieces_that_do_not_add_up_are_never_a_film(render, monkeypatch):
    monkeypatch.setattr(cutting, "cut", lambda entries, keys, sources, fps, **more: [Copy(keys[0], 0, 20)])
    with pytest.raises(FilmBroken, match="20 frames instead of 24"):
        render(plan_of(Entry("1", 24, "other")))
    monkeypatch.setattr(cutting, "cut", lambda entries, keys, sources, fps, **more: [Copy(keys[0], 5, 24)])
    with pytest.raises(FilmBroken, match="cannot be cut at frame 5"):
        render(plan_of(Entry("1", 24, "other")))


def test_a_plan_travels_as_json():
    plan = plan_of(
        Entry("1", 72, "plain", source_in=3, transition=DISSOLVE, gain_db=None),
        Entry("2", 48, still="still"),
        lines=(VoiceLine("beep", 100, "ANNA", -3.0, 2),),
        cues=(Cue("Hi", line=0), Cue("There", 1, 2, "BEN")),
        chapters=(Chapter("One", 1),),
        title="T",
        language="deu",
    )
    assert FilmPlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


@pytest.mark.parametrize(
    "broken",
    [
        lambda: plan_of(),
        lambda: Entry("1", 0),
        lambda: Entry("1", 5, source_in=-1),
        lambda: Transition("wipe", 3),
        lambda: Transition("cut", 3),
        lambda: plan_of(Entry("1", 5), cues=(Cue("x", line=0),)),
        lambda: plan_of(Entry("1", 5), chapters=(Chapter("x", 1),)),
    ],
)
def test_impossible_plans_are_refused(broken):
    with pytest.raises(ValueError, match=r"."):
        broken()


def test_memory_does_not_grow_with_the_number_of_clips(files, tmp_path):
    """Measured in a process of its own, because the peak of this one has been reached elsewhere."""
    code = """
import json, re, sys
from pathlib import Path
from generation.media.film import render_film
from generation.media.plan import FilmPlan
plan, files, out = json.loads(sys.argv[1])
render_film(FilmPlan.from_json(plan), Path(out) / "film.mp4", input_file=lambda sha: Path(files[sha]), cache=Path(out))
# Not ru_maxrss: that begins with the peak of whoever started this process.
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""

    def peak(shots: int) -> int:
        entries = [Entry(str(n), 48, "plain" if n % 2 else "other", transition=DISSOLVE) for n in range(shots)]
        wanted = [
            plan_of(*entries).to_json(),
            {name: str(path) for name, path in files.items()},
            str(tmp_path / str(shots)),
        ]
        finished = subprocess.run(
            [sys.executable, "-c", code, json.dumps(wanted)],
            capture_output=True,
            check=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        return int(finished.stdout)

    few, many = peak(4), peak(60)
    assert many < few + 40_000
    assert many < 400_000
