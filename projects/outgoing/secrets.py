"""The secrets that endpoints sign with, at rest: sealed, each for its own row."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import sealing
from projects.models import WebhookEndpoint

MOST_OLD = 3
NOTHING_TO_SEAL_WITH = (
    "This installation has nothing to seal secrets with. Have the administrator set FIELD_ENCRYPTION_KEYS."
)


class SecretLost(Exception):
    """A stored secret cannot be read any more; the message says what to do."""


def seal(endpoint_id: UUID, secret: str) -> str:
    """Return a secret as it may be stored in an endpoint's row.

    Raises:
        sealing.NoSealingKey: there is nothing to seal with.
    """
    return sealing.seal({"webhook": str(endpoint_id), "secret": secret})


def unseal(endpoint: WebhookEndpoint, sealed: str) -> str:
    """Return a secret of an endpoint.

    Raises:
        SecretLost: it was sealed with keys that are gone, or for another row.
    """
    try:
        content = sealing.unseal(sealed)
    except sealing.NotSealed:
        content = {}
    if content.get("webhook") != str(endpoint.pk):
        raise SecretLost(
            "Its secret cannot be read any more: the installation's FIELD_ENCRYPTION_KEYS have changed. Make a new "
            "secret, or have the administrator put the old sealing key back."
        )
    return content["secret"]


def signing(endpoint: WebhookEndpoint) -> list[str]:
    """Return the secrets that sign now: the current one first, then old ones whose time is not over.

    Raises:
        SecretLost: the current one cannot be read. Old ones that cannot be read are left out.
    """
    found = [unseal(endpoint, endpoint.sealed_secret)]
    for old in living(endpoint.old_secrets):
        try:
            found.append(unseal(endpoint, old["sealed"]))
        except SecretLost:
            continue
    return found


def living(old: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out old secrets whose time is over."""
    now = timezone.now()
    return [one for one in old if datetime.fromisoformat(one["until"]) > now]


def reseal_all() -> tuple[int, list[str]]:
    """Seal every secret with the newest sealing key.

    Returns:
        How many endpoints were sealed anew, and those of which a secret could not be read.
    """
    done, unread = 0, []
    for endpoint in WebhookEndpoint.objects.select_related("team").order_by("created_at").iterator():
        try:
            unseal(endpoint, endpoint.sealed_secret)
            fresh = sealing.reseal(endpoint.sealed_secret)
            old = [{**one, "sealed": sealing.reseal(one["sealed"])} for one in living(endpoint.old_secrets)]
        except (SecretLost, sealing.NotSealed):
            unread.append(f"The webhook {endpoint.url} of {endpoint.team}")
            continue
        # Only what was read: a secret that somebody makes meanwhile is sealed with the newest key already.
        rows = WebhookEndpoint.objects.filter(pk=endpoint.pk, sealed_secret=endpoint.sealed_secret)
        done += rows.update(sealed_secret=fresh, old_secrets=old)
    return done, unread
