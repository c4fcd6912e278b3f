"""A provider on this machine: answers every look at a task after 50 ms, always that it is still running."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from benchmarks.processes import spare_port

SPACING = 5.0
ANSWER_SECONDS = 0.05
_BODY = b'{"id": "task", "createdAt": "2026-01-01T00:00:00.000Z", "status": "RUNNING", "progress": 0.42}'
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: keep-alive\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)


class _Connection(asyncio.Protocol):
    """As little HTTP/1.1 as a client without pipelining and bodies needs."""

    def __init__(self) -> None:
        self._read = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while b"\r\n\r\n" in self._read:
            _, _, self._read = self._read.partition(b"\r\n\r\n")
            asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._answer)

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(_ANSWER)


def serve() -> str:
    """Serve from a thread of this process; return the address."""
    port, ready = spare_port(), threading.Event()

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", port, backlog=1024)
        ready.set()
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(forever()), daemon=True).start()
    ready.wait()
    return f"http://127.0.0.1:{port}"
