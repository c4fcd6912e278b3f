"""What both providers' desks share: the books, the play, the clock and the links."""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from generation.rehearsal import tasks
from generation.rehearsal.faults import Asked, Played, Scenario
from generation.rehearsal.media.making import extension
from generation.rehearsal.state import State
from generation.rehearsal.tasks import OVER, Accepting, Task


class AlreadyThere(Exception):
    """An order with this id was accepted before."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What an account was charged on one day (UTC, ``YYYY-MM-DD``) for one model."""

    day: str
    model: str
    orders: int
    micros: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a provider needs to take orders.

    Attributes:
        state: where all is remembered.
        scenario: what goes wrong.
        speed: how much of the usual time an order takes: 1.0 is real, 0 at once.
        keys: the keys that are good; None takes every well-formed one.
        concurrent: orders of one model that run at once.
        daily: orders of one model a day.
        balance: what each account had in the beginning, in micro-units.
        link_seconds: how long a link to a result lives.
        stopping: set when the server ends; whoever waits must look at it.
        planned: set when a webhook has been planned.
    """

    state: State
    scenario: Scenario
    speed: float = 1.0
    keys: Collection[str] | None = None
    concurrent: int = 5
    daily: int = 10_000
    balance: int = 1_000_000_000
    link_seconds: float = 86_400
    stopping: threading.Event = field(default_factory=threading.Event)
    planned: threading.Event = field(default_factory=threading.Event)

    def account_of(self, key: str) -> str:
        """The name under which a key's orders are kept. The key itself is never written down."""
        return hashlib.sha256(key.encode()).hexdigest()[:16]

    def takes(self, key: str) -> bool:
        """Whether a well-formed key is a good one."""
        return self.keys is None or any(hmac.compare_digest(key, good) for good in self.keys)

    def decide(self, asked: Asked) -> Played:
        """Ask the scenario what goes wrong with a request."""
        return self.scenario.decide(asked, self.state.count)

    def received(self, asked: Asked, account: str, body: Mapping[str, Any], identity: str, fault: str) -> int:
        """Write down that somebody asked for something. Returns the number of the entry."""
        with self.state.writing() as database:
            entry = database.execute(
                "INSERT INTO orders (provider, account, operation, model, identity, body_hash, received_at, fault)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    asked.provider, account, asked.operation, asked.model, identity, tasks.hash_of(body),
                    time.time(), fault,
                ),
            )  # fmt: skip
        return int(entry.lastrowid or 0)

    def accept(self, number: int, order: Accepting) -> Task:
        """Turn what was received into an order that will be carried out and charged.

        Raises:
            AlreadyThere: its id was used before; nothing changed.
        """
        with self.state.writing() as database:
            self._forget(database, order.id)
            try:
                order.enter(database, time.time())
            except sqlite3.IntegrityError:
                raise AlreadyThere(order.id) from None
            database.execute("UPDATE orders SET accepted = 1, task_id = ? WHERE number = ?", (order.id, number))
        return Task.from_row(self.state.one("SELECT * FROM tasks WHERE id = ?", (order.id,)))

    def _forget(self, database: sqlite3.Connection, task_id: str) -> None:
        """Make room for a second order of the same id, where the first is over and its id is forgotten with it.

        Nobody has published whether Runware knows the id of a task that has ended.
        """
        row = database.execute("SELECT * FROM tasks WHERE id = ?", (task_id,)).fetchone()
        if row is not None and "forgets" in (task := Task.from_row(row)).faults and task.phase(time.time()) in OVER:
            kept = f"{task_id}-{row['created_at']:.6f}"
            database.execute("UPDATE tasks SET id = ? WHERE id = ?", (kept, task_id))
            database.execute("UPDATE orders SET task_id = ? WHERE task_id = ?", (kept, task_id))

    def spent_by(self, account: str) -> list[Spent]:
        """An account's charges by day and model, oldest first."""
        # What is over is charged at its cost, what goes on at its estimate: ``Task.charged``, in the database's words.
        rows = self.state.all(
            "SELECT strftime('%Y-%m-%d', created_at, 'unixepoch') AS day, model, count(*) AS orders,"
            " sum(CASE WHEN cancelled_at IS NOT NULL OR ends_at <= ? THEN cost ELSE estimate END) AS micros"
            " FROM tasks WHERE account = ? GROUP BY day, model ORDER BY day, model",
            (time.time(), account),
        )
        return [Spent(row["day"], row["model"], row["orders"], row["micros"]) for row in rows]

    def left_of(self, account: str) -> int:
        """An account's balance in micro-units."""
        return self.balance - sum(spent.micros for spent in self.spent_by(account))

    def links(self, task: Task, base_url: str, numbers: Collection[int]) -> list[str]:
        """Fresh links to some of an order's results."""
        lasting = -60.0 if tasks.plays(self.state, task, "link_expired") else self.link_seconds
        until = int(time.time() + lasting)
        return [
            f"{base_url}/files/{task.id}/{number}.{extension(task.wanted.media_type)}"
            f"?exp={until}&_jwt={self.signature(task.id, number, until)}"
            for number in numbers
        ]

    def signature(self, task_id: str, number: int, until: int) -> str:
        """What makes a link ours."""
        return hmac.new(self.state.secret, f"{task_id}/{number}/{until}".encode(), hashlib.sha256).hexdigest()[:40]
