"""What the simulated providers have in their books, to be compared with ours."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from generation.rehearsal.state import State
from generation.rehearsal.tasks import OVER, Task

RUNWAY, RUNWARE = "runway", "runware"


@dataclass(slots=True)
class Line:
    """Everything about one thing that somebody wanted to buy.

    Attributes:
        received: requests that asked for it and arrived whole.
        accepted: how many of them became an order; more than one is a double purchase.
        charged: micro-units in the books, estimates included while an order goes on.
        task_ids: the orders.
    """

    received: int = 0
    accepted: int = 0
    charged: int = 0
    task_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Books:
    """The books of one rehearsal.

    Args:
        folder: the state that its servers share; they may be running, killed or gone.
    """

    folder: Path

    def by_identity(self, provider: str = RUNWARE) -> Mapping[str, Line]:
        """Lines by the caller's own id: Runware's taskUUID."""
        return self._lines(provider, "identity")

    def by_body(self, provider: str = RUNWAY) -> Mapping[str, Line]:
        """Lines by the hash of the body (see ``tasks.hash_of``): all that tells two Runway orders apart."""
        return self._lines(provider, "body_hash")

    def received(self, provider: str = "") -> int:
        """How many orders were asked for."""
        return sum(line.received for line in self._all(provider))

    def accepted(self, provider: str = "") -> int:
        """How many orders were taken."""
        return sum(line.accepted for line in self._all(provider))

    def charged(self, provider: str = "") -> int:
        """What all orders cost, in micro-units."""
        return sum(line.charged for line in self._all(provider))

    def bought_twice(self) -> Mapping[str, Line]:
        """Runware orders with one id, and Runway orders with one body, that were accepted more than once."""
        lines = {**self.by_body(), **self.by_identity()}
        return {name: line for name, line in lines.items() if line.accepted > 1}

    def task(self, task_id: str) -> Task:
        """One order.

        Raises:
            KeyError: there is none.
        """
        with closing(State(self.folder)) as state:
            return Task.from_row(state.one("SELECT * FROM tasks WHERE id = ?", (task_id,)))

    def going_on(self) -> int:
        """How many orders are not over yet."""
        now = time.time()
        with closing(State(self.folder)) as state:
            tasks = [Task.from_row(row) for row in state.all("SELECT * FROM tasks WHERE ends_at > ?", (now,))]
        return sum(task.phase(now) not in OVER for task in tasks)

    def _all(self, provider: str) -> list[Line]:
        wanted = (provider,) if provider else self._providers()
        return [line for name in wanted for line in self._lines(name, "body_hash").values()]

    def _providers(self) -> tuple[str, ...]:
        """Whoever was asked for anything."""
        with closing(State(self.folder)) as state:
            return tuple(row["provider"] for row in state.all("SELECT DISTINCT provider FROM orders ORDER BY 1"))

    def _lines(self, provider: str, key: str) -> dict[str, Line]:
        now = time.time()
        lines: dict[str, Line] = defaultdict(Line)
        with closing(State(self.folder)) as state:
            orders = state.all("SELECT * FROM orders WHERE provider = ? ORDER BY number", (provider,))
            tasks = {row["id"]: Task.from_row(row) for row in state.all("SELECT * FROM tasks")}
        for order in orders:
            line = lines[order[key]]
            line.received += 1
            if order["accepted"]:
                line.accepted += 1
                line.charged += tasks[order["task_id"]].charged(now)
                line.task_ids.append(order["task_id"])
        return dict(lines)

    def to_json(self) -> dict[str, object]:
        """The books as the server shows them at ``/_books``."""
        return {
            provider: {
                "received": self.received(provider),
                "accepted": self.accepted(provider),
                "chargedMicros": self.charged(provider),
                "lines": {
                    name: {
                        "received": line.received,
                        "accepted": line.accepted,
                        "chargedMicros": line.charged,
                        "tasks": line.task_ids,
                    }
                    for name, line in lines.items()
                },
            }
            for provider, lines in (
                (name, self.by_identity() if name == RUNWARE else self.by_body(name)) for name in self._providers()
            )
        }
