"""Approving, sending back and taking back: what becomes of the take, its shot, its notes and its people."""

from __future__ import annotations

import pytest

from accounts.policies import Right
from projects import commenting
from projects.access import OpenProject, open_project
from projects.models import Comment, Event, Notification, Subject
from projects.subjects import find
from scenes.models import Shot, Take
from scenes.services import reviewing, takes
from scenes.services.reviewing import ReviewError
from tests.pages.footage import add_scenes
from tests.pages.footage import add_take as add_made_take

IN_REVIEW, APPROVED, CHANGES = Shot.Status.REVIEW, Shot.Status.APPROVED, Shot.Status.CHANGES


@pytest.fixture
def dave(cast, project) -> OpenProject:
    """The project, opened by the reviewer."""
    return open_project(cast.dave, project.pk, Right.REVIEW)


@pytest.fixture
def shot(project) -> Shot:
    """A shot in review, with nothing made of it yet."""
    shot = add_scenes(project, 1, 1)[0]
    Shot.objects.filter(pk=shot.pk).update(status=IN_REVIEW)
    shot.refresh_from_db()
    return shot


def add_take(shot: Shot, kind: str) -> Take:
    """Add a take, the select, of one and the same recipe."""
    return add_made_take(shot, kind, recipe="plain")


def note_on(opened: OpenProject, take: Take, text: str = "Eyes drift to camera.") -> Comment:
    found = find(opened.project, Subject.TAKE, take.pk)
    assert found is not None
    return commenting.add_comment(opened=opened, kind="take", subject_id=take.pk, found=found, text=text)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def arrive(shot: Shot, like: Take, **more) -> Take:
    """Let a take arrive as the engine has it arrive."""
    return takes.add_take(
        shot=shot, line=None, kind=like.kind, asset=like.asset, mezzanine=None, attempt_id=None,
        fingerprint="", inputs={}, author=like.created_by_id, **{"recipe": like.recipe, **more},
    )  # fmt: skip


def test_an_approved_take_goes_into_the_film_whoever_approves_it(dave, shot):
    first, second = add_take(shot, "clip"), add_take(shot, "clip")
    Take.objects.filter(pk=second.pk).update(verdict=Take.Verdict.CHANGES)
    assert reviewing.approve_take(opened=dave, take=first)
    first, shot = fresh(first), fresh(shot)
    assert (first.verdict, first.verdict_by, shot.clip, shot.status) == ("approved", dave.user, first, APPROVED)
    assert first.verdict_at is not None
    event = Event.objects.filter(project=dave.project).latest("number")
    assert (event.type, event.actor, event.payload["shotId"]) == ("take_approved", dave.user, str(shot.pk))


def test_approving_twice_is_approving_once(dave, shot):
    take = add_take(shot, "clip")
    assert reviewing.approve_take(opened=dave, take=take)
    assert not reviewing.approve_take(opened=dave, take=fresh(take))
    assert Event.objects.filter(type="take_approved").count() == 1


def test_a_shot_with_a_clip_is_not_approved_by_its_still(dave, shot):
    still, clip = add_take(shot, "still"), add_take(shot, "clip")
    reviewing.approve_take(opened=dave, take=still)
    assert fresh(shot).status == IN_REVIEW
    reviewing.approve_take(opened=dave, take=clip)
    assert fresh(shot).status == APPROVED


def test_a_still_approves_its_shot_while_there_is_no_clip(dave, shot):
    reviewing.approve_take(opened=dave, take=add_take(shot, "still"))
    assert fresh(shot).status == APPROVED


def test_a_newer_take_that_came_meanwhile_keeps_the_shot_in_review(dave, shot):
    watched = add_take(shot, "clip")
    newer = arrive(shot, watched)
    reviewing.approve_take(opened=dave, take=watched)
    shot = fresh(shot)
    assert (shot.clip, shot.status) == (watched, IN_REVIEW)
    reviewing.send_back(opened=dave, take=newer, text="The first was better.")
    assert fresh(shot).status == CHANGES


def test_two_people_who_decide_at_once_are_told_of_each_other(cast, project, dave, shot):
    take = add_take(shot, "clip")
    carol = open_project(cast.carol, project.pk, Right.REVIEW)
    reviewing.approve_take(opened=dave, take=take, seen="")
    with pytest.raises(ReviewError, match="Dave approved it a moment ago"):
        reviewing.send_back(opened=carol, take=take, text="Too dark.", seen="")
    assert fresh(take).verdict == "approved"
    assert not Comment.objects.exists()
    assert reviewing.send_back(opened=carol, take=take, text="Too dark.", seen="approved")


def test_sending_back_needs_a_reason(dave, shot):
    take = add_take(shot, "clip")
    with pytest.raises(ReviewError, match="write a note"):
        reviewing.send_back(opened=dave, take=take, text="  ")
    assert (fresh(take).verdict, fresh(shot).status) == ("", IN_REVIEW)


def test_a_note_of_before_is_reason_enough(dave, shot):
    take = add_take(shot, "clip")
    note_on(dave, take)
    assert reviewing.send_back(opened=dave, take=take, text="")
    assert Comment.objects.count() == 1


