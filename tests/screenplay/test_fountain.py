"""Fountain syntax, rule by rule, on our own examples."""

import pytest

from scenes.screenplay.fountain import parse_fountain, split_cue
from scenes.screenplay.syntax import Element, ElementKind, plain_text

K = ElementKind


def parse(text: str) -> tuple[Element, ...]:
    return parse_fountain(text).elements


def kinds(text: str) -> list[tuple[ElementKind, str]]:
    return [(element.kind, element.text) for element in parse(text)]


@pytest.mark.parametrize(
    "line",
    [
        "INT. HOUSE - DAY",
        "int. house - day",
        "EXT BEACH - NIGHT",
        "EST. CITY - DAWN",
        "INT./EXT. CAR - DAY",
        "INT/EXT CAR - DAY",
        "EXT./INT. CAR - DAY",
        "I/E. CAR - DAY",
        "INT. CAFÉ ÉTOILE - NUIT",
        "INNEN. KÜCHE - TAG",
        "ИНТ. КУХНЯ - ДЕНЬ",
    ],
)
def test_headings_by_their_first_word(line: str) -> None:
    assert kinds(f"{line}\n\nShe waits.") == [(K.SCENE_HEADING, line), (K.ACTION, "She waits.")]


@pytest.mark.parametrize(
    "line", ["INTO THE WOODS", "Interior monologue.", "EXTRA! EXTRA!", "...and then.", "ESTHER sits."]
)
def test_what_only_looks_like_a_heading_is_action(line: str) -> None:
    assert kinds(f"Before.\n\n{line}\n\nShe waits.")[1] == (K.ACTION, line)


def test_forced_elements() -> None:
    text = ".SNIPER SCOPE\n\n!INT. NOT A HEADING\n\n@McCLANE\nYippie.\n\n~la la\n\n> FADE OUT.\n\n> THE END <"
    assert kinds(text) == [
        (K.SCENE_HEADING, "SNIPER SCOPE"),
        (K.ACTION, "INT. NOT A HEADING"),
        (K.CHARACTER, "McCLANE"),
        (K.DIALOGUE, "Yippie."),
        (K.LYRICS, "la la"),
        (K.TRANSITION, "FADE OUT."),
        (K.CENTERED, "THE END"),
    ]


@pytest.mark.parametrize("number", ["1", "12A", "I-1-A", "1.5", "110A"])
def test_scene_numbers(number: str) -> None:
    (heading,) = parse(f"EXT. ROOF - DAY #{number}#")
    assert (heading.text, heading.scene_number) == ("EXT. ROOF - DAY", number)


def test_a_hash_in_the_middle_is_no_scene_number() -> None:
    (heading,) = parse("INT. ROOM #4 - DAY")
    assert (heading.text, heading.scene_number) == ("INT. ROOM #4 - DAY", "")


@pytest.mark.parametrize(
    ("cue", "name", "extension"),
    [
        ("MARA (V.O.)", "MARA", "V.O."),
        ("MARA (V.O.) (CONT'D)", "MARA", "V.O., CONT'D"),
        ("MARA (on the radio)", "MARA", "on the radio"),
        ("R2D2", "R2D2", ""),
        ("ZOË", "ZOË", ""),
        ("ÅSA ÖSTBERG", "ÅSA ÖSTBERG", ""),
        ("GROßMUTTER", "GROßMUTTER", ""),
        ("МАША", "МАША", ""),
        ("MARA (unclosed", "MARA", "unclosed"),
    ],
)
def test_character_cues(cue: str, name: str, extension: str) -> None:
    character, dialogue = parse(f"Action.\n\n{cue}\nHello.")[1:]
    assert (character.kind, character.text, character.extension) == (K.CHARACTER, name, extension)
    assert (dialogue.kind, dialogue.speaker) == (K.DIALOGUE, name)


@pytest.mark.parametrize("text", ["23\nSkidoo.", "MARA\n\nShe is alone.", "Mara\nHello.", "THE END.\n"])
def test_what_is_no_cue(text: str) -> None:
    assert not [element for element in parse(f"Before.\n\n{text}") if element.kind is K.CHARACTER]


def test_parentheticals_and_lyrics_inside_a_speech() -> None:
    found = parse("MARA\n(softly)\nHello.\n(beat)\nAgain.\n~and a song")
    assert [element.kind for element in found] == [
        K.CHARACTER,
        K.PARENTHETICAL,
        K.DIALOGUE,
        K.PARENTHETICAL,
        K.DIALOGUE,
        K.LYRICS,
    ]
    assert {element.speaker for element in found[1:]} == {"MARA"}


def test_two_spaces_keep_a_speech_open_over_an_empty_line() -> None:
    dialogue = parse("MARA\nOne.\n  \nTwo.\n\nAction.")[1]
    assert (dialogue.text, dialogue.line, dialogue.end_line) == ("One.\n\nTwo.", 2, 4)


def test_spaces_on_every_empty_line_do_not_glue_the_script_together() -> None:
    speech = "MARA\nOne.\n   \nShe leaves the room.\n   \n"
    found = kinds("INT. HALL - DAY\n   \n" + speech * 4)
    assert found.count((K.ACTION, "She leaves the room.")) == 4


def test_dual_dialogue_marks_both_sides() -> None:
    found = parse("MARA\n(loud)\nOne.\n\nTOM ^\nTwo.\n\nMARA\nThree.")
    assert [element.dual for element in found] == ["left", "left", "left", "right", "right", "", ""]
    assert found[3].text == "TOM"


def test_a_dual_mark_with_nobody_before_is_an_ordinary_speech() -> None:
    assert [element.dual for element in parse("She waits.\n\nTOM ^\nTwo.")] == ["", "", ""]


