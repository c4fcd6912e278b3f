"""Each side of a comparison runs in a process of its own, with a data folder that is thrown away.

``call`` runs one function of a module in such a process and returns what it returns. ``Conversation`` keeps the
process and calls one function of it after the other, for servers. Both talk in lines of JSON.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
# Whatever a person's own environment or .env names, a benchmark uses nothing of it.
_DEFAULTS = {
    "DJANGO_SETTINGS_MODULE": "config.settings.dev",
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "S3_BUCKET": "",
    "SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
    "LOG_LEVEL": "ERROR",
}


def environment(data: Path, **variables: str) -> dict[str, str]:
    """Return the environment for a process of the product.

    Args:
        data: its DATA_DIR.
        variables: what differs from one process on SQLite.
    """
    data.mkdir(parents=True, exist_ok=True)
    given = {**os.environ, **_DEFAULTS, "DATA_DIR": str(data), **variables}
    if not given["DATABASE_URL"]:
        given["DATABASE_URL"] = f"sqlite:///{data / 'rushes.sqlite3'}"
    return given


def spare_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Conversation:
    """A process that calls functions of one module until the conversation ends.

    Args:
        module: its name.
        env: its environment; ours when None.
        django: set Django up before the module is imported.
    """

    def __init__(self, module: str, *, env: Mapping[str, str] | None = None, django: bool = False) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.answering", module, *(["--django"] if django else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=env,
            text=True,
        )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def ask(self, function: str, **arguments: Any) -> Any:
        """Begin a call and wait for its answer."""
        self.begin(function, **arguments)
        return self.answer()

    def begin(self, function: str, **arguments: Any) -> None:
        """Begin a call without waiting for its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([function, arguments]) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Wait for the answer to the oldest call.

        Raises:
            RuntimeError: the process ended instead; why stands on standard error.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"A process of the benchmark ended with {self._process.wait()}.")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def call(
    module: str, function: str, *, env: Mapping[str, str] | None = None, django: bool = False, **arguments: Any
) -> Any:
    """Call one function in a process of its own and return its answer."""
    with Conversation(module, env=env, django=django) as process:
        return process.ask(function, **arguments)
