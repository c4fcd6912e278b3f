"""The connection test: whether a key holds, what is left, how much at once. It costs nothing and changes no key."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models.functions import Now
from django.views.decorators.debug import sensitive_variables

from generation import execution
from generation.models import ProviderAccount
from generation.providers.base import AccountStatus
from generation.providers.errors import KeyRefused, ProviderError
from generation.vendors import keys

# Whatever a provider says: more than this nobody here could follow.
MOST_CONCURRENT = 1000
# What an address of a team’s own says, anybody may have said: no known provider has larger accounts.
MOST_AT_OWN_ADDRESS = 20


class Outcome(StrEnum):
    """How a connection test ended."""

    OK = "ok"
    NO_KEY = "no_key"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """What a connection test found.

    Attributes:
        outcome: how it ended.
        text: why it did not end well, in words; empty when it did.
        status: what the provider said; None when it did not end well.
    """

    outcome: Outcome
    text: str = ""
    status: AccountStatus | None = None


def test_connection(account: ProviderAccount) -> Check:
    """Ask the provider how the account stands, and keep the answer.

    Args:
        account: a team's or the installation's, with or without a key.
    """
    check = ask(account)
    fields = fields_of(check, account, limits=account.checked_at is None)
    ProviderAccount.objects.filter(pk=account.pk).update(**fields)
    account.refresh_from_db()
    return check


def ask(account: ProviderAccount) -> Check:
    """Ask the provider how the account stands. Nothing is written.

    Args:
        account: need not be saved as it is.
    """
    try:
        return Check(Outcome.OK, status=execution.account_status(account))
    except ProviderError as error:
        return Check(_outcome_of(error), _without_key(error.public, account))


@sensitive_variables("key")
def _without_key(text: str, account: ProviderAccount) -> str:
    """The provider may have repeated in its answer what it was sent."""
    try:
        key = keys.key_of(account)
    except ProviderError:
        return text
    return text.replace(key, "…") if key else text


def _outcome_of(error: ProviderError) -> Outcome:
    by_code = {"no_key": Outcome.NO_KEY, "key_unreadable": Outcome.UNREADABLE, "unreachable": Outcome.UNREACHABLE}
    return by_code.get(error.code, Outcome.REFUSED if isinstance(error, KeyRefused) else Outcome.FAILED)


def fields_of(check: Check, account: ProviderAccount, *, limits: bool) -> dict[str, Any]:
    """Return what an account's row keeps of a test: the figures that people are shown, and no word of the key.

    Args:
        check: what was found.
        account: whose it is, as it was tested.
        limits: also have as many orders at once as the provider works on. Staff may change that number afterwards.
    """
    result: dict[str, Any] = {"outcome": check.outcome.value, "text": check.text, "address": _address(account)}
    fields: dict[str, Any] = {"checked_at": Now(), "check_result": result}
    status = check.status
    if status is not None:
        result |= {
            "balance": status.balance,
            "balance_text": status.balance_text,
            "generations_today": dict(status.generations_today),
            "limits": {model: dict(limit) for model, limit in status.limits.items()},
            "api_version": status.api_version,
        }
        told = [most for limit in status.limits.values() if (most := limit.get("concurrent"))]
        if limits and told:
            most = MOST_AT_OWN_ADDRESS if account.base_url else MOST_CONCURRENT
            fields["max_concurrent"] = min(max(1, *told), most)
    return fields


def _address(account: ProviderAccount) -> str:
    return keys.address_of(account) or execution.registry()[account.provider].traits.default_url
