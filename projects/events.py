"""Writing the log: an event is saved in the transaction of the change it tells of, and pushed after commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import models, transaction

from accounts.models import User
from projects import live
from projects.models import Event, Project
from projects.outgoing import planning

# Who has missed more than that fetches the state anew, which is quicker than to read what led to it.
REPLAY_LIMIT = 1000


def record(
    project_id: UUID,
    event_type: str,
    payload: Mapping[str, Any],
    *,
    actor: User | UUID | None = None,
) -> Event:
    """Append an event and push it to whoever watches the project once the transaction has committed.

    Call it last in the transaction: it takes the project's row lock, which keeps the numbers in the order of
    commit and holds other writers of the same project until then.

    Args:
        project_id: the project it happened in.
        event_type: a word from the socket protocol, ``video_generation_started`` for one.
        payload: JSON values only; ids as text.
        actor: who did it; None for the machine.

    Raises:
        RuntimeError: there is no transaction to belong to.
        Project.DoesNotExist: the project has gone.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event must be recorded in the transaction of its change.")
    changed = Project.objects.filter(pk=project_id).update(last_event_number=models.F("last_event_number") + 1)
    if not changed:
        raise Project.DoesNotExist(f"Project {project_id} has gone.")
    # Whether anybody is to be rung for is asked along: an event costs no query more where there is no webhook.
    asked = Project.objects.values_list("last_event_number", planning.somebody_listens())
    number, heard = asked.get(pk=project_id)
    event = Event.objects.create(
        project_id=project_id,
        number=number,
        type=event_type,
        payload=dict(payload),
        actor_id=actor.pk if isinstance(actor, User) else actor,
    )
    transaction.on_commit(lambda: live.push(project_id, message_of(event)))
    if heard:
        transaction.on_commit(lambda: planning.ring_for(project_id), robust=True)
    return event


def message_of(event: Event) -> dict[str, Any]:
    """Return an event as the socket sends it."""
    return {"seq": event.number, "type": event.type, **event.payload}
