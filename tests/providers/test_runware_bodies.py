"""What is sent to Runware: the same, to the letter, as its official client sends for the same wish."""

from __future__ import annotations

import asyncio
import base64
import re
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import pytest
import runware
from runware.types import task_map

from generation.providers.base import InputFile, Operation
from generation.providers.errors import NotAccepted, Refused
from generation.providers.runware import RunwareProvider, bodies, media
from tests.providers.runware_double import KEY, TASK, a_file, an_order, context_for, data, named, serving

PROVIDER = RunwareProvider()
PICTURE = "data:image/png;base64," + base64.b64encode(b"picture").decode()
CLIP = "data:video/mp4;base64," + base64.b64encode(b"picture").decode()
SOUND = "data:audio/wav;base64," + base64.b64encode(b"picture").decode()

# Operation, model, files by role, our parameters, and what the official client is told for the same wish.
WISHES: list[tuple[Operation, str, dict[str, str], dict[str, Any], dict[str, Any]]] = [
    (
        Operation.TEXT_TO_IMAGE,
        "runware:101@1",
        {},
        {"width": 1344, "height": 768, "seed": 7, "outputs": 3, "options": {"steps": 28, "CFGScale": 3.5}},
        {
            "taskType": "imageInference", "positivePrompt": "A ferry in fog", "width": 1344, "height": 768, "seed": 7,
            "numberResults": 3, "steps": 28, "CFGScale": 3.5, "outputType": "URL",
        },
    ),
    (
        Operation.TEXT_TO_IMAGE,
        "google:4@3",
        {"reference": "image/png"},
        {"width": 1376, "height": 768, "resolution": "1K", "outputs": 1},
        {
            "taskType": "imageInference", "positivePrompt": "A ferry in fog", "resolution": "1K", "outputType": "URL",
            "inputs": {"referenceImages": [PICTURE]},
        },
    ),
    (
        Operation.IMAGE_TO_IMAGE,
        "runware:101@1",
        {"source": "image/png"},
        {"width": 1024, "height": 1024, "negative_prompt": "text", "options": {"strength": 0.6}},
        {
            "taskType": "imageInference", "positivePrompt": "A ferry in fog", "negativePrompt": "text", "width": 1024,
            "height": 1024, "strength": 0.6, "outputType": "URL", "inputs": {"seedImage": PICTURE},
        },
    ),
    (
        Operation.IMAGE_TO_IMAGE,
        "runware:106@1",
        {"source": "image/png"},
        {},
        {
            "taskType": "imageInference", "positivePrompt": "A ferry in fog", "outputType": "URL",
            "inputs": {"referenceImages": [PICTURE]},
        },
    ),
    (
        Operation.INPAINT,
        "runware:102@1",
        {"source": "image/png", "mask": "image/png"},
        {"width": 1024, "height": 1024, "options": {"maskMargin": 64}},
        {
            "taskType": "imageInference", "positivePrompt": "A ferry in fog", "width": 1024, "height": 1024,
            "maskMargin": 64, "outputType": "URL", "inputs": {"seedImage": PICTURE, "maskImage": PICTURE},
        },
    ),
    (
        Operation.OUTPAINT,
        "runware:102@1",
        {"source": "image/png"},
        {"width": 1280, "height": 1024, "options": {"outpaint": {"left": 128, "right": 128}}},
        {
            "taskType": "imageInference", "positivePrompt": "A ferry in fog", "width": 1280, "height": 1024,
            "outpaint": {"left": 128, "right": 128}, "outputType": "URL", "inputs": {"seedImage": PICTURE},
        },
    ),
    (
        Operation.UPSCALE_IMAGE,
        "runware:504@1",
        {"source": "image/png"},
        {"options": {"upscaleFactor": 4}},
        {"taskType": "upscale", "upscaleFactor": 4, "outputType": "URL", "inputs": {"image": PICTURE}},
    ),
    (
        Operation.UPSCALE_VIDEO,
        "topazlabs:starlight-precise@2.5",
        {"source": "video/mp4"},
        {"width": 3840, "height": 2160, "fps": 24},
        {
            "taskType": "upscale", "width": 3840, "height": 2160, "fps": 24, "outputType": "URL",
            "inputs": {"video": CLIP},
        },
    ),
    (
        Operation.REMOVE_BACKGROUND,
        "runware:109@1",
        {"source": "image/png"},
        {"options": {"settings.alphaMatting": True, "settings.rgba": [255, 255, 255, 0]}},
        {
            "taskType": "removeBackground", "outputType": "URL", "outputFormat": "PNG", "inputs": {"image": PICTURE},
            "settings": {"alphaMatting": True, "rgba": [255, 255, 255, 0]},
        },
    ),
    (
        Operation.CAPTION,
        "runware:152@2",
        {"source": "image/png"},
        {},
        {"taskType": "caption", "prompt": "A ferry in fog", "inputs": {"image": PICTURE}},
    ),
    (
        Operation.TEXT_TO_VIDEO,
        "klingai:6@1",
        {},
        {"width": 1280, "height": 720, "duration_ms": 5000, "negative_prompt": "blur", "options": {"CFGScale": 0.5}},
        {
            "taskType": "videoInference", "positivePrompt": "A ferry in fog", "negativePrompt": "blur", "width": 1280,
            "height": 720, "duration": 5, "CFGScale": 0.5, "outputType": "URL",
        },
    ),
    (
        Operation.IMAGE_TO_VIDEO,
        "klingai:kling-video@3-pro",
        {"first_frame": "image/png", "last_frame": "image/png"},
        {"duration_ms": 7000},
        {
            "taskType": "videoInference", "positivePrompt": "A ferry in fog", "duration": 7, "outputType": "URL",
            "inputs": {"frameImages": [{"image": PICTURE, "frame": "first"}, {"image": PICTURE, "frame": "last"}]},
        },
    ),
    (
        Operation.IMAGE_TO_VIDEO,
        "bytedance:2@1",
        {"first_frame": "image/png"},
        {"resolution": "1080p", "duration_ms": 2500, "seed": 0},
        {
            "taskType": "videoInference", "positivePrompt": "A ferry in fog", "resolution": "1080p", "duration": 2.5,
            "seed": 0, "outputType": "URL", "inputs": {"frameImages": [{"image": PICTURE, "frame": "first"}]},
        },
    ),
    (
        Operation.VIDEO_TO_VIDEO,
        "runway:aleph@2.0",
        {"source": "video/mp4"},
        {},
        {
            "taskType": "videoInference", "positivePrompt": "A ferry in fog", "outputType": "URL",
            "inputs": {"video": CLIP},
        },
    ),
    (
        Operation.TEXT_TO_SPEECH,
        "inworld:tts@2",
        {},
        {"voice": "Sarah", "options": {"settings.textNormalization": True}},
        {
            "taskType": "audioInference", "speech": {"text": "A ferry in fog", "voice": "Sarah"}, "outputType": "URL",
            "settings": {"textNormalization": True},
        },
    ),
    (
        Operation.TEXT_TO_SPEECH,
        "alibaba:qwen@3-tts-1.7b-base",
        {"voice": "audio/wav"},
        {"voice": "clone", "options": {"speech.language": "English"}},
        {
            "taskType": "audioInference", "outputType": "URL", "inputs": {"audio": SOUND},
            "speech": {"text": "A ferry in fog", "voice": "clone", "language": "English"},
        },
    ),
    (
        Operation.SOUND_EFFECT,
        "mirelo:1@1",
        {},
        {"duration_ms": 3500},
        {"taskType": "audioInference", "positivePrompt": "A ferry in fog", "duration": 3.5, "outputType": "URL"},
    ),
    (
        Operation.TEXT_TO_MUSIC,
        "minimax:music@2.6",
        {},
        {"options": {"settings.instrumental": True}},
        {
            "taskType": "audioInference", "positivePrompt": "A ferry in fog", "outputType": "URL",
            "settings": {"instrumental": True},
        },
    ),
]  # fmt: skip


