"""Budgets, the ledger, usage and preferences through the API."""

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

from generation.models import Budget, Entry, Job
from generation.money import budgets
from generation.money.books import violations
from projects.models import Project
from tests.api.conftest import Program
from tests.api.test_floor import refusal

pytestmark = pytest.mark.django_db
ProgramOf = Callable[..., Program]


@pytest.fixture(autouse=True)
def keys(settings: Any) -> None:
    """Runway can be asked here; Runware cannot."""
    settings.PROVIDERS = {
        **settings.PROVIDERS,
        "runway": {"key": "key_" + "a" * 128, "url": ""},
        "runware": {"key": "", "url": ""},
    }


def ask(program: Program, project: Project, count: int) -> None:
    """Ask for so many pictures, at five cents each."""
    before = Job.objects.count()
    orders = [
        {
            "operation": "text_to_image",
            "model": "gen4_image",
            "prompt": "Fog.",
            "size": "1280x720",
            "seed": before + one,
        }
        for one in range(count)
    ]
    made = program.post("jobs/bulk", {"project": str(project.pk), "orders": orders})
    assert made.status_code == 202, made.content


# --- budgets ---------------------------------------------------------------------------------------------------------


def test_caps_are_set_by_those_who_may_and_seen_on_the_page(
    cast: SimpleNamespace, project: Project, program_of: ProgramOf, client_of: Callable[..., Client]
) -> None:
    alice, bob, carol = (program_of(one) for one in (cast.alice, cast.bob, cast.carol))
    path = f"teams/{cast.team.pk}/budgets"
    said = bob.put(path, {"cap_usd": "2.5", "project": str(project.pk)})
    assert said.status_code == 200, said.content
    (line,) = said.json()["projects"]
    assert (line["cap_usd"], line["left_usd"], line["spent_usd"]) == ("2.500000", "2.500000", "0.000000")
    assert bob.put(path, {"cap_usd": "1", "person": str(cast.carol.pk)}).status_code == 200
    refusal(bob.put(path, {"cap_usd": "1"}), 403, "not_allowed")
    assert alice.put(path, {"cap_usd": "10"}).json()["team"]["cap_usd"] == "10.000000"
    refusal(carol.put(path, {"cap_usd": "1"}), 403, "not_allowed")
    refusal(carol.get(path), 403, "not_allowed")
    mine = carol.get(f"projects/{project.pk}/budget").json()
    assert (mine["project"]["cap_usd"], mine["person"]["cap_usd"]) == ("2.500000", "1.000000")
    assert mine["room"] == {"left_usd": "1.000000", "scope": "user"}
    page = client_of(cast.bob).get(reverse("generation:team_costs", args=[cast.team.pk])).content.decode()
    assert "$2.50" in page
    assert bob.put(f"projects/{project.pk}/budget", {"cap_usd": None}).json()["project"]["cap_usd"] is None
    refusal(carol.put(f"projects/{project.pk}/budget", {"cap_usd": "5"}), 403, "not_allowed")


@pytest.mark.parametrize(
    "body",
    [
        {}, {"cap_usd": 5}, {"cap_usd": "-1"}, {"cap_usd": "1.0000001"}, {"cap_usd": "1e3"}, {"cap_usd": "1000001"},
        {"cap_usd": "٣"}, {"cap_usd": "1", "project": "x"}, {"cap_usd": "1", "team": str(uuid.uuid4())},
        {"cap_usd": "1", "project": str(uuid.uuid4()), "person": str(uuid.uuid4())}, {"cap_usd": [1]},
    ],
)  # fmt: skip
def test_what_is_no_cap_is_refused(cast: SimpleNamespace, program_of: ProgramOf, body: dict[str, Any]) -> None:
    refusal(program_of(cast.alice).put(f"teams/{cast.team.pk}/budgets", body), 400, "invalid")
    assert Budget.objects.count() == 0


def test_nobody_elses_project_or_person_gets_a_cap(cast: SimpleNamespace, program_of: ProgramOf) -> None:
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    alice, path = program_of(cast.alice), f"teams/{cast.team.pk}/budgets"
    refusal(alice.put(path, {"cap_usd": "1", "project": str(theirs.pk)}), 404, "not_found")
    refusal(alice.put(path, {"cap_usd": "1", "person": str(cast.mallory.pk)}), 404, "not_found")
    mallory = program_of(cast.mallory)
    refusal(mallory.put(path, {"cap_usd": "1"}), 404, "not_found")
    refusal(mallory.get(path), 404, "not_found")
    assert Budget.objects.count() == 0


def test_a_change_of_what_has_changed_is_refused(cast: SimpleNamespace, program_of: ProgramOf) -> None:
    alice, path = program_of(cast.alice), f"teams/{cast.team.pk}/budgets"
    mark = alice.get(path)["ETag"]
    assert alice.put(path, {"cap_usd": "10"}, If_Match=mark).status_code == 200
    refusal(alice.put(path, {"cap_usd": "20"}, If_Match=mark), 412, "changed_meanwhile")


# --- the ledger ------------------------------------------------------------------------------------------------------


