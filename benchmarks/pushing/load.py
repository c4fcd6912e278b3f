"""What every server of this benchmark does alike: send numbered messages with their moment, and tell what it took."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import psutil

JOB = str(uuid.UUID(int=1))


class Load:
    """Measures the process it lives in."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._number = 0

    def wait_for(self, ready: Callable[[], bool]) -> None:
        """Wait until something holds."""
        ends = time.monotonic() + 60
        while not ready():
            if time.monotonic() > ends:
                raise TimeoutError("The server did not come up.")
            time.sleep(0.02)

    def memory(self) -> float:
        """Return the megabytes that this process holds."""
        return float(self._process.memory_info().rss) / 2**20

    def send(self, push: Callable[[dict[str, Any]], object], count: int, pause: float) -> dict[str, Any]:
        """Push messages of some 250 bytes, and wait until no more processor time goes into them.

        Args:
            push: takes a message; may be called from this thread.
            count: how many.
            pause: seconds between the beginnings of two.

        Returns:
            ``cpu``: the process's seconds; ``last``: the number of the last message.
        """
        cpu = time.process_time()
        for _ in range(count):
            begun = time.monotonic()
            self._number += 1
            push(
                {
                    "type": "video_generation_progress",
                    "jobId": JOB,
                    "shotId": JOB,
                    "filmId": "",
                    "progress": 0.421,
                    "status": "running",
                    "number": self._number,
                    "sent": begun,
                }
            )
            time.sleep(max(pause - (time.monotonic() - begun), 0))
        while True:
            before = time.process_time()
            time.sleep(0.5)
            if time.process_time() - before < 0.02:
                return {"cpu": time.process_time() - cpu, "last": self._number}
