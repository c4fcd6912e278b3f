"""Cutting a shot in two, and telling two wordings apart."""

import pytest

from scenes.screenplay.dividing import SHORTEST_PART_MS, divide
from scenes.screenplay.drafts import LineDraft
from scenes.screenplay.wording import word_diff


def line(start: int, end: int) -> LineDraft:
    return LineDraft("MARA", f"{start}", start_ms=start, duration_ms=end - start)


def test_sentences_stay_whole_and_a_single_one_goes_on() -> None:
    first, second = divide("Fog. A gull cries, far away. Silence.", (), 6000, 1000)
    assert (first.description, second.description) == ("Fog.", "A gull cries, far away. Silence.")
    first, second = divide("Fog and nothing else", (), 6000, 1000)
    assert first.description == second.description == "Fog and nothing else"


@pytest.mark.parametrize("at", range(-1000, 10_000, 250))
def test_no_line_is_cut_and_nothing_is_lost(at: int) -> None:
    lines = (line(0, 1500), line(1500, 4000), line(4200, 6000))
    first, second = divide("One. Two. Three.", lines, 6500, at)
    assert [one.text for one in (*first.lines, *second.lines)] == ["0", "1500", "4200"]
    assert first.duration_ms + second.duration_ms >= 6500
    for part in (first, second):
        assert part.duration_ms >= SHORTEST_PART_MS
        assert all(one.start_ms >= 0 and one.end_ms <= part.duration_ms for one in part.lines)


def test_where_somebody_speaks_all_the_time_a_short_half_follows() -> None:
    first, second = divide("She talks.", (line(0, 3000),), 3000, 1500)
    assert (len(first.lines), first.duration_ms, second.lines, second.duration_ms) == (1, 3000, (), SHORTEST_PART_MS)


def test_a_difference_is_told_word_by_word() -> None:
    pieces = word_diff("Close-up shot of a gull, dawn.", "Close-up shot of a ferry, dawn.")
    assert [(piece.kind, piece.text.strip()) for piece in pieces] == [
        ("same", "Close-up shot of a"), ("gone", "gull,"), ("new", "ferry,"), ("same", "dawn."),
    ]  # fmt: skip
    assert word_diff("", "") == []


@pytest.mark.parametrize(("before", "after"), [("a " * 8000, "a b " * 4000), ("a b c " * 3000, "c b a " * 3000)])
def test_a_difference_of_words_that_all_come_again_is_told_too(before: str, after: str) -> None:
    # Compared thoroughly these would take hours.
    pieces = word_diff(before, after)
    for without, text in (("new", before), ("gone", after)):
        assert "".join(one.text for one in pieces if one.kind != without).split() == text.split()