def test_the_ledger_is_read_in_pages_and_as_a_file(
    cast: SimpleNamespace, project: Project, program_of: ProgramOf
) -> None:
    carol, bob = program_of(cast.carol), program_of(cast.bob)
    ask(carol, project, 3)
    carol.post(f"jobs/{Job.objects.earliest('created_at').pk}/cancel")
    page = carol.get(f"projects/{project.pk}/ledger?limit=3").json()
    assert [row["kind"] for row in page["results"]] == ["release", "reserve", "reserve"]
    rest = carol.get(page["next"].partition("/api/v1/")[2]).json()
    assert [(row["kind"], row["amount_usd"]) for row in rest["results"]] == [("reserve", "0.050000")]
    row = page["results"][0]
    assert (row["person"]["name"], row["model"], row["operation"]) == ("Carol", "gen4_image", "text_to_image")
    assert len(bob.get(f"teams/{cast.team.pk}/ledger").json()["results"]) == 4
    assert carol.get(f"projects/{project.pk}/ledger?rehearsal=true").json()["results"] == []
    assert carol.get(f"projects/{project.pk}/ledger?month=2020-01").json()["results"] == []
    file = carol.get(f"projects/{project.pk}/ledger.csv", Accept="text/csv")
    assert (file.status_code, file["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert file.content.decode().count("\n") == 5
    assert "the-last-ferry-" in file["Content-Disposition"]
    assert bob.get(f"teams/{cast.team.pk}/ledger.csv").status_code == 200
    for path in (f"teams/{cast.team.pk}/ledger", f"teams/{cast.team.pk}/ledger.csv", f"teams/{cast.team.pk}/usage"):
        refusal(carol.get(path), 403, "not_allowed")
        refusal(program_of(cast.mallory).get(path), 404, "not_found")
    for path in (f"projects/{project.pk}/{what}" for what in ("ledger", "ledger.csv", "usage", "budget")):
        refusal(program_of(cast.mallory).get(path), 404, "not_found")
    for query in ("month=2026-13", "month=1", "rehearsal=maybe"):
        refusal(carol.get(f"projects/{project.pk}/ledger?{query}"), 400, "invalid")
    assert violations() == []


def test_a_page_of_the_ledger_costs_the_same_however_long(
    cast: SimpleNamespace, project: Project, program_of: ProgramOf
) -> None:
    carol, counted = program_of(cast.carol), []
    for count in (3, 30):
        ask(carol, project, count)
        with CaptureQueriesContext(connection) as seen:
            assert carol.get(f"projects/{project.pk}/ledger?limit=100").json()["results"]
        counted.append(len(seen))
    assert Entry.objects.count() == 33
    assert counted[0] == counted[1]


def test_usage_adds_up_what_was_spent(cast: SimpleNamespace, project: Project, program_of: ProgramOf) -> None:
    carol, bob = program_of(cast.carol), program_of(cast.bob)
    ask(carol, project, 2)
    usage = carol.get(f"projects/{project.pk}/usage").json()
    assert (usage["held_usd"], usage["spent_usd"], usage["purchases"]) == ("0.100000", "0.000000", 0)
    assert len(usage["days"]) >= 28
    other = Project.objects.create(team=cast.team, name="Other")
    assert carol.get(f"projects/{other.pk}/usage").json()["held_usd"] == "0.000000"
    assert bob.get(f"teams/{cast.team.pk}/usage").json()["held_usd"] == "0.100000"


# --- preferences -----------------------------------------------------------------------------------------------------


def test_preferences_are_what_the_page_offers(cast: SimpleNamespace, project: Project, program_of: ProgramOf) -> None:
    bob, path = program_of(cast.bob), f"projects/{project.pk}/preferences"
    said = bob.patch(path, {"still_model": "gen4_image", "approval_limit_usd": "5"})
    assert said.status_code == 200, said.content
    assert said.json() == {
        "still_model": "gen4_image", "clip_model": "", "voice_model": "", "text_model": "", "rehearsal": False,
        "approval_limit_usd": "5.000000",
    }  # fmt: skip
    assert bob.patch(path, {"rehearsal": True, "approval_limit_usd": None}).json()["rehearsal"] is True
    project.refresh_from_db()
    assert (project.still_model, project.rehearsal, project.approval_limit) == ("gen4_image", True, None)
    assert bob.patch(path, {"text_model": "claude-sonnet-5-5"}).json()["text_model"] == "claude-sonnet-5-5"
    assert bob.patch(path, {"text_model": "gen4_image"}).status_code == 400
    bob.patch(path, {"rehearsal": False})
    # No key, no such model, makes something else.
    for model in ("runware:100@1", "nothing", "gen4_turbo"):
        assert (
            "still_model"
            in refusal(bob.patch(path, {"still_model": model, "rehearsal": True}), 400, "invalid")["fields"]
        )
    project.refresh_from_db()
    assert (project.still_model, project.rehearsal) == ("gen4_image", False)
    refusal(program_of(cast.carol).patch(path, {"rehearsal": True}), 403, "not_allowed")
    refusal(program_of(cast.mallory).patch(path, {"rehearsal": True}), 404, "not_found")


def test_a_cap_holds_against_programs(cast: SimpleNamespace, project: Project, program_of: ProgramOf) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=120_000, user=cast.carol)
    carol = program_of(cast.carol)
    ask(carol, project, 2)
    body = {"project": str(project.pk), "operation": "text_to_image", "prompt": "Rain.", "model": "gen4_image"}
    said = refusal(carol.post("jobs", body), 402, "budget_exceeded")
    assert said["fields"]["budget"]["left_usd"] == "0.020000"
    assert violations() == []
