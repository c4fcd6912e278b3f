"""The addresses that providers are given: where they may tell us that something has changed, and where a file lies.

They sign nothing, so an address itself is what nobody else can know. It is made of an id and is stored nowhere.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from scenes import storage
from scenes.models import Asset

# An order may wait so long in the provider's queue before its files are fetched.
LENT_SECONDS = 2 * 60 * 60
_SALT = "generation.hooks"
_LENT_SALT = "generation.lent"


def webhook_url(attempt_id: UUID, provider: str) -> str:
    """Return where a provider may call about an attempt; empty when this installation has no public address."""
    if not settings.PUBLIC_URL:
        return ""
    path = reverse("hooks:call", kwargs={"provider": provider, "attempt_id": attempt_id, "secret": _secret(attempt_id)})
    return f"{settings.PUBLIC_URL}{path}"


def knows_secret(attempt_id: UUID, secret: str) -> bool:
    """Return whether a caller has the address that was given to the provider, in a time that tells nothing."""
    return constant_time_compare(secret, _secret(attempt_id))


def _secret(attempt_id: UUID) -> str:
    return salted_hmac(_SALT, str(attempt_id), algorithm="sha256").hexdigest()


def lent_url(asset: Asset) -> str:
    """Return where whoever is given the address can fetch a file for two hours, over https.

    A signed link to the bucket where it is reached by https, otherwise one to this installation; empty when neither
    can be reached from outside.
    """
    direct = storage.link(asset.key, asset.media_type, None, LENT_SECONDS)
    if direct is not None and direct.startswith("https://"):
        return direct
    if not settings.PUBLIC_URL:
        return ""
    return f"{settings.PUBLIC_URL}{reverse('hooks:lent', args=[signing.dumps(str(asset.pk), salt=_LENT_SALT)])}"


def lent_asset(token: str) -> Asset | None:
    """Return the file that an address of ``lent_url`` stands for; None where it has run out or the file is deleted."""
    try:
        pk = signing.loads(token, salt=_LENT_SALT, max_age=LENT_SECONDS)
    except signing.BadSignature:
        return None
    return Asset.objects.kept().filter(pk=pk).first()
