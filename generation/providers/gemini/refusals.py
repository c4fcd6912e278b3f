"""What an answer of Google means when it is not the one that was hoped for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from generation.providers.errors import KeyRefused, NotAccepted, OutcomeUnknown, PollFailed, ProviderError, Refused
from generation.providers.http import Answer

from .wire import inner, inners, told, without_key

UNKNOWN = (
    "It is not known whether Gemini made this, and it cannot be asked. The money stays set aside until somebody "
    "decides; compare it with the usage page of Google AI Studio."
)
MODERATED = "moderated"
_WRONG_PLACE = "There is no Gemini at the address that is set for it. Ask your administrator to check GEMINI_BASE_URL."
_MOVED = (301, 302, 303, 307, 308)
_UNPROVEN = (408, 409, 425)
_BAD_KEYS = {"API_KEY_INVALID", "API_KEY_SERVICE_BLOCKED", "API_KEY_EXPIRED"}
# Whole words of enumerations only: a complaint about a field may name “safety_settings”.
_POLICY_WORD = re.compile(r"(IMAGE_)?(SAFETY|PROHIBITED_CONTENT|BLOCKLIST|SPII)", re.IGNORECASE)
_POLICY_PHRASE = re.compile(r"\bblocked\b[^.]*\b(safety|policy|policies|prohibited)\b", re.IGNORECASE)
_NO_CREDIT = re.compile(r"prepa(y|id)|credits? (are|is|have been) depleted|out of credit", re.IGNORECASE)
_DELAY = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s")
_RETRY_MOST = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Google's ``error`` of an answer; ``reasons`` are those of its details (``API_KEY_INVALID``)."""

    word: str = ""
    message: str = ""
    code: str = ""
    reasons: frozenset[str] = frozenset()
    details: tuple[Mapping[str, Any], ...] = ()

    @property
    def of_policy(self) -> bool:
        """Whether it refuses what was asked for, whoever asks."""
        words = (self.word, self.code, *self.reasons)
        return any(_POLICY_WORD.fullmatch(each) for each in words) or bool(_POLICY_PHRASE.search(self.message))

    @property
    def of_key(self) -> bool:
        """Whether it refuses the key."""
        return bool(self.reasons & _BAD_KEYS) or "api key not valid" in self.message.lower()


def fault_of(error: Any) -> Fault:
    """Read an ``error`` object, of an answer or of an interaction that failed."""
    said = inner(error)
    details = tuple(inners(said.get("details")))
    return Fault(
        word=_text(said.get("status")),
        message=_text(said.get("message")),
        code=_text(said.get("code")),
        reasons=frozenset(_text(each.get("reason")) for each in details if each.get("reason")),
        details=details,
    )


def refusal(answer: Answer, key: str) -> ProviderError:
    """Return what the answer to an order means for the money, by its status alone where that is proof.

    Args:
        answer: anything but a success.
        key: taken out of every word that is passed on.
    """
    fault, internal = fault_of(told(answer).get("error")), internal_of(answer, key)
    if answer.status in (400, 401, 403) and (fault.of_key or answer.status != 400):
        return key_refused(answer)
    by_status: Mapping[int, Callable[[], ProviderError]] = {
        400: lambda: _bad_request(fault, key, internal),
        404: lambda: _not_found(fault, internal),
        405: lambda: Refused(_WRONG_PLACE, code="not_found", internal=internal),
        413: lambda: Refused(
            "This request is too large for Gemini. Use fewer or smaller pictures.", code="too_large", internal=internal
        ),
        429: lambda: _too_many(answer, fault, internal),
        503: lambda: NotAccepted(
            "Gemini is overloaded or down at the moment and took nothing. It is tried again by itself.",
            code="unavailable",
            internal=internal,
            retry_after=_delay(answer, fault),
        ),
    }
    if answer.status in by_status:
        return by_status[answer.status]()
    if answer.status in _MOVED:
        return Refused(_WRONG_PLACE, code="redirected", internal=internal)
    if 400 <= answer.status < 500 and answer.status not in _UNPROVEN:
        return _bad_request(fault, key, internal)
    return OutcomeUnknown(UNKNOWN, code="server_error", internal=internal)


