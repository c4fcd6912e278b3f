"""How often somebody may ask: allauth's counters, with ours beside them (``ACCOUNT_RATE_LIMITS``)."""

from __future__ import annotations

from allauth.account import app_settings
from allauth.core.internal.ratelimit import parse_rates
from allauth.core.ratelimit import consume
from django.http import HttpRequest

INVITE = "invite"  # mails that a person has sent; the key is the address or the invitation
INVITATION = "invitation"  # links that are tried

# The pages whose limit has another name than their address.
_ACTIONS = {
    "account_login": "login",
    "account_signup": "signup",
    "account_reset_password": "reset_password",
    "account_reset_password_from_key": "reset_password_from_key",
    "account_change_password": "change_password",
    "account_email": "manage_email",
    "account_reauthenticate": "reauthenticate",
    "send_again": INVITE,
}
_OTHERWISE = 60


def wait_after(request: HttpRequest) -> int:
    """Return after how many seconds somebody who has reached a limit is surely welcome again."""
    match = request.resolver_match
    name = match.url_name if match is not None and match.url_name else ""
    return wait_of(_ACTIONS.get(name, name))


def wait_of(action: str) -> int:
    """Return after how many seconds somebody who has reached the limit of an action is surely welcome again."""
    rates = parse_rates(app_settings.RATE_LIMITS.get(action))
    return max((int(rate.duration) for rate in rates), default=_OTHERWISE)


def is_too_many(request: HttpRequest, action: str, *keys: str) -> bool:
    """Count something that somebody does, once for each key; return whether it is more than they may.

    Args:
        request: whose person and address are counted.
        action: one of the words above.
        keys: what it is done to; none: only the person or the address counts.
    """
    return not all(consume(request, action=action, key=key.lower() or None) for key in keys or ("",))
