"""Voices: sound that can be laid into a film as it is."""

from __future__ import annotations

import subprocess
import sys
import uuid
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.providers.animatic import AnimaticProvider
from generation.providers.animatic.voice import directed, make_voice, polished, readable, resampled, voice_of
from generation.providers.base import Context, Operation, Order, Output
from generation.providers.errors import Refused, Stopped

LINE = "We were supposed to leave at ten, and now the last ferry is gone."


def context(folder: Path, check: Callable[[], None] = lambda: None) -> Context:
    return Context(key="", work_dir=folder, input_file=lambda sha: folder / sha, report=lambda _: None, check=check)


def order(text: str, **parameters: Any) -> Order:
    return Order(uuid.uuid4(), Operation.TEXT_TO_SPEECH, "animatic-voice", text, parameters)


def spoken(folder: Path, text: str, **parameters: Any) -> np.ndarray[Any, Any]:
    provider = AnimaticProvider()
    body = provider.prepare(order(text, **parameters), context(folder))
    provider.fetch(body, Output("result", "audio/wav"), folder / "line.wav", context(folder))
    with wave.open(str(folder / "line.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64) / 32768


def test_a_line_is_spoken_without_clicks_at_an_even_level(tmp_path: Path) -> None:
    sound = spoken(tmp_path, LINE, voice="ANNA")
    assert 2.0 < len(sound) / 48_000 < 8.0
    assert np.abs(sound).max() == pytest.approx(0.708, abs=0.01)
    assert np.abs(sound[:3]).max() < 0.001
    assert np.abs(sound[-3:]).max() < 0.001
    assert np.sqrt((sound**2).mean()) > 0.03


def test_a_character_keeps_one_voice_and_another_has_another(tmp_path: Path) -> None:
    anna = spoken(tmp_path, LINE, voice="ANNA")
    assert np.array_equal(anna, spoken(tmp_path, LINE, voice=" anna "))
    assert not np.array_equal(anna[:20_000], spoken(tmp_path, LINE, voice="FERRYMAN")[:20_000])
    assert len({voice_of(f"PERSON {i}", "en") for i in range(30)}) > 20


def test_the_library_knows_every_voice_that_is_given_out() -> None:
    names = sorted({voice_of(f"PERSON {i}", "en").name for i in range(200)})
    program = (
        "import ctypes, os, sys, espeakng_loader as e; l = ctypes.CDLL(e.get_library_path());"
        "l.espeak_Initialize(2, 0, os.fsencode(e.get_data_path()), 0x8000);"
        "sys.exit(', '.join(n for n in sys.argv[1:] if l.espeak_SetVoiceByName(n.encode())) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program, *names], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_line_speaks_faster_to_fit_but_not_beyond_reason(tmp_path: Path) -> None:
    usual = len(spoken(tmp_path, LINE, voice="TOM")) / 48
    fitted = len(spoken(tmp_path, LINE, voice="TOM", max_duration_ms=round(usual * 0.8))) / 48
    assert fitted <= usual * 0.8
    rushed = len(spoken(tmp_path, LINE, voice="TOM", max_duration_ms=300)) / 48
    assert rushed > usual * 0.5
    assert len(spoken(tmp_path, LINE, voice="TOM", max_duration_ms=60_000)) / 48 == usual


@pytest.mark.parametrize("text", ["", "   ", "…", "—", "(beat)", "*** ", "\u0000", "😀"])
def test_nothing_to_say_is_a_short_silence(tmp_path: Path, text: str) -> None:
    sound = spoken(tmp_path, text)
    assert 0.1 < len(sound) / 48_000 < 1.0
    assert np.abs(sound).max() == 0


@pytest.mark.parametrize(
    "text", ["\ud800 hello", "Привет, мир", "a" * 3000, "<speak>no</speak> [[x]]", "مرحبا", "100%"]
)
def test_odd_text_is_no_error(tmp_path: Path, text: str) -> None:
    assert len(spoken(tmp_path, text, voice="X", language="no such language")) > 0


def test_capitals_dashes_and_dots_read_well() -> None:
    assert readable("WHERE is HE — now...") == "where is he, now"
    assert readable("No. 12 — 10:45") == "No. 12, 10:45"
    assert readable("Wait--what?") == "Wait, what?"
    assert readable("(quietly) Yes… maybe.") == "Yes, maybe."
    assert readable("I AM") == "I am"
    assert "BBC" in readable("the BBC")


def test_resampling_keeps_a_tone_where_it_is() -> None:
    time = np.arange(22_050) / 22_050
    made = resampled(np.sin(2 * np.pi * 440 * time), 22_050)
    assert len(made) == 48_000
    expected = np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    assert np.abs(made - expected)[2000:-2000].max() < 0.02


def test_sound_rises_from_and_falls_to_silence() -> None:
    made = polished(np.ones(9_600))
    assert made[0] == 0
    assert made[-1] < 0.001
    assert made[4_800] == pytest.approx(0.708)
    assert np.abs(np.diff(made)).max() < 0.01


def test_too_long_a_line_is_refused_and_a_stop_leaves_nothing(tmp_path: Path) -> None:
    provider = AnimaticProvider()
    with pytest.raises(Refused):
        provider.prepare(order("a" * 5001), context(tmp_path))
    body = provider.prepare(order(LINE), context(tmp_path))

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        provider.fetch(body, Output("result"), tmp_path / "line.wav", context(tmp_path, stop))
    assert list(tmp_path.iterdir()) == []


def test_a_parenthetical_is_heard_and_one_that_means_nothing_changes_nothing(tmp_path: Path) -> None:
    voice = voice_of("Siobhan", "en")
    assert directed(voice, "Siobhan", "to the dog") == voice
    assert directed(voice, "Siobhan", "whispering").name.endswith("+whisperf")
    ways = ["whispering", "shouting", "softly", "slowly", "in a hurry", "flatly"]
    assert len({directed(voice, "Siobhan", way) for way in ways} | {voice}) == len(ways) + 1
    sounds = {}
    for way in ("", "shouting", "wearily"):
        path = tmp_path / f"{way or 'plain'}.wav"
        make_voice(
            "There is nobody at the door.",
            directed(voice, "Siobhan", way),
            path,
            max_duration_ms=None,
            check=lambda: None,
        )
        sounds[way] = path.stat().st_size
    assert sounds["shouting"] < sounds[""] < sounds["wearily"]
