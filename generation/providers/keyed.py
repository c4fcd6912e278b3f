"""What adapters share that send a key with each request: the key as a header line, reading what is told,
and asking to stop."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from generation.providers.base import TaskState, TaskStatus
from generation.providers.errors import KeyRefused, TaskMissing
from generation.providers.http import Answer

MOST_TOLD = 300
_ENDED = (TaskState.SUCCEEDED, TaskState.FAILED, TaskState.CANCELLED)


def checked_key(key: str, label: str) -> str:
    """Return a key that can be sent as a header line.

    Args:
        key: as somebody entered it.
        label: the provider's name for people.

    Raises:
        KeyRefused: there is none, or it cannot be one.
    """
    if not key:
        raise KeyRefused(
            f"There is no {label} key here. Enter one in the team's provider settings.",
            code="no_key",
            internal="no key",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise KeyRefused(
            f"The {label} key has characters that no key has; it was probably cut or copied with something else. Enter "
            "it anew in the team's provider settings.",
            code="key_refused",
            internal="the key cannot be a header line",
        )
    return key


def told(answer: Answer) -> Mapping[str, Any]:
    """Return the object that an answer holds; empty when it holds none."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def without_key(text: str, key: str, form: re.Pattern[str]) -> str:
    """Return a provider's words for a log or a person, cut short and with every key taken out.

    Args:
        text: the words.
        key: the one that was sent.
        form: what any key of this provider looks like.
    """
    return form.sub("…", text.replace(key, "…") if key else text)[:MOST_TOLD]


def ask_to_stop(look: Callable[[], TaskStatus], ask: Callable[[], Answer]) -> Answer | None:
    """Ask a provider to stop a task that goes on.

    What has just ended is left alone: some delete a finished task for the same request, together with its result,
    which is paid for.

    Args:
        look: at the task; raises ``TaskMissing`` where there is none any more.
        ask: to stop.

    Returns:
        An answer that did not take it; None where nothing goes on any more.

    Raises:
        PollFailed, KeyRefused: as ``look`` and ``ask`` raise them.
    """
    try:
        if look().state in _ENDED:
            return None
    except TaskMissing:
        return None
    answer = ask()
    return None if answer.status == 404 or 200 <= answer.status < 300 else answer
