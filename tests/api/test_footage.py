"""Scenes, folders and shots through the API: as on the storyboard, all or nothing, and in nobody else's project."""

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

from projects.access import OpenProject
from projects.models import Event, Project
from scenes.models import Scene, Shot
from scenes.services.scripts import apply_breakdown, save_script
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.conftest import SCRIPT
from tests.pages.footage import add_scenes

pytestmark = pytest.mark.django_db


@pytest.fixture
def shots(opened: OpenProject) -> list[Shot]:
    """The shots of the broken-down script."""
    apply_breakdown(opened=opened, version=save_script(opened=opened, text=SCRIPT).version)
    return list(Shot.objects.of(opened.project))


@pytest.fixture
def carol(cast: SimpleNamespace, program_of: Callable[..., Program]) -> Program:
    """A program of Carol's."""
    return program_of(cast.carol)


@pytest.fixture
def foreign(cast: SimpleNamespace) -> Shot:
    """A shot of a team that none of the cast but Mallory belongs to."""
    project = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs", created_by=cast.mallory)
    return add_scenes(project, 1, 2)[0]


def rows(asks: Program, path: str) -> list[dict[str, Any]]:
    """Return all rows of a list, page by page."""
    found: list[dict[str, Any]] = []
    while path:
        page = asks.get(path)
        assert page.status_code == 200, page.content
        found += page.json()["results"]
        path = (page.json()["next"] or "").partition("/api/v1/")[2]
    return found


# --- scenes ----------------------------------------------------------------------------------------------------------


def test_scenes_are_read_inserted_changed_ordered_and_left_out(
    carol: Program, cast: SimpleNamespace, project: Project, shots: list[Shot], client_of: Callable[..., Client]
) -> None:
    path = f"scenes?project={project.pk}"
    first, second, third = rows(carol, path)
    assert [first["number"], second["number"], third["number"]] == ["1", "2", "3"]
    made = carol.post("scenes", {"project": str(project.pk), "heading": "INT. GALLEY - NIGHT", "after": first["id"]})
    assert made.status_code == 201, made.content
    assert (made.json()["number"], made.json()["time_of_day"]) == ("1A", "night")
    assert carol.get(made["Location"]).json() == made.json()
    changed = carol.patch(f"scenes/{made.json()['id']}", {"action": "He cooks.", "time_of_day": "dusk"})
    assert (changed.json()["action"], changed.json()["time_of_day"]) == ("He cooks.", "dusk")
    order = [third["id"], second["id"], made.json()["id"], first["id"]]
    assert carol.post("scenes/order", {"project": str(project.pk), "order": order}).status_code == 204
    assert [row["id"] for row in rows(carol, path)] == order
    refusal(carol.post("scenes/order", {"project": str(project.pk), "order": order[:2]}), 409, "not_possible")
    omitted = carol.post(f"scenes/{first['id']}/omit")
    assert omitted.json()["status"] == "omitted"
    assert [row["id"] for row in rows(carol, f"{path}&omitted=true")] == [first["id"]]
    assert len(rows(carol, f"{path}&omitted=false")) == 3
    # What the page takes back is back here.
    scene = Scene.objects.get(pk=first["id"])
    client_of(cast.carol).post(reverse("scenes:scene_place", args=[project.pk, scene.pk]), {"action": "restore"})
    assert carol.get(f"scenes/{first['id']}").json()["omitted_at"] is None


def test_scenes_refuse_what_cannot_be_and_strangers(
    carol: Program,
    cast: SimpleNamespace,
    project: Project,
    shots: list[Shot],
    foreign: Shot,
    program_of: Callable[..., Program],
) -> None:
    scene, count = shots[0].scene, Scene.objects.count()
    body = {"project": str(project.pk), "heading": "INT. A - DAY"}
    refusal(carol.post("scenes", {**body, "heading": " "}), 400, "invalid")
    refusal(carol.post("scenes", {**body, "heading": "x" * 241}), 400, "invalid")
    refusal(carol.post("scenes", {**body, "after": str(foreign.scene_id)}), 400, "invalid")
    refusal(carol.patch(f"scenes/{scene.pk}", {"time_of_day": "teatime"}), 400, "invalid")
    dave = program_of(cast.dave)
    refusal(dave.post("scenes", body), 403, "not_allowed")
    refusal(dave.patch(f"scenes/{scene.pk}", {"action": "x"}), 403, "not_allowed")
    mallory = program_of(cast.mallory)
    nobodys = mallory.get(f"scenes/{uuid.uuid4()}").content
    for answer in (
        mallory.get(f"scenes/{scene.pk}"),
        mallory.patch(f"scenes/{scene.pk}", {"action": "x"}),
        mallory.post(f"scenes/{scene.pk}/omit"),
        mallory.get(f"scenes?project={project.pk}"),
        mallory.get(f"scenes/{scene.pk}/scene.json"),
        mallory.get(f"folders?project={project.pk}"),
        mallory.post("scenes", body),
    ):
        assert (answer.status_code, answer.content) == (404, nobodys)
    assert Scene.objects.count() == count


