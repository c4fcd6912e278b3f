"""The actors of this room: parse, call."""

from __future__ import annotations

from uuid import UUID

import dramatiq

from projects.queue import QUEUE
from scenes import mirror


@dramatiq.actor(actor_name="scenes.mirror", queue_name=QUEUE, max_retries=0)
def write_mirror(scene_id: str) -> None:
    """Bring one scene's ``scene.json`` up to date."""
    mirror.write(UUID(scene_id))
