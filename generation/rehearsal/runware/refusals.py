"""How Runware says no: one error per task, with everything that a caller needs to put it right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.rehearsal.http import Reply, as_json

Error = dict[str, Any]
_DOCS = "https://runware.ai/docs/platform/errors"

FAILURES: Mapping[str, tuple[str, str]] = {
    "moderation_input": ("contentPolicyViolation", "The prompt was refused by the content policy."),
    "moderation_output": ("providerContentPolicyViolation", "The provider refused the generated content."),
    "preprocessing_moderation": ("promptBlocked", "The prompt was blocked."),
    "preprocessing_error": ("processingFailed", "An input could not be processed."),
    "bad_output": ("inferenceError", "The inference failed."),
    "invalid_asset": ("invalidImage", "The input image is not supported by this model."),
    "third_party": ("providerUnavailable", "The provider of this model is not available."),
    "internal": ("internalServerError", "An unexpected error occurred."),
    "partial_cost": ("inferenceError", "The inference failed half-way."),
    "error_item": ("inferenceError", "The inference failed."),
    "no_code": ("unknownError", "Something went wrong."),
}
"""By fault: how a task fails."""

_REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "bad_request": (400, "invalidParameter", "The request is not valid."),
    "no_credit": (402, "insufficientCredits", "Insufficient credits. Add funds to continue."),
    "key_refused": (401, "invalidApiKey", "Invalid API key. Get one at https://my.runware.ai/signup"),
    "forbidden": (403, "forbidden", "This key may not do that."),
    "not_found": (404, "modelNotFound", "The model was not found."),
    "rate_limited": (429, "rateLimitExceeded", "Too many requests. Slow down."),
    "rate_limited_wait": (429, "rateLimitExceeded", "Too many requests. Slow down."),
    "daily_cap": (429, "rateLimitExceeded", "The daily limit of this model has been reached."),
    "gateway_timeout": (504, "timeoutProvider", "The provider did not answer in time."),
    "accept_gateway_timeout": (504, "timeoutProvider", "The provider did not answer in time."),
}


def error(code: str, message: str, task: Mapping[str, Any] | None = None, **more: Any) -> Error:
    """One entry of ``errors``.

    Args:
        code, message: what is wrong.
        task: the task that it is about.
        more: ``parameter``, ``type``, ``min``, ``max``, ``multiplier``, ``allowedValues``.
    """
    named = {name: task[name] for name in ("taskType", "taskUUID") if task and isinstance(task.get(name), str)}
    return {"code": code, "message": message, **more, "documentation": _DOCS, **named}


def refused(errors: list[Error], status: int = 400, headers: Mapping[str, str] | None = None) -> Reply:
    """A request that failed as a whole."""
    return as_json({"errors": errors}, status, headers)


def refusal(fault: str, status: int) -> Reply:
    """A fault's status in Runware's shape."""
    usual = (status, "internalServerError" if status >= 500 else "invalidParameter", "The request failed.")
    status, code, message = _REFUSALS.get(fault, usual)
    return refused([error(code, message)], status, {"Retry-After": "2"} if fault == "rate_limited_wait" else None)
