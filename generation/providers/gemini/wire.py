"""One request to Gemini: its headers, its key, and what is never told of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from generation.providers import http, keyed
from generation.providers.base import Context

DEFAULT_URL = "https://generativelanguage.googleapis.com"
KEY_HEADER = "x-goog-api-key"
ANSWER_MOST = 8 * 1024 * 1024
_KEY = re.compile(r"AIza[0-9A-Za-z_-]{4,}|key=[^&\s\"']+")


def ask(
    method: str,
    path: str,
    context: Context,
    *,
    deadline: float,
    json: Any = None,
    fresh: bool = False,
    most_bytes: int = ANSWER_MOST,
) -> http.Answer:
    """Send one request and return the answer, whatever its status.

    Args:
        method, path: of the endpoint.
        context: address, key and the lease.
        deadline: seconds that all of it may take.
        json: the body, where there is one.
        fresh, most_bytes: see ``http.call``.

    Raises:
        KeyRefused: there is no key that could be sent.
        http.NotSent: nothing left this machine.
        http.AnswerLost: it may have arrived, and no whole answer came back.
    """
    return http.call(
        method,
        address_of(context) + path,
        headers={**key_header(context), "Accept": "application/json"},
        json=json,
        deadline=deadline,
        fresh=fresh,
        most_bytes=most_bytes,
        check=context.check,
    )


def address_of(context: Context) -> str:
    """Return where Gemini is reached, without a slash at the end."""
    return (context.base_url or DEFAULT_URL).rstrip("/")


def key_header(context: Context) -> dict[str, str]:
    """Return the header line that carries the key.

    Raises:
        KeyRefused: there is none, or it is no header line.
    """
    return {KEY_HEADER: keyed.checked_key(context.key, "Gemini")}


def told(answer: http.Answer) -> Mapping[str, Any]:
    """Return the object that an answer holds; empty when it holds none."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    # Google's front end wraps its errors in a list.
    if isinstance(found, list) and found:
        found = found[0]
    return found if isinstance(found, Mapping) else {}


def inner(value: Any) -> Mapping[str, Any]:
    """Return an object of an answer; empty when it is something else."""
    return value if isinstance(value, Mapping) else {}


def inners(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list in an answer."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def without_key(text: str, key: str) -> str:
    """Return Google's words for a log or a person, cut short and with every key taken out."""
    return keyed.without_key(text, key, _KEY)
