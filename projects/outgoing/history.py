"""What a team's log tells of its webhooks: who made them, changed them, turned them off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from accounts.models import TeamEvent, User
from accounts.services import note
from projects.models import WebhookEndpoint

Kind = TeamEvent.Kind
_SAID = {
    "url": lambda row: f"it leads to {_host(row)}",
    "types": lambda row: f"it hears {', '.join(row.types)}",
    "description": lambda row: f"it is called “{row.description or _host(row)}”",
    "project": lambda row: f"it hears of {row.project.name if row.project else 'all projects'}",
}


def write(endpoint: WebhookEndpoint, kind: TeamEvent.Kind, actor: User | None, more: str = "") -> None:
    """Write into the team's log what was done with an endpoint, in the caller's transaction.

    Args:
        endpoint: which. Of its address the log tells the host: the rest of it is often a secret of the receiver's.
        kind: one of those about webhooks.
        actor: who did it; None where it was done by itself.
        more: what else there is to say.
    """
    name = endpoint.description or _host(endpoint)
    note(endpoint.team, kind, actor=actor, webhook=name, more=more[:400], by_itself=int(actor is None))


def changes(row: WebhookEndpoint, fields: Mapping[str, Any]) -> list[str]:
    """Return the names of the details that would be another than they are."""
    return [name for name in fields if name in _SAID and fields[name] != getattr(row, name)]


def write_changes(row: WebhookEndpoint, changed: list[str], actor: User) -> None:
    """Write into the team's log what of an endpoint is another now, in the caller's transaction."""
    if changed:
        write(row, Kind.WEBHOOK_CHANGED, actor, "; ".join(_SAID[name](row) for name in changed))


def _host(endpoint: WebhookEndpoint) -> str:
    return urlsplit(endpoint.url).hostname or "its address"
