"""Trying a model: asked once for each press, refused with everything kept, results shown and sent to shots."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from accounts.models import User
from generation import execution
from generation.catalogue import ImpossibleRequest, models
from generation.choosing import trial_results, trials
from generation.models import Attempt, Batch, Job
from generation.providers.base import Operation
from generation.providers.errors import Refused
from generation.states import AttemptState, JobState
from projects.access import OpenProject, open_project
from projects.models import Project
from scenes.models import Asset, Shot, Take
from tests.pages.footage import add_scenes

pytestmark = pytest.mark.django_db

FRAGMENT = {"HX-Request": "true"}
MOST_QUERIES = 10
PICTURE = {"operation": "text_to_image", "model": "gen4_image", "prompt": "Fog.", "size": "1280x720", "token": "one"}

CLIP = {"model": "gen4_turbo", "operation": "image_to_video", "file.first_frame": "{own}"}


@pytest.fixture(autouse=True)
def keys(settings: Any) -> None:
    """Runway can be asked here; Runware cannot."""
    settings.PROVIDERS = {
        **settings.PROVIDERS,
        "runway": {"key": "key_" + "a" * 128, "url": ""},
        "runware": {"key": "", "url": ""},
    }


@pytest.fixture
def carol(cast: SimpleNamespace, client_of: Callable[[User | None], Client]) -> Client:
    """Carol's browser."""
    return client_of(cast.carol)


@pytest.fixture
def page(project: Project) -> str:
    """The page's address."""
    return reverse("generation:try", args=[project.pk])


def _words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def _picture(project: Project, name: str = "a", kind: str = "image") -> Asset:
    media_type = {"image": "image/png", "video": "video/mp4", "audio": "audio/mpeg"}[kind]
    return Asset.objects.create(
        project=project, kind=kind, origin="uploaded", key=f"projects/{project.pk}/{name}",
        media_type=media_type, sha256=(name * 64)[:64], size=9, original_name=f"{name}.png",
    )  # fmt: skip


def _end(job: Job, *, asset: Asset | None = None, state: str = JobState.SUCCEEDED) -> None:
    """Let a job have ended."""
    Attempt.objects.filter(job=job).update(
        state=AttemptState.SUCCEEDED if state == JobState.SUCCEEDED else AttemptState.FAILED,
        body={"a": 1}, task_id=str(job.pk), cost=80_000, assets=[str(asset.pk)] if asset else [],
    )  # fmt: skip
    Job.objects.filter(pk=job.pk).update(state=state)


def test_a_press_asks_the_model_for_what_the_form_says(carol: Client, page: str) -> None:
    answer = carol.post(page, {**PICTURE, "seed": "7"}, headers=FRAGMENT)
    assert answer.status_code == 200
    assert "Asked for." in _words(answer)
    job = Job.objects.get()
    assert (job.operation, job.model, job.prompt, job.shot) == ("text_to_image", "gen4_image", "Fog.", None)
    assert job.parameters == {"width": 1280, "height": 720, "ratio": "1280:720", "seed": 7}
    assert job.estimate == models()["gen4_image"].estimate(Operation.TEXT_TO_IMAGE, job.parameters) > 0


