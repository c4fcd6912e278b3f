"""The server: all providers and their results on one port, in threads of this process."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from generation.rehearsal import results
from generation.rehearsal.anthropic import desk as anthropic
from generation.rehearsal.books import Books
from generation.rehearsal.desk import Desk
from generation.rehearsal.elevenlabs import desk as elevenlabs
from generation.rehearsal.faults import Scenario
from generation.rehearsal.gemini import desk as gemini
from generation.rehearsal.hooks import Postman
from generation.rehearsal.http import Line, Reply, Request, as_json
from generation.rehearsal.luma import desk as luma
from generation.rehearsal.openai_compatible import desk as openai_compatible
from generation.rehearsal.runware import answers as runware_answers
from generation.rehearsal.runware import desk as runware
from generation.rehearsal.runway import desk as runway
from generation.rehearsal.state import State

_LARGEST_BODY = 256 * 1024 * 1024
# Who answers what lies below a path.
_DESKS: Mapping[str, Callable[[Desk, Request], Reply]] = {
    "/runway": runway.answer,
    "/runware": runware.answer,
    "/anthropic": anthropic.answer,
    "/openai_compatible": openai_compatible.own,
    "/parasail": openai_compatible.parasail,
    "/elevenlabs": elevenlabs.answer,
    "/luma": luma.answer,
    "/gemini": gemini.answer,
}


class RehearsalServer:
    """The simulated providers, each at the address that its ``…_url`` names; the books are at ``<base_url>/_books``.

    Args:
        state: the folder in which everything is remembered; several servers may share it.
        port: 0 takes any that is free.
        host: where to listen; other machines reach it only when this is one of its own addresses, or 0.0.0.0.
        scenario: what goes wrong.
        speed: how much of the usual time an order takes: 1.0 is real, 0.1 ten times faster, 0 at once.
        seed: for what goes wrong by chance, when the scenario names none of its own.
        keys: the good keys; None takes every well-formed one.
        concurrent: orders of one model that run at once.
        daily: orders of one model in a day.
        balance: what each account had in the beginning, in micro-units of a dollar.
        link_seconds: how long a link to a result lives.
    """

    def __init__(
        self,
        state: Path,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        scenario: Scenario | None = None,
        speed: float = 1.0,
        seed: int = 0,
        keys: Collection[str] | None = None,
        concurrent: int = 5,
        daily: int = 10_000,
        balance: int = 1_000_000_000,
        link_seconds: float = 86_400,
    ) -> None:
        self._state = State(state)
        self.books = Books(state)
        self.desk = Desk(
            self._state, scenario or Scenario(seed=seed), speed, keys, concurrent, daily, balance, link_seconds
        )
        self._stopping = self.desk.stopping
        self._connections: set[socket.socket] = set()
        self._server = _Server((host, port), self._handler())
        self._postman = Postman(self.desk, {"runware": runware_answers.hook_body, "luma": luma.hook_body})

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def runway_url(self) -> str:
        """What stands for ``https://api.dev.runwayml.com``."""
        return f"{self.base_url}/runway"

    @property
    def runware_url(self) -> str:
        """What stands for ``https://api.runware.ai/v1``."""
        return f"{self.base_url}/runware/v1"

    @property
    def anthropic_url(self) -> str:
        """What stands for ``https://api.anthropic.com``."""
        return f"{self.base_url}/anthropic"

    @property
    def openai_compatible_url(self) -> str:
        """What stands for an endpoint of one's own, such as ``http://127.0.0.1:11434/v1``."""
        return f"{self.base_url}/openai_compatible/v1"

    @property
    def parasail_url(self) -> str:
        """What stands for ``https://api.parasail.io/v1``."""
        return f"{self.base_url}/parasail/v1"

    @property
    def luma_url(self) -> str:
        """What stands for ``https://api.lumalabs.ai/dream-machine/v1``."""
        return f"{self.base_url}/luma"

    @property
    def elevenlabs_url(self) -> str:
        """What stands for ``https://api.elevenlabs.io``."""
        return f"{self.base_url}/elevenlabs"

    @property
    def gemini_url(self) -> str:
        """What stands for ``https://generativelanguage.googleapis.com``."""
        return f"{self.base_url}/gemini"

    def start(self) -> RehearsalServer:
        """Serve in a thread of this process."""
        self._state.tidy()
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="rehearsal", daemon=True).start()
        self._postman.start()
        return self

    def stop(self) -> None:
        """End: no answer goes out any more, waiting callers are let go."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._postman.join()

    def __enter__(self) -> RehearsalServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, request: Request) -> Reply:
        """Answer one request, whoever it is for."""
        for prefix, serve in _DESKS.items():
            if request.path.startswith(f"{prefix}/"):
                inside = Request(
                    request.method, request.path.removeprefix(prefix), request.query, request.headers, request.body,
                    request.base_url,
                )  # fmt: skip
                return serve(self.desk, inside)
        if request.path.startswith("/files/"):
            return results.fetch(self.desk, request)
        if request.path == "/_books":
            return as_json(self.books.to_json())
        return as_json({"error": f"Here are {', '.join(_DESKS)} and /_books."}, 404)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            """One connection."""

            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                server._connections.add(self.connection)

            def finish(self) -> None:
                server._connections.discard(self.connection)
                with contextlib.suppress(OSError):
                    super().finish()

            def serve(self) -> None:
                """Read one request, answer it, and decide whether another may follow."""
                scenario = server.desk.scenario
                line = Line(self.connection, server._stopping, scenario.drip_seconds, scenario.patience_seconds)
                try:
                    reply = self._answer()
                    keep = line.send(reply, head_only=self.command == "HEAD")
                except OSError:  # the caller has gone; that is its business
                    keep = False
                if not keep:
                    self.close_connection = True

            do_GET = do_POST = do_DELETE = do_HEAD = do_PUT = do_PATCH = do_OPTIONS = serve

            def _answer(self) -> Reply:
                said = self.headers.get("Content-Length", "0")
                if "chunked" in self.headers.get("Transfer-Encoding", "").lower() or not said.isdigit():
                    self.close_connection = True
                    return Reply(411, length=True)
                if int(said) > _LARGEST_BODY:
                    self.close_connection = True
                    return Reply(413)
                body = self.rfile.read(int(said))
                if len(body) < int(said):
                    # Half a request: nobody can answer it, and nothing was ordered.
                    return Reply(manner="drop")
                path, _, query = self.path.partition("?")
                headers = {name.lower(): value for name, value in self.headers.items()}
                base_url = f"http://{headers.get('host') or f'127.0.0.1:{server.port}'}"
                return server.answer(Request(self.command, path, query, headers, body, base_url))

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: the books tell more."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has gone is its own business."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
