"""The project's socket, ``/ws/projects/{id}/?after={number}``, and a person's own for pages outside of projects,
``/ws/me/``. Parse, ask the door, hand over to the hub. Browsers come with their session, programs with ``&ticket=``.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.models import User
from accounts.policies import Right
from projects.access import open_project
from projects.events import REPLAY_LIMIT, message_of
from projects.live import Outbox, hub
from projects.models import Event
from projects.passes import Pass
from projects.presence import Here, place_of
from projects.tickets import redeem

NOT_FOUND, TOO_MANY = 4404, 4429
# The sockets of this process, by person and by token.
_open: Counter[str] = Counter()
BAD_FRAME_LIMIT = 20


class ProjectConsumer(AsyncWebsocketConsumer):
    """One browser or program that watches one project.

    Server to client: ``{seq, type, …}`` for stored events, ``{type, …}`` for progress, ``{"type": "resync"}`` when
    the client should fetch the state anew, ``{"type": "role_changed", "role": …}`` when this person has become
    something else in the team. Client to server: ``{"type": "subscribe", "jobId": …}`` narrows the
    jobs it hears about to those named, ``unsubscribe`` takes one back (without an id: hears all again), ``ping``,
    and ``{"type": "viewing", "page": …, "shot": …}``, again every few seconds: who says where they are hears
    ``{"type": "presence", "people": […]}``, who is where, whenever that changes.
    """

    # Fan-out goes through the hub: a channel of its own per socket would cost a subscription each.
    channel_layer_alias = "none"

    project_id: str = ""
    user_id: str = ""
    only_team: str = ""
    came_by: Pass | None = None
    shown: tuple[str, str] = ("", "")  # name and initials
    role: str = ""
    expelled: bool = False
    places: tuple[str, ...] = ()  # under which this socket is counted
    jobs: set[str] | None = None
    outbox: Outbox | None = None
    bad_frames = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket, and give its place back however it ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            for place in self.places:
                _open[place] -= 1
                if not _open[place]:
                    del _open[place]

    async def connect(self) -> None:
        """Let in who may see the project, then replay what they missed."""
        self.project_id = str(self.scope["url_route"]["kwargs"].get("project_id", ""))
        if not await self.recheck():
            await self.close(code=NOT_FOUND)
            return
        if not self._take_place():
            await self.close(code=TOO_MANY)
            return
        await self.accept()
        self.outbox = Outbox(self._send_text)
        # Join first and replay then: an event in between arrives twice, which its number shows, but never not, and
        # never before what it follows.
        await hub.join(self)
        await self._replay()
        self.outbox.release()

    async def disconnect(self, code: int) -> None:
        """Leave the hub."""
        if self.outbox is not None:
            await hub.leave(self)
            await self.outbox.close()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take one frame from the client; what is not understood is answered, and at last hung up on."""
        try:
            frame = json.loads(text_data or "")
            kind = frame["type"]
        except (ValueError, KeyError, TypeError, RecursionError):
            frame, kind = {}, ""
        job_id = str(frame.get("jobId", ""))[:64]
        if kind == "ping":
            self.offer(json.dumps({"type": "pong"}))
        elif kind == "subscribe" and job_id:
            self.jobs = (self.jobs or set()) | {job_id}
            if len(self.jobs) > REPLAY_LIMIT:
                await self.close(code=1008)
        elif kind == "unsubscribe":
            self.jobs = (self.jobs or set()) - {job_id} if job_id else None
        elif kind == "viewing" and self.project_id and (place := place_of(frame)):
            hub.view(self, Here(self.user_id, *self.shown, *place, time.time()))
        else:
            self.bad_frames += 1
            if self.bad_frames > BAD_FRAME_LIMIT:
                await self.close(code=1008)
                return
            detail = "Send JSON with type subscribe, unsubscribe, viewing or ping."
            self.offer(json.dumps({"type": "error", "detail": detail}))

    def wants(self, job_id: str) -> bool:
        """Everything, until the client has named jobs."""
        return self.jobs is None or job_id in self.jobs

    def offer(self, text: str) -> None:
        """Queue a text for this client."""
        if self.outbox is not None:
            self.outbox.offer(text)

    async def recheck(self) -> bool:
        """Ask the door, with session or token as they are stored now: a logout or removal shows here."""
        before = self.role
        allowed = await database_sync_to_async(self._may_watch)()
        if allowed and before and self.role != before:
            self.offer(json.dumps({"type": "role_changed", "role": self.role}))
        return allowed

    async def expel(self) -> None:
        """Hang up with the answer a stranger gets; nothing more is sent, whenever the other side closes, too."""
        # The round of every minute and a removal may both come to it.
        if self.expelled:
            return
        self.expelled = True
        await hub.leave(self)
        if self.outbox is not None:
            await self.outbox.close()
        await self.close(code=NOT_FOUND)

    def _take_place(self) -> bool:
        """Count this socket, unless its person or token has as many open as they may."""
        token = self.came_by.token if self.came_by is not None else ""
        most = settings.SOCKETS_OF_A_PERSON
        # A token leaves half of them to its person's browsers and other programs.
        bounds = {self.user_id: most} | ({token: max(1, most // 2)} if token else {})
        if any(_open[place] >= most for place, most in bounds.items()):
            return False
        self.places = tuple(bounds)
        _open.update(self.places)
        return True

    def _may_watch(self) -> bool:
        try:
            opened = open_project(self._person(), self.project_id, Right.SEE)
        except (Http404, PermissionDenied):
            return False
        self._known(opened.user)
        self.role = opened.role
        return True

    def _known(self, person: User) -> None:
        self.user_id, self.shown = str(person.pk), (person.shown_name, person.initials)
        self.only_team = str(person.only_team or "")

    def _person(self) -> User | None:
        if self.came_by is None:
            ticket = self._asked("ticket")
            if ticket:
                self.came_by = redeem(ticket, self.project_id) or Pass()
            else:
                self.came_by = Pass(session=self.scope["cookies"].get(settings.SESSION_COOKIE_NAME, ""))
        return self.came_by.person()

    def _asked(self, name: str) -> str:
        """Return what stands behind the question mark under a name."""
        return parse_qs(self.scope["query_string"].decode("latin-1")).get(name, [""])[0]

    async def _send_text(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})  # type: ignore[arg-type]

    async def _replay(self) -> None:
        raw = self._asked("after")
        if not raw.isdecimal():
            return
        texts = await self._missed(int(raw[:18]))
        if texts is None:
            self.offer(json.dumps({"type": "resync"}))
            return
        # Straight to the socket: a replay longer than the outbox must not be taken for a slow reader.
        for text in texts:
            await self._send_text(text)

    @database_sync_to_async
    def _missed(self, number: int) -> list[str] | None:
        """Return the stored events after a number as texts, or None when there are too many."""
        events: list[Any] = list(
            Event.objects.filter(project_id=self.project_id, number__gt=number)[: REPLAY_LIMIT + 1]
        )
        if len(events) > REPLAY_LIMIT:
            return None
        return [json.dumps(message_of(event)) for event in events]


class PersonConsumer(ProjectConsumer):
    """One browser of one person on a page outside of projects: hears only what is for this person."""

    def _may_watch(self) -> bool:
        person = self._person()
        if person is None or not person.is_active:
            return False
        self._known(person)
        return True

    async def _replay(self) -> None:
        """There is nothing to replay: what a person was told waits on their page of notifications."""
