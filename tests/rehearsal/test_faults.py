"""Every fault of a request, down to the socket: what arrives, and what stands in the books."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from generation.rehearsal import Books, RehearsalServer, Rule, Scenario
from generation.rehearsal.faults import ALWAYS, Asked, UnknownFault, marked
from tests.rehearsal.calling import (
    RUNWARE_KEY,
    RUNWAY_HEADERS,
    STILL,
    TURBO,
    clip_of,
    ended,
    look,
    order_runway,
    runware,
    runway,
    task_of,
)
from tests.rehearsal.conftest import Start

Send = Callable[[RehearsalServer, str], bytes]


def bare(server: RehearsalServer, path: str, body: Any, headers: dict[str, str]) -> tuple[list[bytes], bool]:
    """Send one request over a bare socket. Returns what arrived, piece by piece, and whether it was reset."""
    content = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()] + [f"Content-Length: {len(content)}"]
    pieces = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + content)
        try:
            while piece := line.recv(65536):
                pieces.append(piece)
                if _whole(b"".join(pieces)):
                    break
        except ConnectionResetError:
            return pieces, True
    return pieces, False


def _whole(received: bytes) -> bool:
    head, mark, body = received.partition(b"\r\n\r\n")
    if not mark:
        return False
    said = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return bool(said) and len(body) >= int(said[0].split(b":")[1])


def at_runway(server: RehearsalServer, fault: str) -> tuple[list[bytes], bool]:
    body = {**STILL, "promptText": f"A ferry. [[fault:{fault}]]"}
    return bare(server, "/runway/v1/text_to_image", body, RUNWAY_HEADERS)


def at_runware(server: RehearsalServer, fault: str) -> tuple[list[bytes], bool]:
    body = [task_of(positivePrompt=f"A ferry. [[fault:{fault}]]")]
    return bare(server, "/runware/v1", body, {"Authorization": f"Bearer {RUNWARE_KEY}"})


both = pytest.mark.parametrize("send", [at_runway, at_runware])


@both
@pytest.mark.parametrize(("fault", "accepted"), [("drop", 0), ("accept_drop", 1)])
def test_a_dropped_answer_is_no_byte(start: Start, send: Any, fault: str, accepted: int) -> None:
    server = start()
    assert send(server, fault) == ([], False)
    assert (server.books.received(), server.books.accepted()) == (1, accepted)
    assert (server.books.charged() > 0) == bool(accepted)


@both
@pytest.mark.parametrize(("fault", "accepted"), [("reset", 0), ("accept_reset", 1)])
def test_a_reset_is_a_reset(start: Start, send: Any, fault: str, accepted: int) -> None:
    server = start()
    assert send(server, fault) == ([], True)
    assert server.books.accepted() == accepted


@both
@pytest.mark.parametrize(("fault", "accepted"), [("hang", 0), ("accept_hang", 1)])
def test_a_hanging_answer_never_comes(start: Start, send: Any, fault: str, accepted: int) -> None:
    server = start(scenario=Scenario(patience_seconds=0.2))
    assert send(server, fault) == ([], False)
    assert server.books.accepted() == accepted


@both
def test_half_an_answer_breaks_off_in_its_body(start: Start, send: Any) -> None:
    server = start()
    pieces, reset = send(server, "accept_half")
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    promised = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
    assert head.startswith(b"HTTP/1.1 200")
    assert 0 < len(body) < promised
    assert not reset
    assert server.books.accepted() == 1


@both
def test_a_dripping_answer_comes_byte_by_byte(start: Start, send: Any) -> None:
    server = start(scenario=Scenario(drip_seconds=0.002))
    pieces, _ = send(server, "accept_drip")
    assert b"".join(pieces).startswith(b"HTTP/1.1 200 OK")
    assert len(pieces) > 20
    assert server.books.accepted() == 1


@both
def test_an_answer_may_be_no_json_or_hold_no_id(start: Start, send: Any) -> None:
    server = start()
    garbage = b"".join(send(server, "accept_garbage")[0]).partition(b"\r\n\r\n")[2]
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(garbage)
    empty = b"".join(send(server, "accept_no_id")[0]).partition(b"\r\n\r\n")[2]
    assert json.loads(empty) == {}
    assert server.books.accepted() == 2


STATUSES = {
    "bad_request": 400, "key_refused": 401, "forbidden": 403, "not_found": 404, "wrong_method": 405, "time_out": 408,
    "conflict": 409, "too_large": 413, "unprocessable": 422, "rate_limited": 429, "rate_limited_wait": 429,
    "daily_cap": 429, "error": 500, "bad_gateway": 502, "unavailable": 503, "gateway_timeout": 504,
    "accept_error": 500, "accept_gateway_timeout": 504, "accept_time_out": 408, "accept_conflict": 409,
}  # fmt: skip


@both
@pytest.mark.parametrize(("fault", "status"), STATUSES.items())
def test_a_status_says_nothing_about_whether_the_order_was_taken(
    start: Start, send: Any, fault: str, status: int
) -> None:
    server = start()
    head = b"".join(send(server, fault)[0]).partition(b"\r\n\r\n")[0].decode()
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert ("Retry-After: 2" in head) == (fault == "rate_limited_wait")
    assert server.books.accepted() == fault.startswith("accept_")


def test_no_credit_is_said_as_each_of_them_says_it(start: Start) -> None:
    server = start(balance=1000)
    answer = order_runway(server)
    assert (answer.status_code, answer.json()["error"]) == (400, "You do not have enough credits to run this task.")
    answer = runware(server, clip_of())
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (402, "insufficientCredits")
    assert server.books.accepted() == 0


def test_the_daily_limit_is_a_429(start: Start) -> None:
    server = start(daily=1)
    assert order_runway(server).status_code == 200
    answer = order_runway(server)
    assert answer.status_code == 429
    assert "daily limit" in answer.json()["error"]
    assert order_runway(server, model="gen4.5").status_code == 200, "each model has its own"


def test_keys_that_are_not_on_the_list_are_refused(start: Start) -> None:
    server = start(keys={RUNWARE_KEY})
    assert order_runway(server).status_code == 401
    assert runware(server, task_of()).status_code == 200
    assert runware(server, task_of(), key="another-good-form").json()["errors"][0]["code"] == "invalidApiKey"


def test_trouble_in_polling_and_cancelling_is_no_trouble_of_the_order(start: Start) -> None:
    rules = (
        Rule("unavailable", on="poll", provider="runway", nth=(1,)),
        Rule("accept_garbage", on="poll", provider="runware", nth=(1,)),
        Rule("accept_drop", on="cancel"),
        Rule("rate_limited", on="account", nth=(1,)),
    )
    server = start(scenario=Scenario(rules), speed=1000)
    task_id = order_runway(server).json()["id"]
    assert runway(server, "GET", f"/v1/tasks/{task_id}").status_code == 503
    assert runway(server, "GET", f"/v1/tasks/{task_id}").json()["status"] == "PENDING"
    with pytest.raises(OSError, match="onnection"):
        runway(server, "DELETE", f"/v1/tasks/{task_id}")
    assert ended(server, task_id)["status"] == "CANCELLED", "cancelled, although nobody heard so"
    task = clip_of()
    runware(server, task)
    with pytest.raises(ValueError, match="Unterminated"):
        look(server, task["taskUUID"])
    assert look(server, task["taskUUID"])["data"][0]["status"] == "processing"
    assert runway(server, "GET", "/v1/organization").status_code == 429
    assert runway(server, "GET", "/v1/organization").status_code == 200


@pytest.mark.parametrize(("fault", "word"), [("throttled", "THROTTLED"), ("unknown_status", "POSTPROCESSING")])
def test_odd_words_in_the_life_of_a_task(start: Start, fault: str, word: str) -> None:
    server = start(speed=0.02)
    task_id = runway(
        server, "POST", "/v1/image_to_video", {**TURBO, "promptText": f"A ferry. [[fault:{fault}]]"}
    ).json()["id"]
    seen: list[str] = []
    while not seen or seen[-1] != "SUCCEEDED":
        shown = runway(server, "GET", f"/v1/tasks/{task_id}").json()["status"]
        if not seen or seen[-1] != shown:
            seen.append(shown)
    assert word in seen


def test_a_status_may_go_backwards(start: Start) -> None:
    server = start(speed=0.05)
    task_id = order_runway(server, promptText="A ferry. [[fault:backwards]]").json()["id"]
    seen: list[str] = []
    while not seen or seen[-1] != "SUCCEEDED":
        shown = runway(server, "GET", f"/v1/tasks/{task_id}").json()["status"]
        if not seen or seen[-1] != shown:
            seen.append(shown)
    assert seen == ["PENDING", "RUNNING", "PENDING", "RUNNING", "SUCCEEDED"]


def test_success_without_a_result_without_a_cost_and_above_the_estimate(start: Start) -> None:
    server = start()
    shown = {
        fault: ended(server, order_runway(server, promptText=f"[[fault:{fault}]] A ferry.").json()["id"])
        for fault in ("no_output", "missing_cost", "overrun")
    }
    assert shown["no_output"]["output"] == []
    assert "cost" not in shown["missing_cost"]
    overrun = server.books.task(shown["overrun"]["id"])
    assert shown["overrun"]["cost"]["credits"] * 10_000 == overrun.cost > overrun.estimate
    task = task_of(positivePrompt="A ferry. [[fault:missing_cost]] [[fault:nsfw]]")
    runware(server, task)
    (item,) = look(server, task["taskUUID"])["data"]
    assert "cost" not in item
    assert item["NSFWContent"] is True
    assert server.books.charged("runware") > 0


def test_an_endless_task_goes_on(start: Start) -> None:
    server = start()
    task_id = order_runway(server, promptText="A ferry. [[fault:endless]]").json()["id"]
    assert runway(server, "GET", f"/v1/tasks/{task_id}").json()["status"] == "RUNNING"
    assert server.books.going_on() == 1


def test_a_rule_fits_by_provider_operation_model_words_and_number(start: Start) -> None:
    rules = (
        Rule("unavailable", provider="runway", operation="image_to_video", model="gen4.5", containing="gull", nth=(2,)),
    )
    server = start(scenario=Scenario(rules))
    gull = {"model": "gen4.5", "promptText": "A gull."}
    assert order_runway(server, **gull).status_code == 200
    assert order_runway(server, **{**gull, "model": "gen4_turbo"}).status_code == 200
    assert order_runway(server, model="gen4.5").status_code == 200
    assert order_runway(server, **gull).status_code == 503
    assert order_runway(server, **gull).status_code == 200


def test_the_count_of_a_rule_outlives_the_server(start: Start) -> None:
    scenario = Scenario((Rule("unavailable", nth=(2,)),))
    first = start(scenario=scenario)
    assert order_runway(first).status_code == 200
    first.stop()
    second = start(scenario=scenario)
    assert order_runway(second).status_code == 503


def test_a_marked_request_that_is_sent_again_succeeds(start: Start) -> None:
    server = start()
    twice = {"promptText": "A ferry. [[fault:unavailable:2]]"}
    assert [order_runway(server, **twice).status_code for _ in range(3)] == [503, 503, 200]
    always = {"promptText": "A ferry. [[fault:unavailable:always]]"}
    assert {order_runway(server, **always).status_code for _ in range(3)} == {503}
    assert order_runway(server, promptText="A ferry. [[fault:of_nature]]").status_code == 200


def test_chance_is_the_same_for_the_same_seed() -> None:
    def draw(seed: int, rate: float = 0.5) -> list[Any]:
        scenario = Scenario(rate=rate, seed=seed)
        count = iter(range(200))
        return [scenario.decide(Asked("create", "runway"), lambda _: next(count)) for _ in range(200)]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    troubled = sum(bool(played.request or played.later) for played in draw(1))
    assert 60 < troubled < 140
    assert not any(played.request or played.later for played in draw(1, rate=0))
    assert all(played.request or played.later for played in draw(1, rate=1))


def test_a_fault_that_nobody_can_play_is_refused_by_name() -> None:
    with pytest.raises(UnknownFault, match=r"accept_drop.*zero_bytes"):
        Rule("of_nature")
    assert marked("[[fault:black]] and [[fault:html_page:3]] and [[fault:drop:always]] and [[fault:none]]") == [
        ("black", ALWAYS), ("html_page", 3), ("drop", ALWAYS),
    ]  # fmt: skip


def test_one_uuid_from_many_at_once_is_one_order(start: Start) -> None:
    server, other = start(speed=1000), start(speed=1000)
    task = clip_of()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: runware((server, other)[number % 2], task).status_code, range(32)))
    assert sorted(answers) == [200] + [400] * 31
    line = Books(server.desk.state.folder).by_identity()[task["taskUUID"]]
    assert (line.received, line.accepted) == (32, 1)


def test_orders_from_many_at_once_wait_for_each_other_under_the_limit(start: Start) -> None:
    server, other = start(concurrent=1, speed=1000), start(concurrent=1, speed=1000)
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda number: order_runway((server, other)[number % 2]).json()["id"], range(32)))
    tasks = sorted((server.books.task(task_id) for task_id in ids), key=lambda task: task.starts_at)
    assert all(after.starts_at == before.ends_at for before, after in pairwise(tasks))


def test_servers_on_one_state_are_one_provider(start: Start) -> None:
    first, second = start(concurrent=1, speed=1000), start(concurrent=1, speed=1000)
    ids = [order_runway(server).json()["id"] for server in (first, second)]
    tasks = [first.books.task(task_id) for task_id in ids]
    assert tasks[1].starts_at == tasks[0].ends_at, "the limit holds over both"
    assert runway(second, "GET", f"/v1/tasks/{ids[0]}").json()["id"] == ids[0]


def test_half_a_request_orders_nothing(start: Start) -> None:
    server = start()
    content = json.dumps(STILL).encode()
    head = "POST /runway/v1/text_to_image HTTP/1.1\r\nHost: x\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in {**RUNWAY_HEADERS, "Content-Length": str(len(content))}.items()
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(head.encode() + b"\r\n" + content[:20])
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b""
    assert server.books.received() == 0


def test_stopping_lets_those_go_who_wait(start: Start) -> None:
    server = start()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(at_runway, server, "accept_hang")
        while not server.books.received():
            time.sleep(0.01)
        server.stop()
        assert waiting.result(10) == ([], False)
