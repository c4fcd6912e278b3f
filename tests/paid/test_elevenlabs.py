"""ElevenLabs through the whole engine: lines are spoken with the account's voices, and both books agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from generation import planning, services
from generation.catalogue import ImpossibleRequest
from generation.choosing import orders, trials
from generation.models import Attempt, Job
from generation.providers.base import Operation
from generation.states import AttemptState
from scenes.models import Element, Line, Take
from tests.paid.conftest import PaidStage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState
KEY = "sk_" + "5a" * 24
MODEL = "elevenlabs:eleven_multilingual_v2"


@pytest.fixture
def spoken(stage: PaidStage, settings: Settings) -> PaidStage:
    """A stage whose project speaks through ElevenLabs and nobody else."""
    stage.opened.project.team.fallback = False
    stage.opened.project.team.save()
    settings.PROVIDERS = {**settings.PROVIDERS, "elevenlabs": {"key": KEY, "url": stage.server.elevenlabs_url}}
    project = stage.opened.project
    project.voice_model = MODEL
    project.save()
    return stage


def say(stage: PaidStage, text: str, character: str = "MARA") -> Job:
    """Have one line spoken."""
    shot = stage.shot("A quay at night.")
    Line.objects.create(shot=shot, character=character, text=text, position=1, start_ms=0, duration_ms=1500)
    wanted = planning.wishes_for(stage.opened, shots=[shot], kinds=(planning.VOICES,))
    return stage.jobs_of(services.generate(opened=stage.opened, wanted=wanted, title="Voices"))[0]


def test_a_line_is_spoken_with_the_voice_that_was_chosen_and_costs_what_was_said(spoken: PaidStage) -> None:
    Element.objects.create(project=spoken.opened.project, kind="character", name="MARA", voice="Edda")
    job = say(spoken, "The last ferry has gone.")
    spoken.settle()
    take = Take.objects.get(kind="voice")
    assert take.asset.media_type == "audio/mpeg"
    attempt = Attempt.objects.get(job=job)
    assert attempt.state == S.SUCCEEDED
    assert attempt.cost == 100 * len("The last ferry has gone.") == spoken.server.books.charged()
    (line,) = spoken.server.books.by_body("elevenlabs").values()
    assert "/e2Hs7DyRu1OxPl9TbM4f" in spoken.server.books.task(line.task_ids[0]).body["path"]
    spoken.compare_books()


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("unavailable", S.SUCCEEDED),
        ("rate_limited", S.SUCCEEDED),
        ("overrun", S.SUCCEEDED),
        ("missing_cost", S.SUCCEEDED),
        ("accept_drip", S.SUCCEEDED),
        ("accept_drop", S.UNKNOWN),
        ("accept_half", S.UNKNOWN),
        ("error", S.UNKNOWN),
        ("bad_request", S.FAILED),
        ("key_refused", S.FAILED),
        ("moderation_input", S.FAILED),
        ("zero_bytes", S.FAILED),
        ("html_page", S.UNKNOWN),
    ],
)
def test_what_becomes_of_a_line(spoken: PaidStage, fault: str, state: AttemptState) -> None:
    job = say(spoken, f"The last ferry has gone. [[fault:{fault}]]")
    spoken.settle()
    assert {one.state for one in Attempt.objects.filter(job=job)} == {state}
    assert Take.objects.count() == (state == S.SUCCEEDED)
    spoken.compare_books()


def test_effects_and_music_are_made(spoken: PaidStage) -> None:
    for operation, model, length in (
        (Operation.SOUND_EFFECT, "elevenlabs:eleven_text_to_sound_v2", 1500),
        (Operation.TEXT_TO_MUSIC, "elevenlabs:music_v2", 4000),
    ):
        trials.ask(
            opened=spoken.opened, operation=operation, model=model, prompt="Foghorns far away.",
            parameters={"duration_ms": length},
        )  # fmt: skip
    spoken.settle()
    assert set(Attempt.objects.values_list("state", flat=True)) == {S.SUCCEEDED}
    assert spoken.server.books.charged("elevenlabs") == 120_000 + 4 * 5000
    spoken.compare_books()


def test_the_accounts_voices_are_shown_where_voices_are_chosen(
    spoken: PaidStage, cast: Any, client_of: Callable[..., Client], settings: Settings
) -> None:
    project = spoken.opened.project
    mara = Element.objects.create(project=project, kind="character", name="MARA", voice="Rose")
    address = reverse("generation:element_voice", args=[project.pk, mara.pk])
    page = client_of(cast.carol).get(address).content.decode()
    for name in ("Ada", "Edda", "Clara (c9Xr1L)", "Clara (g4Bp3Z)"):
        assert f'<option value="{name}"' in page
    assert "Rose (this model has no such voice)" in page
    tried = client_of(cast.carol).get(reverse("generation:try", args=[project.pk]), {"model": MODEL}).content.decode()
    assert "<option>Felix</option>" in tried
    assert client_of(cast.mallory).get(address).status_code == 404
    away = {"key": "sk_" + "6b" * 24, "url": "http://127.0.0.1:9"}
    settings.PROVIDERS = {**settings.PROVIDERS, "elevenlabs": away}
    assert "cannot be reached" in client_of(cast.carol).get(address).content.decode()


def test_a_voice_that_the_account_does_not_have_is_refused_to_who_names_it(spoken: PaidStage) -> None:
    order = orders.Order(operation="text_to_speech", model=MODEL, prompt="Mind the gap.", voice="Nobody")
    with pytest.raises(ImpossibleRequest, match="speaks as Ada, Bruno, Clara") as refused:
        orders.ask_one(opened=spoken.opened, order=order)
    assert refused.value.field == "voice"
    job = orders.ask_one(opened=spoken.opened, order=replace(order, voice="Bruno"))
    assert job.parameters["voice"] == "Bruno"
