"""The team's home, a project's own pages, and who may do what with them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Role
from accounts.policies import Right
from accounts.services import create_team
from projects.access import open_project
from projects.models import Project
from scenes.models import Asset, Scene, Script, Shot, Take
from scenes.services.scripts import apply_breakdown, save_script
from tests.conftest import SCRIPT

NEW = {"name": "Night Bus", "resolution": "1280x720", "fps": "25", "style": "film noir"}


def start(client, team, **given):
    return client.post("/projects/start/", NEW | {"team": str(team.pk)} | given)


def test_home_shows_the_projects_of_ones_own_teams(cast: SimpleNamespace, project: Project, client_of) -> None:
    assert "The Last Ferry" in client_of(cast.dave).get("/").text
    stranger = client_of(cast.mallory).get("/").text
    assert "The Last Ferry" not in stranger
    assert "Your first film starts with a script" in stranger


def test_an_owner_begins_a_project_without_a_script(cast: SimpleNamespace, client_of) -> None:
    answer = start(client_of(cast.alice), cast.team)
    project = Project.objects.get(name="Night Bus")
    assert answer.headers["Location"] == f"/projects/{project.pk}/script/"
    assert (project.fps, project.style, project.created_by) == (25, "film noir", cast.alice)
    assert list(project.events.values_list("type", flat=True)) == ["project_created"]


def test_a_pasted_script_comes_along_and_names_the_project(cast: SimpleNamespace, client_of) -> None:
    answer = start(client_of(cast.bob), cast.team, name="", text=SCRIPT)
    project = Project.objects.get()
    assert project.name == "The Last Ferry"
    assert answer.headers["Location"] == f"/projects/{project.pk}/script/breakdown/"
    assert "EXT. HARBOUR - DAWN" in Script.objects.get(project=project).text


def test_an_uploaded_script_comes_along(cast: SimpleNamespace, client_of) -> None:
    start(client_of(cast.bob), cast.team, file=SimpleUploadedFile("../../etc/p\u202easswd.fountain", SCRIPT.encode()))
    assert Script.objects.get().project.name == "Night Bus"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": "%PDF-1.7 nothing"}, "This is a PDF"),
        ({"file": SimpleUploadedFile("film.fountain", bytes(range(256)) * 40)}, "binary file"),
        ({"file": SimpleUploadedFile("film.fountain", b"")}, "The script is empty"),
        ({"file": SimpleUploadedFile("film.fountain", b"INT. A - DAY\n\nx\n" * 350_000)}, "at most 2 MB"),
        ({"fps": "1000"}, "Select a valid choice"),
        ({"resolution": "1x1"}, "Select a valid choice"),
        ({"name": "x" * 121}, "at most 120 characters"),
    ],
)
def test_a_refused_beginning_says_why_and_begins_nothing(
    cast: SimpleNamespace, client_of, given: dict, said: str
) -> None:
    answer = start(client_of(cast.alice), cast.team, **given)
    assert answer.status_code == 422
    assert said in answer.text
    assert "film noir" in answer.text
    assert not Project.objects.exists()


def test_only_producers_and_owners_of_the_team_begin_projects(cast: SimpleNamespace, client_of) -> None:
    for person, said in (
        (cast.carol, "Only producers and owners begin projects."),
        (cast.dave, "Only producers and owners begin projects."),
        (cast.mallory, "You cannot begin projects in this team."),
    ):
        answer = start(client_of(person), cast.team)
        assert answer.status_code == 422, person
        assert said in answer.text
    assert client_of(None).post("/projects/start/", NEW).status_code == 302
    assert not Project.objects.exists()


def test_settings_are_changed_by_those_who_manage(cast: SimpleNamespace, project: Project, client_of) -> None:
    path = f"/projects/{project.pk}/settings/"
    assert client_of(cast.bob).post(path, NEW | {"logline": "A bus."}).status_code == 302
    project.refresh_from_db()
    assert (project.name, project.fps, project.logline) == ("Night Bus", 25, "A bus.")
    assert project.events.get().payload == {"fields": ["name", "fps", "style", "logline"]}
    refused = client_of(cast.carol).post(path, NEW)
    assert refused.status_code == 403
    assert "Only producers and owners can do this." in refused.text
    kept = client_of(cast.bob).post(path, NEW | {"name": ""})
    assert kept.status_code == 422
    assert "film noir" in kept.text


def test_a_project_goes_into_the_archive_and_comes_back(cast: SimpleNamespace, project: Project, client_of) -> None:
    client = client_of(cast.bob)
    client.post(f"/projects/{project.pk}/archive/")
    assert "The Last Ferry" in client.get("/?archived=1").text
    assert 'class="project-card"' not in client.get("/").text
    client.post(f"/projects/{project.pk}/restore/")
    assert 'class="project-card"' in client.get("/").text
    assert client_of(cast.carol).post(f"/projects/{project.pk}/archive/").status_code == 403


PAGES = ("", "settings/", "activity/", "script/", "script/breakdown/")
ACTIONS = ("archive/", "restore/", "settings/", "script/", "script/import/", "script/preview/", "script/breakdown/",
           "script/paragraphs/")  # fmt: skip


def test_a_stranger_finds_nothing_and_a_visitor_is_asked_to_log_in(
    cast: SimpleNamespace, project: Project, client_of
) -> None:
    save_script(opened=open_project(cast.carol, project.pk, Right.CREATE), text=SCRIPT)
    for page in PAGES:
        path = f"/projects/{project.pk}/{page}"
        assert client_of(cast.mallory).get(path).status_code == 404, path
        assert client_of(None).get(path).headers["Location"].startswith("/accounts/login/"), path
    for action in ACTIONS:
        path = f"/projects/{project.pk}/{action}"
        assert client_of(cast.mallory).post(path, NEW | {"text": "x", "version": "1"}).status_code == 404, path
        assert client_of(None).post(path).status_code == 302, path
    assert project.events.count() == 1


def test_a_member_who_was_removed_is_a_stranger(cast: SimpleNamespace, project: Project, client_of) -> None:
    client = client_of(cast.dave)
    assert client.get(f"/projects/{project.pk}/").status_code == 200
    Membership.objects.filter(user=cast.dave).delete()
    missing = client.get("/projects/00000000-0000-0000-0000-000000000000/")
    answer = client.get(f"/projects/{project.pk}/")
    assert (answer.status_code, missing.status_code) == (404, 404)
    assert "Nothing on this reel" in answer.text


def test_the_overview_says_what_to_do_next(cast: SimpleNamespace, project: Project, client_of) -> None:
    client, path = client_of(cast.carol), f"/projects/{project.pk}/"
    opened = open_project(cast.carol, project.pk, Right.CREATE)
    assert "Write or import the script" in client.get(path).text
    save_script(opened=opened, text=SCRIPT)
    assert "Break the script down" in client.get(path).text
    apply_breakdown(opened=opened, version=1)
    answer = client.get(path).text
    assert "The storyboard is ready to shoot" in answer
    assert "broke the script down: 3 scenes" in answer
    save_script(opened=opened, text=SCRIPT + "\nEXT. SHORE - DAY\n\nNobody.\n")
    assert "The script has changed" in client.get(path).text


def footage(project: Project, *, scenes: int) -> None:
    """Make scenes with four shots each, two of which have a still."""
    for number in range(1, scenes + 1):
        scene = Scene.objects.create(
            project=project, number=str(number), position=number, heading=f"INT. ROOM {number}"
        )
        for place in range(4):
            shot = Shot.objects.create(
                scene=scene, letter="ABCD"[place], position=place, angle="medium shot", duration_ms=4000
            )
            if place % 2:
                asset = Asset.objects.create(
                    project=project, scene=scene, kind="image", origin="generated", key=f"{shot.pk}.jpg",
                    media_type="image/jpeg", sha256="0" * 64, size=1, thumbnail_key="t.jpg",
                )  # fmt: skip
                shot.still = Take.objects.create(project=project, shot=shot, kind="still", number=1, asset=asset)
                shot.save()


@pytest.mark.parametrize("page", ["/", "/projects/{}/", "/projects/{}/settings/", "/projects/new/"])
def test_the_number_of_queries_is_small_and_constant(
    cast: SimpleNamespace, project: Project, client_of, page: str
) -> None:
    client, path = client_of(cast.alice), page.format(project.pk)
    footage(project, scenes=1)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    queries()  # the first one also notes that the person is here
    before = queries()
    for number in range(3):
        more = Project.objects.create(team=cast.team, name=f"Film {number}", created_by=cast.bob)
        footage(more, scenes=3)
    Membership.objects.create(team=create_team(name="Second", owner=cast.bob), user=cast.alice, role=Role.ARTIST)
    Scene.objects.filter(project=project).delete()
    footage(project, scenes=12)
    after = queries()
    assert before <= 10
    assert after == before


def test_cards_count_what_is_in_the_film(cast: SimpleNamespace, project: Project, client_of) -> None:
    footage(project, scenes=2)
    Scene.objects.filter(number="2").update(omitted_at="2026-01-01T00:00Z")
    card = client_of(cast.dave).get("/").text
    first = Take.objects.get(shot__scene__number="1", shot__letter="B")
    assert "1 scene, 4 shots" in card
    assert "0:16" in card
    assert f"/media/{first.asset_id}/thumb" in card
