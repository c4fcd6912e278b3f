"""Both providers on this machine, with tasks whose ends are known to the millisecond because their ids say them.

A task's id is ``<begins>-<lasts>-<progress>-<number>``, the first two in milliseconds. So its life is a function of the
clock, and whoever waits for it can be held against its end.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.request
from collections import Counter
from typing import Any

from benchmarks.processes import spare_port

ANSWER_SECONDS = 0.02
PENDING_SHARE = 0.09
STEADY, LYING, SILENT = "steady", "lying", "silent"
# How much of the true progress is told.
_TOLD = {STEADY: 1.0, LYING: 0.3}

_looks: Counter[str] = Counter()


def task_id(begins: float, lasts: float, progress: str, number: int) -> str:
    """Name a task.

    Args:
        begins: seconds since 1970.
        lasts: seconds.
        progress: ``STEADY``, ``LYING`` (it says 0.3 when it is about to end) or ``SILENT``.
        number: tells it from others.
    """
    return f"{begins * 1000:.0f}-{lasts * 1000:.0f}-{progress}-{number}"


def begins(task: str) -> float:
    """Return when a task begins, in seconds since 1970."""
    return int(task.split("-")[0]) / 1000


def ends(task: str) -> float:
    """Return when a task ends, in seconds since 1970."""
    begins, lasts, _, _ = task.split("-")
    return (int(begins) + int(lasts)) / 1000


def _done(task: str) -> float:
    """Return how much of a task's time has passed; 1 and more when it has ended."""
    return (time.time() - begins(task)) / (ends(task) - begins(task))


def _told(task: str, done: float) -> float | None:
    """Return what a task tells as its progress, 0 to 1; None where it tells none."""
    progress = task.split("-")[2]
    share = max(done - PENDING_SHARE, 0.0) / (1 - PENDING_SHARE)
    return share * _TOLD[progress] if progress in _TOLD else None


def _runway(task: str) -> dict[str, Any]:
    """Tell of a task as Runway does."""
    done = _done(task)
    said: dict[str, Any] = {"id": task, "createdAt": "2026-01-01T00:00:00.000Z"}
    if done >= 1:
        return {**said, "status": "SUCCEEDED", "output": ["https://example.com/out.mp4"], "cost": {"credits": 5}}
    if done < PENDING_SHARE:
        return {**said, "status": "PENDING", "estimatedCost": {"credits": 5}}
    said |= {"status": "RUNNING", "estimatedCost": {"credits": 5}}
    progress = _told(task, done)
    return said if progress is None else {**said, "progress": round(progress, 2)}


def _runware(task: str) -> dict[str, Any]:
    """Tell of a task as Runware does."""
    item: dict[str, Any] = {"taskType": "videoInference", "taskUUID": task, "status": "processing"}
    done = _done(task)
    progress = _told(task, done)
    if done >= 1:
        item |= {"status": "success", "videoUUID": task, "videoURL": "https://example.com/out.mp4", "cost": 0.05}
    elif progress is not None:
        item["progress"] = int(progress * 100)
    return {"data": [item]}


def _answer(method: str, path: str, body: bytes) -> dict[str, Any]:
    if path.startswith("/v1/tasks/"):
        task = path.removeprefix("/v1/tasks/")
        _looks[task] += 1
        return _runway(task)
    asked = json.loads(body)
    if path.endswith("/runware"):
        _looks[asked[0]["taskUUID"]] += 1
        return _runware(asked[0]["taskUUID"])
    # An order at Runway: the prompt says which task it is to be.
    return {"id": asked["promptText"], "estimatedCost": {"credits": 5}}


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer what comes over one connection."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            method, path, _ = first.split(" ")
            named = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
            body = await reader.readexactly(int(named.get("content-length", "0")))
            await asyncio.sleep(ANSWER_SECONDS)
            said = json.dumps(_answer(method, path, body)).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said)
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def serve() -> str:
    """Serve from a thread of this process; return the address."""
    port, ready = spare_port(), threading.Event()

    async def forever() -> None:
        server = await asyncio.start_server(_converse, "127.0.0.1", port, backlog=1024)
        ready.set()
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(forever()), daemon=True).start()
    ready.wait()
    return f"http://127.0.0.1:{port}"


def looks(tasks: list[str]) -> int:
    """Return how often these tasks were asked about."""
    return sum(_looks[task] for task in tasks)


def call_at_ends(hooks: dict[str, str]) -> list[int]:
    """Call each task's address when it ends, as Runware does; return the answers' statuses."""
    statuses = []
    for task, url in sorted(hooks.items(), key=lambda hook: ends(hook[0])):
        time.sleep(max(ends(task) - time.time(), 0))
        request = urllib.request.Request(url, json.dumps(_runware(task)["data"][0]).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as response:
            statuses.append(response.status)
    return statuses
