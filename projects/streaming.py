"""A project's events over plain HTTP (server-sent events), for whoever cannot or need not open a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import Http404

from accounts.policies import Right
from projects import live
from projects.access import OpenProject, open_project
from projects.events import REPLAY_LIMIT, message_of
from projects.live import RESYNC, Outbox
from projects.models import Event, Project
from projects.passes import Pass

HEARTBEAT_SECONDS = 15.0
# Each takes a thread that sleeps; more than that is a program that forgets to close them. One token leaves some to its
# person's others, one person some to everybody else.
MOST_OF_ONE_TOKEN, MOST_OF_ONE_PERSON, MOST_OF_A_PROCESS = 20, 50, 400
_RETRY_MS = 3000
_open: set[Stream] = set()


def is_too_many(opened: OpenProject, came_by: Pass) -> bool:
    """Return whether a person, a token of theirs or this process has as many streams open as there may be."""
    streams, user_id = tuple(_open), str(opened.user.pk)
    theirs = [stream for stream in streams if stream.user_id == user_id]
    of_token = sum(bool(came_by.token) and stream.token == came_by.token for stream in theirs)
    return of_token >= MOST_OF_ONE_TOKEN or len(theirs) >= MOST_OF_ONE_PERSON or len(streams) >= MOST_OF_A_PROCESS


async def end_all() -> None:
    """End all streams of this process, which stops; their readers come again."""
    for stream in tuple(_open):
        await stream.expel()


class Mark:
    """How far a reader has got: the number up to which they have had everything.

    Pushes may overtake each other. Who resumes behind the highest number seen would miss the one that came late.

    Args:
        number: that of the last event that they know.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._ahead: set[int] = set()

    def take(self, number: int) -> bool:
        """Note an event; return whether it is new."""
        if number <= self.number or number in self._ahead:
            return False
        self._ahead.add(number)
        while self.number + 1 in self._ahead:
            self.number += 1
            self._ahead.remove(self.number)
        return True

    @property
    def waits(self) -> bool:
        """Whether an event has come without the one before it."""
        return bool(self._ahead)


class Stream:
    """One reader of one project's events; a watcher, as sockets are.

    Args:
        opened: the project, opened to see.
        came_by: asked again each minute, and at once when the person or the token changes.
        after: the number of the last event that the reader knows; None: only what happens from now on.
        jobs: ids of the jobs that it wants to hear of; empty: all.
    """

    def __init__(
        self, opened: OpenProject, came_by: Pass, *, after: int | None = None, jobs: frozenset[str] = frozenset()
    ) -> None:
        self.project_id = str(opened.project.pk)
        self.user_id = str(opened.user.pk)
        self.only_team = str(opened.user.only_team or "")
        self.token = came_by.token
        self._came_by = came_by
        self._after = after
        self._jobs = jobs
        self._mark = Mark(after or 0)
        # One place: what else waits does so in the outbox, which tells slow readers to fetch the state anew.
        self._next: asyncio.Queue[str | None] = asyncio.Queue(1)
        self._outbox = Outbox(self._next.put)

    # --- for the hub ------------------------------------------------------------------------------------------------

    def wants(self, job_id: str) -> bool:
        """Everything: what is not told is counted, so that no number seems to be missing."""
        return True

    def offer(self, text: str) -> None:
        """Queue a text."""
        self._outbox.offer(text)

    async def recheck(self) -> bool:
        """Ask the door, with session or token as they are stored now."""
        return await database_sync_to_async(self._may_watch)()

    async def expel(self) -> None:
        """End the stream; what waits is not sent any more."""
        await self._outbox.close()
        if self._next.full():
            self._next.get_nowait()
        self._next.put_nowait(None)

    def _may_watch(self) -> bool:
        try:
            open_project(self._came_by.person(), self.project_id, Right.SEE)
        except (Http404, PermissionDenied):
            return False
        return True

    # --- for the response -------------------------------------------------------------------------------------------

    async def read(self) -> AsyncIterator[bytes]:
        """Yield the stream's text until the reader leaves or may no longer read."""
        _open.add(self)
        try:
            # Join first and replay then, so that nothing falls between the two.
            await live.hub.join(self)
            yield f"retry: {_RETRY_MS}\n\n".encode()
            if not await sync_to_async(self._begin)():
                return
            for missed in await self._missed():
                yield missed
            self._outbox.release()
            while (part := await self._one()) is not None:
                if part:
                    yield part
                if self._mark.waits and part.startswith(b":"):
                    # A push got lost on its way: what is stored is not.
                    for missed in await self._missed():
                        yield missed
        finally:
            _open.discard(self)
            await live.hub.leave(self)
            await self._outbox.close()

    async def _one(self) -> bytes | None:
        """Return the next part, a heartbeat where there is none for a while; None at the end."""
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                text = await self._next.get()
        except TimeoutError:
            return f": still here\nid: {self._mark.number}\n\n".encode()
        if text is None:
            return None
        return await self._anew() if text == RESYNC else self._told(json.loads(text), text)

    def _told(self, message: dict[str, Any], text: str) -> bytes:
        """Return a message as a part of the stream; nothing where the reader has it, or does not want it."""
        number = message.get("seq")
        if number is not None and not self._mark.take(number):
            return b""
        if self._jobs and str(message.get("jobId", "")) not in self._jobs | {""}:
            return b""
        return _part(text, None if number is None else self._mark.number)

    async def _missed(self) -> list[bytes]:
        """Return what is stored and the reader has not had."""
        messages = await sync_to_async(self._stored)()
        if messages is None:
            return [await self._anew()]
        return [part for message in messages if (part := self._told(message, json.dumps(message)))]

    async def _anew(self) -> bytes:
        """Return what tells the reader to fetch the state anew; they go on from the present."""
        self._mark = Mark(await sync_to_async(self._last_number)())
        return _part(RESYNC, self._mark.number)

    # What asks the database gives its connection back: the thread stays this stream's own for as long as it lasts.

    def _begin(self) -> bool:
        try:
            if self._after is None:
                self._mark = Mark(self._number())
            # Whoever was removed before the hub knew this stream shows here.
            return self._may_watch()
        finally:
            connections.close_all()

    def _stored(self) -> list[dict[str, Any]] | None:
        try:
            if self._mark.number > self._number():
                return None
            rows = Event.objects.filter(project_id=self.project_id, number__gt=self._mark.number)[: REPLAY_LIMIT + 1]
            messages = [message_of(event) for event in rows]
            return None if len(messages) > REPLAY_LIMIT else messages
        finally:
            connections.close_all()

    def _last_number(self) -> int:
        try:
            return self._number()
        finally:
            connections.close_all()

    def _number(self) -> int:
        return Project.objects.values_list("last_event_number", flat=True).get(pk=self.project_id)


def _part(text: str, number: int | None) -> bytes:
    name = "" if number is None else f"id: {number}\n"
    return f"{name}data: {text}\n\n".encode()
