"""What Runway says about a task, reduced to what the engine needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from generation.providers.base import Output, Submission, TaskState, TaskStatus
from generation.providers.errors import OutcomeUnknown, PollFailed
from generation.providers.http import Answer
from generation.providers.keyed import told

from .failures import failure_in_words
from .refusals import UNKNOWN, internal_of
from .wire import micros, without_key

LONGEST_ID = 200
_STATES = {
    "PENDING": TaskState.WAITING,
    "THROTTLED": TaskState.WAITING,
    "RUNNING": TaskState.RUNNING,
    "SUCCEEDED": TaskState.SUCCEEDED,
    "FAILED": TaskState.FAILED,
    "CANCELLED": TaskState.CANCELLED,
}


def submission_of(answer: Answer, key: str) -> Submission:
    """Read the answer to a create that succeeded.

    Raises:
        OutcomeUnknown: it names no task.
    """
    said = told(answer)
    task_id = said.get("id")
    if not isinstance(task_id, str) or not 0 < len(task_id) <= LONGEST_ID:
        raise OutcomeUnknown(UNKNOWN, code="no_task_named", internal=internal_of(answer, key))
    return Submission(task_id, estimated_cost=micros(said.get("estimatedCost")))


def status_of(answer: Answer, key: str) -> TaskStatus:
    """Read a task. A word that is not known means that it still runs.

    Raises:
        PollFailed: this is no task.
    """
    said = told(answer)
    word = said.get("status")
    if not isinstance(word, str):
        raise PollFailed(
            "Runway's answer could not be read; it is asked again by itself.",
            code="no_answer",
            internal=internal_of(answer, key),
        )
    state = _STATES.get(word.upper(), TaskState.RUNNING)
    cost = micros(said.get("cost"))
    if state is TaskState.FAILED:
        raw = said.get("failureCode")
        code, public = failure_in_words(raw if isinstance(raw, str) else "")
        internal = without_key(f"{raw}: {said.get('failure')}", key)
        return TaskStatus(state, cost=cost, failure_code=code, failure_public=public, failure_internal=internal)
    if state is TaskState.SUCCEEDED:
        return TaskStatus(state, progress=1.0, outputs=_outputs(said.get("output")), cost=cost)
    return TaskStatus(state, progress=_progress(said), cost=cost)


def _outputs(urls: Any) -> tuple[Output, ...]:
    return tuple(Output(url) for url in urls if isinstance(url, str) and url) if isinstance(urls, list) else ()


def _progress(said: Mapping[str, Any]) -> float | None:
    try:
        progress = float(said.get("progress", said.get("progressRatio")))
    except (TypeError, ValueError):
        return None
    return min(max(progress, 0.0), 1.0) if math.isfinite(progress) else None
