"""How Google says no, and what an interaction says that did not succeed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.rehearsal.http import Reply, as_json, page

_TYPE = "type.googleapis.com/google.rpc."
_QUOTA = "You exceeded your current quota, please check your plan and billing details."

# Of a request: status, Google's word and sentence, for the faults that are said in its usual form.
_PLAIN: Mapping[str, tuple[int, str, str]] = {
    "bad_request": (400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    "forbidden": (403, "PERMISSION_DENIED", "Your project has been denied access. Please contact support."),
    "not_found": (404, "NOT_FOUND", "models/unknown is not found for API version v1."),
    "time_out": (408, "DEADLINE_EXCEEDED", "The request timed out."),
    "conflict": (409, "ABORTED", "The operation was aborted."),
    "unprocessable": (422, "INVALID_ARGUMENT", "Unable to process input image."),
    "no_credit": (429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted. Please manage your billing."),
    "error": (500, "INTERNAL", "An internal error has occurred. Please retry."),
    "gateway_timeout": (504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}

# Of a picture that is not drawn: what blocks the prompt, or why the candidate ended.
BLOCKED: Mapping[str, str] = {"moderation_input": "PROHIBITED_CONTENT", "preprocessing_moderation": "SAFETY"}
ENDED: Mapping[str, str] = {
    "moderation_output": "IMAGE_SAFETY",
    "nsfw": "IMAGE_PROHIBITED_CONTENT",
    "no_output": "NO_IMAGE",
    "partial_cost": "MAX_TOKENS",
    "invalid_asset": "IMAGE_RECITATION",
    **dict.fromkeys(
        ("bad_output", "third_party", "internal", "no_code", "error_item", "preprocessing_error"), "IMAGE_OTHER"
    ),
}

# Of a clip: the status, and the error where there is one.
_BLOCKED = {"code": "content_blocked", "message": "The request was blocked due to safety policies."}
_INTERNAL = {"code": "internal", "message": "Video generation failed. Please retry."}
INTERACTIONS: Mapping[str, tuple[str, Mapping[str, str] | None]] = {
    "moderation_input": ("failed", _BLOCKED),
    "preprocessing_moderation": ("failed", _BLOCKED),
    # A refusal of the finished clip is no failure: it is an answer in words.
    "moderation_output": ("completed", None),
    "partial_cost": ("incomplete", None),
    "third_party": ("budget_exceeded", None),
    "invalid_asset": ("requires_action", None),
    **dict.fromkeys(("internal", "no_code", "bad_output", "error_item", "preprocessing_error"), ("failed", _INTERNAL)),
}


def error(status: int, word: str, message: str, *details: Mapping[str, Any]) -> Reply:
    """An error in Google's usual form."""
    said: dict[str, Any] = {"code": status, "message": message, "status": word}
    if details:
        said["details"] = list(details)
    return as_json({"error": said}, status)


def interaction_error(status: int, code: str, message: str) -> Reply:
    """An error of the Interactions API, whose codes are words."""
    return as_json({"error": {"code": code, "message": message}}, status)


def key_invalid() -> Reply:
    """A wrong key is a bad request, and only its details tell it from others."""
    reason = {"@type": f"{_TYPE}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
    return error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", reason)


def refusal(fault: str, status: int) -> Reply:
    """A fault of a request in Google's words.

    Args:
        fault: its name.
        status: the usual one, where Google has no form of its own for it.
    """
    if fault == "key_refused":
        return key_invalid()
    if fault in {"rate_limited", "rate_limited_wait", "daily_cap"}:
        return _quota(daily=fault == "daily_cap", wait="7s" if fault == "rate_limited_wait" else "")
    if fault in {"wrong_method", "too_large"}:
        # Google's front end, which speaks no JSON.
        return page(*{"wrong_method": (404, "Not Found"), "too_large": (413, "Request Entity Too Large")}[fault])
    known = _PLAIN.get(fault.removeprefix("accept_"))
    return error(*known) if known else error(status, "UNKNOWN", "Unknown error.")


def _quota(*, daily: bool, wait: str) -> Reply:
    quota = "GenerateRequestsPerDayPerProjectPerModel" if daily else "GenerateRequestsPerMinutePerProjectPerModel"
    details: list[Mapping[str, Any]] = [{"@type": f"{_TYPE}QuotaFailure", "violations": [{"quotaId": quota}]}]
    if wait:
        details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": wait})
    return error(429, "RESOURCE_EXHAUSTED", _QUOTA, *details)
