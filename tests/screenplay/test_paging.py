"""Where pages end, and what a comparison shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scenes.screenplay.comparing import compare, compare_words, size_of
from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.paging import LINES_PER_PAGE, page_starts


def pages(text: str) -> tuple[dict[int, int], int]:
    return page_starts(parse_fountain(text).elements)


def test_nothing_is_no_page_and_a_line_is_one() -> None:
    assert pages("") == ({}, 0)
    assert pages("INT. A - DAY\n\nRain.\n") == ({}, 1)


def test_a_page_holds_54_lines() -> None:
    # A heading and 26 paragraphs of a line with an empty line before each are 53 lines; the next begins a page.
    text = "INT. A - DAY\n\n" + "".join(f"Line {number}.\n\n" for number in range(27))
    assert pages(text) == ({55: 2}, 2)


def test_a_heading_and_a_name_do_not_stand_last() -> None:
    filler = "".join(f"Line {number}.\n\n" for number in range(25))
    starts, count = pages(f"INT. A - DAY\n\n{filler}INT. B - DAY\n\nRain.\n")
    assert starts == {53: 2}
    assert count == 2
    starts, _ = pages(f"INT. A - DAY\n\n{filler}Last.\n\nANNA\nHello.\n")
    assert starts == {55: 2}


def test_long_paragraphs_flow_over_and_page_breaks_break() -> None:
    assert pages("INT. A - DAY\n\n" + "word " * 60 * LINES_PER_PAGE)[1] >= 5
    assert pages("INT. A - DAY\n\nRain.\n\n===\n\nSun.\n") == ({7: 2}, 2)


def test_two_who_speak_at_once_share_their_lines() -> None:
    both = "ANNA\n" + "Words. " * 40 + "\n\nTOM ^\n" + "Words. " * 40 + "\n"
    one = "ANNA\n" + "Words. " * 40 + "\n"
    assert pages("INT. A - DAY\n\n" + both * 1)[1] == pages("INT. A - DAY\n\n" + one)[1]


@given(st.text(max_size=300))
def test_any_text_has_pages_in_order(text: str) -> None:
    starts, count = pages(text)
    assert list(starts.values()) == sorted(starts.values())
    assert all(2 <= page <= count for page in starts.values())


def test_a_comparison_shows_words_and_leaves_out_what_stayed() -> None:
    old = "\n\n".join(f"Paragraph {number}." for number in range(10))
    new = old.replace("Paragraph 5.", "Paragraph five, changed.")
    rows = compare(old, new)
    assert [row.how for row in rows] == ["left_out", "same", "changed", "same", "left_out"]
    assert rows[0].count == 4
    assert [(one.how, one.text) for one in rows[2].words] == [
        ("same", "Paragraph "), ("gone", "5"), ("come", "five, changed"), ("same", "."),
    ]  # fmt: skip
    assert (size_of(old, new).come, size_of(old, new).gone) == (2, 1)
    assert compare(old, old)[0].count == 10


@given(st.text(max_size=120), st.text(max_size=120))
def test_a_comparison_of_words_has_both_texts(old: str, new: str) -> None:
    words = compare_words(old, new)
    assert "".join(one.text for one in words if one.how != "come") == old
    assert "".join(one.text for one in words if one.how != "gone") == new


def test_hostile_texts_are_compared_in_bounded_work() -> None:
    # Compared thoroughly each would take hours, and the run would end at its time limit.
    compare("a b " * 100_000, "b a " * 100_000)
    compare("a\n\nb\n\n" * 20_000, "b\n\na\n\nc\n\n" * 20_000)
    compare_words("a b " * 900, "b a " * 900)
    compare_words("a " * 1990, "a b " * 995)
