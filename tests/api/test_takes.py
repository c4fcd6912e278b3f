"""Takes and elements through the API: chosen, judged, starred, compared; named, merged, given pictures."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.models import Comment, Project
from scenes.models import Asset, Element, Shot, Take
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.pages.footage import add_scenes, add_take

pytestmark = pytest.mark.django_db


@pytest.fixture
def shot(project: Project) -> Shot:
    """A shot with two clips; the second one is the select, and waits for its review."""
    shot = add_scenes(project, 1, 2)[0]
    for _ in range(2):
        add_take(shot, "clip", recipe="x")
    Shot.objects.filter(pk=shot.pk).update(status="review")
    return shot


@pytest.fixture
def carol(cast: SimpleNamespace, program_of: Callable[..., Program]) -> Program:
    """A program of Carol's."""
    return program_of(cast.carol)


def ids_of(asks: Program, path: str) -> list[str]:
    """Return the ids of a list."""
    answer = asks.get(path)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_takes_are_listed_read_and_chosen(carol: Program, project: Project, shot: Shot) -> None:
    first, second = Take.objects.order_by("number")
    path = f"takes?project={project.pk}"
    assert ids_of(carol, f"{path}&shot={shot.pk}") == [str(second.pk), str(first.pk)]
    assert set(ids_of(carol, f"{path}&waiting=true&kind=clip")) == {str(first.pk), str(second.pk)}
    assert ids_of(carol, f"{path}&kind=voice") == []
    read = carol.get(f"takes/{first.pk}").json()
    assert (read["selected"], read["asset"]["name"], read["inputs"]) == (False, f"Clip 1 of {shot.label}", {})
    chosen = carol.post(f"takes/{first.pk}/select")
    assert (chosen.status_code, chosen.json()["selected"]) == (200, True)
    shot.refresh_from_db()
    assert shot.clip == first
    assert carol.post(f"takes/{first.pk}/star").json()["starred_at"]
    assert ids_of(carol, f"{path}&starred=true") == [str(first.pk)]
    assert carol.post(f"takes/{first.pk}/unstar").json()["starred_at"] is None
    assert carol.delete(f"takes/{second.pk}").status_code == 204
    assert ids_of(carol, path) == [str(first.pk)]
    refusal(carol.get(f"takes/{second.pk}"), 404, "not_found")


def test_takes_are_judged_as_on_the_page(
    cast: SimpleNamespace,
    project: Project,
    shot: Shot,
    program_of: Callable[..., Program],
    client_of: Callable[..., Client],
) -> None:
    first, _ = Take.objects.order_by("number")
    dave = program_of(cast.dave)
    refusal(dave.post(f"takes/{first.pk}/send-back", {}), 409, "not_possible")
    stroke = {"tool": "pen", "colour": "amber", "points": [[0.1, 0.2], [0.3, 0.4]]}
    back = dave.post(f"takes/{first.pk}/send-back", {"text": "Slower.", "time_ms": 800, "drawing": [stroke]})
    assert (back.status_code, back.json()["verdict"], back.json()["verdict_by"]["name"]) == (200, "changes", "Dave")
    note = Comment.objects.get()
    assert (note.text, note.time_ms, note.drawing) == ("Slower.", 800, [stroke])
    page = client_of(cast.carol).get(reverse("scenes:take_review", args=[project.pk, first.pk]), HTTP_HX_REQUEST="true")
    assert 'data-verdict="changes"' in page.content.decode()
    refusal(dave.post(f"takes/{first.pk}/approve", {"seen": "none"}), 409, "not_possible")
    approved = dave.post(f"takes/{first.pk}/approve", {"seen": "changes"})
    assert (approved.json()["verdict"], approved.json()["selected"]) == ("approved", True)
    assert ids_of(dave, f"takes?project={project.pk}&verdict=approved") == [str(first.pk)]
    assert dave.post(f"takes/{first.pk}/withdraw").json()["verdict"] == "none"
    # A reviewer judges and does not cut.
    refusal(dave.post(f"takes/{first.pk}/select"), 403, "not_allowed")
    refusal(dave.delete(f"takes/{first.pk}"), 403, "not_allowed")
    bad = {"text": "x", "drawing": [{"tool": "pen", "colour": "amber", "points": [[2, 0]]}]}
    refusal(dave.post(f"takes/{first.pk}/send-back", bad), 409, "not_possible")
    mallory = program_of(cast.mallory)
    for verb in ("select", "approve", "send-back", "withdraw", "star", "unstar"):
        refusal(mallory.post(f"takes/{first.pk}/{verb}"), 404, "not_found")


