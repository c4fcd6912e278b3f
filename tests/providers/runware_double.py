"""A stand-in for Runware's address: it notes what comes and answers what the test has written down."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

from generation.providers.base import Context, InputFile, Operation, Order

KEY = "rw-canary-5d0f6c1e9b7a4832"
SILENCE = object()
TASK = UUID("6f1a4f2e-5b7c-4d8e-9f00-112233445566")


@dataclass
class Said:
    """One prepared answer.

    Attributes:
        body: JSON, or bytes as they are; None closes the connection without a word, ``SILENCE`` keeps it open so.
    """

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Double:
    """What the test sees of the server."""

    def __init__(self) -> None:
        self.answers: deque[Said] = deque()
        self.tasks: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.files: dict[str, bytes] = {}
        self.lengths: dict[str, int] = {}
        self.over = threading.Event()
        self.url = ""

    def say(self, body: Any, status: int = 200, **headers: str) -> None:
        """Write down the next answer."""
        self.answers.append(Said(body, status, {name.replace("_", "-"): value for name, value in headers.items()}))


@contextmanager
def serving() -> Iterator[Double]:
    """Serve on a free port until the block ends."""
    double = Double()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert isinstance(sent, list), "Runware takes an array"
            double.tasks.extend(sent)
            double.headers.append(dict(self.headers.items()))
            said = double.answers.popleft()
            if said.body is SILENCE:
                double.over.wait(30)
            if said.body in (None, SILENCE):
                self.close_connection = True
                return
            body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Connection", "close")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            content = double.files.get(self.path, b"")
            found = self.path in double.files or self.path in double.lengths
            self.send_response(200 if found else 404)
            self.send_header("Connection", "close")
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Content-Length", str(double.lengths.get(self.path, len(content))))
            self.end_headers()
            self.wfile.write(content)
            if len(content) < double.lengths.get(self.path, 0):
                double.over.wait(30)

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield double
    finally:
        double.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def context_for(double: Double | None, folder: Path, **changes: Any) -> Context:
    """Return what the engine would give an adapter; input files lie in the folder under their sha256."""
    given: dict[str, Any] = {
        "key": KEY,
        "work_dir": folder,
        "input_file": lambda sha256: folder / sha256,
        "report": lambda share: None,
        "check": lambda: None,
        "base_url": double.url if double is not None else "",
        **changes,
    }
    return Context(**given)


def an_order(
    operation: Operation,
    model: str,
    prompt: str = "A ferry in fog",
    inputs: tuple[InputFile, ...] = (),
    **parameters: Any,
) -> Order:
    """Return an order with a uuid that is always the same."""
    return Order(TASK, operation, model, prompt, parameters, inputs)


def a_file(folder: Path, role: str, content: bytes = b"picture", media_type: str = "image/png") -> InputFile:
    """Put an input file into the folder."""
    name = f"{role}-{len(content)}"
    (folder / name).write_bytes(content)
    return InputFile(sha256=name, media_type=media_type, role=role, size=len(content))


def named(**fields: Any) -> dict[str, Any]:
    """Return one result or acknowledgement of the order."""
    return {"taskType": "videoInference", "taskUUID": str(TASK), **fields}


def data(*items: Mapping[str, Any]) -> dict[str, Any]:
    """Return an envelope of results."""
    return {"data": list(items)}


def errors(*faults: Mapping[str, Any]) -> dict[str, Any]:
    """Return an envelope of errors."""
    return {"errors": list(faults)}
