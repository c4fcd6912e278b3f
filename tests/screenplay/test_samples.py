"""The sample films that travel with the product, and what two other parsers make of them."""

import io
from collections import Counter
from pathlib import Path

import pytest
from fountain import ElementType, FountainParser
from hypothesis import given, settings
from hypothesis import strategies as st
from screenplain.parsers import fountain as screenplain_fountain
from screenplain.types import Dialog, DualDialog, Slug

from benchmarks.screenplay import edited, make_script, stored
from scenes.screenplay.breakdown import break_down
from scenes.screenplay.changes import Change, plan_changes
from scenes.screenplay.drafts import Angle
from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.headings import TimeOfDay
from scenes.screenplay.reading import read_script
from scenes.screenplay.syntax import ElementKind, plain_text

from .rules import check_rules

SAMPLES = Path(__file__).parents[2] / "scenes" / "samples"
NAMES = ("the_last_ferry", "paper_boats", "table_for_two")


def text_of(name: str) -> str:
    return (SAMPLES / f"{name}.fountain").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "scenes", "shortest_s", "longest_s"),
    [("the_last_ferry", 11, 140, 170), ("paper_boats", 6, 75, 100), ("table_for_two", 1, 50, 75)],
)
def test_the_samples_are_films_of_the_right_size(name: str, scenes: int, shortest_s: int, longest_s: int) -> None:
    screenplay = parse_fountain(text_of(name))
    breakdown = break_down(screenplay)
    check_rules(breakdown, 10_000)
    assert len(breakdown.scenes) == scenes
    assert shortest_s * 1000 <= breakdown.duration_ms <= longest_s * 1000
    assert breakdown.warnings == ()
    assert breakdown.suggestion is None
    assert read_script(text_of(name).encode(), f"{name}.fountain").fountain == text_of(name)


def test_the_sample_film_shows_what_the_product_can_do() -> None:
    breakdown = break_down(parse_fountain(text_of("the_last_ferry")))
    assert {scene.interior for scene in breakdown.scenes} == {"INT", "EXT"}
    assert {TimeOfDay.DUSK, TimeOfDay.NIGHT, TimeOfDay.DAWN, TimeOfDay.MORNING} <= {
        scene.time_of_day for scene in breakdown.scenes
    }
    assert {shot.angle for scene in breakdown.scenes for shot in scene.shots} == set(Angle)
    assert [character.name for character in breakdown.characters] == ["MARA", "TOM"]


def test_the_second_sample_uses_the_whole_syntax() -> None:
    screenplay = parse_fountain(text_of("paper_boats"))
    assert {element.kind for element in screenplay.elements} == set(ElementKind)
    breakdown = break_down(screenplay)
    assert [scene.number for scene in breakdown.scenes] == ["1", "2", "3", "3A", "3B", "4"]
    assert {scene.interior for scene in breakdown.scenes} == {"", "INT", "EXT", "INT/EXT"}
    lines = [line for scene in breakdown.scenes for shot in scene.shots for line in shot.lines]
    assert {line.extension for line in lines} == {"", "V.O.", "O.S.", "CONT'D"}
    assert {line.dual for line in lines} == {"", "left", "right"}
    assert "CLASSROOM" not in str(breakdown)


# Oracles: two other parsers, on text with line feeds, where their known faults do not bite.


def ours(text: str) -> tuple[Counter[str], Counter[str], int]:
    """Headings, cue names and the number of speeches."""
    elements = parse_fountain(text).elements
    return (
        Counter(plain_text(e.text) for e in elements if e.kind is ElementKind.SCENE_HEADING),
        Counter(e.text for e in elements if e.kind is ElementKind.CHARACTER),
        sum(e.kind is ElementKind.CHARACTER for e in elements),
    )


def by_fountain_py(text: str) -> tuple[Counter[str], Counter[str]]:
    elements = []
    for element in FountainParser().parse(text).elements:
        children = getattr(element, "children", None) or []
        elements.extend([element, *children])
    headings = Counter(e.text for e in elements if e.type is ElementType.SCENE_HEADING)
    return headings, Counter(e.text for e in elements if e.type is ElementType.CHARACTER)


def by_screenplain(text: str) -> tuple[Counter[str], int]:
    paragraphs = list(screenplain_fountain.parse(io.StringIO(text)))
    headings = Counter(str(p.line).strip() for p in paragraphs if isinstance(p, Slug))
    speeches = sum(isinstance(p, Dialog) + 2 * isinstance(p, DualDialog) for p in paragraphs)
    return headings, speeches


@pytest.mark.parametrize("name", [*NAMES, "generated"])
def test_two_other_parsers_agree(name: str) -> None:
    text = make_script(30) if name == "generated" else text_of(name)
    headings, names, speeches = ours(text)
    assert sum(headings.values()) == sum(by_screenplain(text)[0].values())
    assert speeches == by_screenplain(text)[1]
    other_headings, other_names = by_fountain_py(text)
    assert headings == other_headings
    if name != "paper_boats":  # fountain-py keeps the two sides of a dual to itself
        assert names == other_names


def test_the_oracles_would_notice() -> None:
    text = text_of("the_last_ferry")
    assert ours(text.replace("EXT. QUAY", "QUAY"))[0] != by_fountain_py(text)[0]
    assert ours(text.replace("\nMARA\n", "\nMara\n", 1))[2] != by_screenplain(text)[1]


@given(pages=st.integers(1, 4), seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_two_other_parsers_agree_on_any_generated_script(pages: int, seed: int) -> None:
    text = make_script(pages, seed)
    headings, names, speeches = ours(text)
    assert (headings, names) == by_fountain_py(text)
    assert (sum(headings.values()), speeches) == (sum(by_screenplain(text)[0].values()), by_screenplain(text)[1])


# A whole feature


def test_a_rewritten_feature_keeps_every_scene_and_every_take() -> None:
    script = make_script(120)
    known = stored(break_down(parse_fountain(script)))
    plan = plan_changes(known, break_down(parse_fountain(edited(script))).scenes)
    assert plan.count(Change.ADDED) == 3
    assert plan.count(Change.OMITTED) == 0
    assert plan.count(Change.MOVED) == 0
    kept = [shot.known_id for scene in plan.scenes for shot in scene.shots if "takes" in shot.keeps]
    assert sorted(filter(None, kept)) == sorted(shot.id for scene in known for shot in scene.shots if shot.has_takes)
    numbers = [scene.number for scene in plan.scenes]
    assert len(set(numbers)) == len(numbers)
    assert {scene.number for scene in known} <= set(numbers)
