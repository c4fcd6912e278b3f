"""An adapter to the provider of this benchmark, written as the remote ones are: ``requests``, a Session per thread."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import requests

from generation.providers.base import Context, Json, Order, Output, Submission, TaskState, TaskStatus, Traits

SPACING = 5.0


class BenchProvider:
    """Looks at tasks over HTTP. The other calls are never reached: its attempts run from the start.

    Args:
        url: where the provider is.
    """

    name: ClassVar[str] = "bench"
    traits: ClassVar[Traits] = Traits(safe_to_resend=False, first_poll_after=SPACING, poll_spacing=SPACING)

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """Look once."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        answer = self._local.session.get(
            f"{self._url}/v1/tasks/{task_id}", headers={"Authorization": "Bearer bench"}, timeout=(5, 30)
        ).json()
        return TaskStatus(TaskState(answer["status"].lower()), progress=answer["progress"])

    def prepare(self, order: Order, context: Context) -> Json:
        raise NotImplementedError

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        raise NotImplementedError

    def cancel(self, task_id: str, context: Context) -> None:
        raise NotImplementedError

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        raise NotImplementedError
