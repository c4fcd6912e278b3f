"""Brings up workers that are about to be killed: one process that is ready, and forks each of them.

    python -m tests.chaos.nursery [naive]

Reads commands, one a line, and answers each with one: ``start`` forks a worker and answers with its process id,
``kill PID`` ends one with SIGKILL and answers when it is gone. A worker of its own start-up would spend seconds of a
core before it worked; a forked one works at once, so that a thousand of them can die in minutes. Ends with its input.
"""

from __future__ import annotations

import os
import signal
import sys

import django

django.setup()

from generation import execution, steps  # noqa: E402
from generation.worker import Working  # noqa: E402
from tests.chaos import naive  # noqa: E402

THREADS = 4


def work() -> None:
    """Be a worker until somebody kills this process; it is never asked politely."""
    Working(threads=THREADS).start()
    while True:
        signal.pause()


def born() -> int:
    """Fork a worker; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        sys.stdin.close()
        # Whoever reads our answers must not wait for a worker that has outlived us.
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        work()
    finally:
        os._exit(1)


def main() -> None:
    """Do what is asked until nobody asks any more, and leave no worker behind."""
    if "naive" in sys.argv[1:]:
        steps.submit_next = naive.submit_next
    # What every step needs is loaded once, here; threads and connections are made after the fork.
    execution.registry()
    alive: set[int] = set()
    print("ready", flush=True)
    for line in sys.stdin:
        word, _, pid = line.strip().partition(" ")
        if word == "start":
            alive.add(child := born())
            print(child, flush=True)
        elif word == "kill":
            alive.discard(int(pid))
            os.kill(int(pid), signal.SIGKILL)
            os.waitpid(int(pid), 0)
            print("gone", flush=True)
    for child in alive:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
