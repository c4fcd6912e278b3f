"""The worker's side of the process that computes: starting it, giving it a picture to draw, and following it.

There is one such process on a machine, whatever number of workers there is: it holds a lock and one model, and draws
one picture after the other. Closing the connection calls a picture off.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from generation.providers.base import Json
from generation.providers.errors import PollFailed, Refused

ROOT = Path(__file__).resolve().parents[3]
ADDRESS, LOCK, LOG = "address", "lock", "log"
_LOOK_SECONDS = 0.25
_START_SECONDS = 60.0
_MOST_STARTS = 3
# Nothing is looked up in the network, whatever a model's files say.
# What a process that computes needs to know of this one's surroundings; keys and secrets are nothing to it.
_NEEDED = re.compile(
    r"PATH|HOME|USER|TMPDIR|TZ|LANG|LC_\w+|LD_LIBRARY_PATH|PYTHON\w*|VIRTUAL_ENV|XDG_\w+|"
    r"(CUDA|NVIDIA|HIP|ROCR|PYTORCH|TORCH|OMP|MKL|OPENBLAS)_\w+"
)
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


def _surroundings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if _NEEDED.fullmatch(name)}


class Studio:
    """The process that computes, as its workers reach it.

    Args:
        place: the folder of its address, lock and log; made when there is none.
        idle_seconds: after how long without work it ends.
    """

    def __init__(self, place: Path, idle_seconds: float) -> None:
        self._place = place
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._started: subprocess.Popen[bytes] | None = None

    def draw(self, job: Json, *, report: Callable[[float], None], check: Callable[[], None]) -> None:
        """Have a picture drawn, after those that were asked for before.

        Args:
            job: for ``host``: the body, and where everything lies.
            report: takes how much is done, 0 to 1.
            check: raises when it should end; called several times a second.

        Raises:
            Refused: it cannot be drawn here; the message says why.
            PollFailed: the process ended in the middle, or cannot be started.
            and whatever ``check`` raises.
        """
        for _ in range(_MOST_STARTS):
            with contextlib.closing(self._connection(check)) as connection:
                if self._followed(connection, job, report, check):
                    return
        raise PollFailed("Local FLUX does not start. It is tried again.", code="host_gone", internal=self._last_words())

    def _followed(
        self, connection: Connection, job: Json, report: Callable[[float], None], check: Callable[[], None]
    ) -> bool:
        """Send a job and follow it to its end; return False when the process ended before it had heard of it."""
        heard = False
        try:
            connection.send_bytes(json.dumps(dict(job)).encode())
            while True:
                check()
                if not connection.poll(_LOOK_SECONDS):
                    continue
                said = json.loads(connection.recv_bytes())
                heard = True
                if "share" in said:
                    report(said["share"])
                if "failed" in said:
                    _raise(said)
                if said.get("done"):
                    return True
        except (EOFError, OSError) as error:
            if not heard:
                return False
            raise PollFailed(
                "Local FLUX ended in the middle of the picture, perhaps for want of memory. It is tried again.",
                code="host_gone",
                internal=self._last_words(),
            ) from error

    def _connection(self, check: Callable[[], None]) -> Connection:
        """Return a connection, to a new process where there is none."""
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            check()
            with contextlib.suppress(OSError):
                return Client((self._place / ADDRESS).read_text("utf-8"), family="AF_UNIX")
            self._start()
            time.sleep(_LOOK_SECONDS)
        raise PollFailed("Local FLUX does not start. It is tried again.", code="host_gone", internal=self._last_words())

    def _start(self) -> None:
        """Start the process, unless the last one that we started is on its way. A second one ends by itself."""
        with self._lock:
            if self._started is not None and self._started.poll() is None:
                return
            self._place.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (self._place / LOG).open("wb") as log:
                self._started = subprocess.Popen(
                    [sys.executable, "-m", f"{__package__}.host", str(self._place), str(self._idle_seconds)],
                    cwd=ROOT,
                    env={**_surroundings(), **_OFFLINE},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def _last_words(self) -> str:
        try:
            return (self._place / LOG).read_text("utf-8", errors="replace")[-2000:]
        except OSError:
            return ""


def _raise(said: dict[str, Any]) -> None:
    kind = Refused if said["failed"] == "refused" else PollFailed
    raise kind(said["public"], code=said["code"], internal=said["internal"])
