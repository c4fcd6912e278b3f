"""Models whose weights must lie on this machine: whether they do. Who can tell is named when the program starts."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache

# Long films ask thousands of times; whoever copies a model here waits so long to see it.
_REMEMBERED_SECONDS = 5.0

_ask: Callable[[str, str], str] | None = None


def tell_by(ask: Callable[[str, str], str]) -> None:
    """Say who tells why a model cannot be used on this machine.

    Args:
        ask: takes a provider and a model; returns why, in words, and nothing when it can.
    """
    global _ask
    _ask = ask
    forget()


def why_not(provider: str, model: str) -> str:
    """Return why a model cannot be used on this machine, in words; empty when it can."""
    return _why_not(provider, model, int(time.monotonic() / _REMEMBERED_SECONDS))


def forget() -> None:
    """Look anew."""
    _why_not.cache_clear()


@lru_cache(maxsize=64)
def _why_not(provider: str, model: str, moment: int) -> str:
    return _ask(provider, model) if _ask is not None else ""
