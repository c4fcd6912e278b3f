"""From script to scenes, shots and timed lines."""

from collections import Counter
from itertools import pairwise

import pytest

from scenes.screenplay.breakdown import break_down
from scenes.screenplay.drafts import Angle, Breakdown, SceneDraft
from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.headings import TimeOfDay
from scenes.screenplay.paragraphs import scenes_from_paragraphs
from scenes.screenplay.timing import action_ms, speech_ms, split_speech
from tests.screenplay.rules import check_rules


def broken_down(text: str, **options: int) -> Breakdown:
    return break_down(parse_fountain(text), **options)


def only_scene(text: str, **options: int) -> SceneDraft:
    (scene,) = broken_down(text, **options).scenes
    return scene


def test_a_scene_has_everything_the_page_shows() -> None:
    scene = only_scene(
        "INT. KITCHEN - NIGHT #7#\n\n= They talk.\n\nMARA QUILL (60s) sits. A kettle.\n\n"
        "MARA\n(softly)\nCome *in*.\n\nTOM (O.S.)\nI am in.\n\nDISSOLVE TO:"
    )
    assert (scene.number, scene.interior, scene.location) == ("7", "INT", "KITCHEN")
    assert (scene.time_of_day, scene.time_words) == (TimeOfDay.NIGHT, "NIGHT")
    assert scene.characters == ("MARA", "TOM")
    assert scene.action == "MARA QUILL (60s) sits. A kettle."
    assert [(s.character, s.text, s.parenthetical, s.extension) for s in scene.dialogue] == [
        ("MARA", "Come in.", "softly", ""),
        ("TOM", "I am in.", "", "O.S."),
    ]
    assert (scene.synopsis, scene.transition, scene.line, scene.end_line) == ("They talk.", "DISSOLVE TO:", 1, 12)


def test_who_is_off_screen_is_not_to_be_seen() -> None:
    scene = only_scene("INT. HALL - DAY\n\nMARA\nHello?\n\nTOM (O.S.)\nOver here, behind the very heavy door.")
    off = next(shot for shot in scene.shots if any(line.character == "TOM" for line in shot.lines))
    assert "TOM" not in off.characters
    assert next(line for line in off.lines if line.character == "TOM").off_screen


def test_continuous_takes_the_light_of_the_scene_before() -> None:
    scenes = broken_down("EXT. A - DUSK\n\nGo.\n\nINT. B - CONTINUOUS\n\nGo.\n\nINT. C - LATER\n\nGo.").scenes
    assert [scene.time_of_day for scene in scenes] == [TimeOfDay.DUSK] * 3
    assert scenes[1].time_words == "CONTINUOUS"


def test_continuous_in_the_first_scene_is_day() -> None:
    assert only_scene("INT. A - CONTINUOUS\n\nGo.").time_of_day is TimeOfDay.DAY


def test_an_unknown_time_is_day_with_a_warning_and_its_words_kept() -> None:
    breakdown = broken_down("INT. A - NIGHT\n\nGo.\n\nINT. B - BRILLIG\n\nGo.")
    scene = breakdown.scenes[1]
    assert (scene.time_of_day, scene.time_words, scene.location) == (TimeOfDay.DAY, "BRILLIG", "B")
    assert [(w.code, w.line) for w in breakdown.warnings] == [("unknown_time", 5)]
    assert "BRILLIG" in breakdown.warnings[0].message


def test_a_location_of_300_characters_is_shortened_between_words_with_a_warning() -> None:
    breakdown = broken_down(f"INT. {'CORRIDOR ' * 34}- DAY\n\nGo.")
    (scene,) = breakdown.scenes
    assert len(scene.location) <= 200
    assert set(scene.location.split()) == {"CORRIDOR"}
    assert scene.time_of_day is TimeOfDay.DAY
    assert {w.code for w in breakdown.warnings} == {"long_location", "long_heading"}


@pytest.mark.parametrize("name", ["../../etc/passwd", "A\x00B", "🚀🌙", "\u202eABC", "😀" * 300, "<b>X</b>"])
def test_hostile_names_are_harmless(name: str) -> None:
    check_rules(broken_down(f"INT. {name} - DAY\n\n{name} waits.\n\n@{name}\n{name} says so."), 10_000)


