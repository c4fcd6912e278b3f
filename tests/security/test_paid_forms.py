"""What somebody sends by hand to the forms that cost money: nothing gets past the form, and nothing breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from generation.models import Attempt, Batch, Job
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Shot
from scenes.services.scripts import apply_breakdown, save_script
from tests.conftest import SCRIPT

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User | None], Client]
TRY = {"operation": "text_to_image", "model": "gen4_image", "prompt": "Fog.", "size": "1280x720", "token": "one"}
UNSEEN = "\x00a\x07\x7f\x9b"
SMUGGLED = {
    "webhookURL": "https://evil.example.com/",
    "uploadEndpoint": "https://evil.example.com/",
    "taskType": "accountManagement",
    "taskUUID": "6f1a4f2e-5b7c-4d8e-9f00-112233445566",
    "numberResults": "1000",
    "outputs": "1000",
    "outputCount": "1000",
    "provider": "runware",
    "estimate": "0",
    "rehearsal": "1",
    "options": '{"webhookURL": "https://evil.example.com/"}',
}


@pytest.fixture(autouse=True)
def keys(settings: Any) -> None:
    """Both can be asked here."""
    settings.PROVIDERS = {
        **settings.PROVIDERS,
        "runway": {"key": "key_" + "a" * 128, "url": ""},
        "runware": {"key": "b" * 32, "url": ""},
    }


@pytest.fixture
def carol(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    """Carol's browser."""
    return client_of(cast.carol)


@pytest.mark.parametrize("field", ["prompt", "token", "negative_prompt", "voice", "model", "operation", "size", "seed"])
@pytest.mark.parametrize("model", ["gen4_image", "runware:101@1", "eleven_multilingual_v2"])
def test_what_nobody_sees_is_not_asked_for(field: str, model: str, carol: Client, project: Project) -> None:
    operation = "text_to_speech" if model.startswith("eleven") else "text_to_image"
    typed = {**TRY, "model": model, "operation": operation, field: UNSEEN}
    answer = carol.post(reverse("generation:try", args=[project.pk]), typed, headers={"HX-Request": "true"})
    assert answer.status_code in (200, 422)
    carol.post(reverse("generation:try_form", args=[project.pk]), typed)
    for job in Job.objects.all():
        kept = json.dumps([job.prompt, job.parameters, job.batch.idempotency_key], ensure_ascii=False)
        assert not set(kept) & set("\x00\x07\x7f\x9b")


def test_a_prompt_keeps_its_lines(carol: Client, project: Project) -> None:
    carol.post(reverse("generation:try", args=[project.pk]), {**TRY, "prompt": "Fog.\r\nA boat\x00 👩‍🚀.\tLöwe"})
    assert Job.objects.get().prompt == "Fog.\nA boat 👩‍🚀.\tLöwe"


@pytest.mark.parametrize("kind", ["still", "clip"])
def test_what_nobody_sees_is_not_kept_for_a_shot(kind: str, carol: Client, opened: OpenProject) -> None:
    script = save_script(opened=opened, text=SCRIPT)
    apply_breakdown(opened=opened, version=script.version)
    shot = Shot.objects.of(opened.project)[0]
    model = "runware:101@1" if kind == "still" else "klingai:6@1"
    for field in ("negative_prompt", "model", "seed", "references", "last_frame"):
        typed = {"model": model, "fields": "1", field: UNSEEN}
        address = reverse("generation:choice", args=[opened.project.pk, shot.pk, kind])
        assert carol.post(address, typed, headers={"HX-Request": "true"}).status_code in (200, 422)
    shot.refresh_from_db()
    assert "\\u0000" not in json.dumps([shot.still_settings, shot.clip_settings])


@pytest.mark.parametrize("model", ["gen4_image", "runware:101@1"])
def test_nothing_is_smuggled_into_an_order(model: str, carol: Client, project: Project) -> None:
    prefixed = {f"option.{name}": value for name, value in SMUGGLED.items()}
    typed = {**TRY, "model": model, "size": "1024x1024" if ":" in model else TRY["size"], **SMUGGLED, **prefixed}
    answer = carol.post(reverse("generation:try", args=[project.pk]), typed, headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.content.decode()
    attempt = Attempt.objects.select_related("job__batch").get()
    assert set(attempt.parameters) <= {"width", "height", "ratio", "resolution", "seed"}
    assert attempt.job.batch.estimate == attempt.estimate > 0
    assert (attempt.rehearsal, attempt.model) == (False, model)


@pytest.mark.parametrize("count", ["1000000000", "0", "-1", "٣٣٣", "²", "NaN", "999", "1e9"])
def test_nobody_gets_more_results_than_there_are_in_one_try(count: str, carol: Client, project: Project) -> None:
    carol.post(reverse("generation:try", args=[project.pk]), {**TRY, "count": count})
    assert Job.objects.count() <= 1


def test_one_key_is_one_request(carol: Client, project: Project) -> None:
    address = reverse("generation:try", args=[project.pk])
    fragment = {"HX-Request": "true"}
    assert carol.post(address, TRY, headers=fragment).status_code == 200
    assert carol.post(address, TRY, headers=fragment).status_code == 200
    other = carol.post(address, {**TRY, "prompt": "A lighthouse."}, headers=fragment)
    assert other.status_code == 422
    assert "used for another request" in other.content.decode()
    assert (Batch.objects.count(), Attempt.objects.count()) == (1, 1)
