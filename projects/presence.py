"""Who is here: on which page of a project, looking at which shot. Kept in memory only, and told at most once a second.

Each serving process knows its own sockets and tells the others of them through the channel layer; what all of them
say about a project makes one ready-made text for its sockets. Nothing of this is stored, beside a note in the cache
for whoever asks without a socket.
"""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.core.cache import cache

SILENT_SECONDS = 22.0
PEOPLE_LIMIT = 60
_PAGE = re.compile(r"[a-z][a-z_-]{0,23}\Z")


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody on a page.

    Attributes:
        id: the person's.
        name, initials: as colleagues see them.
        page: a word from the address, ``storyboard`` for one.
        shot: id of the shot that they look at, or nothing.
        since: when they came to that place, seconds since the epoch; of several places of one person the latest counts.
    """

    id: str
    name: str
    initials: str
    page: str
    shot: str
    since: float


def place_of(frame: dict[str, Any]) -> tuple[str, str] | None:
    """Return page and shot from a client's ``viewing`` frame; None when it is not understood."""
    page, shot = frame.get("page"), frame.get("shot") or ""
    if not isinstance(page, str) or not _PAGE.match(page) or not isinstance(shot, str):
        return None
    try:
        return page, str(UUID(shot)) if shot else ""
    except ValueError:
        return None


class Presence:
    """What one process knows of who is where.

    Args:
        process: this process's name among those that share the channel layer.
        clock: seconds, for telling who has fallen silent.
    """

    def __init__(self, process: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.process = process
        self._clock = clock
        self._mine: dict[str, dict[Any, tuple[Here, float]]] = defaultdict(dict)
        self._all: dict[str, dict[str, tuple[list[Here], float]]] = defaultdict(dict)
        self._texts: dict[str, str] = {}

    def see(self, project_id: str, socket: Any, here: Here) -> bool:
        """Note that a socket's person is still, or newly, somewhere; return whether that is new."""
        known = self._mine[project_id].get(socket)
        same = known is not None and (known[0].page, known[0].shot) == (here.page, here.shot)
        self._mine[project_id][socket] = (known[0] if same and known else here, self._clock())
        return not same

    def forget(self, project_id: str, socket: Any) -> bool:
        """Note that a socket has gone; return whether it had been seen."""
        sockets = self._mine.get(project_id, {})
        return sockets.pop(socket, None) is not None

    def knows(self, project_id: str, socket: Any) -> bool:
        """Return whether a socket has said where its person is: only those are told about others."""
        return socket in self._mine.get(project_id, {})

    def expire(self) -> set[str]:
        """Drop whoever has fallen silent, sockets and processes; return the projects that this changes."""
        late = self._clock() - SILENT_SECONDS
        changed = set()
        for project_id, sockets in list(self._mine.items()):
            for socket in [one for one, (_, heard) in sockets.items() if heard < late]:
                del sockets[socket]
                changed.add(project_id)
            if not sockets:
                del self._mine[project_id]
        for project_id, processes in list(self._all.items()):
            for process in [one for one, (_, heard) in processes.items() if heard < late and one != self.process]:
                del processes[process]
                changed.add(project_id)
        return changed

    def projects(self) -> list[str]:
        """Return the projects in which somebody of this process is."""
        return [project_id for project_id, sockets in self._mine.items() if sockets]

    def mine(self, project_id: str) -> list[dict[str, Any]]:
        """Return who of this process is in a project, for the other processes: once each, where they came last."""
        here = _latest([one for one, _ in self._mine.get(project_id, {}).values()])
        return [asdict(one) for one in here[:PEOPLE_LIMIT]]

    def take(self, project_id: str, process: str, people: list[dict[str, Any]]) -> bool:
        """Note what a process tells, this one included; return whether it had not been heard of before."""
        processes = self._all[project_id]
        new = process not in processes
        if people:
            processes[process] = ([Here(**one) for one in people], self._clock())
        else:
            processes.pop(process, None)
        return new and process != self.process

    def drop(self, project_id: str) -> None:
        """Forget a project that nobody of this process watches any more."""
        for known in (self._mine, self._all, self._texts):
            known.pop(project_id, None)

    def people(self, project_id: str) -> list[dict[str, str]]:
        """Return who is in a project, and where, by name."""
        here = _latest([one for people, _ in self._all.get(project_id, {}).values() for one in people])
        return [{key: getattr(one, key) for key in ("id", "name", "initials", "page", "shot")} for one in here]

    def text(self, project_id: str) -> str:
        """Return the message for a project's sockets."""
        people = self.people(project_id)
        return json.dumps({"type": "presence", "people": people[:PEOPLE_LIMIT], "count": len(people)})

    def news(self, project_id: str) -> str | None:
        """Return the message for a project's sockets when it is another than the last one, else None."""
        text = self.text(project_id)
        if self._texts.get(project_id) == text:
            return None
        self._texts[project_id] = text
        return text


async def note(project_id: str, people: list[dict[str, str]]) -> None:
    """Let processes that serve none of a project's sockets know who is in it."""
    await cache.aset(f"presence:{project_id}", people, int(SILENT_SECONDS))


def noted(project_id: UUID) -> dict[str, dict[str, str]]:
    """Return who is in a project by now, and where, by the person's id."""
    return {one["id"]: one for one in cache.get(f"presence:{project_id}") or ()}


def _latest(people: list[Here]) -> list[Here]:
    """Return each person once, where they came last, by name."""
    found: dict[str, Here] = {}
    for one in people:
        if one.id not in found or found[one.id].since < one.since:
            found[one.id] = one
    return sorted(found.values(), key=lambda one: (one.name.casefold(), one.id))