def test_a_new_place_opens_wide_and_a_known_one_does_not_have_to() -> None:
    scenes = broken_down("INT. A - DAY\n\nGo on.\n\nEXT. B - DAY\n\nMARA\nHello.\n\nINT. A - DAY\n\nGo on.").scenes
    assert scenes[0].shots[0].angle is Angle.WIDE
    assert scenes[1].shots[0].angle is Angle.WIDE
    assert not scenes[1].shots[0].lines
    assert scenes[2].shots[0].angle is not Angle.WIDE


def test_dialogue_between_two_is_covered_over_the_shoulder_and_close() -> None:
    exchange = "\n\n".join(
        f"{name}\nThis is a sentence that is long enough to need a shot of its own, number {number}."
        for number, name in enumerate(["MARA", "TOM"] * 4)
    )
    scene = only_scene(f"INT. A - DAY\n\nTwo people.\n\n{exchange}")
    spoken = [shot for shot in scene.shots if shot.lines]
    assert {Angle.OVER_THE_SHOULDER, Angle.CLOSE_UP} <= {shot.angle for shot in spoken}
    assert all(one.angle is not other.angle for one, other in pairwise(scene.shots))
    for shot in spoken:
        if shot.angle is Angle.OVER_THE_SHOULDER:
            assert set(shot.characters) == {"MARA", "TOM"}
            assert shot.characters[0] == shot.lines[0].character


def test_a_speech_longer_than_a_clip_goes_over_several_shots_at_sentence_ends() -> None:
    sentences = [f"This is sentence number {number} of a very long speech." for number in range(12)]
    breakdown = broken_down(f"INT. A - DAY\n\nMARA\n{' '.join(sentences)}", clip_limit_ms=5_000)
    check_rules(breakdown, 5_000)
    lines = [line for shot in breakdown.scenes[0].shots for line in shot.lines]
    assert len(lines) > 3
    assert all(line.text.endswith(".") for line in lines)
    assert " ".join(line.text for line in lines) == " ".join(sentences)


def test_a_sentence_longer_than_a_clip_is_split_between_words_and_loses_none() -> None:
    words = " ".join(f"word{number}" for number in range(120))
    breakdown = broken_down(f"INT. A - DAY\n\nMARA\n{words}", clip_limit_ms=4_000)
    check_rules(breakdown, 4_000)
    assert " ".join(line.text for shot in breakdown.scenes[0].shots for line in shot.lines) == words


def test_dual_dialogue_starts_together_in_one_shot() -> None:
    scene = only_scene("INT. A - DAY\n\nGo.\n\nMARA\nOne more ship, please.\n\nTOM ^\nNo.")
    shot = next(shot for shot in scene.shots if shot.lines)
    assert [(line.character, line.dual) for line in shot.lines] == [("MARA", "left"), ("TOM", "right")]
    assert shot.lines[0].start_ms == shot.lines[1].start_ms


def test_long_dual_dialogue_keeps_the_rules() -> None:
    breakdown = broken_down(
        f"INT. A - DAY\n\nMARA\n{'A long word. ' * 40}\n\nTOM ^\n{'Me too. ' * 10}", clip_limit_ms=5_000
    )
    check_rules(breakdown, 5_000)
    said = [line.text for shot in breakdown.scenes[0].shots for line in shot.lines if line.character == "TOM"]
    assert " ".join(said) == ("Me too. " * 10).strip()


def test_action_follows_the_page_rule() -> None:
    page = " ".join(["x" * 59] * 55)
    assert action_ms(page, ends_paragraph=False) == pytest.approx(60_000, abs=100)
    scene = only_scene("INT. A - DAY\n\n" + "The rain falls on the roof and on the road and on the sea. " * 55)
    assert 55_000 <= scene.duration_ms <= 75_000


def test_speech_runs_at_speaking_speed() -> None:
    assert speech_ms("word " * 155) == pytest.approx(60_000, abs=100)
    assert speech_ms("Yes.") < speech_ms("Yes, of course, if you like.")
    assert split_speech("", 5_000) == []
    assert len(split_speech("漢" * 400, 5_000)) > 5


