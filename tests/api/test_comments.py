"""Comments through the API: said, answered, changed, thrown away, and told to the same people as on the page."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects import pacing
from projects.models import Comment, Notification, Project
from tests.api.conftest import Program
from tests.api.test_floor import refusal

pytestmark = pytest.mark.django_db
DRAWING = [{"tool": "pen", "colour": "amber", "points": [[0.1, 0.2], [0.3, 0.25]]}]


def say(asks: Program, project: Project, text: str = "Good.", **more: Any) -> Any:
    """Comment on the project itself."""
    about = {"project": str(project.pk), "subject_kind": "project", "subject_id": str(project.pk)}
    return asks.post("comments", {**about, "text": text, **more})


def test_what_a_program_says_is_on_the_page_and_those_named_are_told(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], client_of: Callable[..., Client]
) -> None:
    dave = program_of(cast.dave)
    made = say(dave, project, "@Carol, darker <b>here</b>.", time_ms=1200, drawing=DRAWING)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["time_ms"], shown["drawing"], shown["author"]["name"]) == (1200, DRAWING, "Dave")
    assert [one["name"] for one in shown["mentions"]] == ["Carol"]
    assert dave.get(made["Location"]).json() == shown
    page = client_of(cast.alice).get(reverse("projects:comments", args=[project.pk, "project", project.pk]))
    assert "darker &lt;b&gt;here&lt;/b&gt;" in page.content.decode()
    told = program_of(cast.carol).get("notifications").json()["results"]
    assert [(one["kind"], one["comment"], one["actor"]["name"]) for one in told] == [("mention", shown["id"], "Dave")]


def test_answers_belong_to_the_first_and_go_with_it(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    dave, carol, alice = (program_of(one) for one in (cast.dave, cast.carol, cast.alice))
    first = say(dave, project).json()
    answer = carol.post("comments", {"project": str(project.pk), "text": "Why?", "parent": first["id"]}).json()
    assert (answer["parent"], answer["subject_id"]) == (first["id"], str(project.pk))
    deep = dave.post("comments", {"project": str(project.pk), "text": "So.", "parent": answer["id"]}).json()
    assert deep["parent"] == first["id"]
    listed = dave.get(f"comments?project={project.pk}").json()["results"]
    assert [one["text"] for one in listed] == ["Good.", "Why?", "So."]
    refusal(carol.delete(f"comments/{first['id']}"), 403, "not_allowed")
    assert alice.delete(f"comments/{first['id']}").status_code == 204
    assert dave.get(f"comments?project={project.pk}").json()["results"] == []
    for gone in (first, answer):
        refusal(dave.get(f"comments/{gone['id']}"), 404, "not_found")
        refusal(dave.post(f"comments/{gone['id']}/resolve"), 404, "not_found")
    late = {"project": str(project.pk), "text": "Too late", "parent": answer["id"]}
    refusal(carol.post("comments", late), 409, "not_possible")
    assert dave.post(f"comments/{first['id']}/restore").status_code == 200
    assert len(dave.get(f"comments?project={project.pk}").json()["results"]) == 3


def test_words_are_changed_by_who_wrote_them(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    dave, alice = program_of(cast.dave), program_of(cast.alice)
    path = f"comments/{say(dave, project).json()['id']}"
    refusal(alice.patch(path, {"text": "Bad."}), 403, "not_allowed")
    changed = dave.patch(path, {"text": "Better, @Bob."})
    assert (changed.json()["text"], changed.json()["edited_at"] is not None) == ("Better, @Bob.", True)
    assert Notification.objects.filter(user=cast.bob, kind="mention").count() == 1
    refusal(dave.patch(path, {"text": "  "}), 409, "not_possible")
    done = alice.post(f"{path}/resolve").json()
    assert done["resolved_by"]["name"] == "Alice"
    query = f"comments?project={project.pk}&resolved="
    assert len(alice.get(query + "true").json()["results"]) == 1
    assert alice.get(query + "false").json()["results"] == []
    assert dave.post(f"{path}/reopen").json()["resolved_at"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"text": "x" * 5001},
        {"text": 7},
        {"time_ms": -1},
        {"time_ms": 10**9},
        {"time_ms": 1.5},
        {"drawing": "pen"},
        {"drawing": [{"tool": "pen"}]},
        {"drawing": [{"tool": "pen", "colour": "amber", "points": [[0.1, 1.2]]}]},
        {"drawing": [7] * 81},
        {"mentions": ["carol"]},
        {"subject_kind": "team"},
        {"subject_id": None},
        {"author": "0191f2a0-1111-4222-8333-444455556666"},
        {"resolved_at": None},
    ],
    ids=lambda body: str(body)[:40],
)
def test_what_is_no_comment_is_refused(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], body: dict[str, Any]
) -> None:
    refusal(say(program_of(cast.dave), project, **body), 400, "invalid")
    assert not Comment.objects.exists()


def test_nothing_is_said_about_nothing(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    dave = program_of(cast.dave)
    refusal(say(dave, project, " "), 409, "not_possible")
    refusal(dave.post("comments", {"project": str(project.pk), "text": "x"}), 400, "invalid")
    half = {"project": str(project.pk), "text": "x", "subject_kind": "shot"}
    refusal(dave.post("comments", half), 400, "invalid")
    refusal(dave.post("comments", {**half, "subject_id": str(uuid.uuid4())}), 404, "not_found")


def test_what_is_of_others_is_not_there(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    mallory = program_of(cast.mallory)
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    ours = say(program_of(cast.dave), project).json()
    missing = uuid.uuid4()
    for method, tail, body in (
        ("GET", "", None), ("PATCH", "", {"text": "x"}), ("DELETE", "", None),
        ("POST", "/restore", None), ("POST", "/resolve", None), ("POST", "/reopen", None),
    ):  # fmt: skip
        one, none = (mallory(method, f"comments/{pk}{tail}", body) for pk in (ours["id"], missing))
        refusal(one, 404, "not_found")
        assert one.content == none.content
    refusal(say(mallory, project), 404, "not_found")
    # Foreign ids in a body of one's own: a project as subject, a comment that is answered, a person who is named.
    refusal(say(mallory, theirs, subject_id=str(project.pk)), 404, "not_found")
    refusal(say(mallory, theirs, parent=ours["id"]), 409, "not_possible")
    named = say(mallory, theirs, "@Carol, look.", mentions=[str(cast.carol.pk)]).json()
    assert named["mentions"] == []
    assert not Notification.objects.filter(user=cast.carol).exists()


def test_one_person_writes_only_so_many(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "COMMENTS", 0)
    said = refusal(say(program_of(cast.dave), project), 429, "too_many_comments")
    assert said["retry_after"] > 0


def test_a_long_talk_costs_no_more_queries_than_a_short_one(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    dave, counts = program_of(cast.dave), []
    for many in (3, 30):
        for number in range(many):
            one = Comment.objects.create(
                project=project, author=cast.carol, subject_kind="project", subject_id=project.pk, text=str(number)
            )
            one.mentions.add(cast.bob)
        with CaptureQueriesContext(connection) as queries:
            page = dave.get(f"comments?project={project.pk}&limit=200").json()["results"]
        counts.append(len(queries))
    assert len(page) == 33
    assert counts[1] <= counts[0]
