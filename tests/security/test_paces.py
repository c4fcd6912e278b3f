"""One person who sends without end: told when to come back, with what they typed still there; others go on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from generation import uploads
from projects import pacing
from projects.models import Comment, Project
from scenes.models import Script, ScriptDraft, Upload
from tests.conftest import SCRIPT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def an_hour_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr("projects.pacing.time.time", lambda: 1_800_000_000.0)


def pace(monkeypatch: pytest.MonkeyPatch, **most: int) -> None:
    for name, value in most.items():
        monkeypatch.setattr(pacing, name, value)


def test_comments_are_bounded_for_each_person_and_the_words_stay(
    cast: SimpleNamespace, project: Project, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace(monkeypatch, COMMENTS=2)
    address = reverse("projects:comments", args=[project.pk, "project", project.pk])
    dave = client_of(cast.dave)
    said = [dave.post(address, {"text": f"note {number}"}) for number in range(3)]
    assert [answer.status_code for answer in said] == [200, 200, 422]
    assert "That was too often" in said[2].text
    assert "note 2" in said[2].text, "what was typed is in the form"
    mine = Comment.objects.filter(author=cast.dave).first()
    assert mine is not None
    edited = dave.post(reverse("projects:comment_edit", args=[project.pk, mine.pk]), {"text": "other words"})
    assert edited.status_code == 422
    assert "other words" in edited.text
    assert client_of(cast.carol).post(address, {"text": "hers"}).status_code == 200
    assert Comment.objects.count() == 3


def test_versions_are_bounded_and_what_was_written_is_kept(
    cast: SimpleNamespace, project: Project, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace(monkeypatch, VERSIONS=2)
    address = reverse("scenes:script", args=[project.pk])
    carol = client_of(cast.carol)
    answers = [carol.post(address, {"text": f"{SCRIPT}\nLine {n}.", "based_on": n}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert "That was too often" in answers[2].text
    assert "Line 2." in answers[2].text
    window = uuid4()
    draft = reverse("scenes:script_draft", args=[project.pk, window])
    refused = carol.post(draft, {"text": f"{SCRIPT}\nLine 3.", "base": 2, "save": "hand"})
    assert refused.status_code == 429
    assert "Line 3." in ScriptDraft.objects.get(window=window).text, "kept, though not as a version"
    file = SimpleUploadedFile("a.fountain", SCRIPT.encode())
    assert carol.post(reverse("scenes:script_import", args=[project.pk]), {"file": file}).status_code == 422
    assert carol.post(reverse("scenes:script_restore", args=[project.pk, 1])).status_code == 429
    assert Script.objects.filter(project=project).count() == 2
    assert client_of(cast.bob).post(address, {"text": f"{SCRIPT}\nBob.", "based_on": 2}).status_code == 302


def test_uploads_are_bounded(
    cast: SimpleNamespace, project: Project, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace(monkeypatch, UPLOADS=0)
    carol = client_of(cast.carol)
    for name, given in (
        ("upload_begin", {"name": "a.png", "size": "10"}),
        ("asset_upload", {"file": SimpleUploadedFile("a.png", b"x")}),
        ("sound_upload", {"file": SimpleUploadedFile("a.wav", b"x")}),
        ("bring", {"file": SimpleUploadedFile("a.png", b"x")}),
    ):
        answer = carol.post(reverse(f"generation:{name}", args=[project.pk]), given)
        assert answer.status_code == 422, name
        assert "very fast" in answer.text, name
    assert not Upload.objects.exists()


def test_a_project_is_not_begun_without_end_and_the_form_keeps_its_words(
    cast: SimpleNamespace, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace(monkeypatch, BEGUN=1)
    mallory = client_of(cast.mallory)
    given = {"team": cast.mallory.teams.get().pk, "name": "Storm", "resolution": "1280x720", "fps": "24"}
    answers = [mallory.post(reverse("scenes:start"), given) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 422]
    assert "That was too often" in answers[1].text
    assert "Storm" in answers[1].text


def test_whatever_is_sent_is_counted_in_all(
    cast: SimpleNamespace, project: Project, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace(monkeypatch, CHANGES=3)
    dave = client_of(cast.dave)
    answers = [dave.post(reverse("projects:notifications_read")) for _ in range(4)]
    assert [answer.status_code for answer in answers][3] == 429
    assert answers[3]["Retry-After"].isdecimal()
    assert "Content-Security-Policy" in answers[3]
    assert "That was too often" in answers[3].text
    assert dave.get(reverse("projects:detail", args=[project.pk])).status_code == 200, "reading goes on"
    assert client_of(cast.carol).post(reverse("projects:notifications_read")).status_code != 429


def test_files_on_their_way_are_counted_over_all_projects_of_a_person(
    cast: SimpleNamespace, project: Project, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(uploads, "MOST_BYTES_AT_ONCE", 100)
    other = Project.objects.create(team=cast.team, name="Other")
    carol, bob = client_of(cast.carol), client_of(cast.bob)

    def announce(client: Any, where: Project, size: int) -> Any:
        said = {"project": str(where.pk), "name": "a.png", "size": size}
        return client.post("/api/v1/uploads", said, content_type="application/json")

    first = announce(carol, project, 60)
    assert first.status_code == 201
    assert announce(carol, other, 41).json()["error_code"] == "too_many"
    assert announce(carol, other, 40).status_code == 201
    assert announce(carol, other, 1).status_code == 409
    assert announce(bob, project, 100).status_code == 201
    assert carol.delete(f"/api/v1/uploads/{first.json()['id']}").status_code == 204
    assert announce(carol, other, 1).status_code == 201
