"""One message to Claude, and what each of its ends means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import anthropic
from anthropic.types import MessageDeltaUsage, RawMessageStreamEvent, Usage

from generation.providers import http
from generation.providers.base import AccountStatus, Context, Json, Submission
from generation.providers.errors import NotAccepted, OutcomeUnknown, PollFailed
from generation.providers.words import Writing, named

from . import refusals
from .provider import LABEL
from .wire import client

# 128,000 tokens at the slowest take this long; Claude sends a sign of life every few seconds.
SUBMIT_SECONDS = 45 * 60.0
SILENCE_SECONDS = 120.0
ASK_SECONDS = 20.0


def written(body: Json, context: Context) -> Submission:
    """Send a message and return its answer.

    Raises:
        NotAccepted, Refused, KeyRefused, OutcomeUnknown: as the protocol says.
        Fruitless: it was bought, and is of no use.
    """
    writing = Writing(context, LABEL, body, data="output_config" in body)
    with (
        client(context, deadline=SUBMIT_SECONDS, silence=SILENCE_SECONDS) as claude,
        _meaning(writing, context),
        claude.messages.create(**dict(body), stream=True) as events,
    ):
        reason = _taken(events, writing)
    if reason == "stopped":
        return writing.stopped()
    if reason == "refusal":
        raise writing.refused()
    return writing.ended(at_length=reason in ("max_tokens", "model_context_window_exceeded"))


def account_status(context: Context) -> AccountStatus:
    """Ask for the models that a key may use: that is free, and shows whether it holds.

    Raises:
        KeyRefused, PollFailed
    """
    try:
        with client(context, deadline=ASK_SECONDS, silence=ASK_SECONDS) as claude:
            claude.models.list(limit=1)
            return AccountStatus(api_version=str(claude.default_headers["anthropic-version"]))
    except anthropic.APIStatusError as error:
        raise refusals.unanswered(error, context.key) from None
    except (anthropic.APIError, http.AnswerLost, ValueError) as error:
        cause = error.__cause__ or error
        raise PollFailed(
            f"{LABEL} did not answer; try again in a moment.",
            code="unreachable",
            internal=refusals.without_key(str(cause), context.key),
        ) from None


def _taken(events: Any, writing: Writing) -> str:
    """Read a stream to its end, or until nobody wants more of it. Returns why it ended.

    Raises:
        EOFError: it ended before it was over.
        ValueError: it is none.
    """
    reason = ""
    for event in events:
        try:
            reason = _take(event, writing) or reason
        except (AttributeError, TypeError) as error:
            # The client hands on what it is told without a look at it.
            raise ValueError(f"an event that is none: {error}") from error
        if event.type == "message_stop":
            return reason
        if writing.task_id and not writing.context.wanted():
            return "stopped"
    raise EOFError("the stream ended before its last event")


def _take(event: RawMessageStreamEvent, writing: Writing) -> str:
    """Take one event in. Returns why the message ended, where it says so."""
    if event.type == "message_start":
        writing.task_id = named(event.message.id) or str(uuid4())
        writing.read(_read_tokens(event.message.usage))
    elif event.type == "content_block_delta":
        if event.delta.type == "text_delta":
            writing.write(event.delta.text)
        elif event.delta.type == "thinking_delta":
            writing.hidden += len(event.delta.thinking.encode())
    elif event.type == "message_delta":
        writing.wrote(event.usage.output_tokens)
        if event.usage.input_tokens is not None:
            writing.read(_read_tokens(event.usage))
        return event.delta.stop_reason or ""
    return ""


def _read_tokens(usage: Usage | MessageDeltaUsage) -> int | None:
    """Return what was read, from the cache and not; None where one of them is no count: the client checks nothing."""
    parts = (usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens)
    counts: list[Any] = [part or 0 for part in parts]
    return sum(counts) if all(isinstance(one, int) and one >= 0 for one in counts) else None


@contextmanager
def _meaning(writing: Writing, context: Context) -> Iterator[None]:
    """Say what a failure means for the money, by how far the message had come."""
    try:
        yield
    except anthropic.APIStatusError as error:
        if writing.task_id:
            raise writing.broken(refusals.internal_of(error, context.key)) from None
        raise refusals.refusal(error, context.key) from None
    except (anthropic.APIError, http.AnswerLost, EOFError, ValueError) as error:
        cause = error.__cause__ or error
        internal = refusals.without_key(f"{type(cause).__name__}: {cause}", context.key)
        if writing.task_id:
            raise writing.broken(internal) from None
        if isinstance(cause, http.NotSent):
            raise NotAccepted(
                f"{LABEL} cannot be reached at the moment. It is tried again by itself.",
                code="unreachable",
                internal=internal,
            ) from None
        raise OutcomeUnknown(refusals.UNKNOWN, code="answer_lost", internal=internal) from None
