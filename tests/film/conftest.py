"""Commands run as a person runs them: in a process of their own, on a data folder of their own."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

SHORT_SCRIPT = """Title: Two Lamps

INT. KITCHEN - NIGHT #1#

NORA, 40, lights a lamp. Rain on the window.

NORA
He said nine.

DISSOLVE TO:

EXT. PIER - DAWN #2#

A figure waits at the end of the pier.

NORA
(calling)
You are late.

TOM
I know.
"""


@dataclass
class Studio:
    """An installation in a folder; ``environment`` is all that tells one kind from another."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``manage.py`` in a process group of its own."""
        keep = ("PATH", "HOME", "LANG", "TMPDIR", "FFMPEG_BINARY", "LD_LIBRARY_PATH")
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={name: os.environ[name] for name in keep if name in os.environ}
            | {"DATA_DIR": str(self.folder / "data"), "DJANGO_SETTINGS_MODULE": "config.settings.dev"}
            | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, timeout: float = 280) -> tuple[int, str]:
        """Run ``manage.py`` to its end and return status and output."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=timeout)
        return process.returncode, output

    def kill(self, process: subprocess.Popen[str]) -> None:
        """``kill -9``, as by the machine's owner: no handler runs, and children are not asked."""
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the SQLite database."""
        with closing(sqlite3.connect(self.folder / "data" / "rushes.sqlite3", timeout=20)) as connection:
            return connection.execute(sql).fetchall()

    def close(self) -> None:
        """End whatever still runs."""
        for process in self.started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)
            if process.stdout:
                process.stdout.close()


@pytest.fixture
def studio_with(tmp_path: Path) -> Iterator[Callable[..., Studio]]:
    """Return a function that sets up an installation."""
    studios: list[Studio] = []

    def make(name: str = "studio", **environment: str) -> Studio:
        folder = tmp_path / name
        folder.mkdir()
        studios.append(Studio(folder, environment))
        return studios[-1]

    yield make
    for studio in studios:
        studio.close()


@pytest.fixture
def studio(studio_with: Callable[..., Studio]) -> Studio:
    """An installation with nothing beside it."""
    return studio_with()


@pytest.fixture
def short_script(tmp_path: Path) -> Path:
    """Two scenes, three lines, a dissolve."""
    path = tmp_path / "two_lamps.fountain"
    path.write_text(SHORT_SCRIPT, encoding="utf-8")
    return path
