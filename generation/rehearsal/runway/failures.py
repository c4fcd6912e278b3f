"""How Runway says that a task has failed, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.rehearsal.http import Reply, as_json

DOCS = "https://docs.dev.runwayml.com"

FAILURES: Mapping[str, tuple[str, str]] = {
    "moderation_input": ("SAFETY.INPUT.TEXT", "The text prompt did not pass our moderation."),
    "moderation_output": ("SAFETY.OUTPUT.VIDEO", "The generated output did not pass our moderation."),
    "preprocessing_moderation": ("INPUT_PREPROCESSING.SAFETY.TEXT", "The prompt was refused while it was prepared."),
    "preprocessing_error": ("INPUT_PREPROCESSING.INTERNAL", "An input could not be prepared."),
    "bad_output": ("INTERNAL.BAD_OUTPUT.CODE01", "The output did not pass our quality check."),
    "invalid_asset": ("ASSET.INVALID", "The dimensions, length or codec of an input are not supported."),
    "third_party": ("THIRD_PARTY.UNAVAILABLE", "The model is not available at the moment."),
    "internal": ("INTERNAL", "An unexpected error occurred."),
    "partial_cost": ("INTERNAL", "An unexpected error occurred."),
    "error_item": ("INTERNAL", "An unexpected error occurred."),
    "no_code": ("", "An unexpected error occurred."),
}
"""By fault: the failure code (empty: none is given) and the text."""

_WORDS: Mapping[str, str] = {
    "bad_request": "Bad request.",
    "no_credit": "You do not have enough credits to run this task.",
    "key_refused": "Your API key is invalid or has been disabled.",
    "forbidden": "You do not have access to this resource.",
    "not_found": "Could not find that resource.",
    "wrong_method": "Method not allowed.",
    "too_large": "Request entity too large.",
    "unprocessable": "Unprocessable request.",
    "rate_limited": "Too many requests.",
    "rate_limited_wait": "Too many requests.",
    "daily_cap": "You have reached your daily limit of generations for this model. It rolls over 24 hours.",
}


def refusal(fault: str, status: int) -> Reply:
    """A fault's status in Runway's shape."""
    if status == 504:
        return Reply(504, b"upstream request timeout", "text/plain")
    words = _WORDS.get(fault, "Internal server error." if status >= 500 else "The request could not be completed.")
    body: dict[str, Any] = {"error": words}
    if fault == "no_credit":
        body["docUrl"] = f"{DOCS}/usage/billing"
    return as_json(body, status, {"Retry-After": "2"} if fault == "rate_limited_wait" else None)


def invalid(issues: list[dict[str, Any]], endpoint: str) -> Reply:
    """What is wrong with a body, all of it."""
    return as_json(
        {"error": "Validation of body failed", "issues": issues, "docUrl": f"{DOCS}/api#tag/{endpoint}"}, 400
    )
