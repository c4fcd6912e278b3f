"""Status, person and day of shots: who may say what, who hears of it, and what is taken back."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.models import Membership
from accounts.policies import Right
from projects.access import OpenProject, open_project
from projects.models import Event, Notification, Project
from scenes.models import Shot
from scenes.services import statuses
from scenes.services.changing import ShotError
from scenes.services.taking_back import take_back
from tests.pages.footage import add_scenes

pytestmark = pytest.mark.django_db


@pytest.fixture
def shots(project: Project) -> list[Shot]:
    return add_scenes(project, 1, 3)


def fresh(shot: Shot) -> Shot:
    return Shot.objects.get(pk=shot.pk)


def test_a_reviewer_approves_and_sends_back_but_does_not_plan(cast: SimpleNamespace, project, shots) -> None:
    dave = open_project(cast.dave, project.pk, Right.REVIEW)
    ids = [shot.pk for shot in shots]
    event = statuses.set_status(opened=dave, shot_ids=ids[:2], status="approved")
    assert [fresh(shot).status for shot in shots] == ["approved", "approved", "todo"]
    assert event is not None
    assert event.payload["before"] == {"todo": [str(one) for one in ids[:2]]}
    with pytest.raises(PermissionDenied, match="artist role"):
        statuses.set_status(opened=dave, shot_ids=ids, status="in_progress")
    take_back(opened=dave, number=event.number)
    assert {fresh(shot).status for shot in shots} == {"todo"}


def test_a_status_that_is_none_and_no_shot_are_refused(opened: OpenProject, shots) -> None:
    with pytest.raises(ShotError, match="no such status"):
        statuses.set_status(opened=opened, shot_ids=[shots[0].pk], status="wonderful")
    with pytest.raises(ShotError, match="Choose a shot first"):
        statuses.set_status(opened=opened, shot_ids=[], status="approved")


def test_who_is_given_shots_hears_of_it_once(cast, opened: OpenProject, shots) -> None:
    statuses.assign(opened=opened, shot_ids=[shot.pk for shot in shots], person=cast.bob.pk)
    told = Notification.objects.get()
    assert (told.user, told.kind, told.actor) == (cast.bob, "assigned", cast.carol)
    assert "3 shots (1A, 1B, 1C)" in told.text
    assert told.link.endswith("/storyboard/?person=me")
    assert statuses.assign(opened=opened, shot_ids=[shots[0].pk], person=cast.bob.pk) is None
    assert Notification.objects.count() == 1
    statuses.assign(opened=opened, shot_ids=[shots[0].pk], person=cast.carol.pk)
    assert Notification.objects.count() == 1, "nobody is told of what they did themselves"


def test_only_members_are_given_shots(cast, opened: OpenProject, shots) -> None:
    Membership.objects.filter(user=cast.dave).delete()
    for person in (cast.mallory, cast.dave):
        with pytest.raises(ShotError, match="Only members"):
            statuses.assign(opened=opened, shot_ids=[shots[0].pk], person=person.pk)
    assert fresh(shots[0]).assignee is None
    assert not Notification.objects.exists()


def test_shots_of_another_team_are_out_of_reach(cast, opened: OpenProject, shots) -> None:
    elsewhere = Project.objects.create(team=cast.mallory.teams.get(), name="Elsewhere")
    foreign = add_scenes(elsewhere, 1, 1)[0]
    statuses.set_status(opened=opened, shot_ids=[shots[0].pk, foreign.pk], status="approved")
    statuses.assign(opened=opened, shot_ids=[shots[0].pk, foreign.pk], person=cast.carol.pk)
    statuses.set_due(opened=opened, shot_ids=[shots[0].pk, foreign.pk], due_on=date(2027, 1, 1))
    row = fresh(foreign)
    assert (row.status, row.assignee, row.due_on) == ("todo", None, None)
    with pytest.raises(ShotError, match="Choose a shot"):
        statuses.assign(opened=opened, shot_ids=[foreign.pk], person=cast.carol.pk)


def test_plans_are_taken_back_only_where_nobody_changed_them_since(cast, opened: OpenProject, shots) -> None:
    statuses.assign(opened=opened, shot_ids=[shots[0].pk], person=cast.bob.pk)
    event = statuses.assign(opened=opened, shot_ids=[shot.pk for shot in shots], person=cast.carol.pk)
    statuses.assign(opened=opened, shot_ids=[shots[1].pk], person=cast.alice.pk)
    assert event is not None
    take_back(opened=opened, number=event.number)
    assert [fresh(shot).assignee for shot in shots] == [cast.bob, cast.alice, None]
    with pytest.raises(ShotError, match="changed this since"):
        take_back(opened=opened, number=event.number)


def test_a_day_is_set_and_taken_back(opened: OpenProject, shots) -> None:
    day = timezone.localdate() + timedelta(days=3)
    event = statuses.set_due(opened=opened, shot_ids=[shots[0].pk], due_on=day)
    assert event is not None
    assert (fresh(shots[0]).due_on, event.payload["dueOn"]) == (day, day.isoformat())
    take_back(opened=opened, number=event.number)
    assert fresh(shots[0]).due_on is None


def test_what_was_too_long_ago_is_not_taken_back(opened: OpenProject, shots) -> None:
    event = statuses.set_status(opened=opened, shot_ids=[shots[0].pk], status="review")
    assert event is not None
    Event.objects.filter(pk=event.pk).update(created_at=event.created_at - timedelta(hours=2))
    with pytest.raises(ShotError, match="too long ago"):
        take_back(opened=opened, number=event.number)
