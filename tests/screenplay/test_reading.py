"""The way in: every kind of file, and every kind of bad input."""

import unicodedata
from pathlib import Path

import pytest

from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.reading import MAX_BYTES, ScriptError, clean_text, read_pasted, read_script
from scenes.screenplay.syntax import ElementKind

DATA = Path(__file__).parent / "data"
SCRIPT = "INT. CAFÉ - DAY\n\nZoë waits — “alone”.\n"


def refused(data: bytes, filename: str = "") -> ScriptError:
    with pytest.raises(ScriptError) as caught:
        read_script(data, filename)
    assert len(caught.value.message) > 30
    return caught.value


@pytest.mark.parametrize(
    ("data", "noticed"),
    [
        (SCRIPT.encode(), False),
        (SCRIPT.encode("utf-8-sig"), False),
        (SCRIPT.encode("utf-16"), True),
        (SCRIPT.encode("utf-16-le"), True),
        (SCRIPT.encode("utf-16-be"), True),
        (SCRIPT.encode("cp1252"), True),
        (SCRIPT.replace("\n", "\r\n").encode(), False),
        (SCRIPT.replace("\n", "\r").encode(), False),
        (unicodedata.normalize("NFD", SCRIPT).encode(), False),
    ],
)
def test_encodings_and_line_ends_give_the_same_script(data: bytes, noticed: bool) -> None:
    imported = read_script(data, "a.fountain")
    assert imported.fountain == SCRIPT
    assert imported.source_format == "fountain"
    assert [n.code for n in imported.notices] == (["encoding_guessed"] if noticed else [])


@pytest.mark.parametrize("data", [b"", b"  \n\t\r\n ", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00\x00", b"\xef\xbb\xbf\n\n"])
def test_empty(data: bytes) -> None:
    assert refused(data).code == "empty"


def test_invisible_text_is_empty() -> None:
    assert refused("\u200b\u202e\n\u2066".encode()).code == "empty"


def test_five_megabytes_are_refused_and_two_are_not() -> None:
    error = refused(b"INT. A - DAY\n\nGo.\n\n" * 280_000)
    assert error.code == "too_large"
    assert "2 MB" in error.message
    assert "5.1 MB" in error.message
    paragraph = b"The rain falls on the roof and on the road. " * 50 + b"\n\n"
    assert read_script((b"INT. A - DAY\n\n" + paragraph * 900)[:MAX_BYTES]).source_format == "fountain"


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"PK\x03\x04\x14\x00", "Word"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Word"),
        (b"{\\rtf1\\ansi Hello}", "rich text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 20, "binary"),
        (bytes(range(256)) * 50, "binary"),
        (b"INT. A" + b"\x00" * 50, "binary"),
    ],
)
def test_binary(data: bytes, hint: str) -> None:
    error = refused(data, "script.fountain")
    assert error.code == "binary"
    assert hint in error.message


@pytest.mark.parametrize(
    "data", [b"INT. A - DAY\n\nCaf\x81\xe9 \x8d.", b"\xff\xfeI\x00N\x00T\x00\x00\xd8x", b"\xfe\xff\x00I\x00"]
)
def test_undecodable(data: bytes) -> None:
    assert refused(data).code == "undecodable"


def test_control_characters_and_direction_marks_are_removed_with_a_notice() -> None:
    imported = read_script("INT. A\u202eB - DAY\n\nShe\x00 waits\x07.\u200f\n".encode())
    assert imported.fountain == "INT. AB - DAY\n\nShe waits.\n"
    assert [n.code for n in imported.notices] == ["direction_marks_removed", "control_characters_removed"]


def test_joiners_that_spelling_needs_are_kept() -> None:
    assert clean_text("می‌خواهم 👩‍🚀")[0] == "می‌خواهم 👩‍🚀"


def test_pasted_text_with_lone_surrogates_does_not_break() -> None:
    assert read_pasted("INT. A - DAY\n\nShe waits.\ud800").fountain.startswith("INT. A - DAY")


def test_a_script_of_comments_only_has_nothing_to_film() -> None:
    assert refused(b"Title: X\nAuthor: Y\n\n# Act one\n\n= It begins.\n").code == "no_content"


def test_too_many_scenes() -> None:
    assert refused(b"INT. A - DAY\n\n" * 2_001).code == "too_many_scenes"
    assert refused(b"a\n" * 100_002).code == "too_large"


def test_warnings_of_the_parser_come_along() -> None:
    imported = read_script(b"INT. A - DAY\n\n/* oops\n\nShe waits.\n")
    assert [(n.code, n.line) for n in imported.notices] == [("unclosed_boneyard", 3)]
    assert "She waits." in imported.fountain


@pytest.mark.parametrize("name", ["../../x.fdx", "a\x00b", "🚀.fountain", "\u202egpj.txt", "x" * 5_000])
def test_the_file_name_can_do_no_harm(name: str) -> None:
    assert read_script(SCRIPT.encode(), name).fountain == SCRIPT


def test_prose_is_taken_as_it_is() -> None:
    imported = read_script(b"It was night. A dog barked.\n\nNobody came.\n", "story.txt")
    assert imported.source_format == "plain"
    assert imported.fountain == "It was night. A dog barked.\n\nNobody came.\n"


# Final Draft


def test_final_draft_keeps_every_run_number_and_side() -> None:
    imported = read_script((DATA / "lighthouse.fdx").read_bytes(), "lighthouse.fdx")
    assert imported.source_format == "fdx"
    screenplay = parse_fountain(imported.fountain)
    assert screenplay.title == "THE LAMP"
    assert screenplay.title_value("author") == "Ida Holm"
    assert [(e.kind.value, e.text, e.scene_number or e.dual) for e in screenplay.elements] == [
        ("transition", "FADE IN:", ""),
        ("scene_heading", "EXT. LIGHTHOUSE - NIGHT", "1"),
        ("action", "She opens **the red box** slowly. A ***moth*** flies out.", ""),
        ("action", "CLOSE ON THE MOTH", ""),
        ("action", r"It has 3\*4 spots\_on each wing.", ""),
        ("character", "KEEPER", ""),
        ("parenthetical", "calling up the stairs", ""),
        ("dialogue", "Is the lamp _lit_?", ""),
        ("scene_heading", "The gallery", "1A"),
        ("character", "IDA", "left"),
        ("dialogue", "It is!", "left"),
        ("character", "Moth", "right"),
        ("dialogue", "It isn't.", "right"),
        ("action", "INT. is how this sentence begins, and it is no heading.", ""),
        ("lyrics", "Round and round", ""),
        ("centered", "THE END", ""),
        ("transition", "FADE OUT.", ""),
    ]


def test_final_draft_is_known_by_its_content_in_any_encoding() -> None:
    text = (DATA / "lighthouse.fdx").read_text("utf-8")
    as_utf16 = text.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    assert read_script(as_utf16, "x.txt").fountain == read_script(text.encode(), "").fountain


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'<?xml version="1.0"?><FinalDraft><Content><Paragraph>', "malformed_xml"),
        (b'<?xml version="1.0" encoding="nonsense"?><FinalDraft/>', "malformed_xml"),
        (b'<?xml version="1.0"?><html><body/></html>', "not_final_draft"),
        (b'<?xml version="1.0"?><FinalDraft/>', "not_final_draft"),
        (b'<?xml version="1.0"?><FinalDraft><Content/></FinalDraft>', "empty"),
        (
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
            b"<FinalDraft><Content><Paragraph><Text>&b;</Text></Paragraph></Content></FinalDraft>",
            "unsafe_xml",
        ),
        (
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
            b"<FinalDraft><Content><Paragraph><Text>&a;</Text></Paragraph></Content></FinalDraft>",
            "unsafe_xml",
        ),
    ],
)
def test_bad_final_draft_files(data: bytes, code: str) -> None:
    assert refused(data, "x.fdx").code == code


