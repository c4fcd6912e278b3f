"""The verbs of a project: each leaves one event, and refuses who may not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import Team
from accounts.policies import Right
from projects.access import open_project
from projects.models import Project
from projects.services import ProjectDetails, archive_project, change_project, create_project, restore_project


@pytest.mark.parametrize("name", ["carol", "dave", "mallory"])
def test_who_does_not_manage_begins_nothing(cast: SimpleNamespace, name: str) -> None:
    with pytest.raises(PermissionDenied) as refused:
        create_project(user=getattr(cast, name), team=cast.team, details=ProjectDetails("Film"))
    expected = "not a member" if name == "mallory" else "Only producers and owners"
    assert expected in str(refused.value)
    assert not Project.objects.exists()


def test_a_role_in_one_team_says_nothing_of_another(cast: SimpleNamespace) -> None:
    strangers = Team.objects.get(name="Strangers")
    with pytest.raises(PermissionDenied):
        create_project(user=cast.alice, team=strangers, details=ProjectDetails("Film"))


def test_a_begun_project_is_open_to_whoever_began_it(cast: SimpleNamespace) -> None:
    opened = create_project(user=cast.bob, team=cast.team, details=ProjectDetails("Film", fps=30))
    assert (opened.role, opened.can_manage, opened.project.fps) == ("producer", True, 30)
    event = opened.project.events.get()
    assert (event.type, event.actor, event.payload) == ("project_created", cast.bob, {"name": "Film"})


def test_saving_what_is_there_already_is_no_event(cast: SimpleNamespace, project: Project) -> None:
    opened = open_project(cast.bob, project.pk, Right.MANAGE)
    change_project(opened=opened, details=ProjectDetails("The Last Ferry"))
    assert not project.events.exists()
    change_project(opened=opened, details=ProjectDetails("The Last Ferry", style="noir"))
    assert project.events.get().payload == {"fields": ["style"]}


def test_archiving_twice_is_one_event_and_keeps_its_date(cast: SimpleNamespace, project: Project) -> None:
    opened = open_project(cast.bob, project.pk, Right.MANAGE)
    archive_project(opened=opened)
    first = Project.objects.get().archived_at
    archive_project(opened=opened)
    assert first is not None
    assert Project.objects.get().archived_at == first
    restore_project(opened=opened)
    restore_project(opened=opened)
    assert [event.type for event in project.events.all()] == ["project_archived", "project_restored"]
