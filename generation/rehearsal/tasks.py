"""The life of an order that was accepted, as a function of the clock.

Nothing runs in the background: an order's beginning and end are known when it is accepted, so a server that was killed
goes on where it was, and several see the same.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from generation.rehearsal.faults import ALWAYS
from generation.rehearsal.state import Row, State

_PENDING_SHARE = 0.1  # of the time that a model takes, before it begins
_JITTER = 0.2


class Phase(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    THROTTLED = "throttled"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED})

# Faults that end an order in failure, and how many per cent of its price are kept. Moderation after rendering: the work
# was done; moderation of what was sent is charged by Runway's own words.
FAILING: Mapping[str, int] = {
    "moderation_input": 100, "moderation_output": 100, "partial_cost": 50, "preprocessing_moderation": 0,
    "preprocessing_error": 0, "bad_output": 0, "invalid_asset": 0, "third_party": 0, "internal": 0, "no_code": 0,
    "error_item": 0,
}  # fmt: skip
_OVERRUN = 150
_FAILING_EARLY = frozenset({"moderation_input", "preprocessing_moderation", "preprocessing_error", "invalid_asset"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an order's results are to be.

    Attributes:
        kind: ``image``, ``video``, ``audio`` or ``text``.
        media_type: of the files.
        count: how many results.
        seed: of the first; the others follow it.
        sound: whether a clip has any.
        words: the text of a caption; for a sound what it is (``speech``, ``music``, ``effect``).
        clear: whether the background is taken away.
    """

    kind: str
    media_type: str
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    fps: int = 24
    count: int = 1
    seed: int = 0
    sound: bool = False
    words: str = ""
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """An accepted order. Money in micro-units; ``cost`` is what is charged in the end. Times in seconds since 1970."""

    id: str
    provider: str
    account: str
    operation: str
    model: str
    body: Mapping[str, Any]
    body_hash: str
    wanted: Wanted
    created_at: float
    starts_at: float
    ends_at: float
    estimate: int
    cost: int
    faults: Mapping[str, int] = field(default_factory=dict)
    cancelled_at: float | None = None
    deleted: bool = False

    @classmethod
    def from_row(cls, row: Row) -> Task:
        """Read one from the database."""
        known = {name: row[name] for name in row.keys() if name not in {"body", "results", "faults", "deleted"}}  # noqa: SIM118 (a Row iterates over its values)
        return cls(
            **known,
            body=json.loads(row["body"]),
            wanted=Wanted(**json.loads(row["results"])),
            faults=json.loads(row["faults"]),
            deleted=bool(row["deleted"]),
        )

    @property
    def failing(self) -> str:
        """The fault that ends it in failure, empty when it will succeed."""
        return next((fault for fault in self.faults if fault in FAILING), "")

    def phase(self, now: float) -> Phase:
        """Where it stands."""
        if self.cancelled_at is not None:
            return Phase.CANCELLED
        if now >= self.starts_at:
            if now < self.ends_at:
                return Phase.RUNNING
            return Phase.FAILED if self.failing else Phase.SUCCEEDED
        pending = (self.ends_at - self.starts_at) * _PENDING_SHARE
        return Phase.PENDING if now < self.created_at + pending else Phase.THROTTLED

    def progress(self, now: float) -> float:
        """How much is done, 0.0 to 1.0."""
        if now <= self.starts_at:
            return 0.0
        return min(1.0, (now - self.starts_at) / max(self.ends_at - self.starts_at, 1e-6))

    @property
    def successes(self) -> int:
        """How many results there will be in the end."""
        return self.wanted.count - ("one_fails" in self.faults and self.wanted.count > 1)

    def ready(self, now: float) -> int:
        """How many results there are already; they come one after the other."""
        phase = self.phase(now)
        if phase is Phase.SUCCEEDED:
            return self.successes
        return min(int(self.progress(now) * self.wanted.count), self.successes) if phase is Phase.RUNNING else 0

    def ready_at(self, result: int) -> float:
        """When a result is there, or its failure is known."""
        if self.failing or result >= self.successes:
            return self.ends_at
        return self.starts_at + (self.ends_at - self.starts_at) * (result + 1) / self.wanted.count

    def charged(self, now: float) -> int:
        """What stands in the provider's books now: the estimate while it goes on, the final word afterwards."""
        return self.cost if self.phase(now) in OVER else self.estimate

    def cost_of(self, result: int) -> int:
        """One result's share of the cost; the shares add up exactly."""
        share, rest = divmod(self.cost, self.successes)
        return share + (rest if result == 0 else 0)


