"""Merging what two people wrote: different paragraphs come together, the same one is shown twice, nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes.screenplay.merging import Agreed, Conflict, match_blocks, merge

LINES = "\n".join(map(str, range(50_000)))
BASE = "INT. A - DAY\n\nOne.\n\nTwo.\n\nThree.\n\nFour.\n"


def changed(**to: str) -> str:
    text = BASE
    for was, becomes in to.items():
        text = text.replace(f"{was}.", becomes)
    return text


def test_different_paragraphs_come_together() -> None:
    merged = merge(BASE, changed(One="Uno."), changed(Three="Tre."))
    assert merged.clean
    assert merged.text == changed(One="Uno.", Three="Tre.")


def test_neighbouring_paragraphs_are_different_ones() -> None:
    assert merge(BASE, changed(Two="Due."), changed(Three="Tre.")).text == changed(Two="Due.", Three="Tre.")
    assert merge(BASE, changed(Three="Tre."), changed(Two="Due.")).text == changed(Two="Due.", Three="Tre.")


def test_a_paragraph_after_the_end_leaves_the_last_one_alone() -> None:
    merged = merge(BASE, BASE + "\nFive.\n", changed(Four="Quattro."))
    assert merged.text == changed(Four="Quattro.") + "\nFive.\n"


def test_the_same_paragraph_is_shown_twice() -> None:
    merged = merge(BASE, changed(Two="Mine."), changed(Two="Theirs."))
    assert [piece for piece in merged.pieces if isinstance(piece, Conflict)] == [
        Conflict("Two.\n\n", "Mine.\n\n", "Theirs.\n\n")
    ]


def test_the_same_change_by_both_is_one() -> None:
    merged = merge(BASE, changed(Two="Due.", One="Uno."), changed(Two="Due."))
    assert merged.text == changed(Two="Due.", One="Uno.")


@pytest.mark.parametrize("swap", [False, True])
def test_what_one_deletes_and_the_other_changes_is_disputed(swap: bool) -> None:
    mine, theirs = changed(Two="Due."), BASE.replace("Two.\n\n", "")
    merged = merge(BASE, theirs, mine) if swap else merge(BASE, mine, theirs)
    (conflict,) = [piece for piece in merged.pieces if isinstance(piece, Conflict)]
    assert {conflict.mine, conflict.theirs} == {"Due.\n\n", ""}


def test_two_insertions_at_one_spot_are_disputed() -> None:
    merged = merge(BASE, BASE + "\nMine.\n", BASE + "\nTheirs.\n")
    (conflict,) = [piece for piece in merged.pieces if isinstance(piece, Conflict)]
    assert (conflict.mine, conflict.theirs) == ("Mine.\n", "Theirs.\n")


def test_two_first_drafts_are_disputed() -> None:
    assert not merge("", "Mine.\n", "Theirs.\n").clean


def test_what_becomes_the_middle_stays_a_paragraph() -> None:
    base = "One.\n\nTwo."
    merged = merge(base, base + "\n\nThree.", base.replace("One.", "Uno."))
    assert merged.text == "Uno.\n\nTwo.\n\nThree."


words = st.sampled_from(["a", "b", "c", "MARA", "INT. X - DAY", "Fog lies.", "She goes.", "x\ny", "(low)"])
text = st.lists(words, max_size=14).map(lambda parts: "".join(f"{part}\n\n" for part in parts))
odd = st.text(alphabet=" \n\tab.", max_size=40)
any_text = text | odd


@given(any_text, any_text)
def test_who_is_alone_gets_exactly_what_they_wrote(base: str, mine: str) -> None:
    assert merge(base, mine, base).text == mine
    assert merge(base, base, mine).text == mine
    assert merge(base, mine, mine).text == mine


@st.composite
def edited(draw: st.DrawFn, base: list[str], who: str) -> list[str]:
    """Some of the paragraphs deleted, changed or moved, and new ones in between; what is new is signed."""
    result = list(base)
    for number in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(result)))
        what = draw(st.sampled_from(["insert", "change", "delete", "double"]))
        if what == "insert" or place == len(result):
            result.insert(place, f"{who} writes {number}.")
        elif what == "change":
            result[place] = f"{result[place]} {who} {number}"
        elif what == "delete":
            del result[place]
        else:
            result.insert(place, result[place])
    return result


@st.composite
def three(draw: st.DrawFn) -> tuple[str, str, str]:
    base = draw(st.lists(words, max_size=12))
    sides = (base, draw(edited(base, "Alice")), draw(edited(base, "Bob")))
    return tuple("\n\n".join(side) + "\n" for side in sides)  # type: ignore[return-value]


@given(three())
def test_nothing_that_anybody_wrote_is_lost(texts: tuple[str, str, str]) -> None:
    base, mine, theirs = texts
    merged = merge(base, mine, theirs)
    whole = "".join(
        piece.text if isinstance(piece, Agreed) else f"{piece.mine}\n\n{piece.theirs}\n\n" for piece in merged.pieces
    )
    known = set(base.strip().split("\n\n"))
    for side in (mine, theirs):
        for paragraph in side.strip().split("\n\n"):
            assert paragraph in known or paragraph in whole, paragraph


@given(three())
def test_it_does_not_matter_who_comes_first(texts: tuple[str, str, str]) -> None:
    base, mine, theirs = texts
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    assert one.clean == other.clean
    if one.clean:
        assert one.text.split() == other.text.split()


@given(three())
def test_merging_again_changes_nothing(texts: tuple[str, str, str]) -> None:
    base, mine, theirs = texts
    merged = merge(base, mine, theirs)
    if merged.clean:
        assert merge(theirs, merged.text, theirs).text == merged.text


@given(st.lists(st.integers(0, 3), max_size=30), st.lists(st.integers(0, 3), max_size=30))
def test_blocks_are_in_order_and_true(old: list[int], new: list[int]) -> None:
    at_old = at_new = 0
    for i, j, size in match_blocks(old, new):
        assert i >= at_old
        assert j >= at_new
        assert size > 0
        assert old[i : i + size] == new[j : j + size]
        at_old, at_new = i + size, j + size


@pytest.mark.parametrize(
    ("base", "mine", "theirs"),
    [
        ("a\n\n" * 60_000, "b\n\n" + "a\n\n" * 59_000 + "b\n", "c\n\n" + "a\n\n" * 58_000 + "d\n"),
        ("a\n\nb\n\n" * 30_000, "b\n\na\n\nc\n\n" * 20_000, "c\n\nb\n\n" * 30_000),
        (LINES, LINES.replace("\n", "\n\n"), LINES.replace("\n", "\n\n")[2:]),
        (" \n" * 100_000, "\n " * 100_000, "\t\n" * 100_000),
    ],
)
def test_hostile_texts_are_merged_in_bounded_work(base: str, mine: str, theirs: str) -> None:
    # Compared thoroughly each would take hours, and the run would end at its time limit.
    merge(base, mine, theirs)
