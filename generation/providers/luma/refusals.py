"""What an answer of Luma means when it is not the one that was hoped for: ``{"detail": "…"}``, or a list there."""

from __future__ import annotations

import re
from collections.abc import Mapping

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

from .wire import without_key

UNKNOWN = (
    "It is not known whether Luma accepted this order. The money stays set aside until somebody decides; compare it "
    "with the list of generations on Luma's own pages."
)
_WRONG_PLACE = "There is no Luma at the address that is set for it. Ask your administrator to check LUMA_BASE_URL."
_MOVED = (301, 307, 308)
_UNPROVEN = (408, 409, 425)
# Luma's words may quote the prompt, which may be about the credits of a film: that must not pause the account.
_NO_CREDIT = re.compile(r"\b(?:insufficient|not enough|no|out of|run out of) credits?\b", re.IGNORECASE)
_MODERATED = ("moderat", "policy", "safety", "nsfw")


def refusal(answer: Answer, key: str) -> ProviderError:
    """Return what the answer to a create means for the money, by its status alone where that is proof.

    Args:
        answer: anything but a success.
        key: taken out of every word that is passed on.
    """
    internal = internal_of(answer, key)
    status = answer.status
    if status in (401, 402, 403):
        return _of_the_key(answer, key)
    if status == 429:
        return NotAccepted(
            "Luma takes no more orders for a moment. It is tried again by itself.",
            code="rate_limited",
            internal=internal,
            retry_after=answer.retry_after,
        )
    if status in (502, 503):
        return NotAccepted(
            "Luma is overloaded or down at the moment and took nothing. It is tried again by itself.",
            code="unavailable",
            internal=internal,
            retry_after=answer.retry_after,
        )
    if status in (404, 405, *_MOVED):
        return Refused(_WRONG_PLACE, code="not_found", internal=internal)
    if 400 <= status < 500 and status not in _UNPROVEN:
        return _bad_request(answer, key, internal)
    return OutcomeUnknown(UNKNOWN, code="server_error", internal=internal)


def unanswered(answer: Answer, key: str) -> ProviderError:
    """Return what it means that a question brought no answer. Whatever was asked about is not touched."""
    if answer.status in (401, 402, 403):
        return _of_the_key(answer, key)
    return PollFailed(
        "Luma did not say how this stands; it is asked again by itself.",
        code="no_answer",
        internal=internal_of(answer, key),
        retry_after=answer.retry_after,
    )


def internal_of(answer: Answer, key: str) -> str:
    """Return status and error of an answer for a log."""
    return without_key(f"HTTP {answer.status}: {_words(answer) or f'no error in it, {len(answer.body)} bytes'}", key)


def _bad_request(answer: Answer, key: str, internal: str) -> ProviderError:
    words = without_key(_words(answer), key)
    if _NO_CREDIT.search(words):
        return _no_credit(internal)
    if any(word in words.lower() for word in _MODERATED):
        return Refused(
            "Luma's moderation refused this. Change the prompt or the pictures; the same is refused again. Nothing was "
            "charged.",
            code="moderated",
            internal=internal,
        )
    return Refused(
        f"Luma refused this order: {words or 'it does not say why'}. Change it and generate again; nothing was "
        "charged.",
        code="invalid_request",
        internal=internal,
    )


def _of_the_key(answer: Answer, key: str) -> KeyRefused:
    if answer.status == 402 or "credit" in _words(answer).lower():
        return _no_credit(internal_of(answer, key))
    return KeyRefused(
        "Luma refuses this key, or it may not do this. Enter one that may in the team's provider settings; what waits "
        "goes on by itself then.",
        code="key_refused",
        internal=f"HTTP {answer.status}",
    )


def _no_credit(internal: str) -> KeyRefused:
    return KeyRefused(
        "The Luma account has not enough credits for this. Buy credits on Luma's own pages, then let the account go on "
        "in the team's provider settings.",
        code="no_credit",
        internal=internal,
    )


def _words(answer: Answer) -> str:
    detail = told(answer).get("detail")
    if isinstance(detail, list):
        found = [str(each.get("msg") or "") for each in detail[:3] if isinstance(each, Mapping)]
        return "; ".join(filter(None, found))
    return detail.rstrip(".") if isinstance(detail, str) else ""
