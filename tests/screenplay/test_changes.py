"""Re-import: nothing that a person made is lost."""

from dataclasses import replace

import pytest

from scenes.screenplay.breakdown import break_down
from scenes.screenplay.changes import Change, ChangePlan, KnownScene, KnownShot, ScenePlan, plan_changes
from scenes.screenplay.drafts import Angle, SceneDraft
from scenes.screenplay.fountain import parse_fountain

KITCHEN = "INT. KITCHEN - NIGHT\n\nMara polishes a compass by the window.\n\nMARA\nThere is always one who comes late."
QUAY = "EXT. QUAY - DUSK\n\nTom runs along the wet stones with his suitcase.\n\nTOM\nPlease wait for me, please!"
SEA = "EXT. OPEN SEA - NIGHT\n\nThe ferry climbs a black wave and falls.\n\nTOM\nIs that bad?\n\nMARA\nIt is dark."
ATTIC = "INT. ATTIC - DAY\n\nDust. A trunk full of letters tied with rope."


def drafts(*scenes: str) -> tuple[SceneDraft, ...]:
    return break_down(parse_fountain("\n\n".join(scenes))).scenes


def carried_out(plan: ChangePlan, known: tuple[KnownScene, ...] = ()) -> tuple[KnownScene, ...]:
    """The stored scenes after a plan, as a service would write them."""
    by_id = {scene.id: scene for scene in known}
    made = []
    for scene in plan.scenes:
        draft = scene.draft
        if draft is None:
            made.append(replace(by_id[scene.known_id or ""], omitted=True))
            continue
        old = {shot.id: shot for shot in by_id[scene.known_id].shots} if scene.known_id else {}
        shots = []
        for at, shot in enumerate(scene.shots):
            before = old.get(shot.known_id or "")
            if shot.draft is None:
                assert before is not None
                shots.append(replace(before, omitted=True))
                continue
            base = before or KnownShot(f"{scene.number}/{at}", "", (), shot.angle, 0)
            shots.append(
                replace(
                    base,
                    description=shot.draft.description,
                    lines=shot.draft.lines,
                    angle=shot.angle,
                    duration_ms=shot.duration_ms,
                    omitted=False,
                    characters=shot.draft.characters,
                )
            )
        made.append(
            KnownScene(
                scene.known_id or f"id-{scene.number}",
                scene.number,
                draft.heading,
                draft.interior,
                draft.location,
                draft.time_of_day,
                draft.characters,
                draft.action,
                draft.dialogue,
                tuple(shots),
            )
        )
    return tuple(made)


def imported(*scenes: str) -> tuple[KnownScene, ...]:
    return carried_out(plan_changes((), drafts(*scenes)))


def summary(plan: ChangePlan) -> list[tuple[str, Change]]:
    return [(scene.number, scene.change) for scene in plan.scenes]


def at_number(plan: ChangePlan, number: str) -> ScenePlan:
    return next(scene for scene in plan.scenes if scene.number == number)


def test_a_first_import_numbers_the_scenes() -> None:
    plan = plan_changes((), drafts(KITCHEN, QUAY, SEA))
    assert summary(plan) == [("1", Change.ADDED), ("2", Change.ADDED), ("3", Change.ADDED)]
    assert {shot.change for scene in plan.scenes for shot in scene.shots} == {Change.ADDED}


def test_written_numbers_are_kept_and_the_rest_fitted_in() -> None:
    numbered = drafts(KITCHEN.replace("NIGHT", "NIGHT #12#", 1), QUAY, SEA.replace("NIGHT", "NIGHT #13#", 1), ATTIC)
    assert [scene.number for scene in plan_changes((), numbered).scenes] == ["12", "12A", "13", "14"]


def test_a_number_written_twice_is_given_once() -> None:
    twice = drafts(KITCHEN.replace("NIGHT", "NIGHT #5#", 1), SEA.replace("NIGHT", "NIGHT #5#", 1))
    assert [scene.number for scene in plan_changes((), twice).scenes] == ["5", "6"]


