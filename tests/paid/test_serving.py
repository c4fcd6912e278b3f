"""Who served a batch is told on its page: how many each has made, and who was passed over and why."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from generation import planning, retrying, services
from generation.job_rows import job_rows
from generation.models import Batch, Job
from scenes.models import Take
from tests.paid.conftest import PaidStage

pytestmark = pytest.mark.django_db(transaction=True)

NO_KEY = "Runway has no key here. An owner can enter one under Providers and keys."


def made(stage: PaidStage, count: int, title: str) -> Batch:
    """Have stills made of new shots by whoever can."""
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(count), kinds=(planning.STILLS,))
    batch = services.generate(opened=stage.opened, wanted=wanted, title=title)
    stage.settle()
    return batch


def head_of(stage: PaidStage, client: Client, batch: Batch) -> str:
    address = reverse("generation:batch_head", args=[stage.opened.project.pk, batch.pk])
    return " ".join(client.get(address).text.split())


@pytest.fixture
def client(stage: PaidStage) -> Client:
    client = Client()
    client.force_login(stage.opened.user)
    return client


def test_a_batch_says_who_made_it_and_who_was_passed_over_without_a_key(
    stage: PaidStage, client: Client, settings: Settings
) -> None:
    project = stage.opened.project
    project.still_model = "gen4_image"
    project.save(update_fields=["still_model"])
    first = made(stage, 2, "With a key")
    assert "Made by" not in head_of(stage, client, first), "one has served, the one who was chosen: every row says so"

    settings.PROVIDERS = {**settings.PROVIDERS, "runway": {"key": "", "url": stage.server.runway_url}}
    second = made(stage, 3, "Without one")
    told = head_of(stage, client, second)
    assert "Made by Runware 3." in told
    assert f"Runway was passed over 3 times: {NO_KEY}" in told
    assert f"Runway was passed over 3 times: {NO_KEY}" in " ".join(
        client.get(reverse("generation:jobs", args=[project.pk])).text.split()
    )

    # The job and the take say it, too.
    for row in job_rows(Job.objects.filter(batch=second)):
        assert row.served == f"Runway was not asked: {NO_KEY.rstrip('.')}. Runware made it."
    for take in Take.objects.filter(inputs__provider="runware"):
        (why_not,) = take.inputs["served"]
        assert why_not == {"provider": "runway", "provider_label": "Runway", "model": "gen4_image", "why_not": NO_KEY}
    shot = Take.objects.filter(inputs__provider="runware")[0].shot_id
    panel = client.get(reverse("scenes:shot", args=[project.pk, shot]), headers={"HX-Request": "true"}).text
    assert f"Runway could not: {NO_KEY}" in panel


def test_what_is_asked_again_still_says_who_was_chosen(stage: PaidStage, client: Client, settings: Settings) -> None:
    project = stage.opened.project
    project.still_model = "gen4_image"
    project.save(update_fields=["still_model"])
    settings.PROVIDERS = {**settings.PROVIDERS, "runway": {"key": "", "url": stage.server.runway_url}}
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(1), kinds=(planning.STILLS,))
    batch = services.generate(opened=stage.opened, wanted=wanted, title="Stopped")
    services.cancel_batch(opened=stage.opened, batch=batch)
    assert "Made by" not in head_of(stage, client, batch)
    again = retrying.retry_job(opened=stage.opened, job=Job.objects.get(batch=batch))
    stage.settle()
    assert f"Made by Runware 1. Runway was passed over 1 time: {NO_KEY}" in head_of(stage, client, again)
