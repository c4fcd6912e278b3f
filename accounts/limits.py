"""How often somebody may ask: allauth's counters, with ours beside them (``ACCOUNT_RATE_LIMITS``)."""

from __future__ import annotations

from allauth.account import app_settings
from allauth.core.internal.ratelimit import parse_rates
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
    rates = parse_rates(app_settings.RATE_LIMITS.get(_ACTIONS.get(name, name)))
    return max((int(rate.duration) for rate in rates), default=_OTHERWISE)