def unanswered(answer: Answer, key: str) -> ProviderError:
    """Return what it means that a question brought no answer. Whatever was asked about is not touched."""
    fault = fault_of(told(answer).get("error"))
    if answer.status in (401, 403) or (answer.status == 400 and fault.of_key):
        return key_refused(answer)
    return PollFailed(
        "Gemini did not say how this stands; it is asked again by itself.",
        code="no_answer",
        internal=internal_of(answer, key),
        retry_after=_delay(answer, fault),
    )


def key_refused(answer: Answer) -> KeyRefused:
    """Return that the key is no good here. Google's own sentence may quote it, so it is not passed on."""
    return KeyRefused(
        "Google refused the key. Check it in Google AI Studio and enter it anew in the team's provider settings; what "
        "waits goes on by itself then.",
        code="key_refused",
        internal=f"HTTP {answer.status}",
    )


def internal_of(answer: Answer, key: str) -> str:
    """Return status and error of an answer for a log."""
    said = told(answer)
    fault = fault_of(said.get("error"))
    words = f"{fault.word or fault.code} {fault.message}" if said else f"no object, {len(answer.body)} bytes"
    return without_key(f"HTTP {answer.status}: {words.strip()}".strip(), key)


def _bad_request(fault: Fault, key: str, internal: str) -> ProviderError:
    if fault.of_policy:
        return Refused(
            "Google's rules refuse this. Change the prompt or the pictures; the same is refused again.",
            code=MODERATED,
            internal=internal,
        )
    if fault.word == "FAILED_PRECONDITION":
        return KeyRefused(
            "Google does not serve this account as it stands: billing may be off, or the region left out. Look at the "
            "project's billing in Google AI Studio, then let the account go on in the team's provider settings.",
            code="billing",
            internal=internal,
        )
    why = f"it says “{without_key(fault.message, key)}”" if fault.message else "it does not say why"
    return Refused(
        f"Gemini refused this order: {why}. Change it and generate again; nothing was charged.",
        code="invalid_request",
        internal=internal,
    )


def _not_found(fault: Fault, internal: str) -> Refused:
    if fault.word == "NOT_FOUND" or fault.code == "not_found":
        return Refused(
            "Google does not have this model, or not for this account. Choose another model.",
            code="model_not_found",
            internal=internal,
        )
    return Refused(_WRONG_PLACE, code="not_found", internal=internal)


def _too_many(answer: Answer, fault: Fault, internal: str) -> ProviderError:
    if _NO_CREDIT.search(fault.message):
        return KeyRefused(
            "The Google account has not enough credit for this. Add credit in Google AI Studio, then let the account "
            "go on in the team's provider settings.",
            code="no_credit",
            internal=internal,
        )
    quotas = [_text(each.get("quotaId")) for one in fault.details for each in inners(one.get("violations"))]
    daily = any("perday" in quota.lower() for quota in quotas)
    public = (
        "Gemini's daily limit for this model is reached. It goes on by itself when Google allows; another model can be "
        "used until then."
        if daily
        else "Gemini takes no more orders for a moment. It is tried again by itself."
    )
    return NotAccepted(
        public,
        code="daily_limit" if daily else "rate_limited",
        internal=internal,
        retry_after=_delay(answer, fault),
        daily_limit=daily,
    )


def _delay(answer: Answer, fault: Fault) -> float | None:
    """Return the seconds after which Google wants to be asked again: it says so in the body, not in a header."""
    for each in fault.details:
        found = _DELAY.fullmatch(_text(each.get("retryDelay")))
        if found is not None:
            return min(float(found[1]), _RETRY_MOST)
    return answer.retry_after


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
