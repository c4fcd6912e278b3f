"""The actors: parse the message, call one step. None is retried by the queue; the sweep is the retry."""

from __future__ import annotations

from uuid import UUID

import dramatiq

from generation import steps
from generation.groups import asking
from projects.queue import QUEUE


# A screenplay may be written for a quarter of an hour.
@dramatiq.actor(actor_name="generation.submit", queue_name=QUEUE, max_retries=0, time_limit=3600 * 1000)
def submit(account_id: str) -> None:
    """Start the fairest queued attempt of an account."""
    steps.submit_next(UUID(account_id))


@dramatiq.actor(actor_name="generation.collect", queue_name=QUEUE, max_retries=0, time_limit=24 * 3600 * 1000)
def collect(attempt_id: str) -> None:
    """Bring one attempt's outputs home."""
    steps.collect(UUID(attempt_id))


@dramatiq.actor(actor_name="generation.group", queue_name=QUEUE, max_retries=0, time_limit=3600 * 1000)
def resume_group(group_id: str) -> None:
    """Go on asking in several projects where that was broken off."""
    asking.resume(UUID(group_id))


@dramatiq.actor(actor_name="generation.cancel", queue_name=QUEUE, max_retries=0)
def cancel(attempt_id: str) -> None:
    """Ask a provider to stop."""
    steps.cancel_at_provider(UUID(attempt_id))
