"""Words: one streamed answer, and what each of its ends means."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from generation.providers import http
from generation.providers.base import Json, Submission
from generation.providers.errors import Fruitless, NotAccepted, OutcomeUnknown
from generation.providers.keyed import told
from generation.providers.words import Writing, named

from . import bodies, refusals
from .wire import Endpoint, error_of

SUBMIT_SECONDS = 45 * 60.0
# A model that is loaded from a disk first, on a machine of one's own, is silent for minutes.
SILENCE_SECONDS = 300.0
ANSWER_MOST = 8 * 1024 * 1024
_MOST_WORDINGS = 4
_MOST_ID = 80


class _Refusal(Exception):
    """The endpoint would not take a request that may be said in older words."""

    def __init__(self, answer: http.Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def written(endpoint: Endpoint, uuid: UUID, body: Json) -> Submission:
    """Send a message and return its answer.

    Raises:
        NotAccepted, Refused, KeyRefused, OutcomeUnknown: as the protocol says.
        Fruitless: it was bought, and is of no use.
    """
    request = body["json"]
    for _ in range(_MOST_WORDINGS):
        try:
            return _sent(endpoint, uuid, body, request)
        except _Refusal as refused:
            older = bodies.in_older_words(request, " ".join(error_of(told(refused.answer))).lower())
            if older is None:
                raise refusals.refusal(refused.answer, endpoint, request["model"]) from None
            request = older
    raise OutcomeUnknown(refusals.unknown(endpoint), code="server_error", internal="too many wordings")


def _sent(endpoint: Endpoint, uuid: UUID, body: Json, request: Json) -> Submission:
    writing = Writing(endpoint.context, endpoint.label, request, data="response_format" in request)
    try:
        reason = _taken(endpoint, uuid, request, writing)
        if reason == "stopped":
            return _priced(writing.stopped(), body)
        if reason == "content_filter":
            raise writing.refused()
        return _priced(writing.ended(at_length=reason == "length"), body)
    except Fruitless as error:
        usage = error.usage
        if usage is not None:
            error.cost = bodies.cost_of(body, usage.input_tokens, usage.output_tokens)
        raise


def _priced(submission: Submission, body: Json) -> Submission:
    usage = submission.usage
    cost = None if usage is None else bodies.cost_of(body, usage.input_tokens, usage.output_tokens)
    return replace(submission, cost=cost)


def _taken(endpoint: Endpoint, uuid: UUID, request: Json, writing: Writing) -> str:
    """Send a request and take its answer in. Returns why it ended.

    Raises:
        _Refusal: the endpoint would not take it in these words.
    """
    try:
        with http.stream(
            "POST",
            endpoint.url(bodies.WORDS),
            headers=endpoint.headers,
            body=json.dumps(request, ensure_ascii=False).encode(),
            deadline=SUBMIT_SECONDS,
            silence=SILENCE_SECONDS,
            check=endpoint.context.check,
        ) as stream:
            if stream.status in (400, 422):
                raise _Refusal(stream.answer())
            if not 200 <= stream.status < 300:
                raise refusals.refusal(stream.answer(), endpoint, request["model"])
            if "text/event-stream" not in stream.headers.get("Content-Type", ""):
                return _take_whole(stream, uuid, writing)
            return _take_events(http.events(stream.pieces()), uuid, writing)
    except http.NotSent as error:
        raise NotAccepted(
            f"{endpoint.label} cannot be reached at the moment. It is tried again by itself.",
            code="unreachable",
            internal=endpoint.without_key(str(error)),
        ) from None
    except (http.AnswerLost, EOFError, ValueError) as error:
        internal = endpoint.without_key(f"{type(error).__name__}: {error}")
        if writing.task_id:
            raise writing.broken(internal) from None
        raise OutcomeUnknown(refusals.unknown(endpoint), code="answer_lost", internal=internal) from None


def _take_events(events: Iterable[str], uuid: UUID, writing: Writing) -> str:
    """Read a stream to its end, or until nobody wants more of it.

    Raises:
        EOFError: it ended before it was over.
        ValueError: it is none.
    """
    reason = ""
    try:
        for data in events:
            if data == "[DONE]":
                break
            reason = _take(http.read_json(data), uuid, writing) or reason
            # The usage comes after the last words; it is worth the wait.
            if not reason and not writing.context.wanted():
                return "stopped"
    except http.AnswerLost:
        # All words are there; what they come to can be reckoned.
        if not reason:
            raise
    if not reason:
        raise EOFError("the stream ended before its last event")
    return reason


def _take_whole(stream: http.Stream, uuid: UUID, writing: Writing) -> str:
    """Take an answer of an endpoint that does not stream."""
    body = bytearray()
    for piece in stream.pieces():
        body += piece
        if len(body) > ANSWER_MOST:
            raise ValueError("the answer is too long")
    reason = _take(http.read_json(bytes(body)), uuid, writing)
    if not reason:
        raise EOFError("the answer does not say that it is whole")
    return reason


def _take(said: Any, uuid: UUID, writing: Writing) -> str:
    """Take one piece in. Returns why the answer ended, where it says so.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(said, Mapping) or said.get("error"):
        raise ValueError(f"an error in the stream: {error_of(said)[0] if isinstance(said, Mapping) else said!r}")
    choices = said.get("choices")
    if not isinstance(choices, list):
        raise ValueError("an answer without choices")
    # Small servers give the same id to many answers, so ours goes along.
    writing.task_id = writing.task_id or f"{named(said.get('id'))[:_MOST_ID]}/{uuid}".lstrip("/")
    usage = said.get("usage")
    if isinstance(usage, Mapping):
        writing.read(usage.get("prompt_tokens"))
        writing.wrote(usage.get("completion_tokens"))
    reason: Any = ""
    for choice in choices[:1]:
        part = (choice.get("delta") or choice.get("message") or {}) if isinstance(choice, Mapping) else None
        if not isinstance(part, Mapping):
            raise ValueError("a choice that is none")
        content = part.get("content")
        writing.write(content if isinstance(content, str) else "")
        thought = part.get("reasoning_content") or part.get("reasoning") or ""
        writing.hidden += len(thought.encode("utf-8", "replace")) if isinstance(thought, str) else 0
        reason = "content_filter" if part.get("refusal") else choice.get("finish_reason")
    return reason if isinstance(reason, str) else ""
