"""Everybody decides about the same order at the same moment: one of them does, and the books say who."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from accounts.policies import Right
from generation import deciding, services
from generation.catalogue import ImpossibleRequest
from generation.choosing import trials
from generation.models import Attempt, Batch, Counter, Entry, Job
from generation.money import approvals
from generation.money.approvals import AlreadyDecided
from generation.money.books import violations
from generation.providers.base import Operation
from generation.states import JOB_ENDED, AttemptState, JobState
from projects.access import OpenProject, open_project
from projects.models import Project

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.scale]

EACH = 4


@pytest.fixture(autouse=True)
def keys(settings: Any) -> None:
    """Runway can be asked here."""
    settings.PROVIDERS = {
        **settings.PROVIDERS,
        "runway": {"key": "key_" + "a" * 128, "url": ""},
        "runware": {"key": "", "url": ""},
    }


@pytest.fixture
def bob(cast: SimpleNamespace, opened: OpenProject) -> OpenProject:
    """The project, opened by Bob to manage."""
    return open_project(cast.bob, opened.project.pk, Right.MANAGE)


def _asked(opened: OpenProject) -> Batch:
    return trials.ask(
        opened=opened,
        operation=Operation.TEXT_TO_IMAGE,
        model="gen4_image",
        prompt="Fog.",
        parameters={"width": 1280, "height": 720, "ratio": "1280:720"},
    )


def _at_once(*acts: Callable[[], object]) -> list[str]:
    """Do all of them at the same moment, several times each; return what became of each but the refusals."""
    gate = threading.Barrier(len(acts) * EACH)
    went: list[str] = []

    def run(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
            went.append("done")
        except (AlreadyDecided, ImpossibleRequest):
            pass
        except Exception as error:
            went.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts * EACH]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return went


@pytest.mark.parametrize("time", range(6))
def test_what_is_cancelled_while_somebody_agrees_to_it_holds_no_money(
    time: int, opened: OpenProject, bob: OpenProject
) -> None:
    Project.objects.update(approval_limit=0)
    opened.project.refresh_from_db()
    batch = _asked(opened)
    job = Job.objects.get(batch=batch)
    went = _at_once(
        lambda: approvals.approve(opened=bob, batch=batch),
        lambda: services.cancel_job(opened=opened, job=job),
        *([lambda: approvals.decline(opened=bob, batch=batch)] if time % 2 else []),
    )
    assert set(went) == {"done"}
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    # An attempt that is left behind would be sent, and bought.
    assert not Attempt.objects.exclude(state=AttemptState.CANCELLED).exists()
    assert set(Counter.objects.values_list("held", flat=True)) <= {0}
    assert violations() == []


@pytest.mark.parametrize("time", range(3))
def test_a_doubt_is_ended_once(time: int, opened: OpenProject, bob: OpenProject) -> None:
    job = Job.objects.get(batch=_asked(opened))
    frozen = {"path": "/v1/text_to_image", "json": {}}
    Attempt.objects.update(state=AttemptState.UNKNOWN, body=frozen, send_started_at=job.created_at)
    Job.objects.update(state=JobState.UNKNOWN)
    went = _at_once(
        lambda: deciding.resolve_unknown(opened=bob, job=job, decision="not_charged"),
        lambda: deciding.resolve_unknown(opened=bob, job=job, decision="charged", cost=5),
        lambda: deciding.resolve_unknown(opened=bob, job=job, decision="found", task_id="t"),
    )
    assert went == ["done"]
    job.refresh_from_db()
    assert Entry.objects.exclude(kind=Entry.Kind.RESERVE).count() == (job.state in JOB_ENDED)
    assert violations() == []