def test_the_same_script_again_changes_nothing() -> None:
    known = imported(KITCHEN, QUAY, SEA)
    plan = plan_changes(known, drafts(KITCHEN, QUAY, SEA))
    assert plan.changes_nothing
    assert [scene.known_id for scene in plan.scenes] == [scene.id for scene in known]
    assert carried_out(plan, known) == known


def test_an_inserted_scene_gets_a_letter_and_the_others_keep_their_numbers() -> None:
    plan = plan_changes(imported(KITCHEN, QUAY, SEA), drafts(KITCHEN, ATTIC, QUAY, SEA))
    assert summary(plan) == [
        ("1", Change.UNCHANGED),
        ("1A", Change.ADDED),
        ("2", Change.UNCHANGED),
        ("3", Change.UNCHANGED),
    ]


def test_a_scene_that_is_gone_is_omitted_in_its_place_and_keeps_its_takes() -> None:
    known = imported(KITCHEN, QUAY, SEA)
    known = (known[0], replace(known[1], shots=tuple(replace(s, has_takes=True) for s in known[1].shots)), known[2])
    plan = plan_changes(known, drafts(KITCHEN, SEA))
    assert summary(plan) == [("1", Change.UNCHANGED), ("2", Change.OMITTED), ("3", Change.UNCHANGED)]
    assert all("takes" in shot.keeps for shot in at_number(plan, "2").shots)
    assert not plan.changes_nothing
    after = carried_out(plan, known)
    assert plan_changes(after, drafts(KITCHEN, SEA)).changes_nothing


def test_an_omitted_scene_that_returns_is_the_same_scene() -> None:
    known = imported(KITCHEN, QUAY, SEA)
    without = carried_out(plan_changes(known, drafts(KITCHEN, SEA)), known)
    plan = plan_changes(without, drafts(KITCHEN, QUAY, SEA))
    back = at_number(plan, "2")
    assert (back.change, back.known_id, back.fields) == (Change.CHANGED, known[1].id, ("restored",))


def test_a_new_scene_never_takes_an_omitted_number() -> None:
    known = imported(KITCHEN, QUAY, SEA)
    without = carried_out(plan_changes(known, drafts(KITCHEN, SEA)), known)
    plan = plan_changes(without, drafts(KITCHEN, SEA, ATTIC))
    assert at_number(plan, "4").change is Change.ADDED
    assert plan_changes(without, drafts(KITCHEN, SEA, ATTIC), retired=["4"]).scenes[-1].number == "5"


def test_a_rewritten_line_changes_its_fields_only() -> None:
    known = imported(KITCHEN, QUAY, SEA)
    plan = plan_changes(known, drafts(KITCHEN, QUAY.replace("please!", "I beg you!"), SEA))
    assert [scene.change for scene in plan.scenes] == [Change.UNCHANGED, Change.CHANGED, Change.UNCHANGED]
    assert plan.scenes[1].fields == ("dialogue", "shots")


def test_a_new_time_of_day_is_the_same_scene() -> None:
    plan = plan_changes(imported(KITCHEN, QUAY), drafts(KITCHEN.replace("NIGHT", "DAWN"), QUAY))
    assert plan.scenes[0].fields == ("heading", "time_of_day")


def test_a_new_place_with_the_same_text_is_the_same_scene() -> None:
    plan = plan_changes(imported(KITCHEN, QUAY, SEA), drafts(KITCHEN, QUAY.replace("QUAY", "PIER"), SEA))
    assert (plan.scenes[1].number, plan.scenes[1].fields) == ("2", ("heading", "location"))


def test_a_rewritten_scene_under_the_same_heading_is_the_same_scene() -> None:
    rewritten = "INT. KITCHEN - NIGHT\n\nNothing of the old text: an empty table, a lamp, two chairs."
    assert summary(plan_changes(imported(KITCHEN, QUAY), drafts(rewritten, QUAY))) == [
        ("1", Change.CHANGED),
        ("2", Change.UNCHANGED),
    ]


