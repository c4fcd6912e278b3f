"""Runware's errors: sorted by the rules of its own client, and said in words that tell what to do next.

The full list of codes is published nowhere and changes, so patterns are matched and the raw code goes to the log only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_MOST_SHOWN = 240
_MOST_VALUES = 12
_DATA = re.compile(r"data:[\w/+.;-]*base64,\S*")


class Category(StrEnum):
    """What an error is about. The order is the order in which the rules are tried: the first that fits wins."""

    QUOTA = "no_credit"
    RATE_LIMIT = "rate_limited"
    SAFETY = "moderated"
    AUTH = "key_refused"
    TIMEOUT = "model_timeout"
    NOT_FOUND = "not_found"
    SERVER = "provider_error"
    MODEL = "model_failed"
    VALIDATION = "refused"
    UNKNOWN = "unknown_error"


_WORDS: Mapping[Category, frozenset[str]] = {
    Category.QUOTA: frozenset({"quotaExceeded", "paymentRequired", "environmentPaused"}),
    Category.RATE_LIMIT: frozenset({"rateLimitExceeded"}),
    Category.SAFETY: frozenset(
        {
            "contentPolicyViolation", "providerContentPolicyViolation", "sensitiveContentDetected",
            "unsafeContentDetected", "nsfwContentDetected", "promptBlocked", "imageBlocked", "moderationFailed",
            "invalidProviderContent",
        }
    ),
    Category.AUTH: frozenset(
        {
            "unauthorized", "forbidden", "permissionDenied", "insufficientPermissions", "authenticationFailed",
            "authFailed", "authTimeout", "invalidAuthentication", "invalidCredentials", "missingAuthentication",
            "tokenExpired", "tokenInvalid", "tokenMissing", "tokenRevoked", "accountSuspended", "accountDisabled",
            "organizationSuspended", "organizationDisabled", "workspaceSuspended", "workspaceDisabled",
        }
    ),
    # The documented one that the client's own rules miss, because they look at capitals.
    Category.TIMEOUT: frozenset({"timeout", "timeoutProvider"}),
    Category.NOT_FOUND: frozenset({"taskCancelled", "taskFailedOrNotFound", "unknownModel"}),
    Category.SERVER: frozenset(
        {
            "internalServerError", "serviceUnavailable", "serverUnavailable", "standardError", "unknownError",
            "undefinedError", "defaultError", "unrecognizedResponse", "errorRetrievingAccountManagement",
        }
    ),
    Category.MODEL: frozenset(
        {
            "inferenceError", "processingFailed", "taskFailed", "downloadFailed", "uploadFailed", "noAvailableServer",
            "modelUnavailable", "modelDisabled", "modelNotReady", "mediaStorageFileCouldNotBeMoved",
        }
    ),
    Category.VALIDATION: frozenset(
        {
            "unknownParameter", "incompatibleParameters", "mismatchProviderSettingsProvider",
            "unknownProviderSettingsProvider", "transparentModelMismatch", "modelOwnershipValidationError",
            "modelAlreadyExists", "validationFailed",
        }
    ),
}  # fmt: skip
_PARTS: Mapping[Category, tuple[str, ...]] = {
    Category.QUOTA: ("Credits", "Quota", "Balance"),
    Category.RATE_LIMIT: ("RateLimit",),
    Category.AUTH: ("ApiKey",),
    Category.TIMEOUT: ("Timeout",),
    Category.VALIDATION: ("Conflict",),
}
_BEGINNINGS: Mapping[Category, tuple[str, ...]] = {
    Category.MODEL: ("provider",),
    Category.VALIDATION: (
        "invalid", "missing", "conflict", "duplicate", "unsupported", "value", "array", "max",
    ),
}  # fmt: skip
_ENDINGS: Mapping[Category, tuple[str, ...]] = {Category.NOT_FOUND: ("NotFound", "Expired")}

CONFLICT = "conflictTaskUUID"
CANCELLED = "taskCancelled"
MODEL_GONE = ("unknownModel", "modelNotFound", "modelDisabled")


def category_of(code: str) -> Category:
    """Return what a raw code is about."""
    for category in Category:
        if (
            code in _WORDS.get(category, ())
            or any(part in code for part in _PARTS.get(category, ()))
            or code.startswith(_BEGINNINGS.get(category, ()))
            or code.endswith(_ENDINGS.get(category, ()))
        ):
            return category
    return Category.UNKNOWN


@dataclass(frozen=True, slots=True)
class Fault:
    """One error, as Runware told it.

    Attributes:
        code: the raw one.
        message: Runware's own sentence.
        task: the taskUUID that it belongs to; empty where it belongs to the whole request.
        task_type: the kind of task that failed; empty where it is not said.
        parameter: the field that it is about, or the first of several.
        kind: the type that this field should have.
        least, most, step: its bounds, where they are told.
        allowed: its values, where they are told.
    """

    code: str
    message: str = ""
    task: str = ""
    task_type: str = ""
    parameter: str = ""
    kind: str = ""
    least: str = ""
    most: str = ""
    step: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def category(self) -> Category:
        """What it is about."""
        return category_of(self.code)


def fault_of(raw: Mapping[str, Any]) -> Fault:
    """Read one error; whatever is missing or of another type is left empty."""
    parameter = raw.get("parameter")
    if isinstance(parameter, Sequence) and not isinstance(parameter, str):
        parameter = parameter[0] if parameter else ""
    allowed = raw.get("allowedValues")
    return Fault(
        code=_text(raw.get("code")) or "unknown",
        message=_text(raw.get("message")),
        task=_text(raw.get("taskUUID")),
        task_type=_text(raw.get("taskType")),
        parameter=_text(parameter),
        kind=_text(raw.get("type")),
        least=_text(raw.get("min")),
        most=_text(raw.get("max")),
        step=_text(raw.get("multiplier")),
        allowed=tuple(_text(value) for value in allowed) if isinstance(allowed, list) else (),
    )


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, Mapping | list) else str(value)


# --- in words --------------------------------------------------------------------------------------------------------

_PUBLIC: Mapping[Category, str] = {
    Category.QUOTA: "The Runware account has no credit left. Top it up, then generate this again.",
    Category.RATE_LIMIT: "Runware takes no more orders at the moment. This is tried again by itself.",
    Category.SAFETY: (
        "Runware's content check stopped this. Word the prompt differently or use another picture, "
        "then generate it again."
    ),
    Category.AUTH: "Runware does not accept the key. Enter a valid key in the team's provider settings.",
    Category.TIMEOUT: "The model did not finish in time. Generate it again, or choose another model.",
    Category.NOT_FOUND: "Runware does not know something that this needs. Generate it again, or choose another model.",
    Category.SERVER: "Runware had a fault of its own. Generate it again in a few minutes.",
    Category.MODEL: "The model could not make this. Generate it again, or choose another model.",
    Category.VALIDATION: "Runware cannot take this request as it is. Change its settings and generate it again.",
    Category.UNKNOWN: "Runware could not make this. Change the prompt or the settings, or choose another model.",
}
_NAMES: Mapping[str, str] = {
    "positivePrompt": "the prompt",
    "negativePrompt": "the negative prompt",
    "prompt": "the prompt",
    "duration": "the length in seconds",
    "fps": "the number of frames per second",
    "numberResults": "the number of results",
    "frameImages": "the first or last frame",
    "referenceImages": "the reference pictures",
    "seedImage": "the source picture",
    "maskImage": "the mask",
    "image": "the source picture",
    "video": "the source clip",
    "audio": "the source sound",
    "text": "the text",
    "upscaleFactor": "the factor",
}


def public_words(fault: Fault, key: str) -> str:
    """Return a sentence for the person who asked: what is wrong, what is allowed, and what to do.

    Args:
        fault: what Runware said.
        key: the key in use, which is never shown even where Runware quotes it.
    """
    if fault.code in MODEL_GONE:
        return "Runware does not offer this model any more. Choose another model."
    if fault.code == CANCELLED:
        return "This was cancelled at Runware. Generate it again if it is still wanted."
    if fault.code.startswith("task"):
        return "Runware could not make this and does not say why. Generate it again, or choose another model."
    if fault.code.startswith("media") and fault.category is Category.NOT_FOUND:
        return "Runware no longer has a picture or clip that this needs. Generate it again; it is sent anew."
    said = f" Runware says: “{_quoted(fault.message, key)}”" if fault.message else ""
    if fault.category is Category.VALIDATION and fault.parameter:
        last = fault.parameter.rpartition(".")[2]
        name = _NAMES.get(last, f"“{_quoted(fault.parameter, key)}”")
        allowed = _quoted(_allowed(fault), key)
        return f"Runware cannot take {name}{allowed or ' as it is'}. Change it and generate this again." + (
            "" if allowed else said
        )
    if fault.category in (Category.VALIDATION, Category.UNKNOWN):
        return _PUBLIC[fault.category] + said
    return _PUBLIC[fault.category]


def _allowed(fault: Fault) -> str:
    """Say what the field may be, as far as Runware says it."""
    if fault.allowed:
        shown = ", ".join(fault.allowed[:_MOST_VALUES])
        more = len(fault.allowed) - _MOST_VALUES
        return f": it must be one of {shown}" + (f" and {more} more" if more > 0 else "")
    unit = " characters" if fault.kind == "string" else ""
    step = f" in steps of {fault.step}" if fault.step else ""
    if fault.least and fault.most:
        return f": it must be from {fault.least} to {fault.most}{unit}{step}"
    if fault.least:
        return f": it must be at least {fault.least}{unit}{step}"
    if fault.most:
        return f": it must be at most {fault.most}{unit}{step}"
    if fault.step:
        return f": it must be a multiple of {fault.step}"
    return ""


def internal_words(fault: Fault, key: str) -> str:
    """Return what the log may hold: the raw code and Runware's sentence, cut short and without the key."""
    return f"{_quoted(fault.code, key)}: {_quoted(fault.message, key)}"


def _quoted(text: str, key: str) -> str:
    """Return somebody else's sentence fit to be shown: one line, no key, no picture in it, and not too long."""
    if key:
        text = text.replace(key, "…")
    line = " ".join(_DATA.sub("a file", text).split())
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}…"
