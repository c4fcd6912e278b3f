"""Requests, replies, and the ways in which a reply can fail to arrive."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

JSON = "application/json"
_KNOWN = frozenset(HTTPStatus)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived. Header names are lower case; ``base_url`` is how the caller reached us."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str

    def parameter(self, name: str) -> str:
        """One value of the query, empty when it is missing."""
        return parse_qs(self.query).get(name, [""])[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply.

    Attributes:
        body: the bytes, or pieces of them that are sent as they come.
        length: False leaves Content-Length out and closes the connection after the body.
        claimed: a Content-Length that is not the truth.
        manner: how it goes out: empty for as it should, else ``drop``, ``reset``, ``hang``, ``half``, ``drip``.
    """

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: bool = True
    claimed: int | None = None
    manner: str = ""

    def going(self, manner: str) -> Reply:
        """The same reply, sent in another manner."""
        return replace(self, manner=manner)


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply that holds JSON."""
    return Reply(status, json.dumps(value, ensure_ascii=False).encode(), JSON, headers or {})


def page(status: int, words: str) -> Reply:
    """What a proxy in front of a provider says: a page, not JSON."""
    body = f"<html>\r\n<head><title>{status} {words}</title></head>\r\n<body><h1>{words}</h1></body>\r\n</html>\r\n"
    return Reply(status, body.encode(), "text/html; charset=utf-8")


class Line:
    """One connection, and everything that may be done to it.

    Args:
        connection: the socket.
        stopping: set when the server ends; nothing waits longer than that.
        drip_seconds: the pause between two bytes of a dripping answer.
        patience_seconds: how long a hanging answer is held open.
    """

    def __init__(
        self, connection: socket.socket, stopping: threading.Event, drip_seconds: float, patience_seconds: float
    ) -> None:
        self._connection = connection
        self._stopping = stopping
        self._drip_seconds = drip_seconds
        self._patience_seconds = patience_seconds

    def send(self, reply: Reply, *, head_only: bool = False) -> bool:
        """Send one reply. Returns whether the connection can take another request."""
        if reply.manner in {"drop", "reset", "hang"}:
            getattr(self, f"_{reply.manner}")()
            return False
        head = self._head(reply)
        pieces: Iterable[bytes] = [reply.body] if isinstance(reply.body, bytes) else reply.body
        if head_only:
            pieces = []
        if reply.manner == "half":
            whole = head + b"".join(pieces)
            # In the middle of the body, so that a status line without its content arrives.
            self._connection.sendall(whole[: len(head) + max(1, (len(whole) - len(head)) // 2)])
            self._close()
            return False
        if reply.manner == "drip":
            return self._drip(head + b"".join(pieces))
        return self._plainly(head, pieces, keep=reply.length and reply.claimed is None)

    def _head(self, reply: Reply) -> bytes:
        phrase = HTTPStatus(reply.status).phrase if reply.status in _KNOWN else "Overloaded"
        lines = [f"HTTP/1.1 {reply.status} {phrase}", "Server: rehearsal"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        if reply.content_type:
            lines.append(f"Content-Type: {reply.content_type}")
        if reply.claimed is not None:
            lines.append(f"Content-Length: {reply.claimed}")
        elif reply.length and isinstance(reply.body, bytes) and reply.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(reply.body)}")
        if not reply.length:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _plainly(self, head: bytes, pieces: Iterable[bytes], *, keep: bool) -> bool:
        waiting = head
        # Whoever writes while it is read must hear at once that nobody reads any more.
        with contextlib.closing(pieces) if isinstance(pieces, Generator) else contextlib.nullcontext():
            for piece in pieces:
                # Head and first piece in one packet: two would wait for each other's acknowledgement.
                self._connection.sendall(waiting + piece)
                waiting = b""
                if self._stopping.is_set():
                    self._close()
                    return False
        if waiting:
            self._connection.sendall(waiting)
        if not keep:
            self._close()
        return keep

    def _drip(self, whole: bytes) -> bool:
        for number in range(len(whole)):
            self._connection.sendall(whole[number : number + 1])
            if self._stopping.wait(self._drip_seconds):
                self._close()
                return False
        return True

    def _hang(self) -> None:
        """Say nothing until the caller gives up, the patience is over, or the server ends."""
        until = time.monotonic() + self._patience_seconds
        with contextlib.suppress(OSError):
            self._connection.settimeout(0.1)
            while time.monotonic() < until and not self._stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    if not self._connection.recv(65536):
                        break
        self._close()

    def _drop(self) -> None:
        """End the connection in good order, without a byte."""
        self._close()

    def _reset(self) -> None:
        """End it as a crashed machine does."""
        with contextlib.suppress(OSError):
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._connection.close()

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)


REFUSALS: Mapping[str, int] = {
    "bad_request": 400, "no_credit": 400, "key_refused": 401, "forbidden": 403, "not_found": 404, "wrong_method": 405,
    "time_out": 408, "conflict": 409, "too_large": 413, "unprocessable": 422, "rate_limited": 429,
    "rate_limited_wait": 429, "daily_cap": 429, "error": 500, "gateway_timeout": 504,
    "overloaded": 529,
    "accept_error": 500, "accept_gateway_timeout": 504, "accept_time_out": 408, "accept_conflict": 409,
}  # fmt: skip
"""The status that each fault of a request answers with; how it is said is the provider's own."""


def troubled(fault: str, answer: Callable[[], Reply], refusal: Callable[[str, int], Reply]) -> Reply:
    """Play a fault of a request.

    Args:
        fault: its name, or empty.
        answer: processes the request; called once, or not at all when the fault comes first.
        refusal: says a fault's status in the provider's own shape.
    """
    if fault in {"drop", "reset", "hang"}:
        return Reply(manner=fault)
    if fault == "bad_gateway":
        return page(502, "Bad Gateway")
    if fault == "unavailable":
        return page(503, "Service Temporarily Unavailable")
    if fault in REFUSALS and not fault.startswith("accept_"):
        return refusal(fault, REFUSALS[fault])
    true = answer()
    if not fault or true.status >= HTTPStatus.BAD_REQUEST:
        return true
    if fault in REFUSALS:
        return refusal(fault, REFUSALS[fault])
    if fault == "accept_garbage":
        return replace(true, body=b'{"id": "', content_type=JSON)
    if fault == "accept_no_id":
        return as_json({})
    return true.going(fault.removeprefix("accept_"))