def test_what_is_said_becomes_a_note_at_its_place(dave, shot):
    take = add_take(shot, "clip")
    strokes = [{"tool": "pen", "colour": "red", "points": [[0.1, 0.2]]}]
    reviewing.send_back(opened=dave, take=take, text="Eyes!", time_ms=2560, drawing=strokes)
    take, shot, note = fresh(take), fresh(shot), Comment.objects.get()
    assert (take.verdict, shot.status, shot.clip) == ("changes", CHANGES, take)
    assert (note.text, note.time_ms, note.drawing, note.subject_id) == ("Eyes!", 2560, strokes, take.pk)


def test_who_made_it_and_whose_shot_it_is_hear_of_it_once(cast, dave, shot):
    take = add_take(shot, "clip")
    Take.objects.filter(pk=take.pk).update(created_by=cast.carol)
    Shot.objects.filter(pk=shot.pk).update(assignee=cast.bob)
    reviewing.send_back(opened=dave, take=Take.objects.select_related("shot").get(pk=take.pk), text="Eyes!")
    told = Notification.objects.values_list("user__name", "kind")
    assert sorted(told) == [("Bob", "decided"), ("Carol", "decided")]
    assert "sends clip 1 of shot 1A back: Eyes!" in Notification.objects.all()[0].text


def test_taking_an_approval_back_brings_back_what_was(dave, shot):
    first, second = add_take(shot, "clip"), add_take(shot, "clip")
    Take.objects.filter(pk=second.pk).update(verdict=Take.Verdict.CHANGES)
    Shot.objects.filter(pk=shot.pk).update(status=CHANGES)
    reviewing.approve_take(opened=dave, take=first)
    assert reviewing.withdraw_verdict(opened=dave, take=first)
    first, shot = fresh(first), fresh(shot)
    assert (first.verdict, first.verdict_by, first.verdict_at) == ("", None, None)
    assert (shot.clip, shot.status) == (second, CHANGES)
    assert not reviewing.withdraw_verdict(opened=dave, take=first)


def test_taking_back_leaves_alone_what_was_decided_since(dave, shot):
    first, second = add_take(shot, "clip"), add_take(shot, "clip")
    Take.objects.filter(pk=second.pk).update(verdict=Take.Verdict.CHANGES)
    reviewing.approve_take(opened=dave, take=first)
    Shot.objects.filter(pk=shot.pk).update(status=Shot.Status.TODO, clip=second)
    reviewing.withdraw_verdict(opened=dave, take=first)
    shot = fresh(shot)
    assert (shot.clip, shot.status) == (second, Shot.Status.TODO)


def test_the_notes_that_led_to_a_take_close_with_its_approval_and_open_again_with_its_withdrawal(dave, shot):
    first = add_take(shot, "clip")
    asked, other = note_on(dave, first), note_on(dave, first, "And the fog.")
    second = arrive(shot, first, note_id=asked.pk)
    again = note_on(dave, second, "Better; slower now.")
    third = arrive(shot, second, note_id=again.pk)
    reviewing.approve_take(opened=dave, take=third)
    third = fresh(third)
    assert fresh(again).resolved_at == third.verdict_at
    assert (fresh(asked).resolved_at, fresh(asked).resolved_by) == (third.verdict_at, dave.user)
    assert fresh(other).resolved_at is None
    reviewing.withdraw_verdict(opened=dave, take=third)
    assert fresh(again).resolved_at is None
    assert fresh(asked).resolved_at is None


def test_an_approved_clip_stays_in_the_film_until_people_agree_on_another(dave, shot):
    first = add_take(shot, "clip")
    reviewing.approve_take(opened=dave, take=first)
    second = arrive(shot, first)
    third = arrive(shot, first, recipe="other", note_id=note_on(dave, first).pk)
    shot = fresh(shot)
    assert (shot.clip, shot.status) == (first, IN_REVIEW)
    changed = arrive(shot, first, recipe="the shot has changed")
    assert fresh(shot).clip == changed
    assert {second.verdict, third.verdict} == {""}


def test_a_take_in_the_trash_is_not_judged(cast, project, dave, shot):
    take = add_take(shot, "clip")
    seen = fresh(take)
    Take.objects.filter(pk=take.pk).update(deleted_at="2026-01-01T00:00Z")
    with pytest.raises(ReviewError, match="trash"):
        reviewing.approve_take(opened=dave, take=seen)


def test_a_star_is_put_on_and_taken_off(dave, shot):
    take = add_take(shot, "still")
    assert reviewing.star_take(opened=dave, take=take, starred=True)
    assert not reviewing.star_take(opened=dave, take=take, starred=True)
    assert fresh(take).starred_at is not None
    assert reviewing.star_take(opened=dave, take=take, starred=False)
    assert fresh(take).starred_at is None


def test_whose_note_was_heard_is_told_of_the_new_take(cast, dave, shot):
    first = add_take(shot, "clip")
    note = note_on(dave, first)
    Notification.objects.all().delete()
    arrive(shot, first, note_id=note.pk)
    told = Notification.objects.get()
    assert (told.user, told.text) == (cast.dave, "Shot 1A has clip 2, made from your note.")
