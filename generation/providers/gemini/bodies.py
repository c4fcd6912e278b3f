"""What Gemini is sent for an order: the path and the exact body.

Pictures are asked for with ``generateContent``, clips with an interaction that goes on by itself. How a clip's prompt
speaks of the pictures that come with it (``<FIRST_FRAME>``, ``<IMAGE_REF_0>``) is documented at
ai.google.dev/gemini-api/docs/omni.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from generation.providers.base import InputFile, Operation, Order
from generation.providers.errors import Refused

from .media import Encoded

INTERACTIONS = "/v1/interactions"
PICTURES = frozenset({Operation.TEXT_TO_IMAGE, Operation.IMAGE_TO_IMAGE})
_CLIPS = {Operation.TEXT_TO_VIDEO, Operation.IMAGE_TO_VIDEO}
# Left to itself the model cuts between several shots, which is what the film does.
_ONE_SHOT = " In one continuous shot, no scene cuts."
_CUTS = re.compile(r"\b(cut|cuts|continuous|uncut)\b", re.IGNORECASE)

Files = Mapping[str, Encoded]


def body_of(order: Order, files: Files) -> dict[str, Any]:
    """Return the path and the body of an order.

    Args:
        order: as the engine hands it over; the catalogue has checked its values.
        files: each input as it is sent, by its sha256.
    """
    if order.operation in PICTURES:
        return {"path": f"/v1/models/{order.model}:generateContent", "json": _picture(order, files)}
    return {"path": INTERACTIONS, "json": _clip(order, files)}


def refuse_impossible(order: Order) -> None:
    """Refuse what lacks a file, before any is read.

    Raises:
        Refused: says what to change.
    """
    if order.operation not in PICTURES | _CLIPS:
        raise Refused(
            "Gemini cannot do this. Choose a model of another provider.",
            code="unknown_operation",
            internal=order.operation,
        )
    if order.operation is Operation.IMAGE_TO_VIDEO and not _with_role(order, "first_frame"):
        raise Refused(
            "This clip needs a still as its first frame; a last frame alone is not enough. Choose one.",
            code="first_frame_missing",
        )
    if order.operation is Operation.IMAGE_TO_IMAGE and not _with_role(order, "source"):
        raise Refused("There is nothing to change: choose the picture to work on.", code="source_missing")


# --- pictures --------------------------------------------------------------------------------------------------------


def _picture(order: Order, files: Files) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": order.prompt}]
    for each in _with_role(order, "source") + _with_role(order, "reference"):
        if each.tag:
            parts.append({"text": f"@{each.tag}:"})
        picture = files[each.sha256]
        parts.append({"inlineData": {"mimeType": picture.media_type, "data": picture.data}})
    given = order.parameters
    wanted = {"aspectRatio": given.get("ratio"), "imageSize": given.get("resolution")}
    return {
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "imageConfig": {name: word for name, word in wanted.items() if word},
        },
    }


# --- clips -----------------------------------------------------------------------------------------------------------


def _clip(order: Order, files: Files) -> dict[str, Any]:
    frames = _with_role(order, "first_frame") + _with_role(order, "last_frame")
    references = _with_role(order, "reference")
    pictures = [files[each.sha256] for each in frames + references]
    content: list[dict[str, Any]] = [
        {"type": "image", "mime_type": one.media_type, "data": one.data} for one in pictures
    ]
    content.append({"type": "text", "text": _words(order.prompt, frames, references)})
    body: dict[str, Any] = {
        "model": order.model,
        "background": True,
        "input": [{"type": "user_input", "content": content}],
        "response_format": [_format(order.parameters)],
    }
    task = _task(frames, references)
    if task:
        body["generation_config"] = {"video_config": {"task": task}}
    return body


def _format(given: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {"aspect_ratio": given.get("ratio"), "resolution": given.get("resolution")}
    length = {"duration": f"{given['duration_ms'] / 1000:g}s"} if given.get("duration_ms") else {}
    # Inside of the answer only clips of a few megabytes find room.
    return {"type": "video", "delivery": "uri", **{name: word for name, word in wanted.items() if word}, **length}


def _task(frames: Sequence[InputFile], references: Sequence[InputFile]) -> str:
    if frames and references:
        # There is no word for both; the prompt declares which picture is what.
        return ""
    if references:
        return "reference_to_video"
    return "image_to_video" if frames else "text_to_video"


def _words(prompt: str, frames: Sequence[InputFile], references: Sequence[InputFile]) -> str:
    """Return the prompt with what each picture is for."""
    marks = ["<FIRST_FRAME>", "<LAST_FRAME>"][: len(frames)]
    number = {each.tag: at for at, each in enumerate(references) if each.tag}
    text = re.sub(
        r"@(\w+)", lambda found: f"<IMAGE_REF_{number[found[1]]}>" if found[1] in number else found[0], prompt
    )
    if not _CUTS.search(prompt):
        text += _ONE_SHOT
    if not references:
        return " ".join([*marks, text])
    names = [f"<IMAGE_REF_{at}>@Image{len(frames) + at + 1}" for at in range(len(references))]
    declared = f"[# References {' '.join(names)}]"
    if not frames:
        return f"{declared} {text} Use the given images as references, not as literal initial frames."
    sources = " ".join(f"{mark}@Image{at + 1}" for at, mark in enumerate(marks))
    return f"[# Sources {sources}] {declared} {text} Use Image1 as the starting frame and the references as references."


def _with_role(order: Order, role: str) -> list[InputFile]:
    return [each for each in order.inputs if each.role == role]
