"""Notifications, who is here, what was done, and the trash, through the API."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.services import create_team
from projects import events, presence
from projects.models import Comment, Event, MailChoice, Notification, Project
from projects.notifying import notify
from tests.api.conftest import Program
from tests.api.test_floor import refusal

pytestmark = pytest.mark.django_db


def tell(project: Project, person: Any, text: str = "Look.") -> Notification:
    """Have something wait for somebody."""
    return notify(project=project, people=[person.pk], kind=Notification.Kind.TEAM, text=text, link="/")[0]


# --- notifications ---------------------------------------------------------------------------------------------------


def test_notifications_are_listed_counted_and_read(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], client_of: Callable[..., Client]
) -> None:
    first, second = tell(project, cast.carol, "First"), tell(project, cast.carol, "Second")
    tell(project, cast.dave)
    carol = program_of(cast.carol)
    assert [one["text"] for one in carol.get("notifications").json()["results"]] == ["Second", "First"]
    assert carol.get("notifications/unread").json() == {"unread": 2}
    assert carol.post("notifications/read", {"ids": [str(first.pk)]}).json() == {"unread": 1}
    unread = carol.get("notifications?unread=true").json()["results"]
    assert [one["id"] for one in unread] == [str(second.pk)]
    assert client_of(cast.carol).get(reverse("projects:notifications_unread")).json() == {"unread": 1}
    assert carol.post("notifications/read", {}).json() == {"unread": 0}
    assert program_of(cast.dave).get("notifications/unread").json() == {"unread": 1}


def test_nobody_reads_or_marks_what_is_of_others(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    mine, theirs = tell(project, cast.carol), tell(project, cast.dave)
    carol = program_of(cast.carol)
    refusal(carol.post("notifications/read", {"ids": [str(mine.pk), str(theirs.pk)]}), 404, "not_found")
    assert Notification.objects.filter(read_at=None).count() == 2
    assert program_of(cast.mallory).get("notifications").json()["results"] == []
    wrong: list[dict[str, Any]] = [{"ids": []}, {"ids": ["x"]}, {"ids": [str(mine.pk)] * 201}, {"id": str(mine.pk)}]
    for body in wrong:
        refusal(carol.post("notifications/read", body), 400, "invalid")


def test_a_token_sees_and_marks_what_is_of_its_team(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    elsewhere = create_team(name="Second", owner=cast.carol)
    other = Project.objects.create(team=elsewhere, name="Other")
    tell(project, cast.carol, "Here")
    there = tell(other, cast.carol, "There")
    here = program_of(cast.carol, team=cast.team)
    assert [one["text"] for one in here.get("notifications").json()["results"]] == ["Here"]
    refusal(here.post("notifications/read", {"ids": [str(there.pk)]}), 404, "not_found")
    assert here.post("notifications/read", {}).json() == {"unread": 0}
    there.refresh_from_db()
    assert there.read_at is None


def test_mail_is_chosen_in_part_and_by_people(
    cast: SimpleNamespace, program_of: Callable[..., Program], client_of: Callable[..., Any]
) -> None:
    carol, window = program_of(cast.carol), client_of(cast.carol)

    def choose(body: Any) -> Any:
        return window.patch("/api/v1/notifications/mail", body, content_type="application/json")

    assert carol.get("notifications/mail").json() == {"pace": "hourly", "hour": 8, "zone": "", "muted": []}
    # A token is for one team; mail comes from all of them.
    refusal(carol.patch("notifications/mail", {"pace": "never"}), 403, "people_only")
    choose({"pace": "daily", "zone": "Europe/Berlin"})
    changed = choose({"muted": ["comment"]}).json()
    assert changed == {"pace": "daily", "hour": 8, "zone": "Europe/Berlin", "muted": ["comment"]}
    assert MailChoice.objects.get().user == cast.carol
    wrong: list[dict[str, Any]] = [
        {"zone": "../../etc/passwd"},
        {"hour": 24},
        {"pace": "often"},
        {"muted": ["x"]},
        {"hour": True},
    ]
    for body in wrong:
        refusal(choose(body), 400, "invalid")


def test_many_notifications_cost_no_more_queries(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    carol, counts = program_of(cast.carol), []
    for many in (3, 30):
        for _ in range(many):
            notify(
                project=project, people=[cast.carol.pk], kind=Notification.Kind.TEAM, text="x", link="/", actor=cast.bob
            )
        with CaptureQueriesContext(connection) as queries:
            assert carol.get("notifications?limit=200").status_code == 200
        counts.append(len(queries))
    assert counts[1] <= counts[0]


# --- people and what they did ----------------------------------------------------------------------------------------


def test_people_are_listed_with_where_they_are(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    here = {"id": str(cast.bob.pk), "name": "Bob", "initials": "BO", "page": "storyboard", "shot": ""}
    asyncio.run(presence.note(str(project.pk), [here]))
    people = program_of(cast.dave, ["read"]).get(f"projects/{project.pk}/people").json()
    assert [(one["name"], one["role"]) for one in people] == [
        ("Alice", "owner"), ("Bob", "producer"), ("Carol", "artist"), ("Dave", "reviewer"),
    ]  # fmt: skip
    assert [one["here"] for one in people] == [None, {"page": "storyboard", "shot": ""}, None, None]
    one, none = (program_of(cast.mallory).get(f"projects/{pk}/people") for pk in (project.pk, uuid.uuid4()))
    refusal(one, 404, "not_found")
    assert one.content == none.content


def test_activity_is_told_in_words_without_markup(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    carol = program_of(cast.carol)
    about = {"project": str(project.pk), "subject_kind": "project", "subject_id": str(project.pk)}
    carol.post("comments", {**about, "text": "Good."})
    Project.objects.filter(pk=project.pk).update(name="Rain & <i>Sun</i>")
    carol.post("comments", {**about, "text": "Better."})
    with transaction.atomic():
        events.record(project.pk, "nobody_has_words_for_this", {})
        events.record(project.pk, "guest_verdict", {"said": "approved", "about": "the film", "guest": "Kim"})
    told = carol.get(f"activity?project={project.pk}").json()["results"]
    assert [(one["who"], one["what"]) for one in told] == [
        ("Kim (guest)", "approved the film"),
        ("Carol", "commented on Rain & <i>Sun</i>"),
        ("Carol", "commented on The Last Ferry"),
    ]
    assert told[0]["actor"] is None
    only = carol.get(f"activity?project={project.pk}&person={cast.carol.pk}&about=Comments&limit=1").json()
    assert [one["seq"] for one in only["results"]] == [2]
    assert carol.get(only["next"].partition("/api/v1/")[2]).json()["results"][0]["seq"] == 1
    assert carol.get(f"activity?project={project.pk}&about=Takes&fields=who").json()["results"] == [
        {"who": "Kim (guest)"}
    ]
    refusal(carol.get(f"activity?project={project.pk}&about=x"), 400, "invalid")
    refusal(program_of(cast.mallory).get(f"activity?project={project.pk}"), 404, "not_found")


def test_much_activity_costs_no_more_queries(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    dave, counts, number = program_of(cast.dave), [], 0
    for many in (3, 30):
        for _ in range(many):
            number += 1
            payload = {"shotId": str(uuid.uuid4()), "sceneId": str(uuid.uuid4())}
            Event.objects.create(project=project, number=number, type="shot_edited", payload=payload, actor=cast.carol)
        with CaptureQueriesContext(connection) as queries:
            assert len(dave.get(f"activity?project={project.pk}&limit=200").json()["results"]) == number
        counts.append(len(queries))
    assert counts[1] <= counts[0]


# --- the trash -------------------------------------------------------------------------------------------------------


def thrown(project: Project, author: Any, count: int, **more: Any) -> list[Comment]:
    """Return comments that somebody wrote and threw away."""
    return [
        Comment.objects.create(
            project=project, author=author, subject_kind="project", subject_id=project.pk, text=f"No. {number}",
            deleted_at=timezone.now() - timedelta(minutes=count - number), deleted_by=author, **more,
        )
        for number in range(count)
    ]  # fmt: skip


def test_what_was_thrown_away_is_listed_and_comes_back(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    # The one that is refused comes last: what was done before it is undone.
    last = uuid.UUID(int=2**128 - 1)
    mine, theirs = thrown(project, cast.dave, 3), thrown(project, cast.bob, 1, id=last)
    dave, alice = program_of(cast.dave), program_of(cast.alice)
    kinds = dave.get(f"trash/kinds?project={project.pk}").json()
    assert kinds == [{"kind": "comment", "name": "Comments", "count": 4}]
    page = dave.get(f"trash?project={project.pk}&kind=comment&limit=3").json()
    rest = dave.get(page["next"].partition("/api/v1/")[2]).json()
    listed = page["results"] + rest["results"]
    assert {one["id"]: one["may_restore"] for one in listed} == {
        **{str(one.pk): True for one in mine}, str(theirs[0].pk): False,
    }  # fmt: skip
    assert (listed[0]["days_left"], listed[0]["deleted_by"]["name"]) in ((29, "Bob"), (29, "Dave"), (30, "Bob"))
    both = {"project": str(project.pk), "kind": "comment", "ids": [str(mine[0].pk), str(theirs[0].pk)]}
    refusal(dave.post("trash/restore", both), 403, "not_allowed")
    assert Comment.objects.trashed().count() == 4
    assert alice.post("trash/restore", both).json() == {"restored": 2}
    everything = {"project": str(project.pk), "kind": "comment"}
    assert dave.post("trash/restore", everything).json() == {"restored": 2}
    assert not Comment.objects.trashed().exists()
    refusal(dave.post("trash/restore", {**everything, "kind": "nonsense"}), 404, "not_found")
    refusal(dave.get(f"trash?project={project.pk}&kind=nonsense"), 404, "not_found")
    refusal(dave.post("trash/restore", {**both, "ids": [str(uuid.uuid4())]}), 404, "not_found")


def test_other_projects_trash_is_closed(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    ours = thrown(project, cast.dave, 1)[0]
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    mallory = program_of(cast.mallory)
    for path in (f"trash?project={project.pk}&kind=comment", f"trash/kinds?project={project.pk}"):
        refusal(mallory.get(path), 404, "not_found")
    for where in (project, theirs):
        body = {"project": str(where.pk), "kind": "comment", "ids": [str(ours.pk)]}
        refusal(mallory.post("trash/restore", body), 404, "not_found")
    ours.refresh_from_db()
    assert ours.deleted_at is not None


def test_a_full_trash_costs_no_more_queries(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    dave, counts = program_of(cast.dave), []
    for many in (3, 30):
        thrown(project, cast.dave, many)
        with CaptureQueriesContext(connection) as queries:
            assert dave.get(f"trash?project={project.pk}&kind=comment&limit=200").status_code == 200
        counts.append(len(queries))
    assert counts[1] <= counts[0]


def test_a_project_is_deleted_by_its_name_and_taken_back(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], client_of: Callable[..., Client]
) -> None:
    path, named = f"projects/{project.pk}", f"projects/{project.pk}?name=the+last+ferry"
    bob = program_of(cast.bob)
    refusal(bob.delete(path), 400, "invalid")
    refusal(bob.delete(f"{path}?name=Another"), 409, "name_differs")
    refusal(program_of(cast.carol).delete(named), 403, "not_allowed")
    refusal(program_of(cast.mallory).delete(named), 404, "not_found")
    assert bob.delete(named).status_code == 204
    refusal(bob.get(path), 404, "not_found")
    refusal(bob.delete(named), 404, "not_found")
    assert "The Last Ferry" in client_of(cast.bob).get(reverse("projects:deleted")).content.decode()
    assert [one["name"] for one in bob.get("projects/deleted").json()["results"]] == ["The Last Ferry"]
    for other in (cast.carol, cast.mallory):
        assert program_of(other).get("projects/deleted").json()["results"] == []
    refusal(program_of(cast.carol).post(f"{path}/undelete"), 403, "not_allowed")
    refusal(program_of(cast.mallory).post(f"{path}/undelete"), 404, "not_found")
    assert bob.post(f"{path}/undelete").json()["name"] == "The Last Ferry"
    refusal(bob.post(f"{path}/undelete"), 404, "not_found")
    assert bob.get(path).status_code == 200
