"""What a body may hold, by endpoint: stricter than ElevenLabs in one thing, it ignores what it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Issue = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """What one field takes: ``text``, ``number``, ``whole``, ``yes`` or ``no``, one of some words, or an object."""

    kind: str
    least: float = 0
    most: float = 0
    words: tuple[str, ...] = ()
    parts: Mapping[str, Field] | None = None
    required: bool = False


_SETTINGS = {
    "stability": Field("number", 0, 1),
    "similarity_boost": Field("number", 0, 1),
    "style": Field("number", 0, 1),
    "speed": Field("number", 0.7, 1.2),
    "use_speaker_boost": Field("yes"),
}
FIELDS: Mapping[str, Mapping[str, Field]] = {
    "text-to-speech": {
        "text": Field("text", 1, 40_000, required=True),
        "model_id": Field("text", 1, 100),
        "language_code": Field("text", 2, 3),
        "voice_settings": Field("object", parts=_SETTINGS),
        "seed": Field("whole", 0, 2**32 - 1),
        "previous_text": Field("text", 0, 10_000),
        "next_text": Field("text", 0, 10_000),
        "apply_text_normalization": Field("words", words=("auto", "on", "off")),
    },
    "sound-generation": {
        "text": Field("text", 1, 450, required=True),
        "model_id": Field("words", words=("eleven_text_to_sound_v2", "eleven_text_to_sound_v3")),
        "duration_seconds": Field("number", 0.5, 30),
        "prompt_influence": Field("number", 0, 1),
        "loop": Field("yes"),
    },
    "music": {
        "prompt": Field("text", 1, 4100, required=True),
        "model_id": Field("words", words=("music_v1", "music_v2", "music_v2_5")),
        "music_length_ms": Field("whole", 3000, 600_000),
        "force_instrumental": Field("yes"),
    },
}


def issues_of(endpoint: str, body: Any) -> list[Issue]:
    """Return all that is wrong with a body, in the shape of a 422."""
    if not isinstance(body, dict):
        return [_issue("model_attributes_type", ("body",), "Input should be a valid dictionary")]
    return _object(body, FIELDS[endpoint], ("body",))


def _object(value: Mapping[str, Any], rules: Mapping[str, Field], where: tuple[str, ...]) -> list[Issue]:
    found = [
        _issue("extra_forbidden", (*where, name), "Extra inputs are not permitted")
        for name in value
        if name not in rules
    ]
    for name, rule in rules.items():
        if name in value:
            found += _value(value[name], rule, (*where, name))
        elif rule.required:
            found.append(_issue("missing", (*where, name), "Field required"))
    return found


def _value(value: Any, rule: Field, where: tuple[str, ...]) -> list[Issue]:
    if rule.parts is not None:
        if isinstance(value, dict):
            return _object(value, rule.parts, where)
        return [_issue("model_attributes_type", where, "Input should be a valid dictionary")]
    if rule.kind == "yes":
        return [] if isinstance(value, bool) else [_issue("bool_type", where, "Input should be a valid boolean")]
    if rule.kind == "words":
        said = " or ".join(repr(word) for word in rule.words)
        return [] if value in rule.words else [_issue("literal_error", where, f"Input should be {said}")]
    if rule.kind == "text":
        if not isinstance(value, str):
            return [_issue("string_type", where, "Input should be a valid string")]
        return _within(len(value), rule, where, "String should have")
    if isinstance(value, bool) or not isinstance(value, int | float) or (rule.kind == "whole" and value != int(value)):
        return [_issue("float_type", where, "Input should be a valid number")]
    return _within(value, rule, where, "Input should be")


def _within(size: float, rule: Field, where: tuple[str, ...], beginning: str) -> list[Issue]:
    if size < rule.least:
        return [_issue("too_small", where, f"{beginning} at least {rule.least:g}")]
    return [_issue("too_big", where, f"{beginning} at most {rule.most:g}")] if size > rule.most else []


def _issue(kind: str, where: tuple[str, ...], message: str) -> Issue:
    return {"type": kind, "loc": list(where), "msg": message}
