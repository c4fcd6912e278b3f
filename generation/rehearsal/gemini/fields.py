"""Which fields Google knows, and what may be in them. A field that it does not know is refused."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from generation.rehearsal.sources import kind_of

PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "1:4", "4:1", "1:8", "8:1")
# By the model: which sizes it draws, and how many tokens each is.
PICTURES: Mapping[str, Mapping[str, int]] = {
    "gemini-nano-banana-2.1": {"1K": 1120, "2K": 1680, "4K": 2520},
    "gemini-3-pro-image": {"1K": 1120, "2K": 1120, "4K": 2000},
    "gemini-3.1-flash-lite-image": {"1K": 1120},
}
CLIPS = ("gemini-omni-1.2-flash", "gemini-omni-1.1-flash")
RESOLUTIONS = ("360p", "720p", "1080p", "4k")
SECONDS = (3, 10)
TASKS = ("text_to_video", "image_to_video", "reference_to_video", "edit", "extend", "upscale")
_REFERENCES_MOST = 14
_FRAMES_MOST = 7

Check = Callable[[Any], bool]


class Wrong(Exception):
    """A body that Google refuses; the message is its sentence."""


@dataclass(frozen=True, slots=True)
class Known:
    """The fields of an object. Names with a ``*`` must be there; ``both`` takes them in camelCase and in snake_case."""

    fields: Mapping[str, Any]
    both: bool = False


def _one(*words: str) -> Check:
    return lambda value: value in words


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _picture(value: Any) -> bool:
    # Both alphabets of base64 are read.
    if not isinstance(value, str):
        return False
    try:
        return kind_of(base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)) == "image"
    except binascii.Error:
        return False


_BLOB = Known({"mimeType*": _one(*PICTURE_TYPES), "data*": _picture}, both=True)
_PART = Known({"text": _text, "inlineData": _BLOB, "thought": _flag}, both=True)
_CONTENT = Known({"role": _one("user", "model"), "parts*": [_PART]}, both=True)
GENERATE = Known(
    {
        "contents*": [_CONTENT],
        "systemInstruction": _CONTENT,
        "safetySettings": [Known({"category*": _text, "threshold*": _text}, both=True)],
        "generationConfig": Known(
            {
                "responseModalities": [_one("TEXT", "IMAGE")],
                "imageConfig": Known(
                    {"aspectRatio": _one(*RATIOS), "imageSize": _one("512", "1K", "2K", "4K")}, both=True
                ),
                "temperature": _number,
                "topP": _number,
                "seed": _number,
                "candidateCount": _number,
                "maxOutputTokens": _number,
            },
            both=True,
        ),
    },
    both=True,
)
_PIECE = Known(
    {
        "type*": _one("text", "image"),
        "text": _text,
        "mime_type": _one(*PICTURE_TYPES),
        "data": _picture,
    }
)
_FORMAT = Known(
    {
        "type*": _one("video"),
        "aspect_ratio": _one("16:9", "9:16"),
        "resolution": _one(*RESOLUTIONS),
        "duration": _text,
        "delivery": _one("inline", "uri"),
    }
)
INTERACTION = Known(
    {
        "model*": _text,
        "input*": [Known({"type*": _one("user_input"), "content*": [_PIECE]})],
        "background": _flag,
        "store": _flag,
        "stream": _flag,
        "response_format": [_FORMAT],
        "generation_config": Known({"video_config": Known({"task": _one(*TASKS)})}),
    }
)


def check(body: Any, known: Known, at: str = "") -> None:
    """Refuse what an object has that Google does not know, or what is missing or wrong in it.

    Raises:
        Wrong
    """
    if not isinstance(body, dict):
        raise Wrong(f"Invalid value at '{at or 'body'}': expected an object.")
    rules = {name.removesuffix("*"): rule for name, rule in known.fields.items()}
    if known.both:
        rules |= {snake(name): rule for name, rule in rules.items()}
    for name, value in body.items():
        place = f"{at}.{name}" if at else name
        if name not in rules:
            where = f" at '{at}'" if at else ""
            raise Wrong(f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.')
        _value(value, rules[name], place)
    for name in known.fields:
        wanted = name.removesuffix("*")
        if name.endswith("*") and wanted not in body and not (known.both and snake(wanted) in body):
            raise Wrong(f"{at + '.' if at else ''}{wanted}: required field is not set.")


def _value(value: Any, rule: Any, place: str) -> None:
    if isinstance(rule, Known):
        check(value, rule, place)
    elif isinstance(rule, list):
        if not isinstance(value, list) or not value:
            raise Wrong(f"{place} is not specified.")
        for number, each in enumerate(value):
            _value(each, rule[0], f"{place}[{number}]")
    elif not rule(value):
        raise Wrong(f"Invalid value at '{place}'.")


def snake(name: str) -> str:
    """``inlineData`` as ``inline_data``."""
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def got(body: Mapping[str, Any], name: str) -> Any:
    """A field in either spelling."""
    return body.get(name, body.get(snake(name)))


def parts_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All parts of a request for a picture."""
    return [part for content in body["contents"] for part in content["parts"]]


