"""``manage.py make_film``, typed by hand: films that play, wrong input, and a kill in the middle."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from tests.film.conftest import ROOT, Studio
from tests.film.looking import cues, look

SAMPLES = ROOT / "scenes" / "samples"
pytestmark = pytest.mark.local


def test_a_script_becomes_a_film_that_plays(studio: Studio, short_script: Path) -> None:
    target = studio.folder / "film.mp4"
    status, output = studio.run("make_film", str(short_script), "--out", str(target))
    assert status == 0, output
    assert "2 scenes" in output
    assert "Cost: free" in output
    film = look(target)
    (shots_ms,) = studio.rows("select sum(duration_ms) from scenes_shot where omitted_at is null")[0]
    assert abs(film.frames - shots_ms * film.fps / 1000) <= 1
    assert abs(film.audio_ms - film.video_ms) <= 1000 / film.fps + 1024 * 1000 / 48000
    assert film.size == (1280, 720)
    assert film.chapters == 2
    assert film.subtitles == 1
    assert film.loudest > 0.05
    said = [text for _, _, text in cues(target.with_suffix(".srt"))]
    assert said == ["He said nine.", "You are late.", "I know."]
    # The mirror of each scene lies in its folder, and says what the database says.
    mirrors = list((studio.folder / "data" / "media").rglob("scene.json"))
    assert len(mirrors) == 2


def test_after_a_change_only_what_changed_is_made_again(studio: Studio, short_script: Path) -> None:
    target = studio.folder / "film.mp4"
    assert studio.run("make_film", str(short_script), "--out", str(target))[0] == 0
    of_scene_1 = (
        "select count(*) from scenes_take t join scenes_shot s on s.id = t.shot_id "
        "join scenes_scene c on c.id = s.scene_id where c.number = '1'"
    )
    before = studio.rows(of_scene_1)
    status, output = studio.run("make_film", str(short_script), "--out", str(target))
    assert "0 stills, 0 clips, 0 voices" in output
    short_script.write_text(short_script.read_text().replace("I know.", "I know. The bridge was closed."))
    status, output = studio.run("make_film", str(short_script), "--out", str(target))
    assert status == 0, output
    assert "1 voice " in output
    assert studio.rows(of_scene_1) == before
    assert cues(target.with_suffix(".srt"))[-1][2].endswith("The bridge was closed.")


def test_kill_in_the_middle_then_again_and_nothing_is_made_twice(studio: Studio, short_script: Path) -> None:
    target = studio.folder / "film.mp4"
    for takes_before_the_kill in (1, 4):
        process = studio.start("make_film", str(short_script), "--out", str(target))
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.1)
            database = studio.folder / "data" / "rushes.sqlite3"
            if database.exists() and _takes(studio) >= takes_before_the_kill:
                break
        assert process.poll() is None, "it ended before it could be killed"
        studio.kill(process)
    status, output = studio.run("make_film", str(short_script), "--out", str(target))
    assert status == 0, output
    assert look(target).frames > 0
    assert studio.rows("select shot_id, kind, line_id, count(*) c from scenes_take group by 1, 2, 3 having c > 1") == []
    assert studio.rows("select count(*) from generation_job where state != 'succeeded'") == [(0,)]
    assert studio.rows("select count(*) from scenes_render") == [(1,)]
    doubled = studio.rows(
        "select json_extract(payload, '$.jobId') j, type, count(*) c from projects_event "
        "where type like '%_completed' or type like '%_started' group by 1, 2 having c > 1"
    )
    assert doubled == []
    (count, highest) = studio.rows("select count(*), max(number) from projects_event")[0]
    assert count == highest


def _takes(studio: Studio) -> int:
    try:
        return int(studio.rows("select count(*) from scenes_take")[0][0])
    except Exception:
        return 0  # the tables are still being made


@pytest.mark.slow
@pytest.mark.parametrize(("sample", "scenes"), [("the_last_ferry", 11), ("paper_boats", 6), ("table_for_two", 1)])
def test_every_sample_becomes_a_film(studio: Studio, sample: str, scenes: int) -> None:
    target = studio.folder / "film.mp4"
    status, output = studio.run("make_film", str(SAMPLES / f"{sample}.fountain"), "--out", str(target))
    assert status == 0, output
    film = look(target)
    (shots_ms,) = studio.rows("select sum(duration_ms) from scenes_shot where omitted_at is null")[0]
    assert studio.rows("select count(*) from scenes_scene where omitted_at is null") == [(scenes,)]
    assert film.chapters == scenes
    assert abs(film.frames - shots_ms * film.fps / 1000) <= 1
    lines = studio.rows(
        "select l.text from scenes_line l join scenes_shot s on s.id = l.shot_id "
        "join scenes_scene c on c.id = s.scene_id order by c.position, s.position, l.position"
    )
    spoken = cues(target.with_suffix(".srt"))
    # Long lines are spread over several cues and two who speak at once share one: no word is lost on the way.
    written = Counter(" ".join(text for (text,) in lines).split())
    assert not written - Counter(" ".join(text for _, _, text in spoken).replace("- ", "").split())
    assert all(end <= film.video_ms + 1 and start < end for start, end, _ in spoken)
    assert all(one[1] <= two[0] + 1 or "\n" in one[2] for one, two in pairwise(spoken))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.fountain"], "cannot be read"),
        (["{folder}"], "is a folder"),
        (["{script}", "--out", "film.avi"], "name it film.mp4"),
        (["{script}", "--out", "no/such/folder/film.mp4"], "Make it first"),
        (["{script}", "--provider", "hollywood"], "There are: animatic"),
        (["{script}", "--as", "nobody@example.com"], "Nobody with a team"),
        (["{empty}"], "empty"),
        (["{binary}"], "text"),
        (["{large}"], "MB"),
    ],
)
def test_wrong_input_says_what_to_do_and_makes_nothing(
    studio: Studio, short_script: Path, arguments: list[str], says: str
) -> None:
    files = {"script": short_script, "folder": studio.folder}
    for name, data in {"empty": b"", "binary": bytes(range(256)) * 40, "large": b"A line of text.\n" * 330_000}.items():
        files[name] = studio.folder / f"{name}.fountain"
        files[name].write_bytes(data)
    status, output = studio.run("make_film", *[argument.format(**files) for argument in arguments])
    assert status != 0
    assert says in output
    assert "Traceback" not in output
    assert not list(studio.folder.rglob("*.mp4"))


def test_a_script_without_headings_still_becomes_a_film(studio: Studio) -> None:
    prose = studio.folder / "prose.txt"
    prose.write_text("A woman walks along the beach.\n\nShe finds a bottle.\n\nInside there is a letter.\n")
    target = studio.folder / "film.mp4"
    status, output = studio.run("make_film", str(prose), "--out", str(target))
    assert status == 0, output
    assert "no scene headings" in output
    assert look(target).chapters >= 2
