"""From a note to a new take: what is asked for, how it comes through the engine, and what the note then says."""

from __future__ import annotations

import pytest

from accounts.policies import Right
from generation import planning, redoing, retrying, services
from generation.catalogue import ImpossibleRequest
from generation.catalogue.limits import PromptRule
from generation.models import Attempt, Batch, Job, ProviderAccount
from generation.states import JobState
from projects import commenting
from projects.access import open_project
from projects.models import Comment, Subject
from projects.subjects import find
from scenes.models import Shot, Take
from scenes.services import reviewing
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


def still_of(stage: Stage, flavour: str = "paid") -> Take:
    """Have a shot's still made, by a model that is then the project's."""
    (job,) = stage.ask(flavour)
    stage.settle()
    type(stage.opened.project).objects.filter(pk=stage.opened.project.pk).update(still_model=job.model)
    stage.opened.project.refresh_from_db()
    return Take.objects.select_related("shot__scene__project").get(shot=job.shot)


def note_on(stage: Stage, take: Take, text: str = "Keep the eyes on the water.") -> Comment:
    found = find(stage.opened.project, Subject.TAKE, take.pk)
    assert found is not None
    return commenting.add_comment(opened=stage.opened, kind="take", subject_id=take.pk, found=found, text=text)


def ask(stage: Stage, note: Comment, **more) -> Batch | None:
    found = redoing.note_of(stage.opened, note.pk)
    assert found is not None
    draft = redoing.draft_for(stage.opened, *found)
    values = {"prompt": draft.prompt, "number": draft.number, **more}
    return redoing.ask(opened=stage.opened, note=found[0], take=found[1], **values)


def state_of(stage: Stage, note: Comment) -> redoing.NoteState:
    return redoing.state_of(stage.opened, Comment.objects.get(pk=note.pk))


def test_a_note_is_heard_redone_and_closed_by_the_approval(cast, project, stage):
    take = still_of(stage)
    note = note_on(stage, take)
    dave = open_project(cast.dave, project.pk, Right.REVIEW)
    reviewing.send_back(opened=dave, take=take, text="")
    batch = ask(stage, note)
    assert batch is not None
    assert batch.note == note
    job = Job.objects.get(batch=batch)
    assert job.prompt.endswith("Direction: Keep the eyes on the water.")
    assert (state_of(stage, note).going_on, state_of(stage, note).open) == (True, False)
    assert Shot.objects.get(pk=take.shot_id).status == Shot.Status.IN_PROGRESS
    stage.settle()
    made = Take.objects.select_related("shot").get(note=note)
    assert (made.number, made.recipe, made.inputs["prompt"]) == (2, take.recipe, job.prompt)
    assert state_of(stage, note).takes == (made,)
    assert Shot.objects.get(pk=take.shot_id).still == made
    reviewing.approve_take(opened=dave, take=made)
    state = state_of(stage, note)
    assert (state.closed_by, state.open) == (made, False)
    stage.check_books()


def test_a_double_click_and_an_old_page_ask_once(stage):
    note = note_on(stage, still_of(stage))
    first = ask(stage, note)
    assert ask(stage, note, prompt="In other words.") == first
    stage.settle()
    assert ask(stage, note, number=0) is None
    assert Take.objects.filter(note=note).count() == 1
    ask(stage, note)
    stage.settle()
    assert Take.objects.filter(note=note).count() == 2
    assert Attempt.objects.count() == 3


def test_a_take_from_a_note_is_not_stale_until_its_shot_changes(stage):
    take = still_of(stage)
    ask(stage, note_on(stage, take))
    stage.settle()
    shot = Shot.objects.get(pk=take.shot_id)
    assert shot.still != take
    assert planning.wishes_for(stage.opened, shots=[shot], kinds=("still",)) == []
    Shot.objects.filter(pk=shot.pk).update(description="Something else")
    assert len(planning.wishes_for(stage.opened, shots=[shot], kinds=("still",))) == 1


