"""Words through the whole engine: heard as they come, stopped in the middle, paid by tokens, and both books agree."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.access import open_team
from accounts.models import Membership, Role
from accounts.policies import Right
from generation import planning, progress, services
from generation.catalogue import ImpossibleRequest, model_named
from generation.choosing import trials
from generation.models import Attempt, Job, ProviderAccount
from generation.money.books import violations
from generation.providers.anthropic import messages
from generation.providers.base import Operation
from generation.providers.openai_compatible import chat
from generation.states import AttemptState, JobState
from generation.vendors import own_models, provider_accounts
from generation.wishes import Wish
from projects import live
from scenes.models import Take
from tests.paid.conftest import PaidStage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState
CLAUDE, LLAMA, OWN = "claude-haiku-5-5", "parasail-llama-33-70b-fp8", own_models.TEXT
KEYS = {"anthropic": "sk-ant-api03-" + "5a" * 20, "parasail": "psk-" + "5a" * 20}


@pytest.fixture
def writing(stage: PaidStage, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> PaidStage:
    """A stage whose installation has keys for those who write; nobody steps in for anybody."""
    server = stage.server
    settings.PROVIDERS = {
        **settings.PROVIDERS,
        "anthropic": {"key": KEYS["anthropic"], "url": server.anthropic_url},
        "parasail": {"key": KEYS["parasail"], "url": server.parasail_url},
    }
    settings.PROVIDER_ALLOWED_ORIGINS = [server.base_url]
    settings.REHEARSAL_URL = server.base_url
    stage.opened.project.team.fallback = False
    stage.opened.project.team.save()
    for module in (messages, chat):
        monkeypatch.setattr(module, "SILENCE_SECONDS", 0.5)
    return stage


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What was pushed to whoever watches the project."""
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(live, "push", lambda project_id, message: seen.append(message))
    return seen  # type: ignore[return-value]


def ask(stage: PaidStage, model_id: str = CLAUDE, prompt: str = "A screenplay about a ferry.", **more: Any) -> Job:
    """Ask for words."""
    project = stage.opened.project
    model = next((one for one in trials.models_for(project, Operation.TEXT_TO_TEXT) if one.id == model_id), None)
    wish = Wish(
        operation=Operation.TEXT_TO_TEXT,
        model=model or model_named(model_id),
        prompt=prompt,
        parameters={"system": "You write screenplays.", "max_tokens": 2000, **more},
        context={},
        recipe=uuid4().hex,
        fingerprint=uuid4().hex,
    )
    batch = services.generate(opened=stage.opened, wanted=[wish], title="Words")
    return Job.objects.get(batch=batch)


def enter(stage: PaidStage, *, output: int = 5_000_000) -> ProviderAccount:
    """Enter an endpoint of the team's own, which is the simulated one."""
    project = stage.opened.project
    Membership.objects.filter(user=stage.opened.user).update(role=Role.OWNER)
    opened = open_team(stage.opened.user, project.team_id, Right.OWN)
    own = {
        own_models.TEXT: {"name": "rehearsal-text", "input": 1_000_000, "output": output},
        own_models.IMAGE: {"name": "rehearsal-image", "image": 40_000},
    }
    change = provider_accounts.set_key(
        opened=opened, provider=own_models.PROVIDER, key="", base_url=stage.server.openai_compatible_url, own=own
    )
    assert change.check is not None
    assert change.check.text == ""
    return change.account


@pytest.mark.parametrize("model", [CLAUDE, LLAMA])
def test_words_are_pushed_while_they_come_and_kept_and_paid_for(
    writing: PaidStage, pushed: list[dict[str, Any]], model: str
) -> None:
    job = ask(writing, model)
    held = Attempt.objects.get(job=job).estimate
    writing.settle()
    job.refresh_from_db()
    attempt = writing.attempt(job)
    assert attempt.state == S.SUCCEEDED, attempt.failure_internal
    assert job.result_text.startswith("Title: ")
    told = [message for message in pushed if "at" in message]
    assert "".join(message["text"] for message in told) == job.result_text
    assert 0 < attempt.cost == writing.server.books.charged() <= held  # type: ignore[operator]
    assert violations() == []
    writing.compare_books()


