"""Orders through the API at simulated paid providers: bought once, waited for, brought home; the books agree."""

from __future__ import annotations

import base64
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from PIL import Image

from accounts.access import open_team
from accounts.models import IdempotencyKey, User
from accounts.policies import Right
from accounts.rest.tokens import create_token
from generation.api import waiting
from generation.models import Attempt, Batch, Job
from generation.money.books import violations
from generation.states import AttemptState
from projects import commenting
from projects.models import Subject
from projects.services import choose_models
from projects.subjects import find
from scenes.models import Asset, Take
from scenes.services import elements
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.money.till import at_once
from tests.paid.conftest import PaidStage

pytestmark = pytest.mark.django_db(transaction=True)


def program(person: User) -> Program:
    """Return a program of somebody's."""
    team = person.teams.get()
    opened = open_team(person, team.pk, Right.SEE)
    return Program(create_token(opened=opened, name="Tests", scopes=("read", "write", "spend"))[1])


@pytest.fixture
def carol(stage: PaidStage) -> Program:
    """Carol's program."""
    return program(stage.opened.user)


@pytest.fixture
def lively(stage: PaidStage, monkeypatch: pytest.MonkeyPatch) -> PaidStage:
    """The engine goes on while somebody waits for it."""

    def go_on(seconds: float) -> bool:
        assert not connection.in_atomic_block, "It waits inside a transaction."
        stage.settle()
        return False

    monkeypatch.setattr(waiting, "pause", go_on)
    return stage


def order(stage: PaidStage, **more: Any) -> dict[str, Any]:
    """Return an order of a picture."""
    return {
        "project": str(stage.opened.project.pk), "operation": "text_to_image", "model": "gen4_image",
        "prompt": "A ferry in the fog.", "size": "1280x720", "seed": 7, **more,
    }  # fmt: skip


def check(stage: PaidStage) -> None:
    """Assert that the books hold, ours and theirs."""
    stage.compare_books()
    assert violations() == []


def test_a_picture_comes_in_one_call(lively: PaidStage, carol: Program) -> None:
    said = carol.post("jobs?wait=30&data_url=true", order(lively), Idempotency_Key="one")
    assert said.status_code == 200, said.content
    job = said.json()
    assert (job["state"], job["charged_usd"], job["held_usd"]) == ("succeeded", "0.050000", "0.000000")
    result = job["result"]
    assert result["task_id"]
    assert (result["ratio"], result["seed"], result["refs"], result["model"]) == ("1280:720", 7, 0, "gen4_image")
    (file,) = job["files"]
    head, _, content = file["data_url"].partition(",")
    assert head == f"data:{file['content_type']};base64"
    assert Image.open(io.BytesIO(base64.b64decode(content))).size == (file["width"], file["height"])
    assert carol.get(f"jobs/{job['id']}").json()["files"][0]["data_url"] is None
    assert carol.get(f"jobs/by-task?task_id={result['task_id']}").json()["id"] == job["id"]
    # The same again, with the key and without it: served, and bought once.
    for headers in ({"Idempotency_Key": "one"}, {}):
        again = carol.post("jobs?wait=30&data_url=true", order(lively), **headers)
        assert (again.status_code, again.json()["id"]) == (200, job["id"])
        assert again.json()["files"][0]["data_url"] == file["data_url"]
    # What is kept for the key has no file in it.
    assert carol.post("jobs?data_url=true", order(lively), Idempotency_Key="two").json()["files"][0]["data_url"]
    assert "base64" not in IdempotencyKey.objects.get(key="two").body
    assert Attempt.objects.count() == 1
    check(lively)
    # Unless another is what is wanted, or what was made is gone.
    assert carol.post("jobs?wait=30", order(lively, new_take=True)).json()["id"] != job["id"]
    Asset.objects.update(deleted_at=timezone.now())
    assert carol.post("jobs?wait=30", order(lively)).json()["result"]["task_id"]
    assert Attempt.objects.count() == 3
    assert violations() == []


