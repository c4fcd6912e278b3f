"""What each answer to an order means for the money, and that nothing which is shown or logged holds the key."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from generation.providers.base import Operation, Output
from generation.providers.errors import (
    AlreadyAccepted,
    KeyRefused,
    NotAccepted,
    OutcomeUnknown,
    ProviderError,
    Refused,
    Stopped,
)
from generation.providers.runware import RunwareProvider
from tests.providers.runware_double import KEY, SILENCE, TASK, an_order, context_for, data, errors, named, serving

PROVIDER = RunwareProvider()
U = str(TASK)


def submit(answer: Any, folder: Path, status: int = 200, outputs: int = 1, **headers: str) -> Any:
    """Place one order and let it be answered so; return the submission."""
    with serving() as double:
        double.say(answer, status, **headers)
        context = context_for(double, folder)
        order = an_order(Operation.TEXT_TO_VIDEO, "klingai:6@1", outputs=outputs)
        try:
            return PROVIDER.submit(TASK, PROVIDER.prepare(order, context), context)
        finally:
            assert [task["taskUUID"] for task in double.tasks] == [U], "exactly one order leaves"


def test_an_acknowledgement_accepts_the_order(tmp_path: Path) -> None:
    submission = submit(data(named()), tmp_path)
    assert (submission.task_id, submission.outputs, submission.cost) == (U, None, None)


def test_the_number_of_results_is_remembered_in_the_id(tmp_path: Path) -> None:
    assert submit(data(named()), tmp_path, outputs=3).task_id == f"{U}#3"


def test_a_result_in_the_answer_itself_is_taken(tmp_path: Path) -> None:
    done = named(videoUUID="V", videoURL="https://vm.runware.ai/v.mp4", seed=5, cost=0.924)
    submission = submit(data(done), tmp_path)
    assert submission.outputs == (Output("https://vm.runware.ai/v.mp4", seed=5),)
    assert submission.cost == 924_000


@pytest.mark.parametrize(
    "item",
    [
        named(status="error", error={"code": "inferenceError"}),
        named(videoURL="https://vm.runware.ai/v.mp4", NSFWContent=True, cost=0.1),
        named(status="success"),
        named(status="something new"),
    ],
)
def test_whatever_else_is_said_of_an_accepted_order_is_left_to_the_next_look(
    item: dict[str, Any], tmp_path: Path
) -> None:
    assert submit(data(item), tmp_path).task_id == U


@pytest.mark.parametrize("envelope", [{"taskUUID": U}, {"taskUUID": None}, {}])
@pytest.mark.parametrize("status", [400, 409, 500])
def test_a_repeat_that_is_recognised_proves_the_first(envelope: dict[str, Any], status: int, tmp_path: Path) -> None:
    with pytest.raises(AlreadyAccepted) as caught:
        submit(errors({"code": "conflictTaskUUID", "parameter": "taskUUID", **envelope}), tmp_path, status, outputs=2)
    assert caught.value.task_id == f"{U}#2"


def fault(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "message": f"No, says {KEY}.", "taskUUID": U, "taskType": "videoInference", **more}


ROWS: list[tuple[Any, int, type[ProviderError], str]] = [
    # Refused for good.
    (errors(fault("invalidPositivePrompt", parameter="positivePrompt")), 400, Refused, "refused"),
    (errors(fault("unsupportedParameter", parameter="fps")), 400, Refused, "refused"),
    (errors(fault("contentPolicyViolation")), 400, Refused, "moderated"),
    (errors(fault("contentPolicyViolation")), 200, Refused, "moderated"),
    (errors(fault("unknownModel")), 404, Refused, "not_found"),
    (errors(fault("modelDisabled")), 400, Refused, "model_failed"),
    (errors(fault("invalidModel")), 200, Refused, "refused"),
    (errors(fault("brandNewCode")), 400, Refused, "unknown_error"),
    ({}, 400, Refused, "refused"),
    (b"<html>not here</html>", 404, Refused, "refused"),
    ({}, 405, Refused, "refused"),
    ({}, 413, Refused, "refused"),
    ({}, 422, Refused, "refused"),
    ({}, 307, Refused, "redirected"),
    # The key or the credit: the account waits for a person.
    (errors(fault("invalidApiKey")), 401, KeyRefused, "key_refused"),
    (errors(fault("invalidApiKey")), 200, KeyRefused, "key_refused"),
    (errors(fault("accountSuspended")), 403, KeyRefused, "key_refused"),
    ({}, 401, KeyRefused, "key_refused"),
    ({}, 403, KeyRefused, "key_refused"),
    (errors(fault("insufficientCredits")), 402, KeyRefused, "no_credit"),
    (errors(fault("insufficientCredits")), 400, KeyRefused, "no_credit"),
    (errors(fault("insufficientBalance")), 200, KeyRefused, "no_credit"),
    ({}, 402, KeyRefused, "no_credit"),
    # Proof that it was not taken, and no reason why it never should be.
    (errors(fault("rateLimitExceeded")), 400, NotAccepted, "rate_limited"),
    (errors(fault("accountRateLimitReached")), 200, NotAccepted, "rate_limited"),
    ({}, 429, NotAccepted, "rate_limited"),
    ({}, 503, NotAccepted, "unavailable"),
    (errors(fault("serviceUnavailable")), 503, NotAccepted, "unavailable"),
    (b"<html>busy</html>", 503, NotAccepted, "unavailable"),
    (errors(fault("noAvailableServer")), 400, NotAccepted, "unavailable"),
    (errors(fault("internalServerError")), 400, NotAccepted, "unavailable"),
    # Nobody knows.
    (errors(fault("internalServerError")), 500, OutcomeUnknown, "server_error"),
    (errors(fault("invalidPositivePrompt")), 500, OutcomeUnknown, "server_error"),
    (b"<html>bad gateway</html>", 502, OutcomeUnknown, "server_error"),
    ({}, 504, OutcomeUnknown, "server_error"),
    ({}, 408, OutcomeUnknown, "server_error"),
    ({}, 409, OutcomeUnknown, "server_error"),
    (errors(fault("conflict")), 409, OutcomeUnknown, "server_error"),
    (errors(fault("timeoutProvider")), 400, OutcomeUnknown, "server_error"),
    (errors(fault("inferenceError")), 200, OutcomeUnknown, "no_task_named"),
    (errors(fault("internalServerError")), 200, OutcomeUnknown, "no_task_named"),
    ({}, 200, OutcomeUnknown, "no_task_named"),
    ({"data": []}, 200, OutcomeUnknown, "no_task_named"),
    (data({"taskUUID": "somebody-else"}), 200, OutcomeUnknown, "no_task_named"),
    (errors({"code": "invalidModel", "taskUUID": "somebody-else"}), 200, OutcomeUnknown, "no_task_named"),
    (b'{"data": [', 200, OutcomeUnknown, "no_task_named"),
    (b"[" * 100_000, 200, OutcomeUnknown, "no_task_named"),
    ("a word", 200, OutcomeUnknown, "no_task_named"),
    (None, 200, OutcomeUnknown, "answer_lost"),
]


@pytest.mark.parametrize(("answer", "status", "error", "code"), ROWS)
def test_the_outcome_table(answer: Any, status: int, error: type[ProviderError], code: str, tmp_path: Path) -> None:
    with pytest.raises(error) as caught:
        submit(answer, tmp_path, status)
    assert type(caught.value) is error
    assert caught.value.code == code
    shown = f"{caught.value.public} {caught.value.internal} {caught.value!r} {caught.value.__context__!r}"
    assert KEY not in shown
    assert caught.value.public.endswith((".", "”"))


def test_nothing_leaves_when_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        context = context_for(None, tmp_path, base_url=f"http://127.0.0.1:{held.getsockname()[1]}/v1")
        body = PROVIDER.prepare(an_order(Operation.TEXT_TO_VIDEO, "klingai:6@1"), context)
        with pytest.raises(NotAccepted) as caught:
            PROVIDER.submit(TASK, body, context)
    assert caught.value.code == "unreachable"


def test_whoever_waits_for_an_answer_can_be_stopped(tmp_path: Path) -> None:
    """The lease is renewed while waiting, and the wait ends when it is lost."""
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) > 1:
            raise Stopped

    with serving() as double:
        double.say(SILENCE)
        context = context_for(double, tmp_path, check=check)
        body = PROVIDER.prepare(an_order(Operation.TEXT_TO_VIDEO, "klingai:6@1"), context)
        with pytest.raises(Stopped):
            PROVIDER.submit(TASK, body, context)
    assert len(double.tasks) == 1


def test_without_a_key_nothing_is_asked(tmp_path: Path) -> None:
    with serving() as double:
        context = context_for(double, tmp_path, key="")
        body = PROVIDER.prepare(an_order(Operation.TEXT_TO_VIDEO, "klingai:6@1"), context)
        with pytest.raises(KeyRefused, match="Enter one"):
            PROVIDER.submit(TASK, body, context)
    assert not double.tasks


@pytest.mark.parametrize("status", [429, 503])
def test_how_long_to_wait_is_passed_on(status: int, tmp_path: Path) -> None:
    with pytest.raises(NotAccepted) as caught:
        submit({}, tmp_path, status, Retry_After="17")
    assert caught.value.retry_after == 17.0


@pytest.mark.parametrize(
    ("said", "daily"),
    [("Daily limit reached.", True), ("The account's daily quantity is used up.", True), ("Slow down.", False)],
)
def test_a_limit_of_the_day_is_told_from_one_of_the_moment(said: str, daily: bool, tmp_path: Path) -> None:
    with pytest.raises(NotAccepted) as caught:
        submit(errors({"code": "rateLimitExceeded", "message": said, "taskUUID": U}), tmp_path, 429)
    assert caught.value.daily_limit is daily
    assert ("tomorrow" in caught.value.public) is daily


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"parameter": "height", "min": 128, "max": 2048, "multiplier": 64},
            "“height”: it must be from 128 to 2048 in steps of 64.",
        ),
        ({"parameter": ["width", "height"], "max": 2048}, "“width”: it must be at most 2048."),
        ({"parameter": "duration", "allowedValues": [5, 10]}, "the length in seconds: it must be one of 5, 10."),
        (
            {"parameter": "positivePrompt", "type": "string", "min": 2, "max": 3000},
            "the prompt: it must be from 2 to 3000 characters.",
        ),
        ({"parameter": "inputs.frameImages", "min": 1}, "the first or last frame: it must be at least 1."),
        ({"parameter": "steps", "multiplier": 2}, "“steps”: it must be a multiple of 2."),
        ({"parameter": "voice", "allowedValues": [f"v{n}" for n in range(40)]}, "v11 and 28 more."),
        (
            {"parameter": "seedImage", "message": f"Cannot read {KEY}\n data:image/png;base64,AAAA"},
            "the source picture as it is. Change it and generate this again. Runware says: “Cannot read … a file”",
        ),
        ({"message": "m" * 1000}, "m…”"),
    ],
)
def test_a_refusal_names_the_field_and_what_is_allowed(more: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        submit(errors({"code": "invalidValue", "taskUUID": U, **more}), tmp_path, 400)
    assert words in caught.value.public
    assert KEY not in caught.value.public + caught.value.internal
    assert len(caught.value.public) < 420
