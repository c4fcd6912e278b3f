"""What Runway is sent for an order: the path and the exact body, per operation and model.

Most models of an operation take the same fields. The tables name those that do not; a test holds them against the
types of the official client, because Runway refuses a field that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from generation.providers.base import InputFile, Operation, Order
from generation.providers.errors import Refused

PATHS = {
    Operation.IMAGE_TO_VIDEO: "/v1/image_to_video",
    Operation.TEXT_TO_VIDEO: "/v1/text_to_video",
    Operation.VIDEO_TO_VIDEO: "/v1/video_to_video",
    Operation.TEXT_TO_IMAGE: "/v1/text_to_image",
    Operation.UPSCALE_IMAGE: "/v1/image_upscale",
    Operation.UPSCALE_VIDEO: "/v1/video_upscale",
    Operation.SOUND_EFFECT: "/v1/sound_effect",
    Operation.TEXT_TO_SPEECH: "/v1/text_to_speech",
}

_KLING_O3 = {"klingO3_standard", "klingO3_pro", "klingO3_4k"}
# Their pictures or clips decide the size, or a resolution does.
_NO_RATIO = {
    Operation.IMAGE_TO_VIDEO: {"kling2.5_turbo_pro", "h3_max", "happyhorse_1_0", "grok_imagine_1_5"},
    Operation.TEXT_TO_VIDEO: {"h3_max"},
    Operation.VIDEO_TO_VIDEO: {"aleph2", "gemini_omni_flash"} | _KLING_O3,
}
# As long as the clip that they change, or as the text that they say.
_NO_DURATION = {
    Operation.VIDEO_TO_VIDEO: {"aleph2", "gemini_omni_flash", "kling_4"} | _KLING_O3,
    Operation.SOUND_EFFECT: {"seed_audio"},
}
_SIZED = {Operation.IMAGE_TO_VIDEO, Operation.TEXT_TO_VIDEO, Operation.VIDEO_TO_VIDEO, Operation.TEXT_TO_IMAGE}
_TIMED = {Operation.IMAGE_TO_VIDEO, Operation.TEXT_TO_VIDEO, Operation.VIDEO_TO_VIDEO, Operation.SOUND_EFFECT}
_CHANGED_CLIP = {"aleph2", "gen4_aleph", "gemini_omni_flash", "gemini_omni_flash_1.1", "kling_4"}
_TAGGED = re.compile(r"gen4_image|gemini_|gpt_image_|nano_banana")
_TAG = re.compile(r"[a-z][a-z0-9_]{2,15}")

Uris = Mapping[str, str]


def body_of(order: Order, uris: Uris) -> dict[str, Any]:
    """Return the path and the body of an order.

    Args:
        order: as the engine hands it over; the catalogue has checked its values.
        uris: what stands for each file, by its sha256.
    """
    given = order.parameters
    body: dict[str, Any] = {"model": order.model}
    if order.prompt:
        body["promptText"] = order.prompt
    if given.get("negative_prompt"):
        body["negativePrompt"] = given["negative_prompt"]
    _add_size(body, order)
    if given.get("duration_ms") and order.operation in _TIMED and not _in(_NO_DURATION, order):
        seconds = given["duration_ms"] / 1000
        body["duration"] = int(seconds) if seconds.is_integer() else seconds
    if given.get("seed") is not None:
        body["seed"] = given["seed"]
    if (given.get("outputs") or 1) > 1:
        body["numVariants" if order.operation is Operation.SOUND_EFFECT else "outputCount"] = given["outputs"]
    _FILES.get(order.operation, _no_files)(body, order, uris)
    for name, value in (given.get("options") or {}).items():
        _set(body, name, value)
    return {"path": PATHS[order.operation], "json": body}


def refuse_impossible(order: Order) -> None:
    """Refuse what lacks a file or names it as Runway cannot, before any file is sent.

    Raises:
        Refused: says what to change.
    """
    if order.operation not in PATHS:
        raise Refused(
            "Runway cannot do this. Choose a model of another provider.",
            code="unknown_operation",
            internal=order.operation,
        )
    roles = {each.role for each in order.inputs}
    if order.operation is Operation.IMAGE_TO_VIDEO and "first_frame" not in roles:
        raise Refused(
            "This clip needs a still as its first frame; a last frame alone is not enough. Choose one.",
            code="first_frame_missing",
        )
    if order.operation in _SOURCES and "source" not in roles:
        raise Refused("There is nothing to change: choose the picture or clip to work on.", code="source_missing")
    if order.operation is Operation.TEXT_TO_IMAGE and _TAGGED.match(order.model):
        _refuse_tags(order)


def _refuse_tags(order: Order) -> None:
    tags = [each.tag for each in order.inputs if each.role == "reference" and each.tag]
    for tag in tags:
        if not _TAG.fullmatch(tag):
            raise Refused(
                f"The reference “{tag}” needs another name: 3 to 16 small letters, digits or _, the first a letter.",
                code="bad_tag",
            )
    if len(set(tags)) < len(tags):
        raise Refused("Two references have the same name. Give each one of its own.", code="bad_tag")


def _add_size(body: dict[str, Any], order: Order) -> None:
    given = order.parameters
    if given.get("resolution"):
        body["resolution"] = given["resolution"]
    if order.operation not in _SIZED or _in(_NO_RATIO, order):
        return
    if given.get("ratio"):
        body["ratio"] = given["ratio"]
    elif given.get("width") and given.get("height"):
        body["ratio"] = f"{given['width']}:{given['height']}"


def _in(table: Mapping[Operation, set[str]], order: Order) -> bool:
    return order.model in table.get(order.operation, ())


def _set(body: dict[str, Any], name: str, value: Any) -> None:
    """Set an option; a dot in its name leads into an object."""
    *way, last = name.split(".")
    for step in way:
        body = body.setdefault(step, {})
    body[last] = value


# --- files -----------------------------------------------------------------------------------------------------------


def _with_role(order: Order, role: str) -> list[InputFile]:
    return [each for each in order.inputs if each.role == role]


def _frames(body: dict[str, Any], order: Order, uris: Uris) -> None:
    first = uris[_with_role(order, "first_frame")[0].sha256]
    last = [uris[each.sha256] for each in _with_role(order, "last_frame")]
    body["promptImage"] = [{"uri": first, "position": "first"}, {"uri": last[0], "position": "last"}] if last else first
    _references(body, order, uris)


def _references(body: dict[str, Any], order: Order, uris: Uris) -> None:
    references = [{"uri": uris[each.sha256]} for each in _with_role(order, "reference")]
    if references:
        body["references"] = references


def _clip(body: dict[str, Any], order: Order, uris: Uris) -> None:
    field = "videoUri" if order.model in _CHANGED_CLIP else "promptVideo"
    body[field] = uris[_with_role(order, "source")[0].sha256]
    _references(body, order, uris)


def _reference_images(body: dict[str, Any], order: Order, uris: Uris) -> None:
    tagged = _TAGGED.match(order.model) is not None
    references = [
        {"uri": uris[each.sha256]} | ({"tag": each.tag} if tagged and each.tag else {})
        for each in _with_role(order, "reference")
    ]
    if references:
        body["referenceImages"] = references


def _picture(body: dict[str, Any], order: Order, uris: Uris) -> None:
    body["imageUri"] = uris[_with_role(order, "source")[0].sha256]


def _upscaled_clip(body: dict[str, Any], order: Order, uris: Uris) -> None:
    body["videoUri"] = uris[_with_role(order, "source")[0].sha256]


def _voice(body: dict[str, Any], order: Order, uris: Uris) -> None:
    spoken = _with_role(order, "voice")
    if spoken:
        body["voice"] = {"type": "reference-audio", "audioUri": uris[spoken[0].sha256]}
    elif order.parameters.get("voice"):
        body["voice"] = {"type": "runway-preset", "presetId": order.parameters["voice"]}


def _no_files(body: dict[str, Any], order: Order, uris: Uris) -> None:
    """Words are enough."""


_SOURCES = {Operation.VIDEO_TO_VIDEO, Operation.UPSCALE_IMAGE, Operation.UPSCALE_VIDEO}
_FILES: Mapping[Operation, Callable[[dict[str, Any], Order, Uris], None]] = {
    Operation.IMAGE_TO_VIDEO: _frames,
    Operation.TEXT_TO_VIDEO: _references,
    Operation.VIDEO_TO_VIDEO: _clip,
    Operation.TEXT_TO_IMAGE: _reference_images,
    Operation.UPSCALE_IMAGE: _picture,
    Operation.UPSCALE_VIDEO: _upscaled_clip,
    Operation.TEXT_TO_SPEECH: _voice,
}