def test_a_scene_rewritten_and_put_elsewhere_is_known_by_its_place_if_anything_is_left_of_it() -> None:
    known = imported(KITCHEN, QUAY, SEA)
    related = "INT. STATION - DAY\n\nTom, with his suitcase, looks for the right train.\n\nTOM\nWait, please."
    strange = "INT. STATION - DAY\n\nAn empty hall."
    assert summary(plan_changes(known, drafts(KITCHEN, related, SEA)))[1] == ("2", Change.CHANGED)
    assert summary(plan_changes(known, drafts(KITCHEN, strange, SEA)))[1:3] == [
        ("2", Change.OMITTED),
        ("2A", Change.ADDED),
    ]


def test_scenes_that_changed_places_are_moved_and_keep_their_numbers() -> None:
    plan = plan_changes(imported(KITCHEN, QUAY, SEA), drafts(KITCHEN, SEA, QUAY))
    assert [scene.number for scene in plan.scenes] == ["1", "3", "2"]
    assert plan.count(Change.MOVED) == 1


def test_equal_scenes_are_paired_in_order() -> None:
    known = imported(ATTIC, KITCHEN, ATTIC, QUAY, ATTIC)
    plan = plan_changes(known, drafts(ATTIC, KITCHEN, ATTIC, QUAY, ATTIC))
    assert [scene.known_id for scene in plan.scenes] == [scene.id for scene in known]


def test_a_program_that_numbers_the_script_anew_does_not_mix_the_scenes_up() -> None:
    known = imported(KITCHEN, QUAY, SEA)
    numbered = drafts(
        KITCHEN.replace("NIGHT", "NIGHT #1#", 1),
        ATTIC.replace("DAY", "DAY #2#", 1),
        QUAY.replace("DUSK", "DUSK #3#", 1),
        SEA.replace("NIGHT", "NIGHT #4#", 1),
    )
    assert summary(plan_changes(known, numbered)) == [
        ("1", Change.UNCHANGED),
        ("1A", Change.ADDED),
        ("2", Change.UNCHANGED),
        ("3", Change.UNCHANGED),
    ]


def test_a_written_number_recognises_a_scene_with_nothing_else_in_common() -> None:
    known = imported(KITCHEN.replace("NIGHT", "NIGHT #7#", 1), QUAY.replace("DUSK", "DUSK #8#", 1))
    plan = plan_changes(known, drafts("EXT. MOON - DAY #7#\n\nA flag.", QUAY.replace("DUSK", "DUSK #8#", 1)))
    assert (plan.scenes[0].number, plan.scenes[0].known_id) == ("7", known[0].id)


# Shots


def worked_on(known: tuple[KnownScene, ...]) -> tuple[KnownScene, ...]:
    """Everything set by hand and a take on each shot."""
    return tuple(
        replace(
            scene,
            shots=tuple(
                replace(
                    shot,
                    angle=Angle.DUTCH,
                    duration_ms=9_500,
                    prompt_by_hand=True,
                    angle_by_hand=True,
                    duration_by_hand=True,
                    has_takes=True,
                )
                for shot in scene.shots
            ),
        )
        for scene in known
    )


def test_work_by_hand_survives_the_same_script() -> None:
    known = worked_on(imported(KITCHEN, QUAY, SEA))
    plan = plan_changes(known, drafts(KITCHEN, QUAY, SEA))
    assert plan.changes_nothing
    for scene in plan.scenes:
        for shot in scene.shots:
            assert shot.keeps == ("takes", "prompt", "angle", "duration")
            assert (shot.angle, shot.duration_ms) == (Angle.DUTCH, 9_500)


