"""Runway's complaints about a request, in the words of the people who made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_ISSUES = 3
MOST_VALUES = 12
_FIELDS = {
    "promptText": "the prompt",
    "negativePrompt": "the negative prompt",
    "promptImage": "the first or last frame",
    "promptVideo": "the clip to change",
    "videoUri": "the clip to change",
    "imageUri": "the picture to change",
    "referenceImages": "the reference pictures",
    "references": "the reference pictures",
    "ratio": "the size",
    "resolution": "the size",
    "targetAspectRatio": "the shape",
    "duration": "the length in seconds",
    "seed": "the seed",
    "model": "the model",
    "voice": "the voice",
    "outputCount": "the number of results",
    "numVariants": "the number of results",
}


def issues_in_words(issues: Any) -> str:
    """Return up to three issues as one sentence; empty when there is none to tell.

    Args:
        issues: the list of a 400 answer, as Runway's validator makes it.
    """
    if not isinstance(issues, list):
        return ""
    said = dict.fromkeys(_issue(issue) for issue in issues if isinstance(issue, Mapping))
    return "; ".join(list(said)[:MOST_ISSUES])


def _issue(issue: Mapping[str, Any]) -> str:
    path = issue.get("path")
    steps = [str(step) for step in path] if isinstance(path, list) else []
    name = next(
        (_FIELDS[step] for step in steps if step in _FIELDS), f"“{'.'.join(steps)}”" if steps else "the request"
    )
    return f"{name} {_what_is_wrong(issue)}"


def _what_is_wrong(issue: Mapping[str, Any]) -> str:
    code, values = issue.get("code"), issue.get("values") or issue.get("options")
    unit = {"string": " characters", "array": " of them"}.get(str(issue.get("origin")), "")
    if isinstance(values, list) and values:
        return f"must be one of {', '.join(str(value) for value in values[:MOST_VALUES])}"
    if code == "too_big" and issue.get("maximum") is not None:
        return f"must be at most {issue['maximum']}{unit}"
    if code == "too_small" and issue.get("minimum") is not None:
        return f"must be at least {issue['minimum']}{unit}"
    if code == "unrecognized_keys" and isinstance(issue.get("keys"), list):
        return f"has settings that this model does not know: {', '.join(str(key) for key in issue['keys'])}"
    if code == "invalid_union":
        return "is none that Runway knows"
    if code == "invalid_type":
        return f"must be {issue['expected']}" if isinstance(issue.get("expected"), str) else "is missing or wrong"
    message = issue.get("message")
    return f"was refused (“{message}”)" if isinstance(message, str) and message else "was refused"
