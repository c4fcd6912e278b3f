"""What waits for a person: theirs alone, once, gone with their place in the team; page, bell and choice of mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, User
from projects import live
from projects.models import MailChoice, Notification, Project
from projects.notifying import notify

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
_K = Notification.Kind


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, str]]:
    """Who was told what, live."""
    heard: list[tuple[Any, str]] = []
    monkeypatch.setattr(live, "tell", lambda user_id, message, **more: heard.append((user_id, message["type"])))
    return heard


def tell(project: Project, *people: User, kind: Notification.Kind = _K.TEAM, **more: Any) -> list[Notification]:
    """Tell people something."""
    text = more.pop("text", "Something waits for you.")
    link = more.pop("link", f"/projects/{project.pk}/")
    return notify(project=project, people=[one.pk for one in people], kind=kind, text=text, link=link, **more)


def test_only_members_hear_and_never_of_their_own_doing(
    cast: SimpleNamespace, project: Project, told: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    User.objects.filter(pk=cast.dave.pk).update(is_active=False)
    with django_capture_on_commit_callbacks(execute=True):
        rows = tell(project, cast.alice, cast.bob, cast.bob, cast.dave, cast.mallory, actor=cast.alice)
    assert [row.user for row in rows] == [cast.bob]
    assert told == [(cast.bob.pk, "notified")]


def test_the_bell_counts_what_is_mine_and_unread(cast: SimpleNamespace, project: Project, client_of: ClientOf) -> None:
    tell(project, cast.carol, cast.bob)
    tell(project, cast.carol)
    client = client_of(cast.carol)
    assert client.get("/notifications/unread/").json() == {"unread": 2}
    assert 'aria-label="Notifications, 2 unread"' in client.get("/").text
    client.post("/notifications/read/", {"id": str(Notification.objects.filter(user=cast.carol)[0].pk)})
    assert client.get("/notifications/unread/").json() == {"unread": 1}
    client.post("/notifications/read/")
    assert client.get("/notifications/unread/").json() == {"unread": 0}
    assert client_of(cast.bob).get("/notifications/unread/").json() == {"unread": 1}


def test_opening_one_leads_there_and_reads_it(
    cast: SimpleNamespace,
    project: Project,
    client_of: ClientOf,
    told: list[Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    (row,) = tell(project, cast.carol, link=f"/projects/{project.pk}/storyboard/#scene-2")
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_of(cast.carol).get(f"/notifications/{row.pk}/")
    assert answer["Location"] == f"/projects/{project.pk}/storyboard/#scene-2"
    row.refresh_from_db()
    assert row.read_at
    assert (cast.carol.pk, "notifications_read") in told
    assert client_of(cast.bob).get(f"/notifications/{row.pk}/").status_code == 404
    assert client_of(cast.mallory).get(f"/notifications/{row.pk}/").status_code == 404


@pytest.mark.parametrize("link", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_a_link_never_leaves_the_site(link: str, cast: SimpleNamespace, project: Project, client_of: ClientOf) -> None:
    (row,) = tell(project, cast.carol, link=link)
    assert client_of(cast.carol).get(f"/notifications/{row.pk}/")["Location"] == f"/projects/{project.pk}/"


def test_nobody_reads_for_somebody_else(cast: SimpleNamespace, project: Project, client_of: ClientOf) -> None:
    (row,) = tell(project, cast.carol)
    for who in (cast.bob, cast.mallory):
        client_of(who).post("/notifications/read/", {"id": str(row.pk)})
        client_of(who).post("/notifications/read/")
    row.refresh_from_db()
    assert row.read_at is None
    assert client_of(cast.carol).post("/notifications/read/", {"id": "all of them"}).status_code == 404


def test_who_left_the_team_sees_nothing_of_it_any_more(
    cast: SimpleNamespace, project: Project, client_of: ClientOf
) -> None:
    (row,) = tell(project, cast.carol, text="The ending is decided.")
    client = client_of(cast.carol)
    assert "The ending is decided." in client.get("/notifications/").text
    Membership.objects.filter(user=cast.carol).delete()
    assert "The ending is decided." not in client.get("/notifications/").text
    assert client.get("/notifications/unread/").json() == {"unread": 0}
    assert client.get(f"/notifications/{row.pk}/").status_code == 404


def test_a_deleted_project_tells_nothing(cast: SimpleNamespace, project: Project, client_of: ClientOf) -> None:
    tell(project, cast.carol)
    Project.objects.filter(pk=project.pk).update(deleted_at=timezone.now())
    assert client_of(cast.carol).get("/notifications/unread/").json() == {"unread": 0}


def test_the_page_filters_and_pages(
    cast: SimpleNamespace, project: Project, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        tell(project, cast.carol, text=f"Number {number}.", actor=cast.bob)
    moment = timezone.now() - timedelta(days=2)
    Notification.objects.filter(text__in=[f"Number {n}." for n in range(20)]).update(created_at=moment, read_at=moment)
    client = client_of(cast.carol)
    with django_assert_max_num_queries(8):
        first = client.get("/notifications/")
    assert len(first.context["page"].rows) == 50
    second = client.get(f"/notifications/?{first.context['earlier']}")
    assert len(second.context["page"].rows) == 10
    seen = {row.pk for answer in (first, second) for row in answer.context["page"].rows}
    assert len(seen) == 60
    assert len(client.get("/notifications/?unread=1").context["page"].rows) == 40
    assert len(client.get("/notifications/?before=nonsense").context["page"].rows) == 50
    foreign = tell(Project.objects.create(team=cast.mallory.teams.get(), name="Hers"), cast.mallory)[0]
    assert len(client.get(f"/notifications/?before={foreign.pk}").context["page"].rows) == 50


def test_hostile_words_stay_words(cast: SimpleNamespace, project: Project, client_of: ClientOf) -> None:
    tell(project, cast.carol, text="<img src=x onerror=alert(1)>")
    assert "<img src=x" not in client_of(cast.carol).get("/notifications/").text


def test_how_one_wants_mail_is_kept(cast: SimpleNamespace, client_of: ClientOf) -> None:
    client = client_of(cast.carol)
    form = {"pace": "daily", "hour": "7", "zone": "Europe/Berlin", "about": ["mention", "reply"]}
    assert client.post("/notifications/settings/", form).status_code == 302
    choice = MailChoice.objects.get()
    assert (choice.user, choice.pace, choice.hour, choice.zone) == (cast.carol, "daily", 7, "Europe/Berlin")
    assert "mention" not in choice.muted
    assert "approval" in choice.muted
    for wrong in ({"pace": "sometimes"}, {"hour": "24"}, {"zone": "Mars/Olympus"}, {"about": ["weather"]}):
        answer = client.post("/notifications/settings/", {**form, **wrong})
        assert answer.status_code == 422, wrong
    assert 'value="daily"' in client.get("/notifications/settings/").text
    assert MailChoice.objects.get().hour == 7


def test_nothing_is_there_for_a_visitor(client_of: ClientOf) -> None:
    client = client_of(None)
    for path in ("", "settings/", "unread/", f"{uuid4()}/"):
        assert client.get(f"/notifications/{path}").status_code == 302
