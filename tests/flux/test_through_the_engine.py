"""Local FLUX as a team uses it: ordered, drawn by the real engine, killed in between; and the page that tells of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from generation import crashpoints, execution, leases, planning, services, sweep
from generation.catalogue import ImpossibleRequest, presence
from generation.choosing import trials
from generation.media import gate
from generation.models import Job, ProviderAccount
from generation.providers.base import Operation
from generation.states import AttemptState, JobState
from generation.vendors import keys
from projects import queue
from projects.access import OpenProject
from scenes.models import Take
from tests.engine.stage import Stage
from tests.flux.conftest import SCHNELL

ClientOf = Callable[..., Client]


@pytest.fixture
def installed(models: Path, settings: Settings, tmp_path: Path) -> Iterator[None]:
    """An installation whose FLUX_MODELS_DIR has three of the models."""
    settings.DATA_DIR = tmp_path
    settings.FLUX_MODELS_DIR = models
    settings.FLUX_IDLE_SECONDS = 2
    execution.registry.cache_clear()
    presence.forget()
    yield
    execution.registry.cache_clear()
    presence.forget()


@pytest.fixture
def stage(
    transactional_db: None, opened: OpenProject, installed: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """One project, the real engine and adapter, and a bell that only the test answers."""
    media = Path(settings.DATA_DIR) / "media"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "scenes.storage.LocalMediaStorage",
            "OPTIONS": {"location": str(media), "base_url": None, "allow_overwrite": True},
        },
    }
    settings.MEDIA_ROOT = media
    messages: deque[tuple[str, tuple[str, ...]]] = deque()
    monkeypatch.setattr(queue, "ring", lambda actor_name, *ids: messages.append((actor_name, ids)))
    leases.stopping.clear()
    yield Stage(opened, {}, messages)
    crashpoints.install(None)
    leases.stopping.clear()


def ask(stage: Stage, count: int) -> list[Job]:
    """Ask for the stills of so many new shots."""
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(count), kinds=(planning.STILLS,), provider="flux")
    return stage.jobs_of(services.generate(opened=stage.opened, wanted=wanted, title="Stills"))


def test_two_stills_are_drawn_one_after_the_other_for_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[Path] = []
    admit = gate.admit

    def look(path: Path, **ways: Any) -> gate.Admitted:
        passed.append(path)
        return admit(path, **ways)

    monkeypatch.setattr(gate, "admit", look)
    jobs = ask(stage, 2)
    stage.settle()
    for job in jobs:
        job.refresh_from_db()
        attempt = stage.attempt(job)
        assert (job.state, attempt.state, attempt.model) == (JobState.SUCCEEDED, AttemptState.SUCCEEDED, SCHNELL)
        assert attempt.quality == {}
        take = Take.objects.get(shot=job.shot, kind=Take.Kind.STILL)
        assert take.asset.media_type == "image/png"
        assert (take.asset.width, take.asset.height) == (1280, 720)
    assert len(passed) == 2, "what a model draws passes the gate like all that comes from outside"
    stage.check_books()


def test_its_account_takes_one_order_at_a_time_however_many_cores_there_are(
    cast: SimpleNamespace, settings: Settings
) -> None:
    settings.ENGINE = {**settings.ENGINE, "LOCAL_RENDERS": 3}
    account = keys.account_for(cast.team, "flux")
    assert account.max_concurrent == 1
    ProviderAccount.objects.update(max_concurrent=8)
    sweep.check_installation()
    account.refresh_from_db()
    assert account.max_concurrent == 1, "a start sets it right again"


def test_a_worker_that_dies_with_the_picture_in_hand_draws_it_again(stage: Stage) -> None:
    (job,) = ask(stage, 1)
    stage.die_at("output fetched")
    assert stage.live_until_death()
    stage.be_reborn()
    stage.settle()
    assert Take.objects.filter(shot=job.shot).count() == 1
    assert stage.attempt(job).fetch_claims == 2
    stage.check_books()


def test_a_cancel_before_it_is_drawn_leaves_nothing(stage: Stage) -> None:
    (job,) = ask(stage, 1)
    while stage.attempt(job).state != AttemptState.FETCHING:
        assert stage.answer_one()
    services.cancel_job(opened=stage.opened, job=Job.objects.get(pk=job.pk))
    stage.settle()
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert not Take.objects.filter(shot=job.shot).exists()


def test_a_model_that_is_not_here_is_refused_with_what_to_do(
    opened: OpenProject, installed: None, settings: Settings
) -> None:
    settings.FLUX_MODELS_DIR = None
    execution.registry.cache_clear()
    presence.forget()
    assert "flux" not in keys.reachable(opened.project.team)
    assert "flux" not in keys.reachable(opened.project.team, rehearsal=True)
    with pytest.raises(ImpossibleRequest, match="FLUX_MODELS_DIR is not set"):
        planning.models_of(opened.project, "flux")


def test_only_what_lies_here_is_offered(opened: OpenProject, installed: None) -> None:
    offered = {model.id for model in trials.models_for(opened.project, Operation.TEXT_TO_IMAGE)}
    assert {model for model in offered if model.startswith("FLUX")} == {SCHNELL}
    with pytest.raises(ImpossibleRequest, match=r"FLUX\.1-dev is not installed"):
        trials.model_of(opened.project, trials.Draft(Operation.TEXT_TO_IMAGE, "FLUX.1-dev"))


def test_the_page_says_what_can_be_used_and_why_the_rest_cannot(
    cast: SimpleNamespace, client_of: ClientOf, installed: None
) -> None:
    page = reverse("providers:overview", args=[cast.team.pk])
    text = client_of(cast.alice).get(page).text
    assert "FLUX on this machine" in text
    assert "Computed on this machine: no key" in text
    assert "FLUX.1-dev is not installed" in text
    assert "FLUX.1-schnell is not installed" not in text
    assert f"Key for {keys.label_of('flux')}" not in text
    assert client_of(cast.mallory).get(page).status_code == 404


def test_its_place_in_the_order_can_be_changed_but_it_has_no_key(
    cast: SimpleNamespace, client_of: ClientOf, installed: None
) -> None:
    alice, mallory = client_of(cast.alice), client_of(cast.mallory)
    move = reverse("providers:move", args=[cast.team.pk, "flux"])
    before = keys.order_of(cast.team)
    assert mallory.post(move, {"to": "earlier"}).status_code == 404
    assert keys.order_of(cast.team) == before
    alice.post(move, {"to": "earlier"})
    cast.team.refresh_from_db()
    assert keys.order_of(cast.team).index("flux") == before.index("flux") - 1
    for name in ("key", "remove_key", "test", "resume"):
        assert alice.post(reverse(f"providers:{name}", args=[cast.team.pk, "flux"])).status_code == 404
