"""Somebody's server that webhooks come to: real HTTP on this machine, with a book of what came."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The ``webhook-id``."""
        return self.headers["webhook-id"]

    def read(self, secret: str) -> Any:
        """Return the message, verified by the specification's own library."""
        return Webhook(secret).verify(self.body, dict(self.headers))


@dataclass
class Reply:
    """What is answered."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0
    drip: float = 0.0  # seconds between the bytes of the body


class Receiver:
    """Answers as it is told: ``replies`` one after the other, then ``otherwise``."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.replies: list[Reply] = []
        self.otherwise = Reply()
        self.on_receive: Callable[[Received], None] = lambda received: None
        self.on_asked: Callable[[Received], None] = lambda received: None  # before the reply is chosen
        self.lock = threading.Lock()
        self.at_once = self.most_at_once = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                reply = receiver._take(Received(self.path, dict(self.headers), body))
                try:
                    time.sleep(reply.after)
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(reply.body)))
                    self.end_headers()
                    if reply.drip:
                        for byte in reply.body:
                            self.wfile.write(bytes([byte]))
                            time.sleep(reply.drip)
                    else:
                        self.wfile.write(reply.body)
                except OSError:
                    pass  # the sender has hung up
                finally:
                    with receiver.lock:
                        receiver.at_once -= 1

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def url(self) -> str:
        """An address there."""
        return f"{self.origin}/hooks"

    @property
    def ids(self) -> list[str]:
        """The ids of what came."""
        return [one.id for one in self.received]

    def _take(self, received: Received) -> Reply:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.received.append(received)
            self.on_asked(received)
            reply = self.replies.pop(0) if self.replies else self.otherwise
        self.on_receive(received)
        return reply


@contextmanager
def listening() -> Iterator[Receiver]:
    """Run one until the block ends."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()
