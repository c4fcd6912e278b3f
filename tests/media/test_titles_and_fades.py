"""What an editor adds: words over the picture, fades through black, sounds laid under the film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.media import titles
from generation.media.cutting import Copy, Join, Run, Source, Words, cut
from generation.media.film import render_film
from generation.media.plan import Entry, FilmPlan, PlacedSound, TitleCard, Transition, VoiceLine
from generation.media.sound import DUCKED_DB
from tests.media.conftest import HOUSE

FADE = Transition("fade", 24)


@pytest.fixture
def files(mezzanines, sounds):
    return {
        "plain": mezzanines / "plain.mp4",
        "other": mezzanines / "other.mp4",
        "beep": sounds / "beep.wav",
        "spoken": sounds / "b.mp3",
    }


@pytest.fixture
def render(files, tmp_path):
    def make(plan: FilmPlan, name: str = "film.mp4"):
        path = tmp_path / "out" / name
        return path, render_film(plan, path, input_file=files.__getitem__, cache=tmp_path / "cache")

    return make


def plan_of(*entries: Entry, **more) -> FilmPlan:
    return FilmPlan(HOUSE, entries, **more)


def brightness(pictures: np.ndarray) -> np.ndarray:
    rows = pictures.shape[1] * 2 // 3
    return pictures[:, :rows].reshape(len(pictures), -1).astype(float).mean(axis=1) - 16


def test_a_fade_goes_through_black_and_takes_no_time(render, files, frames_of):
    path, made = render(plan_of(Entry("1", 72, "plain"), Entry("2", 48, "other", transition=FADE), fade_out=12))
    pictures = frames_of(path)
    plain, other = frames_of(files["plain"]), frames_of(files["other"])
    assert len(pictures) == made.frames == 120
    assert (pictures[:60] == plain[:60]).all()
    assert (pictures[84:108] == other[12:36]).all()
    before, after = brightness(plain), brightness(other)
    light = brightness(pictures)
    for step in range(12):
        assert light[60 + step] == pytest.approx(before[60 + step] * (12 - step) / 13, abs=1.5)
        assert light[72 + step] == pytest.approx(after[step] * (step + 1) / 13, abs=1.5)
        assert light[108 + step] == pytest.approx(after[36 + step] * (12 - step) / 13, abs=1.5)


def test_the_first_shot_comes_up_from_black_for_all_of_its_fade(render, files, frames_of):
    path, _ = render(plan_of(Entry("1", 72, "plain", transition=FADE)))
    light, source = brightness(frames_of(path)), brightness(frames_of(files["plain"]))
    assert light[0] == pytest.approx(source[0] / 25, abs=1.5)
    assert light[11] == pytest.approx(source[11] * 12 / 25, abs=1.5)
    assert light[30] == pytest.approx(source[30], abs=0.5)


def test_words_lie_where_and_when_they_should_and_the_rest_is_copied(render, files, frames_of):
    title = TitleCard("MARA", 1000, 1000, subtext="Ferrywoman", place="lower_left")
    path, made = render(plan_of(Entry("1", 72, "plain"), titles=(title,)))
    pictures, plain = frames_of(path), frames_of(files["plain"])
    assert len(pictures) == 72
    assert (pictures[:24] == plain[:24]).all()
    # Encoded up to the next key frame only, which is half a second before the end of a clip.
    assert (pictures[60:] == plain[60:]).all()
    assert made.joins_encoded == 1
    height, width = HOUSE.height, HOUSE.width
    words = np.abs(pictures[36][:height].astype(int) - plain[36][:height].astype(int)) > 40
    rows, columns = np.nonzero(words)
    assert len(rows) > 60
    assert rows.min() > height * 0.6
    assert columns.max() < width * 0.7
    # It comes and goes softly: in its first frame there is a tenth of it.
    first = np.abs(pictures[24][:height].astype(int) - plain[24][:height].astype(int)).max()
    assert first < 60


def test_what_is_drawn_over_frames_is_what_a_browser_lays_over_them(render, files, frames_of, tmp_path):
    title = TitleCard("The Last Ferry", 0, 2000, place="centre", style="boxed")
    path, _ = render(plan_of(Entry("1", 48, "plain"), titles=(title,)))
    drawing = tmp_path / "title.png"
    titles.draw("The Last Ferry", "", "centre", "boxed", drawing, HOUSE)
    with Image.open(drawing) as opened:
        over = np.asarray(opened.convert("RGBA")).astype(float)
    below = frames_of(files["plain"])[24][: HOUSE.height].astype(float)
    alpha = over[:, :, 3] / 255
    wanted = below * (1 - alpha) + (16 + over[:, :, 0] * 219 / 255) * alpha
    seen = frames_of(path)[24][: HOUSE.height].astype(float)
    error = ((wanted - seen) ** 2).mean()
    assert 10 * np.log10(255**2 / error) > 32


def test_a_card_on_black_before_the_film_costs_its_own_time(render, files, frames_of):
    entries = (Entry("", 36, black=True), Entry("1", 48, "plain"))
    path, made = render(plan_of(*entries, titles=(TitleCard("Two Lamps", 0, 1500, place="opening"),)))
    pictures = frames_of(path)
    assert made.frames == len(pictures) == 84
    assert (pictures[36:] == frames_of(files["plain"])[:48]).all()
    middle = pictures[18][: HOUSE.height]
    assert middle.max() > 200
    assert np.median(middle) == 16


def test_only_what_a_title_covers_is_encoded_again_when_its_words_change(render):
    entries = [Entry(str(number), 48, "other") for number in range(4)]
    _, first = render(plan_of(*entries, titles=(TitleCard("One", 500, 1000), TitleCard("Two", 4500, 1000))))
    _, again = render(plan_of(*entries, titles=(TitleCard("One", 500, 1000), TitleCard("Three", 4500, 1000))))
    assert (first.joins_encoded, again.joins_encoded, again.joins_reused) == (2, 1, 1)


@pytest.mark.parametrize("place", ["opening", "closing", "centre", "top", "lower_left", "lower_right"])
@pytest.mark.parametrize("style", ["plain", "boxed", "spaced"])
@pytest.mark.parametrize("words", ["", "Mara", "Supercalifragilistic" * 8, "many short words " * 9, "Ω Жук é \u202e\x00"])
def test_any_words_can_be_drawn(tmp_path: Path, place: str, style: str, words: str) -> None:
    path = tmp_path / "title.png"
    titles.draw(words, words, place, style, path, HOUSE)
    with Image.open(path) as image:
        assert image.size == (HOUSE.width, HOUSE.height)


def test_words_split_a_copy_at_key_frames_only():
    source = Source("a", 96, (0, 12, 36, 60, 84))
    pieces = cut([Entry("1", 96)], ["a"], {"a": source}, 24, words=[Words("w", 20, 10, 2), Words("v", 34, 4, 1)])
    assert pieces == [
        Copy("a", 0, 20),
        Join((Run("a", 20, 40),), 40, (Words("w", 0, 10, 2), Words("v", 14, 4, 1))),
        Copy("a", 60, 36),
    ]


def test_words_over_a_cut_are_on_both_sides():
    sources = {"a": Source("a", 48, (0, 12, 36)), "b": Source("b", 48, (0, 12, 36))}
    entries = [Entry("1", 48), Entry("2", 48)]
    pieces = cut(entries, ["a", "b"], sources, 24, words=[Words("w", 40, 20, 3)])
    assert pieces == [
        Copy("a", 0, 40),
        Join((Run("a", 40, 8),), 8, (Words("w", 0, 20, 3),)),
        Join((Run("b", 0, 12),), 12, (Words("w", -8, 20, 3),)),
        Copy("b", 12, 36),
    ]


# --- sounds -----------------------------------------------------------------------------------------------------------


def loud(samples: np.ndarray, start_ms: float, end_ms: float) -> float:
    part = samples[round(start_ms * 48) : round(end_ms * 48)].astype(float)
    return float(np.sqrt((part**2).mean()))


def tone(path: Path, seconds: float) -> Path:
    import wave

    at = np.arange(round(seconds * 48000)) / 48000
    data = (np.sin(2 * np.pi * 330 * at) * 6000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(data.tobytes())
    return path


def test_music_begins_fades_and_ends_where_it_was_laid(render, files, samples_of, tmp_path):
    files["music"] = tone(tmp_path / "music.wav", 6)
    laid = PlacedSound("music", 1000, 3000, in_ms=500, fade_in_ms=1000, fade_out_ms=1000)
    path, _ = render(plan_of(Entry("1", 120), sounds=(laid,)))
    heard = samples_of(path)
    full = loud(heard, 2100, 2900)
    assert loud(heard, 0, 950) < full * 0.01
    assert loud(heard, 1450, 1550) == pytest.approx(full * 0.5, rel=0.12)
    assert loud(heard, 3450, 3550) == pytest.approx(full * 0.5, rel=0.12)
    assert loud(heard, 4100, 4900) < full * 0.01


def test_music_makes_room_for_speech_and_not_for_muted_speech(render, files, samples_of, tmp_path):
    files["music"] = tone(tmp_path / "music.wav", 6)
    files["hush"] = tmp_path / "hush.wav"
    with Image.new("L", (1, 1)):  # nothing but a place in time: a recording of silence
        import wave

        with wave.open(str(files["hush"]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(48000)
            file.writeframes(bytes(2 * 48000))
    music = PlacedSound("music", 0, 5000, ducked=True)
    for gain, expected in ((0.0, 10 ** (DUCKED_DB / 20)), (None, 1.0)):
        line = VoiceLine("hush", 2000, gain_db=gain)
        path, _ = render(plan_of(Entry("1", 120), sounds=(music,), lines=(line,)), f"{gain}.mp4")
        heard = samples_of(path)
        assert loud(heard, 2200, 2800) / loud(heard, 200, 1500) == pytest.approx(expected, rel=0.1)


def test_a_louder_sound_is_louder_by_as_much(render, files, samples_of, tmp_path):
    files["music"] = tone(tmp_path / "music.wav", 6)
    quiet = PlacedSound("music", 0, 2000, gain_db=-12)
    loudly = PlacedSound("music", 2500, 2000)
    path, _ = render(plan_of(Entry("1", 120), sounds=(quiet, loudly)))
    heard = samples_of(path)
    ratio = loud(heard, 300, 1700) / loud(heard, 2800, 4200)
    assert ratio == pytest.approx(10 ** (-12 / 20), rel=0.08)


def test_a_plan_from_before_sounds_and_titles_is_still_a_plan():
    plan = plan_of(Entry("1", 24))
    old = plan.to_json()
    for name in ("sounds", "titles", "fade_out"):
        del old[name]
    del old["entries"][0]["black"]
    assert FilmPlan.from_json(old) == plan
