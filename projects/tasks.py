"""The actors of this room: parse the message, call one step. None is retried by the queue; the sweep is the retry."""

from __future__ import annotations

from uuid import UUID

import dramatiq

from projects.outgoing import planning, sending
from projects.queue import QUEUE


@dramatiq.actor(actor_name=planning.ACTOR, queue_name=QUEUE, max_retries=0)
def send_webhooks(endpoint_id: str) -> None:
    """Send what waits for an endpoint."""
    sending.send(UUID(endpoint_id))