def test_notes_are_taken_out_and_kept_with_their_lines() -> None:
    found = parse("She runs [[how fast?]] away.\n\n[[over\ntwo lines]]\n\nMARA\n[[loud]]\nHello.")
    assert [(e.kind, e.text, e.line, e.end_line) for e in found] == [
        (K.ACTION, "She runs away.", 1, 1),
        (K.NOTE, "how fast?", 1, 1),
        (K.NOTE, "over\ntwo lines", 3, 4),
        (K.CHARACTER, "MARA", 6, 6),
        (K.NOTE, "loud", 7, 7),
        (K.DIALOGUE, "Hello.", 8, 8),
    ]


def test_a_note_over_an_empty_line_needs_two_spaces() -> None:
    assert kinds("[[one\n  \ntwo]]\n\nEnd.")[0] == (K.NOTE, "one\n\ntwo")
    open_note = parse_fountain("[[one\n\ntwo]]\n\nEnd.")
    assert [e.kind for e in open_note.elements] == [K.ACTION, K.ACTION, K.ACTION]
    assert [(w.code, w.line) for w in open_note.warnings] == [("unclosed_note", 1)]


def test_boneyards_go_and_lines_stay_right() -> None:
    found = parse("One.\n\n/* gone\n\nINT. GONE - DAY\n*/\n\nTwo /* inner */ words.")
    assert [(e.text, e.line) for e in found] == [("One.", 1), ("Two words.", 8)]


def test_a_boneyard_inside_a_speech_does_not_end_it() -> None:
    assert kinds("MARA\n/* cut */\nHello.") == [(K.CHARACTER, "MARA"), (K.DIALOGUE, "Hello.")]


@pytest.mark.parametrize("later", ["", "\n\n/* closed */ And on."])
def test_an_unclosed_boneyard_warns_and_swallows_nothing(later: str) -> None:
    screenplay = parse_fountain(f"INT. A - DAY\n\nOne.\n\n/* oops\n\nINT. B - DAY\n\nTwo.{later}")
    assert [e.text for e in screenplay.elements if e.kind is K.SCENE_HEADING] == ["INT. A - DAY", "INT. B - DAY"]
    assert [(w.code, w.line) for w in screenplay.warnings] == [("unclosed_boneyard", 5)]
    assert "Line 5" in screenplay.warnings[0].message


def test_sections_synopses_and_page_breaks() -> None:
    found = parse("# Act\n\n## Part\n\n= It begins.\n\n===\n\nGo.")
    assert [(e.kind, e.text, e.depth) for e in found] == [
        (K.SECTION, "Act", 1),
        (K.SECTION, "Part", 2),
        (K.SYNOPSIS, "It begins.", 0),
        (K.PAGE_BREAK, "", 0),
        (K.ACTION, "Go.", 0),
    ]


def test_transitions_stand_alone_and_end_in_to() -> None:
    assert kinds("Go.\n\nCUT TO:\n\nOn.")[1] == (K.TRANSITION, "CUT TO:")
    assert kinds("Go.\n\nShe talks TO:\n\nOn.")[1][0] is K.ACTION


def test_title_page() -> None:
    screenplay = parse_fountain("Title:\n    _**Paper Boats**_\n    A film\nAuthor: Nobody\n\nINT. A - DAY")
    assert [(entry.key, entry.values) for entry in screenplay.title_page] == [
        ("Title", ("_**Paper Boats**_", "A film")),
        ("Author", ("Nobody",)),
    ]
    assert screenplay.title == "Paper Boats A film"
    assert screenplay.elements[0].line == 6


@pytest.mark.parametrize("first", ["FADE IN:", "CUT TO:", "Bob: hello there"])
def test_a_first_line_with_a_colon_is_not_a_title_page(first: str) -> None:
    screenplay = parse_fountain(f"{first}\n\nINT. A - DAY")
    assert screenplay.title_page == ()
    assert screenplay.elements[0].text == first


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_bom_and_tabs_do_not_matter(end: str) -> None:
    text = "\ufeffINT. A - DAY\n\n\tShe waits.   \n\nMARA\n\t(low)\n\tHello.\n"
    found = parse(text.replace("\n", end))
    assert [(e.kind, e.text.strip(), e.line) for e in found] == [
        (K.SCENE_HEADING, "INT. A - DAY", 1),
        (K.ACTION, "She waits.", 3),
        (K.CHARACTER, "MARA", 5),
        (K.PARENTHETICAL, "low", 6),
        (K.DIALOGUE, "Hello.", 7),
    ]


def test_a_heading_glued_to_the_text_before_it_is_found_with_a_warning() -> None:
    screenplay = parse_fountain("INT. A - DAY\nShe waits.\nEXT. B - NIGHT\nHe waits.")
    assert [e.text for e in screenplay.elements if e.kind is K.SCENE_HEADING] == ["INT. A - DAY", "EXT. B - NIGHT"]
    assert [(w.code, w.line) for w in screenplay.warnings] == [("heading_without_blank", 3)]


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("*italic* **bold** ***both*** _under_", "italic bold both under"),
        ("**bold *both***", "bold both"),
        ("_**all** of it_", "all of it"),
        (r"\*literal\* and \_so\_", "*literal* and _so_"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case_name", "snake_case_name"),
        ("*open", "*open"),
        ("one * star and *two", "one * star and *two"),
        ("*over\nlines*", "*over\nlines*"),
    ],
)
def test_emphasis_is_stripped(marked: str, plain: str) -> None:
    assert plain_text(marked) == plain


def test_split_cue_without_extension() -> None:
    assert split_cue("  OLD   MAN ") == ("OLD MAN", "")
