"""An order of which nobody knows: its money stays held until a person or evidence says what became of it."""

from __future__ import annotations

import pytest

from generation import deciding, retrying
from generation.catalogue import ImpossibleRequest
from generation.models import Attempt, Counter, Entry, Job
from generation.states import AttemptState, JobState
from tests.engine.fakes import PRICE, lost_answer
from tests.engine.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState


@pytest.fixture
def doubtful(stage: Stage) -> Job:
    """A job whose answer was lost after the order was taken."""
    stage.providers["paid"].play("answer", lost_answer)
    (job,) = stage.ask("paid")
    stage.settle()
    job.refresh_from_db()
    assert job.state == JobState.UNKNOWN
    assert team_counter() == (PRICE, 0)
    return job


def team_counter() -> tuple[int, int]:
    counter = Counter.objects.get(scope="team")
    return counter.held, counter.spent


def test_time_alone_changes_nothing(stage: Stage, doubtful: Job) -> None:
    for _ in range(3):
        stage.end_leases()
        stage.settle()
    assert stage.attempt(doubtful).state == S.UNKNOWN
    assert team_counter() == (PRICE, 0)
    assert stage.providers["paid"].books.sent.total() == 1


def test_not_charged_gives_the_money_back_and_asks_nobody_by_itself(stage: Stage, doubtful: Job) -> None:
    Job.objects.filter(pk=doubtful.pk).update(
        alternatives=[{"provider": "keyed", "model": "keyed-still", "prompt": "", "parameters": {}, "estimate": 1}]
    )
    deciding.resolve_unknown(opened=stage.opened, job=doubtful, decision="not_charged")
    stage.settle()
    assert stage.attempt(doubtful).state == S.FAILED
    assert team_counter() == (0, 0)
    assert stage.providers["keyed"].books.sent.total() == 0
    stage.check_books()
    # A new attempt is a person's decision.
    retrying.retry_job(opened=stage.opened, job=Job.objects.get(pk=doubtful.pk))
    stage.settle()
    assert team_counter() == (0, PRICE)


@pytest.mark.parametrize(("cost", "spent"), [(None, PRICE), (PRICE // 2, PRICE // 2), (PRICE * 2, PRICE * 2)])
def test_charged_books_it(stage: Stage, doubtful: Job, cost: int | None, spent: int) -> None:
    deciding.resolve_unknown(opened=stage.opened, job=doubtful, decision="charged", cost=cost)
    assert stage.attempt(doubtful).state == S.OUTPUT_LOST
    assert team_counter() == (0, spent)
    assert Entry.objects.get(kind="settle").overrun == max(0, spent - PRICE)
    stage.check_books()


def test_found_goes_on_as_if_nothing_had_been(stage: Stage, doubtful: Job) -> None:
    task = f"task-{stage.attempt(doubtful).pk}"
    deciding.resolve_unknown(opened=stage.opened, job=doubtful, decision="found", task_id=f" {task} ")
    assert stage.attempt(doubtful).state == S.RUNNING
    stage.settle()
    assert stage.attempt(doubtful).state == S.SUCCEEDED
    assert team_counter() == (0, PRICE)
    assert stage.events(doubtful, "unknown_resolved")[0]["decision"] == "found"
    stage.check_books()


def test_the_task_of_another_job_is_not_taken(stage: Stage, doubtful: Job) -> None:
    (other,) = stage.ask("paid")
    stage.answer()
    with pytest.raises(ImpossibleRequest, match="Another job"):
        deciding.resolve_unknown(
            opened=stage.opened, job=doubtful, decision="found", task_id=stage.attempt(other).task_id
        )
    assert stage.attempt(doubtful).state == S.UNKNOWN


@pytest.mark.parametrize(("decision", "task_id"), [("found", ""), ("found", "x" * 201), ("maybe", "")])
def test_a_decision_that_lacks_something_changes_nothing(
    stage: Stage, doubtful: Job, decision: str, task_id: str
) -> None:
    with pytest.raises(ImpossibleRequest):
        deciding.resolve_unknown(opened=stage.opened, job=doubtful, decision=decision, task_id=task_id)
    assert stage.attempt(doubtful).state == S.UNKNOWN
    assert team_counter() == (PRICE, 0)


def test_two_who_decide_at_once_decide_once(stage: Stage, doubtful: Job) -> None:
    deciding.resolve_unknown(opened=stage.opened, job=doubtful, decision="charged")
    with pytest.raises(ImpossibleRequest, match="not in doubt any more"):
        deciding.resolve_unknown(opened=stage.opened, job=doubtful, decision="not_charged")
    assert Attempt.objects.get().state == S.OUTPUT_LOST
    assert team_counter() == (0, PRICE)
