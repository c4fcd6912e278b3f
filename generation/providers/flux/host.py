"""The process that computes: one on a machine, one model in memory, one picture after the other.

Started by ``calls``, never by hand. It ends after a while without work, or when whoever started it has ended, and so
gives all memory back. torch is imported with the first picture, so that whoever starts it is answered at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from generation.providers.flux.calls import ADDRESS, LOCK
from generation.providers.flux.pipelines import CalledOff, Easel, Failure

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
_WAIT_FOR_LOCK_SECONDS = 20.0
_LOADED, _DRAWN = 0.1, 0.95


def main(place: Path, idle_seconds: float) -> int:
    """Serve until there has been nothing to do for a while.

    Args:
        place: the folder of the address and the lock.
        idle_seconds: how long that is.

    Returns:
        1 when another such process has the lock.
    """
    with _only_one(place / LOCK) as alone:
        if not alone:
            return 1
        with Listener(family="AF_UNIX", backlog=64) as listener:
            waiting: queue.SimpleQueue[Connection] = queue.SimpleQueue()
            threading.Thread(target=_take_in, args=(listener, waiting), daemon=True).start()
            _publish(place / ADDRESS, str(listener.address))
            easel = Easel()
            _serve(waiting, easel, idle_seconds)
            (place / ADDRESS).unlink(missing_ok=True)
        # Whoever came in between has been let in and is served; whoever comes now finds nobody and starts anew.
        with contextlib.suppress(queue.Empty):
            while True:
                _answer(waiting.get_nowait(), easel)
    return 0


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[bool]:
    """Hold the machine's lock; tell whether it could be had before long."""
    with path.open("w") as lock:
        until = time.monotonic() + _WAIT_FOR_LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > until:
                    yield False
                    return
                time.sleep(_LOOK_SECONDS)
            else:
                yield True
                return


def _publish(path: Path, address: str) -> None:
    partial = path.with_suffix(".new")
    partial.write_text(address, encoding="utf-8")
    partial.replace(path)


def _take_in(listener: Listener, waiting: queue.SimpleQueue[Connection]) -> None:
    with contextlib.suppress(OSError):
        while True:
            waiting.put(listener.accept())


def _serve(waiting: queue.SimpleQueue[Connection], easel: Easel, idle_seconds: float) -> None:
    parent = os.getppid()
    last = time.monotonic()
    while time.monotonic() - last < idle_seconds:
        try:
            connection = waiting.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            if os.getppid() != parent:
                return
            continue
        _answer(connection, easel)
        last = time.monotonic()


def _answer(connection: Connection, easel: Easel) -> None:
    """Draw one picture and say how it went; whoever has gone meanwhile wants it no more."""
    with connection, contextlib.suppress(CalledOff, EOFError, OSError):
        job = json.loads(connection.recv_bytes())
        _say(connection, share=0.0)
        try:
            _draw(job, easel, connection)
        except Failure as failure:
            logger.warning("%s: %s", failure.code, failure.internal)
            _say(
                connection,
                failed="refused" if failure.final else "later",
                public=str(failure),
                code=failure.code,
                internal=failure.internal,
            )
        else:
            _say(connection, share=1.0, done=True)


def _draw(job: dict[str, Any], easel: Easel, connection: Connection) -> None:
    def step(done: int, of: int) -> None:
        # Whoever waits says nothing more, so that anything to be read is the end of the connection.
        if connection.poll(0):
            logger.info("Called off")
            raise CalledOff
        _say(connection, share=_LOADED + (_DRAWN - _LOADED) * done / max(of, 1))

    # It may have been called off while others were drawn.
    step(0, 1)
    picture = easel.draw(job, step)
    destination = Path(job["destination"])
    partial = destination.with_name(destination.name + ".making")
    try:
        picture.save(partial, format="PNG")
        partial.replace(destination)
    except OSError as error:
        raise Failure(
            "The picture could not be written to disk. It is tried again.", code="not_written", internal=repr(error)
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _say(connection: Connection, **said: Any) -> None:
    connection.send_bytes(json.dumps(said).encode())


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))
