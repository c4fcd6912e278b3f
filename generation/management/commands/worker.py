"""``manage.py worker``: a worker of its own, for an installation with Redis."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from generation.worker import Working

LOOK_SECONDS = 2.0


class Command(BaseCommand):
    """Works on jobs until it is told to end."""

    help = "Work on jobs. Needs REDIS_URL; without Redis the server works by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--threads", type=int, default=None, help="steps at once (default: WORKER_THREADS)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, wait for a signal, stop claiming, and end what is in hand."""
        if not settings.REDIS_URL:
            raise CommandError(
                "There is no REDIS_URL, so nobody could send this worker anything. Start the server with "
                "`make run`: without Redis it works on its jobs itself."
            )
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        self._wait_for_the_database(ended)
        if ended.is_set():
            return
        working = Working(options["threads"])
        working.start()
        self.stdout.write("Working. Ctrl+C ends.")
        ended.wait()
        self.stdout.write("Ending what is in hand …")
        working.stop(timeout_seconds=60)

    def _wait_for_the_database(self, ended: threading.Event) -> None:
        """The server prepares the database when it starts; a worker that was started beside it waits for that."""
        told = False
        while not ended.is_set() and _unprepared():
            if not told:
                self.stdout.write(
                    "The database is not prepared yet; this worker waits. Start the server, or run manage.py migrate."
                )
                told = True
            ended.wait(LOOK_SECONDS)


def _unprepared() -> bool:
    """Whether migrations are missing that this version needs."""
    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    finally:
        connection.close()
