"""Keys at rest: sealed with the installation's own keys, and bound to the row that they belong to."""

from __future__ import annotations

from accounts import sealing
from generation.models import ProviderAccount
from generation.providers.errors import KeyRefused


class SealBroken(KeyRefused):
    """A sealed key cannot be read; the message says what to do. Nothing was sent to the provider.

    A refusal of the key, so that the account is paused with this reason until a person has acted.
    """

    def __init__(self, public: str, *, internal: str) -> None:
        super().__init__(public, code="key_unreadable", internal=internal)


def seal(account: ProviderAccount, key: str) -> str:
    """Return a key as it may be stored in an account's row.

    Args:
        account: whose key; its id and provider are sealed in, so that the text is of no use in another row.
        key: as the provider gave it.

    Raises:
        SealBroken: this installation has no key to seal with.
    """
    try:
        return sealing.seal({"account": str(account.pk), "provider": account.provider, "key": key})
    except sealing.NoSealingKey as error:
        raise _nothing_to_seal_with(error) from None


def unseal(account: ProviderAccount) -> str:
    """Return an account's key.

    Raises:
        SealBroken: it was sealed with another installation's keys, or for another row.
    """
    try:
        content = sealing.unseal(account.sealed_key)
    except sealing.NoSealingKey as error:
        raise _nothing_to_seal_with(error) from None
    except sealing.NotSealed as error:
        raise SealBroken(
            "The stored key cannot be read any more: the installation's FIELD_ENCRYPTION_KEYS have changed. Enter the "
            "key again under Providers and keys, or have the administrator put the old sealing key back.",
            internal=f"account {account.pk}: {error}",
        ) from None
    if (content.get("account"), content.get("provider")) != (str(account.pk), account.provider):
        raise SealBroken(
            "The stored key belongs to another account, so it is not used. Enter the key again under Providers "
            "and keys.",
            internal=f"account {account.pk}: holds what was sealed for account {content.get('account')}",
        )
    return content["key"]


def reseal(sealed: str) -> str:
    """Return the same sealed text under the newest sealing key.

    Raises:
        SealBroken: none of the sealing keys opens it.
    """
    try:
        return sealing.reseal(sealed)
    except sealing.NoSealingKey as error:
        raise _nothing_to_seal_with(error) from None
    except sealing.NotSealed as error:
        raise SealBroken(
            "Put the sealing key that it was made with back into FIELD_ENCRYPTION_KEYS, behind the new one, or have "
            "the team enter its key again.",
            internal=str(error),
        ) from None


def _nothing_to_seal_with(error: sealing.NoSealingKey) -> SealBroken:
    return SealBroken(
        "This installation has nothing to seal keys with. Have the administrator set FIELD_ENCRYPTION_KEYS.",
        internal=str(error),
    )
