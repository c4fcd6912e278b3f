"""From an order to the one element of the array that goes to Runware, exactly as it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.providers.base import InputFile, Json, Operation, Order
from generation.providers.errors import Refused

Body = dict[str, Any]

IMAGE, VIDEO, AUDIO = "imageInference", "videoInference", "audioInference"
UPSCALE, CUT_OUT, CAPTION = "upscale", "removeBackground", "caption"
TASK_TYPES: Mapping[Operation, str] = {
    Operation.TEXT_TO_IMAGE: IMAGE,
    Operation.IMAGE_TO_IMAGE: IMAGE,
    Operation.INPAINT: IMAGE,
    Operation.OUTPAINT: IMAGE,
    Operation.UPSCALE_IMAGE: UPSCALE,
    Operation.REMOVE_BACKGROUND: CUT_OUT,
    Operation.CAPTION: CAPTION,
    Operation.TEXT_TO_VIDEO: VIDEO,
    Operation.IMAGE_TO_VIDEO: VIDEO,
    Operation.VIDEO_TO_VIDEO: VIDEO,
    Operation.UPSCALE_VIDEO: UPSCALE,
    Operation.TEXT_TO_SPEECH: AUDIO,
    Operation.SOUND_EFFECT: AUDIO,
    Operation.TEXT_TO_MUSIC: AUDIO,
}
_NEEDED: Mapping[Operation, tuple[str, ...]] = {
    Operation.INPAINT: ("source", "mask"),
    Operation.OUTPAINT: ("source",),
    Operation.UPSCALE_IMAGE: ("source",),
    Operation.REMOVE_BACKGROUND: ("source",),
    Operation.CAPTION: ("source",),
    Operation.VIDEO_TO_VIDEO: ("source",),
    Operation.UPSCALE_VIDEO: ("source",),
}
# The models that begin from the noised source and therefore know a strength. All others that change a picture are
# told what to change, and take the source as their first reference.
SEEDED = frozenset(
    {
        "alibaba:qwen-image@2512", "civitai:101055@128078", "ideogram:4@remix", "rundiffusion:110@101",
        "rundiffusion:120@100", "rundiffusion:130@100", "rundiffusion:200@100", "rundiffusion:300@100",
        "runware:100@1", "runware:101@1", "runware:102@1", "runware:107@1", "runware:108@1", "runware:111@1",
        "runware:5@1", "runware:z-image@0", "runware:z-image@turbo",
    }
)  # fmt: skip
# What the adapter itself answers for: an option must not change who is charged, where the result goes, or how often.
OURS = frozenset(
    {
        "taskType", "taskUUID", "model", "inputs", "includeCost", "deliveryMethod", "outputType", "numberResults",
        "webhookURL", "uploadEndpoint", "ttl", "positivePrompt", "negativePrompt", "prompt", "width", "height",
        "resolution", "duration", "fps", "seed",
    }
)  # fmt: skip


def task_of(order: Order, files: Mapping[str, str], webhook_url: str) -> Body:
    """Return the task.

    Args:
        order: what is wanted; the catalogue has already found it possible.
        files: what stands for each input file, by its sha256.
        webhook_url: where Runware may call when something has changed; empty for nowhere.

    Raises:
        Refused: Runware does nothing of the kind, or a file that this needs is not there.
    """
    kind = _task_type(order)
    # Always asynchronous, pictures too: an answer that holds the result itself can be lost together with it, and
    # only what runs in the background is sure to be found again by its taskUUID.
    task: Body = {
        "taskType": kind,
        "taskUUID": str(order.uuid),
        "model": order.model,
        "includeCost": True,
        "deliveryMethod": "async",
    }
    if kind != CAPTION:
        task["outputType"] = "URL"
    if kind == CUT_OUT and _source_kind(order) == "image":
        # The usual JPG knows no transparency.
        task["outputFormat"] = "PNG"
    if webhook_url:
        task["webhookURL"] = webhook_url
    _put_words(task, order)
    _put_numbers(task, order.parameters)
    inputs = _inputs(order, files)
    if inputs:
        task["inputs"] = inputs
    _put_options(task, order.parameters.get("options") or {})
    return task


def needs_files(order: Order) -> None:
    """Refuse an order that lacks a file, before any is sent ahead.

    Raises:
        Refused: with what is missing.
    """
    _task_type(order)
    there = {each.role for each in order.inputs}
    for role in _NEEDED.get(order.operation, ()):
        if role not in there:
            what = "a mask that shows what to change" if role == "mask" else "a picture or clip to work on"
            raise Refused(f"This needs {what}. Choose one.", code="input_missing", internal=role)
    if order.operation is Operation.IMAGE_TO_IMAGE and not there & {"source", "reference"}:
        raise Refused("This needs a picture to start from. Choose one.", code="input_missing", internal="source")
    if order.operation is Operation.IMAGE_TO_VIDEO and not there & {"first_frame", "last_frame", "reference"}:
        raise Refused("This clip needs a still to start from. Choose one.", code="input_missing", internal="frame")


def _task_type(order: Order) -> str:
    try:
        return TASK_TYPES[order.operation]
    except KeyError:
        raise Refused(
            "Runware does nothing of this kind. Choose another provider.",
            code="unknown_operation",
            internal=str(order.operation),
        ) from None


def _put_words(task: Body, order: Order) -> None:
    if order.operation is Operation.TEXT_TO_SPEECH:
        voice = order.parameters.get("voice")
        task["speech"] = {"text": order.prompt, **({"voice": voice} if voice else {})}
        return
    if order.prompt and task["taskType"] not in (UPSCALE, CUT_OUT):
        task["prompt" if task["taskType"] == CAPTION else "positivePrompt"] = order.prompt
    negative = order.parameters.get("negative_prompt")
    if negative:
        task["negativePrompt"] = negative


def _put_numbers(task: Body, given: Json) -> None:
    if given.get("resolution"):
        # Its own word decides; a size beside it would be refused.
        task["resolution"] = given["resolution"]
    elif given.get("width") and given.get("height"):
        task["width"], task["height"] = given["width"], given["height"]
    if given.get("duration_ms"):
        whole, rest = divmod(given["duration_ms"], 1000)
        task["duration"] = given["duration_ms"] / 1000 if rest else whole
    for name in ("fps", "seed"):
        if given.get(name) is not None:
            task[name] = given[name]
    if given.get("outputs", 1) > 1:
        task["numberResults"] = given["outputs"]


def _inputs(order: Order, files: Mapping[str, str]) -> Body:
    def of(role: str) -> list[str]:
        return [files[each.sha256] for each in order.inputs if each.role == role]

    inputs: Body = {}
    frames = [
        {"image": image, "frame": place}
        for role, place in (("first_frame", "first"), ("last_frame", "last"))
        for image in of(role)
    ]
    references, source = of("reference"), of("source")
    if frames:
        inputs["frameImages"] = frames
    if source:
        field = _source_field(order)
        if field == "referenceImages":
            references = source + references
        else:
            inputs[field] = source[0]
    if of("mask"):
        inputs["maskImage"] = of("mask")[0]
    if references:
        inputs["referenceImages"] = references
    if of("voice"):
        inputs["audio"] = of("voice")[0]
    return inputs


def _source_field(order: Order) -> str:
    if TASK_TYPES[order.operation] != IMAGE:
        return _source_kind(order)
    if order.operation is Operation.IMAGE_TO_IMAGE and order.model not in SEEDED:
        return "referenceImages"
    return "seedImage"


def _source_kind(order: Order) -> str:
    source: InputFile | None = next((each for each in order.inputs if each.role == "source"), None)
    return source.media_type.partition("/")[0] if source is not None else "image"


def _put_options(task: Body, options: Json) -> None:
    """Add what only this model knows. A name with dots leads into an object of that name."""
    for name, value in options.items():
        *path, last = name.split(".")
        if (path[0] if path else last) in OURS:
            raise Refused(f"“{name}” cannot be set as an option. Leave it out.", code="bad_option", internal=name)
        into = task
        for step in path:
            into = into.setdefault(step, {})
        into[last] = value
