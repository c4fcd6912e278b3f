"""A project's limit and a team's caps hold also where nobody presses a button: at the next provider, in the admin."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.models import Membership, Role, User
from generation.models import Attempt, Batch, Counter, Job
from generation.providers.errors import Refused
from generation.states import AttemptState, JobState
from projects.models import Project
from tests.engine.conftest import no_traces, own_data, providers, quick_gate, rung, stage
from tests.engine.fakes import PRICE
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["no_traces", "own_data", "providers", "quick_gate", "rung", "stage"]
ClientOf = Callable[[User | None], Client]


def _dearer_elsewhere(
    stage: Stage, *, limit: int | None, times: int, meanwhile: Callable[[], object] = lambda: None
) -> Job:
    """Have the first provider refuse a job that the next one makes for so many times the price."""
    (job,) = stage.ask("paid")
    meanwhile()
    dearer = {"provider": "keyed", "model": "keyed-still", "prompt": "", "parameters": {}, "estimate": PRICE * times}
    Job.objects.filter(pk=job.pk).update(alternatives=[dearer])
    Project.objects.filter(pk=job.project_id).update(approval_limit=limit)
    stage.providers["paid"].play("submit", Refused("This model is not there.", code="model_missing"))
    stage.settle()
    job.refresh_from_db()
    return job


@pytest.mark.parametrize(
    ("limit", "times", "role", "asked"),
    [
        (None, 9, Role.ARTIST, True),
        (PRICE * 9, 9, Role.ARTIST, True),
        (PRICE * 9 - 1, 9, Role.ARTIST, False),
        # What the one who asked may agree to needs nobody else.
        (PRICE, 9, Role.PRODUCER, True),
        # The whole was agreed to, though it is above the limit.
        (PRICE // 2, 1, Role.ARTIST, True),
    ],
)
def test_the_next_provider_is_no_way_around_the_limit(
    limit: int | None, times: int, role: Role, asked: bool, stage: Stage
) -> None:
    Membership.objects.filter(user=stage.opened.user).update(role=role)
    job = _dearer_elsewhere(stage, limit=limit, times=times)
    assert bool(stage.providers["keyed"].books.bought) is asked
    assert job.state == (JobState.SUCCEEDED if asked else JobState.FAILED)
    stage.check_books()


def test_somebody_who_has_left_agrees_to_nothing_more(stage: Stage) -> None:
    leaves = Membership.objects.filter(user=stage.opened.user).delete
    job = _dearer_elsewhere(stage, limit=PRICE, times=9, meanwhile=leaves)
    assert not stage.providers["keyed"].books.bought
    assert job.state == JobState.FAILED
    stage.check_books()


def test_the_admin_says_that_there_is_no_money_left(stage: Stage, cast: SimpleNamespace, client_of: ClientOf) -> None:
    (job,) = stage.ask("paid")
    stage.providers["paid"].play("submit", Refused("No.", code="model_missing"))
    stage.settle()
    Counter.objects.filter(scope="team").update(cap=0)
    staff = client_of(User.objects.create_superuser("root@example.com", "x"))
    chosen = {"action": "try_again", "_selected_action": [str(job.pk)]}
    answer = staff.post("/admin/generation/job/", chosen)
    assert any("is left of the $0.00" in str(message) for message in get_messages(answer.wsgi_request))
    assert Attempt.objects.exclude(state=AttemptState.FAILED).count() == 0
    assert Batch.objects.count() == 1
