"""``manage.py rotate_secrets``: keys of teams, secrets of webhooks and second factors, sealed with the newest key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.second_factor import reseal_all
from generation.models import ProviderAccount
from generation.vendors import sealing
from projects.outgoing import secrets


class Command(BaseCommand):
    """Seals every stored secret anew."""

    help = (
        "Seal the stored keys of teams, the secrets of webhooks and people's second factors with the first of "
        "FIELD_ENCRYPTION_KEYS. Afterwards the others can be taken away. May be repeated, also while people work."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through the accounts; those that cannot be read are named and left as they are."""
        done, broken = 0, []
        accounts = ProviderAccount.objects.exclude(sealed_key="").select_related("team").order_by("created_at")
        for account in accounts.iterator():
            try:
                sealing.unseal(account)
                fresh = sealing.reseal(account.sealed_key)
            except sealing.SealBroken as error:
                broken.append(f"{account}: {error.public}")
                continue
            # Only what was read: a key that somebody enters meanwhile is sealed with the newest one already.
            rows = ProviderAccount.objects.filter(pk=account.pk, sealed_key=account.sealed_key)
            done += rows.update(sealed_key=fresh)
        webhooks, lost = secrets.reseal_all()
        done += webhooks
        broken += [f"{which}: make a new secret for it, or put the old sealing key back." for which in lost]
        factors, unread = reseal_all()
        done += factors
        broken += [f"{whose}: have them set it up anew, or put the old sealing key back." for whose in unread]
        self.stdout.write(f"{done} sealed with the newest key.")
        if broken:
            raise CommandError("Not all could be read, so keep the old sealing keys:\n" + "\n".join(broken))