def _sent_by_the_official_client(task: dict[str, Any]) -> dict[str, Any]:
    async def run(url: str) -> None:
        client = runware.Runware(api_key=KEY, transport="rest", http_base_url=url, max_retries=0)
        try:
            await client.run(task)
        finally:
            await client.close()

    with serving() as double:
        results = [named(imageUUID=str(number), text="done") for number in range(task.get("numberResults", 1))]
        double.say(data(*results))
        asyncio.run(run(double.url))
    return double.tasks[0]


@pytest.mark.parametrize(("operation", "model", "files", "ours", "theirs"), WISHES, ids=lambda value: str(value)[:40])
def test_the_body_is_what_the_official_client_sends(
    operation: Operation,
    model: str,
    files: dict[str, str],
    ours: dict[str, Any],
    theirs: dict[str, Any],
    tmp_path: Path,
) -> None:
    inputs = tuple(a_file(tmp_path, role, media_type=kind) for role, kind in files.items())
    with serving() as double:
        context = context_for(double, tmp_path)
        body = PROVIDER.prepare(an_order(operation, model, inputs=inputs, **ours), context)
        double.say(data(named()))
        PROVIDER.submit(TASK, body, context)
    assert double.headers[0]["Authorization"] == f"Bearer {KEY}"
    wanted = _sent_by_the_official_client({"taskUUID": str(TASK), "model": model, "includeCost": True, **theirs})
    assert double.tasks[0] == wanted
    assert body == {"task": wanted}