def test_two_requests_with_one_key_at_the_same_moment_make_one_batch(stage: PaidStage, carol: Program) -> None:
    body = {name: value for name, value in order(stage).items() if name != "seed"}
    answers: list[Any] = []
    errors = at_once([lambda: answers.append(Program(carol.token).post("jobs", body, Idempotency_Key="same"))] * 4)
    assert errors == []
    good = [answer for answer in answers if answer.status_code == 202]
    others = [answer for answer in answers if answer.status_code != 202]
    assert good
    assert len({answer.json()["id"] for answer in good}) == 1
    for answer in others:
        refusal(answer, 409, "in_progress")
    assert Batch.objects.count() == Job.objects.count() == 1
    stage.settle()
    check(stage)


@pytest.mark.parametrize(
    ("operation", "model", "kind", "more"),
    [
        ("image_to_image", "runware:101@1", "image", {"prompt": "At night."}),
        ("upscale_image", "", "image", {"options": {"upscaleFactor": 2}}),
        ("remove_background", "", "image", {}),
        ("caption", "", "text", {"prompt": "What is to be seen?"}),
    ],
)
def test_what_changes_a_picture_takes_one_of_the_projects(
    lively: PaidStage, carol: Program, operation: str, model: str, kind: str, more: dict[str, Any]
) -> None:
    first = carol.post("jobs?wait=30", order(lively, model="runware:101@1", size="")).json()
    assert first["state"] == "succeeded", first
    body = {
        "project": str(lively.opened.project.pk), "operation": operation, "model": model,
        "source": first["result"]["assets"][0], **more,
    }  # fmt: skip
    priced = carol.post("estimates/order", body)
    assert priced.status_code == 200, priced.content
    said = carol.post("jobs?wait=30", body).json()
    assert said["state"] == "succeeded", said
    assert said["estimate_usd"] == priced.json()["cost_usd"]
    assert said["result"]["text"] if operation == "caption" else said["files"][0]["kind"] == kind
    check(lively)


def test_a_clip_is_changed_at_the_price_of_its_length(lively: PaidStage, carol: Program) -> None:
    picture = carol.post("jobs?wait=30", order(lively)).json()["result"]["assets"][0]
    clip = carol.post(
        "jobs?wait=30",
        {
            "project": str(lively.opened.project.pk), "operation": "image_to_video", "model": "gen4_turbo",
            "prompt": "It sails.", "duration_ms": 5000, "first_frame": picture,
        },
    ).json()  # fmt: skip
    assert clip["state"] == "succeeded", clip
    body = {
        "project": str(lively.opened.project.pk), "operation": "video_to_video", "model": "aleph2",
        "prompt": "At night.", "source": clip["result"]["assets"][0],
    }  # fmt: skip
    length = Asset.objects.get(pk=clip["result"]["assets"][0]).duration_ms
    priced = carol.post("estimates/order", body)
    assert priced.status_code == 200, priced.content
    said = carol.post("jobs?wait=30", body).json()
    assert said["state"] == "succeeded", said
    assert said["parameters"].get("source_ms") in (None, length)
    check(lively)


def test_a_refusal_of_the_provider_is_told_with_what_helps(lively: PaidStage, carol: Program) -> None:
    said = carol.post("jobs?wait=30", order(lively, prompt="A ferry. [[fault:bad_request]]")).json()
    assert (said["state"], said["charged_usd"], said["held_usd"]) == ("failed", "0.000000", "0.000000")
    assert said["failure"]["error_type"] == "model_error"
    assert said["failure"]["suggested_action"] is None
    said = carol.post("jobs?wait=30", order(lively, prompt="A ferry. [[fault:internal]]")).json()
    assert said["failure"]["suggested_action"] == "retry", said["failure"]
    check(lively)


