"""The last resort for an answer in hand while the database is down.

An accepted order whose id cannot be committed is written to a local file, one line each; start-up and every
sweep replay it. A line is taken out once the database has it, or once the attempt has moved on by itself.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

_lock = threading.Lock()


def _path() -> Path:
    folder: Path = settings.DATA_DIR / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "accepted.jsonl"


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other threads out, and other processes that share the folder."""
    with _lock, _path().with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def keep(attempt_id: str, task_id: str, outputs: list[dict[str, Any]] | None, cost: int | None = None) -> None:
    """Write one acceptance to disk, and not return before it is there. The cost is in micro-units."""
    line = json.dumps({"attempt": attempt_id, "task": task_id, "outputs": outputs, "cost": cost})
    with _alone(), _path().open("a", encoding="utf-8") as file:
        # A line that a crash cut short must not swallow this one: begin a new line, whatever stands there.
        file.write(f"\n{line}\n")
        file.flush()
        os.fsync(file.fileno())


def take_all() -> list[dict[str, Any]]:
    """Return what is kept. A line cut short by a crash is left out: its answer was never fully in hand."""
    try:
        lines = _path().read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    kept = []
    for line in lines:
        try:
            kept.append(json.loads(line))
        except ValueError:
            continue
    return kept


def forget(attempt_ids: set[str]) -> None:
    """Take out the lines of these attempts."""
    with _alone():
        remaining = [entry for entry in take_all() if entry["attempt"] not in attempt_ids]
        replacement = _path().with_suffix(".new")
        with replacement.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in remaining)
            file.flush()
            os.fsync(file.fileno())
        replacement.replace(_path())
