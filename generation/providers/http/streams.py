"""Answers that are read while they come: words as they are written."""

from __future__ import annotations

import codecs
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
            AnswerLost: the connection ended in the middle, or took longer than it may.
        """
        try:
            while piece := self._response.raw.read1(PIECE, decode_content=True):
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
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest, data, size = "", list[str](), 0
    for piece in pieces:
        rest += decoder.decode(piece)
        if len(rest) > LINE_MOST:
            raise AnswerLost("a line of events has no end")
        # A carriage return at the end may be the first half of a line's end.
        *lines, rest = rest.replace("\r\n", "\n").split("\n")
        for line in lines:
            name, _, value = line.rstrip("\r").partition(":")
            if name == "data":
                data.append(value.removeprefix(" "))
                size += len(line)
                if size > LINE_MOST:
                    raise AnswerLost("an event has no end")
            elif not name and not value and data:
                yield "\n".join(data)
                data, size = [], 0
