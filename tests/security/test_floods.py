"""Too much of anything: refused early, with a sentence, and without a crash."""

from __future__ import annotations

from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from config import asgi, bodies
from generation.uploads import MOST_BYTES

PIECE = 1024 * 1024


class Visitor:
    """A connection of somebody who never logged in, and sends more than they should.

    Args:
        path: where to.
        announced: what ``Content-Length`` says; None sends in chunks without one.
    """

    def __init__(self, path: str, announced: int | None) -> None:
        self.sent = 0
        self.answers: list[Any] = []
        headers = [(b"host", b"testserver"), (b"content-type", b"application/octet-stream")]
        if announced is not None:
            headers.append((b"content-length", str(announced).encode()))
        self.scope: Any = {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("testserver", 80),
            "client": ("127.0.0.1", 1), "root_path": "", "asgi": {"version": "3.0"},
        }  # fmt: skip

    async def receive(self) -> Any:
        """Send one more piece; there is always more."""
        self.sent += PIECE
        assert self.sent < 2 * bodies.MOST, "It is still being read."
        return {"type": "http.request", "body": b"x" * PIECE, "more_body": True}

    async def ask(self) -> int:
        """Return the answer's status."""

        async def send(message: Any) -> None:
            self.answers.append(message)

        await asgi.application(self.scope, self.receive, send)
        return int(self.answers[0]["status"])


async def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    visitor = Visitor("/accounts/login/", announced=bodies.MOST + 1)
    assert await visitor.ask() == 413
    assert visitor.sent == 0
    assert b"larger than 64 MB" in visitor.answers[1]["body"]


@pytest.mark.django_db(transaction=True)
async def test_an_endless_body_is_not_read_to_its_end() -> None:
    visitor = Visitor("/accounts/login/", announced=None)
    assert await visitor.ask() == 413
    assert visitor.sent <= bodies.MOST + PIECE


async def test_an_upload_may_be_larger_but_not_endless() -> None:
    path = "/projects/6f1a4f2e-0000-4000-8000-000000000000/shots/6f1a4f2e-0000-4000-8000-000000000000/upload/"
    assert await Visitor(path, announced=bodies.MOST_OF_AN_UPLOAD + 1).ask() == 413
    assert bodies.MOST_OF_AN_UPLOAD > MOST_BYTES


@pytest.mark.parametrize("path", ["/ws/", "/", "/ws/projects/none/", "/ws/projects/%00/"])
async def test_a_socket_to_nowhere_is_hung_up_on(path: str) -> None:
    headers = [(b"origin", b"http://testserver"), (b"host", b"testserver")]
    socket = WebsocketCommunicator(asgi.application, path, headers=headers)
    assert await socket.connect(timeout=15) == (False, 4404)
