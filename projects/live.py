"""Pushing to browsers: one way in, one subscription a process, one ready-made text for all sockets.

``push`` may be called from any thread and never waits. It hands the text to the channel layer on the server's
own loop (or on a private one in a process that serves nobody). Each serving process has one ``Hub``: it
subscribes once per watched project and passes the text on to its local sockets, which is some fifteen times
cheaper than a channel per socket (docs/benchmarks.md, row 4).
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import logging
import secrets
import threading
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol
from uuid import UUID

from channels.layers import get_channel_layer

from projects import presence
from projects.presence import Here, Presence

logger = logging.getLogger(__name__)

WAITING_MESSAGES = 256
RECHECK_SECONDS = 60.0
RESYNC = json.dumps({"type": "resync"})
# Every serving process hears this group: it carries the ids of people about whom the door must be asked again, and
# what is for one person only.
DOORS = "doors"
# Who is where goes out at most so often for a project, and is repeated so often for processes that have started since.
PRESENCE_SECONDS = 1.0
HEARTBEAT_SECONDS = 4.0


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
    envelope = {
        "type": "project.message",
        "project": str(project_id),
        "job": str(message.get("jobId", "")),
        "text": json.dumps(message),
    }
    _publish(group_of(project_id), envelope)


def recheck(user_id: UUID) -> None:
    """Have every process ask the door again about a person's sockets, now. Never blocks, never raises.

    Args:
        user_id: who may have lost their way in, or may do something else now.
    """
    _publish(DOORS, {"type": "doors.changed", "user": str(user_id)})


def tell(user_id: UUID | str, message: Mapping[str, Any], *, team_id: UUID | None = None) -> None:
    """Send a message to one person's open pages, whatever they show. Never blocks, never raises.

    Args:
        user_id: whose.
        message: JSON values; ``type`` is required.
        team_id: the team that it is about; programs, whose token is for one team, hear of no other.
    """
    envelope = {"type": "person.message", "person": str(user_id), "team": str(team_id or "")}
    _publish(DOORS, {**envelope, "text": json.dumps(message)})


def _publish(group: str, envelope: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        future = asyncio.run_coroutine_threadsafe(layer.group_send(group, envelope), loops.current())
    except RuntimeError as error:  # the loop closed while we shut down
        logger.info("Not pushed, the server is stopping: %s", error)
        return
    future.add_done_callback(_log_failure)


def _log_failure(future: Future[None]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        logger.warning("A push was lost, clients will catch up by number: %s", error)


class Watcher(Protocol):
    """What the hub needs to know of a socket."""

    project_id: str  # empty: it hears only what is for its person
    user_id: str
    only_team: str  # empty: it hears what is for its person in all teams

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
        self._asking: set[asyncio.Task[None]] = set()
        self._lock = asyncio.Lock()
        self._presence = Presence(secrets.token_hex(8))
        self._moved: set[str] = set()
        self._somebody_moved = asyncio.Event()

    async def join(self, watcher: Watcher) -> None:
        """Begin to pass a project's messages to a socket."""
        async with self._lock:
            await self._start()
            if watcher.project_id and not self._watchers.get(watcher.project_id):
                await self._layer().group_add(group_of(watcher.project_id), self._channel)
            self._watchers[watcher.project_id].add(watcher)

    async def leave(self, watcher: Watcher) -> None:
        """Stop passing messages to a socket; the last one of a project ends its subscription."""
        async with self._lock:
            watchers = self._watchers.get(watcher.project_id, set())
            watchers.discard(watcher)
            if self._presence.forget(watcher.project_id, watcher):
                self._note_move(watcher.project_id)
            if not watchers and self._watchers.pop(watcher.project_id, None) is not None and watcher.project_id:
                await self._layer().group_discard(group_of(watcher.project_id), self._channel)

    def view(self, watcher: Watcher, here: Here) -> None:
        """Note where a socket's person is; everybody in the project hears of it, the newcomer in any case.

        Args:
            watcher: one that has joined.
            here: its person and place.
        """
        if watcher not in self._watchers.get(watcher.project_id, ()):
            return
        if self._presence.see(watcher.project_id, watcher, here):
            watcher.offer(self._presence.text(watcher.project_id))
            self._note_move(watcher.project_id)

    def _note_move(self, project_id: str) -> None:
        self._moved.add(project_id)
        self._somebody_moved.set()

    async def _tell_presence(self) -> None:
        while True:
            await self._somebody_moved.wait()
            self._somebody_moved.clear()
            moved, self._moved = self._moved, set()
            for project_id in moved:
                await self._publish_presence(project_id)
            await asyncio.sleep(PRESENCE_SECONDS)

    async def _publish_presence(self, project_id: str) -> None:
        mine = self._presence.mine(project_id)
        envelope = {
            "type": "project.presence",
            "project": project_id,
            "process": self._presence.process,
            "people": mine,
        }
        self._presence.take(project_id, self._presence.process, mine)
        try:
            await self._layer().group_send(group_of(project_id), envelope)
            await presence.note(project_id, self._presence.people(project_id))
        except Exception as error:  # noqa: BLE001 - whatever the layer's client raises
            logger.warning("Nobody hears who is here, it is told again in a moment: %s", error)
        if project_id not in self._watchers:
            self._presence.drop(project_id)

    async def _beat(self) -> None:
        """Notice who has fallen silent, and tell processes that have started since."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for project_id in self._presence.expire() | set(self._presence.projects()):
                self._note_move(project_id)

    def _hear_presence(self, message: Mapping[str, Any]) -> None:
        project_id = message["project"]
        watchers = self._watchers.get(project_id)
        if not watchers:
            return
        newcomer = self._presence.take(project_id, message["process"], message["people"])
        if newcomer and self._presence.mine(project_id):
            self._note_move(project_id)
        text = self._presence.news(project_id)
        if text is not None:
            for watcher in tuple(watchers):
                if self._presence.knows(project_id, watcher):
                    watcher.offer(text)

    def _layer(self) -> Any:
        return get_channel_layer()

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is loop and all(not task.done() for task in self._tasks):
            return
        for task in self._tasks:
            task.cancel()
        self._channel = await self._layer().new_channel("hub")
        await self._layer().group_add(DOORS, self._channel)
        self._loop = loop
        for project_id, watchers in self._watchers.items():
            if watchers and project_id:
                await self._layer().group_add(group_of(project_id), self._channel)
        self._somebody_moved = asyncio.Event()
        # In a context of their own: they outlive the request or socket that happens to come first.
        self._tasks = [
            loop.create_task(work, context=contextvars.Context())
            for work in (self._listen(), self._recheck(), self._tell_presence(), self._beat())
        ]

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
            if "user" in message:
                self._ask_about(message["user"])
                continue
            if "people" in message:
                self._hear_presence(message)
                continue
            if "person" in message:
                for watcher in self._sockets_of(message["person"]):
                    if watcher.only_team in ("", message["team"]):
                        watcher.offer(message["text"])
                continue
            text, job = message["text"], message["job"]
            for watcher in tuple(self._watchers.get(message["project"], ())):
                if not job or watcher.wants(job):
                    watcher.offer(text)

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            await self._ask([one for watchers in self._watchers.values() for one in watchers])

    def _ask_about(self, user_id: str) -> None:
        theirs = self._sockets_of(user_id)
        if theirs:
            # Beside the listening: the door asks the database, and messages for others go on meanwhile.
            task = asyncio.get_running_loop().create_task(self._ask(theirs))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    def _sockets_of(self, user_id: str) -> list[Watcher]:
        return [one for watchers in self._watchers.values() for one in watchers if one.user_id == user_id]

    async def _ask(self, watchers: list[Watcher]) -> None:
        for watcher in watchers:
            try:
                allowed = await watcher.recheck()
            except Exception as error:  # noqa: BLE001 - a database away is no reason to hang up
                logger.warning("The door could not be asked about a socket: %s", error)
                continue
            if not allowed:
                await watcher.expel()


hub = Hub()