@pytest.mark.parametrize(
    "edit",
    [
        ("black wave", "grey wave"),
        ("Is that bad?", "Is that very bad?"),
        ("MARA\nIt is dark", "She turns.\n\nMARA\nIt is dark"),
        ("EXT. OPEN SEA", "EXT. HIGH SEA"),
    ],
)
def test_work_by_hand_survives_an_edit_and_no_take_is_ever_lost(edit: tuple[str, str]) -> None:
    known = worked_on(imported(KITCHEN, QUAY, SEA))
    plan = plan_changes(known, drafts(KITCHEN, QUAY, SEA.replace(*edit)))
    planned = [shot.known_id for scene in plan.scenes for shot in scene.shots if shot.known_id]
    assert sorted(planned) == sorted(shot.id for scene in known for shot in scene.shots)
    for shot in at_number(plan, "3").shots:
        if shot.known_id:
            assert shot.keeps == ("takes", "prompt", "angle", "duration")
            assert shot.angle is Angle.DUTCH


def test_a_length_by_hand_gives_way_only_when_the_lines_no_longer_fit() -> None:
    known = imported(QUAY)
    short = tuple(
        replace(scene, shots=tuple(replace(s, duration_ms=2_000, duration_by_hand=True) for s in scene.shots))
        for scene in known
    )
    for shot in plan_changes(short, drafts(QUAY)).scenes[0].shots:
        assert shot.draft is not None
        needed = max((line.end_ms for line in shot.draft.lines), default=0)
        assert shot.duration_ms == (2_000 if needed <= 2_000 else shot.draft.duration_ms)
        assert shot.duration_ms >= needed
        assert ("duration" in shot.keeps) == (shot.duration_ms == 2_000)


def test_a_shot_whose_text_is_gone_is_omitted_with_its_takes() -> None:
    known = worked_on(imported(SEA))
    plan = plan_changes(known, drafts("EXT. OPEN SEA - NIGHT\n\nThe ferry climbs a black wave and falls."))
    gone = [shot for shot in plan.scenes[0].shots if shot.change is Change.OMITTED]
    assert gone
    assert all("takes" in shot.keeps for shot in gone)
    assert plan.scenes[0].change is Change.CHANGED


def test_a_scene_put_in_front_does_not_change_the_angles_behind_it() -> None:
    known = imported(KITCHEN, QUAY, SEA)
    plan = plan_changes(known, drafts(ATTIC, KITCHEN, QUAY, SEA))
    assert [scene.change for scene in plan.scenes] == [Change.ADDED] + [Change.UNCHANGED] * 3


TALK = """INT. WHEELHOUSE - NIGHT

TOM
I have never even seen the house. He wrote to me about a light in the window.

MARA
And you never came to look, in all those years, not once.

TOM
It was always going to be next summer, and then there was none.

MARA
There is always a next summer, until the day on which there is none."""


@pytest.mark.parametrize("more", range(1, 6))
def test_an_inserted_scene_changes_no_other_shot_by_the_angles_that_it_takes(more: int) -> None:
    inserted = [
        f"INT. CABIN {at} - DAY\n\nNIKO\nNothing to see, {at} times over, and nobody to tell." for at in range(more)
    ]
    known = imported(QUAY, TALK, SEA)
    plan = plan_changes(known, drafts(*inserted, QUAY, TALK, SEA))
    assert [scene.fields for scene in plan.scenes if scene.known_id] == [(), (), ()]
    after = {scene.id: scene for scene in carried_out(plan, known)}
    assert [after[scene.id] for scene in known] == list(known)


def test_whoever_leaves_a_scene_listens_no_more() -> None:
    known = imported(TALK)
    listeners = [shot for shot in known[0].shots if shot.characters == ("TOM", "MARA")]
    assert listeners
    alone = TALK.split("\n\nMARA")[0]
    plan = plan_changes(known, drafts(alone))
    assert not any("MARA" in shot.draft.characters for shot in plan.scenes[0].shots if shot.draft)
