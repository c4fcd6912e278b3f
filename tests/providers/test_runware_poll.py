"""What Runware says of a task that it has: how far it is, what came out, what it cost, and what is not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generation.providers.base import Output, TaskState, TaskStatus
from generation.providers.errors import KeyRefused, OutputExpired, OutputUnusable, PollFailed, Stopped, TaskMissing
from generation.providers.runware import RunwareProvider
from tests.providers.runware_double import KEY, TASK, context_for, data, errors, named, serving

PROVIDER = RunwareProvider()
U = str(TASK)


def look(*answers: Any, folder: Path, status: int = 200, task_id: str = U, **headers: str) -> TaskStatus:
    """Look once; the first answer is to getResponse, a second one to getTaskDetails."""
    with serving() as double:
        for answer in answers:
            double.say(answer, status, **headers)
        try:
            return PROVIDER.poll(task_id, context_for(double, folder))
        finally:
            asked = [(task["taskType"], task["taskUUID"]) for task in double.tasks]
            assert asked == [("getResponse", U), ("getTaskDetails", U)][: len(answers)]


def video(name: str, **more: Any) -> dict[str, Any]:
    return named(status="success", videoUUID=name, videoURL=f"https://vm.runware.ai/{name}.mp4", **more)


@pytest.mark.parametrize(
    ("answer", "progress"),
    [
        (data(named(status="processing", progress=40)), 0.4),
        (data(named(status="processing", progress=0)), 0.0),
        (data(named(status="processing", progress=140)), 1.0),
        (data(named(status="processing")), None),
        (data(named()), None),
        (data(named(status="dreaming", videoURL="https://vm.runware.ai/preview.mp4")), None),
        (data(named(status="processing", progress="soon")), None),
        ({"data": []}, None),
        ({}, None),
        (data({"taskUUID": "somebody-else", "status": "success", "videoURL": "https://x/y.mp4"}), None),
    ],
)
def test_still_going_on(answer: Any, progress: float | None, tmp_path: Path) -> None:
    assert look(answer, folder=tmp_path) == TaskStatus(TaskState.RUNNING, progress=progress)


def test_done(tmp_path: Path) -> None:
    status = look(data(video("V", seed=6110856530272051867, cost=0.924)), folder=tmp_path)
    assert status.state is TaskState.SUCCEEDED
    assert status.outputs == (Output("https://vm.runware.ai/V.mp4", seed=6110856530272051867),)
    assert status.cost == 924_000


@pytest.mark.parametrize("key", ["videoURL", "imageURL", "audioURL", "mediaURL"])
def test_every_kind_of_result(key: str, tmp_path: Path) -> None:
    status = look(data(named(status="success", **{key: "https://x.runware.ai/1"})), folder=tmp_path)
    assert status.outputs == (Output("https://x.runware.ai/1"),)


def test_a_caption_is_its_own_result(tmp_path: Path) -> None:
    status = look(data(named(status="success", text="A ferry.", cost=0.0006)), folder=tmp_path)
    assert status.outputs == (Output("", media_type="text/plain", text="A ferry."),)
    assert status.cost == 600


@pytest.mark.parametrize(
    ("costs", "micros"),
    [
        (["0.0019"], 1900),
        (["0.00190000001"], 1901),
        (["0.1", "0.2"], 300_000),
        (["0.0000004", "0.0000004"], 1),
        (["0"], 0),
        (["1e-3"], 1000),
        (["2"], 2_000_000),
        (["0.5", None], None),
        ([None], None),
        (["-1"], None),
        (["NaN"], None),
        (["true"], None),
        (['"0.25"'], 250_000),
    ],
)
def test_what_it_cost_is_exact_and_never_too_little(
    costs: list[str | None], micros: int | None, tmp_path: Path
) -> None:
    items = [
        f'{{"taskUUID":"{U}","status":"success","imageUUID":"{number}","imageURL":"https://x/{number}"'
        + (f',"cost":{cost}}}' if cost is not None else "}")
        for number, cost in enumerate(costs)
    ]
    answer = f'{{"data":[{",".join(items)}]}}'.encode()
    assert look(answer, folder=tmp_path, task_id=f"{U}#{len(costs)}").cost == micros


# --- several results -------------------------------------------------------------------------------------------------


def test_some_of_several_are_not_all(tmp_path: Path) -> None:
    status = look(data(video("A", cost=0.1)), folder=tmp_path, task_id=f"{U}#3")
    assert status == TaskStatus(TaskState.RUNNING, progress=1.0)
    status = look(data(video("A"), named(status="processing", progress=50)), folder=tmp_path, task_id=f"{U}#3")
    assert status == TaskStatus(TaskState.RUNNING, progress=0.75)


def test_the_same_result_twice_is_one(tmp_path: Path) -> None:
    status = look(data(video("A", cost=0.1), video("A", cost=0.1)), folder=tmp_path, task_id=f"{U}#2")
    assert status.state is TaskState.RUNNING
    status = look(data(video("A", cost=0.1), video("B", cost=0.1), video("A")), folder=tmp_path, task_id=f"{U}#2")
    assert [output.reference[-5:] for output in status.outputs] == ["A.mp4", "B.mp4"]
    assert status.cost == 200_000


@pytest.mark.parametrize("in_data", [True, False])
def test_what_succeeded_is_kept_when_others_fail(in_data: bool, tmp_path: Path) -> None:
    wrong = {"code": "inferenceError", "taskUUID": U, "taskType": "videoInference"}
    done = [video("A", cost=0.1), video("B", cost=0.1)]
    answer = data(*done, named(status="error", error=wrong)) if in_data else {**data(*done), **errors(wrong)}
    status = look(answer, folder=tmp_path, task_id=f"{U}#3")
    assert (status.state, len(status.outputs), status.cost) == (TaskState.SUCCEEDED, 2, 200_000)
    assert look(answer, folder=tmp_path, task_id=f"{U}#4").state is TaskState.RUNNING


def test_what_is_unsafe_is_not_used_but_was_charged(tmp_path: Path) -> None:
    status = look(data(video("A", cost=0.1, NSFWContent=True)), folder=tmp_path)
    assert (status.state, status.outputs, status.cost) == (TaskState.FAILED, (), 100_000)
    assert status.failure_code == "unsafe_result"
    assert "It was charged" in status.failure_public
    both = data(video("A", cost=0.1, NSFWContent=True), video("B", cost=0.1, NSFWContent=False))
    status = look(both, folder=tmp_path, task_id=f"{U}#2")
    assert (status.state, len(status.outputs), status.cost) == (TaskState.SUCCEEDED, 1, 200_000)


def test_a_success_without_a_result_says_what_it_cost(tmp_path: Path) -> None:
    for task_id in (U, f"{U}#3"):
        status = look(data(named(status="success", cost=0.1)), folder=tmp_path, task_id=task_id)
        assert (status.state, status.outputs, status.cost) == (TaskState.SUCCEEDED, (), 100_000)


# --- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["error", "failed", "ERROR"])
@pytest.mark.parametrize("nested", [True, False])
def test_failed(word: str, nested: bool, tmp_path: Path) -> None:
    said = {"code": "timeoutProvider", "message": f"The provider did not respond to {KEY}."}
    item = named(status=word, error=said) if nested else named(status=word, **said)
    status = look(data(item), folder=tmp_path)
    assert (status.state, status.failure_code, status.cost) == (TaskState.FAILED, "model_timeout", None)
    assert "Generate it again" in status.failure_public
    assert status.failure_internal.startswith("timeoutProvider: The provider did not respond")
    assert KEY not in status.failure_public + status.failure_internal


def test_failed_after_part_of_the_cost(tmp_path: Path) -> None:
    status = look(data(named(status="error", error={"code": "inferenceError"}, cost=0.02)), folder=tmp_path)
    assert (status.state, status.cost) == (TaskState.FAILED, 20_000)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("inferenceError", "model_failed"),
        ("timeoutProvider", "model_timeout"),
        ("nsfwContentDetected", "moderated"),
        ("insufficientCredits", "no_credit"),
        ("internalServerError", "provider_error"),
        ("invalidSeed", "refused"),
        ("brandNewCode", "unknown_error"),
    ],
)
def test_failed_in_the_errors(code: str, failure: str, status: int, tmp_path: Path) -> None:
    wrong = {"code": code, "taskUUID": U, "taskType": "videoInference"}
    found = look(errors(wrong), folder=tmp_path, status=status)
    assert (found.state, found.failure_code) == (TaskState.FAILED, failure)


def test_cancelled_at_runware(tmp_path: Path) -> None:
    wrong = {"code": "taskCancelled", "taskUUID": U, "taskType": "videoInference"}
    status = look(errors(wrong), folder=tmp_path)
    assert status.state is TaskState.CANCELLED
    assert "cancelled at Runware" in status.failure_public


# --- nothing learned -------------------------------------------------------------------------------------------------

ASKING = {"taskUUID": U, "taskType": "getResponse"}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({}, 500),
        ({}, 502),
        ({}, 503),
        ({}, 408),
        ({}, 429),
        ({}, 404),
        ({}, 302),
        (b"<html>", 200),
        (b'{"data": [{"status": "succ', 200),
        (None, 200),
        (errors({"code": "rateLimitExceeded", "taskUUID": U}), 400),
        (errors({"code": "internalServerError", **ASKING}), 200),
        (errors({"code": "internalServerError", "taskUUID": U}), 200),
        (errors({"code": "invalidTaskUUID", "parameter": "taskUUID", **ASKING}), 400),
        (errors({"code": "timeout"}), 200),
        (errors({"code": "inferenceError", "taskUUID": U, "taskType": "videoInference"}), 500),
        (errors({"code": "inferenceError", "taskUUID": "somebody-else", "taskType": "videoInference"}), 400),
    ],
)
def test_a_look_that_fails_says_nothing_of_the_task(answer: Any, status: int, tmp_path: Path) -> None:
    with pytest.raises(PollFailed) as caught:
        look(answer, folder=tmp_path, status=status)
    assert KEY not in f"{caught.value.public} {caught.value.internal}"


def test_how_long_to_wait_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(PollFailed) as caught:
        look({}, folder=tmp_path, status=429, Retry_After="9")
    assert caught.value.retry_after == 9.0


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ({}, 401, "key_refused"),
        ({}, 403, "key_refused"),
        ({}, 402, "no_credit"),
        (errors({"code": "invalidApiKey", "message": KEY}), 401, "key_refused"),
        (errors({"code": "invalidApiKey", "message": KEY, **ASKING}), 200, "key_refused"),
    ],
)
def test_a_key_that_is_refused_says_nothing_of_the_task(answer: Any, status: int, code: str, tmp_path: Path) -> None:
    with pytest.raises(KeyRefused) as caught:
        look(answer, folder=tmp_path, status=status)
    assert caught.value.code == code
    assert KEY not in f"{caught.value.public} {caught.value.internal}"


# --- the records -----------------------------------------------------------------------------------------------------

GONE = errors({"code": "taskFailedOrNotFound", **ASKING})


def record(response: Any, request: Any = None) -> dict[str, Any]:
    return data({"taskType": "getTaskDetails", "taskUUID": U, "request": request or [], "response": response})


@pytest.mark.parametrize("code", ["taskFailedOrNotFound", "taskNotFound", "taskExpired"])
def test_what_polling_has_forgotten_is_found_in_the_records(code: str, tmp_path: Path) -> None:
    gone = errors({"code": code, **ASKING})
    status = look(gone, record(data(video("V", cost=0.924))), folder=tmp_path)
    assert (status.state, status.cost) == (TaskState.SUCCEEDED, 924_000)


def test_the_records_tell_why_it_failed(tmp_path: Path) -> None:
    wrong = {"code": "nsfwContentDetected", "taskUUID": U, "taskType": "videoInference"}
    status = look(GONE, record(errors(wrong)), folder=tmp_path)
    assert (status.state, status.failure_code) == (TaskState.FAILED, "moderated")


@pytest.mark.parametrize("response", [data(named()), {}, None, "?"])
def test_recorded_and_gone_is_failed(response: Any, tmp_path: Path) -> None:
    status = look(GONE, record(response), folder=tmp_path)
    assert status.state is TaskState.FAILED
    assert "does not say why" in status.failure_public


def test_neither_going_on_nor_recorded(tmp_path: Path) -> None:
    with pytest.raises(TaskMissing):
        look(GONE, errors({"code": "taskNotFound", "taskUUID": U}), folder=tmp_path)


def test_records_that_cannot_be_read_decide_nothing(tmp_path: Path) -> None:
    with pytest.raises(PollFailed):
        look(GONE, errors({"code": "unsupportedTaskType", "taskUUID": U}), folder=tmp_path)


def evidence(answer: Any, folder: Path) -> TaskStatus:
    with serving() as double:
        double.say(answer)
        return PROVIDER.evidence(U, context_for(double, folder))


def test_evidence_of_an_order_whose_answer_was_lost(tmp_path: Path) -> None:
    request = [{"taskType": "imageInference", "taskUUID": U, "numberResults": 2}]
    assert evidence(record(data(named()), request), tmp_path).state is TaskState.RUNNING
    assert evidence(record(data(video("A")), request), tmp_path).state is TaskState.RUNNING, "one of two"
    assert evidence(record(data(video("A"), video("B")), request), tmp_path).state is TaskState.SUCCEEDED
    with pytest.raises(TaskMissing):
        evidence(GONE, tmp_path)
    with pytest.raises(PollFailed):
        evidence({}, tmp_path)


# --- bringing it home ------------------------------------------------------------------------------------------------


def test_a_result_at_a_private_address_is_not_fetched(tmp_path: Path) -> None:
    body = {"task": {"taskType": "videoInference"}}
    with serving() as double, pytest.raises(OutputUnusable) as caught:
        PROVIDER.fetch(body, Output(f"{double.url}/v.mp4"), tmp_path / "v", context_for(double, tmp_path))
    assert caught.value.code == "private_address"


def test_a_link_that_has_run_out_is_told_from_one_that_works(tmp_path: Path) -> None:
    body = {"task": {"taskType": "videoInference"}}
    with serving() as double:
        origin = double.url.removesuffix("/v1")
        context = context_for(double, tmp_path, fetch_origins=(origin,))
        double.files["/v.mp4"] = b"\x00\x00\x00 ftypisom"
        PROVIDER.fetch(body, Output(f"{origin}/v.mp4"), tmp_path / "v", context)
        assert (tmp_path / "v").read_bytes() == b"\x00\x00\x00 ftypisom"
        with pytest.raises(OutputExpired):
            PROVIDER.fetch(body, Output(f"{origin}/gone.mp4"), tmp_path / "w", context)


@pytest.mark.parametrize(
    ("task", "most"),
    [
        ({"taskType": "imageInference"}, 256),
        ({"taskType": "upscale", "inputs": {"image": "x"}}, 256),
        ({"taskType": "upscale", "inputs": {"video": "x"}}, 2048),
        ({"taskType": "videoInference"}, 2048),
    ],
)
def test_how_large_a_result_may_be(task: dict[str, Any], most: int, tmp_path: Path) -> None:
    with serving() as double:
        origin = double.url.removesuffix("/v1")
        context = context_for(double, tmp_path, fetch_origins=(origin,))
        double.lengths["/big"] = most * 1024 * 1024 + 1
        with pytest.raises(OutputUnusable, match=f"larger than {most} MB"):
            PROVIDER.fetch({"task": task}, Output(f"{origin}/big"), tmp_path / "v", context)


def test_a_download_can_be_stopped(tmp_path: Path) -> None:
    def check() -> None:
        raise Stopped

    with serving() as double:
        origin = double.url.removesuffix("/v1")
        double.files["/slow"], double.lengths["/slow"] = b"\x00\x00\x00 ftypisom", 1000
        context = context_for(double, tmp_path, fetch_origins=(origin,), check=check)
        body = {"task": {"taskType": "videoInference"}}
        with pytest.raises(Stopped):
            PROVIDER.fetch(body, Output(f"{origin}/slow"), tmp_path / "v", context)
    assert not list(tmp_path.iterdir()), "nothing half done is left behind"


def test_cancelling_asks_nobody(tmp_path: Path) -> None:
    with serving() as double:
        PROVIDER.cancel(U, context_for(double, tmp_path))
    assert not double.tasks
