"""Changing the address that one logs in with."""

from __future__ import annotations

from allauth.account.forms import AddEmailForm
from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest

from accounts.models import User


class ChangeAddressForm(AddEmailForm):  # type: ignore[misc]
    """Asks for a new address. A confirmed one holds until the new one is confirmed, too."""

    @transaction.atomic
    def save(self, request: HttpRequest) -> EmailAddress:
        """Send the link to the new address.

        allauth forgets an address that was never confirmed as soon as another one is asked for, and would leave the
        person with none. Then the new one holds at once, unless it is somebody else's: there is nothing to protect.
        """
        before: str = self.user.email
        address: EmailAddress = super().save(request)
        person = User.objects.get(pk=self.user.pk)
        if not person.email:
            taken = User.objects.filter(email__iexact=address.email).exists()
            person.email = before if taken else address.email
            person.save(update_fields=["email"])
        return address
