"""A thousand browsers in one process: they note when each message arrived."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.figures import percentile

AT_ONCE = 20
_loop = asyncio.new_event_loop()
_sockets: list[ClientConnection] = []
_arrived: list[tuple[int, float, str]] = []


def open_all(url: str, cookie: str, count: int) -> float:
    """Connect so many more; return the seconds it took."""
    if not _loop.is_running():
        threading.Thread(target=_loop.run_forever, daemon=True).start()
    begun = time.monotonic()
    asyncio.run_coroutine_threadsafe(_open_all(url, cookie, count), _loop).result()
    return time.monotonic() - begun


async def _open_all(url: str, cookie: str, count: int) -> None:
    gate = asyncio.Semaphore(AT_ONCE)
    origin = url.replace("ws://", "http://").split("/", 3)

    async def one() -> None:
        async with gate:
            socket = await connect(
                url,
                compression=None,
                origin="/".join(origin[:3]),  # type: ignore[arg-type]
                additional_headers={"Cookie": cookie} if cookie else None,
                open_timeout=60,
                ping_interval=None,
            )
        _sockets.append(socket)
        asyncio.get_running_loop().create_task(_listen(len(_sockets), socket))

    await asyncio.gather(*(one() for _ in range(count)))


async def _listen(number: int, socket: ClientConnection) -> None:
    async for text in socket:
        _arrived.append((number, time.monotonic(), str(text)))  # noqa: PERF401, noted when it comes


def close(keep: int = 0) -> None:
    """Close all but the first so many."""

    async def close_all() -> None:
        # A few at a time: a thousand farewells at once are more than a peer's Redis connections can take.
        for start in range(keep, len(_sockets), AT_ONCE):
            await asyncio.gather(*(socket.close() for socket in _sockets[start : start + AT_ONCE]))

    asyncio.run_coroutine_threadsafe(close_all(), _loop).result()
    del _sockets[keep:]


def forget() -> None:
    """Begin to note anew."""
    _arrived.clear()


def heard(last: int) -> dict[str, Any]:
    """Return what was noted since.

    Args:
        last: the number of the message that was sent last.

    Returns:
        ``messages``: how many arrived; ``p50`` and ``p99``: milliseconds from sending to arrival, over all;
        ``resyncs``: how often one was told to fetch the state anew; ``current``: how many ended with the last message.
    """
    delays, resyncs, ends = [], 0, {}
    for number, at, text in _arrived:
        message = json.loads(text)
        if message["type"] == "resync":
            resyncs += 1
            continue
        delays.append((at - message["sent"]) * 1000)
        ends[number] = message["number"]
    return {
        "messages": len(delays),
        "p50": percentile(delays, 50),
        "p99": percentile(delays, 99),
        "resyncs": resyncs,
        "current": sum(1 for number in ends.values() if number == last),
    }
