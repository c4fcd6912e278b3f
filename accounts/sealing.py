"""Secrets at rest: sealed with the installation's own keys, each for one purpose."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class NotSealed(Exception):
    """Something could not be sealed or opened. Whoever asked knows what a person should do about it."""


class NoSealingKey(NotSealed):
    """This installation has nothing to seal with: FIELD_ENCRYPTION_KEYS is empty."""


def seal(content: Mapping[str, str]) -> str:
    """Return content as it may be stored.

    Args:
        content: the secret, and what it belongs to: text that is of no use elsewhere says where it is of use.

    Raises:
        NoSealingKey: there is nothing to seal with.
    """
    return _fernet().encrypt(json.dumps(dict(content)).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """Return what was sealed.

    Raises:
        NotSealed: none of the sealing keys opens it.
    """
    try:
        return dict(json.loads(_fernet().decrypt(sealed.encode())))
    except InvalidToken:
        raise NotSealed("no sealing key opens it") from None


def reseal(sealed: str) -> str:
    """Return the same sealed text under the newest sealing key.

    Raises:
        NotSealed: none of the sealing keys opens it.
    """
    try:
        return _fernet().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise NotSealed("no sealing key opens it") from None


def _fernet() -> MultiFernet:
    if not settings.FIELD_ENCRYPTION_KEYS:
        raise NoSealingKey("FIELD_ENCRYPTION_KEYS is empty")
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])