def test_a_failed_one_is_told_and_tried_again_for_the_same_note(stage):
    note = note_on(stage, still_of(stage))
    ask(stage, note)
    job = Job.objects.get(batch__note=note)
    services.cancel_job(opened=stage.opened, job=job)
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, failure_text="No film in the camera.")
    state = state_of(stage, note)
    assert state.row is not None
    assert (state.going_on, state.open, state.row.reason) == (False, True, "No film in the camera.")
    retrying.retry_job(opened=stage.opened, job=Job.objects.select_related("batch__note", "shot").get(pk=job.pk))
    stage.settle()
    assert Take.objects.filter(note=note).count() == 1


@pytest.mark.parametrize("point", ["request committed", "acceptance committed", "output fetched", "output stored"])
def test_dying_on_the_way_leaves_one_take_of_the_note(stage, point):
    take = still_of(stage, "keyed")
    note = note_on(stage, take)
    if point != "request committed":
        ask(stage, note)
    stage.die_at(point)
    if point == "request committed":
        with pytest.raises(BaseException, match=point):
            ask(stage, note)
    else:
        stage.live_until_death()
    stage.be_reborn()
    stage.settle()
    ask(stage, note, number=0)
    stage.settle()
    assert Take.objects.filter(note=note).count() == 1
    stage.check_books()


def test_a_settled_note_is_not_redone(stage):
    note = note_on(stage, still_of(stage))
    commenting.resolve(opened=stage.opened, comment=note)
    with pytest.raises(ImpossibleRequest, match="Reopen it"):
        ask(stage, Comment.objects.get(pk=note.pk))
    assert not Job.objects.filter(batch__note=note).exists()


def test_a_shot_that_was_omitted_is_put_back_first(stage):
    take = still_of(stage)
    note = note_on(stage, take)
    Shot.objects.filter(pk=take.shot_id).update(omitted_at=take.created_at)
    with pytest.raises(ImpossibleRequest, match="Put it back"):
        ask(stage, note)


def test_a_prompt_of_no_words_or_of_too_many_is_refused_and_costs_nothing(stage):
    take = still_of(stage)
    note = note_on(stage, take)
    most = redoing.draft_for(stage.opened, note, take).rule.most
    for prompt in ("", " \x00 ", "x" * (most + 1)):
        with pytest.raises(ImpossibleRequest):
            ask(stage, note, prompt=prompt)
    assert not Job.objects.filter(batch__note=note).exists()


def test_only_what_is_offered_can_be_begun_with(stage):
    note = note_on(stage, still_of(stage))
    with pytest.raises(ImpossibleRequest, match="cannot begin with that"):
        ask(stage, note, start="frame")


def test_the_note_of_another_project_is_not_found(cast, stage):
    note = note_on(stage, still_of(stage))
    own = type(stage.opened.project).objects.create(team=cast.mallory.teams.get(), name="Own")
    assert redoing.note_of(open_project(cast.mallory, own.pk, Right.SPEND), note.pk) is None


@pytest.mark.parametrize(("words", "most"), [("Slower.", 60), ("Slower, and darker, and " * 9, 100), ("", 100)])
def test_a_built_prompt_makes_room_for_the_note(words, most):
    base = "A long shot of the harbour in the fog with a ferry and a lamp"
    joined = redoing._joined(base, words.strip(), PromptRule(most=most), by_hand=False)
    assert len(joined) <= most
    assert ("Direction: Slower" in joined) == bool(words)
    by_hand = redoing._joined(base, "Slower.", PromptRule(most=60), by_hand=True)
    assert by_hand == f"{base} Direction: Slower."


def test_an_account_is_charged_once(stage):
    note = note_on(stage, still_of(stage))
    ask(stage, note)
    ask(stage, note)
    stage.settle()
    assert max(stage.providers["paid"].books.sent.values()) == 1
    assert ProviderAccount.objects.filter(provider="paid").exists()
