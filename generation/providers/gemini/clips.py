"""What Google says about an interaction that makes a clip, reduced to what the engine needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generation.providers.base import Output, Submission, TaskState, TaskStatus
from generation.providers.errors import OutcomeUnknown, PollFailed
from generation.providers.http import Answer

from . import usage
from .refusals import MODERATED, UNKNOWN, fault_of, internal_of
from .wire import inner, inners, told, without_key

LONGEST_ID = 200
# Stands for a clip that lies in the interaction itself: its id and the number of the clip follow.
INLINE = "inline:"
_MOST_QUOTED = 200
_AGAIN = "Generate it again; if it fails again, choose another model."
_REFUSED = "Google's rules refuse this clip. Change the prompt or the pictures; the same is refused again."
_GOING_ON = {"queued": TaskState.WAITING, "in_progress": TaskState.RUNNING}
_ENDED_WITHOUT = {
    "incomplete": ("incomplete", f"Gemini ended before the clip was done. {_AGAIN}"),
    "budget_exceeded": (
        "budget_exceeded",
        "The spending limit that is set for this project at Google is reached. Raise it in Google AI Studio, then "
        "generate again.",
    ),
    "requires_action": ("requires_action", f"Gemini asked something back instead of making the clip. {_AGAIN}"),
    "requires_continuation": ("incomplete", f"Gemini stopped in the middle of the clip. {_AGAIN}"),
}


def submission_of(answer: Answer, key: str) -> Submission:
    """Read the answer to an order that was taken.

    Raises:
        OutcomeUnknown: it names no interaction.
    """
    named = told(answer).get("id")
    if not isinstance(named, str) or not 0 < len(named) <= LONGEST_ID:
        raise OutcomeUnknown(UNKNOWN, code="no_interaction_named", internal=internal_of(answer, key))
    return Submission(named)


def status_of(answer: Answer, key: str) -> TaskStatus:
    """Read an interaction. A word that is not known means that it still runs.

    Raises:
        PollFailed: this is no interaction.
    """
    said = told(answer)
    word = said.get("status")
    if not isinstance(word, str):
        raise PollFailed(
            "Gemini's answer could not be read; it is asked again by itself.",
            code="no_answer",
            internal=internal_of(answer, key),
        )
    word = word.lower()
    if word in _GOING_ON:
        return TaskStatus(_GOING_ON[word])
    if word == "completed":
        return _completed(said, key)
    if word == "cancelled":
        return TaskStatus(TaskState.CANCELLED, usage=usage.of_clip(said, made=False))
    if word == "failed" or word in _ENDED_WITHOUT:
        code, public = _ENDED_WITHOUT.get(word) or _why(said)
        internal = without_key(f"{word}: {inner(said.get('error')).get('message') or _said(said)}", key)
        return _failed(code, public, internal, said)
    return TaskStatus(TaskState.RUNNING)


def clips_of(said: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the clips of an interaction, each with ``uri`` or ``data``."""
    for part in _parts(said):
        if part.get("type") == "video" and (part.get("uri") or part.get("data")):
            yield part


def _completed(said: Mapping[str, Any], key: str) -> TaskStatus:
    outputs = tuple(_output(said, part, at) for at, part in enumerate(clips_of(said)))
    if outputs:
        return TaskStatus(TaskState.SUCCEEDED, progress=1.0, outputs=outputs, usage=usage.of_clip(said, made=True))
    counted = usage.of_clip(said, made=False)
    if counted is None or counted.media_tokens:
        # It has made a clip, or may have, and we cannot find it: the engine says so, and what it cost.
        return TaskStatus(TaskState.SUCCEEDED, usage=counted)
    # That is how it refuses: it says in words why not.
    words = without_key(_said(said), key)[:_MOST_QUOTED].strip()
    public = f"Gemini made no clip and answered in words: “{words}”. Change the prompt." if words else _REFUSED
    return _failed(MODERATED, public, f"completed: {words}", said)


def _output(said: Mapping[str, Any], part: Mapping[str, Any], at: int) -> Output:
    media_type = part.get("mime_type")
    uri = part.get("uri")
    return Output(
        uri if isinstance(uri, str) and uri else f"{INLINE}{said.get('id')}#{at}",
        media_type if isinstance(media_type, str) else "",
    )


def _why(said: Mapping[str, Any]) -> tuple[str, str]:
    fault = fault_of(said.get("error"))
    if fault.of_policy:
        return MODERATED, _REFUSED
    return "provider_error", f"Gemini could not make this, by a fault of its own. {_AGAIN}"


def _failed(code: str, public: str, internal: str, said: Mapping[str, Any]) -> TaskStatus:
    return TaskStatus(
        TaskState.FAILED,
        usage=usage.of_clip(said, made=False),
        failure_code=code,
        failure_public=public,
        failure_internal=internal,
    )


def _parts(said: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for step in inners(said.get("steps")):
        if step.get("type") == "model_output":
            yield from inners(step.get("content"))


def _said(said: Mapping[str, Any]) -> str:
    return " ".join(part["text"] for part in _parts(said) if isinstance(part.get("text"), str))