def pieces_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All content of a request for a clip."""
    return [piece for step in body["input"] for piece in step["content"]]


def form_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a clip is asked to be."""
    form: Mapping[str, Any] = next(iter(body.get("response_format", [])), {})
    return form


def check_picture(model: str, body: Any) -> None:
    """Refuse what a model does not draw.

    Raises:
        Wrong
    """
    check(body, GENERATE)
    parts = parts_of(body)
    if not any(str(part.get("text", "")).strip() for part in parts):
        raise Wrong("GenerateContentRequest.contents: contents is not specified")
    if sum(got(part, "inlineData") is not None for part in parts) > _REFERENCES_MOST:
        raise Wrong(f"At most {_REFERENCES_MOST} images are supported.")
    config = got(body, "generationConfig") or {}
    if "IMAGE" not in (got(config, "responseModalities") or ["TEXT", "IMAGE"]):
        raise Wrong("The requested combination of response modalities is not supported by the model.")
    size = got(got(config, "imageConfig") or {}, "imageSize") or "1K"
    if size not in PICTURES[model]:
        raise Wrong(f"Image size {size} is not supported by models/{model}.")


def check_clip(body: Any) -> None:
    """Refuse what no video model makes.

    Raises:
        Wrong
    """
    check(body, INTERACTION)
    pieces = pieces_of(body)
    for piece in pieces:
        if piece["type"] == "text" and "text" not in piece:
            raise Wrong("A text content needs text.")
        if piece["type"] == "image" and not {"data", "mime_type"} <= set(piece):
            raise Wrong("An image content needs data and mime_type.")
    if not any(str(piece.get("text", "")).strip() for piece in pieces):
        raise Wrong("The input needs a text prompt.")
    if sum(piece["type"] == "image" for piece in pieces) > _FRAMES_MOST:
        raise Wrong(f"At most {_FRAMES_MOST} images are supported.")
    wanted = form_of(body)
    found = re.fullmatch(r"(\d{1,3})(\.\d+)?s", wanted.get("duration", "8s"))
    if found is None or not SECONDS[0] <= float(wanted.get("duration", "8s")[:-1]) <= SECONDS[1]:
        raise Wrong(f"Invalid duration: it must be between {SECONDS[0]}s and {SECONDS[1]}s.")
    task = body.get("generation_config", {}).get("video_config", {}).get("task")
    images = any(piece["type"] == "image" for piece in pieces)
    if task in {"image_to_video", "reference_to_video"} and not images:
        raise Wrong(f"Task {task} needs an image.")
    if task == "text_to_video" and images:
        raise Wrong("Task text_to_video takes no image.")