def test_folders_are_scenes_with_their_files(carol: Program, project: Project, shots: list[Shot]) -> None:
    listed = carol.get(f"folders?project={project.pk}").json()
    assert [folder["number"] for folder in listed] == ["1", "2", "3", ""]
    assert listed[-1]["id"] == "project"
    made = carol.post("folders", {"project": str(project.pk), "name": "EXT. PIER - DUSK", "after": listed[2]["id"]})
    assert (made.status_code, made.json()["number"]) == (201, "4")
    path = f"folders/{made.json()['id']}"
    assert carol.patch(path, {"name": "EXT. QUAY - DUSK"}).json()["name"] == "EXT. QUAY - DUSK"
    assert carol.post(f"{path}/archive").json()["archived"] is True
    assert Scene.objects.get(number="4").omitted_at is not None
    assert carol.post(f"{path}/unarchive").json()["archived"] is False
    mirror = carol.get(f"scenes/{listed[0]['id']}/scene.json").json()
    assert (mirror["projectId"], mirror["number"], mirror["status"]) == (str(project.pk), "1", "empty")
    assert mirror["generation"]["completedVideos"] == 0


# --- shots -----------------------------------------------------------------------------------------------------------


def test_shots_are_listed_in_the_order_of_the_film_and_filtered(
    carol: Program, cast: SimpleNamespace, project: Project, shots: list[Shot]
) -> None:
    path = f"shots?project={project.pk}"
    assert [row["id"] for row in rows(carol, f"{path}&limit=2")] == [str(shot.pk) for shot in shots]
    ids = [str(shot.pk) for shot in shots[:2]]
    bulk = {"project": str(project.pk), "shots": ids}
    for verb, more in (
        ("status", {"status": "approved"}),
        ("assign", {"person": str(cast.dave.pk)}),
        ("due", {"due_on": "2027-03-31"}),
    ):
        done = carol.post(f"shots/{verb}", {**bulk, **more})
        assert done.status_code == 200, done.content
        assert sorted(done.json()["changed"]) == sorted(ids)
        assert carol.post(f"shots/{verb}", {**bulk, **more}).json() == {"changed": [], "event": None}
    for asked in ("status=approved", f"person={cast.dave.pk}", "due_before=2027-04-01"):
        assert [row["id"] for row in rows(carol, f"{path}&{asked}")] == ids, asked
    assert rows(carol, f"{path}&due_before=2027-03-31") == []
    assert carol.post("shots/omit", bulk).json()["changed"] == ids
    assert [row["id"] for row in rows(carol, f"{path}&omitted=true")] == ids
    scene = shots[-1].scene_id
    assert {row["scene"] for row in rows(carol, f"{path}&scene={scene}")} == {str(scene)}


def test_a_shot_is_inserted_changed_split_and_taken_back(
    carol: Program, cast: SimpleNamespace, project: Project, shots: list[Shot], client_of: Callable[..., Client]
) -> None:
    scene = shots[0].scene_id
    body = {"scene": str(scene), "angle": "close-up shot", "description": "Her hands.", "after": str(shots[0].pk)}
    made = carol.post("shots", body)
    assert made.status_code == 201, made.content
    path = f"shots/{made.json()['id']}"
    assert "close-up shot" in made.json()["prompt"].lower()
    changed = carol.patch(path, {"prompt": "Hands on a rope.", "duration_ms": 6000}).json()
    assert (changed["prompt"], changed["prompt_by_hand"], changed["duration_ms"]) == (
        "Hands on a rope.",
        "Hands on a rope.",
        6000,
    )
    assert carol.patch(path, {"prompt": ""}).json()["prompt_by_hand"] == ""
    refusal(carol.patch(path, {"duration_ms": 31_000}), 400, "invalid")
    half = carol.post(f"{path}/split", {"at_ms": 2000})
    assert half.status_code == 201, half.content
    assert (half.json()["duration_ms"], carol.get(path).json()["duration_ms"]) == (4000, 2000)
    told = refusal(carol.post(f"{path}/split", {"at_ms": 1900}), 400, "invalid")
    assert "at_ms" in told["fields"] or "duration_ms" in told["fields"]
    undone = carol.post("undo", {"project": str(project.pk)})
    assert (undone.status_code, undone.json()["type"]) == (200, "shot_split")
    assert carol.get(path).json()["duration_ms"] == 6000
    # What was done on the page is taken back here.
    client_of(cast.carol).post(
        reverse("scenes:shots_status", args=[project.pk]), {"shots": made.json()["id"], "status": "approved"}
    )
    number = Event.objects.filter(type="shot_status_changed").latest("number").number
    assert carol.post("undo", {"project": str(project.pk), "event": number}).status_code == 200
    assert carol.get(path).json()["status"] == "todo"
    order = [row["id"] for row in rows(carol, f"shots?project={project.pk}&scene={scene}")][::-1]
    assert carol.post("shots/order", {"scene": str(scene), "order": order}).status_code == 204
    assert [row["id"] for row in rows(carol, f"shots?project={project.pk}&scene={scene}")] == order


