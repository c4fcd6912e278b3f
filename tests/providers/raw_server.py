"""A server that does to a connection exactly what a test says, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

Script = Callable[[socket.socket], None]


def read_request(sock: socket.socket) -> tuple[bytes, bytes]:
    """Read one whole request and return its head and its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            return data, b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += sock.recv(65536)
    return head, body


def answer(
    body: bytes,
    status: str = "200 OK",
    *,
    headers: str = "Connection: close\r\n",
    length: int | None = None,
) -> bytes:
    """Return an answer, its length given unless negative; the last one on its connection unless told otherwise."""
    line = "" if length is not None and length < 0 else f"Content-Length: {len(body) if length is None else length}\r\n"
    return f"HTTP/1.1 {status}\r\n{line}{headers}\r\n".encode() + body


def reset(sock: socket.socket) -> None:
    """Close so that the other side sees a reset and no orderly end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@contextlib.contextmanager
def serving(script: Script, family: socket.AddressFamily = socket.AF_INET) -> Iterator[str]:
    """Run a script for each connection, in its own thread, and give the origin of the server."""
    listener = socket.socket(family)
    listener.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
    listener.listen(50)
    over = threading.Event()

    def handle(sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            script(sock)

    def accept() -> None:
        while not over.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(sock,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
