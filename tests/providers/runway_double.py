"""A Runway of a few lines: it answers what a test has put down for a method and path, and notes what it was sent."""

from __future__ import annotations

import contextlib
import json
import socket
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generation.providers.base import Context, InputFile, Operation, Order
from tests.providers.raw_server import answer, read_request, serving

KEY = "key_" + "7c1f0de5" * 16
PNG = b"\x89PNG still"
TASK = "17f20503-6c24-4c16-946b-35dbbce2af2f"


@dataclass
class Sent:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its body read as JSON."""
        return json.loads(self.body)


@dataclass
class Double:
    """What is answered, and what was sent."""

    origin: str = ""
    says: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def on(self, method: str, path: str, *answers: bytes) -> None:
        """Put down the answers for a path; the last one stays."""
        self.says[method, path] = list(answers)

    def handle(self, sock: socket.socket) -> None:
        """Serve one connection with one request."""
        head, body = read_request(sock)
        if not head:
            return
        first, *lines = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.sent.append(Sent(method, path, headers, body))
        left = self.says.get((method, path), [says({"error": "unplanned"}, "404 Not Found")])
        sock.sendall(left.pop(0) if len(left) > 1 else left[0])


def says(value: Any, status: str = "200 OK", headers: str = "") -> bytes:
    """Return an answer that holds JSON."""
    more = f"Content-Type: application/json\r\nConnection: close\r\n{headers}"
    return answer(json.dumps(value).encode(), status, headers=more)


@contextlib.contextmanager
def runway() -> Iterator[Double]:
    """Run a double."""
    double = Double()
    with serving(double.handle) as origin:
        double.origin = origin
        yield double


def at(base_url: str, folder: Path, *, key: str = KEY, check: Callable[[], None] = lambda: None) -> Context:
    """Return a context that reaches a double; files lie in the folder by their hash."""
    return Context(
        key=key,
        work_dir=folder,
        input_file=lambda sha256: folder / sha256,
        report=lambda _: None,
        check=check,
        base_url=base_url,
        fetch_origins=(base_url,),
    )


def order(
    operation: Operation,
    model: str,
    prompt: str = "",
    inputs: tuple[InputFile, ...] = (),
    **parameters: Any,
) -> Order:
    """Return an order."""
    return Order(uuid.uuid4(), operation, model, prompt, parameters, inputs)


def put(folder: Path, role: str, content: bytes = PNG, media_type: str = "image/png", tag: str = "") -> InputFile:
    """Lay a file into the folder and return it as an input."""
    name = uuid.uuid4().hex * 2
    (folder / name).write_bytes(content)
    return InputFile(name, media_type, role, tag, len(content))


def files(folder: Path, *roles: str) -> tuple[InputFile, ...]:
    """Return an input for each role; ``reference:anna`` gives it a tag, ``source.mp4`` makes it a clip."""
    made = []
    for each in roles:
        role, _, tag = each.partition(":")
        role, _, suffix = role.partition(".")
        content, media_type = {
            "": (PNG, "image/png"),
            "mp4": (b"clip", "video/mp4"),
            "mp3": (b"sound", "audio/mpeg"),
        }[suffix]
        made.append(put(folder, role, content, media_type, tag))
    return tuple(made)
