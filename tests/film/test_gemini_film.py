"""A whole film with Gemini's stills and clips and the built-in voices, rehearsed, and what it cost in both books."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.rehearsal import Books
from tests.film.conftest import Studio
from tests.film.looking import cues, look

pytestmark = pytest.mark.local


def test_a_film_of_gemini_plays_and_costs_what_google_counted(studio: Studio, short_script: Path) -> None:
    target = studio.folder / "film.mp4"
    studio.environment["REHEARSAL_SPEED"] = "0.01"
    status, output = studio.run(
        "make_film", str(short_script), "--provider", "gemini", "--rehearsal", "--out", str(target)
    )
    assert status == 0, output
    assert "Nano Banana 2.1 (Google Gemini), Gemini Omni 1.2 Flash (Google Gemini), Animatic voice" in output
    film = look(target)
    assert film.size == (1280, 720)
    assert film.loudest > 0.05
    assert [text for _, _, text in cues(target.with_suffix(".srt"))] == ["He said nine.", "You are late.", "I know."]
    made = dict(studio.rows("select kind, count(*) from scenes_take group by 1"))
    assert made == {"still": made["clip"], "clip": made["clip"], "voice": 3}
    books = Books(studio.folder / "data" / "rehearsal")
    assert books.accepted("gemini") == 2 * made["clip"] == books.received("gemini")
    (settled,) = studio.rows("select sum(amount) from generation_entry where kind = 'settle'")[0]
    assert settled == books.charged("gemini") > 0
    status, output = studio.run("verify_ledger")
    assert status == 0, output
