"""The rehearsal is as strict as the real ones: what is wrong is refused, all of it, in their own shape."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.rehearsal.calling import (
    RUNWAY_HEADERS,
    RUNWAY_KEY,
    STILL,
    TURBO,
    clip_of,
    order_runway,
    runware,
    runway,
    task_of,
)
from tests.rehearsal.conftest import Start, as_uri, picture

FRAME = as_uri(picture())

BAD_RUNWAY: list[tuple[str, dict[str, Any], str, list[Any]]] = [
    ("image_to_video", {"duration": 11}, "too_big", ["duration"]),
    ("image_to_video", {"duration": 1}, "too_small", ["duration"]),
    ("image_to_video", {"duration": 5.5}, "invalid_type", ["duration"]),
    ("image_to_video", {"duration": "5"}, "invalid_type", ["duration"]),
    ("image_to_video", {"ratio": "1920:1080"}, "invalid_value", ["ratio"]),
    ("image_to_video", {"ratio": None}, "invalid_type", ["ratio"]),
    ("image_to_video", {"seed": -1}, "too_small", ["seed"]),
    ("image_to_video", {"seed": 2**32}, "too_big", ["seed"]),
    ("image_to_video", {"seed": True}, "invalid_type", ["seed"]),
    ("image_to_video", {"promptText": ""}, "too_small", ["promptText"]),
    ("image_to_video", {"promptText": "a" * 1001}, "too_big", ["promptText"]),
    ("image_to_video", {"promptText": "a" * 999 + "\N{GRINNING FACE}"}, "too_big", ["promptText"]),
    ("image_to_video", {"prompt_text": "snake"}, "unrecognized_keys", []),
    ("image_to_video", {"webhookUrl": "https://example.com/hook"}, "unrecognized_keys", []),
    ("image_to_video", {"model": "gen3a_turbo"}, "invalid_union", ["model"]),
    ("image_to_video", {"model": None}, "invalid_union", ["model"]),
    ("image_to_video", {"promptImage": "http://example.com/a.png"}, "invalid_format", ["promptImage"]),
    ("image_to_video", {"promptImage": "https://192.168.0.1/a.png"}, "custom", ["promptImage"]),
    ("image_to_video", {"promptImage": "https://2130706433/a.png"}, "custom", ["promptImage"]),
    ("image_to_video", {"promptImage": "https://example.com/" + "a" * 2048}, "too_big", ["promptImage"]),
    ("image_to_video", {"promptImage": "runway://00000000-0000-4000-8000-000000000000"}, "custom", ["promptImage"]),
    ("image_to_video", {"promptImage": "data:image/png;base64,aGVsbG8gd29ybGQ="}, "custom", ["promptImage"]),
    ("image_to_video", {"promptImage": "data:image/png;base64,%%%%%%%%"}, "custom", ["promptImage"]),
    ("image_to_video", {"promptImage": "data:video/mp4;base64,AAAA" + "A" * 40}, "invalid_format", ["promptImage"]),
    ("image_to_video", {"promptImage": FRAME + "A" * 5_300_000}, "too_big", ["promptImage"]),
    ("image_to_video", {"promptImage": [{"uri": FRAME, "position": "last"}]}, "invalid_value",
     ["promptImage", 0, "position"]),
    (
        "image_to_video",
        {"model": "veo3.1", "duration": 4, "promptImage": [{"uri": FRAME, "position": "last"}]},
        "custom",
        ["promptImage"],
    ),
    ("image_to_video", {"model": "veo3.1", "duration": 5}, "invalid_value", ["duration"]),
    ("image_to_video", {"contentModeration": {"publicFigureThreshold": "none"}}, "invalid_value",
     ["contentModeration", "publicFigureThreshold"]),
    ("text_to_image", {"referenceImages": [{"uri": FRAME}] * 4}, "too_big", ["referenceImages"]),
    ("text_to_image", {"referenceImages": [{"uri": FRAME, "tag": "M"}]}, "invalid_format",
     ["referenceImages", 0, "tag"]),
    ("text_to_image", {"referenceImages": [{"uri": FRAME, "tag": "mara"}] * 2}, "custom", ["referenceImages"]),
    ("text_to_image", {"referenceImages": [{"tag": "mara"}]}, "invalid_type", ["referenceImages", 0, "uri"]),
]  # fmt: skip


@pytest.mark.parametrize(("endpoint", "changes", "code", "path"), BAD_RUNWAY)
def test_runway_names_the_field(
    start: Start, endpoint: str, changes: dict[str, Any], code: str, path: list[Any]
) -> None:
    server = start()
    usual = TURBO if endpoint == "image_to_video" else STILL
    body = {name: value for name, value in {**usual, **changes}.items() if value is not None}
    answer = runway(server, "POST", f"/v1/{endpoint}", body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == "Validation of body failed"
    (issue,) = answer.json()["issues"]
    assert (issue["code"], issue["path"]) == (code, path)
    assert issue["message"]
    assert (server.books.received(), server.books.accepted()) == (1, 0)


def test_runway_reports_all_that_is_wrong_at_once(start: Start) -> None:
    answer = order_runway(start(), duration=99, ratio="1:1", seed=-5, colour="red").json()
    assert [issue["code"] for issue in answer["issues"]] == [
        "invalid_value",
        "too_big",
        "too_small",
        "unrecognized_keys",
    ]
    too_big = answer["issues"][1]
    assert (too_big["maximum"], too_big["inclusive"], too_big["origin"]) == (10, True, "number")


def test_the_emoji_that_still_fits(start: Start) -> None:
    assert order_runway(start(), promptText="a" * 998 + "\N{GRINNING FACE}").status_code == 200


HEADERS: list[tuple[dict[str, str], int, str]] = [
    ({"Authorization": ""}, 401, "key"),
    ({"Authorization": RUNWAY_KEY}, 401, "key"),
    ({"Authorization": f"bearer {RUNWAY_KEY}"}, 401, "key"),
    ({"Authorization": "Bearer key_short"}, 401, "key"),
    ({"Authorization": f"Bearer {RUNWAY_KEY.upper()}"}, 401, "key"),
    ({"X-Runway-Version": ""}, 400, "X-Runway-Version"),
    ({"X-Runway-Version": "2024-09-13"}, 400, "not valid"),
    ({"Content-Type": "text/plain"}, 415, "application/json"),
]


@pytest.mark.parametrize(("headers", "status", "words"), HEADERS)
def test_runway_looks_at_every_header(start: Start, headers: dict[str, str], status: int, words: str) -> None:
    server = start()
    answer = runway(server, "POST", "/v1/text_to_image", STILL, headers=headers)
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert server.books.received() == 0


def test_runway_paths_and_methods(start: Start) -> None:
    server = start()
    assert runway(server, "GET", "/v1/image_to_video").status_code == 405
    assert runway(server, "GET", "/v1/tasks").status_code == 404
    assert runway(server, "GET", "/v1/tasks/00000000-0000-4000-8000-000000000000").json() == {
        "error": "Could not find Task"
    }
    assert runway(server, "POST", "/v2/image_to_video", TURBO).status_code == 404
    broken = requests.post(
        f"{server.runway_url}/v1/text_to_image", data=b"{", timeout=10,
        headers={**RUNWAY_HEADERS, "Content-Type": "application/json"},
    )  # fmt: skip
    assert (broken.status_code, broken.json()["error"]) == (400, "The body is not valid JSON.")


def test_an_upload_must_keep_to_its_form(start: Start) -> None:
    server = start()
    for bad in (
        {"filename": "a"},
        {"filename": "frame.png", "type": "eternal"},
        {"filename": "x", "type": "ephemeral"},
    ):
        assert runway(server, "POST", "/v1/uploads", bad).status_code == 400
    place = runway(server, "POST", "/v1/uploads", {"filename": "frame.png", "type": "ephemeral"}).json()
    file = {"file": ("frame.png", picture())}
    assert requests.post(place["uploadUrl"], files=file, timeout=10).status_code == 403, "the fields prove who sends"
    broken = {"file": ("frame.png", b"not a picture")}
    assert requests.post(place["uploadUrl"], data=place["fields"], files=broken, timeout=10).status_code == 400
    used = order_runway(server, promptImage=place["runwayUri"])
    assert used.json()["issues"][0]["message"] == "Upload not found or expired."
    assert requests.post(place["uploadUrl"], data=place["fields"], files=file, timeout=10).status_code == 204
    assert order_runway(server, promptImage=place["runwayUri"]).status_code == 200


BAD_RUNWARE: list[tuple[dict[str, Any], str, str]] = [
    (task_of(width=500), "invalidCustomWidth", "width"),
    (task_of(height=2112), "invalidCustomHeight", "height"),
    (task_of(height=None), "missingHeight", "height"),
    (task_of(width="512"), "invalidWidth", "width"),
    (task_of(steps=101), "invalidSteps", "steps"),
    (task_of(seed=-1), "invalidSeed", "seed"),
    (task_of(positivePrompt="a"), "invalidPositivePrompt", "positivePrompt"),
    (task_of(positivePrompt="a" * 3001), "invalidPositivePrompt", "positivePrompt"),
    (task_of(positivePrompt=None), "missingPositivePrompt", "positivePrompt"),
    (task_of(outputFormat="GIF"), "invalidOutputFormat", "outputFormat"),
    (task_of(includeCost="yes"), "invalidIncludeCost", "includeCost"),
    (task_of(deliveryMethod="later"), "invalidDeliveryMethod", "deliveryMethod"),
    (task_of(webhookURL="not an address"), "invalidWebhookURL", "webhookURL"),
    (task_of(colour="red"), "unknownParameter", "colour"),
    (task_of(model="klingai:5@3"), "invalidModel", "model"),
    (task_of(model="klingai:6@1"), "invalidModel", "model"),
    (task_of(taskUUID="not-a-uuid"), "invalidTaskUUID", "taskUUID"),
    (task_of(taskUUID="00000000-0000-1000-8000-000000000000"), "invalidTaskUUID", "taskUUID"),
    (task_of(taskType="photoMaker"), "invalidTaskType", "taskType"),
    (task_of(inputs={"seedImage": "aGVsbG8="}), "invalidSeedImage", "inputs.seedImage"),
    (task_of(inputs={"seedImage": "data:image/png;base64,aGVsbG8gd29ybGQ="}), "invalidInput", "inputs"),
    (task_of(inputs={"picture": FRAME}), "unknownParameter", "inputs.picture"),
    (clip_of(duration=7), "invalidDuration", "duration"),
    (clip_of(deliveryMethod="sync"), "unsupportedDeliveryMethod", "deliveryMethod"),
    (clip_of(width=1000, height=1000), "invalidWidth", "width"),
    (
        clip_of(inputs={"frameImages": [{"image": FRAME, "frame": "middle"}]}),
        "invalidFrameImages",
        "inputs.frameImages",
    ),
    (clip_of(frameImages=[{"inputImage": FRAME}]), "unknownParameter", "frameImages"),
]


@pytest.mark.parametrize(
    ("task", "code", "parameter"), BAD_RUNWARE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_runware_names_the_parameter(start: Start, task: dict[str, Any], code: str, parameter: str) -> None:
    server = start()
    answer = runware(server, task)
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()["errors"]
    assert (error["code"], error["parameter"]) == (code, parameter)
    assert error["taskUUID"] == task["taskUUID"]
    assert error["message"]
    assert error["documentation"].startswith("https://")
    assert server.books.accepted() == 0


def test_runware_says_what_would_be_right(start: Start) -> None:
    server = start()
    (size,) = runware(server, task_of(height=2112)).json()["errors"]
    assert (size["min"], size["max"], size["multiplier"], size["type"]) == (128, 2048, 64, "integer")
    (duration,) = runware(server, clip_of(duration=7)).json()["errors"]
    assert duration["allowedValues"] == [5, 10]


@pytest.mark.parametrize("body", [{}, [], [1], "ping", [{"taskType": None}]])
def test_runware_takes_arrays_of_tasks_only(start: Start, body: Any) -> None:
    server = start()
    answer = requests.post(server.runware_url, json=body, headers={"Authorization": "Bearer long-enough"}, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] in {"invalidRequest", "invalidTaskType"}


@pytest.mark.parametrize("key", ["", "short", "\u00e4" * 3])
def test_runware_wants_a_key(start: Start, key: str) -> None:
    answer = requests.post(
        start().runware_url,
        json=[task_of()],
        timeout=10,
        headers={"Authorization": f"Bearer {key}".encode()} if key else {},
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "invalidApiKey")
