"""What an endpoint's answer means when it is not the one that was hoped for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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

from .wire import Endpoint, error_of

_UNPROVEN = (408, 409, 425)
_NO_CREDIT = ("insufficient_quota", "billing", "credit", "insufficient_balance")
_MODERATED = ("content_policy", "content_filter", "moderation", "safety")


def unknown(endpoint: Endpoint) -> str:
    """Return the words for an order of which nobody knows."""
    return (
        f"It is not known whether {endpoint.label} took this order, and it cannot be asked. The money stays set aside "
        "until somebody decides; compare it with the provider's own usage page."
    )


def refusal(answer: Answer, endpoint: Endpoint, model: str) -> ProviderError:
    """Return what a refusal means for the money, by its status alone where that is proof.

    Args:
        answer: anything but a success.
        endpoint: who refused.
        model: the name that was asked for.
    """
    words, code = error_of(told(answer))
    internal = internal_of(answer, endpoint)
    by_status: Mapping[int, Callable[[], ProviderError]] = {
        400: lambda: _bad_request(words, code, endpoint, internal),
        401: lambda: key_refused(answer, endpoint),
        402: lambda: _no_credit(endpoint, internal),
        403: lambda: _forbidden(answer, words, code, endpoint, internal),
        404: lambda: _not_found(words, endpoint, model, internal),
        405: lambda: _wrong_place(endpoint, internal),
        413: lambda: Refused(
            f"This is too long for {endpoint.label}. Shorten it.", code="too_large", internal=internal
        ),
        422: lambda: _bad_request(words, code, endpoint, internal),
        429: lambda: _too_many(answer, words, code, endpoint, internal),
    }
    if answer.status in by_status:
        return by_status[answer.status]()
    # A 502 may be a gateway's word on an answer that it could not read: the endpoint behind it has worked for that.
    if answer.status in (503, 529):
        return NotAccepted(
            f"{endpoint.label} is overloaded or down at the moment and took nothing. It is tried again by itself.",
            code="unavailable",
            internal=internal,
            retry_after=answer.retry_after,
        )
    if 300 <= answer.status < 400:
        return _wrong_place(endpoint, internal)
    if 400 <= answer.status < 500 and answer.status not in _UNPROVEN:
        return Refused(f"{endpoint.label} refused this order. Change it.", code="refused", internal=internal)
    return OutcomeUnknown(unknown(endpoint), code="server_error", internal=internal)


def unanswered(answer: Answer, endpoint: Endpoint) -> ProviderError:
    """Return what it means that a question brought no answer."""
    if answer.status in (401, 403):
        return key_refused(answer, endpoint)
    if answer.status in (404, 405) or 300 <= answer.status < 400:
        return PollFailed(
            f"There is nothing at {endpoint.url('/models')}. Check the address: it mostly ends in /v1."
            if endpoint.context.own_address
            else f"There is nothing at the address that is set for {endpoint.label}. The administrator can change it.",
            code="no_answer",
            internal=internal_of(answer, endpoint),
        )
    return PollFailed(
        f"{endpoint.label} did not say; try again in a moment.",
        code="no_answer",
        internal=internal_of(answer, endpoint),
        retry_after=answer.retry_after,
    )


def key_refused(answer: Answer, endpoint: Endpoint) -> KeyRefused:
    """Return that the key is no good here. The endpoint's own sentence may quote it, so it is not passed on."""
    return KeyRefused(
        f"{endpoint.label} refused the key. Check it and enter it anew in the team's provider settings; what waits "
        "goes on by itself then.",
        code="key_refused",
        internal=f"HTTP {answer.status}",
    )


def internal_of(answer: Answer, endpoint: Endpoint) -> str:
    """Return status and words of an answer for a log."""
    words, code = error_of(told(answer))
    return endpoint.without_key(f"HTTP {answer.status} {code}: {words or f'{len(answer.body)} bytes'}")


def _forbidden(answer: Answer, words: str, code: str, endpoint: Endpoint, internal: str) -> ProviderError:
    """Some refuse an order's words by the status of a key that may not: that must not pause the account."""
    if any(each in code for each in _MODERATED) or any(each in words.lower() for each in ("moderation", "flagged")):
        return _moderated(endpoint, internal)
    return key_refused(answer, endpoint)


def _moderated(endpoint: Endpoint, internal: str) -> Refused:
    return Refused(
        f"{endpoint.label} declined this, because of its rules on content. Change the words and try again; "
        "nothing was charged.",
        code="moderated",
        internal=internal,
    )


def _bad_request(words: str, code: str, endpoint: Endpoint, internal: str) -> ProviderError:
    if any(each in code for each in _MODERATED):
        return _moderated(endpoint, internal)
    if any(each in code for each in _NO_CREDIT):
        return _no_credit(endpoint, internal)
    said = f"it says “{endpoint.without_key(words)}”" if words else "it does not say why"
    return Refused(
        f"{endpoint.label} refused this order: {said}. Change it and try again; nothing was charged.",
        code="invalid_request",
        internal=internal,
    )


def _not_found(words: str, endpoint: Endpoint, model: str, internal: str) -> Refused:
    if "model" not in words.lower():
        return _wrong_place(endpoint, internal)
    return Refused(
        f"{endpoint.label} has no model “{model}”. Check the name under Providers and keys, or in the installation's "
        "settings; the connection test lists those that there are.",
        code="no_such_model",
        internal=internal,
    )


def _wrong_place(endpoint: Endpoint, internal: str) -> Refused:
    return Refused(
        f"There is nothing at the address that is set for {endpoint.label[0].lower()}{endpoint.label[1:]}. Check it "
        "under Providers and keys: it mostly ends in /v1.",
        code="not_found",
        internal=internal,
    )


def _too_many(answer: Answer, words: str, code: str, endpoint: Endpoint, internal: str) -> ProviderError:
    if any(each in code for each in _NO_CREDIT):
        return _no_credit(endpoint, internal)
    daily = any(each in words.lower() for each in ("per day", "daily"))
    return NotAccepted(
        f"{endpoint.label} takes no more orders {'today' if daily else 'for a moment'}. It is tried again by itself.",
        code="daily_limit" if daily else "rate_limited",
        internal=internal,
        retry_after=answer.retry_after,
        daily_limit=daily,
    )


def _no_credit(endpoint: Endpoint, internal: str) -> KeyRefused:
    return KeyRefused(
        f"The account at {endpoint.label[0].lower()}{endpoint.label[1:]} has no credit for this. Buy some there, then "
        "let the account go on in the team's provider settings.",
        code="no_credit",
        internal=internal,
    )
