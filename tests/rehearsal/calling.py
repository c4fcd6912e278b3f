"""What the tests of the rehearsal share: keys, bodies, and bare calls without any client's help."""

from __future__ import annotations

import time
import uuid
from typing import Any

import requests

from generation.rehearsal import RehearsalServer

RUNWAY_KEY = "key_" + "0123456789abcdef" * 8
RUNWARE_KEY = "rehearsal-key-of-no-value"
TURBO = {
    "model": "gen4_turbo",
    "promptImage": "https://example.com/frame.png",
    "promptText": "A ferry leaves the harbour.",
    "ratio": "1280:720",
    "duration": 5,
}
STILL = {"model": "gen4_image", "promptText": "A ferry at dawn.", "ratio": "1280:720", "seed": 7}
RUNWAY_HEADERS = {"Authorization": f"Bearer {RUNWAY_KEY}", "X-Runway-Version": "2024-11-06"}


def runway(
    server: RehearsalServer,
    method: str,
    path: str,
    body: Any = None,
    *,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> requests.Response:
    """Call Runway's side as plainly as can be."""
    given = {**RUNWAY_HEADERS, **(headers or {})}
    sent = {name: value for name, value in given.items() if value}
    return requests.request(method, f"{server.runway_url}{path}", json=body, headers=sent, timeout=20, **more)


def order_runway(server: RehearsalServer, **changes: Any) -> requests.Response:
    """Order a clip, some fields changed (None leaves one out)."""
    body = {name: value for name, value in {**TURBO, **changes}.items() if value is not None}
    return runway(server, "POST", "/v1/image_to_video", body)


def task_of(**changes: Any) -> dict[str, Any]:
    """A Runware task for a still, some fields changed (None leaves one out)."""
    task = {
        "taskType": "imageInference",
        "taskUUID": str(uuid.uuid4()),
        "model": "runware:101@1",
        "positivePrompt": "A ferry at dawn.",
        "width": 512,
        "height": 512,
        "includeCost": True,
        "deliveryMethod": "async",
        "seed": 11,
        **changes,
    }
    return {name: value for name, value in task.items() if value is not None}


def clip_of(**changes: Any) -> dict[str, Any]:
    """A Runware task for a clip."""
    return task_of(
        **{
            "taskType": "videoInference",
            "model": "klingai:6@1",
            "seed": None,
            "width": 1280,
            "height": 720,
            "duration": 5,
            **changes,
        }
    )


def runware(server: RehearsalServer, *tasks: Any, key: str = RUNWARE_KEY, **more: Any) -> requests.Response:
    """Call Runware's side as plainly as can be."""
    return requests.post(
        server.runware_url, json=list(tasks), headers={"Authorization": f"Bearer {key}"}, timeout=20, **more
    )


def look(server: RehearsalServer, task_uuid: str) -> dict[str, Any]:
    """One look at a Runware task."""
    answer: dict[str, Any] = runware(server, {"taskType": "getResponse", "taskUUID": task_uuid}).json()
    return answer


def ended(server: RehearsalServer, task_id: str) -> dict[str, Any]:
    """A Runway task when it is over."""
    for _ in range(400):
        shown: dict[str, Any] = runway(server, "GET", f"/v1/tasks/{task_id}").json()
        if shown["status"] in {"SUCCEEDED", "FAILED", "CANCELLED"}:
            return shown
        time.sleep(0.01)
    raise AssertionError(f"{task_id} does not end")
