"""The design that the engine exists to avoid: send, save the id, and when a message comes again, send again."""

from __future__ import annotations

from uuid import UUID

from django.db.models.functions import Now

from generation import claims, execution, steps
from generation.models import Attempt
from generation.providers.errors import AlreadyAccepted
from generation.states import AttemptState
from projects import queue


def submit_next(account_id: UUID) -> None:
    """Take the place of ``steps.submit_next`` in the negative control.

    Whatever goes wrong leaves the attempt as it was taken up, and the sweep lets it begin again: an order whose answer
    was lost, or whose sender died before it could save, is sent once more.
    """
    attempt = claims.claim_next(account_id)
    if attempt is None:
        return
    queue.ring("generation.submit", str(account_id))
    with execution.workplace(attempt, report=lambda share: None, check=lambda: None) as context:
        attempt.body = execution.prepare(attempt, context)
        try:
            task_id = execution.submit(attempt, context).task_id
        except AlreadyAccepted as answer:
            task_id = answer.task_id
    if Attempt.objects.move(
        attempt.pk, AttemptState.SENDING, of=(AttemptState.CLAIMED,), body=attempt.body, send_started_at=Now()
    ):
        steps.accept(attempt, task_id, None)