def test_takes_are_compared(
    carol: Program, cast: SimpleNamespace, project: Project, shot: Shot, program_of: Callable[..., Program]
) -> None:
    first, second = Take.objects.order_by("number")
    made = {"model": "gen4_turbo", "seed": 7, "prompt": "Fog on the water.", "cost": 250_000}
    Take.objects.filter(pk=first.pk).update(inputs=made)
    Take.objects.filter(pk=second.pk).update(inputs={**made, "seed": 8, "prompt": "Fog on black water.", "cost": None})
    said = carol.get(f"takes/compare?takes={first.pk},{second.pk}")
    assert said.status_code == 200, said.content
    assert said.json()["settings"] == [{"name": "Seed", "values": ["7", "8"]}]
    assert said.json()["costs_usd"] == ["0.250000", None]
    assert {"how": "new", "text": "black"} in [
        {**piece, "text": piece["text"].strip()} for piece in said.json()["prompts"][1]
    ]
    elsewhere = Project.objects.create(team=cast.team, name="Other")
    other = add_take(add_scenes(elsewhere, 1, 1)[0], "clip", recipe="x")
    refusal(carol.get(f"takes/compare?takes={first.pk},{other.pk}"), 400, "invalid")
    refusal(carol.get(f"takes/compare?takes={first.pk}"), 400, "invalid")
    refusal(carol.get("takes/compare?takes=x"), 400, "invalid")
    refusal(program_of(cast.mallory).get(f"takes/compare?takes={first.pk},{second.pk}"), 404, "not_found")


def test_long_lists_of_takes_take_no_more_questions(carol: Program, project: Project) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert carol.get(f"takes?project={project.pk}").status_code == 200
        return len(seen)

    for shot in add_scenes(project, 1, 3):
        add_take(shot, "still", recipe="x")
    asked()
    few = asked()
    for shot in add_scenes(project, 9, 3):
        add_take(shot, "still", recipe="x")
    assert asked() == few


# --- elements --------------------------------------------------------------------------------------------------------


def element(asks: Program, project: Project, name: str, kind: str = "character") -> dict[str, Any]:
    """Return a new element."""
    made = asks.post("elements", {"project": str(project.pk), "kind": kind, "name": name, "description": "Sixty."})
    assert made.status_code == 201, made.content
    assert asks.get(made["Location"]).json() == made.json()
    found: dict[str, Any] = made.json()
    return found


def test_elements_are_made_changed_pictured_merged_and_deleted(
    carol: Program, cast: SimpleNamespace, project: Project, shot: Shot, client_of: Callable[..., Client]
) -> None:
    Shot.objects.filter(pk=shot.pk).update(characters=["MARA"])
    mara, captain = element(carol, project, "Mara"), element(carol, project, "The Captain")
    assert (mara["handle"], mara["names"]) == ("mara", ["MARA"])
    assert ids_of(carol, f"elements?project={project.pk}&kind=character") == [mara["id"], captain["id"]]
    assert [row["label"] for row in carol.get(f"elements/{mara['id']}/shots").json()] == [shot.label]
    assert carol.patch(f"elements/{mara['id']}", {"voice": "Clara"}).json()["voice"] == "Clara"
    picture = add_take(shot, "still", recipe="x").asset
    path = f"elements/{mara['id']}/pictures"
    assert carol.put(path, {"pictures": [str(picture.pk)]}).json()["pictures"] == [str(picture.pk)]
    merged = carol.post(f"elements/{captain['id']}/merge", {"into": mara["id"]})
    assert "THE CAPTAIN" in merged.json()["names"]
    refusal(carol.get(f"elements/{captain['id']}"), 404, "not_found")
    page = client_of(cast.dave).get(reverse("scenes:element", args=[project.pk, mara["id"]]))
    assert "Clara" in page.content.decode()
    assert carol.delete(f"elements/{mara['id']}").status_code == 204
    assert ids_of(carol, f"elements?project={project.pk}") == []


def test_elements_refuse_what_cannot_be(
    carol: Program, cast: SimpleNamespace, project: Project, shot: Shot, program_of: Callable[..., Program]
) -> None:
    mara, lamp = element(carol, project, "Mara"), element(carol, project, "Lamp", "prop")
    told = refusal(
        carol.post("elements", {"project": str(project.pk), "kind": "character", "name": "mara"}), 400, "invalid"
    )
    assert "name" in told["fields"]
    told = refusal(carol.patch(f"elements/{lamp['id']}", {"voice": "Clara"}), 400, "invalid")
    assert "voice" in told["fields"]
    refusal(carol.post(f"elements/{mara['id']}/merge", {"into": lamp["id"]}), 409, "not_possible")
    refusal(carol.post(f"elements/{mara['id']}/merge", {"into": mara["id"]}), 409, "not_possible")
    clip = Take.objects.filter(kind="clip")[0].asset
    refusal(carol.put(f"elements/{mara['id']}/pictures", {"pictures": [str(clip.pk)]}), 400, "invalid")
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    foreign = add_take(add_scenes(theirs, 1, 1)[0], "still", recipe="x").asset
    refusal(carol.put(f"elements/{mara['id']}/pictures", {"pictures": [str(foreign.pk)]}), 400, "invalid")
    other = Element.objects.create(project=theirs, kind="character", name="EVE")
    refusal(carol.post(f"elements/{mara['id']}/merge", {"into": str(other.pk)}), 400, "invalid")
    refusal(program_of(cast.dave).delete(f"elements/{mara['id']}"), 403, "not_allowed")
    refusal(program_of(cast.mallory).get(f"elements/{mara['id']}"), 404, "not_found")
    assert Element.objects.get(pk=mara["id"]).pictures.count() == 0
    assert Asset.objects.filter(pk=foreign.pk).exists()