def test_the_same_script_gives_the_same_breakdown() -> None:
    text = "INT. A - DAY\n\nMara waits.\n\nMARA\nHello.\n\nEXT. B - NIGHT\n\nShe runs."
    assert broken_down(text) == broken_down(text)


def test_the_angle_used_least_comes_next() -> None:
    speech = "This is a sentence that is long enough to need a whole shot of its own, and so it gets one."
    scene = only_scene(f"INT. ROOM - DAY\n\nA chair.\n\nMARA\n{' '.join([speech] * 8)}")
    angles = Counter(shot.angle for shot in scene.shots if shot.lines)
    assert len(angles) == 4
    assert set(angles.values()) == {2}


def test_a_character_called_will_is_not_in_every_sentence() -> None:
    scene = only_scene("INT. A - DAY\n\nShe will wait.\n\nWill arrives.\n\nWILL\nHello.")
    assert scene.shots[0].characters == ()
    assert scene.characters == ("WILL",)


def test_introductions_describe_the_cast() -> None:
    breakdown = broken_down(
        "INT. A - DAY\n\nRain. TOM REED (25), wet coat, waits. The OLD MAN (late 70s) sleeps.\n\nTOM\nHi."
    )
    assert {c.name: c.description for c in breakdown.characters} == {
        "TOM": "TOM REED (25), wet coat, waits.",
        "OLD MAN": "The OLD MAN (late 70s) sleeps.",
    }


def test_locations_are_collected_with_their_sides() -> None:
    breakdown = broken_down("INT. CAR - DAY\n\nGo.\n\nEXT. CAR - DAY\n\nGo.\n\nINT. BARN - DAY\n\nGo.")
    assert [(place.name, place.interiors, place.scenes) for place in breakdown.locations] == [
        ("CAR", ("INT", "EXT"), 2),
        ("BARN", ("INT",), 1),
    ]


def test_a_script_without_headings_is_one_scene_with_an_offer() -> None:
    text = "That night a man walks home.\n\nA dog follows him.\n\nMAN\nGo home.\n\nIn the morning the dog is there.\n"
    breakdown = broken_down(text)
    assert len(breakdown.scenes) == 1
    assert breakdown.suggestion is not None
    assert breakdown.suggestion.code == "scene_per_paragraph"
    assert breakdown.suggestion.scenes == 3
    divided = broken_down(scenes_from_paragraphs(text))
    assert [scene.time_of_day for scene in divided.scenes] == [TimeOfDay.NIGHT, TimeOfDay.DAY, TimeOfDay.MORNING]
    assert [speech.text for speech in divided.scenes[1].dialogue] == ["Go home."]
    assert divided.suggestion is None
    assert scenes_from_paragraphs(scenes_from_paragraphs(text)) == scenes_from_paragraphs(text)


def test_what_stands_before_the_first_heading() -> None:
    assert len(broken_down("FADE IN:\n\nINT. A - DAY\n\nGo.").scenes) == 1
    scenes = broken_down("A black screen. Breathing.\n\nINT. A - DAY\n\nGo.").scenes
    assert [scene.heading for scene in scenes] == ["OPENING", "INT. A - DAY"]


def test_nothing_to_film_is_said_and_not_an_error() -> None:
    breakdown = broken_down("Title: Empty\nAuthor: Nobody\n")
    assert breakdown.scenes == ()
    assert [w.code for w in breakdown.warnings] == ["no_scenes"]


def test_a_heading_with_nothing_under_it_is_still_a_scene() -> None:
    check_rules(broken_down("INT. A - DAY\n\nINT. A - NIGHT"), 10_000)


def test_a_clip_limit_below_the_shortest_shot_is_refused() -> None:
    with pytest.raises(ValueError, match="2000"):
        broken_down("INT. A - DAY\n\nGo.", clip_limit_ms=1_999)


@pytest.mark.parametrize("limit", [2_000, 3_333, 5_000, 8_000, 10_000, 60_000])
def test_the_rules_hold_for_any_clip_limit(limit: int) -> None:
    text = "INT. A - DAY\n\n" + "\n\n".join(
        f"The rain falls on roof number {number}. " * number + f"\n\nMARA\n{'I said so. ' * number}\n\nTOM\nNo."
        for number in range(1, 9)
    )
    check_rules(broken_down(text, clip_limit_ms=limit), limit)
