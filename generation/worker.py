"""The working half of the product: the queue's threads, and one thread that ticks for sweeps and polls.

Runs inside the server's process when there is no Redis, or as ``manage.py work`` beside it.
"""

from __future__ import annotations

import logging
import threading
import time

import dramatiq
from django.conf import settings
from django.db import close_old_connections

from generation import leases
from generation.polling import Poller
from generation.sweep import check_installation, sweep
from scenes.mirror import sweep_mirrors

logger = logging.getLogger(__name__)

# A look waits for the next tick, so this is part of how late it comes.
TICK_SECONDS = 0.1
# Dramatiq's own default of 1,000 ms lets a job wait up to a second on Redis before it starts.
QUEUE_LOOK_MS = 50


class Working:
    """The worker of one process.

    Args:
        threads: how many messages are worked on at once; the setting when None.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or settings.ENGINE["WORKER_THREADS"]
        self._worker = dramatiq.Worker(
            dramatiq.get_broker(),
            worker_threads=self._threads,
            worker_timeout=QUEUE_LOOK_MS,
        )
        self._poller = Poller()
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)

    def start(self) -> None:
        """Recover what an earlier process left behind, then begin to work."""
        leases.stopping.clear()
        leases.threads = self._threads
        check_installation()
        self._worker.start()
        self._ticker.start()

    def stop(self, timeout_seconds: float = 20.0) -> None:
        """Claim nothing more, let steps end at their next check, and return within the time given."""
        leases.stopping.set()
        self._ended.set()
        self._worker.stop(timeout=int(timeout_seconds * 1000))
        leases.threads = None
        self._poller.close()
        self._ticker.join(timeout=5)

    def _tick(self) -> None:
        next_sweep = 0.0
        while not self._ended.is_set():
            now = time.monotonic()
            try:
                if now >= next_sweep:
                    next_sweep = now + settings.ENGINE["SWEEP_SECONDS"]
                    sweep()
                    sweep_mirrors()
                self._poller.sweep()
            except Exception:
                logger.exception("A tick failed; the next one tries again")
            finally:
                close_old_connections()
            self._ended.wait(TICK_SECONDS)
