"""Subtitles that a person can read, and a player too."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as some

from generation.media.plan import Cue
from generation.media.sound import Spoken
from generation.media.subtitles import LINE_LENGTH, Subtitle, lay_out, to_srt

LONG = (
    "I have been standing on this pier since four in the morning, and in all that time not one of you had the decency "
    "to bring me so much as a cup of coffee, let alone an explanation."
)


def test_a_cue_follows_its_line():
    laid = lay_out([Cue("Now.", line=0)], [Spoken(2500, 4000)], 10_000)
    assert laid == [Subtitle(2500, 4000, "Now.")]


def test_long_ones_are_divided_and_nothing_is_lost():
    laid = lay_out([Cue(LONG, 1000, 9000)], [], 20_000)
    assert len(laid) >= 2
    assert " ".join(" ".join(one.text.split("\n")) for one in laid) == LONG
    assert (laid[0].start_ms, laid[-1].end_ms) == (1000, 9000)


def test_short_ones_stay_for_a_second():
    laid = lay_out([Cue("No.", 1000, 1200), Cue("Yes!", 5000, 5100)], [], 10_000)
    assert [one.end_ms - one.start_ms for one in laid] == [1000, 1000]


def test_the_film_ends_when_it_ends():
    assert lay_out([Cue("Bye.", 9_800, 12_000)], [], 10_000) == [Subtitle(9_800, 10_000, "Bye.")]
    assert lay_out([Cue("Gone.", 11_000, 12_000), Cue("  ", 0, 500)], [], 10_000) == []


def test_two_who_speak_at_once_share_one_subtitle_with_names():
    laid = lay_out([Cue("Stop!", 0, 1500, "ANNA"), Cue("Go!", 200, 1400, "BEN")], [], 10_000)
    assert laid == [Subtitle(0, 1500, "ANNA: Stop!\nBEN: Go!")]


def test_srt_is_written_as_players_read_it():
    text = to_srt([Subtitle(0, 1000, "Größe\n日本"), Subtitle(3_723_004, 3_724_005, "Two")])
    assert text == "1\n00:00:00,000 --> 00:00:01,000\nGröße\n日本\n\n2\n01:02:03,004 --> 01:02:04,005\nTwo\n"


cue = some.builds(
    lambda text, start, length, speaker: Cue(text, start, start + length, speaker),
    text=some.text(max_size=300),
    start=some.integers(-500, 30_000),
    length=some.integers(0, 6000),
    speaker=some.sampled_from(["", "ANNA", "BEN", "A VERY LONG NAME THAT NO SCREEN HAS ROOM FOR"]),
)


@settings(max_examples=300, deadline=None)
@given(some.lists(cue, max_size=12))
def test_whatever_is_said_can_be_shown(cues):
    laid = lay_out(cues, [], 30_000)
    for one in laid:
        assert 0 <= one.start_ms < one.end_ms <= 30_000
        lines = one.text.split("\n")
        assert 1 <= len(lines) <= 2
        assert all(0 < len(line) <= LINE_LENGTH for line in lines)
        assert one.text.encode()
    for before, after in pairwise(laid):
        assert before.end_ms <= after.start_ms
