"""The official client on our own floor: one time limit for all, and a sure word on whether the request left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import anthropic
import httpx2

from generation.providers import http
from generation.providers.base import Context
from generation.providers.errors import KeyRefused

from .provider import DEFAULT_URL

# Written by the floor itself, or of no meaning beyond one connection.
_FLOORS_OWN = frozenset({"host", "connection", "content-length", "accept-encoding", "transfer-encoding"})
# What is no stream of events: an error, a list of models.
WORDS_MOST = 1024 * 1024
_BODYS_OWN = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection"})


class _Body(httpx2.SyncByteStream):
    """An answer's body while it comes; closing it ends the call.

    Args:
        call: to be ended.
        answer: its answer.
        events: it is a stream of them. Each is handed on whole, in two lines: the client joins what it is given piece
            by piece and line by line, which many small ones would make the work of hours.
    """

    def __init__(self, call: AbstractContextManager[http.Stream], answer: http.Stream, *, events: bool) -> None:
        self._call: AbstractContextManager[http.Stream] | None = call
        self._answer = answer
        self._events = events

    def __iter__(self) -> Iterator[bytes]:
        if not self._events:
            yield self._answer.answer(WORDS_MOST).body
            return
        for name, data in http.named_events(self._answer.pieces()):
            http.read_json(data)
            # Between the parts of JSON, where alone they can stand, ends of lines are nothing but space.
            yield f"event: {_flat(name)}\ndata: {_flat(data)}\n\n".encode()

    def close(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call.__exit__(None, None, None)


def _flat(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


class _Floor(httpx2.BaseTransport):
    """Carries the client's requests.

    Args:
        context: whose lease is held meanwhile.
        deadline: seconds that one call may take.
        silence: seconds without a byte.
    """

    def __init__(self, context: Context, deadline: float, silence: float) -> None:
        self._context = context
        self._deadline = deadline
        self._silence = silence

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        call = http.stream(
            request.method,
            str(request.url),
            headers={name: value for name, value in request.headers.items() if name.lower() not in _FLOORS_OWN},
            body=request.read(),
            deadline=self._deadline,
            silence=self._silence,
            check=self._context.check,
        )
        answer = call.__enter__()
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in _BODYS_OWN]
        events = request.method == "POST" and 200 <= answer.status < 300
        return httpx2.Response(answer.status, headers=headers, stream=_Body(call, answer, events=events))


@contextmanager
def client(context: Context, *, deadline: float, silence: float) -> Iterator[anthropic.Anthropic]:
    """Give an official client that repeats nothing and follows no redirect.

    What the floor raises comes as the cause of ``anthropic.APIConnectionError`` until an answer has begun, and as it
    is from then on.

    Args:
        context: address, key and lease.
        deadline: seconds that a call may take.
        silence: seconds that may pass without a byte.

    Raises:
        KeyRefused: there is no key that could be sent.
    """
    transport = _Floor(context, deadline, silence)
    with httpx2.Client(transport=transport, follow_redirects=False, trust_env=False) as carrier:
        yield anthropic.Anthropic(
            api_key=_checked(context.key),
            base_url=context.base_url or DEFAULT_URL,
            max_retries=0,
            http_client=carrier,
        )


def _checked(key: str) -> str:
    if not key:
        raise KeyRefused(
            "There is no key for Claude here. Enter one in the team's provider settings.", code="no_key", internal=""
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise KeyRefused(
            "The key for Claude has characters that no key has; it was probably cut or copied with something else. "
            "Enter it anew in the team's provider settings.",
            code="key_refused",
            internal="the key cannot be a header line",
        )
    return key
