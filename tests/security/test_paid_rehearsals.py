"""Play money and real money never mix, however late a project is switched between them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from accounts.policies import Right
from generation import retrying
from generation.catalogue import ImpossibleRequest
from generation.choosing import trials
from generation.models import Approval, Attempt, Batch, Counter, Entry, Job
from generation.money import approvals
from generation.providers.base import Operation
from generation.states import AttemptState, JobState
from projects.access import OpenProject, open_project
from projects.models import Project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keys(settings: Any) -> None:
    """Runway can be asked here."""
    settings.PROVIDERS = {
        **settings.PROVIDERS,
        "runway": {"key": "key_" + "a" * 128, "url": ""},
        "runware": {"key": "", "url": ""},
    }


def _switched(opened: OpenProject, *, rehearsal: bool) -> OpenProject:
    Project.objects.filter(pk=opened.project.pk).update(rehearsal=rehearsal)
    opened.project.refresh_from_db()
    return opened


def _asked(opened: OpenProject, model: str = "gen4_image", seed: int | None = None) -> Batch:
    size = {"width": 1280, "height": 720} | ({"ratio": "1280:720"} if model == "gen4_image" else {})
    return trials.ask(
        opened=opened,
        operation=Operation.TEXT_TO_IMAGE,
        model=model,
        prompt="Fog.",
        parameters={**size, "seed": seed},
    )


def _failed(opened: OpenProject, model: str = "gen4_image") -> Job:
    batch = _asked(opened, model)
    Attempt.objects.filter(job__batch=batch).update(state=AttemptState.CANCELLED)
    Job.objects.filter(batch=batch).update(state=JobState.FAILED)
    return Job.objects.get(batch=batch)


@pytest.mark.parametrize("rehearsal", [True, False])
def test_a_wish_is_not_repeated_with_the_other_kind_of_money(rehearsal: bool, opened: OpenProject) -> None:
    job = _failed(_switched(opened, rehearsal=rehearsal))
    _switched(opened, rehearsal=not rehearsal)
    for again in (
        lambda: retrying.retry_job(opened=opened, job=job),
        lambda: retrying.retry_batch(opened=opened, batch=job.batch),
    ):
        with pytest.raises(ImpossibleRequest, match="Ask for it anew"):
            again()
    assert Attempt.objects.count() == 1
    # Switched back, it can be had again, from the same books.
    _switched(opened, rehearsal=rehearsal)
    batch = retrying.retry_job(opened=opened, job=job)
    assert Attempt.objects.get(job__batch=batch).rehearsal is rehearsal


def test_what_is_drawn_here_can_be_repeated_at_any_time(opened: OpenProject) -> None:
    job = _failed(_switched(opened, rehearsal=True), model="animatic-still")
    _switched(opened, rehearsal=False)
    assert retrying.retry_job(opened=opened, job=job).jobs.count() == 1


@pytest.mark.parametrize("rehearsal", [True, False])
def test_what_waits_for_a_yes_stays_in_the_books_that_it_was_asked_in(
    rehearsal: bool, cast: SimpleNamespace, opened: OpenProject
) -> None:
    Project.objects.filter(pk=opened.project.pk).update(approval_limit=0)
    batch = _asked(_switched(opened, rehearsal=rehearsal))
    assert batch.approval == Approval.WAITING
    _switched(opened, rehearsal=not rehearsal)
    approvals.approve(opened=open_project(cast.bob, opened.project.pk, Right.MANAGE), batch=batch)
    attempt = Attempt.objects.get(job__batch=batch)
    assert (attempt.rehearsal, attempt.account.rehearsal) == (rehearsal, rehearsal)
    assert set(Entry.objects.values_list("rehearsal", flat=True)) == {rehearsal}
    assert not Counter.objects.filter(rehearsal=not rehearsal).exclude(held=0).exists()


def test_a_rehearsed_result_does_not_answer_a_real_wish(opened: OpenProject) -> None:
    rehearsed = _asked(_switched(opened, rehearsal=True), seed=7)
    real = _asked(_switched(opened, rehearsal=False), seed=7)
    assert real.pk != rehearsed.pk
    assert [attempt.rehearsal for attempt in Attempt.objects.order_by("created_at")] == [True, False]
