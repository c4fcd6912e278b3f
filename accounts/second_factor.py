"""The second factor: what allauth keeps of it is sealed, and goes along when sealing keys are changed."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

from accounts import sealing
from accounts.models import User

_PURPOSE = "second factor"
# Where an authenticator's row holds something that must not be read: the app's secret, the seed of recovery codes.
_SEALED = ("secret", "seed")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """How allauth's second factor meets our people."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "unverified_email": "Confirm your email address first: open the link that we sent you.",
        "incorrect_code": "That code is not right. Codes change every half minute; take the one that is shown now.",
        "cannot_generate_recovery_codes": "Set up an authenticator app or a passkey first.",
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret before it is stored."""
        return sealing.seal({"for": _PURPOSE, "secret": text})

    def decrypt(self, encrypted_text: str) -> str:
        """Open a stored secret.

        Raises:
            NotSealed: the sealing keys have changed, or this was sealed for something else.
        """
        content = sealing.unseal(encrypted_text)
        if content.get("for") != _PURPOSE:
            raise sealing.NotSealed("sealed for something else")
        return content["secret"]

    def get_totp_issuer(self) -> str:
        """Return the name under which authenticator apps list the account."""
        return "Rushes"

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Return a name for a new passkey that tells it from the others."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return who asks for a passkey: this host, by our name."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Rushes"}


def reseal_all() -> tuple[int, list[str]]:
    """Seal every stored secret anew with the newest sealing key.

    Returns:
        How many were sealed, and whose could not be read.
    """
    done, broken = 0, []
    for row in Authenticator.objects.select_related("user").order_by("pk").iterator():
        held = [name for name in _SEALED if name in row.data]
        try:
            fresh = {name: sealing.reseal(row.data[name]) for name in held}
        except sealing.NotSealed:
            broken.append(f"second factor of {row.user.email}")
            continue
        if fresh:
            # Only what was read: codes that are used up meanwhile stay so.
            done += Authenticator.objects.filter(pk=row.pk, data=row.data).update(data={**row.data, **fresh})
    return done, broken
