"""What Luma says about a generation, reduced to what the engine needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.providers.base import Output, TaskState, TaskStatus
from generation.providers.errors import PollFailed
from generation.providers.http import Answer
from generation.providers.keyed import told

from .refusals import internal_of
from .wire import without_key

LONGEST_ID = 200
_STATES = {
    "queued": TaskState.WAITING,
    "dreaming": TaskState.RUNNING,
    "completed": TaskState.SUCCEEDED,
    "failed": TaskState.FAILED,
}
_MODERATED = ("moderat", "policy", "safety", "nsfw", "not allowed", "prohibited")


def id_of(generation: Mapping[str, Any]) -> str:
    """Return a generation's id; empty when it names none."""
    found = generation.get("id")
    return found if isinstance(found, str) and len(found) <= LONGEST_ID else ""


def status_of(answer: Answer, key: str) -> TaskStatus:
    """Read a generation. A word that is not known means that it still runs.

    Raises:
        PollFailed: this is no generation.
    """
    said = told(answer)
    word = said.get("state")
    if not isinstance(word, str):
        raise PollFailed(
            "Luma's answer could not be read; it is asked again by itself.",
            code="no_answer",
            internal=internal_of(answer, key),
        )
    state = _STATES.get(word.lower(), TaskState.RUNNING)
    if state is TaskState.FAILED:
        return _failed(str(said.get("failure_reason") or ""), key)
    if state is TaskState.SUCCEEDED:
        return TaskStatus(state, progress=1.0, outputs=_outputs(said.get("assets")))
    return TaskStatus(state)


def _failed(reason: str, key: str) -> TaskStatus:
    """Return a failure in words. Whether it was charged Luma does not say."""
    said = without_key(reason, key)
    moderated = any(word in reason.lower() for word in _MODERATED)
    public = (
        "Luma's moderation refused this. Change the prompt or the pictures; the same is refused again."
        if moderated
        else f"Luma could not make this{f': {said}' if said else ' and did not say why'}. Generate it again in a few "
        "minutes; if it fails again, choose another model."
    )
    code = "moderated" if moderated else "provider_error"
    return TaskStatus(
        TaskState.FAILED, failure_code=code, failure_public=public, failure_internal=said or "no reason given"
    )


def _outputs(assets: Any) -> tuple[Output, ...]:
    if not isinstance(assets, Mapping):
        return ()
    urls = (assets.get("video"), assets.get("image"))
    return tuple(Output(url) for url in urls if isinstance(url, str) and url)[:1]