def test_ids_of_others_are_refused_and_nothing_is_changed(
    carol: Program,
    cast: SimpleNamespace,
    project: Project,
    shots: list[Shot],
    foreign: Shot,
    program_of: Callable[..., Program],
) -> None:
    before = list(Shot.objects.order_by("pk").values())
    mixed = {"project": str(project.pk), "shots": [str(shots[0].pk), str(foreign.pk)]}
    for verb, more in (
        ("status", {"status": "approved"}),
        ("assign", {"person": str(cast.dave.pk)}),
        ("due", {"due_on": None}),
        ("omit", {}),
        ("restore", {}),
    ):
        theirs = refusal(carol.post(f"shots/{verb}", {**mixed, **more}), 400, "invalid")
        none = {**mixed, "shots": [str(shots[0].pk), str(uuid.UUID(int=7))], **more}
        nobodys = refusal(carol.post(f"shots/{verb}", none), 400, "invalid")
        assert theirs["detail"].replace(str(foreign.pk), "…") == nobodys["detail"].replace(str(uuid.UUID(int=7)), "…")
    mine = {"project": str(project.pk), "shots": [str(shots[0].pk)]}
    refusal(carol.post("shots/assign", {**mine, "person": str(cast.mallory.pk)}), 400, "invalid")
    refusal(carol.post("shots/status", {**mine, "status": "lost"}), 400, "invalid")
    refusal(carol.post("shots/status", {**mine, "shots": []}), 400, "invalid")
    refusal(carol.post("shots", {"scene": str(shots[0].scene_id), "after": str(shots[-1].pk)}), 400, "invalid")
    refusal(carol.post("shots", {"scene": str(foreign.scene_id)}), 404, "not_found")
    dave = program_of(cast.dave)
    refusal(dave.post("shots/assign", {**mine, "person": None}), 403, "not_allowed")
    refusal(dave.post("shots/status", {**mine, "status": "in_progress"}), 403, "not_allowed")
    refusal(carol.post("undo", {"project": str(project.pk), "event": 1}), 409, "not_possible")
    mallory = program_of(cast.mallory)
    for answer in (
        mallory.get(f"shots/{shots[0].pk}"),
        mallory.patch(f"shots/{shots[0].pk}", {"prompt": "x"}),
        mallory.post(f"shots/{shots[0].pk}/split", {}),
        mallory.post("shots/omit", mine),
        mallory.post("undo", {"project": str(project.pk)}),
    ):
        refusal(answer, 404, "not_found")
    assert list(Shot.objects.order_by("pk").values()) == before


def test_a_change_of_what_has_changed_is_refused(carol: Program, shots: list[Shot]) -> None:
    path = f"shots/{shots[0].pk}"
    mark = carol.get(path)["ETag"]
    assert carol.patch(path, {"prompt": "Mine."}, If_Match=mark).status_code == 200
    refusal(carol.patch(path, {"prompt": "Theirs."}, If_Match=mark), 412, "changed_meanwhile")


@pytest.mark.parametrize("path", ["scenes?project={0}", "shots?project={0}", "folders?project={0}"])
def test_long_lists_take_no_more_questions(carol: Program, project: Project, path: str) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert carol.get(path.format(project.pk)).status_code == 200
        return len(seen)

    add_scenes(project, 3, 1)
    asked()
    few = asked()
    add_scenes(project, 27, 1)
    assert asked() == few
