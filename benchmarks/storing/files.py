"""Servers of this benchmark: one that hands out files over HTTP, and an S3 server that checks signatures."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.processes import spare_port

MEGABYTE = 1024 * 1024
BUCKET, ACCESS, SECRET = "footage", "rushes-bench-key", "rushes-bench-secret"
START_SECONDS = 20.0


def make(folder: str, megabytes: int) -> str:
    """Write a file of so many megabytes; return its path."""
    path = Path(folder) / f"{megabytes}.mp4"
    piece = bytes(range(256)) * (MEGABYTE // 256)
    with path.open("wb") as sink:
        # The beginning is not what a page of text begins with.
        sink.write(b"\x00\x00\x00\x20ftypisom" + piece[12:])
        for _ in range(megabytes - 1):
            sink.write(piece)
    return str(path)


def serve(folder: str) -> str:
    """Serve the files of a folder from threads of this process; return the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = Path(folder) / self.path.strip("/")
            self.send_response(200)
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Content-Length", str(path.stat().st_size))
            self.end_headers()
            with path.open("rb") as source, contextlib.suppress(OSError):
                self.connection.sendfile(source)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[dict[str, str]]:
    """Run an S3 server over a folder; yield the variables that point the product at it.

    Raises:
        RuntimeError: it did not come up.
    """
    program = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
    if program is None:
        raise RuntimeError("rclone comes with the development requirements (make dev).")
    (folder / BUCKET).mkdir(parents=True)
    port = spare_port()
    server = subprocess.Popen(
        [program, "serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}", "--auth-key", f"{ACCESS},{SECRET}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ends = time.monotonic() + START_SECONDS
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > ends:
                raise RuntimeError("The S3 server did not come up.")
            time.sleep(0.05)
        yield {
            "S3_BUCKET": BUCKET,
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "S3_ACCESS_KEY_ID": ACCESS,
            "S3_SECRET_ACCESS_KEY": SECRET,
            "S3_ADDRESSING_STYLE": "path",
            "S3_REGION": "us-east-1",
        }
    finally:
        server.terminate()
        server.wait(timeout=10)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
