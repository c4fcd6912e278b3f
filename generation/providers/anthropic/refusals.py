"""What an answer of Claude means when it is not the one that was hoped for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import anthropic

from generation.providers import http
from generation.providers.errors import (
    KeyRefused,
    NotAccepted,
    OutcomeUnknown,
    PollFailed,
    ProviderError,
    Refused,
)

UNKNOWN = (
    "It is not known whether Claude took this order, and Claude cannot be asked. The money stays set aside until "
    "somebody decides; compare it with the usage page of Anthropic's console."
)
_WRONG_PLACE = "There is no Claude at the address that is set for it. Ask your administrator to check it."
_MOST_TOLD = 300
_UNPROVEN = (408, 409, 425)
# Errors that come as events of a stream with status 200, by the status that they would have had.
_STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "overloaded_error": 529,
}


def refusal(error: anthropic.APIStatusError, key: str) -> ProviderError:
    """Return what a refusal means for the money, before a message has begun.

    Args:
        error: as the client raises it, for a status or for an event of a stream.
        key: taken out of every word that is passed on.
    """
    internal = internal_of(error, key)
    status = _status_of(error)
    retry_after = http.retry_after(error.response.headers)
    by_status: Mapping[int, Callable[[], ProviderError]] = {
        400: lambda: _bad_request(error, key, internal),
        401: lambda: key_refused(error),
        402: lambda: _no_credit(internal),
        403: lambda: key_refused(error),
        404: lambda: _not_found(error, key, internal),
        405: lambda: Refused(_WRONG_PLACE, code="not_found", internal=internal),
        413: lambda: Refused(
            "This is too long for Claude. Shorten the script or the prompt.", code="too_large", internal=internal
        ),
        422: lambda: _bad_request(error, key, internal),
        429: lambda: NotAccepted(
            "Claude takes no more orders for a moment. It is tried again by itself.",
            code="rate_limited",
            internal=internal,
            retry_after=retry_after,
        ),
    }
    if status in by_status:
        return by_status[status]()
    if status in (502, 503, 529):
        return NotAccepted(
            "Claude is overloaded or down at the moment and took nothing. It is tried again by itself.",
            code="overloaded" if status == 529 else "unavailable",
            internal=internal,
            retry_after=retry_after,
        )
    if 300 <= status < 400:
        return Refused(_WRONG_PLACE, code="redirected", internal=internal)
    if 400 <= status < 500 and status not in _UNPROVEN:
        return Refused("Claude refused this order. Change the prompt.", code="refused", internal=internal)
    return OutcomeUnknown(UNKNOWN, code="server_error", internal=internal)


def unanswered(error: anthropic.APIStatusError, key: str) -> ProviderError:
    """Return what it means that a question brought no answer."""
    if _status_of(error) in (401, 403):
        return key_refused(error)
    return PollFailed(
        _WRONG_PLACE if _status_of(error) in (404, 405) else "Claude did not say; try again in a moment.",
        code="no_answer",
        internal=internal_of(error, key),
        retry_after=http.retry_after(error.response.headers),
    )


def key_refused(error: anthropic.APIStatusError) -> KeyRefused:
    """Return that the key is no good here. Anthropic's own sentence may quote it, so it is not passed on."""
    return KeyRefused(
        "Claude refused the key. Check it in Anthropic's console and enter it anew in the team's provider settings; "
        "what waits goes on by itself then.",
        code="key_refused",
        internal=f"HTTP {_status_of(error)}",
    )


def internal_of(error: anthropic.APIStatusError, key: str) -> str:
    """Return status, kind and words of an error for a log."""
    return without_key(f"HTTP {error.status_code} {error.type or ''}: {error.api_message or 'no words'}", key)


def without_key(text: str, key: str) -> str:
    """Return words for a log or a person, cut short and with the key taken out."""
    return (text.replace(key, "…") if key else text)[:_MOST_TOLD]


def _status_of(error: anthropic.APIStatusError) -> int:
    if error.status_code >= 300:
        return error.status_code
    return _STATUS_OF.get(error.type or "", 500)


def _bad_request(error: anthropic.APIStatusError, key: str, internal: str) -> ProviderError:
    said = error.api_message or ""
    if "credit balance" in said.lower():
        return _no_credit(internal)
    words = f"it says “{without_key(said, key)}”" if said else "it does not say why"
    return Refused(
        f"Claude refused this order: {words}. Change it and try again; nothing was charged.",
        code="invalid_request",
        internal=internal,
    )


def _not_found(error: anthropic.APIStatusError, key: str, internal: str) -> Refused:
    said = error.api_message or ""
    if "model" in said.lower():
        return Refused(
            f"Claude does not offer this model to this key: “{without_key(said, key)}”. Choose another model.",
            code="no_such_model",
            internal=internal,
        )
    return Refused(_WRONG_PLACE, code="not_found", internal=internal)


def _no_credit(internal: str) -> KeyRefused:
    return KeyRefused(
        "The Anthropic account has no credit for this. Buy credit in Anthropic's console, then let the account go on "
        "in the team's provider settings.",
        code="no_credit",
        internal=internal,
    )
