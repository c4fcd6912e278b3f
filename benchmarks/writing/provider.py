"""A language model on this machine: each piece of its answers says when it was written."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.processes import spare_port

_WANTED = re.compile(rb"pieces=(\d+) pause=([\d.]+)")


def prompt(pieces: int, pause: float) -> str:
    """Return the words that order an answer.

    Args:
        pieces: how many.
        pause: seconds between two of them.
    """
    return f"pieces={pieces} pause={pause}"


def seconds_since(piece: str) -> float:
    """Return how long ago a piece was written."""
    return time.time() - float(piece)


def _event(data: dict[str, Any], name: str = "") -> bytes:
    return (f"event: {name}\n" if name else "").encode() + b"data: " + json.dumps(data).encode() + b"\n\n"


def _claude(pieces: int) -> Iterator[bytes]:
    usage = {"input_tokens": 10, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    yield _event({"type": "message_start", "message": message}, "message_start")
    for _ in range(pieces):
        delta = {"type": "text_delta", "text": f"{time.time():.6f} "}
        yield _event({"type": "content_block_delta", "index": 0, "delta": delta}, "content_block_delta")
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    yield _event({"type": "message_delta", "delta": ended, "usage": {"output_tokens": pieces}}, "message_delta")
    yield _event({"type": "message_stop"}, "message_stop")


def _openai(pieces: int) -> Iterator[bytes]:
    answer = {"id": "chat_1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    for _ in range(pieces):
        choice = {"index": 0, "delta": {"content": f"{time.time():.6f} "}, "finish_reason": None}
        yield _event({**answer, "choices": [choice]})
    yield _event({**answer, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield _event({**answer, "choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": pieces}})
    yield b"data: [DONE]\n\n"


_WRITERS: dict[str, Callable[[int], Iterator[bytes]]] = {"messages": _claude, "completions": _openai}


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request, and close."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        named = dict(line.lower().split(": ", 1) for line in head.split("\r\n") if ": " in line)
        body = await reader.readexactly(int(named["content-length"]))
        found = _WANTED.search(body)
        assert found is not None
        pieces, pause = int(found[1]), float(found[2])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for event in _WRITERS[head.split(" ")[1].rpartition("/")[2]](pieces):
            writer.write(event)
            await writer.drain()
            if pause:
                await asyncio.sleep(pause)
    finally:
        writer.close()


def serve() -> str:
    """Serve from a thread of this process; return the address."""
    port, ready = spare_port(), threading.Event()

    async def forever() -> None:
        server = await asyncio.start_server(_converse, "127.0.0.1", port)
        ready.set()
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(forever()), daemon=True).start()
    ready.wait()
    return f"http://127.0.0.1:{port}"
