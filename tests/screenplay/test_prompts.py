"""Prompts: the form, the light, and the limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes.screenplay.drafts import Angle
from scenes.screenplay.headings import TimeOfDay
from scenes.screenplay.prompts import QUALITY_TERMS, build_prompt, environment, lighting, measure


def test_the_eight_angles_are_worded_exactly() -> None:
    assert [angle.value for angle in Angle] == [
        "medium shot",
        "wide angle establishing shot",
        "close-up shot",
        "low angle shot",
        "over-the-shoulder shot",
        "dutch angle shot",
        "high angle shot",
        "tracking shot",
    ]


def test_the_form() -> None:
    prompt = build_prompt(
        Angle.CLOSE_UP, "Mara  ties the rope.", time_of_day=TimeOfDay.DAWN, interior="EXT", location="ISLAND LANDING"
    )
    assert prompt == (
        "close-up shot: Mara ties the rope. Pale first light with long soft shadows. "
        f"Exterior, Island Landing, open air and sky. {QUALITY_TERMS}"
    )


def test_style_comes_before_the_quality_terms() -> None:
    prompt = build_prompt(Angle.WIDE, "Rain.", time_of_day=TimeOfDay.DAY, style="watercolour, pastel", quality="sharp")
    assert prompt.endswith(". watercolour, pastel, sharp")


def test_each_time_has_its_own_light_inside_and_outside() -> None:
    lights = [lighting(time, interior) for time in TimeOfDay for interior in ("INT", "EXT")]
    assert len(set(lights)) == 14
    assert environment("INT", "BARN") != environment("EXT", "BARN") != environment("INT/EXT", "BARN")


@pytest.mark.parametrize("limit", [90, 120, 200, 300, 512])
def test_a_long_shot_is_shortened_between_words(limit: int) -> None:
    words = [f"word{number}" for number in range(300)]
    prompt = build_prompt(
        Angle.WIDE, " ".join(words), time_of_day=TimeOfDay.NIGHT, interior="EXT", location="OLD PIER", limit=limit
    )
    assert len(prompt) <= limit
    assert prompt.startswith("wide angle establishing shot: ")
    assert lighting(TimeOfDay.NIGHT, "EXT") in prompt
    used = [word for word in prompt.replace(".", " ").split() if word.startswith("word")]
    assert used == words[: len(used)]


def test_at_512_all_five_parts_are_there() -> None:
    prompt = build_prompt(
        Angle.LOW, "She runs along the wall. " * 60, time_of_day=TimeOfDay.DAY, interior="INT", location="HALL"
    )
    assert 450 < len(prompt) <= 512
    assert lighting(TimeOfDay.DAY, "INT") in prompt
    assert environment("INT", "HALL") in prompt
    assert prompt.endswith(QUALITY_TERMS)


def test_a_long_location_does_not_push_the_description_out() -> None:
    prompt = build_prompt(
        Angle.LOW, "She runs.", time_of_day=TimeOfDay.DAY, interior="INT", location="VERY LONG HALL " * 60, limit=200
    )
    assert "She runs" in prompt
    assert len(prompt) <= 200


def test_utf16_counts_an_emoji_twice() -> None:
    assert (measure("🚀", "characters"), measure("🚀", "utf16")) == (1, 2)
    prompt = build_prompt(Angle.LOW, "🚀 " * 400, time_of_day=TimeOfDay.DAY, unit="utf16")
    assert len(prompt.encode("utf-16-le")) // 2 <= 512


def test_too_short_a_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        build_prompt(Angle.WIDE, "Rain.", time_of_day=TimeOfDay.DAY, limit=40)


@given(
    description=st.text(max_size=900),
    location=st.text(max_size=300),
    style=st.text(max_size=100),
    limit=st.integers(100, 1200),
    unit=st.sampled_from(["characters", "utf16"]),
)
def test_any_words_fit_and_keep_angle_and_light(description: str, location: str, style: str, limit: int, unit) -> None:
    prompt = build_prompt(
        Angle.DUTCH,
        description,
        time_of_day=TimeOfDay.EVENING,
        interior="INT",
        location=location,
        style=style,
        limit=limit,
        unit=unit,
    )
    assert measure(prompt, unit) <= limit
    assert prompt.startswith("dutch angle shot: ")
    assert lighting(TimeOfDay.EVENING, "INT") in prompt
