"""Looking at tasks, stopping them and bringing their results home."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from runwayml.types import TaskRetrieveResponse

from generation.providers.base import Output, TaskState, TaskStatus
from generation.providers.errors import (
    KeyRefused,
    OutputExpired,
    OutputUnusable,
    PollFailed,
    ProviderError,
    Stopped,
    TaskMissing,
)
from generation.providers.runway import RunwayProvider
from tests.providers.raw_server import answer, read_request, serving
from tests.providers.runway_double import KEY, TASK, Double, at, runway, says

PATH = f"/v1/tasks/{TASK}"
GONE = says({"error": "Could not find Task"}, "404 Not Found")
URLS = ["https://cdn.example/a.mp4?_jwt=x", "https://cdn.example/b.wav?_jwt=x"]


@pytest.fixture
def double() -> Iterator[Double]:
    with runway() as server:
        yield server


def task(status: str, **more: Any) -> dict[str, Any]:
    cost = "cost" if status in ("SUCCEEDED", "FAILED", "CANCELLED") else "estimatedCost"
    found = {"id": TASK, "createdAt": "2026-11-21T10:00:00.000Z", "status": status, cost: {"credits": 25}, **more}
    if status in ("PENDING", "THROTTLED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"):
        # The official client must take for a task what this test serves as one.
        TypeAdapter(TaskRetrieveResponse).validate_python(found)
    return found


def look(double: Double, folder: Path, *told: Any) -> TaskStatus:
    double.on("GET", PATH, *(each if isinstance(each, bytes) else says(each) for each in told))
    return RunwayProvider().poll(TASK, at(double.origin, folder))


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        (task("PENDING"), TaskStatus(TaskState.WAITING)),
        (task("THROTTLED"), TaskStatus(TaskState.WAITING)),
        (task("RUNNING", progress=0.25), TaskStatus(TaskState.RUNNING, progress=0.25)),
        (task("RUNNING", progress=7), TaskStatus(TaskState.RUNNING, progress=1.0)),
        ({"status": "RUNNING", "progressRatio": "0.5", "progressText": "x"}, TaskStatus(TaskState.RUNNING, 0.5)),
        ({"status": "RUNNING", "progress": "half"}, TaskStatus(TaskState.RUNNING)),
        ({"status": "PONDERING", "new": 1}, TaskStatus(TaskState.RUNNING)),
        (
            task("SUCCEEDED", output=URLS),
            TaskStatus(TaskState.SUCCEEDED, 1.0, (Output(URLS[0]), Output(URLS[1])), 250_000),
        ),
        (task("SUCCEEDED", output=[]), TaskStatus(TaskState.SUCCEEDED, 1.0, (), 250_000)),
        ({"status": "SUCCEEDED", "output": None}, TaskStatus(TaskState.SUCCEEDED, 1.0, (), None)),
        (task("CANCELLED", cost={"credits": 0}), TaskStatus(TaskState.CANCELLED, cost=0)),
        (task("CANCELLED", cost={"credits": 5}), TaskStatus(TaskState.CANCELLED, cost=50_000)),
    ],
)
def test_a_look_says_how_a_task_stands(told: Any, seen: TaskStatus, double: Double, tmp_path: Path) -> None:
    assert look(double, tmp_path, told) == seen
    assert (double.sent[0].method, double.sent[0].headers["x-runway-version"]) == ("GET", "2024-11-06")


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        ("SAFETY.INPUT.TEXT", "moderated", "refused the prompt. Change it"),
        ("SAFETY.INPUT.IMAGE", "moderated", "refused a picture that was sent with it"),
        ("SAFETY.INPUT.VIDEO.X", "moderated", "refused a clip"),
        ("SAFETY.INPUT.AUDIO", "moderated", "refused a sound"),
        ("SAFETY.INPUT", "moderated", "Runway charges for it"),
        ("SAFETY.OUTPUT.VIDEO", "moderated", "try another seed"),
        ("SAFETY.NEW", "moderated", "Change the prompt"),
        ("INPUT_PREPROCESSING.SAFETY.TEXT", "moderated", "Write it differently"),
        ("INPUT_PREPROCESSING.INTERNAL", "provider_error", "Generate it again in a few minutes"),
        ("INTERNAL.BAD_OUTPUT.CODE01", "bad_output", "text and logos"),
        ("INTERNAL.BAD_OUTPUT.01", "bad_output", "text and logos"),
        ("INTERNAL.BAD_OUTPUTS", "provider_error", "fault of its own"),
        ("ASSET.INVALID", "asset_invalid", "Choose another file"),
        ("ASSET.ODD", "asset_invalid", "Choose another one"),
        ("THIRD_PARTY.UNAVAILABLE", "partner_unavailable", "choose another model"),
        ("THIRD_PARTY.SAFETY.X", "moderated", "maker refused this"),
        ("INTERNAL", "provider_error", "fault of its own"),
        ("internal.7", "provider_error", "fault of its own"),
        ("NEW.CODE", "provider_error", "did not say why"),
        (None, "provider_error", "did not say why"),
    ],
)
def test_a_failure_says_what_to_do_next(raw: str | None, code: str, words: str, double: Double, tmp_path: Path) -> None:
    reason = {} if raw is None else {"failureCode": raw}
    status = look(double, tmp_path, task("FAILED", failure=f"Odd: {KEY}", **reason))
    assert (status.state, status.failure_code, status.cost) == (TaskState.FAILED, code, 250_000)
    assert words in status.failure_public
    assert status.failure_public.endswith(".")
    assert str(raw) in status.failure_internal
    assert KEY not in status.failure_internal


def test_a_failure_is_settled_at_what_runway_charged(double: Double, tmp_path: Path) -> None:
    refunded = look(double, tmp_path, task("FAILED", failure="x", cost={"credits": 0}))
    assert refunded.cost == 0
    assert look(double, tmp_path, {"status": "FAILED", "failureCode": None}).cost is None


@pytest.mark.parametrize(
    ("told", "kind", "retry_after"),
    [
        (GONE, TaskMissing, None),
        (says({"error": KEY}, "401 No"), KeyRefused, None),
        (says({"error": KEY}, "403 No"), KeyRefused, None),
        (says({"error": f"slow {KEY}"}, "429 Slow", "Retry-After: 12\r\n"), PollFailed, 12.0),
        (answer(b"<html>", "502 Bad"), PollFailed, None),
        (answer(b"", "500 Bad"), PollFailed, None),
        (says({"error": KEY}, "400 Bad"), PollFailed, None),
        (answer(b"", "302 Found", headers="Location: /x\r\nConnection: close\r\n"), PollFailed, None),
        (answer(b"not json"), PollFailed, None),
        (says([1]), PollFailed, None),
        (says({"id": TASK}), PollFailed, None),
        (answer(b"", length=7), PollFailed, None),
        (b"", PollFailed, None),
    ],
)
def test_a_look_that_fails_touches_nothing(
    told: bytes, kind: type[ProviderError], retry_after: float | None, double: Double, tmp_path: Path
) -> None:
    with pytest.raises(ProviderError) as raised:
        look(double, tmp_path, told)
    assert type(raised.value) is kind
    assert raised.value.retry_after == retry_after
    assert KEY not in raised.value.public + raised.value.internal
    assert len(double.sent) == 1


def test_a_task_id_cannot_lead_elsewhere(double: Double, tmp_path: Path) -> None:
    with pytest.raises(TaskMissing):
        RunwayProvider().poll("../organization?x=", at(double.origin, tmp_path))
    assert double.sent[0].path == "/v1/tasks/..%2Forganization%3Fx%3D"


# --- cancel ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["PENDING", "THROTTLED", "RUNNING"])
@pytest.mark.parametrize("deleted", [b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", GONE])
def test_what_still_runs_is_stopped(status: str, deleted: bytes, double: Double, tmp_path: Path) -> None:
    double.on("GET", PATH, says(task(status, progress=0.5) if status == "RUNNING" else task(status)))
    double.on("DELETE", PATH, deleted)
    RunwayProvider().cancel(TASK, at(double.origin, tmp_path))
    assert [each.method for each in double.sent] == ["GET", "DELETE"]


@pytest.mark.parametrize(
    "told", [says(task("SUCCEEDED", output=URLS)), says(task("FAILED", failure="x")), says(task("CANCELLED")), GONE]
)
def test_what_has_ended_is_not_deleted_with_its_result(told: bytes, double: Double, tmp_path: Path) -> None:
    double.on("GET", PATH, told)
    RunwayProvider().cancel(TASK, at(double.origin, tmp_path))
    assert [each.method for each in double.sent] == ["GET"]


@pytest.mark.parametrize(
    ("deleted", "kind"), [(answer(b"", "500 Oh"), PollFailed), (says({}, "401 No"), KeyRefused), (b"", PollFailed)]
)
def test_a_stop_that_was_not_heard_is_asked_for_again(
    deleted: bytes, kind: type[ProviderError], double: Double, tmp_path: Path
) -> None:
    double.on("GET", PATH, says(task("PENDING")))
    double.on("DELETE", PATH, deleted)
    with pytest.raises(kind):
        RunwayProvider().cancel(TASK, at(double.origin, tmp_path))


# --- results ---------------------------------------------------------------------------------------------------------


def fetch(url: str, double: Double, folder: Path, path: str = "/v1/image_to_video") -> Path:
    target = folder / "out"
    RunwayProvider().fetch({"path": path, "json": {}}, Output(url), target, at(double.origin, folder))
    return target


def test_a_result_is_brought_home_without_the_key(double: Double, tmp_path: Path) -> None:
    double.on("GET", "/result.mp4?_jwt=x", answer(b"\x00clip"))
    assert fetch(f"{double.origin}/result.mp4?_jwt=x", double, tmp_path).read_bytes() == b"\x00clip"
    assert "authorization" not in double.sent[0].headers


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (answer(b"", "403 Forbidden"), OutputExpired),
        (GONE, OutputExpired),
        (answer(b"<html>", headers="Content-Type: text/html\r\n"), OutputUnusable),
        (answer(b""), OutputUnusable),
        (answer(b"\x00clip", length=99), OutputUnusable),
        (answer(b"", "503 Busy"), PollFailed),
    ],
)
def test_what_is_no_result_is_not_taken(told: bytes, kind: type[ProviderError], double: Double, tmp_path: Path) -> None:
    double.on("GET", "/x", told)
    with pytest.raises(kind):
        fetch(f"{double.origin}/x", double, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_may_not_be_as_large_as_a_clip(double: Double, tmp_path: Path) -> None:
    double.on("GET", "/x", answer(b"", length=300 * 1024 * 1024))
    with pytest.raises(OutputUnusable) as raised:
        fetch(f"{double.origin}/x", double, tmp_path, "/v1/text_to_image")
    assert raised.value.code == "too_large"
    with pytest.raises(OutputUnusable) as raised:
        fetch(f"{double.origin}/x", double, tmp_path)
    assert raised.value.code == "truncated"


def test_results_at_private_addresses_are_not_fetched(double: Double, tmp_path: Path) -> None:
    for url in (double.origin.replace("127.0.0.1", "localhost"), "https://169.254.169.254/x", "http://10.0.0.1/x"):
        with pytest.raises(OutputUnusable) as raised:
            fetch(url, double, tmp_path)
        assert raised.value.code == "private_address"


def test_a_stop_ends_the_fetching(tmp_path: Path) -> None:
    def stop() -> None:
        raise Stopped

    def silent(sock: socket.socket) -> None:
        read_request(sock)
        sock.recv(1)

    with serving(silent) as url, pytest.raises(Stopped):
        RunwayProvider().fetch(
            {"path": "/v1/image_to_video"}, Output(f"{url}/x"), tmp_path / "out", at(url, tmp_path, check=stop)
        )
