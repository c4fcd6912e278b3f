"""Webhooks: an object per result, POSTed when it is there, repeated until somebody says 2xx."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from generation.rehearsal.desk import Desk
from generation.rehearsal.state import Row
from generation.rehearsal.tasks import Task

Body = Callable[[Desk, Task, int, str], Mapping[str, Any]]

_GLANCE_SECONDS = 0.5
_PATIENCE_SECONDS = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 8.0
_MOST_TRIES = 8
_SLOW_SECONDS = 5.0
_AT_ONCE = 4


def plan(desk: Desk, task: Task, base_url: str, url: str, body: Body) -> None:
    """Write down which webhooks are due, and when.

    Args:
        desk, task: whose results.
        base_url: how the caller reached us, for the links.
        url: where they go; empty for nowhere.
        body: says what one brings, in the provider's own shape.
    """
    if not url or "hook_missing" in task.faults:
        return
    slow = _SLOW_SECONDS if "hook_slow" in task.faults else 0.0
    planned = [(url, number, 0, task.ready_at(number) + slow) for number in range(task.wanted.count)]
    if "hook_twice" in task.faults:
        planned *= 2
    if "hook_forged" in task.faults:
        planned.append((_with_wrong_secret(url), 0, 1, task.created_at))
    with desk.state.writing() as database:
        database.executemany(
            "INSERT INTO hooks (url, task_id, result, forged, base_url, due_at) VALUES (?, ?, ?, ?, ?, ?)",
            [(to, task.id, number, forged, base_url, due) for to, number, forged, due in planned],
        )
    desk.planned.set()
    if "hook_early" in task.faults:
        _post(url, body(desk, task, 0, base_url))


def _with_wrong_secret(url: str) -> str:
    """The same address with its last part spoilt, wherever the secret stands."""
    parts = urlsplit(url)
    if parts.query:
        return urlunsplit(parts._replace(query=parts.query[:-4] + "0000"))
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=path[:-4] + "0000" + parts.path[len(path) :]))


def _post(url: str, body: Mapping[str, Any]) -> int:
    """Bring one webhook. Returns the status, 0 when nobody answered."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.post(url, json=body, timeout=_PATIENCE_SECONDS, allow_redirects=False).status_code
        except requests.RequestException:
            return 0


class Postman:
    """The thread that brings webhooks. Several servers may share the work.

    Args:
        desk: whose.
        bodies: what a webhook brings, by provider.
    """

    def __init__(self, desk: Desk, bodies: Mapping[str, Body]) -> None:
        self._desk = desk
        self._bodies = bodies
        self._thread = threading.Thread(target=self._work, name="rehearsal-hooks", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until what is in hand is done; the desk's ``stopping`` is set already."""
        self._desk.planned.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE_SECONDS)

    def _work(self) -> None:
        with ThreadPoolExecutor(_AT_ONCE, "rehearsal-hook") as pool:
            while not self._desk.stopping.is_set():
                hook = self._claim()
                if hook is not None:
                    pool.submit(self._bring, hook)
                    continue
                self._desk.planned.wait(self._pause())
                self._desk.planned.clear()

    def _pause(self) -> float:
        """Seconds until the next one is due; not too long, because other servers plan some, too."""
        row = self._desk.state.one(
            "SELECT min(due_at) AS due FROM hooks WHERE delivered_at IS NULL AND tries < ?", (_MOST_TRIES,)
        )
        return min(max((row["due"] or math.inf) - time.time(), 0.005), _GLANCE_SECONDS)

    def _claim(self) -> Row | None:
        """Take the next one that is due, so that nobody else does; it is due again later should we die with it."""
        now = time.time()
        state = self._desk.state
        due = state.maybe(
            "SELECT * FROM hooks WHERE delivered_at IS NULL AND due_at <= ? AND tries < ? ORDER BY due_at LIMIT 1",
            (now, _MOST_TRIES),
        )
        if due is None:
            return None
        again = now + _PATIENCE_SECONDS + min(_FIRST_PAUSE * 2 ** due["tries"], _LONGEST_PAUSE)
        with state.writing() as database:
            taken = database.execute(
                "UPDATE hooks SET tries = tries + 1, due_at = ?"
                " WHERE number = ? AND tries = ? AND delivered_at IS NULL",
                (again, due["number"], due["tries"]),
            )
        return due if taken.rowcount else self._claim()

    def _bring(self, hook: Row) -> None:
        state = self._desk.state
        task = Task.from_row(state.one("SELECT * FROM tasks WHERE id = ?", (hook["task_id"],)))
        body = self._bodies[task.provider](self._desk, task, hook["result"], hook["base_url"])
        if hook["forged"]:
            body = {"id": task.id, "taskUUID": task.id, "state": "completed", "status": "success", "cost": 0}
        status = _post(hook["url"], body)
        pause = min(_FIRST_PAUSE * 2 ** hook["tries"], _LONGEST_PAUSE)
        delivered = time.time() if 200 <= status < 300 else None
        with contextlib.suppress(KeyError), state.writing() as database:
            database.execute(
                "UPDATE hooks SET answer = ?, delivered_at = ?, due_at = ? WHERE number = ?",
                (status, delivered, time.time() + pause, hook["number"]),
            )
