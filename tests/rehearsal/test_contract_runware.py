"""The official package of Runware, over REST, accepts everything that the rehearsal says; so do its typed results."""

from __future__ import annotations

import asyncio
import re
import typing
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import runware.client
from pydantic import TypeAdapter
from runware import Runware
from runware.types import task_map
from typing_extensions import TypedDict, is_typeddict

from generation.rehearsal import RehearsalServer
from generation.rehearsal.runware.fields import fields
from tests.rehearsal.calling import RUNWARE_KEY, clip_of, look, task_of
from tests.rehearsal.calling import runware as call
from tests.rehearsal.conftest import Start, as_uri, picture

FRAME = as_uri(picture(512, 512))
STORED = {"URL": "URL", "base64Data": "Base64Data", "dataURI": "DataURI"}
# Tasks as the package takes them, and the canonical result that each must be.
TASKS: list[tuple[dict[str, Any], Any]] = [
    (task_of(), task_map.ImageInferenceResult),
    (task_of(deliveryMethod="sync", outputFormat="PNG"), task_map.ImageInferenceResult),
    (task_of(deliveryMethod="sync", outputType="base64Data"), task_map.ImageInferenceResult),
    (task_of(deliveryMethod="sync", outputType="dataURI"), task_map.ImageInferenceResult),
    (task_of(numberResults=3), task_map.ImageInferenceResult),
    (task_of(inputs={"seedImage": FRAME}, strength=0.6), task_map.ImageInferenceResult),
    (task_of(inputs={"seedImage": FRAME, "maskImage": FRAME}), task_map.ImageInferenceResult),
    (clip_of(), task_map.VideoInferenceResult),
    (clip_of(inputs={"frameImages": [{"image": FRAME, "frame": "first"}]}), task_map.VideoInferenceResult),
    (
        task_of(taskType="upscale", model="runware:504@1", inputs={"image": FRAME}, upscaleFactor=2,
                positivePrompt=None, width=None, height=None, seed=None),
        task_map.UpscaleResult,
    ),
    (
        task_of(taskType="removeBackground", model="runware:109@1", inputs={"image": FRAME}, positivePrompt=None,
                width=None, height=None, seed=None),
        task_map.RemoveBackgroundResult,
    ),
    (
        task_of(taskType="caption", model="runware:150@2", inputs={"image": FRAME}, positivePrompt=None, width=None,
                height=None, seed=None),
        task_map.CaptionResult,
    ),
    (
        task_of(taskType="audioInference", model="runware:ace-step@v1.5-base", positivePrompt="Low strings, fog.",
                duration=12, width=None, height=None),
        task_map.AudioInferenceResult,
    ),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _waiting_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nap(_seconds: float, _cancelled: Any) -> None:
        await asyncio.sleep(0.02)

    monkeypatch.setattr(runware.client, "_interruptible_sleep", nap)


def fits(item: dict[str, Any], result: Any) -> None:
    """Refuse what is not of one of the package's results: its annotations mark what is required, its totality does not.

    Raises:
        ValidationError
    """
    hints = typing.get_type_hints(result, include_extras=True)
    TypeAdapter(TypedDict(result.__name__, hints)).validate_python(item, strict=True)  # type: ignore[operator]


async def ask(server: RehearsalServer, do: Callable[[Any], Awaitable[Any]]) -> Any:
    """Do something with the official client."""
    async with Runware(
        api_key=RUNWARE_KEY, transport="rest", http_base_url=server.runware_url, max_retries=0, poll_timeout=20_000
    ) as client:
        return await do(client)


def _described(task: dict[str, Any]) -> str:
    return "-".join(str(task.get(name, "")) for name in ("taskType", "deliveryMethod", "outputType", "numberResults"))


@pytest.mark.parametrize(
    ("task", "result"), TASKS, ids=lambda value: _described(value) if isinstance(value, dict) else ""
)
async def test_each_task_is_taken_and_finished(start: Start, task: dict[str, Any], result: Any) -> None:
    server = start()
    task = {**task, "taskUUID": str(uuid.uuid4())}
    found = await ask(server, lambda client: client.run(task))
    assert len(found) == task.get("numberResults", 1)
    for item in found:
        fits(item, result)
        assert not set(item) - result.__annotations__.keys() - {"status"}, "a field that the package does not know"
        assert item["taskUUID"] == task["taskUUID"]
    assert round(sum(item["cost"] for item in found) * 1_000_000) == server.books.charged("runware")
    if "seed" in task:
        assert [item["seed"] for item in found] == [task["seed"] + number for number in range(len(found))]
    kept = STORED[task.get("outputType", "URL")]
    if task["taskType"] != "caption":
        assert any(name.endswith(kept) for name in found[0])


async def test_every_look_is_a_get_response_result(start: Start) -> None:
    server = start(speed=0.02)
    task = clip_of(numberResults=2)
    call(server, task)
    seen: set[str] = set()
    progress: list[int] = []
    counts = set()
    while seen != {"success"} or not progress:
        data = (await ask(server, lambda client: client.get_response({"taskUUID": task["taskUUID"]}))) or []
        for item in data:
            fits(item, task_map.GetResponseResult)
            if "progress" in item:
                progress.append(item["progress"])
        seen = {item["status"] for item in data}
        counts.add(sum(item["status"] == "success" for item in data))
    assert counts == {0, 1, 2}, "results come one after the other"
    assert progress == sorted(progress)
    assert len(set(progress)) > 1


async def test_what_costs_nothing(start: Start) -> None:
    server = start(balance=5_000_000)
    task = task_of()
    await ask(server, lambda client: client.run(task))
    spent = server.books.charged("runware")

    (details,) = await ask(server, lambda client: client.account_management({"operation": "getDetails"}))
    fits(details, task_map.AccountManagementResult)
    assert round(details["balance"]["amount"] * 1_000_000) == 5_000_000 - spent
    (usage,) = await ask(server, lambda client: client.account_management({"operation": "getUsageActivity"}))
    fits(usage, task_map.AccountManagementResult)
    assert round(usage["usage"]["timeseries"]["meta"]["totalSpend"] * 1_000_000) == spent

    (kept,) = await ask(server, lambda client: client.media_storage({"operation": "upload", "media": FRAME}))
    fits(kept, task_map.MediaStorageResultUpload)
    (old,) = await ask(server, lambda client: client.image_upload({"image": FRAME}))
    fits(old, task_map.ImageUploadResult)
    again = task_of(inputs={"seedImage": kept["mediaUUID"]})
    assert len(await ask(server, lambda client: client.run(again))) == 1
    await ask(server, lambda client: client.media_storage({"operation": "delete", "media": kept["mediaUUID"]}))
    with pytest.raises(runware.RunwareError):
        await ask(server, lambda client: client.run(task_of(inputs={"seedImage": kept["mediaUUID"]})))

    (told,) = await ask(server, lambda client: client.get_task_details({"taskUUID": task["taskUUID"]}))
    fits(told, task_map.GetTaskDetailsResult)
    assert told["request"][0]["positivePrompt"] == task["positivePrompt"]
    assert server.books.received("runware") == 3, "only orders stand in the books"


def test_ping_and_a_key_in_the_first_element(start: Start) -> None:
    server = start()
    ping = {"taskType": "ping", "ping": True}
    assert call(server, ping).json() == {"data": [{"taskType": "ping", "pong": True}]}
    opening = {"taskType": "authentication", "apiKey": RUNWARE_KEY}
    answer = requests.post(server.runware_url, json=[opening, ping], timeout=10).json()
    assert answer["data"][0]["connectionSessionUUID"]
    assert requests.post(server.runware_url, json=[ping], timeout=10).status_code == 401


CATEGORIES = [
    ("bad_request", "validation", 400), ("key_refused", "auth", 401), ("no_credit", "quota", 402),
    ("forbidden", "auth", 403), ("not_found", "notFound", 404), ("rate_limited", "rateLimit", 429),
    ("error", "serverError", 500), ("moderation_input", "safety", None), ("moderation_output", "safety", None),
    ("third_party", "provider", None), ("internal", "serverError", None), ("bad_output", "provider", None),
    ("error_item", "provider", None), ("gone", "notFound", 400), ("invalid_asset", "validation", None),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "category", "status"), CATEGORIES)
