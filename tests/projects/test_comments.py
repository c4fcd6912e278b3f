"""What people say to each other: who may, what is kept, who hears of it, and what hostile words do not do."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership, Role, User
from projects.models import Comment, Event, Notification, Project
from scenes.models import Shot
from scenes.services.scripts import apply_breakdown, save_script
from tests.conftest import SCRIPT

pytestmark = pytest.mark.django_db


@pytest.fixture
def shot(opened: Any) -> Shot:
    """The first shot of a broken-down script; Carol has it to do."""
    script = save_script(opened=opened, text=SCRIPT)
    apply_breakdown(opened=opened, version=script.version)
    shot = Shot.objects.of(opened.project)[0]
    shot.assignee = opened.user
    shot.save(update_fields=["assignee"])
    return shot


@pytest.fixture
def address(project: Project, shot: Shot) -> str:
    """Where one talks about the shot."""
    return reverse("projects:comments", args=[project.pk, "shot", shot.pk])


def words(user: User, kind: str | None = None) -> list[str]:
    """What somebody was told."""
    rows = Notification.objects.filter(user=user)
    return list((rows.filter(kind=kind) if kind else rows).values_list("text", flat=True))


def test_somebody_says_something_and_it_is_there(
    address: str, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    answer = client_of(cast.dave).post(address, {"text": "  Eyes drift to camera.\r\nKeep them on the water.  "})
    assert answer.status_code == 200
    comment = Comment.objects.get()
    assert comment.text == "Eyes drift to camera.\nKeep them on the water."
    assert "Eyes drift to camera.<br>Keep them on the water." in client_of(cast.alice).get(address).text
    event = Event.objects.get(type="comment_added")
    assert event.actor == cast.dave
    assert event.payload["commentId"] == str(comment.pk)
    assert "Eyes" not in json.dumps(event.payload)  # what is deleted must not live on in the log


@pytest.mark.parametrize("kind", ["project", "script", "scene", "shot"])
def test_there_is_a_conversation_about_each_thing(
    kind: str, shot: Shot, project: Project, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    about = {
        "project": project.pk,
        "script": project.scripts.get().pk,
        "scene": shot.scene_id,
        "shot": shot.pk,
    }
    address = reverse("projects:comments", args=[project.pk, kind, about[kind]])
    client = client_of(cast.dave)
    assert client.post(address, {"text": f"About the {kind}."}).status_code == 200
    assert f"About the {kind}." in client.get(address).text
    assert client.get(reverse("projects:comments", args=[project.pk, kind, uuid4()])).status_code == 404
    assert client_of(cast.mallory).post(address, {"text": "Hello"}).status_code == 404


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    'https://x.example/"onmouseover=alert(1)//',
    "https://x.example/<script>alert(1)</script>",
    "@Carol<svg/onload=alert(1)>",
    "{{ 7|add:7 }}{% csrf_token %}",
    "&lt;b&gt; \u202e reversed",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(
    text: str, address: str, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    for member in ("carol", "bob"):
        person = getattr(cast, member)
        person.name = f"{member.title()}<i onclick=alert(1)>"
        person.save(update_fields=["name"])
    client = client_of(cast.carol)
    answer = client.post(address, {"text": f"{text} @{cast.bob.name} {text}"})
    assert answer.status_code == 200
    shown = answer.text.partition('class="comment-text"')[2].partition("</p>")[0]
    for tag in ("<script", "<img", "<svg", "<i ", "<b>", 'onmouseover="', "href='"):
        assert tag not in shown
    assert 'href="javascript' not in shown
    assert "csrfmiddleware" not in shown


def test_addresses_can_be_followed_and_names_stand_out(
    address: str, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    text = "See https://example.com/a?b=1&c=2). @Bob and @bobby, not me@bob.example."
    shown = client_of(cast.carol).post(address, {"text": text}).text
    assert '<a class="link" href="https://example.com/a?b=1&amp;c=2"' in shown
    assert 'rel="noopener noreferrer nofollow ugc"' in shown
    assert shown.count('class="mention"') == 1
    assert list(Comment.objects.get().mentions.all()) == [cast.bob]


def test_each_person_hears_once_for_the_reason_that_concerns_them_most(
    address: str, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    client_of(cast.dave).post(address, {"text": "@Carol look at this, @Dave too"})
    assert [one.kind for one in Notification.objects.all()] == ["mention"]
    assert words(cast.carol) == ["Dave mentions you on Shot 1A: @Carol look at this, @Dave too"]
    Notification.objects.all().delete()
    first = Comment.objects.get()
    client_of(cast.bob).post(address, {"text": "Agreed.", "parent": str(first.pk)})
    assert {(one.user, one.kind) for one in Notification.objects.all()} == {
        (cast.dave, "reply"),
        (cast.carol, "comment"),
    }


def test_nobody_outside_the_team_can_be_mentioned(
    address: str, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    client = client_of(cast.dave)
    client.post(address, {"text": "@Mallory come in", "picked": str(cast.mallory.pk)})
    Membership.objects.filter(user=cast.bob).delete()
    client.post(address, {"text": "@Bob too", "picked": str(cast.bob.pk)})
    assert not Comment.objects.filter(mentions__isnull=False).exists()
    assert not Notification.objects.filter(user__in=[cast.mallory, cast.bob]).exists()


def test_of_two_with_one_name_the_chosen_one_is_meant(
    address: str, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    other = User.objects.create_user("bob2@example.com", "x", name="Bob")
    Membership.objects.create(team=cast.team, user=other, role=Role.ARTIST)
    client = client_of(cast.dave)
    client.post(address, {"text": "@Bob?", "picked": str(other.pk)})
    assert list(Comment.objects.get().mentions.all()) == [other]
    client.post(address, {"text": "@Bob!"})
    assert set(Comment.objects.latest("created_at").mentions.all()) == {other, cast.bob}


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"text": "   "}, "Write something first"),
        ({"text": "x" * 5001}, "shorten it by 1"),
        ({"text": "Here", "time_ms": "soon"}, "time code is not readable"),
        ({"text": "Here", "time_ms": "-1"}, "time code is not readable"),
        ({"text": "Here", "drawing": "[[["}, "drawing is not readable"),
        ({"text": "Here", "drawing": '[{"tool": "pen", "colour": "amber", "points": [[0, 2]]}]'}, "leaves the frame"),
        ({"text": "Here", "drawing": '[{"tool": "pen", "colour": "amber", "points": [[0, NaN]]}]'}, "not readable"),
        ({"text": "Here", "drawing": '[{"tool": "<b>", "colour": "amber", "points": [[0, 0]]}]'}, "not readable"),
        ({"text": "Here", "drawing": json.dumps([{}] * 81)}, "at most 80 strokes"),
        ({"text": "Here", "parent": str(uuid4())}, "deleted meanwhile"),
    ],
)
def test_what_cannot_be_kept_is_given_back(
    form: dict[str, str], complaint: str, address: str, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    answer = client_of(cast.dave).post(address, form)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert f">{form['text']}</textarea>" in answer.text
    assert not Comment.objects.exists()


def test_a_note_has_its_place_in_the_take(
    address: str, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    drawing = [{"tool": "arrow", "colour": "amber", "points": [[0.1, 0.2], [0.5, 1]]}]
    form = {"text": "", "time_ms": "2583", "drawing": json.dumps(drawing)}
    shown = client_of(cast.dave).post(address, form).text
    assert 'data-time-ms="2583"' in shown
    assert "0:02.14" in shown
    assert 'data-drawing="[{&quot;tool&quot;:&quot;arrow&quot;' in shown
    assert Comment.objects.get().drawing == drawing


def test_only_its_writer_changes_the_words(
    address: str, project: Project, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    client_of(cast.dave).post(address, {"text": "Darkr."})
    comment = Comment.objects.get()
    edit = reverse("projects:comment_edit", args=[project.pk, comment.pk])
    refused = client_of(cast.alice).post(edit, {"text": "Lighter."})
    assert refused.status_code == 403
    assert "Only who wrote a comment" in refused.text
    assert client_of(cast.dave).post(edit, {"text": ""}).status_code == 422
    answer = client_of(cast.dave).post(edit, {"text": "Darker, @Bob."})
    assert ">edited<" in answer.text
    comment.refresh_from_db()
    assert comment.text == "Darker, @Bob."
    client_of(cast.dave).post(edit, {"text": "Much darker, @Bob."})
    assert len(words(cast.bob)) == 1


def test_deleting_can_be_undone_and_takes_the_answers_along(
    address: str, project: Project, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    client_of(cast.dave).post(address, {"text": "First."})
    first = Comment.objects.get()
    client_of(cast.carol).post(address, {"text": "Second.", "parent": str(first.pk)})
    delete = reverse("projects:comment_delete", args=[project.pk, first.pk])
    assert client_of(cast.carol).post(delete).status_code == 403
    answer = client_of(cast.bob).post(delete, headers={"HX-Request": "true"})
    undo = json.loads(answer["HX-Trigger"])["rushes:said"]["undo"]
    assert "First." not in answer.text
    assert "Second." not in answer.text
    told = "/notifications/"
    assert "First." not in client_of(cast.carol).get(told).text
    late = client_of(cast.carol).post(address, {"text": "Third.", "parent": str(first.pk)})
    assert late.status_code == 422
    shown = client_of(cast.dave).post(undo).text
    assert "First." in client_of(cast.carol).get(told).text
    assert "First." in shown
    assert "Second." in shown


def test_resolving_and_reopening(
    address: str, project: Project, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    client_of(cast.dave).post(address, {"text": "Darker."})
    resolve = reverse("projects:comment_resolve", args=[project.pk, Comment.objects.get().pk])
    client = client_of(cast.carol)
    assert "is-resolved" in client.post(resolve).text
    client.post(resolve)
    assert "is-resolved" not in client.post(resolve, {"reopen": "1"}).text
    assert [one.type for one in Event.objects.filter(type__startswith="comment_")] == [
        "comment_added", "comment_resolved", "comment_reopened",
    ]  # fmt: skip


def test_a_comment_of_another_project_is_not_reached_through_an_own_one(
    address: str, project: Project, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    client_of(cast.dave).post(address, {"text": "Ours."})
    ours = Comment.objects.get()
    hers = Project.objects.create(team=cast.mallory.teams.get(), name="Mine", created_by=cast.mallory)
    client = client_of(cast.mallory)
    for name in ("edit", "delete", "restore", "resolve"):
        answer = client.post(reverse(f"projects:comment_{name}", args=[hers.pk, ours.pk]), {"text": "Hers."})
        assert answer.status_code == 404
    about_hers = reverse("projects:comments", args=[hers.pk, "project", hers.pk])
    assert client.post(about_hers, {"text": "Reply", "parent": str(ours.pk)}).status_code == 422
    assert client.get(reverse("projects:comments", args=[hers.pk, "shot", ours.subject_id])).status_code == 404
    ours.refresh_from_db()
    assert (ours.text, ours.deleted_at, ours.resolved_at) == ("Ours.", None, None)


def test_an_answer_stays_with_what_it_answers(
    address: str, project: Project, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    client = client_of(cast.dave)
    client.post(address, {"text": "About the shot."})
    elsewhere = reverse("projects:comments", args=[project.pk, "project", project.pk])
    answer = client.post(elsewhere, {"text": "Answer", "parent": str(Comment.objects.get().pk)})
    assert answer.status_code == 422
    assert Comment.objects.count() == 1


def test_queries_do_not_grow_with_the_conversation(
    address: str, cast: SimpleNamespace, client_of: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    client = client_of(cast.dave)
    for number in range(3):
        client.post(address, {"text": f"@Bob {number}"})
        client.post(address, {"text": f"@Carol {number}", "parent": str(Comment.objects.first().pk)})  # type: ignore[union-attr]
    with django_assert_max_num_queries(8):
        client.get(address)


def test_names_are_offered_to_members_only(
    project: Project, cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    address = reverse("projects:people", args=[project.pk])
    answer = client_of(cast.dave).get(address).json()
    assert [one["name"] for one in answer["people"]] == ["Alice", "Bob", "Carol", "Dave"]
    assert "example.com" not in json.dumps(answer)
    assert client_of(cast.mallory).get(address).status_code == 404
