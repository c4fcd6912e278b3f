"""The one rehearsal server of an installation, run by whichever of its processes comes first.

A lock on a file decides who: it ends with its process, however that dies, and the next to ask takes over with the same
books, on the same port when that is free. Processes on other machines are told by ``REHEARSAL_URL`` where it runs.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path

from django.conf import settings

from generation.rehearsal.server import RehearsalServer

_PATIENCE_SECONDS = 10.0
_GLANCE_SECONDS = 0.02

_guard = threading.Lock()
_running: tuple[RehearsalServer, int] | None = None


class NoRehearsal(Exception):
    """The simulated providers do not run, and cannot be started here; the message says what to do."""


def address() -> str:
    """Where the simulated providers are reached; started when nobody runs them.

    Runway is at ``<address>/runway``, Runware at ``<address>/runware/v1``.

    Raises:
        NoRehearsal
    """
    if settings.REHEARSAL_URL:
        return str(settings.REHEARSAL_URL)
    with _guard:
        return _running[0].base_url if _running is not None else _found_or_started()


def folder() -> Path:
    """Where this installation's rehearsals are remembered."""
    return Path(settings.DATA_DIR) / "rehearsal"


def stop() -> None:
    """End the server if this process runs it; somebody else may take over."""
    global _running
    with _guard:
        if _running is not None:
            server, lock = _running
            _running = None
            server.stop()
            os.close(lock)


def _found_or_started() -> str:
    until = time.monotonic() + _PATIENCE_SECONDS
    folder().mkdir(parents=True, exist_ok=True)
    lock = os.open(folder() / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told = _told(lock)
            if told:
                os.close(lock)
                return told
        else:
            return _started(lock)
        if time.monotonic() > until:
            os.close(lock)
            raise NoRehearsal(
                f"Another process holds {folder() / 'lock'} but does not answer. End it, or name a rehearsal server in"
                " REHEARSAL_URL (manage.py rehearse starts one)."
            )
        time.sleep(_GLANCE_SECONDS)


def _started(lock: int) -> str:
    """Run the server here. What is in the lock file is the address, and true as long as the lock is held."""
    global _running
    before = os.pread(lock, 200, 0).decode("ascii", "replace").strip()
    os.ftruncate(lock, 0)
    port = int(before.rpartition(":")[2]) if before.rpartition(":")[2].isdigit() else 0
    speed = float(settings.REHEARSAL_SPEED)
    try:
        server = RehearsalServer(folder(), port=port, speed=speed)
    except OSError:
        server = RehearsalServer(folder(), speed=speed)
    server.start()
    os.pwrite(lock, server.base_url.encode(), 0)
    _running = server, lock
    return server.base_url


def _told(lock: int) -> str:
    """The address that the owner has written down, empty while it is still starting."""
    return os.pread(lock, 200, 0).decode("ascii", "replace").strip()


def _forget() -> None:
    """After a fork: the threads stayed with the parent, and its lock must end with it."""
    global _running, _guard
    _guard = threading.Lock()
    if _running is not None:
        os.close(_running[1])
        _running = None


os.register_at_fork(after_in_child=_forget)