@pytest.mark.parametrize(("operation", "model", "files", "ours", "theirs"), WISHES, ids=lambda value: str(value)[:40])
def test_every_field_is_known_to_the_model(
    operation: Operation, model: str, files: dict[str, str], ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """The official types name each model's fields and the values of those that have few."""
    fields = _fields_of(model)
    wanted = {"taskUUID": str(TASK), "model": model, "includeCost": True, "deliveryMethod": "async", **theirs}
    assert set(wanted) <= set(fields)
    for name, value in wanted.items():
        allowed = _literal(fields.get(name))
        assert allowed is None or value in allowed, f"{name} is {value!r}, not one of {allowed}"


def _params(model: str) -> Any:
    for each in vars(task_map).values():
        if isinstance(each, type) and f"`{model}`" in (each.__doc__ or "") and each.__name__.endswith("Params"):
            return each
    raise AssertionError(f"the official client does not know {model}")


def _fields_of(model: str) -> dict[str, Any]:
    return get_type_hints(_params(model), include_extras=False)


def _literal(hint: Any) -> tuple[Any, ...] | None:
    return get_args(hint) if getattr(hint, "__origin__", None) is Literal else None


def test_the_models_that_take_a_seed_picture_are_those_that_know_a_strength() -> None:
    """A model that is new in the official client must be sorted here."""
    found = set()
    for each in vars(task_map).values():
        model = re.search(r"params for curated model `([^`]+)`", getattr(each, "__doc__", None) or "")
        if model and {"strength"} & set(each.__annotations__) and "imageInference" in str(each.__annotations__):
            found.add(model[1])
    assert found == bodies.SEEDED


def test_the_callback_is_part_of_the_frozen_body(tmp_path: Path) -> None:
    context = context_for(None, tmp_path, webhook_url="https://rushes.example.com/hooks/runware/x/y/")
    body = PROVIDER.prepare(an_order(Operation.TEXT_TO_IMAGE, "runware:101@1"), context)
    assert body["task"]["webhookURL"] == "https://rushes.example.com/hooks/runware/x/y/"


@pytest.mark.parametrize(
    ("operation", "roles", "missing"),
    [
        (Operation.IMAGE_TO_VIDEO, (), "a still"),
        (Operation.IMAGE_TO_IMAGE, (), "a picture to start from"),
        (Operation.INPAINT, ("source",), "a mask"),
        (Operation.OUTPAINT, (), "a picture or clip"),
        (Operation.UPSCALE_VIDEO, ("mask",), "a picture or clip"),
        (Operation.CAPTION, (), "a picture or clip"),
    ],
)
def test_what_is_missing_is_named(operation: Operation, roles: tuple[str, ...], missing: str, tmp_path: Path) -> None:
    inputs = tuple(a_file(tmp_path, role) for role in roles)
    with pytest.raises(Refused, match=missing):
        PROVIDER.prepare(an_order(operation, "runware:101@1", inputs=inputs), context_for(None, tmp_path))


def test_a_film_is_not_ordered_here(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="another provider"):
        PROVIDER.prepare(an_order(Operation.FILM, "runware:101@1"), context_for(None, tmp_path))


@pytest.mark.parametrize("name", ["taskUUID", "uploadEndpoint", "webhookURL", "numberResults", "inputs.seedImage"])
def test_an_option_cannot_change_what_is_bought_or_where_it_goes(name: str, tmp_path: Path) -> None:
    order = an_order(Operation.TEXT_TO_IMAGE, "runware:101@1", options={name: "https://evil.example.com"})
    with pytest.raises(Refused, match=re.escape(name)):
        PROVIDER.prepare(order, context_for(None, tmp_path))


# --- files -----------------------------------------------------------------------------------------------------------


def test_what_does_not_fit_inside_is_sent_ahead(tmp_path: Path) -> None:
    small = a_file(tmp_path, "first_frame")
    large = a_file(tmp_path, "reference", content=b"x" * media.INLINE_MOST)
    with serving() as double:
        double.say(data({"taskType": "mediaStorage", "operation": "upload", "mediaUUID": "M", "mediaURL": "https://x"}))
        order = an_order(Operation.IMAGE_TO_VIDEO, "klingai:6@1", inputs=(small, large))
        body = PROVIDER.prepare(order, context_for(double, tmp_path))
    upload = double.tasks[0]
    assert (upload["taskType"], upload["operation"]) == ("mediaStorage", "upload")
    assert base64.b64decode(upload["media"].partition(",")[2]) == b"x" * media.INLINE_MOST
    assert upload["taskUUID"] != str(TASK), "the order's own name must stay free for the order"
    assert body["task"]["inputs"] == {
        "frameImages": [{"image": PICTURE, "frame": "first"}],
        "referenceImages": ["M"],
    }


def test_a_file_that_is_used_twice_is_handed_over_once(tmp_path: Path) -> None:
    large = a_file(tmp_path, "first_frame", content=b"x" * media.INLINE_MOST)
    again = InputFile(sha256=large.sha256, media_type=large.media_type, role="last_frame")
    with serving() as double:
        double.say(data({"taskType": "mediaStorage", "operation": "upload", "mediaUUID": "M"}))
        order = an_order(Operation.IMAGE_TO_VIDEO, "klingai:6@1", inputs=(large, again))
        body = PROVIDER.prepare(order, context_for(double, tmp_path))
    assert [each["image"] for each in body["task"]["inputs"]["frameImages"]] == ["M", "M"]


def test_files_that_fit_one_by_one_but_not_together_are_shared_out(tmp_path: Path) -> None:
    half = media.INLINE_MOST * 3 // 4 // 2
    files = tuple(a_file(tmp_path, "reference", content=b"x" * (half - number)) for number in range(3))
    with serving() as double:
        for name in ("M", "N"):
            double.say(data({"taskType": "mediaStorage", "operation": "upload", "mediaUUID": name}))
        order = an_order(Operation.TEXT_TO_IMAGE, "google:4@3", inputs=files)
        body = PROVIDER.prepare(order, context_for(double, tmp_path))
    references = body["task"]["inputs"]["referenceImages"]
    assert references[1:] == ["M", "N"]
    assert sum(map(len, references)) <= media.INLINE_MOST


@pytest.mark.parametrize(
    ("answer", "status", "error", "words"),
    [
        ({}, 503, NotAccepted, "tried again by itself"),
        ({}, 429, NotAccepted, "tried again by itself"),
        ({}, 500, NotAccepted, "tried again by itself"),
        (b"<html>", 200, NotAccepted, "tried again by itself"),
        (None, 200, NotAccepted, "tried again by itself"),
        ({"errors": [{"code": "invalidMedia", "parameter": "media"}]}, 400, Refused, "media"),
        ({"errors": [{"code": "insufficientCredits"}]}, 402, Refused, "Top it up"),
    ],
)
def test_an_upload_that_fails_buys_nothing(
    answer: Any, status: int, error: type[Exception], words: str, tmp_path: Path
) -> None:
    large = a_file(tmp_path, "first_frame", content=b"x" * media.INLINE_MOST)
    with serving() as double:
        double.say(answer, status)
        order = an_order(Operation.IMAGE_TO_VIDEO, "klingai:6@1", inputs=(large,))
        with pytest.raises(error, match=words):
            PROVIDER.prepare(order, context_for(double, tmp_path))
    assert [task["taskType"] for task in double.tasks] == ["mediaStorage"]


def test_a_file_that_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    huge = a_file(tmp_path, "source", media_type="video/mp4")
    with (tmp_path / huge.sha256).open("wb") as sink:
        sink.truncate(media.FILE_MOST + 1)
    with pytest.raises(Refused, match="64 MB"):
        PROVIDER.prepare(
            an_order(Operation.VIDEO_TO_VIDEO, "runway:aleph@2.0", inputs=(huge,)), context_for(None, tmp_path)
        )
