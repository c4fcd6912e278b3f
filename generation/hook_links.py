"""The addresses at which providers may tell us that something has changed: one for each attempt, with a secret in it.

Runware signs nothing, so the address itself is what nobody else can know. It is made of the attempt's id and is stored
nowhere.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "generation.hooks"


def webhook_url(attempt_id: UUID) -> str:
    """Return where a provider may call about an attempt; empty when this installation has no public address."""
    if not settings.PUBLIC_URL:
        return ""
    path = reverse("hooks:runware", kwargs={"attempt_id": attempt_id, "secret": _secret(attempt_id)})
    return f"{settings.PUBLIC_URL}{path}"


def knows_secret(attempt_id: UUID, secret: str) -> bool:
    """Return whether a caller has the address that was given to the provider, in a time that tells nothing."""
    return constant_time_compare(secret, _secret(attempt_id))


def _secret(attempt_id: UUID) -> str:
    return salted_hmac(_SALT, str(attempt_id), algorithm="sha256").hexdigest()
