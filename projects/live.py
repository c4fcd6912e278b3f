"""Pushing to browsers: one way in, one subscription a process, one ready-made text for all sockets.

``push`` may be called from any thread and never waits. It hands the text to the channel layer on the server's
own loop (or on a private one in a process that serves nobody). Each serving process has one ``Hub``: it
subscribes once per watched project and passes the text on to its local sockets, which is some fifteen times
cheaper than a channel per socket (docs/benchmarks.md, row 4).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol
from uuid import UUID

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

WAITING_MESSAGES = 256
RECHECK_SECONDS = 60.0
RESYNC = json.dumps({"type": "resync"})


class _Loops:
    """The event loop that publishes: the server's once it is bound, a private thread's before that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bound: asyncio.AbstractEventLoop | None = None
        self._private: asyncio.AbstractEventLoop | None = None

    def bind(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Publish on this loop from now on; None unbinds."""
        self._bound = loop

    def current(self) -> asyncio.AbstractEventLoop:
        """Return a running loop to publish on."""
        bound = self._bound
        if bound is not None and not bound.is_closed():
            return bound
        with self._lock:
            if self._private is None or self._private.is_closed():
                self._private = asyncio.new_event_loop()
                threading.Thread(target=self._private.run_forever, name="publisher", daemon=True).start()
            return self._private


loops = _Loops()


def group_of(project_id: UUID | str) -> str:
    """Return the channel layer's group for a project."""
    return f"project.{UUID(str(project_id)).hex}"


def push(project_id: UUID | str, message: Mapping[str, Any]) -> None:
    """Send a message to everybody who watches a project. Never blocks, never raises.

    Args:
        project_id: whose watchers.
        message: JSON values; ``type`` is required, ``seq`` marks a stored event.
    """
    layer = get_channel_layer()
    if layer is None:
        return
    envelope = {
        "type": "project.message",
        "project": str(project_id),
        "job": str(message.get("jobId", "")),
        "text": json.dumps(message),
    }
    try:
        future = asyncio.run_coroutine_threadsafe(layer.group_send(group_of(project_id), envelope), loops.current())
    except RuntimeError as error:  # the loop closed while we shut down
        logger.info("Not pushed, the server is stopping: %s", error)
        return
    future.add_done_callback(_log_failure)


def _log_failure(future: Future[None]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        logger.warning("A push was lost, clients will catch up by number: %s", error)


class Watcher(Protocol):
    """What the hub needs to know of a socket."""

    project_id: str

    def wants(self, job_id: str) -> bool:
        """Return whether the client asked for this job's messages."""
        ...

    def offer(self, text: str) -> None:
        """Queue a text; never waits."""
        ...

    async def recheck(self) -> bool:
        """Ask the door again; False when the person may no longer watch."""
        ...

    async def expel(self) -> None:
        """Close because the person may no longer watch."""
        ...


class Outbox:
    """A socket's waiting texts and, once ``release`` has been called, the task that sends them while there are any.

    A reader who is too slow loses the waiting texts and is told to fetch the state anew, so that it neither
    grows our memory nor slows others.
    """

    def __init__(self, send: Callable[[str], Awaitable[None]]) -> None:
        self._send = send
        self._texts: deque[str] = deque()
        self._task: asyncio.Task[None] | None = None
        self._released = False
        self._closed = False

    def offer(self, text: str) -> None:
        """Queue a text, or a ``resync`` in place of everything when too many wait."""
        if self._closed:
            return
        if len(self._texts) >= WAITING_MESSAGES:
            self._texts.clear()
            text = RESYNC
        self._texts.append(text)
        self._start()

    def release(self) -> None:
        """Begin to send: what was missed has gone out, and what came meanwhile follows it."""
        self._released = True
        self._start()

    def _start(self) -> None:
        # A task that lives only while texts wait costs an idle socket no memory, and to start one costs no more than
        # to wake one that waits for an event.
        if self._task is None and self._released and self._texts:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._texts:
                await self._send(self._texts.popleft())
        except (OSError, RuntimeError) as error:
            # The connection broke; the server tells the consumer so, which then closes this.
            logger.debug("Not sent: %s", error)
            self._closed = True
        finally:
            self._task = None

    async def close(self) -> None:
        """Stop sending."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


class Hub:
    """The sockets of this process, by project, and the one subscription that feeds them."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[Watcher]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._channel = ""
        self._tasks: list[asyncio.Task[None]] = []
        self._lock = asyncio.Lock()

    async def join(self, watcher: Watcher) -> None:
        """Begin to pass a project's messages to a socket."""
        async with self._lock:
            await self._start()
            if not self._watchers.get(watcher.project_id):
                await self._layer().group_add(group_of(watcher.project_id), self._channel)
            self._watchers[watcher.project_id].add(watcher)

    async def leave(self, watcher: Watcher) -> None:
        """Stop passing messages to a socket; the last one of a project ends its subscription."""
        async with self._lock:
            watchers = self._watchers.get(watcher.project_id, set())
            watchers.discard(watcher)
            if not watchers and self._watchers.pop(watcher.project_id, None) is not None:
                await self._layer().group_discard(group_of(watcher.project_id), self._channel)

    def _layer(self) -> Any:
        return get_channel_layer()

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is loop and all(not task.done() for task in self._tasks):
            return
        for task in self._tasks:
            task.cancel()
        self._loop = loop
        self._channel = await self._layer().new_channel("hub")
        for project_id, watchers in self._watchers.items():
            if watchers:
                await self._layer().group_add(group_of(project_id), self._channel)
        self._tasks = [loop.create_task(self._listen()), loop.create_task(self._recheck())]

    async def _listen(self) -> None:
        while True:
            try:
                message = await self._layer().receive(self._channel)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever the layer's client raises
                # The layer's connection broke. What was missed is replayed by number after the resync.
                logger.warning("The channel layer failed: %s", error)
                for watchers in self._watchers.values():
                    for watcher in watchers:
                        watcher.offer(RESYNC)
                await asyncio.sleep(1)
                continue
            text, job = message["text"], message["job"]
            for watcher in tuple(self._watchers.get(message["project"], ())):
                if not job or watcher.wants(job):
                    watcher.offer(text)

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            for watcher in [one for watchers in self._watchers.values() for one in watchers]:
                try:
                    allowed = await watcher.recheck()
                except Exception as error:  # noqa: BLE001 - a database away is no reason to hang up
                    logger.warning("The door could not be asked about a socket: %s", error)
                    continue
                if not allowed:
                    await watcher.expel()


hub = Hub()
