"""More results than anybody could have asked for: the first are brought home, the rest is told, the money stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from generation.job_rows import job_rows
from generation.kept import MOST_OUTPUTS
from generation.models import Job
from generation.money.books import violations
from generation.providers.base import Context, Output, Submission, TaskState, TaskStatus
from generation.states import JobState
from scenes.models import Asset, Take
from tests.engine.fakes import PRICE, picture
from tests.engine.stage import Stage
from tests.provider_accounts.test_through_the_api import program

pytestmark = pytest.mark.django_db(transaction=True)
CAME = MOST_OUTPUTS + 15


def linked() -> tuple[Output, ...]:
    """Results that lie at the provider."""
    return tuple(Output(f"result-{number}.png", "image/png") for number in range(CAME))


def in_the_answer(uuid: UUID, context: Context) -> Submission:
    """Results that came in the answer itself."""
    return Submission(
        f"task-{uuid}", tuple(context.keep(picture(f"{n}"), "image/png") for n in range(CAME)), cost=PRICE
    )


def with_the_answer(uuid: UUID, context: Context) -> Submission:
    """Links to results in the answer."""
    return Submission(f"task-{uuid}", linked(), cost=PRICE)


@pytest.mark.parametrize("how", ["in the answer", "with the answer", "at a look"])
def test_so_many_are_brought_home_and_no_more(stage: Stage, how: str, cast: Any, own_data: Path) -> None:
    paid = stage.providers["paid"]
    if how == "at a look":
        paid.always("poll", TaskStatus(TaskState.SUCCEEDED, 1.0, linked(), PRICE))
    else:
        paid.play("answer", in_the_answer if how == "in the answer" else with_the_answer)
    (job,) = stage.ask("paid")
    stage.settle()
    attempt = stage.attempt(job)
    assert (Job.objects.get().state, attempt.cost) == (JobState.SUCCEEDED, PRICE)
    assert len(attempt.outputs) == len(attempt.assets) == Asset.objects.count() == MOST_OUTPUTS
    assert paid.books.fetches.total() == (0 if how == "in the answer" else MOST_OUTPUTS)
    kept = list((own_data / "media").rglob(f"{attempt.pk}-*"))
    assert len(kept) == (MOST_OUTPUTS if how == "in the answer" else 0)
    words = f"{CAME} results came; the first {MOST_OUTPUTS} were kept."
    assert words in job_rows(Job.objects.all())[0].quality
    assert words in program(cast.alice).get(f"jobs/{job.pk}").text
    assert Take.objects.get().inputs["quality"]["code"] == "too_many"
    assert violations() == []
