"""A worker process that dies of ``kill -9`` after its message was taken, before it has noted that.

python -m tests.webhooks.doomed ENDPOINT ORIGIN
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402

from projects.models import Delivery  # noqa: E402
from projects.outgoing import sending  # noqa: E402


def main(endpoint_id: str, origin: str) -> None:
    """Send, and die when the answer is there."""
    settings.WEBHOOK_ALLOWED_ORIGINS = [origin]

    def dies(delivery: Delivery, outcome: Any) -> bool:
        assert outcome.taken
        os.kill(os.getpid(), signal.SIGKILL)
        return False

    sending._note = dies
    sending.send(UUID(endpoint_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