def test_a_batch_of_shots_is_waited_for_and_seen_one_by_one(lively: PaidStage, carol: Program) -> None:
    choose_models(opened=lively.opened, still_model="gen4_image", clip_model="", voice_model="")
    shots = lively.shots(3)
    body = {"project": str(lively.opened.project.pk), "make": "stills", "max_concurrent": 1}
    said = carol.post("batches?wait=60", body)
    assert said.status_code == 200, said.content
    assert (said.json()["succeeded"], said.json()["open"]) == (3, 0)
    rows = carol.get(f"jobs?project={lively.opened.project.pk}&batch={said.json()['id']}").json()["results"]
    assert {row["shot"] for row in rows} == {str(shot.pk) for shot in shots}
    # Everything is there; a further take is asked for with that word.
    refusal(carol.post("batches", body), 409, "nothing_to_do")
    again = carol.post("batches?wait=60", {**body, "shots": [str(shots[0].pk)], "new_take": True})
    assert again.json()["jobs"] == 1, again.content
    assert Take.objects.filter(shot=shots[0]).count() == 2
    check(lively)


# --- notes, elements, choices ----------------------------------------------------------------------------------------


def test_a_note_becomes_a_take_for_the_price_that_was_told(lively: PaidStage, carol: Program) -> None:
    choose_models(opened=lively.opened, still_model="gen4_image", clip_model="", voice_model="")
    lively.shots(1)
    carol.post("batches?wait=60", {"project": str(lively.opened.project.pk), "make": "stills"})
    take = Take.objects.get()
    found = find(lively.opened.project, Subject.TAKE, take.pk)
    assert found is not None
    note = commenting.add_comment(
        opened=lively.opened, kind="take", subject_id=take.pk, found=found, text="Darker.", time_ms=None
    )
    path = f"notes/{note.pk}/take"
    draft = carol.get(path).json()
    assert draft["prompt"].endswith("Direction: Darker.")
    assert (draft["open"], draft["takes"]) == (True, [])
    before = lively.server.books.charged()
    refusal(carol.post(path, {"start": "nowhere"}), 400, "invalid")
    refusal(carol.post(path, {"prompt": ""}), 400, "invalid")
    made = carol.post(f"{path}?wait=60", {"takes": 0})
    assert made.status_code == 200, made.content
    assert made.json()["note"] == str(note.pk)
    assert lively.server.books.charged() - before == round(float(draft["cost_usd"]) * 1_000_000)
    assert carol.get(path).json()["takes"] == [str(Take.objects.get(note=note).pk)]
    # Whoever did not know of it is told, and nothing is bought.
    refusal(carol.post(path, {"takes": 0}), 409, "nothing_to_do")
    mallory = program(User.objects.get(email="mallory@example.com"))
    for answer in (mallory.get(path), mallory.post(path, {}), carol.get(f"notes/{uuid.uuid4()}/take")):
        refusal(answer, 404, "not_found")
    check(lively)


def test_an_element_is_tried_and_what_shows_it_is_made_anew(lively: PaidStage, carol: Program) -> None:
    opened = lively.opened
    choose_models(opened=opened, still_model="runware:101@1", clip_model="", voice_model="")
    mara = elements.create_element(opened=opened, kind="character", name="MARA", description="In a red coat.")
    first, second = lively.shots(2)
    for shot in (first, second):
        shot.characters = ["MARA"]
        shot.save()
    carol.post("batches?wait=60", {"project": str(opened.project.pk), "make": "stills"})
    path = f"elements/{mara.pk}"
    assert carol.get(f"{path}/redo").json() == {"shots": [], "choices": []}
    elements.edit_element(opened=opened, element=mara, description="In a blue coat.")
    said = carol.get(f"{path}/redo").json()
    assert set(said["shots"]) == {str(first.pk), str(second.pk)}
    refusal(carol.post(f"{path}/redo", {"shots": [str(uuid.uuid4())]}), 400, "invalid")
    made = carol.post(f"{path}/redo?wait=60", {"make": "stills", "shots": [str(first.pk)]})
    assert (made.status_code, made.json()["jobs"]) == (200, 1), made.content
    assert carol.get(f"{path}/redo").json()["shots"] == [str(second.pk)]
    portrait = carol.get(f"{path}/portrait").json()
    tried = carol.post(f"{path}/portrait?wait=60").json()
    assert (tried["state"], tried["estimate_usd"]) == ("succeeded", portrait["price_usd"])
    assert carol.get(f"{path}/portrait").json()["tries"] == [tried["id"]]
    voices = carol.get(f"{path}/voice-sample").json()
    heard = carol.post(f"{path}/voice-sample", {"voice": voices["voices"][0]}).json()
    assert carol.post(f"{path}/voice-sample", {"voice": voices["voices"][0]}).json()["id"] == heard["id"]
    assert "voice" in refusal(carol.post(f"{path}/voice-sample", {"voice": "Nobody"}), 400, "invalid")["fields"]
    place = elements.create_element(opened=opened, kind="location", name="HARBOUR", description="")
    refusal(carol.get(f"elements/{place.pk}/voice-sample"), 404, "not_found")
    lively.settle()
    check(lively)


