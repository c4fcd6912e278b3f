"""Where rooms that do not know each other are put together."""

from __future__ import annotations

from generation.worker import Working
from scenes.mirror import sweep_mirrors


def start_worker(threads: int | None = None) -> Working:
    """Start this process's worker, with the repairs of every room."""
    worker = Working(threads=threads, sweeps=(sweep_mirrors,))
    worker.start()
    return worker
