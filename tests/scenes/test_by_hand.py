"""Scenes and shots by hand: inserted, split, put in order, left out, taken back; and a later breakdown keeps it all."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts.policies import Right
from projects.access import OpenProject, open_project
from projects.models import Event
from scenes.models import Line, Scene, Shot
from scenes.screenplay.drafts import Angle
from scenes.services import scene_order, shot_order
from scenes.services.changing import ShotError
from scenes.services.scripts import apply_breakdown, current_script, preview, save_script
from scenes.services.taking_back import take_back
from tests.conftest import SCRIPT

pytestmark = pytest.mark.django_db

MORE = SCRIPT + "\nINT. BRIDGE - DAY\n\nCars pass over where the ferry went.\n"


@pytest.fixture
def film(opened: OpenProject) -> OpenProject:
    """The project with its script broken down: scenes 1, 2 and 3."""
    broken_down(opened, SCRIPT)
    return opened


def broken_down(opened: OpenProject, text: str) -> None:
    apply_breakdown(opened=opened, version=save_script(opened=opened, text=text).version)


def numbers(opened: OpenProject) -> list[str]:
    return list(Scene.objects.of(opened.project).in_film().values_list("number", flat=True))


def scene(opened: OpenProject, number: str) -> Scene:
    return Scene.objects.get(project=opened.project, number=number)


def letters(opened: OpenProject, number: str) -> str:
    shots = Shot.objects.filter(scene__project=opened.project, scene__number=number, omitted_at=None)
    return "".join(shots.order_by("position").values_list("letter", flat=True))


def shot(opened: OpenProject, label: str) -> Shot:
    return Shot.objects.of(opened.project).get(scene__number=label[:-1], letter=label[-1])


def test_a_scene_behind_2_is_2a_for_life(film: OpenProject) -> None:
    row, event = scene_order.insert_scene(opened=film, after=scene(film, "2"), heading="INT. ENGINE ROOM - NIGHT")
    assert (row.number, row.interior, row.location, row.time_of_day) == ("2A", "INT", "ENGINE ROOM", "night")
    assert numbers(film) == ["1", "2", "2A", "3"]
    assert letters(film, "2A") == "A"
    assert (event.type, event.actor) == ("scene_inserted", film.user)
    second, _ = scene_order.insert_scene(opened=film, after=row, heading="EXT. DECK - NIGHT")
    assert second.number == "2B"
    assert scene_order.insert_scene(opened=film, after=None, heading="BLACK")[0].number == "A1"


def test_a_scene_without_a_heading_is_refused(film: OpenProject) -> None:
    for heading, says in (("  ", "Write a heading"), ("x" * 241, "shorten it by 1")):
        with pytest.raises(ShotError, match=says) as refused:
            scene_order.insert_scene(opened=film, after=None, heading=heading)
        assert refused.value.field == "heading"
    assert numbers(film) == ["1", "2", "3"]


def test_what_was_inserted_survives_a_changed_script(film: OpenProject) -> None:
    added, _ = scene_order.insert_scene(opened=film, after=scene(film, "2"), heading="INT. ENGINE ROOM - NIGHT")
    new, _ = shot_order.insert_shot(opened=film, scene=scene(film, "1"), after=shot(film, "1A"), description="A gull.")
    before = letters(film, "1")
    assert not preview(project=film.project, script=current_script(film.project)).plan.scenes[0].fields  # type: ignore[arg-type]
    broken_down(film, MORE.replace("engine coughs", "engine screams"))
    assert numbers(film) == ["1", "2", "2A", "3", "4"]
    assert letters(film, "1") == before
    added.refresh_from_db()
    new.refresh_from_db()
    assert (added.heading, added.omitted_at, added.position) == ("INT. ENGINE ROOM - NIGHT", None, 2)
    assert (new.description, new.omitted_at, new.by_hand) == ("A gull.", None, True)


def test_the_same_script_again_changes_nothing_that_was_done_by_hand(film: OpenProject) -> None:
    scene_order.insert_scene(opened=film, after=scene(film, "1"), heading="INT. CABIN - DAY")
    scene_order.edit_scene(opened=film, scene=scene(film, "2"), changes={"heading": "INT. BRIDGE HOUSE - NIGHT"})
    shot_order.split_shot(opened=film, shot=shot(film, "1A"))
    scene_order.reorder_scenes(opened=film, order=[scene(film, number).pk for number in ("3", "1", "1A", "2")])
    script = current_script(film.project)
    assert script is not None
    assert preview(project=film.project, script=script).plan.changes_nothing
    rows = list(Shot.objects.of(film.project).values_list("pk", "position", "description", "duration_ms"))
    apply_breakdown(opened=film, version=script.version)
    assert numbers(film) == ["3", "1", "1A", "2"]
    assert scene(film, "2").heading == "INT. BRIDGE HOUSE - NIGHT"
    assert list(Shot.objects.of(film.project).values_list("pk", "position", "description", "duration_ms")) == rows


def test_words_by_hand_stay_when_the_script_changes_them_and_the_script_is_remembered(film: OpenProject) -> None:
    row = scene(film, "2")
    said = row.action
    scene_order.edit_scene(opened=film, scene=row, changes={"action": "She waits."})
    assert row.from_script == {"action": said}
    broken_down(film, SCRIPT.replace("She sets the wheel.", "She lets the wheel go."))
    row.refresh_from_db()
    assert row.action == "She waits."
    assert "lets the wheel go" in row.from_script["action"]
    scene_order.edit_scene(opened=film, scene=row, changes={"action": row.from_script["action"]})
    assert row.from_script == {}


def test_a_new_heading_brings_its_place_and_light(film: OpenProject) -> None:
    row = scene(film, "1")
    scene_order.edit_scene(opened=film, scene=row, changes={"heading": "INT. LIGHTHOUSE - NIGHT"})
    assert (row.interior, row.location, row.time_of_day) == ("INT", "LIGHTHOUSE", "night")
    scene_order.edit_scene(
        opened=film, scene=row, changes={"heading": "INT. LIGHTHOUSE - DUSK", "time_of_day": "dawn", "location": "LAMP"}
    )
    assert (row.location, row.time_of_day) == ("LAMP", "dawn")
    with pytest.raises(ShotError, match="There is no such light"):
        scene_order.edit_scene(opened=film, scene=row, changes={"time_of_day": "neon"})


def test_what_a_person_left_out_stays_out_and_comes_back_by_hand_only(film: OpenProject) -> None:
    scene_order.omit_scene(opened=film, scene=scene(film, "2"))
    shot_order.omit_shots(opened=film, shot_ids=[shot(film, "1A").pk])
    broken_down(film, MORE)
    assert numbers(film) == ["1", "3", "4"]
    assert "A" not in letters(film, "1")
    assert scene(film, "2").status == Scene.Status.OMITTED
    scene_order.restore_scene(opened=film, scene=scene(film, "2"))
    shot_order.restore_shots(opened=film, shot_ids=[shot(film, "1A").pk])
    assert numbers(film) == ["1", "2", "3", "4"]
    assert "A" in letters(film, "1")


def test_what_the_script_left_out_and_a_person_took_back_is_theirs(film: OpenProject) -> None:
    without = SCRIPT[: SCRIPT.index("EXT. OPEN SEA")]
    broken_down(film, without)
    assert numbers(film) == ["1", "2"]
    scene_order.restore_scene(opened=film, scene=scene(film, "3"))
    broken_down(film, without.replace("coughs", "screams"))
    assert numbers(film) == ["1", "2", "3"]
    broken_down(film, SCRIPT)
    assert numbers(film) == ["1", "2", "3"]
    assert not scene(film, "3").by_hand


def test_shots_moved_by_hand_stay_where_they_were_put(film: OpenProject) -> None:
    row = scene(film, "1")
    shot_order.insert_shot(opened=film, scene=row, after=None, description="A rope.")
    order = list(Shot.objects.filter(scene=row).order_by("-position").values_list("pk", flat=True))
    shot_order.reorder_shots(opened=film, scene=row, order=order)
    broken_down(film, MORE)
    assert list(Shot.objects.filter(scene=row).order_by("position").values_list("pk", flat=True)) == order


def test_an_inserted_shot_gets_the_next_free_letter_and_its_place(film: OpenProject) -> None:
    row = scene(film, "1")
    first = letters(film, "1")[0]
    new, event = shot_order.insert_shot(opened=film, scene=row, after=shot(film, "1A"), angle=Angle.LOW)
    assert letters(film, "1").startswith(first + new.letter)
    assert new.letter not in first
    assert event.payload["label"] == f"1{new.letter}"
    shot_order.omit_shots(opened=film, shot_ids=[new.pk])
    again, _ = shot_order.insert_shot(opened=film, scene=row, after=None)
    assert again.letter > new.letter
    assert sorted(Shot.objects.filter(scene=row).values_list("position", flat=True)) == list(
        range(Shot.objects.filter(scene=row).count())
    )


def test_a_shot_is_not_inserted_behind_one_of_another_scene(film: OpenProject) -> None:
    with pytest.raises(Shot.DoesNotExist):
        shot_order.insert_shot(opened=film, scene=scene(film, "1"), after=shot(film, "2A"))


def split_me(opened: OpenProject) -> Shot:
    """A shot of eight seconds with two sentences and two lines."""
    row = shot(opened, "1A")
    Shot.objects.filter(pk=row.pk).update(description="Fog lies on the water. A gull cries.", duration_ms=8000)
    row.lines.all().delete()
    for place, (text, start) in enumerate((("One more.", 1000), ("Then no more.", 5000))):
        Line.objects.create(shot=row, position=place, character="MARA", text=text, start_ms=start, duration_ms=2000)
    row.refresh_from_db()
    return row


def test_a_split_divides_words_lines_and_length_and_leaves_the_takes(film: OpenProject) -> None:
    row = split_me(film)
    half, event = shot_order.split_shot(opened=film, shot=row, at_ms=4000)
    row.refresh_from_db()
    assert (row.description, row.duration_ms) == ("Fog lies on the water.", 4000)
    assert (half.description, half.duration_ms) == ("A gull cries.", 4000)
    assert [line.text for line in row.lines.all()] == ["One more."]
    assert [(line.text, line.start_ms) for line in half.lines.all()] == [("Then no more.", 1000)]
    assert letters(film, "1").startswith("A" + half.letter)
    assert event.payload["before"] == {"description": "Fog lies on the water. A gull cries.", "durationMs": 8000}


def test_a_line_is_never_cut(film: OpenProject) -> None:
    row = split_me(film)
    half, _ = shot_order.split_shot(opened=film, shot=row, at_ms=5600)
    row.refresh_from_db()
    assert row.duration_ms == 5000
    assert [line.start_ms for line in half.lines.all()] == [0]


@pytest.mark.parametrize("at_ms", [0, 499, 7501, 9000, -1])
def test_a_split_outside_the_shot_is_refused(film: OpenProject, at_ms: int) -> None:
    row = split_me(film)
    with pytest.raises(ShotError, match=r"between 0\.5 and 7\.5 seconds"):
        shot_order.split_shot(opened=film, shot=row, at_ms=at_ms)


def test_a_split_is_taken_back(film: OpenProject) -> None:
    row = split_me(film)
    half, event = shot_order.split_shot(opened=film, shot=row, at_ms=4000)
    take_back(opened=film, number=event.number)
    row.refresh_from_db()
    half.refresh_from_db()
    assert (row.description, row.duration_ms) == ("Fog lies on the water. A gull cries.", 8000)
    assert [(line.text, line.start_ms) for line in row.lines.all()] == [("One more.", 1000), ("Then no more.", 5000)]
    assert half.omitted_at is not None
    with pytest.raises(ShotError, match="have been changed since"):
        take_back(opened=film, number=event.number)


def test_a_split_shot_stays_split_when_the_script_is_broken_down_again(film: OpenProject) -> None:
    row = shot(film, "3A")
    Shot.objects.filter(pk=row.pk).update(duration_ms=6000)
    row.refresh_from_db()
    half, _ = shot_order.split_shot(opened=film, shot=row, at_ms=2000)
    broken_down(film, MORE)
    row.refresh_from_db()
    half.refresh_from_db()
    assert (row.duration_ms, half.duration_ms, half.omitted_at) == (2000, 4000, None)
    broken_down(film, MORE.replace("A single light, far out, goes dark.", "A light goes dark. Nobody sees it go dark."))
    row.refresh_from_db()
    half.refresh_from_db()
    assert row.description == "A light goes dark."
    assert half.description == "Nobody sees it go dark."
    assert half.omitted_at is None
    assert row.duration_ms < half.duration_ms


def test_scenes_are_put_in_order_and_foreign_orders_refused(film: OpenProject) -> None:
    pks = {number: scene(film, number).pk for number in "123"}
    scene_order.reorder_scenes(opened=film, order=[pks["2"], pks["3"], pks["1"]])
    assert numbers(film) == ["2", "3", "1"]
    scene_order.move_scene(opened=film, scene=scene(film, "1"), by=-1)
    assert numbers(film) == ["2", "1", "3"]
    for order in ([pks["1"]], [*pks.values(), uuid4()], [pks["1"], pks["1"], pks["2"]]):
        with pytest.raises(ShotError, match="Somebody changed the scenes"):
            scene_order.reorder_scenes(opened=film, order=order)


def test_everything_can_be_taken_back_by_who_did_it(film: OpenProject, cast) -> None:
    row = scene(film, "2")
    events = [
        scene_order.edit_scene(opened=film, scene=row, changes={"heading": "INT. HOLD - NIGHT"}),
        scene_order.omit_scene(opened=film, scene=row),
        scene_order.move_scene(opened=film, scene=scene(film, "1"), by=1),
        shot_order.omit_shots(opened=film, shot_ids=[shot(film, "1A").pk]),
        shot_order.insert_shot(opened=film, scene=scene(film, "3"), after=None)[1],
        scene_order.insert_scene(opened=film, after=row, heading="BLACK")[1],
    ]
    bob = open_project(cast.bob, film.project.pk, Right.CREATE)
    for event in events:
        assert event is not None
        with pytest.raises(ShotError, match="nothing of yours"):
            take_back(opened=bob, number=event.number)
    for event in reversed(events):
        assert event is not None
        take_back(opened=film, number=event.number)
    assert numbers(film) == ["1", "2", "3"]
    assert scene(film, "2").heading == "INT. WHEELHOUSE - DAY"
    assert scene(film, "2").from_script == {}
    assert letters(film, "3") == "A"
    assert "A" in letters(film, "1")


def test_each_change_is_told_last_and_marks_the_folder(film: OpenProject) -> None:
    row = scene(film, "1")
    shot_order.insert_shot(opened=film, scene=row, after=None)
    before = row.mirror_wanted
    row.refresh_from_db()
    assert row.mirror_wanted > before
    assert row.duration_ms == sum(Shot.objects.filter(scene=row, omitted_at=None).values_list("duration_ms", flat=True))
    assert Event.objects.filter(project=film.project).latest("number").type == "shot_inserted"