def test_a_double_click_asks_once_and_the_next_press_asks_again(carol: Client, page: str) -> None:
    answers = [carol.post(page, PICTURE, headers=FRAGMENT) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Job.objects.count() == Batch.objects.count() == 1
    # However late the second one comes.
    _end(Job.objects.get())
    assert carol.post(page, PICTURE, headers=FRAGMENT).status_code == 200
    assert Job.objects.count() == 1
    fresh = re.search(r'name="token" value="(\w+)"', answers[0].content.decode())
    assert fresh is not None
    assert fresh[1] != "one"
    assert carol.post(page, {**PICTURE, "token": fresh[1]}, headers=FRAGMENT).status_code == 200
    seeds = set(Job.objects.values_list("parameters__seed", flat=True))
    assert len(seeds) == 2


def test_the_same_token_with_another_wish_is_refused(carol: Client, page: str) -> None:
    carol.post(page, PICTURE, headers=FRAGMENT)
    assert carol.post(page, {**PICTURE, "prompt": "Rain."}, headers=FRAGMENT).status_code == 422
    assert Job.objects.count() == 1


def test_several_results_are_several_orders_that_differ(carol: Client, page: str) -> None:
    form = carol.post(f"{page}form/", {**PICTURE, "count": "3"}, headers=FRAGMENT)
    assert "Try it · $0.15" in _words(form)
    carol.post(page, {**PICTURE, "count": "3", "seed": "5"}, headers=FRAGMENT)
    assert Batch.objects.get().jobs.count() == 3
    assert len(set(Job.objects.values_list("parameters__seed", flat=True))) == 3
    assert Batch.objects.get().estimate == 150_000


def test_no_paid_model_is_called_free_and_what_it_needs_is_not_folded_away(
    carol: Client, page: str, settings: Any
) -> None:
    settings.PROVIDERS["runware"] = {"key": "a" * 32, "url": ""}
    speech = {"operation": "text_to_speech", "model": "xai:tts@0"}
    assert "free" not in _words(carol.get(page, speech))
    assert "Try it · $" in _words(carol.post(f"{page}form/", {**speech, "prompt": "Fog."}, headers=FRAGMENT))
    larger = carol.get(page, {"operation": "upscale_image", "model": "runware:504@1"}).text
    assert re.search(r'<details class="picker-more" open>.*option\.upscaleFactor', larger, re.DOTALL)
    assert (
        '<details class="picker-more">' in carol.get(page, {"operation": "text_to_image", "model": "gen4_image"}).text
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prompt": ""}, "needs a prompt"),
        ({"prompt": "😀" * 500 + "x"}, "1,001 characters (an emoji counts as two)"),
        ({"size": "1281x720"}, "not 1281x720"),
        ({"size": "wide"}, "Write the size like 1280x720"),
        ({"seed": "-1"}, "whole number"),
        ({"seed": "4294967296"}, "0 to 4294967295"),
        ({"count": "5"}, "1 to 4 results"),
        ({"model": "gen3a_turbo", "operation": "image_to_video"}, "gen4_turbo"),
        ({"model": "nonsense"}, "There is no model"),
        ({"model": "gen4_turbo"}, "cannot do text_to_image"),
        ({"model": "gen4_image_turbo"}, "at least 1 reference picture"),
        ({"file.reference": "{foreign}"}, "not in this project"),
        ({"file.reference": "nonsense"}, "not in this project"),
        ({**CLIP, "file.first_frame": ""}, "not in this project"),
        (CLIP | {"seconds": "12"}, "not 12 s"),
        (CLIP | {"seconds": "x"}, "in seconds"),
        ({"model": "gen4_turbo", "operation": "image_to_video", "seconds": "5"}, "needs a first frame"),
        ({"model": "eleven_multilingual_v2", "operation": "text_to_speech", "voice": "Nobody"}, "Nobody"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_everything_typed_stays(
    cast: SimpleNamespace, carol: Client, project: Project, page: str, change: dict[str, str], words: str
) -> None:
    hers = Project.objects.create(team=cast.mallory.teams.get(), name="Hers", created_by=cast.mallory)
    ids = {"{own}": str(_picture(project).pk), "{foreign}": str(_picture(hers, "b").pk)}
    data = {**PICTURE, **{name: ids.get(value, value) for name, value in change.items()}}
    answer = carol.post(page, data, headers=FRAGMENT)
    assert answer.status_code == 422
    assert words in _words(answer).replace("&#x27;", "'")
    assert not Job.objects.exists()
    text = answer.content.decode()
    assert data["prompt"] in text
    assert f'value="{data.get("seed", "")}"' in text or "seed" not in change
    assert f'value="{data["token"]}"' in text


def test_files_that_were_chosen_stay_after_a_refusal_and_go_with_the_order(
    carol: Client, project: Project, page: str
) -> None:
    first, second = _picture(project, "a"), _picture(project, "b")
    data = {**PICTURE, "file.reference": [str(first.pk), str(second.pk)]}
    refused = carol.post(page, {**data, "prompt": ""}, headers=FRAGMENT)
    assert refused.status_code == 422
    assert str(second.pk) in refused.content.decode()
    assert carol.post(page, data, headers=FRAGMENT).status_code == 200
    inputs = Job.objects.get().inputs
    assert [(one["sha256"], one["role"], one["tag"]) for one in inputs] == [
        (first.sha256, "reference", "ref1"),
        (second.sha256, "reference", "ref2"),
    ]


def test_a_clip_begins_with_the_picture_that_was_chosen(carol: Client, project: Project, page: str) -> None:
    first = _picture(project)
    data = {"operation": "image_to_video", "model": "gen4_turbo", "prompt": "Away.", "size": "1280x720", "seconds": "5"}
    answer = carol.post(page, {**data, "file.first_frame": str(first.pk)}, headers=FRAGMENT)
    assert answer.status_code == 200
    job = Job.objects.get()
    assert job.parameters["duration_ms"] == 5000
    assert [one["role"] for one in job.inputs] == ["first_frame"]


def test_the_form_follows_the_model(carol: Client, page: str) -> None:
    turbo = carol.post(f"{page}form/", {"operation": "image_to_video", "model": "gen4_turbo"}, headers=FRAGMENT)
    words, text = _words(turbo), turbo.content.decode()
    assert "First frame" in words
    assert "Negative prompt" not in words
    assert 'data-unit="utf16"' in text
    assert 'data-most="1000"' in text
    assert re.findall(r"<option(?: selected)?>(\d+)</option>", text.split('id="try-seconds"')[1].split("</select>")[0])
    veo = carol.post(f"{page}form/", {"operation": "image_to_video", "model": "veo3.1_fast"}, headers=FRAGMENT)
    assert "Last frame" in _words(veo)


def test_the_form_keeps_what_the_next_model_takes_as_well(carol: Client, page: str) -> None:
    data = {**PICTURE, "model": "gemini_2.5_flash", "prompt": "A <b>lamp</b>.", "size": "1280x720"}
    text = carol.post(f"{page}form/", data, headers=FRAGMENT).content.decode()
    assert "A &lt;b&gt;lamp&lt;/b&gt;." in text
    assert "Gemini" in text


def test_the_address_can_name_a_model_alone(carol: Client, page: str) -> None:
    text = _words(carol.get(page, {"model": "gen4_turbo"}))
    assert "Gen-4 Turbo" in text
    assert "First frame" in text
    assert carol.get(page, {"model": "nonsense", "operation": "nonsense"}).status_code == 200


def test_models_that_can_be_tried(carol: Client, page: str) -> None:
    shown = carol.get(f"{page}models/", {"operation": "image_to_video"}, headers=FRAGMENT).content.decode()
    assert 'data-model="gen4_turbo"' in shown
    assert "gen3a_turbo" not in shown
    assert 'data-model="klingai:6@1"' not in shown
    nobody = carol.get(f"{page}models/", {"operation": "remove_background"}, headers=FRAGMENT)
    assert "enter a provider" in _words(nobody)


def test_results_are_shown_with_what_they_cost(carol: Client, project: Project, page: str) -> None:
    assert "Nothing tried yet" in _words(carol.get(page))
    carol.post(page, PICTURE, headers=FRAGMENT)
    job = Job.objects.get()
    assert "Queued" in _words(carol.get(page, headers=FRAGMENT))
    _end(job, asset=_picture(project))
    card = carol.get(reverse("generation:try_job", args=[project.pk, job.pk]), headers=FRAGMENT)
    assert "Gen-4 Image Runway · Picture" in _words(card)
    assert "$0.08" in _words(card)
    assert "Send to a shot" in _words(card)
    assert f"/{Asset.objects.get().pk}/" in card.content.decode()
    _end(job, state=JobState.FAILED)
    Job.objects.filter(pk=job.pk).update(failure_text="Runway refused the words.")
    assert "Runway refused the words." in _words(carol.get(page, headers=FRAGMENT))


def test_words_that_came_out_are_shown(carol: Client, project: Project, page: str) -> None:
    carol.post(page, PICTURE, headers=FRAGMENT)
    Job.objects.update(operation="caption", result_text="A ferry <in> fog.")
    _end(Job.objects.get())
    assert "A ferry &lt;in&gt; fog." in carol.get(page, headers=FRAGMENT).content.decode()


def test_a_result_is_sent_to_a_shot_and_is_in_the_film(carol: Client, project: Project, page: str) -> None:
    first, second = add_scenes(project, 1, 2)
    carol.post(page, {**PICTURE, "seed": "7"}, headers=FRAGMENT)
    job = Job.objects.get()
    send = reverse("generation:try_send", args=[project.pk, job.pk])
    assert carol.post(send, {"shot": str(first.pk)}).status_code == 302
    assert not Take.objects.exists(), "nothing is there to send yet"
    _end(job, asset=_picture(project))
    for shot in (first, second):
        answer = carol.post(send, {"shot": str(shot.pk)})
        assert answer["Location"] == reverse("scenes:shot", args=[project.pk, shot.pk])
        shot.refresh_from_db()
        assert shot.still is not None
        assert shot.still.inputs["model"] == "gen4_image"
        assert shot.still.inputs["cost"] == 80_000
        assert shot.still.inputs["seed"] == 7
    again = reverse("generation:use_again", args=[project.pk, first.takes.get().pk])
    assert carol.post(again, headers=FRAGMENT).status_code == 200
    first.refresh_from_db()
    assert first.still_settings == {"model": "gen4_image", "seed": 7}


def test_a_clip_becomes_the_clip_and_a_sound_stays_here(
    cast: SimpleNamespace, carol: Client, project: Project, page: str
) -> None:
    shot = add_scenes(project, 1, 1)[0]
    carol.post(page, PICTURE, headers=FRAGMENT)
    job = Job.objects.get()
    opened = open_project(cast.carol, project.pk, "create")  # type: ignore[arg-type]
    _end(job, asset=_picture(project, "b", "audio"))
    with pytest.raises(ImpossibleRequest, match="Only a picture or a clip"):
        trial_results.send_to_shot(opened=opened, job=job, shot=shot)
    _end(job, asset=_picture(project, "c", "video"))
    assert trial_results.send_to_shot(opened=opened, job=job, shot=shot).kind == Take.Kind.CLIP


def test_a_foreign_shot_gets_nothing(cast: SimpleNamespace, carol: Client, project: Project, page: str) -> None:
    other = Project.objects.create(team=cast.team, name="Another", created_by=cast.alice)
    foreign = add_scenes(other, 1, 1)[0]
    carol.post(page, PICTURE, headers=FRAGMENT)
    job = Job.objects.get()
    _end(job, asset=_picture(project))
    send = reverse("generation:try_send", args=[project.pk, job.pk])
    assert carol.post(send, {"shot": str(foreign.pk)}).status_code == 404
    assert carol.post(send, {"shot": "nonsense"}).status_code == 404
    assert not Take.objects.exists()


def test_the_settings_of_a_try_fill_the_form_again(carol: Client, project: Project, page: str) -> None:
    picture = _picture(project)
    carol.post(page, {**PICTURE, "seed": "7", "file.reference": str(picture.pk)}, headers=FRAGMENT)
    text = carol.get(page, {"again": str(Job.objects.get().pk)}).content.decode()
    form = text.split('id="try-form"')[1].split("</form>")[0]
    assert "Gen-4 Image" in form
    assert ">Fog.</textarea>" in form
    assert 'value="7"' in form
    assert f'value="{picture.pk}"' in form
    assert carol.get(page, {"again": "nonsense"}).status_code == 404


def test_jobs_of_shots_are_no_tries(carol: Client, project: Project) -> None:
    shot = add_scenes(project, 1, 1)[0]
    address = reverse("generation:generate", args=[project.pk])
    carol.post(address, {"choice": "stills", "shots": str(shot.pk)}, headers=FRAGMENT)
    job = Job.objects.get()
    assert carol.get(reverse("generation:try_job", args=[project.pk, job.pk])).status_code == 404
    assert carol.get(reverse("generation:try", args=[project.pk]), {"again": str(job.pk)}).status_code == 404


def test_a_rehearsal_says_so(carol: Client, project: Project, page: str) -> None:
    assert "simulated" not in _words(carol.get(page))
    Project.objects.filter(pk=project.pk).update(rehearsal=True)
    assert "Rehearsal: simulated, no real money" in _words(carol.get(page))


def test_a_reviewer_looks_and_asks_for_nothing(
    cast: SimpleNamespace, client_of: Callable[[User | None], Client], page: str
) -> None:
    dave = client_of(cast.dave)
    seen = _words(dave.get(page))
    assert "Your role can look, but not generate." in seen
    assert "Try it ·" not in seen
    assert dave.post(page, PICTURE).status_code == 403
    assert not Job.objects.exists()


def test_a_picture_is_brought_and_can_be_used(carol: Client, project: Project, page: str) -> None:
    data = io.BytesIO()
    Image.effect_noise((320, 180), 60).convert("RGB").save(data, "PNG")
    bring = reverse("generation:bring", args=[project.pk])
    file = SimpleUploadedFile("face.png", data.getvalue())
    answer = carol.post(bring, {"file": file, "field": "file.reference"}, headers=FRAGMENT)
    asset = Asset.objects.get()
    assert f'name="file.reference" value="{asset.pk}"' in answer.content.decode()
    assert (asset.origin, asset.scene, asset.original_name) == (Asset.Origin.UPLOADED, None, "face.png")
    assert not Take.objects.exists()
    assert carol.post(page, {**PICTURE, "file.reference": str(asset.pk)}, headers=FRAGMENT).status_code == 200


@pytest.mark.parametrize(
    "data", [{}, {"file": b"<svg></svg>"}, {"url": "http://127.0.0.1:9/a.png"}, {"url": "nonsense"}]
)
def test_what_is_no_picture_is_not_kept(carol: Client, project: Project, data: dict[str, Any]) -> None:
    if "file" in data:
        data = {"file": SimpleUploadedFile("a.png", data["file"])}
    answer = carol.post(reverse("generation:bring", args=[project.pk]), data, headers=FRAGMENT)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert len(answer.text) > 20
    assert not Asset.objects.exists()


def test_a_picture_by_its_address_passes_the_same_gate(
    carol: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fetch(url: str, work_dir: Path) -> Path:
        asked.append(url)
        if url.endswith("gone.png"):
            raise Refused("Nothing is there.", code="gone")
        path = work_dir / "picture"
        path.write_bytes(b"<html>") if url.endswith("page") else Image.effect_noise((64, 64), 60).save(path, "PNG")
        return path

    monkeypatch.setattr(execution, "fetch_picture", fetch)
    bring = reverse("generation:bring", args=[project.pk])
    assert carol.post(bring, {"url": "https://example.com/a/page"}, headers=FRAGMENT).status_code == 422
    assert "could not be fetched" in carol.post(bring, {"url": "https://example.com/gone.png"}, headers=FRAGMENT).text
    assert not Asset.objects.exists()
    assert carol.post(bring, {"url": "https://example.com/a/face.png?x=1"}, headers=FRAGMENT).status_code == 200
    assert Asset.objects.get().original_name == "face.png"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/a.png", "https://10.0.0.1/a.png", "ftp://example.com/a.png"])
def test_a_private_address_is_refused_in_words_about_the_address(carol: Client, project: Project, url: str) -> None:
    answer = carol.post(reverse("generation:bring", args=[project.pk]), {"url": url}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "public https addresses only" in answer.text
    assert "provider" not in answer.text
    assert not Asset.objects.exists()


def test_the_page_asks_a_fixed_number_of_questions(carol: Client, project: Project, page: str) -> None:
    add_scenes(project, 2, 3)
    for number in range(6):
        carol.post(page, {**PICTURE, "token": str(number)}, headers=FRAGMENT)
    for number, job in enumerate(Job.objects.all()):
        _end(job, asset=_picture(project, "abcdef"[number]))
    for headers in ({}, FRAGMENT):
        with CaptureQueriesContext(connection) as asked:
            assert carol.get(page, headers=headers).status_code == 200
        assert len(asked) <= MOST_QUERIES, [one["sql"][:90] for one in asked]


def test_a_service_refuses_what_the_page_does_not_offer(opened: OpenProject) -> None:
    asking = {"operation": Operation.TEXT_TO_IMAGE, "model": "gen4_image", "prompt": "Fog.", "parameters": {}}
    with pytest.raises(ImpossibleRequest) as caught:
        trials.ask(opened=opened, **asking)  # type: ignore[arg-type]
    assert caught.value.field == "size"
    with pytest.raises(ImpossibleRequest, match="no key here"):
        trials.ask(opened=opened, **{**asking, "model": "runware:101@1"})  # type: ignore[arg-type]
    assert not Shot.objects.exists()


def test_a_clip_is_changed_at_the_price_of_its_length(carol: Client, page: str, project: Project) -> None:
    clip = _picture(project, kind="video")
    Asset.objects.filter(pk=clip.pk).update(duration_ms=4000)
    form = {"operation": "video_to_video", "model": "aleph2", "prompt": "At night.", "file.source": str(clip.pk)}
    answer = carol.post(page, form, headers=FRAGMENT)
    assert answer.status_code == 200, _words(answer)
    job = Job.objects.get()
    assert job.parameters["source_ms"] == 4000
    assert job.estimate == models()["aleph2"].estimate(Operation.VIDEO_TO_VIDEO, {"source_ms": 4000})
