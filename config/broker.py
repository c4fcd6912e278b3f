"""The queue: Dramatiq over Redis, or inside this process when there is none.

The local broker differs from Dramatiq's stub, which is made for tests, in two ways: what fails is forgotten
instead of being kept with its traceback for ever, and prefetched messages go back on a clean stop.
"""

from __future__ import annotations

import queue
from collections.abc import Iterable
from typing import Any

import dramatiq
from django.conf import settings
from django.db import close_old_connections
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Callbacks, Middleware, Retries, ShutdownNotifications, TimeLimit


class DatabaseConnections(Middleware):
    """Gives each message fresh database connections, and gives them back after it."""

    def before_process_message(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        """Drop connections that have died or are too old."""
        close_old_connections()

    def after_process_message(
        self, broker: dramatiq.Broker, message: dramatiq.MessageProxy, *, result: Any = None, exception: Any = None
    ) -> None:
        """Return connections to the pool."""
        close_old_connections()


class _LocalConsumer(dramatiq.Consumer):
    """Hands out messages from a queue of this process."""

    def __init__(self, queue: Any, timeout: int) -> None:
        self._queue = queue
        self._timeout = timeout

    def ack(self, message: dramatiq.MessageProxy) -> None:
        """A message is done."""
        self._queue.task_done()

    def nack(self, message: dramatiq.MessageProxy) -> None:
        """A message has failed; the rows it rang for are found by the sweep."""
        self._queue.task_done()

    def requeue(self, messages: Iterable[dramatiq.MessageProxy]) -> None:
        """Put back what was prefetched."""
        for message in messages:
            self._queue.put(message.encode())
            self._queue.task_done()

    def __next__(self) -> dramatiq.MessageProxy | None:
        try:
            data = self._queue.get(timeout=self._timeout / 1000)
        except queue.Empty:
            return None
        return dramatiq.MessageProxy(dramatiq.Message.decode(data))


class LocalBroker(StubBroker):
    """A queue inside this process. Nothing in it survives, and nothing in it needs to."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> dramatiq.Consumer:
        """Return a consumer of one queue."""
        return _LocalConsumer(self.queues[queue_name], timeout)


def middleware() -> list[Middleware]:
    """Return what every message passes through."""
    return [
        DatabaseConnections(),
        AgeLimit(),
        TimeLimit(),
        ShutdownNotifications(),
        Callbacks(),
        Retries(max_retries=0),
    ]


def set_up() -> dramatiq.Broker:
    """Make the process's broker; called once, before any actor is declared."""
    if settings.REDIS_URL:
        from dramatiq.brokers.redis import RedisBroker

        broker: dramatiq.Broker = RedisBroker(  # type: ignore[no-untyped-call]
            url=settings.REDIS_URL, namespace=f"{settings.QUEUE_NAMESPACE}-queue", middleware=middleware()
        )
    else:
        broker = LocalBroker(middleware=middleware())
    dramatiq.set_broker(broker)
    return broker
