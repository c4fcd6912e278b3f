"""What a provider charges without saying how much is booked at what was reserved for it."""

from __future__ import annotations

import pytest

from generation.providers.base import TaskState, TaskStatus
from generation.states import AttemptState
from tests.engine.fakes import PRICE
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


def test_success_without_output_or_price_costs_what_was_reserved(stage: Stage) -> None:
    (job,) = stage.ask("paid")
    stage.providers["paid"].play("poll", TaskStatus(TaskState.SUCCEEDED))
    stage.settle()
    attempt = stage.attempt(job)
    assert (attempt.state, attempt.failure_code, attempt.cost) == (AttemptState.FAILED, "no_output", PRICE)
    stage.check_books()
