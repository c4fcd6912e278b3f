"""One request to Runway: its headers, its key, and what is never told of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

from generation.providers import http, keyed
from generation.providers.base import Context

DEFAULT_URL = "https://api.dev.runwayml.com"
API_VERSION = "2024-11-06"
MICROS_PER_CREDIT = 10_000
# Nothing beyond it is a price or a balance, and no column holds it.
MOST_CREDITS = 100_000_000_000
_KEY = re.compile(r"key_[0-9A-Za-z]{4,}")


def ask(
    method: str, path: str, context: Context, *, deadline: float, json: Any = None, fresh: bool = False
) -> http.Answer:
    """Send one request and return the answer, whatever its status.

    Args:
        method, path: of the endpoint.
        context: address, key and the lease.
        deadline: seconds that all of it may take.
        json: the body, where there is one.
        fresh: see ``http.call``.

    Raises:
        KeyRefused: there is no key that could be sent.
        http.NotSent: nothing left this machine.
        http.AnswerLost: it may have arrived, and no whole answer came back.
    """
    return http.call(
        method,
        (context.base_url or DEFAULT_URL).rstrip("/") + path,
        headers={
            "Authorization": f"Bearer {keyed.checked_key(context.key, 'Runway')}",
            "X-Runway-Version": API_VERSION,
            "Accept": "application/json",
        },
        json=json,
        deadline=deadline,
        fresh=fresh,
        check=context.check,
    )


def without_key(text: str, key: str) -> str:
    """Return the provider's words for a log or a person. See ``keyed.without_key``."""
    return keyed.without_key(text, key, _KEY)


def micros(cost: Any) -> int | None:
    """Return an object of ``credits`` in micro-units, a fraction rounded up; None when it tells nothing that can be."""
    said = cost.get("credits") if isinstance(cost, Mapping) else None
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        amount = Decimal(str(said))
    except InvalidOperation:
        return None
    if not amount.is_finite() or amount.copy_abs() > MOST_CREDITS:
        return None
    return max(int((amount * MICROS_PER_CREDIT).to_integral_value(ROUND_CEILING)), 0)
