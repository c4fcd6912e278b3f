"""Answers that are read while they come: words as they are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from .calls import PIECE, Answer, AnswerLost, reason, sending
from .wire import Errand, admitted

# A line of events that never ends must not fill the memory.
LINE_MOST = 8 * 1024 * 1024
# Twice what the longest answer of today comes to, each token in an event of its own; nobody listens without end.
STREAM_MOST = 128 * 1024 * 1024
# What a piece counts as at least: one that holds less than an event makes as much work as one that does.
_PIECE_LEAST = 64


class Stream:
    """An answer whose body comes in pieces.

    Attributes:
        status, headers: of the answer.
    """

    def __init__(self, response: Any) -> None:
        self._response = response
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers

    def pieces(self) -> Iterator[bytes]:
        """Give the body's bytes as they come.

        Raises:
            AnswerLost: the connection ended in the middle, or it took longer or is longer than it may.
        """
        taken = 0
        try:
            while piece := self._response.raw.read1(PIECE, decode_content=True):
                taken += max(len(piece), _PIECE_LEAST)
                if taken > STREAM_MOST:
                    raise AnswerLost("the answer is longer than any can be")
                yield piece
        except (requests.RequestException, HTTPError) as error:
            raise AnswerLost(reason(error)) from None

    def answer(self, most_bytes: int = PIECE) -> Answer:
        """Return the status with what can be had of its words: for answers that are no stream of words."""
        body = bytearray()
        try:
            for piece in self.pieces():
                body += piece
                if len(body) > most_bytes:
                    break
        except AnswerLost:
            pass
        return Answer(self.status, self.headers, bytes(body[:most_bytes]))


@contextmanager
def stream(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    deadline: float,
    silence: float = math.inf,
    connect: float = 5.0,
    fetch_origins: Collection[str] | None = None,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Stream]:
    """Send one request, once, over a connection of its own, and give its answer while it comes. Leaving ends it.

    Args:
        method, url, headers, body: of the request.
        deadline: the seconds that all of it may take, to the last word.
        silence: the seconds that may pass without a byte.
        connect: the seconds that connecting to one address may take.
        fetch_origins: when given, the address must be a public one over https, or one of these origins.
        check: called at least once a second while waiting; what it raises ends the call and comes through.

    Raises:
        NotSent: no byte of the body left.
        AnswerLost: anything that went wrong afterwards.
    """
    allowed = admitted(fetch_origins)
    journey = Errand(seconds=deadline, connect=connect, check=check, origins=allowed, fresh=True, silence=silence)
    with sending(method, url, headers={**headers, "Accept-Encoding": "identity"}, body=body, journey=journey) as got:
        yield Stream(got)


def events(pieces: Iterable[bytes]) -> Iterator[str]:
    """Give the data of server-sent events; a last one that was cut off is left out.

    Raises:
        AnswerLost: a line or an event has no end.
    """
    return (data for _, data in named_events(pieces))


def named_events(pieces: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Give server-sent events with their names, empty where they have none. Arguments and errors as of ``events``.

    What has been looked at is not looked at again when more comes: however small the pieces are, the work grows with
    their sum.
    """
    name, data, size = "", list[str](), 0
    for line in _lines(pieces):
        field, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
            size += len(line)
            if size > LINE_MOST:
                raise AnswerLost("an event has no end")
        elif field == "event":
            name = value
        elif not line:
            if data:
                yield name, "\n".join(data)
            name, data, size = "", [], 0


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give whole lines, without their ends."""
    begun, size = list[bytes](), 0
    for piece in pieces:
        *ends, rest = piece.split(b"\n")
        for end in ends:
            yield b"".join([*begun, end]).rstrip(b"\r")
            begun, size = [], 0
        begun.append(rest)
        size += len(rest)
        if size > LINE_MOST:
            raise AnswerLost("a line of events has no end")
