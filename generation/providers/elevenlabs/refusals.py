"""What an answer of ElevenLabs means when it is not the one that was hoped for.

Errors are ``{"detail": {"status" or "code", "message"}}``; what fails validation has a list there.
"""

from __future__ import annotations

from collections.abc import Mapping
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

from .wire import without_key

UNKNOWN = (
    "It is not known whether ElevenLabs made this, and it cannot be asked. The money stays set aside until somebody "
    "decides; compare it with the history on ElevenLabs' own pages."
)
_WRONG_PLACE = (
    "There is no ElevenLabs at the address that is set for it. Ask your administrator to check ELEVENLABS_BASE_URL."
)
_MOVED = (301, 307, 308)
_UNPROVEN = (408, 409, 425)
_NO_CREDIT = frozenset({"quota_exceeded", "insufficient_credits", "payment_required"})
# About what was asked for, although they come with the status of a key that may not.
_OF_THE_PLAN = frozenset(
    {"output_format_not_allowed", "subscription_required", "paid_plan_required", "voice_access_denied"}
)
_POLICY = frozenset(
    {"content_against_policy", "moderation_failed", "bad_prompt", "bad_composition_plan", "blocked_content"}
)
_VOICE = frozenset({"voice_not_found", "voice_does_not_exist", "invalid_voice_id"})


def refusal(answer: Answer, key: str) -> ProviderError:
    """Return what the answer to an order means for the money.

    Args:
        answer: anything but a success.
        key: taken out of every word that is passed on.
    """
    internal = internal_of(answer, key)
    status = answer.status
    if status == 429:
        return _too_many(answer, internal)
    if status in (502, 503):
        return NotAccepted(
            "ElevenLabs is overloaded or down at the moment and made nothing. It is tried again by itself.",
            code="unavailable",
            internal=internal,
            retry_after=answer.retry_after,
        )
    if 400 <= status < 500 and status not in _UNPROVEN:
        return _said_no(answer, key, internal)
    if status in _MOVED:
        return Refused(_WRONG_PLACE, code="redirected", internal=internal)
    return OutcomeUnknown(UNKNOWN, code="server_error", internal=internal)


def unanswered(answer: Answer, key: str) -> ProviderError:
    """Return what it means that a question brought no answer."""
    if answer.status in (401, 402, 403):
        return _of_the_key(answer, key)
    return PollFailed(
        "ElevenLabs did not answer what it was asked. Try again in a minute.",
        code="no_answer",
        internal=internal_of(answer, key),
        retry_after=answer.retry_after,
    )


def internal_of(answer: Answer, key: str) -> str:
    """Return status and error of an answer for a log."""
    reason, words = _reason(answer), _words(answer)
    said = f"{reason}: {words}" if reason or words else f"no error in it, {len(answer.body)} bytes"
    return without_key(f"HTTP {answer.status}: {said}", key)


def _said_no(answer: Answer, key: str, internal: str) -> ProviderError:
    reason, words = _reason(answer), without_key(_words(answer), key)
    if reason in _POLICY:
        return Refused(
            f"ElevenLabs' moderation refused this{f': {words}' if words else ''}. Write it differently; the same words "
            "are refused again. Nothing was charged.",
            code="moderated",
            internal=internal,
        )
    if reason in _VOICE:
        return Refused(
            "This voice is not in the ElevenLabs account any more. Choose another one for the character.",
            code="voice_missing",
            internal=internal,
        )
    if reason in _OF_THE_PLAN:
        return Refused(
            f"The plan of the ElevenLabs account does not include this: {words or reason}. Change the settings, or the "
            "plan on ElevenLabs' own pages.",
            code="plan",
            internal=internal,
        )
    if answer.status in (401, 402, 403) or reason in _NO_CREDIT:
        return _of_the_key(answer, key)
    if answer.status in (404, 405) and not reason:
        return Refused(_WRONG_PLACE, code="not_found", internal=internal)
    return Refused(
        f"ElevenLabs refused this order: {words or 'it does not say why'}. Change it and generate again; nothing was "
        "charged.",
        code="invalid_request",
        internal=internal,
    )


def _of_the_key(answer: Answer, key: str) -> KeyRefused:
    internal = internal_of(answer, key)
    if answer.status == 402 or _reason(answer) in _NO_CREDIT:
        return KeyRefused(
            "The ElevenLabs account has not enough credits for this. Buy credits on ElevenLabs' own pages, then let "
            "the account go on in the team's provider settings.",
            code="no_credit",
            internal=internal,
        )
    return KeyRefused(
        "ElevenLabs refuses this key, or it may not do this. Enter one that may in the team's provider settings; what "
        "waits goes on by itself then.",
        code="key_refused",
        internal=f"HTTP {answer.status}: {_reason(answer)[:60]}",
    )


def _too_many(answer: Answer, internal: str) -> NotAccepted:
    of_ours = "concurrent" in _reason(answer)
    return NotAccepted(
        "The ElevenLabs account makes as much at once as its plan allows. It is tried again by itself."
        if of_ours
        else "ElevenLabs takes no more orders for a moment. It is tried again by itself.",
        code="rate_limited",
        internal=internal,
        retry_after=answer.retry_after,
    )


def _detail(answer: Answer) -> Any:
    return told(answer).get("detail")


def _reason(answer: Answer) -> str:
    """Return the stable word for what is wrong; empty where there is none."""
    detail = _detail(answer)
    if not isinstance(detail, Mapping):
        return ""
    found = (detail.get("status"), detail.get("code"))
    return next((word for word in found if isinstance(word, str)), "")


def _words(answer: Answer) -> str:
    detail = _detail(answer)
    if isinstance(detail, Mapping):
        return str(detail.get("message") or "").rstrip(".")
    if isinstance(detail, list):
        return "; ".join(_issue(each) for each in detail[:3] if isinstance(each, Mapping))
    return detail.rstrip(".") if isinstance(detail, str) else ""


def _issue(issue: Mapping[str, Any]) -> str:
    where = issue.get("loc")
    name = ".".join(str(part) for part in where if part != "body") if isinstance(where, list) else ""
    return f"{name}: {issue.get('msg')}" if name else str(issue.get("msg"))
