"""Luma through the whole engine: clips from words and from pictures, orders found again, and both books agree."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django import Settings

from generation import planning, services
from generation.choosing import trials
from generation.choosing.pictures import input_of
from generation.models import Attempt, Job
from generation.providers.base import Operation
from generation.states import AttemptState
from scenes.models import Asset, Take
from tests.paid.conftest import PaidStage
from tests.rehearsal.conftest import picture

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState
KEY = "luma-5a5a5a5a-1111-2222-3333-444455556666"
SIZE = {"ratio": "16:9", "resolution": "540p", "duration_ms": 5000}


@pytest.fixture
def lit(stage: PaidStage, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> PaidStage:
    """A stage with a key for Luma and an address of its own, where nobody else is asked next."""
    stage.opened.project.team.fallback = False
    stage.opened.project.team.save()
    settings.PROVIDERS = {**settings.PROVIDERS, "luma": {"key": KEY, "url": stage.server.luma_url}}
    settings.PUBLIC_URL = "https://rushes.example.com"
    monkeypatch.setattr("generation.providers.luma.provider.BETWEEN_LOOKS", 0.0)
    return stage


def still(stage: PaidStage, fault: str = "") -> Job:
    """Ask for one still by Luma."""
    shot = stage.shot(f"A red kettle on a stove.{f' [[fault:{fault}]]' if fault else ''}")
    wanted = planning.wishes_for(stage.opened, shots=[shot], kinds=(planning.STILLS,), provider="luma")
    return stage.jobs_of(services.generate(opened=stage.opened, wanted=wanted, title="Still"))[0]


def try_clip(stage: PaidStage, asset: Asset) -> Job:
    """Try a clip that begins with a picture."""
    batch = trials.ask(
        opened=stage.opened, operation=Operation.IMAGE_TO_VIDEO, model="ray-flash-2", prompt="The kettle boils.",
        parameters=SIZE, inputs=(input_of(asset, "first_frame"),),
    )  # fmt: skip
    return batch.jobs.get()


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("", S.SUCCEEDED),
        ("unknown_status", S.SUCCEEDED),
        ("unavailable", S.SUCCEEDED),
        ("rate_limited", S.SUCCEEDED),
        ("link_expired", S.SUCCEEDED),
        ("truncated", S.SUCCEEDED),
        # These arrived, and are found by the address that only they were given.
        ("accept_drop", S.SUCCEEDED),
        ("accept_half", S.SUCCEEDED),
        ("accept_error", S.SUCCEEDED),
        ("accept_no_id", S.SUCCEEDED),
        # These did not, and nothing proves it.
        ("drop", S.UNKNOWN),
        ("error", S.UNKNOWN),
        ("bad_request", S.FAILED),
        ("key_refused", S.FAILED),
        ("preprocessing_moderation", S.FAILED),
        ("internal", S.FAILED),
    ],
)
def test_what_becomes_of_an_order(lit: PaidStage, fault: str, state: AttemptState) -> None:
    job = still(lit, fault)
    lit.settle()
    assert {one.state for one in Attempt.objects.filter(job=job)} == {state}
    assert Take.objects.count() == (state == S.SUCCEEDED)
    assert lit.server.books.accepted("luma") <= 1
    lit.compare_books()


def test_without_an_address_what_was_lost_stays_in_doubt(lit: PaidStage, settings: Settings) -> None:
    settings.PUBLIC_URL = ""
    job = still(lit, "accept_drop")
    lit.settle()
    attempt = Attempt.objects.get(job=job)
    assert attempt.state == S.UNKNOWN
    lit.compare_books()


def test_a_clip_begins_with_a_picture_that_luma_can_fetch(lit: PaidStage, settings: Settings) -> None:
    project = lit.opened.project
    key, data = f"projects/{project.pk}/still.png", picture()
    default_storage.save(key, ContentFile(data))
    asset = Asset.objects.create(
        project=project, kind="image", origin="uploaded", key=key, media_type="image/png", size=len(data),
        sha256="7" * 64, width=320, height=180,
    )  # fmt: skip
    job = try_clip(lit, asset)
    lit.settle()
    attempt = Attempt.objects.get(job=job)
    assert attempt.state == S.SUCCEEDED
    (line,) = lit.server.books.by_body("luma").values()
    frame = lit.server.books.task(line.task_ids[0]).body["keyframes"]["frame0"]
    assert frame["url"].startswith("https://rushes.example.com/lent/")
    lit.compare_books()
    settings.PUBLIC_URL = ""
    job = try_clip(lit, asset)
    lit.settle()
    refused = Attempt.objects.filter(job=job).latest("created_at")
    assert (refused.state, refused.failure_code) == (S.FAILED, "not_reachable")
    assert lit.server.books.received("luma") == 1


def test_what_is_cancelled_is_forgotten_there_and_counts_as_charged(lit: PaidStage) -> None:
    job = still(lit, "endless")
    lit.answer()
    attempt = Attempt.objects.get(job=job)
    assert attempt.state == S.RUNNING
    services.cancel_job(opened=lit.opened, job=job)
    lit.settle()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.cost) == (S.CANCELLED, attempt.estimate)
    lit.compare_books()


def test_what_has_gone_without_being_cancelled_stays_in_doubt(lit: PaidStage) -> None:
    job = still(lit, "gone")
    lit.settle()
    assert Attempt.objects.get(job=job).state == S.UNKNOWN
    lit.compare_books()
