"""The answer of ``generateContent``: the pictures in it, or why there is none."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from generation.providers.base import Context, Submission
from generation.providers.errors import Fruitless, KeyRefused, OutcomeUnknown, ProviderError
from generation.providers.http import Answer

from . import usage
from .refusals import MODERATED, UNKNOWN, internal_of
from .wire import inner, inners, told, without_key

LONGEST_ID = 200
_MOST_QUOTED = 200
_AGAIN = "Generate it again; if it fails again, choose another model."
_PROMPT = "Google's rules refuse the prompt or a picture that came with it. Change them; the same is refused again."
_RESULT = "Google's rules refused the finished picture. Change the prompt, or generate it again."
_COPIED = "Gemini stopped because the picture came too close to an existing work. Describe it in other words."
# Why a candidate ended that has no picture: our code, and what to do.
_ENDINGS = {
    "SAFETY": (MODERATED, _PROMPT),
    "PROHIBITED_CONTENT": (MODERATED, _PROMPT),
    "BLOCKLIST": (MODERATED, "The prompt has a word that Google does not allow. Write it differently."),
    "SPII": (MODERATED, "The prompt holds personal data that Google does not draw. Leave it out."),
    "MODEL_ARMOR": (MODERATED, _PROMPT),
    "ESCALATION": (MODERATED, _PROMPT),
    "IMAGE_SAFETY": (MODERATED, _RESULT),
    "IMAGE_PROHIBITED_CONTENT": (MODERATED, _RESULT),
    "RECITATION": (MODERATED, _COPIED),
    "IMAGE_RECITATION": (MODERATED, _COPIED),
    "LANGUAGE": ("language", "Gemini does not draw from a prompt in this language. Write it in another one."),
    "MAX_TOKENS": ("cut", f"Gemini ran out of room before the picture was done. Shorten the prompt. {_AGAIN}"),
    "IMAGE_OTHER": ("provider_error", f"Gemini could not draw this and did not say why. {_AGAIN}"),
}


def submission_of(answer: Answer, uuid: UUID, context: Context) -> Submission:
    """Read an answer that succeeded, and hand the pictures in it over.

    Raises:
        OutcomeUnknown: it is no such answer.
        Fruitless: it holds no picture.
        KeyRefused: Google has limited the account.
    """
    said = told(answer)
    candidates, feedback = inners(said.get("candidates")), inner(said.get("promptFeedback"))
    if not candidates and not feedback:
        raise OutcomeUnknown(UNKNOWN, code="no_answer", internal=internal_of(answer, context.key))
    pictures = list(_pictures(candidates))
    if not pictures:
        raise _without_picture(said, candidates, feedback, context.key)
    try:
        decoded = [(base64.b64decode(data, validate=True), media_type) for data, media_type in pictures]
    except (binascii.Error, ValueError):
        decoded = []
    if not decoded or not all(data for data, _ in decoded):
        raise Fruitless(
            f"Gemini sent a picture that cannot be read. {_AGAIN}",
            code="bad_output",
            usage=usage.of_picture(said, made=True),
        )
    named = said.get("responseId")
    task_id = named if isinstance(named, str) and 0 < len(named) <= LONGEST_ID else str(uuid)
    outputs = tuple(context.keep(data, media_type) for data, media_type in decoded)
    return Submission(task_id, outputs=outputs, usage=usage.of_picture(said, made=True))


def _pictures(candidates: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield data and type of each picture; sketches that the model thought with are none."""
    for candidate in candidates:
        for part in inners(inner(candidate.get("content")).get("parts")):
            blob = inner(part.get("inlineData") or part.get("inline_data"))
            media_type, data = blob.get("mimeType") or blob.get("mime_type"), blob.get("data")
            if part.get("thought") is True or not isinstance(data, str):
                continue
            if isinstance(media_type, str) and media_type.startswith("image/"):
                yield data, media_type


def _without_picture(
    said: Mapping[str, Any], candidates: list[Mapping[str, Any]], feedback: Mapping[str, Any], key: str
) -> ProviderError:
    counted = usage.of_picture(said, made=False)
    if feedback.get("blockReason"):
        internal = f"blockReason {without_key(str(feedback['blockReason']), key)}"
        return Fruitless(_PROMPT, code=MODERATED, internal=internal, usage=counted)
    ending = str(candidates[0].get("finishReason") or "") if candidates else ""
    internal = without_key(f"finishReason {ending}: {_said(candidates)}", key)
    if ending == "PUP_LIMITED_DISABLED":
        return KeyRefused(
            "Google has limited this account for breaking its rules of use. Write to Google's support, then let the "
            "account go on in the team's provider settings.",
            code="account_limited",
            internal=internal,
        )
    if ending in _ENDINGS:
        code, public = _ENDINGS[ending]
        return Fruitless(public, code=code, internal=internal, usage=counted)
    words = without_key(_said(candidates), key)[:_MOST_QUOTED].strip()
    public = (
        f"Gemini answered in words and drew nothing: “{words}”. Say in the prompt what should be seen."
        if words
        else f"Gemini drew nothing and did not say why. {_AGAIN}"
    )
    return Fruitless(public, code="no_output", internal=internal, usage=counted)


def _said(candidates: list[Mapping[str, Any]]) -> str:
    parts = [part for each in candidates for part in inners(inner(each.get("content")).get("parts"))]
    texts = [part["text"] for part in parts if isinstance(part.get("text"), str) and part.get("thought") is not True]
    notes = [each["finishMessage"] for each in candidates if isinstance(each.get("finishMessage"), str)]
    return " ".join([*texts, *notes])
