"""What an answer of Runway means when it is not the one that was hoped for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from generation.providers.errors import (
    KeyRefused,
    NotAccepted,
    OutcomeUnknown,
    PollFailed,
    ProviderError,
    Refused,
)
from generation.providers.http import Answer
from generation.providers.keyed import told

from .issues import issues_in_words
from .wire import without_key

UNKNOWN = (
    "It is not known whether Runway accepted this order, and Runway cannot be asked. The money stays set aside until "
    "somebody decides; compare it with Runway's own usage page."
)
_WRONG_PLACE = "There is no Runway at the address that is set for it. Ask your administrator to check RUNWAY_BASE_URL."
_MOVED = (301, 307, 308)
_UNPROVEN = (408, 409, 425)


def refusal(answer: Answer, key: str) -> ProviderError:
    """Return what the answer to a create means for the money, by its status alone where that is proof.

    Args:
        answer: anything but a success.
        key: taken out of every word that is passed on.
    """
    internal = internal_of(answer, key)
    by_status: Mapping[int, Callable[[], ProviderError]] = {
        400: lambda: _bad_request(answer, key, internal),
        401: lambda: key_refused(answer, key),
        402: lambda: _no_credit(internal),
        403: lambda: key_refused(answer, key),
        404: lambda: Refused(_WRONG_PLACE, code="not_found", internal=internal),
        405: lambda: Refused(_WRONG_PLACE, code="not_found", internal=internal),
        413: lambda: Refused(
            "This request is too large for Runway. Use fewer or smaller pictures.", code="too_large", internal=internal
        ),
        422: lambda: _bad_request(answer, key, internal),
        429: lambda: _too_many(answer, internal),
        502: lambda: _busy(answer, internal),
        503: lambda: _busy(answer, internal),
    }
    if answer.status in by_status:
        return by_status[answer.status]()
    if answer.status in _MOVED:
        return Refused(_WRONG_PLACE, code="redirected", internal=internal)
    if 400 <= answer.status < 500 and answer.status not in _UNPROVEN:
        return Refused(
            "Runway refused this order. Change the prompt or the settings.", code="refused", internal=internal
        )
    return OutcomeUnknown(UNKNOWN, code="server_error", internal=internal)


def unanswered(answer: Answer, key: str) -> ProviderError:
    """Return what it means that a question brought no answer. Whatever was asked about is not touched."""
    if answer.status in (401, 403):
        return key_refused(answer, key)
    return PollFailed(
        "Runway did not say how this stands; it is asked again by itself.",
        code="no_answer",
        internal=internal_of(answer, key),
        retry_after=answer.retry_after,
    )


def key_refused(answer: Answer, key: str) -> KeyRefused:
    """Return that the key is no good here. Runway's own sentence may quote it, so it is not passed on."""
    if "hostname" in _error(told(answer)).lower():
        return KeyRefused(
            "This Runway key belongs to another address than the one that is set. Ask your administrator to check "
            "RUNWAY_BASE_URL, or enter a key of the developer portal.",
            code="wrong_address",
            internal=f"HTTP {answer.status}, incorrect hostname",
        )
    return KeyRefused(
        "Runway refused the key. Check it in Runway's developer portal and enter it anew in the team's provider "
        "settings; what waits goes on by itself then.",
        code="key_refused",
        internal=f"HTTP {answer.status}",
    )


def internal_of(answer: Answer, key: str) -> str:
    """Return status and error of an answer for a log."""
    said = told(answer)
    issues = said.get("issues")
    words = _error(said) if said else f"no object, {len(answer.body)} bytes"
    return without_key(f"HTTP {answer.status}: {words} {issues if isinstance(issues, list) else ''}".strip(), key)


def _bad_request(answer: Answer, key: str, internal: str) -> ProviderError:
    said = told(answer)
    error = _error(said)
    if "credit" in error.lower() and not said.get("issues"):
        return _no_credit(internal)
    words = issues_in_words(said.get("issues")) or (f"it says “{error}”" if error else "it does not say why")
    return Refused(
        f"Runway refused this order: {without_key(words, key)}. Change it and generate again; nothing was charged.",
        code="invalid_request",
        internal=internal,
    )


def _no_credit(internal: str) -> KeyRefused:
    return KeyRefused(
        "The Runway account has not enough credits for this. Buy credits in Runway's developer portal, then let the "
        "account go on in the team's provider settings.",
        code="no_credit",
        internal=internal,
    )


def _too_many(answer: Answer, internal: str) -> NotAccepted:
    error = _error(told(answer)).lower()
    daily = any(word in error for word in ("daily", "per day", "24 hour", "24-hour", "24h"))
    public = (
        "Runway's daily limit for this model is reached. It goes on by itself when Runway allows; another model "
        "can be used until then."
        if daily
        else "Runway takes no more orders for a moment. It is tried again by itself."
    )
    return NotAccepted(
        public,
        code="daily_limit" if daily else "rate_limited",
        internal=internal,
        retry_after=answer.retry_after,
        daily_limit=daily,
    )


def _busy(answer: Answer, internal: str) -> NotAccepted:
    return NotAccepted(
        "Runway is overloaded or down at the moment and took nothing. It is tried again by itself.",
        code="unavailable",
        internal=internal,
        retry_after=answer.retry_after,
    )


def _error(said: Mapping[str, Any]) -> str:
    error = said.get("error")
    return error if isinstance(error, str) else ""