def test_stopped_in_the_middle_keeps_what_there_is_and_pays_for_that(
    writing: PaidStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Six seconds for all of it; the row is looked at once a second.
    object.__setattr__(writing.server.desk, "speed", 0.4)
    job = ask(writing)
    whole = Attempt.objects.get(job=job).estimate

    def stop(of: Job, words: str, *, at: int) -> None:
        if at == 0:
            services.cancel_job(opened=writing.opened, job=job)

    monkeypatch.setattr(progress, "push_words", stop)
    writing.settle()
    job.refresh_from_db()
    attempt = writing.attempt(job)
    assert attempt.state == S.SUCCEEDED
    assert attempt.outputs[0]["cut"] == "stopped"
    assert job.result_text.startswith("Title: ")
    assert "FADE OUT" not in job.result_text
    assert attempt.cost is not None
    # The provider counts when it notices that nobody listens any more; until then its books show the most.
    until = time.monotonic() + 60
    while writing.server.books.charged() > attempt.cost and time.monotonic() < until:
        time.sleep(0.05)
    # What was stopped is reckoned by us, on the safe side.
    assert writing.server.books.charged() <= attempt.cost < whole
    assert violations() == []


FAILED, UNKNOWN, DONE = S.FAILED, S.UNKNOWN, S.SUCCEEDED
FATES = {
    "bad_request": FAILED,
    "key_refused": FAILED,
    "no_credit": FAILED,
    "not_found": FAILED,
    "rate_limited": DONE,
    "overloaded": DONE,
    "unavailable": DONE,
    "error": UNKNOWN,
    "gateway_timeout": UNKNOWN,
    "drop": UNKNOWN,
    "hang": UNKNOWN,
    "accept_drop": UNKNOWN,
    "accept_error": UNKNOWN,
    "accept_garbage": UNKNOWN,
    "stream_cut": FAILED,
    "stream_error": FAILED,
    "moderation_output": FAILED,
    "no_output": FAILED,
}
RECKONED = {"stream_cut", "stream_error"}


@pytest.mark.parametrize("model", [CLAUDE, LLAMA])
@pytest.mark.parametrize("fault", FATES)
def test_what_becomes_of_an_order_for_words(writing: PaidStage, fault: str, model: str) -> None:
    job = ask(writing, model, f"A screenplay about a ferry. [[fault:{fault}]]")
    writing.settle()
    attempt = writing.attempt(job)
    assert attempt.state == FATES[fault], f"{attempt.failure_code}: {attempt.failure_internal}"
    assert violations() == []
    if fault in RECKONED:
        assert attempt.cost is not None
        assert attempt.cost >= writing.server.books.charged() > 0
    else:
        writing.compare_books()


@pytest.mark.parametrize("model", [CLAUDE, LLAMA, OWN])
def test_a_rehearsal_writes_without_any_key(writing: PaidStage, settings: Settings, model: str) -> None:
    settings.PROVIDERS = {**settings.PROVIDERS, "anthropic": {"key": "", "url": ""}, "parasail": {"key": "", "url": ""}}
    writing.opened.project.rehearsal = True
    writing.opened.project.save()
    job = ask(writing, model)
    writing.settle()
    attempt = writing.attempt(job)
    assert attempt.state == S.SUCCEEDED, attempt.failure_internal
    assert attempt.rehearsal
    assert attempt.cost == writing.server.books.charged() > 0


def test_an_endpoint_of_ones_own_costs_what_the_team_says(writing: PaidStage) -> None:
    enter(writing)
    job = ask(writing, OWN)
    assert job.estimate == model_named(OWN).estimate(Operation.TEXT_TO_TEXT, job.parameters, prompt=job.prompt)
    writing.settle()
    attempt = writing.attempt(job)
    assert attempt.state == S.SUCCEEDED, attempt.failure_internal
    assert attempt.cost == writing.server.books.charged() > 0


def test_a_price_that_changes_changes_nothing_that_is_reserved(writing: PaidStage) -> None:
    enter(writing)
    before = ask(writing, OWN)
    enter(writing, output=0)
    after = ask(writing, OWN)
    assert Attempt.objects.get(job=before).estimate == before.estimate > after.estimate > 0
    assert violations() == []


def test_without_a_price_nothing_can_be_asked_of_it(writing: PaidStage) -> None:
    account = enter(writing)
    ProviderAccount.objects.filter(pk=account.pk).update(own_models={OWN: {"name": "rehearsal-text"}})
    assert OWN not in {model.id for model in trials.models_for(writing.opened.project, Operation.TEXT_TO_TEXT)}
    with pytest.raises(ImpossibleRequest):
        ask(writing, OWN)


def test_an_address_inside_the_house_is_not_reached_for_a_team(writing: PaidStage, settings: Settings) -> None:
    enter(writing)
    settings.PROVIDER_ALLOWED_ORIGINS = []
    job = ask(writing, OWN)
    writing.answer()
    attempt = Attempt.objects.get(job=job)
    assert attempt.state == S.QUEUED
    assert writing.server.books.received() == 0


def test_another_team_has_neither_the_endpoint_nor_its_prices(writing: PaidStage) -> None:
    account = enter(writing)
    other = type(writing.opened.project.team).objects.create(name="Others")
    ProviderAccount.objects.filter(pk=account.pk).update(team=other)
    assert OWN not in {model.id for model in trials.models_for(writing.opened.project, Operation.TEXT_TO_TEXT)}


def test_a_picture_that_comes_in_the_answer_becomes_a_take(writing: PaidStage) -> None:
    enter(writing)
    shot = writing.shot("A red kettle on a stove.")
    wanted = planning.wishes_for(writing.opened, shots=[shot], kinds=(planning.STILLS,), provider=own_models.PROVIDER)
    batch = services.generate(opened=writing.opened, wanted=wanted, title="Still")
    writing.settle()
    (job,) = writing.jobs_of(batch)
    assert job.state == JobState.SUCCEEDED, job.failure_text
    assert Take.objects.get().asset.media_type == "image/png"
    assert writing.attempt(job).cost == 40_000 == writing.server.books.charged()
    writing.compare_books()