async def test_each_fault_falls_into_the_packages_own_category(
    start: Start, fault: str, category: str, status: int | None
) -> None:
    server = start()
    task = task_of(positivePrompt=f"A ferry. [[fault:{fault}]]")
    with pytest.raises(runware.RunwareError) as refused:
        await ask(server, lambda client: client.run(task))
    assert refused.value.code == category
    assert refused.value.status_code == status


async def test_the_same_uuid_twice_is_a_conflict_that_proves_acceptance(start: Start) -> None:
    server = start(speed=1000)
    task = clip_of()
    assert call(server, task).json() == {"data": [{"taskType": "videoInference", "taskUUID": task["taskUUID"]}]}
    second = call(server, task)
    assert second.status_code == 400
    assert second.json()["errors"][0]["code"] == "conflictTaskUUID"
    assert second.json()["errors"][0]["taskUUID"] == task["taskUUID"]
    line = server.books.by_identity()[task["taskUUID"]]
    assert (line.received, line.accepted) == (2, 1)
    with pytest.raises(runware.RunwareError) as refused:
        await ask(server, lambda client: client.run(task))
    assert refused.value.code == "validation"


def test_an_id_that_is_forgotten_with_its_task_buys_again(start: Start) -> None:
    """What nobody has ruled out; whoever sends again without a look before pays twice, and the books say so."""
    server = start()
    task = task_of(positivePrompt="A ferry. [[fault:forgets]]")
    assert [call(server, task).status_code for _ in range(2)] == [200, 200]
    (line,) = server.books.bought_twice().values()
    assert (line.received, line.accepted) == (2, 2)
    assert line.charged == server.books.charged() == 2 * server.books.task(task["taskUUID"]).cost