def hash_of(body: Mapping[str, Any]) -> str:
    """The same for the same body, whatever the order of its fields."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Accepting:
    """An order on its way into the books.

    Attributes:
        unit: the smallest amount that the provider charges, in micro-units.
        concurrent: how many of the model run at once; None for any number.
    """

    id: str
    provider: str
    account: str
    operation: str
    model: str
    body: Mapping[str, Any]
    wanted: Wanted
    estimate: int
    seconds: float
    faults: Mapping[str, int]
    unit: int = 1
    concurrent: int | None = None

    def enter(self, database: sqlite3.Connection, now: float) -> None:
        """Write the order down. The caller holds the write lock."""
        seconds = self.seconds * random.Random(self.id).uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311
        starts = now + seconds * _PENDING_SHARE
        if "throttled" in self.faults:
            starts += 4 * seconds
        free_at = _free_at(database, self.account, self.model, self.concurrent, now)
        starts = max(starts, free_at)
        ends = starts + seconds
        failing = next((fault for fault in self.faults if fault in FAILING), "")
        if failing in _FAILING_EARLY:
            ends = starts + seconds * 0.1
        if "endless" in self.faults:
            ends = starts + 10 * 365 * 86400
        database.execute(
            "INSERT INTO tasks (id, provider, account, operation, model, body, body_hash, results, faults, created_at,"
            " starts_at, ends_at, estimate, cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.id, self.provider, self.account, self.operation, self.model, json.dumps(_without_media(self.body)),
                hash_of(self.body), json.dumps(asdict(self.wanted)), json.dumps(dict(self.faults)), now,
                starts, ends, self.estimate, self._cost(failing),
            ),
        )  # fmt: skip

    def _cost(self, failing: str) -> int:
        """What will have been charged in the end."""
        cost = self.estimate
        if failing:
            cost = cost * FAILING[failing] // 100
        elif "overrun" in self.faults:
            cost = cost * _OVERRUN // 100
        elif "one_fails" in self.faults and self.wanted.count > 1:
            cost = cost * (self.wanted.count - 1) // self.wanted.count
        return cost // self.unit * self.unit


def _without_media(value: Any) -> Any:
    """The body as it is kept: pictures inside it are only named by their length."""
    if isinstance(value, dict):
        return {name: _without_media(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_media(part) for part in value]
    if isinstance(value, str) and len(value) > 4096 and value.startswith("data:"):
        return f"{value[:40]}… ({len(value)} characters)"
    return value


def _free_at(database: sqlite3.Connection, account: str, model: str, concurrent: int | None, now: float) -> float:
    """When a place under the limit becomes free."""
    if concurrent is None:
        return now
    ends = [
        float(row["ends_at"])
        for row in database.execute(
            "SELECT ends_at FROM tasks WHERE account = ? AND model = ? AND cancelled_at IS NULL AND ends_at > ?"
            " ORDER BY ends_at DESC LIMIT ?",
            (account, model, now, concurrent),
        )
    ]
    return ends[-1] if len(ends) >= concurrent else now


def find(state: State, task_id: str, account: str, provider: str) -> Task | None:
    """An account's own order, or None: those of others are as if they were not there."""
    row = state.maybe(
        "SELECT * FROM tasks WHERE id = ? AND account = ? AND provider = ? AND deleted = 0",
        (task_id, account, provider),
    )
    return Task.from_row(row) if row else None


def cancel(state: State, task: Task) -> None:
    """Stop an order that goes on, or forget one that is over. What has begun is charged all the same."""
    now = time.time()
    phase = task.phase(now)
    with state.writing() as database:
        if phase in OVER:
            database.execute("UPDATE tasks SET deleted = 1 WHERE id = ?", (task.id,))
        else:
            cost = task.estimate if phase is Phase.RUNNING else 0
            database.execute(
                "UPDATE tasks SET cancelled_at = ?, cost = ?, ends_at = ? WHERE id = ? AND cancelled_at IS NULL",
                (now, cost, now, task.id),
            )


def plays(state: State, task: Task, fault: str) -> bool:
    """Whether a fault of this order plays now; counts the times."""
    times = task.faults.get(fault, 0)
    if times == 0:
        return False
    return times == ALWAYS or state.count(f"{task.id} {fault}") <= times
