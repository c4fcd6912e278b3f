"""One request to Luma: its headers, its key, and what is never told of them."""

from __future__ import annotations

import re
from typing import Any

from generation.providers import http, keyed
from generation.providers.base import Context

DEFAULT_URL = "https://api.lumalabs.ai/dream-machine/v1"
_KEY = re.compile(r"\bluma-[0-9A-Za-z-]{4,}")


def ask(
    method: str, path: str, context: Context, *, deadline: float, json: Any = None, fresh: bool = False
) -> http.Answer:
    """Send one request and return the answer, whatever its status.

    Args:
        method, path: of the endpoint, with its query.
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
        headers={"Authorization": f"Bearer {keyed.checked_key(context.key, 'Luma')}", "Accept": "application/json"},
        json=json,
        deadline=deadline,
        fresh=fresh,
        check=context.check,
    )


def without_key(text: str, key: str) -> str:
    """Return the provider's words for a log or a person. See ``keyed.without_key``."""
    return keyed.without_key(text, key, _KEY)