@pytest.mark.parametrize(
    "text", ["[[not a note", "/* not a boneyard", "# not a section", "= no", "BOB", "CUT TO:", ".a", "@a"]
)
def test_what_final_draft_calls_action_stays_action(text: str) -> None:
    data = f"<FinalDraft><Content><Paragraph Type='Action'><Text>{text}</Text></Paragraph></Content></FinalDraft>"
    screenplay = parse_fountain(read_script(data.encode(), "x.fdx").fountain)
    assert [e.kind for e in screenplay.elements] == [ElementKind.ACTION]
    assert not screenplay.warnings


# Plain text


def test_a_script_pasted_from_pages() -> None:
    imported = read_script((DATA / "pasted.txt").read_bytes(), "pasted.txt")
    assert imported.source_format == "plain"
    assert [n.code for n in imported.notices] == ["layout_converted"]
    screenplay = parse_fountain(imported.fountain)
    assert screenplay.title == "THE LAMP"
    assert [(e.kind.value, e.text, e.scene_number or e.extension) for e in screenplay.elements] == [
        ("scene_heading", "INT. KITCHEN - DAY 1", "1"),
        (
            "action",
            "A kettle shrieks. IDA, flour to the elbows, reaches for it without looking and takes it off the flame.",
            "",
        ),
        ("character", "IDA", ""),
        ("dialogue", "Tea is a kind of weather. You wait for it.", ""),
        ("character", "KEEPER", "O.S."),
        ("parenthetical", "from the stairs", ""),
        ("dialogue", "Then it is raining.", ""),
        ("action", "She pours two cups.", ""),
        ("transition", "CUT TO:", ""),
        ("scene_heading", "EXT. LIGHTHOUSE - NIGHT 1", "2A"),
        ("action", "The beam turns.", ""),
        ("character", "IDA", ""),
        ("dialogue", "There.", ""),
    ]


def test_numbered_headings_without_indents() -> None:
    imported = read_script(b"12 INT. X - DAY 12\n\nShe waits.\n\nMARA\nHello.\n\n13. EXT. Y - NIGHT\n\nShe goes.\n")
    headings = [e for e in parse_fountain(imported.fountain).elements if e.kind is ElementKind.SCENE_HEADING]
    assert [(e.text, e.scene_number) for e in headings] == [("INT. X - DAY", "12"), ("EXT. Y - NIGHT", "13")]
    assert "MARA\nHello." in imported.fountain
