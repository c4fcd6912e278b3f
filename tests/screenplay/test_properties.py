"""What holds for any text at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes.screenplay.breakdown import break_down
from scenes.screenplay.changes import plan_changes
from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.paragraphs import scenes_from_paragraphs
from scenes.screenplay.reading import ImportedScript, ScriptError, read_script
from scenes.screenplay.syntax import ElementKind, plain_text
from tests.screenplay.rules import check_rules

_PIECES = (
    *("INT. HOUSE - DAY", "EXT SEA - LATER #2#", ".FORCED", "MARA", "MARA (V.O.)", "TOM ^", "@McRae", "(softly)"),
    *(
        "Hello there.",
        "She *walks*. **Far",
        "~la la",
        "> CUT TO:",
        "> centred <",
        "CUT TO:",
        "# Act",
        "= So it is",
        "===",
    ),
    *(
        "[[note",
        "]]",
        "/*",
        "*/",
        "[[a]] b",
        "/* a */ b",
        "",
        "",
        "",
        "  ",
        "\t",
        "!INT. X",
        "Title: T",
        "a_b_c",
        "…",
        "漢字",
    ),
)
scripts = st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=30)), max_size=40).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: end.join(lines))
)


@given(scripts)
@settings(max_examples=300, deadline=None)
def test_the_parser_takes_any_text_and_its_lines_rise(text: str) -> None:
    screenplay = parse_fountain(text)
    body = [element for element in screenplay.elements if element.kind is not ElementKind.NOTE]
    last = 0
    for element in body:
        assert last < element.line <= element.end_line
        last = element.end_line
    starts = [element.line for element in screenplay.elements]
    assert starts == sorted(starts)
    assert all(warning.line > 0 for warning in screenplay.warnings)


@given(scripts)
@settings(max_examples=200, deadline=None)
def test_no_word_of_a_script_is_lost(text: str) -> None:
    """Each letter and digit that is written is found in some element, the title page, or a closed comment."""
    if "/*" in text or "#" in text or text.lstrip("\ufeff \n\r\t").startswith("Title"):
        return
    screenplay = parse_fountain(text)
    found = "".join(element.text + element.extension for element in screenplay.elements)
    entries = "".join(entry.key + "".join(entry.values) for entry in screenplay.title_page)
    assert sorted(filter(str.isalnum, found + entries)) == sorted(filter(str.isalnum, text))


@given(scripts, st.integers(2_000, 20_000))
@settings(max_examples=200, deadline=None)
def test_any_text_breaks_down_by_the_rules(text: str, limit_ms: int) -> None:
    check_rules(break_down(parse_fountain(text), clip_limit_ms=limit_ms), limit_ms)


@given(scripts)
@settings(max_examples=150, deadline=None)
def test_any_two_scripts_can_be_planned_and_numbers_are_unique(text: str) -> None:
    plan = plan_changes((), break_down(parse_fountain(text)).scenes)
    numbers = [scene.number.upper() for scene in plan.scenes]
    assert len(set(numbers)) == len(numbers)
    assert all(numbers)


@given(scripts)
@settings(max_examples=150, deadline=None)
def test_scenes_from_paragraphs_always_gives_a_script_with_headings_or_leaves_it(text: str) -> None:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    before = break_down(parse_fountain(text))
    after = break_down(parse_fountain(scenes_from_paragraphs(text)))
    if before.suggestion is not None:
        assert after.suggestion is None
        assert 1 <= sum(scene.heading.startswith("SCENE ") for scene in after.scenes) <= before.suggestion.scenes


def read_or_refusal(data: bytes) -> ImportedScript | ScriptError:
    try:
        return read_script(data)
    except ScriptError as error:
        return error


@given(st.one_of(st.binary(max_size=400), scripts.map(lambda text: text.encode("utf-8", "replace"))))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused_with_advice(data: bytes) -> None:
    result = read_or_refusal(data)
    if isinstance(result, ScriptError):
        assert result.code
        assert result.message.endswith(".")
        return
    imported = result
    assert "\r" not in imported.fountain
    assert "\x00" not in imported.fountain
    assert imported.fountain.endswith("\n")
    if imported.source_format == "fountain":
        assert read_script(imported.fountain.encode(), "a.fountain").fountain == imported.fountain


@given(st.text(alphabet="ab *_\\\n", max_size=60))
@settings(max_examples=300, deadline=None)
def test_stripping_emphasis_takes_marks_only(text: str) -> None:
    kept = [char for char in text if char not in "*_\\"]
    assert [char for char in plain_text(text) if char not in "*_\\"] == kept


@pytest.mark.parametrize("piece", ["/*", "[[", "/**/", "[[]]", "*a ", "INT. a - ", "A-", "AB ", "((", "[[a\n", "A\n\n"])
def test_hostile_repetition_ends(piece: str) -> None:
    break_down(parse_fountain(piece * 20_000))
