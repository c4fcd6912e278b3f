"""What Luma is sent for an order: the path and the exact body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from generation.providers.base import InputFile, Operation, Order
from generation.providers.errors import Refused

Urls = Mapping[str, str]
PATHS = {
    Operation.TEXT_TO_VIDEO: "/generations/video",
    Operation.IMAGE_TO_VIDEO: "/generations/video",
    Operation.VIDEO_TO_VIDEO: "/generations/video/modify",
    Operation.TEXT_TO_IMAGE: "/generations/image",
    Operation.IMAGE_TO_IMAGE: "/generations/image",
}
_NEEDED = {
    Operation.IMAGE_TO_VIDEO: ("first_frame", "This clip needs a still as its first frame. Choose one."),
    Operation.VIDEO_TO_VIDEO: ("source", "There is nothing to change: choose the clip to work on."),
    Operation.IMAGE_TO_IMAGE: ("source", "There is nothing to change: choose the picture to work on."),
}


def body_of(order: Order, urls: Urls, callback_url: str) -> dict[str, Any]:
    """Return the path and the body of an order.

    Args:
        order: as the engine hands it over; the catalogue has checked its values.
        urls: where each file can be fetched, by its sha256.
        callback_url: where Luma may call; empty for nowhere.
    """
    given = order.parameters
    body: dict[str, Any] = {"model": order.model}
    if order.prompt:
        body["prompt"] = order.prompt
    if given.get("ratio"):
        body["aspect_ratio"] = given["ratio"]
    if given.get("resolution"):
        body["resolution"] = given["resolution"]
    if given.get("duration_ms"):
        body["duration"] = f"{given['duration_ms'] / 1000:g}s"
    if callback_url:
        body["callback_url"] = callback_url
    _FILES[order.operation](body, order, urls)
    for name, value in (given.get("options") or {}).items():
        if name == "concept":
            body["concepts"] = [{"key": value}] if value else []
        else:
            body[name] = value
    if not body.get("concepts", True):
        del body["concepts"]
    return {"path": PATHS[order.operation], "json": body}


def refuse_impossible(order: Order) -> None:
    """Refuse what Luma does not do, or what lacks a file.

    Raises:
        Refused: says what to change.
    """
    if order.operation not in PATHS:
        raise Refused(
            "Luma cannot do this. Choose a model of another provider.",
            code="unknown_operation",
            internal=order.operation,
        )
    role, words = _NEEDED.get(order.operation, ("", ""))
    if role and not _with_role(order, role):
        raise Refused(words, code="input_missing", internal=role)


def _with_role(order: Order, role: str) -> list[InputFile]:
    return [each for each in order.inputs if each.role == role]


def _frames(body: dict[str, Any], order: Order, urls: Urls) -> None:
    places = (("first_frame", "frame0"), ("last_frame", "frame1"))
    frames = {
        place: {"type": "image", "url": urls[each.sha256]} for role, place in places for each in _with_role(order, role)
    }
    if frames:
        body["keyframes"] = frames


def _clip(body: dict[str, Any], order: Order, urls: Urls) -> None:
    body["generation_type"] = "modify_video"
    body["media"] = {"url": urls[_with_role(order, "source")[0].sha256]}
    for each in _with_role(order, "first_frame"):
        body["first_frame"] = {"url": urls[each.sha256]}


def _references(body: dict[str, Any], order: Order, urls: Urls) -> None:
    references = [{"url": urls[each.sha256]} for each in _with_role(order, "reference")]
    if references:
        body["image_ref"] = references


def _picture(body: dict[str, Any], order: Order, urls: Urls) -> None:
    body["modify_image_ref"] = {"url": urls[_with_role(order, "source")[0].sha256]}
    _references(body, order, urls)


_FILES: Mapping[Operation, Callable[[dict[str, Any], Order, Urls], None]] = {
    Operation.TEXT_TO_VIDEO: _frames,
    Operation.IMAGE_TO_VIDEO: _frames,
    Operation.VIDEO_TO_VIDEO: _clip,
    Operation.TEXT_TO_IMAGE: _references,
    Operation.IMAGE_TO_IMAGE: _picture,
}
