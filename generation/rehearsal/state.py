"""What a rehearsal remembers: one SQLite file, shared by threads and processes, safe against kill -9."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

_KEPT_SECONDS = 31 * 86_400  # the longest that an upload lives

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    identity TEXT NOT NULL,   -- the caller's own id (Runware's taskUUID), empty where there is none
    body_hash TEXT NOT NULL,
    received_at REAL NOT NULL,
    fault TEXT NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0,
    task_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS orders_identity ON orders (provider, identity);
CREATE TABLE IF NOT EXISTS tasks (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    body TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    results TEXT NOT NULL,    -- what is to be made, see tasks.Wanted
    faults TEXT NOT NULL,
    created_at REAL NOT NULL,
    starts_at REAL NOT NULL,
    ends_at REAL NOT NULL,
    estimate INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    cancelled_at REAL,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS tasks_account ON tasks (account, model, ends_at);
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    filename TEXT NOT NULL,
    media_type TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL DEFAULT 0,
    arrived_at REAL,
    expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS hooks (
    number INTEGER PRIMARY KEY,
    url TEXT NOT NULL,
    task_id TEXT NOT NULL,
    result INTEGER NOT NULL,  -- which of its results, from 0
    forged INTEGER NOT NULL DEFAULT 0,
    base_url TEXT NOT NULL,   -- how the caller reached us, for the links
    due_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    answer INTEGER NOT NULL DEFAULT 0,
    delivered_at REAL
);
CREATE INDEX IF NOT EXISTS hooks_due ON hooks (delivered_at, due_at);
"""

Row = sqlite3.Row


class State:
    """A rehearsal's folder: the database, the uploads, and the media that were made once.

    Args:
        folder: made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uploads = folder / "uploads"
        self.made = folder / "made"
        for path in (folder, self.uploads, self.made):
            path.mkdir(parents=True, exist_ok=True)
        self._idle: list[sqlite3.Connection] = []
        with self._lent() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)
            database.execute("INSERT OR IGNORE INTO facts VALUES ('secret', ?)", (token_hex(32),))
        self.secret = bytes.fromhex(self.one("SELECT value FROM facts WHERE name = 'secret'")["value"])

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = sqlite3.connect(
                self.folder / "rehearsal.sqlite3", timeout=30, isolation_level=None, check_same_thread=False
            )
            connection.row_factory = sqlite3.Row
            # A killed process loses nothing that it wrote; only a power cut could, and then nobody rehearses.
            connection.execute("PRAGMA synchronous = OFF")
        try:
            yield connection
        finally:
            self._idle.append(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that has the write lock from its beginning."""
        with self._lent() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def all(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query."""
        with self._lent() as database:
            return database.execute(query, values).fetchall()

    def maybe(self, query: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row of a query, or None."""
        rows = self.all(query, values)
        return rows[0] if rows else None

    def one(self, query: str, values: Sequence[Any] = ()) -> Row:
        """The first row of a query that must have one.

        Raises:
            KeyError: there is none.
        """
        row = self.maybe(query, values)
        if row is None:
            raise KeyError(query)
        return row

    def count(self, name: str) -> int:
        """Raise a counter by one and return its value."""
        with self.writing() as database:
            row = database.execute(
                "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                (name,),
            ).fetchone()
        return int(row["value"])

    def tidy(self) -> None:
        """Remove files that nobody will fetch any more; a result that is asked for after all is made again."""
        before = time.time() - _KEPT_SECONDS
        for path in (*self.made.iterdir(), *self.uploads.iterdir()):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def close(self) -> None:
        """Close the connections; no thread may be at work any more."""
        while self._idle:
            self._idle.pop().close()
