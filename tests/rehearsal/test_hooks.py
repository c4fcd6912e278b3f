"""Webhooks: bare objects, with everything that a receiver must bear."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.rehearsal.calling import clip_of, look, runware
from tests.rehearsal.conftest import Start

SECRET = "a-secret-in-the-address"


class Receiver:
    """Keeps what it is sent; says what it is told to say."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((self.path, json.loads(body)))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hooks/runware/{SECRET}/"

    def wait(self, number: int) -> list[tuple[str, Any]]:
        """Wait for so many calls."""
        for _ in range(400):
            if len(self.calls) >= number:
                return self.calls
            time.sleep(0.02)
        raise AssertionError(f"{len(self.calls)} of {number} calls came")

    def close(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of one's own."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def order(start: Start, receiver: Receiver) -> Callable[..., dict[str, Any]]:
    """Return a function that orders a clip with a webhook and a fault."""
    server = start()

    def place(fault: str = "", **changes: Any) -> dict[str, Any]:
        prompt = f"A ferry. [[fault:{fault}]]" if fault else "A ferry."
        task = clip_of(webhookURL=receiver.url, positivePrompt=prompt, **changes)
        assert runware(server, task).status_code == 200
        return {**task, "server": server}

    return place


def test_each_result_comes_once_as_a_bare_object(order: Callable[..., Any], receiver: Receiver) -> None:
    task = order(numberResults=2)
    calls = receiver.wait(2)
    assert {path for path, _ in calls} == {f"/hooks/runware/{SECRET}/"}
    bodies = [body for _, body in calls]
    assert {body["taskUUID"] for body in bodies} == {task["taskUUID"]}
    told = {item["videoUUID"]: item["cost"] for item in look(task["server"], task["taskUUID"])["data"]}
    assert {body["videoUUID"]: body["cost"] for body in bodies} == told
    time.sleep(0.3)
    assert len(receiver.calls) == 2


def test_a_failure_comes_as_an_error(order: Callable[..., Any], receiver: Receiver) -> None:
    task = order("moderation_output")
    ((_, body),) = receiver.wait(1)
    assert (body["code"], body["taskUUID"]) == ("providerContentPolicyViolation", task["taskUUID"])


def test_it_is_repeated_until_somebody_takes_it(order: Callable[..., Any], receiver: Receiver) -> None:
    receiver.statuses = [500, 404]
    order()
    calls = receiver.wait(3)
    assert calls[0] == calls[1] or calls[0][1]["videoUUID"] == calls[2][1]["videoUUID"]
    time.sleep(0.3)
    assert len(receiver.calls) == 3


def test_it_may_come_twice(order: Callable[..., Any], receiver: Receiver) -> None:
    order("hook_twice")
    first, second = receiver.wait(2)
    assert first[1]["videoUUID"] == second[1]["videoUUID"]


def test_it_may_come_before_the_answer(order: Callable[..., Any], receiver: Receiver) -> None:
    order("hook_early")
    assert receiver.calls, "it was there before the order's own answer"


def test_a_forged_one_has_another_secret(order: Callable[..., Any], receiver: Receiver) -> None:
    order("hook_forged")
    calls = receiver.wait(2)
    assert sorted({path == f"/hooks/runware/{SECRET}/" for path, _ in calls}) == [False, True]
    (forged,) = (body for path, body in calls if SECRET not in path)
    assert (forged["status"], forged["cost"]) == ("success", 0)


def test_it_may_not_come_at_all(order: Callable[..., Any], receiver: Receiver) -> None:
    task = order("hook_missing")
    assert look(task["server"], task["taskUUID"])["data"][0]["status"] == "success"
    time.sleep(0.3)
    assert receiver.calls == []


def test_servers_of_one_state_bring_each_once(start: Start, receiver: Receiver) -> None:
    # All of them know when the next is due, and wake up for it in the same moment.
    first, *_ = (start(speed=0.005) for _ in range(4))
    for _ in range(20):
        runware(first, clip_of(webhookURL=receiver.url))
    receiver.wait(20)
    time.sleep(0.3)
    assert len(receiver.calls) == 20
