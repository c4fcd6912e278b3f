"""Ringing the bell: the one place where a service asks for work to be done, by name, after commit.

The queue is a doorbell and the database the truth: a message carries ids and nothing else, may arrive twice
or never, and losing all of them costs at most one sweep.
"""

from __future__ import annotations

import logging

import dramatiq
from django.db import transaction

logger = logging.getLogger(__name__)

QUEUE = "default"


def ring(actor_name: str, *ids: str) -> None:
    """Send a message to an actor now.

    A queue that cannot be reached is logged and not raised: what was committed stays committed, and the sweep
    finds it.

    Args:
        actor_name: the actor's name, ``generation.submit`` for one. It need not be imported here.
        ids: what it should look at.
    """
    broker = dramatiq.get_broker()
    message: dramatiq.Message[None] = dramatiq.Message(
        queue_name=QUEUE, actor_name=actor_name, args=ids, kwargs={}, options={}
    )
    try:
        broker.declare_queue(QUEUE)
        broker.enqueue(message)
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the row is safe
        logger.warning("The queue did not take %s: %s. The sweep will find the work.", actor_name, error)


def ring_after_commit(actor_name: str, *ids: str) -> None:
    """Send a message once the current transaction has committed, or now when there is none."""
    transaction.on_commit(lambda: ring(actor_name, *ids))