def test_an_account_does_not_see_the_tasks_of_another(start: Start) -> None:
    server = start()
    task = task_of()
    call(server, task)
    question = {"taskType": "getResponse", "taskUUID": task["taskUUID"]}
    assert call(server, question).json()["data"][0]["status"] == "success"
    assert call(server, question, key="somebody-else").json()["errors"][0]["code"] == "taskFailedOrNotFound"


def test_several_tasks_in_one_request_are_answered_side_by_side(start: Start) -> None:
    server = start()
    good, bad = task_of(), task_of(width=100)
    answer = call(server, good, bad)
    assert answer.status_code == 200
    assert [item["taskUUID"] for item in answer.json()["data"]] == [good["taskUUID"]]
    assert [item["taskUUID"] for item in answer.json()["errors"]] == [bad["taskUUID"]]


def test_one_of_several_results_may_fail(start: Start) -> None:
    server = start()
    task = task_of(positivePrompt="A ferry. [[fault:one_fails]]", numberResults=3)
    call(server, task)
    answer = look(server, task["taskUUID"])
    assert [item["status"] for item in answer["data"]] == ["success", "success"]
    assert answer["errors"][0]["taskUUID"] == task["taskUUID"]
    assert round(sum(item["cost"] for item in answer["data"]) * 1_000_000) == server.books.charged()


def test_every_field_is_the_packages_own() -> None:
    """Names, required marks and enumerations of ``fields.toml`` against the typed tasks: drift is seen here."""
    source = Path(str(task_map.__file__)).read_text("utf-8")
    header = r"^class (\w+)\(TypedDict, total=False\):\n    \"\"\"Inference params for curated model `([^`]+)`"
    theirs: dict[str, dict[str, Any]] = {}
    for name, model in re.findall(header, source, re.MULTILINE):
        task_type = task_map.models[model].task_type
        if task_type in fields():
            assert is_typeddict(getattr(task_map, name))
            theirs.setdefault(task_type, {})[model] = typing.get_type_hints(
                getattr(task_map, name), include_extras=True
            )
    assert theirs.keys() == fields().keys()
    for task_type, models in theirs.items():
        assert models.keys() == fields()[task_type].keys()
        for model, hints in models.items():
            ours = fields()[task_type][model]
            assert ours.keys() == hints.keys() - {"taskType", "model"}, model
            for name, rule in ours.items():
                optional = typing.get_origin(hints[name]) is typing.NotRequired
                bare = typing.get_args(hints[name])[0] if optional else hints[name]
                assert rule.required is not optional, (model, name)
                if typing.get_origin(bare) is typing.Literal and name != "scheduler":
                    assert rule.allowed == tuple(str(value) for value in typing.get_args(bare)), (model, name)
