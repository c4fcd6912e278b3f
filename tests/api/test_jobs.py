"""Jobs and batches through the API: priced, asked for once, read, cancelled, asked again, decided about."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generation.api import waiting
from generation.models import Attempt, Batch, Counter, Job
from generation.money import budgets
from generation.money.books import violations
from generation.states import AttemptState, JobState
from projects.models import Project
from scenes.models import Asset, Shot, Take
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.pages.footage import add_scenes

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


@pytest.fixture
def carol(cast: SimpleNamespace, program_of: ProgramOf) -> Program:
    """Carol's program."""
    return program_of(cast.carol)


@pytest.fixture
def picture(project: Project) -> dict[str, Any]:
    """An order of a picture at Runway."""
    return {
        "project": str(project.pk), "operation": "text_to_image", "model": "gen4_image", "prompt": "Fog.",
        "size": "1280x720", "seed": 7,
    }  # fmt: skip


def asset_of(project: Project, kind: str = "image", **fields: Any) -> Asset:
    """Add a file to a project."""
    media_type = {"image": "image/png", "video": "video/mp4"}[kind]
    return Asset.objects.create(
        project=project, kind=kind, origin="uploaded", key=f"projects/{project.pk}/{uuid.uuid4()}",
        media_type=media_type, sha256=uuid.uuid4().hex * 2, size=9, **fields,
    )  # fmt: skip


def end(job: Job, state: str, *, asset: Asset | None = None, code: str = "", **fields: Any) -> None:
    """Let a job have ended, its money given back."""
    Attempt.objects.filter(job=job).update(
        state=AttemptState.SUCCEEDED if state == JobState.SUCCEEDED else AttemptState.FAILED,
        body={"a": 1}, task_id=f"task-{job.pk}", cost=0, assets=[str(asset.pk)] if asset else [],
    )  # fmt: skip
    Job.objects.filter(pk=job.pk).update(state=state, failure_code=code, failure_text="It failed." * bool(code))


# --- one order -------------------------------------------------------------------------------------------------------


def test_an_order_is_priced_then_asked_for(carol: Program, picture: dict[str, Any], project: Project) -> None:
    priced = carol.post("estimates/order", picture)
    assert priced.status_code == 200, priced.content
    said = priced.json()
    assert (said["model"], said["cost_usd"], said["needs_approval"]) == ("gen4_image", "0.050000", False)
    assert Job.objects.count() == Counter.objects.count() == 0
    made = carol.post("jobs", picture)
    assert made.status_code == 202, made.content
    job = Job.objects.get()
    shown = made.json()
    assert made["Location"] == f"/api/v1/jobs/{job.pk}"
    assert (shown["id"], shown["state"], shown["media"]) == (str(job.pk), "queued", "image")
    assert shown["held_usd"] == shown["estimate_usd"] == "0.050000"
    assert shown["parameters"] == {"width": 1280, "height": 720, "ratio": "1280:720", "seed": 7}
    assert shown["result"] is None
    assert shown["failure"] is None
    assert carol.get(made["Location"]).json() == shown
    assert violations() == []


def test_what_is_left_out_is_the_projects(carol: Program, project: Project) -> None:
    said = carol.post("jobs", {"project": str(project.pk), "operation": "text_to_image", "prompt": "Fog."})
    assert said.status_code == 202, said.content
    assert said.json()["provider"] == "runway"
    assert said.json()["parameters"]["seed"] is not None
    # Without a seed each request is a new one.
    again = carol.post("jobs", {"project": str(project.pk), "operation": "text_to_image", "prompt": "Fog."})
    assert again.json()["id"] != said.json()["id"]


