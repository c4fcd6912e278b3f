"""A person's word on an order of which nobody knows whether it was accepted. There is no default."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from generation import execution, outcomes, steps
from generation.catalogue import ImpossibleRequest
from generation.models import Attempt, Job
from generation.states import AttemptState
from generation.vendors import keys
from projects import events
from projects.access import OpenProject


class Decision(StrEnum):
    """What is known now.

    ``NOT_CHARGED``: it never arrived; the money that is held goes back. ``CHARGED``: it was bought and its result is
    gone; the money is booked. ``FOUND``: the provider's id of the task is known; it goes on as if nothing had been.
    """

    NOT_CHARGED = "not_charged"
    CHARGED = "charged"
    FOUND = "found"


MOST_ID = 200


def has_task(attempt: Attempt) -> bool:
    """Return whether a task's id can lead to the result: an answer that holds its result is kept by nobody else.

    Args:
        attempt: of any provider, with its job; also of one that is not installed here any more.
    """
    provider = execution.registry().get(attempt.provider)
    return provider is None or attempt.job.operation not in provider.traits.answers_with


def resolve_unknown(
    *, opened: OpenProject, job: Job, decision: str, task_id: str = "", cost: int | None = None
) -> None:
    """End the doubt about a job.

    Args:
        opened: the job's project, opened to manage.
        job: one of the project's, in UNKNOWN.
        decision: one of ``Decision``.
        task_id: for FOUND, the provider's id of the task.
        cost: for CHARGED, what was charged, in micro-units; the estimate when None.

    Raises:
        ImpossibleRequest: it is not in doubt any more, or the decision lacks something.
    """
    if decision not in set(Decision):
        raise ImpossibleRequest(f"There is no decision {decision[:40]!r}. There are: {', '.join(Decision)}.")
    task_id = task_id.strip()
    if decision == Decision.FOUND and not 0 < len(task_id) <= MOST_ID:
        raise ImpossibleRequest("Enter the provider's id of the task; its dashboard shows it.", field="task_id")
    attempt = (
        Attempt.objects.filter(job=job, job__project=opened.project, state=AttemptState.UNKNOWN)
        .select_related("job__shot", "account")
        .first()
    )
    if attempt is not None and decision == Decision.FOUND and not has_task(attempt):
        raise ImpossibleRequest(
            f"{keys.label_of(attempt.provider)} keeps no results, so an id brings nothing back. Say whether it was "
            "charged; then ask again."
        )
    decided = attempt is not None and _decide(opened, attempt, decision, task_id, cost)
    if not decided:
        raise ImpossibleRequest("This is not in doubt any more; somebody or the provider was quicker. Look again.")


def alike(opened: OpenProject, job: Job) -> list[Job]:
    """Return the project's other jobs in doubt that went to the same model at the same provider, the oldest first.

    Args:
        opened: the job's project.
        job: in UNKNOWN.
    """
    doubts = Attempt.objects.filter(job__project=opened.project, state=AttemptState.UNKNOWN)
    mine = doubts.filter(job=job).values("provider", "model").first()
    if mine is None:
        return []
    others = doubts.filter(**mine).exclude(job=job)
    return list(Job.objects.filter(pk__in=others.values("job")).order_by("created_at"))


def resolve_alike(*, opened: OpenProject, jobs: Sequence[Job], decision: str) -> int:
    """End the doubt about several jobs in one way; whoever is quicker than us at one of them has decided that one.

    Args:
        opened: the jobs' project, opened to manage.
        jobs: from ``alike``.
        decision: NOT_CHARGED, or CHARGED with what is held for each.

    Returns:
        How many were decided.
    """
    decided = 0
    for job in jobs:
        with suppress(ImpossibleRequest):
            resolve_unknown(opened=opened, job=job, decision=decision)
            decided += 1
    return decided


def _decide(opened: OpenProject, attempt: Attempt, decision: str, task_id: str, cost: int | None) -> bool:
    who = opened.user.shown_name
    try:
        with transaction.atomic():
            if decision == Decision.FOUND:
                moved = steps.accept(attempt, task_id, None)
            elif decision == Decision.CHARGED:
                moved = _end(
                    attempt, AttemptState.OUTPUT_LOST, f"{who} says that this was charged and its result is lost.", cost
                )
            else:
                moved = _end(attempt, AttemptState.FAILED, f"{who} says that this was never charged. Try again.", 0)
            if moved:
                payload = {"jobId": str(attempt.job_id), "decision": decision, "taskId": task_id}
                events.record(opened.project.pk, "unknown_resolved", payload, actor=opened.user)
    except IntegrityError:
        raise ImpossibleRequest("Another job has this task id already. Copy it again from the provider.") from None
    return moved


def _end(attempt: Attempt, to: str, public: str, cost: int | None) -> bool:
    code = "charged" if to == AttemptState.OUTPUT_LOST else "not_charged"
    fields: dict[str, Any] = {} if cost is None else {"cost": cost}
    moved = Attempt.objects.move(
        attempt.pk,
        to,
        of=(AttemptState.UNKNOWN,),
        ended_at=Now(),
        failure_code=code,
        failure_public=public,
        **fields,
    )
    if moved:
        outcomes.note_ended(attempt, to, public=public, code=code)
    return moved
