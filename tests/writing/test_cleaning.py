"""What models put around a screenplay goes; what is none is refused; what was cut off ends with a paragraph."""

from __future__ import annotations

import pytest

from generation.writing.cleaning import NoScreenplay, fountain_of, joined, prose_of, screenplay_of, whole_part
from scenes.screenplay.fountain import parse_fountain
from tests.writing.words import FOUNTAIN

HTML = FOUNTAIN.replace("EXT. HARBOUR - DAWN", "<h2>EXT. HARBOUR - DAWN</h2>").replace("Fog", "<b>Fog</b>")


@pytest.mark.parametrize(
    "answer",
    [
        FOUNTAIN,
        f"Here is your screenplay:\n\n{FOUNTAIN}",
        f"Sure! I have written it.\n\n```fountain\n{FOUNTAIN}\n```\n\nLet me know what you think.",
        f"```\n{FOUNTAIN}",
        f"{FOUNTAIN}\n\n---\n\nI hope this works. Would you like another scene?",
        FOUNTAIN.replace("EXT. HARBOUR - DAWN", "**EXT. HARBOUR - DAWN**"),
        FOUNTAIN.replace("INT. WHEELHOUSE - DAY", "### INT. WHEELHOUSE - DAY"),
        "\ufeff" + FOUNTAIN.replace("\n", "\r\n") + "\x00\u202e",
        f"Willkommen, hier das Drehbuch\n\n{FOUNTAIN}",
    ],
    ids=["plain", "preface", "fence", "open fence", "afterword", "bold", "markdown", "marks", "foreign preface"],
)
def test_what_stands_around_a_screenplay_goes(answer: str) -> None:
    assert screenplay_of(answer) == FOUNTAIN + "\n"


def test_tags_go_and_their_words_stay() -> None:
    found = parse_fountain(screenplay_of(HTML + "\n\n<script>alert(1)</script>"))
    words = [element.text for element in found.elements]
    assert "EXT. HARBOUR - DAWN" in words
    assert "Fog lies on the water. MARA, 60, unties the last ferry." in words
    assert not any("<" in text for text in words)


@pytest.mark.parametrize(
    "answer",
    ["", "I cannot write this.", "```\n```", "A ferry crosses, and nobody speaks.", "Title: Only that", "<p></p>"],
    ids=["nothing", "refusal", "fence", "prose", "title", "tags"],
)
def test_what_is_no_screenplay_is_refused_with_words(answer: str) -> None:
    with pytest.raises(NoScreenplay) as refused:
        screenplay_of(answer)
    assert str(refused.value).endswith((".", "”."))


@pytest.mark.parametrize(
    ("cut", "left"),
    [
        ("EXT. SEA - DAY\n\nFog. It li", "EXT. SEA - DAY\n"),
        ("EXT. SEA - DAY\n\nFog.\n\nMARA", "EXT. SEA - DAY\n\nFog.\n"),
        ("EXT. SEA - DAY\n\nFog.\n\nMARA\nOne mo", "EXT. SEA - DAY\n\nFog.\n"),
        ("EXT. SEA - DAY\n\nFog.", "EXT. SEA - DAY\n\nFog.\n"),
        ("Fo", "Fo\n"),
    ],
    ids=["action", "name", "words", "whole", "all there is"],
)
def test_what_was_cut_off_ends_with_a_whole_paragraph(cut: str, left: str) -> None:
    assert whole_part(cut) == left


def test_a_continuation_says_nothing_twice() -> None:
    before = "EXT. SEA - DAY\n\nFog.\n"
    assert joined(before, "EXT. SEA - DAY\n\nFog.\n\nA bell.") == "EXT. SEA - DAY\n\nFog.\n\nA bell.\n"
    assert joined(before, "Here is the rest:\n\nA bell.") == "EXT. SEA - DAY\n\nFog.\n\nA bell.\n"


def test_prose_is_without_its_fence() -> None:
    assert prose_of("```\nA hand in the fog.\n```") == "A hand in the fog."


@pytest.mark.parametrize("bit", ["<a ", "<!--", "**", "&", "<", "```\n", "x ", "\n\n", "(", "&amp;", "ok.\n\n"])
def test_any_answer_is_cleaned_and_never_raises(bit: str) -> None:
    """The longest answers there are: what would take quadratic time would not end here."""
    assert isinstance(fountain_of(bit * (400_000 // len(bit))), str)


def test_a_line_of_blanks_is_cleaned_like_any_other() -> None:
    """Models that get stuck write them; what would take quadratic time would not end here."""
    assert fountain_of(f"EXT. SEA - DAY\n\nFog{' ' * 400_000}lifts.").startswith("EXT. SEA - DAY\n\nFog ")
