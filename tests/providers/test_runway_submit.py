"""What every answer to a create means for the money, and that nothing is ever sent twice."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generation.providers.base import Submission
from generation.providers.errors import KeyRefused, NotAccepted, OutcomeUnknown, ProviderError, Refused
from generation.providers.runway import RunwayProvider, provider
from tests.providers.raw_server import answer, read_request, reset, serving
from tests.providers.runway_double import KEY, TASK, Double, at, runway, says

PATH = "/v1/image_to_video"
BODY = {"path": PATH, "json": {"model": "gen4_turbo", "promptImage": "data:image/png;base64,AA", "ratio": "1280:720"}}


@pytest.fixture
def double() -> Iterator[Double]:
    with runway() as server:
        yield server


def submit(origin: str, folder: Path, key: str = KEY) -> Submission:
    return RunwayProvider().submit(uuid.uuid4(), BODY, at(origin, folder, key=key))


def failing(origin: str, folder: Path, key: str = KEY) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        submit(origin, folder, key)
    error = raised.value
    assert key not in f"{error.public}{error.internal}{error}{error.__cause__}"
    assert error.public.endswith(".")
    return error


def issue(**more: Any) -> dict[str, Any]:
    return {"error": "Validation of body failed", "issues": [more]}


# --- accepted --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "estimate"),
    [
        ({"id": TASK, "estimatedCost": {"credits": 25}}, 250_000),
        ({"id": TASK, "estimatedCost": {"credits": 16.251}}, 162_510),
        ({"id": TASK, "estimatedCost": {"credits": 0.00001}}, 1),
        ({"id": TASK, "estimatedCost": {"credits": 0}}, 0),
        ({"id": TASK}, None),
        ({"id": TASK, "estimatedCost": {"credits": "many"}, "news": []}, None),
        ({"id": TASK, "estimatedCost": None}, None),
    ],
)
def test_an_accepted_order_has_its_task_and_its_estimate(
    told: Any, estimate: int | None, double: Double, tmp_path: Path
) -> None:
    double.on("POST", PATH, says(told))
    assert submit(double.origin, tmp_path) == Submission(TASK, estimated_cost=estimate)
    [sent] = double.sent
    assert sent.json == BODY["json"]
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["x-runway-version"] == "2024-11-06"


def test_an_address_may_end_with_a_slash(double: Double, tmp_path: Path) -> None:
    double.on("POST", PATH, says({"id": TASK}, "201 Created"))
    assert submit(f"{double.origin}/", tmp_path).task_id == TASK


def test_each_order_goes_over_a_connection_of_its_own(tmp_path: Path) -> None:
    ports = []

    def script(sock: socket.socket) -> None:
        while read_request(sock)[0]:
            ports.append(sock.getpeername()[1])
            sock.sendall(answer(json.dumps({"id": TASK}).encode(), headers=""))

    with serving(script) as url:
        submit(url, tmp_path)
        submit(url, tmp_path)
    assert ports[0] != ports[1]


# --- the table -------------------------------------------------------------------------------------------------------

CREDITS = "You do not have enough credits to run this task."
DAILY = "You have reached the daily limit of generations for this model."
HTML = answer(
    b"<html>Bad gateway</html>", "502 Bad Gateway", headers="Content-Type: text/html\r\nConnection: close\r\n"
)

TABLE: list[tuple[bytes, type[ProviderError], str, dict[str, Any]]] = [
    (says(issue(code="custom", path=["promptImage"], message="HTTP 404"), "400 Bad"), Refused, "invalid_request", {}),
    (says({"error": CREDITS, "docUrl": "x"}, "400 Bad Request"), KeyRefused, "no_credit", {}),
    (says({"error": "X-Runway-Version is not valid."}, "400 Bad Request"), Refused, "invalid_request", {}),
    (answer(b"", "400 Bad Request"), Refused, "invalid_request", {}),
    (says({"error": "Unauthorized"}, "401 Unauthorized"), KeyRefused, "key_refused", {}),
    (says({"error": "Incorrect hostname for API key"}, "401 Unauthorized"), KeyRefused, "wrong_address", {}),
    (says({"error": "Pay"}, "402 Payment Required"), KeyRefused, "no_credit", {}),
    (says({"error": "Forbidden"}, "403 Forbidden"), KeyRefused, "key_refused", {}),
    (says({"error": "Not found"}, "404 Not Found"), Refused, "not_found", {}),
    (says({"error": "Method"}, "405 Method Not Allowed"), Refused, "not_found", {}),
    (answer(b"", "410 Gone"), Refused, "refused", {}),
    (answer(b"", "413 Too Large"), Refused, "too_large", {}),
    (says(issue(code="too_big", path=["seed"], maximum=9), "422 No"), Refused, "invalid_request", {}),
    (answer(b"", "301 Moved", headers="Location: /x\r\nConnection: close\r\n"), Refused, "redirected", {}),
    (answer(b"", "308 Moved", headers="Location: /x\r\nConnection: close\r\n"), Refused, "redirected", {}),
    (
        says({"error": "Too many"}, "429 Slow", "Retry-After: 42\r\n"),
        NotAccepted,
        "rate_limited",
        {"retry_after": 42.0},
    ),
    (says({"error": "Too many"}, "429 Slow"), NotAccepted, "rate_limited", {"retry_after": None, "daily_limit": False}),
    (answer(b"", "429 Slow"), NotAccepted, "rate_limited", {"daily_limit": False}),
    (says({"error": DAILY}, "429 Slow"), NotAccepted, "daily_limit", {"daily_limit": True}),
    (HTML, NotAccepted, "unavailable", {}),
    (answer(b"", "503 Busy", headers="Retry-After: 3\r\n"), NotAccepted, "unavailable", {"retry_after": 3.0}),
    (answer(b"", "500 Oh"), OutcomeUnknown, "server_error", {}),
    (says({"error": CREDITS}, "500 Oh"), OutcomeUnknown, "server_error", {}),
    (answer(b"", "504 Gateway"), OutcomeUnknown, "server_error", {}),
    (answer(b"", "408 Slow"), OutcomeUnknown, "server_error", {}),
    (answer(b"", "409 Conflict"), OutcomeUnknown, "server_error", {}),
    (answer(b"", "303 See"), OutcomeUnknown, "server_error", {}),
    (answer(b"", "520 Odd"), OutcomeUnknown, "server_error", {}),
    (says({}), OutcomeUnknown, "no_task_named", {}),
    (says([]), OutcomeUnknown, "no_task_named", {}),
    (says({"id": ""}), OutcomeUnknown, "no_task_named", {}),
    (says({"id": 7}), OutcomeUnknown, "no_task_named", {}),
    (says({"id": "x" * 300}), OutcomeUnknown, "no_task_named", {}),
    (answer(b'{"id": "17f2'), OutcomeUnknown, "no_task_named", {}),
    (answer(b"<html>", "202 Accepted"), OutcomeUnknown, "no_task_named", {}),
    (answer(b"", "204 No Content", length=-1), OutcomeUnknown, "no_task_named", {}),
]


@pytest.mark.parametrize(("told", "kind", "code", "more"), TABLE, ids=[f"{row[0][9:12]!r}-{row[2]}" for row in TABLE])
def test_every_answer_says_what_it_means_for_the_money(
    told: bytes, kind: type[ProviderError], code: str, more: dict[str, Any], double: Double, tmp_path: Path
) -> None:
    double.on("POST", PATH, told)
    error = failing(double.origin, tmp_path)
    assert (type(error), error.code) == (kind, code)
    assert {name: getattr(error, name) for name in more} == more
    assert len(double.sent) == 1


def hang(sock: socket.socket) -> None:
    read_request(sock)
    sock.recv(1)


def cut(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(answer(b'{"id": "', length=99))


def closed(sock: socket.socket) -> None:
    read_request(sock)


def torn(sock: socket.socket) -> None:
    read_request(sock)
    reset(sock)


@pytest.mark.parametrize("script", [hang, cut, closed, torn])
def test_a_lost_answer_leaves_the_outcome_unknown(
    script: Callable[[socket.socket], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "SUBMIT_SECONDS", 0.6)
    with serving(script) as url:
        error = failing(url, tmp_path)
    assert (type(error), error.code) == (OutcomeUnknown, "answer_lost")


def test_what_was_not_sent_was_not_accepted(tmp_path: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    for origin in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid"):
        error = failing(origin, tmp_path)
        assert (type(error), error.code) == (NotAccepted, "unreachable")


# --- the key ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "code"),
    [("", "no_key"), ("key_ab\r\nX: y", "key_refused"), ("key_ü", "key_refused"), ("a b", "key_refused")],
)
def test_a_key_that_cannot_be_one_is_not_sent(key: str, code: str, double: Double, tmp_path: Path) -> None:
    with pytest.raises(KeyRefused) as raised:
        submit(double.origin, tmp_path, key)
    assert raised.value.code == code
    assert not key or key not in raised.value.public + raised.value.internal
    assert double.sent == []


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 405, 409, 413, 422, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("key", [KEY, "canary-of-another-form"])
def test_no_error_tells_the_key_although_runway_does(status: int, key: str, double: Double, tmp_path: Path) -> None:
    words = f"The key {key} is bad"
    told = {"error": words, "issues": [{"code": "custom", "path": [key], "message": words, "keys": [key]}]}
    double.on("POST", PATH, says(told, f"{status} X"), says({"error": words}, f"{status} X"))
    failing(double.origin, tmp_path, key)
    failing(double.origin, tmp_path, key)


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            issue(code="too_big", path=["promptText"], maximum=1000, inclusive=True, origin="string"),
            "the prompt must be at most 1000 characters",
        ),
        (issue(code="too_small", path=["duration"], minimum=2), "the length in seconds must be at least 2"),
        (
            issue(code="invalid_value", path=["ratio"], values=["1280:720", "720:1280"]),
            "the size must be one of 1280:720, 720:1280",
        ),
        (issue(code="invalid_union", path=["model"], discriminator="model"), "the model is none that Runway knows"),
        (
            issue(code="unrecognized_keys", path=[], keys=["negativePrompt"]),
            "the request has settings that this model does not know: negativePrompt",
        ),
        (issue(code="invalid_type", path=["seed"], expected="number"), "the seed must be number"),
        (
            issue(code="custom", path=["referenceImages", 1, "uri"], message="Failed to fetch asset: HTTP 404"),
            "the reference pictures was refused (“Failed to fetch asset: HTTP 404”)",
        ),
        (issue(code="invalid_format", path=["some", 0, "thing"]), "“some.0.thing” was refused"),
        ({"error": "No such version"}, "it says “No such version”"),
        ({"error": "Validation", "issues": "odd"}, "it says “Validation”"),
        ({}, "it does not say why"),
    ],
)
def test_a_refusal_names_what_to_change(told: Any, words: str, double: Double, tmp_path: Path) -> None:
    double.on("POST", PATH, says(told, "400 Bad Request"))
    public = failing(double.origin, tmp_path).public
    assert public == f"Runway refused this order: {words}. Change it and generate again; nothing was charged."


def test_several_issues_are_told_at_once(double: Double, tmp_path: Path) -> None:
    issues = [{"code": "too_big", "path": ["seed"], "maximum": n} for n in (1, 1, 2, 3, 4)]
    double.on("POST", PATH, says({"error": "x", "issues": issues}, "400 Bad Request"))
    public = failing(double.origin, tmp_path).public
    assert [f"at most {n}" in public for n in (1, 2, 3, 4)] == [True, True, True, False]
    assert public.count("at most 1") == 1
