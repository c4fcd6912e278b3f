"""Running a decoder as a child process: limited, watched, stoppable, and never left behind."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("sandbox.py")

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE

_GLANCE_SECONDS = 0.25
_KEPT_OUTPUT = 4 * MEBIBYTE
_KEPT_ERRORS = 64 * 1024

# Nothing of our own environment (keys, database addresses) reaches a decoder.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "TZ")


class ChildTimedOut(Exception):
    """The child was still running when its wall-clock limit was over; it has been killed."""


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one child may use.

    Attributes:
        wall_seconds: real time from start to end.
        cpu_seconds: processor time over all its threads.
        memory_bytes: address space; decoders reserve about three times what they touch.
        file_bytes: the largest file it may write.
    """

    wall_seconds: float = 600
    cpu_seconds: int = 1200
    memory_bytes: int = 3 * GIBIBYTE
    file_bytes: int = 8 * GIBIBYTE


@dataclass(frozen=True, slots=True)
class Finished:
    """How a child ended. ``returncode`` is negative for a signal; ``errors`` is the end of what it wrote to stderr."""

    returncode: int
    output: bytes
    errors: str


def never_stop() -> None:
    """The ``check`` for callers that have nothing to stop them."""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the child's whole group and collect it. Safe to call on one that has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run_child(
    arguments: Sequence[str],
    *,
    limits: ChildLimits,
    check: Callable[[], None] = never_stop,
    on_line: Callable[[str], None] | None = None,
) -> Finished:
    """Run one program inside the sandbox and wait for it.

    Args:
        arguments: the program's absolute path and its arguments.
        limits: what it may use.
        check: called at least once a second; whatever it raises ends the child and is passed on.
        on_line: gets each line of the child's stdout as it comes; without it stdout is collected.

    Raises:
        ChildTimedOut: the wall-clock limit was over.
        Exception: whatever ``check`` or ``on_line`` raised.
    """
    check()
    wanted = {
        "parent": os.getpid(),
        "memory": limits.memory_bytes,
        "file_size": limits.file_bytes,
        "cpu": limits.cpu_seconds,
    }
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(wanted), "--", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environment, "LANG": "C.UTF-8", "HOME": "/nonexistent"},
        start_new_session=True,
    )
    try:
        output, errors = _watch(process, limits.wall_seconds, check, on_line)
        return Finished(process.wait(), output, errors)
    finally:
        _end(process)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _watch(
    process: subprocess.Popen[bytes],
    wall_seconds: float,
    check: Callable[[], None],
    on_line: Callable[[str], None] | None,
) -> tuple[bytes, str]:
    """Read both pipes until they close. Returns stdout and the end of stderr."""
    deadline = time.monotonic() + wall_seconds
    next_check = time.monotonic() + _GLANCE_SECONDS
    output, pending, errors = bytearray(), bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(_GLANCE_SECONDS):
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    errors += chunk
                    del errors[:-_KEPT_ERRORS]
                elif on_line is None:
                    output += chunk[: _KEPT_OUTPUT - len(output)]
                else:
                    pending += chunk
                    *lines, rest = pending.split(b"\n")
                    pending = bytearray(rest[-_KEPT_ERRORS:])
                    for line in lines:
                        on_line(line.decode("utf-8", "replace"))
            now = time.monotonic()
            if now >= next_check:
                check()
                next_check = now + _GLANCE_SECONDS
            if now >= deadline:
                raise ChildTimedOut(f"still running after {wall_seconds:g} s")
    return bytes(output), errors.decode("utf-8", "replace")