def test_a_shot_is_made_with_what_was_chosen_for_it(lively: PaidStage, carol: Program) -> None:
    (shot,) = lively.shots(1)
    path = f"shots/{shot.pk}/choices/still"
    options = {one["model"]: one for one in carol.get(f"{path}/models").json()}
    assert carol.get(path).json()["model_in_effect"] == "animatic-still"
    said = carol.put(path, {"model": "gen4_image", "seed": 5})
    assert said.status_code == 200, said.content
    assert (said.json()["model_in_effect"], said.json()["seed"]) == ("gen4_image", 5)
    assert said.json()["price_usd"] == options["gen4_image"]["price_usd"]
    for body, field in (
        ({"model": "nothing"}, "model"), ({"model": "gen4_image", "negative_prompt": "x"}, "negative_prompt"),
        ({"model": "gen4_image", "references": [str(uuid.uuid4())]}, "references"),
        ({"model": "gen4_image", "options": {"steps": 1}}, "options"), ({"modle": "x"}, "modle"),
    ):  # fmt: skip
        assert field in refusal(carol.put(path, body), 400, "invalid")["fields"], body
    carol.post("batches?wait=60", {"project": str(lively.opened.project.pk), "make": "stills"})
    take = Take.objects.get()
    assert (take.inputs["model"], take.inputs["seed"]) == ("gen4_image", 5)
    assert carol.put(path, {}).json()["model_in_effect"] == "animatic-still"
    again = carol.post(f"takes/{take.pk}/use-again")
    assert (again.status_code, again.json()["model"]) == (200, "gen4_image"), again.content
    refusal(carol.get(f"shots/{shot.pk}/choices/voice"), 404, "not_found")
    mallory, dave = (program(User.objects.get(email=f"{who}@example.com")) for who in ("mallory", "dave"))
    for method, address in (
        ("GET", path),
        ("PUT", path),
        ("GET", f"{path}/models"),
        ("POST", f"takes/{take.pk}/use-again"),
    ):
        refusal(mallory(method, address, {} if method == "PUT" else None), 404, "not_found")
    refusal(dave.put(path, {}), 403, "not_allowed")
    check(lively)


def test_the_sweep_forgets_old_keys(stage: PaidStage, carol: Program) -> None:
    carol.post("jobs", order(stage), Idempotency_Key="old")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=8))
    stage.settle()
    assert not IdempotencyKey.objects.exists()


def test_what_failed_of_a_batch_is_asked_for_again(stage: PaidStage, carol: Program) -> None:
    made = carol.post("jobs", order(stage)).json()
    stage.answer()
    Attempt.objects.filter(state=AttemptState.RUNNING).update(state=AttemptState.UNKNOWN)
    Job.objects.update(state="unknown")
    bob = program(User.objects.get(email="bob@example.com"))
    said = bob.post(f"jobs/{made['id']}/resolve", {"decision": "not_charged"})
    assert (said.status_code, said.json()["state"]) == (200, "failed"), said.content
    again = carol.post(f"batches/{made['batch']}/retry-failed")
    assert again.status_code == 202, again.content
    assert again.json()["open"] == 1
    evidence = carol.get(f"jobs/{made['id']}/evidence")
    assert evidence.status_code == 200, evidence.content
    assert evidence.json()["our_charges_usd"] is None
    stage.settle()
    assert violations() == []
