"""What adapters share that send a key with each request: the key as a header line, and reading what is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from generation.providers.errors import KeyRefused
from generation.providers.http import Answer

MOST_TOLD = 300


def checked_key(key: str, label: str) -> str:
    """Return a key that can be sent as a header line.

    Args:
        key: as somebody entered it.
        label: the provider's name for people.

    Raises:
        KeyRefused: there is none, or it cannot be one.
    """
    if not key:
        raise KeyRefused(
            f"There is no {label} key here. Enter one in the team's provider settings.",
            code="no_key",
            internal="no key",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise KeyRefused(
            f"The {label} key has characters that no key has; it was probably cut or copied with something else. Enter "
            "it anew in the team's provider settings.",
            code="key_refused",
            internal="the key cannot be a header line",
        )
    return key


def told(answer: Answer) -> Mapping[str, Any]:
    """Return the object that an answer holds; empty when it holds none."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def without_key(text: str, key: str, form: re.Pattern[str]) -> str:
    """Return a provider's words for a log or a person, cut short and with every key taken out.

    Args:
        text: the words.
        key: the one that was sent.
        form: what any key of this provider looks like.
    """
    return form.sub("…", text.replace(key, "…") if key else text)[:MOST_TOLD]
