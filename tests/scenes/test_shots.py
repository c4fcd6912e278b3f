"""Work by hand on shots: kept, told to everybody, refused with a reason."""

from __future__ import annotations

import uuid

import pytest

from projects.access import OpenProject
from projects.models import Event
from scenes.models import Line, Scene, Shot
from scenes.screenplay.drafts import Angle
from scenes.services.changing import ShotError
from scenes.services.shot_order import move_shot, omit_shots, reorder_shots, restore_shots
from scenes.services.shots import built_prompt, edit_shot


@pytest.fixture
def scene(opened: OpenProject) -> Scene:
    scene = Scene.objects.create(
        project=opened.project,
        number="1",
        position=0,
        heading="EXT. HARBOUR - DAWN",
        interior="EXT",
        location="HARBOUR",
    )
    for position, letter in enumerate("ABC"):
        Shot.objects.create(
            scene=scene, letter=letter, position=position, angle=Angle.WIDE, description="Fog.", duration_ms=4000
        )
    Scene.objects.filter(pk=scene.pk).update(duration_ms=12_000)
    return scene


def shot(scene: Scene, letter: str = "A") -> Shot:
    return Shot.objects.select_related("scene__project").get(scene=scene, letter=letter)


def letters(scene: Scene) -> str:
    return "".join(Shot.objects.filter(scene=scene).order_by("position").values_list("letter", flat=True))


def test_an_edit_is_marked_as_made_by_hand_and_told(opened: OpenProject, scene: Scene) -> None:
    edit_shot(opened=opened, shot=shot(scene), angle=Angle.LOW, prompt="  A gull,\n waiting. ", duration_ms=5500)
    now = shot(scene)
    assert (now.angle, now.angle_by_hand) == (Angle.LOW, True)
    assert now.prompt_by_hand == "A gull, waiting."
    assert (now.duration_ms, now.duration_by_hand) == (5500, True)
    scene.refresh_from_db()
    assert scene.duration_ms == 13_500
    event = Event.objects.get(project=opened.project, type="shot_edited")
    assert event.payload["shotId"] == str(now.pk)
    assert event.actor == opened.user


def test_nothing_changed_says_nothing(opened: OpenProject, scene: Scene) -> None:
    before = shot(scene)
    assert (
        edit_shot(opened=opened, shot=before, angle=before.angle, prompt=built_prompt(before), duration_ms=4000) == []
    )
    assert not Event.objects.filter(project=opened.project).exists()
    assert not shot(scene).angle_by_hand


@pytest.mark.parametrize("prompt", ["", "   \n "])
def test_an_empty_prompt_goes_back_to_the_built_one(opened: OpenProject, scene: Scene, prompt: str) -> None:
    edit_shot(opened=opened, shot=shot(scene), prompt="Mine.")
    edit_shot(opened=opened, shot=shot(scene), prompt=prompt)
    assert shot(scene).prompt_by_hand == ""


def test_a_new_angle_rebuilds_a_prompt_that_nobody_wrote(opened: OpenProject, scene: Scene) -> None:
    before = shot(scene)
    edit_shot(opened=opened, shot=before, angle=Angle.LOW, prompt=built_prompt(before))
    now = shot(scene)
    assert now.prompt_by_hand == ""
    assert built_prompt(now).startswith("low angle shot")


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"angle": "sideways"}, "angle", "close-up"),
        ({"prompt": "x" * 2001}, "prompt", "Shorten it by 1"),
        ({"duration_ms": 499}, "seconds", "0.5 to 30"),
        ({"duration_ms": 30_001}, "seconds", "0.5 to 30"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    opened: OpenProject, scene: Scene, change: dict, field: str, says: str
) -> None:
    with pytest.raises(ShotError, match=says) as refused:
        edit_shot(opened=opened, shot=shot(scene), **change)
    assert refused.value.field == field
    now = shot(scene)
    assert (now.angle, now.prompt_by_hand, now.duration_ms) == (Angle.WIDE, "", 4000)


def test_a_shot_is_not_cut_before_its_last_line_ends(opened: OpenProject, scene: Scene) -> None:
    Line.objects.create(shot=shot(scene), position=0, character="MARA", text="No.", start_ms=3000, duration_ms=900)
    with pytest.raises(ShotError, match=r"Mara speaks until 3\.9 s"):
        edit_shot(opened=opened, shot=shot(scene), duration_ms=3500)
    edit_shot(opened=opened, shot=shot(scene), duration_ms=4000)
    assert shot(scene).duration_ms == 4000


def test_nul_and_marks_of_direction_do_not_get_into_a_prompt(opened: OpenProject, scene: Scene) -> None:
    edit_shot(opened=opened, shot=shot(scene), prompt="A\x00 boat ⛵ \u202eback")
    assert shot(scene).prompt_by_hand == "A boat ⛵ back"


def test_omitting_and_restoring_keeps_letter_and_place(opened: OpenProject, scene: Scene) -> None:
    omit_shots(opened=opened, shot_ids=[shot(scene, "B").pk])
    scene.refresh_from_db()
    assert scene.duration_ms == 8000
    assert list(Shot.objects.of(opened.project).in_film().values_list("letter", flat=True)) == ["A", "C"]
    omit_shots(opened=opened, shot_ids=[shot(scene, "B").pk])
    restore_shots(opened=opened, shot_ids=[shot(scene, "B").pk])
    scene.refresh_from_db()
    assert scene.duration_ms == 12_000
    assert letters(scene) == "ABC"
    types = list(Event.objects.filter(project=opened.project).values_list("type", flat=True))
    assert types == ["shots_omitted", "shots_restored"]


def test_reordering_moves_shots_with_their_letters(opened: OpenProject, scene: Scene) -> None:
    a, b, c = (shot(scene, letter).pk for letter in "ABC")
    reorder_shots(opened=opened, scene=scene, order=[c, a, b])
    assert letters(scene) == "CAB"
    move_shot(opened=opened, shot=shot(scene, "C"), by=-1)
    assert letters(scene) == "CAB"
    move_shot(opened=opened, shot=shot(scene, "C"), by=1)
    assert letters(scene) == "ACB"


def test_an_order_that_misses_a_shot_or_brings_a_foreign_one_is_refused(opened: OpenProject, scene: Scene) -> None:
    a, b, c = (shot(scene, letter).pk for letter in "ABC")
    for order in ([a, b], [a, b, uuid.uuid4()], [a, a, b, c], [a, a, b]):
        with pytest.raises(ShotError, match="Somebody changed this scene"):
            reorder_shots(opened=opened, scene=scene, order=order)
    assert letters(scene) == "ABC"