def test_the_page_shows_what_a_program_asked_for(
    carol: Program, picture: dict[str, Any], project: Project, client_of: Callable[..., Any], cast: SimpleNamespace
) -> None:
    made = carol.post("jobs", picture).json()
    page = client_of(cast.carol).get(reverse("generation:jobs", args=[project.pk])).content.decode()
    assert made["id"] in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": "no-such-model"}, "model"),
        ({"model": "gen4_turbo"}, "model"),
        ({"model": "runware:100@1"}, "model"),
        ({"size": "7x7"}, "size"),
        ({"size": "large"}, "size"),
        ({"duration_ms": 5000}, "duration_ms"),
        ({"negative_prompt": "rain"}, "negative_prompt"),
        ({"voice": "Maya"}, "voice"),
        ({"options": {"steps": 4}}, "options"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 5000}, "prompt"),
        ({"prompt": "Who is @nobody?"}, "prompt"),
        ({"references": [str(uuid.uuid4())]}, "references"),
        ({"source": str(uuid.uuid4())}, "source"),
        ({"operation": "film"}, "operation"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**40}, "seed"),
        ({"count": 3}, "count"),
        ({"references": "x"}, "references"),
        ({"references": [str(uuid.UUID(int=place)) for place in range(21)]}, "references"),
        ({"options": []}, "options"),
        ({"prompt": "x" * 20_001}, "prompt"),
    ],
)
def test_what_no_model_takes_is_refused_by_name_and_costs_nothing(
    carol: Program, picture: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    sent = {**picture, **change}
    said = refusal(carol.post("jobs", sent), 400, "invalid")
    assert field in said["fields"], said
    assert set(refusal(carol.post("estimates/order", sent), 400, "invalid")["fields"]) == set(said["fields"])
    assert Job.objects.count() == Batch.objects.count() == 0


def test_files_are_those_of_the_project(
    carol: Program, picture: dict[str, Any], project: Project, cast: SimpleNamespace
) -> None:
    own = asset_of(project)
    foreign = asset_of(Project.objects.create(team=cast.team, name="Other"))
    theirs = asset_of(Project.objects.create(team=cast.mallory.teams.get(), name="Theirs"))
    for other in (foreign, theirs):
        assert (
            "references"
            in refusal(carol.post("jobs", {**picture, "references": [str(other.pk)]}), 400, "invalid")["fields"]
        )
    made = carol.post("jobs", {**picture, "references": [str(own.pk)]})
    assert made.status_code == 202, made.content
    assert Job.objects.get().inputs[0]["sha256"] == own.sha256


def test_several_orders_are_one_batch_or_none(carol: Program, project: Project, picture: dict[str, Any]) -> None:
    order = {name: value for name, value in picture.items() if name != "project"}
    orders = [{**order, "seed": seed} for seed in range(3)]
    bad = {"project": str(project.pk), "orders": [*orders, {**order, "size": "7x7"}]}
    assert refusal(carol.post("jobs/bulk", bad), 400, "invalid")["detail"].startswith("Order 4")
    assert Job.objects.count() == 0
    made = carol.post("jobs/bulk", {"project": str(project.pk), "orders": orders, "max_concurrent": 2})
    assert made.status_code == 202, made.content
    assert (made.json()["jobs"], made.json()["open"], made.json()["max_concurrent"]) == (3, 3, 2)
    assert made.json()["estimate_usd"] == made.json()["held_usd"] == "0.150000"
    for job, state in zip(Job.objects.order_by("created_at"), ("succeeded", "failed", "cancelled"), strict=True):
        end(job, state, code="moderated" if state == "failed" else "")
    shown = carol.get(made["Location"]).json()
    assert [shown[name] for name in ("succeeded", "failed", "cancelled", "open")] == [1, 1, 1, 0]
    rows = carol.get(f"jobs?project={project.pk}&batch={made.json()['id']}&state=failed").json()["results"]
    assert [row["failure"]["error_type"] for row in rows] == ["model_error"]


# --- shots -----------------------------------------------------------------------------------------------------------


def test_shots_are_priced_thing_by_thing_and_asked_for_once(
    carol: Program, project: Project, django_assert_num_queries: Any
) -> None:
    Project.objects.filter(pk=project.pk).update(still_model="gen4_image")
    add_scenes(project, scenes=2, shots=2)
    shot = Shot.objects.of(project)[0]
    said = carol.post("estimates", {"project": str(project.pk), "shots": [str(shot.pk)]})
    assert said.status_code == 200, said.content
    stills = next(one for one in said.json()["choices"] if one["make"] == "stills")
    assert stills["cost_usd"] == "0.050000"
    assert {one["shot"] for one in said.json()["items"]} == {str(shot.pk)}
    assert Job.objects.count() == 0
    body = {"project": str(project.pk), "make": "stills", "shots": [str(shot.pk)]}
    first = carol.post("batches", body)
    assert first.status_code == 202, first.content
    assert (first.json()["jobs"], first.json()["held_usd"]) == (1, stills["cost_usd"])
    # What goes on already is joined.
    assert carol.post("batches", body).json()["id"] == first.json()["id"]
    assert Job.objects.count() == 1
    assert violations() == []
    end(Job.objects.get(), JobState.SUCCEEDED)


def test_what_cannot_be_made_is_told_shot_by_shot(carol: Program, project: Project) -> None:
    add_scenes(project, scenes=1, shots=2)
    first, second = Shot.objects.of(project)
    Shot.objects.filter(pk=first.pk).update(still_settings={"model": "gen4_image_turbo"})
    said = carol.post("estimates", {"project": str(project.pk)}).json()
    assert [one["shot"] for one in said["problems"]] == [str(first.pk)]
    assert {one["shot"] for one in said["items"]} == {str(second.pk)}
    assert "reference" in said["problem"]
    # A model that has gone from the catalogue stands in the way of everything.
    Project.objects.filter(pk=project.pk).update(still_model="gone")
    for body in ({"project": str(project.pk)}, {"project": str(project.pk), "shots": [str(second.pk)]}):
        said = carol.post("estimates", body)
        assert said.status_code == 200, said.content
        assert (said.json()["items"], "gone" in said.json()["problem"]) == ([], True)


def test_shots_of_other_projects_are_not_made(carol: Program, project: Project, cast: SimpleNamespace) -> None:
    other = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    add_scenes(other, scenes=1, shots=1)
    shot = Shot.objects.of(other)[0]
    body = {"project": str(project.pk), "shots": [str(shot.pk)]}
    for path in ("batches", "estimates"):
        assert "shots" in refusal(carol.post(path, body), 400, "invalid")["fields"]
    assert Job.objects.count() == 0


def test_the_film_is_made_and_rendered(carol: Program, project: Project) -> None:
    refusal(carol.post(f"projects/{project.pk}/make-film", {}), 409, "not_possible")
    refusal(carol.post(f"projects/{project.pk}/render-film"), 409, "not_possible")
    add_scenes(project, scenes=1, shots=1)
    made = carol.post(f"projects/{project.pk}/make-film", {"max_concurrent": 2})
    assert made.status_code == 202, made.content
    assert Job.objects.filter(batch=made.json()["id"]).exclude(film=None).count() == 1
    assert carol.post(f"projects/{project.pk}/render-film").json()["id"] == made.json()["id"]
    assert carol.get(f"projects/{project.pk}/forecast").status_code == 200


# --- money -----------------------------------------------------------------------------------------------------------


def test_what_does_not_fit_under_a_cap_is_refused_with_what_is_left(
    carol: Program, picture: dict[str, Any], cast: SimpleNamespace, project: Project
) -> None:
    budgets.set_cap(actor=cast.alice, team=cast.team, cap=30_000, project=project)
    said = refusal(carol.post("jobs", picture), 402, "budget_exceeded")
    assert said["error_type"] == "quota_error"
    assert said["fields"]["budget"] == {
        "scope": "project", "left_usd": "0.030000", "missing_usd": "0.020000", "cap_usd": "0.030000",
    }  # fmt: skip
    assert Job.objects.count() == 0
    assert violations() == []


def test_what_is_too_dear_waits_for_a_yes(
    carol: Program, picture: dict[str, Any], cast: SimpleNamespace, project: Project, program_of: ProgramOf
) -> None:
    Project.objects.update(approval_limit=0)
    bob, dave = program_of(cast.bob), program_of(cast.dave)
    made = carol.post("jobs", picture).json()
    assert (made["state"], made["held_usd"]) == ("waiting_approval", "0.000000")
    waiting_for = carol.get("approvals").json()["results"]
    assert [one["id"] for one in waiting_for] == [made["batch"]]
    assert program_of(cast.mallory).get("approvals").json()["results"] == []
    for who in (carol, dave):
        refusal(who.post(f"batches/{made['batch']}/approve"), 403, "not_allowed")
    said = bob.post(f"batches/{made['batch']}/approve")
    assert said.status_code == 200, said.content
    assert (said.json()["approval"], said.json()["decided_by"]["name"]) == ("approved", "Bob")
    assert carol.get(f"jobs/{made['id']}").json()["held_usd"] == "0.050000"
    refusal(bob.post(f"batches/{made['batch']}/approve"), 409, "already_decided")
    refusal(bob.post(f"batches/{made['batch']}/decline"), 409, "already_decided")
    other = carol.post("jobs", {**picture, "seed": 8}).json()
    assert bob.post(f"batches/{other['batch']}/decline").json()["approval"] == "declined"
    shown = carol.get(f"jobs/{other['id']}").json()
    assert (shown["state"], shown["failure"]["error_code"]) == ("cancelled", "declined")
    assert violations() == []


# --- once ------------------------------------------------------------------------------------------------------------


def test_the_same_request_with_its_key_is_asked_once(carol: Program, picture: dict[str, Any]) -> None:
    body = {name: value for name, value in picture.items() if name != "seed"}
    first, again = (carol.post("jobs", body, Idempotency_Key="k") for _ in range(2))
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    refusal(carol.post("jobs", picture, Idempotency_Key="k"), 422, "idempotency_key_reused")
    assert Job.objects.count() == 1


def test_what_failed_is_asked_for_again_once_however_often_the_answer_is_lost(
    carol: Program, picture: dict[str, Any], project: Project
) -> None:
    made = carol.post("jobs", picture).json()
    path = f"jobs/{made['id']}/retry"
    end(Job.objects.get(), JobState.FAILED, code="moderated")
    first = carol.post(path)
    assert carol.post(path).json()["id"] == first.json()["id"]
    newer = Job.objects.get(batch=first.json()["id"])
    for state in (JobState.SUCCEEDED, JobState.FAILED):
        end(newer, state)
        again, batch = carol.post(path), carol.post(f"batches/{made['batch']}/retry-failed")
        assert (again.json()["id"], batch.json()["id"]) == (first.json()["id"], first.json()["id"])
        assert Job.objects.count() == 2
    # Whoever wants it after all asks for the newer one.
    assert carol.post(f"jobs/{newer.pk}/retry").status_code == 202
    assert Job.objects.count() == 3


def test_what_failed_of_a_batch_is_asked_for_again_as_far_as_it_was_not(
    carol: Program, picture: dict[str, Any], project: Project
) -> None:
    order = {name: value for name, value in picture.items() if name != "project"}
    orders = [{**order, "seed": seed} for seed in range(2)]
    made = carol.post("jobs/bulk", {"project": str(project.pk), "orders": orders}).json()
    one, other = Job.objects.order_by("created_at")
    end(one, JobState.FAILED)
    end(other, JobState.FAILED)
    carol.post(f"jobs/{one.pk}/retry")
    again = carol.post(f"batches/{made['id']}/retry-failed")
    assert (again.status_code, again.json()["jobs"]) == (202, 1)
    assert Job.objects.get(batch=again.json()["id"]).fingerprint == other.fingerprint
    assert carol.post(f"batches/{made['id']}/retry-failed").json()["id"] == again.json()["id"]
    assert Job.objects.count() == 4


def test_orders_in_bulk_that_come_again_are_paid_once(
    carol: Program, picture: dict[str, Any], project: Project
) -> None:
    order = {name: value for name, value in picture.items() if name != "project"}
    body = {"project": str(project.pk), "orders": [{**order, "seed": seed} for seed in range(2)]}
    made = carol.post("jobs/bulk", body).json()
    asset = asset_of(project)
    for job in Job.objects.all():
        end(job, JobState.SUCCEEDED, asset=asset)
    again = carol.post("jobs/bulk", body)
    assert (again.status_code, again.json()["id"]) == (202, made["id"])
    more = carol.post("jobs/bulk", {**body, "orders": [*body["orders"], {**order, "seed": 9}]})
    assert more.json()["jobs"] == 1
    assert Job.objects.count() == 3
    # Without a seed each time is another picture: only a key tells the same request from another one.
    new = {**body, "orders": [{**order, "seed": None}]}
    refusal(carol.post("jobs/bulk", new), 400, "key_needed")
    first, repeated = (carol.post("jobs/bulk", new, Idempotency_Key="k") for _ in range(2))
    assert first.json() == repeated.json()
    assert Job.objects.count() == 4


def test_the_wait_ends_with_the_job_and_comes_after_the_answer_is_kept(
    carol: Program, picture: dict[str, Any], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset, looks = asset_of(project), []

    def pause(seconds: float) -> bool:
        looks.append(seconds)
        if len(looks) > 1:
            end(Job.objects.get(), JobState.SUCCEEDED, asset=asset)
        return False

    monkeypatch.setattr(waiting, "pause", pause)
    held = carol.post("jobs?wait=30", picture, Idempotency_Key="w")
    assert held.status_code == 200, held.content
    said = held.json()
    assert len(looks) == 2
    assert said["state"] == "succeeded"
    assert {**said["result"], "task_id": ""} == {
        "task_id": "", "provider": "runway", "model": "gen4_image", "ratio": "1280:720", "seed": 7, "refs": 0,
        "text": "", "assets": [str(asset.pk)], "quality": "",
    }  # fmt: skip
    assert [(one["asset"], one["content_type"]) for one in said["files"]] == [(str(asset.pk), "image/png")]
    # The same again: the job that was asked for, as it is now.
    again = carol.post("jobs?wait=30", picture, Idempotency_Key="w")
    assert (again.status_code, again.json(), again["Location"]) == (200, said, held["Location"])
    assert Job.objects.count() == 1


def test_a_wait_has_its_bounds(
    carol: Program, picture: dict[str, Any], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wait in ("0", "61", "x", "-1", "1e3"):
        refusal(carol.post(f"jobs?wait={wait}", picture), 400, "invalid")
    monkeypatch.setattr(waiting, "pause", lambda seconds: pytest.fail("It waits."))
    # What waits for a person's word may do so for days.
    Project.objects.update(approval_limit=0)
    assert carol.post("jobs?wait=60", picture).json()["state"] == "waiting_approval"
    Project.objects.update(approval_limit=None)
    # So many wait already.
    taken = 0
    while waiting._places.acquire(blocking=False):
        taken += 1
    try:
        assert taken == 32
        assert carol.post("jobs?wait=60", {**picture, "seed": 9}).status_code == 202
    finally:
        waiting._places.release(taken)
    # The server is to end: the answer is what it would have been.
    monkeypatch.setattr(waiting, "pause", lambda seconds: True)
    assert carol.post("jobs?wait=60", {**picture, "seed": 10}).status_code == 202
    assert waiting._places._value == 32


def test_who_has_lost_their_way_in_while_they_waited_sees_nothing(
    carol: Program, picture: dict[str, Any], cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pause(seconds: float) -> bool:
        cast.team.memberships.filter(user=cast.carol).delete()
        end(Job.objects.get(), JobState.SUCCEEDED)
        return False

    monkeypatch.setattr(waiting, "pause", pause)
    refusal(carol.post("jobs?wait=30", picture), 404, "not_found")


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_list_is_filtered_and_costs_the_same_however_long(
    carol: Program, project: Project, picture: dict[str, Any]
) -> None:
    def queries(count: int) -> int:
        order = {name: value for name, value in picture.items() if name != "project"}
        orders = [{**order, "seed": Job.objects.count() + place} for place in range(count)]
        assert carol.post("jobs/bulk", {"project": str(project.pk), "orders": orders}).status_code == 202
        for path in (f"jobs?project={project.pk}&limit=100", f"batches?project={project.pk}"):
            carol.get(path)
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert carol.get(path).json()["results"]
            counted.append(len(seen))
        return counted[-2]

    counted: list[int] = []
    assert queries(3) == queries(30)
    assert counted[1] == counted[3]
    jobs = list(Job.objects.order_by("created_at", "pk"))
    end(jobs[0], JobState.SUCCEEDED)
    end(jobs[1], JobState.FAILED, code="unreachable")
    path = f"jobs?project={project.pk}&limit=200"
    for query, count in (
        ("state=open", 31), ("state=succeeded", 1), ("state=failed", 1), ("state=undecided", 0), ("media=image", 33),
        ("media=video", 0), ("provider=runway", 33), ("provider=nobody", 0), ("operation=text_to_image", 33),
        (f"shot={uuid.uuid4()}", 0), (f"batch={jobs[0].batch_id}", 3), ("ordering=created_at", 33),
    ):  # fmt: skip
        assert len(carol.get(f"{path}&{query}").json()["results"]) == count, query
    assert carol.get(f"{path}&ordering=created_at").json()["results"][0]["id"] == str(jobs[0].pk)
    for query in ("state=odd", "media=odd", "shot=7", "oddness=1"):
        refusal(carol.get(f"{path}&{query}"), 400, "invalid")


def test_a_job_is_found_by_the_providers_id_of_its_task(
    carol: Program, picture: dict[str, Any], cast: SimpleNamespace, program_of: ProgramOf
) -> None:
    made = carol.post("jobs", picture).json()
    end(Job.objects.get(), JobState.FAILED, code="unreachable")
    path = f"jobs/by-task?task_id=task-{made['id']}"
    said = carol.get(path).json()
    assert said["id"] == made["id"]
    assert said["failure"] == {
        "error": "It failed.", "error_type": "connection_error", "error_code": "unreachable", "retry_after": None,
        "fallback_available": False, "suggested_action": "retry",
    }  # fmt: skip
    assert carol.get(f"{path}&provider=runway").status_code == 200
    refusal(carol.get(f"{path}&provider=runware"), 404, "not_found")
    mallory = program_of(cast.mallory)
    assert mallory.get(path).content == mallory.get("jobs/by-task?task_id=none").content
    refusal(mallory.get(path), 404, "not_found")


def test_strangers_and_reviewers_meet_the_same_door_everywhere(
    carol: Program, picture: dict[str, Any], cast: SimpleNamespace, program_of: ProgramOf, project: Project
) -> None:
    made = carol.post("jobs", picture).json()
    mallory, dave = program_of(cast.mallory), program_of(cast.dave)
    nowhere = mallory.get(f"jobs/{uuid.uuid4()}").content
    job, batch = f"jobs/{made['id']}", f"batches/{made['batch']}"
    for path in (job, f"{job}/attempts", f"{job}/evidence", batch, f"jobs?project={project.pk}",
                 f"batches?project={project.pk}", f"projects/{project.pk}/forecast"):  # fmt: skip
        answer = mallory.get(path)
        assert (answer.status_code, answer.content) == (404, nowhere), path
        assert dave.get(path).status_code in (200, 409), path
    for path, body in (
        (f"{job}/cancel", None), (f"{job}/retry", None), (f"{batch}/cancel", None), (f"{batch}/retry-failed", None),
        ("jobs", picture), ("jobs/bulk", {"project": picture["project"], "orders": [
            {"operation": "text_to_image", "prompt": "x", "seed": 1}]}),
        ("batches", {"project": str(project.pk)}), (f"projects/{project.pk}/make-film", {}),
        (f"projects/{project.pk}/render-film", None), (f"{batch}/approve", None), (f"{batch}/decline", None),
        (f"{job}/resolve", {"decision": "not_charged"}), (f"{job}/send", {"shot": str(uuid.uuid4())}),
    ):  # fmt: skip
        answer = mallory.post(path, body)
        assert (answer.status_code, answer.content) == (404, nowhere), path
        refusal(dave.post(path, body), 403, "not_allowed")
    for path in ("estimates", "estimates/order"):
        body = picture if "order" in path else {"project": str(project.pk)}
        assert mallory.post(path, body).content == nowhere
        assert dave.post(path, body).status_code == 200
    refusal(program_of(cast.carol, ["read", "write"]).post("jobs", picture), 403, "scope_missing")
    assert Job.objects.get().state == "queued"


# --- what becomes of them --------------------------------------------------------------------------------------------


def test_a_job_is_cancelled_and_asked_for_again(carol: Program, picture: dict[str, Any]) -> None:
    made = carol.post("jobs", picture).json()
    refusal(carol.post(f"jobs/{made['id']}/retry"), 409, "not_possible")
    said = carol.post(f"jobs/{made['id']}/cancel").json()
    assert (said["state"], said["held_usd"], said["charged_usd"]) == ("cancelled", "0.000000", "0.000000")
    assert said["failure"]["error_code"] == "cancelled"
    assert carol.post(f"jobs/{made['id']}/cancel").json()["state"] == "cancelled"
    again = carol.post(f"jobs/{made['id']}/retry")
    assert again.status_code == 202, again.content
    assert (again.json()["title"], again.json()["jobs"]) == ("Again: Try Gen-4 Image", 1)
    attempts = carol.get(f"jobs/{made['id']}/attempts").json()
    assert [(one["number"], one["state"], one["failure_code"]) for one in attempts] == [(1, "cancelled", "cancelled")]
    assert carol.post(f"batches/{again.json()['id']}/cancel").json()["cancelled"] == 1
    refusal(carol.post(f"batches/{again.json()['id']}/retry-failed"), 409, "not_possible")
    assert violations() == []


def test_a_person_says_what_became_of_an_order_in_doubt(
    carol: Program, picture: dict[str, Any], cast: SimpleNamespace, program_of: ProgramOf
) -> None:
    bob = program_of(cast.bob)
    made = carol.post("jobs", picture).json()
    path = f"jobs/{made['id']}/resolve"
    refusal(bob.post(path, {"decision": "not_charged"}), 409, "not_possible")
    Attempt.objects.update(state=AttemptState.UNKNOWN, body={})
    Job.objects.update(state=JobState.UNKNOWN)
    assert carol.get(f"jobs/{made['id']}").json()["failure"]["error_code"] == "outcome_unknown"
    refusal(carol.post(path, {"decision": "not_charged"}), 403, "not_allowed")
    for body, field in (
        ({}, "decision"), ({"decision": "maybe"}, "decision"), ({"decision": "found"}, "task_id"),
        ({"decision": "not_charged", "cost_usd": "1.00"}, "cost_usd"),
        ({"decision": "charged", "task_id": "x"}, "task_id"), ({"decision": "charged", "cost_usd": "-1"}, "cost_usd"),
    ):  # fmt: skip
        assert field in refusal(bob.post(path, body), 400, "invalid")["fields"]
    said = bob.post(path, {"decision": "charged", "cost_usd": "0.04"}).json()
    assert (said["state"], said["charged_usd"], said["failure"]["error_code"]) == ("failed", "0.040000", "charged")
    assert violations() == []


def test_a_result_becomes_a_take_of_a_shot(
    carol: Program, picture: dict[str, Any], project: Project, cast: SimpleNamespace
) -> None:
    add_scenes(project, scenes=1, shots=1)
    shot = Shot.objects.of(project)[0]
    made = carol.post("jobs", picture).json()
    path, body = f"jobs/{made['id']}/send", {"shot": str(shot.pk)}
    refusal(carol.post(path, body), 409, "not_possible")
    end(Job.objects.get(), JobState.SUCCEEDED, asset=asset_of(project))
    other = Project.objects.create(team=cast.team, name="Other")
    add_scenes(other, scenes=1, shots=1)
    refusal(carol.post(path, {"shot": str(Shot.objects.of(other)[0].pk)}), 400, "invalid")
    sent = carol.post(path, body)
    assert sent.status_code == 201, sent.content
    shot.refresh_from_db()
    assert str(shot.still_id) == sent.json()["take"] == str(Take.objects.get().pk)


# --- models ----------------------------------------------------------------------------------------------------------


def test_models_are_listed_by_what_they_do(carol: Program, cast: SimpleNamespace, program_of: ProgramOf) -> None:
    path = f"models?team={cast.team.pk}"
    everything = carol.get(path).json()
    by_id = {one["id"]: one for one in everything}
    assert by_id["gen4_image"]["usable"]
    assert not any(one["usable"] for one in everything if one["provider"] == "runware")
    capability = by_id["gen4_image"]["operations"][0]
    assert (capability["operation"], capability["references_most"]) == ("text_to_image", 3)
    assert all(not one["retired"] for one in everything)
    assert any(one["retired"] for one in carol.get(f"{path}&retired=true").json())
    for query, holds in (
        ("provider=runway", lambda one: one["provider"] == "runway"),
        ("operation=inpaint", lambda one: {line["operation"] for line in one["operations"]} == {"inpaint"}),
        ("media=audio", lambda one: {line["media"] for line in one["operations"]} == {"audio"}),
        ("max_price_usd=0.05", lambda one: all(float(line["price_usd"]) <= 0.05 for line in one["operations"])),
        ("negative_prompt=true", lambda one: all(line["negative_prompt_most"] for line in one["operations"])),
        ("references=3", lambda one: all(line["references_most"] >= 3 for line in one["operations"])),
        ("usable=true", lambda one: one["usable"]),
        ("operation=text_to_video&duration_ms=10000",
         lambda one: all(line["durations"]["most_ms"] >= 10_000 for line in one["operations"])),
        ("width=3840&height=2160&media=image", lambda one: True),
    ):  # fmt: skip
        found = carol.get(f"{path}&{query}").json()
        assert found, query
        assert len(found) < len(everything), query
        assert all(map(holds, found)), query
    for query in ("media=odd", "max_price_usd=x", "width=0", "references=-1", "negative_prompt=maybe"):
        refusal(carol.get(f"{path}&{query}"), 400, "invalid")
    mallory = program_of(cast.mallory)
    refusal(mallory.get(path), 404, "not_found")
    refusal(mallory.get(f"models/choice?team={cast.team.pk}&operation=caption&need=best"), 404, "not_found")


def test_a_rehearsal_can_order_what_the_team_has_no_key_for(
    carol: Program, cast: SimpleNamespace, project: Project, program_of: ProgramOf
) -> None:
    path, choice = f"models?team={cast.team.pk}", f"models/choice?team={cast.team.pk}&operation=text_to_image&need=best"

    def providers(query: str) -> set[str]:
        usable = {one["provider"] for one in carol.get(f"{path}&usable=true{query}").json()}
        chosen = {one["provider"] for one in carol.get(f"{choice}{query}").json()}
        assert ("runware" in usable) == ("runware" in chosen)
        return usable

    assert "runware" not in providers("") | providers(f"&project={project.pk}")
    Project.objects.filter(pk=project.pk).update(rehearsal=True)
    assert "runware" in providers(f"&project={project.pk}")
    assert "runware" not in providers("")
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs", rehearsal=True)
    refusal(carol.get(f"{path}&project={theirs.pk}"), 404, "not_found")
    team = cast.mallory.teams.get().pk
    refusal(program_of(cast.mallory).get(f"models?team={team}&project={project.pk}"), 404, "not_found")


def test_a_model_is_chosen_by_need(carol: Program, cast: SimpleNamespace) -> None:
    path = f"models/choice?team={cast.team.pk}&operation=image_to_video"
    found = {need: carol.get(f"{path}&need={need}").json() for need in ("cheapest", "fastest", "best")}
    prices = [float(one["operations"][0]["price_usd"]) for one in found["cheapest"]]
    assert prices[0] == min(prices)
    qualities = [one["quality"] for one in found["best"]]
    assert qualities == sorted(qualities, reverse=True)
    seconds = [one["typical_seconds"] for one in found["fastest"]]
    assert seconds == sorted(seconds)
    assert {one["provider"] for one in found["best"]} == {"runway"}
    assert "animatic" in {one["provider"] for one in carol.get(f"{path}&need=best&built_in=true").json()}
    assert carol.get(f"{path}&need=best&provider=nobody").json() == []
    refusal(carol.get(f"{path}&need=prettiest"), 400, "invalid")
