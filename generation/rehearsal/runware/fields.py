"""Runware's request validation, task by task."""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from generation.rehearsal.runware.refusals import Error, error

Task = Mapping[str, Any]

_TEXTS = "positivePrompt negativePrompt prompt model taskUUID webhookURL uploadEndpoint scheduler vae deliveryMethod"
_WHOLE = "width height seed steps numberResults ttl outputQuality clipSkip maskMargin targetMegapixels"
_NUMBERS = "CFGScale strength upscaleFactor fps trueCFGScale"
_ARRAYS = "lora controlNet ipAdapters embeddings"
_OBJECTS = """
    inputs settings providerSettings routing safety advancedFeatures acceleratorOptions outpaint ultralytics refiner
    photoMaker pulid acePlusPlus audioSettings speech structuredPrompt
"""
_SORTS: Mapping[str, tuple[str, tuple[type, ...]]] = {
    **dict.fromkeys(_TEXTS.split(), ("string", (str,))),
    **dict.fromkeys(_WHOLE.split(), ("integer", (int,))),
    **dict.fromkeys(_NUMBERS.split(), ("number", (int, float))),
    **dict.fromkeys(_ARRAYS.split(), ("array", (list,))),
    **dict.fromkeys(_OBJECTS.split(), ("object", (dict,))),
    "includeCost": ("boolean", (bool,)),
    "duration": ("number", (int, float, str)),
    "hiresFix": ("object", (bool, dict)),
}
_RANGES: Mapping[str, tuple[float, float]] = {
    "steps": (1, 100), "CFGScale": (0, 50), "strength": (0, 1), "outputQuality": (20, 99), "numberResults": (1, 20),
    "seed": (0, 2**63 - 1), "maskMargin": (32, 128),
}  # fmt: skip
_DELIVERIES = ("sync", "async")
_PROMPT_LEAST, _PROMPT_MOST = 2, 3000

# What may stand in ``inputs``; the package types it as a plain object.
_SINGLE = {"image": "image", "seedImage": "image", "maskImage": "image", "video": "video", "audio": "audio"}
_LISTS = {
    "referenceImages": "image", "frameImages": "image", "referenceVideos": "video", "referenceAudios": "audio",
    "images": "image", "videos": "video", "audios": "audio",
}  # fmt: skip
_FRAMES = ("first", "last")


@dataclass(frozen=True, slots=True)
class Field:
    """One field's rule: whether it must be there, and the values that it may have (None: any of its sort)."""

    required: bool
    allowed: tuple[str, ...] | None


@cache
def fields() -> Mapping[str, Mapping[str, Mapping[str, Field]]]:
    """Every task type's models and their fields."""
    data = tomllib.loads(Path(__file__).with_name("fields.toml").read_text("utf-8"))
    known = {}
    for task_type, models in data.items():
        common = _read(models.pop("common"))
        known[task_type] = {model: _merged(common, words) for model, words in models.items()}
    return known


def _merged(common: Mapping[str, Field], words: str) -> dict[str, Field]:
    taken = {word[1:] for word in words.split() if word.startswith("-")}
    own = _read(" ".join(word for word in words.split() if not word.startswith("-")))
    return {name: rule for name, rule in {**common, **own}.items() if name not in taken}


def _read(words: str) -> dict[str, Field]:
    found = {}
    for word in words.split():
        name, _, values = word.partition("=")
        found[name.removesuffix("!")] = Field(name.endswith("!"), tuple(values.split("|")) if values else None)
    return found


def errors_of(task: Task, known_upload: Callable[[str], bool]) -> list[Error]:
    """What is wrong with a task that wants something made.

    Args:
        task: one element of the array.
        known_upload: whether a UUID names one of the caller's uploads.
    """
    models = fields()[str(task["taskType"])]
    rules = models.get(str(task.get("model")))
    if rules is None:
        return [_error(task, "model", "invalidModel", "The model is not available for this task.")]
    found = [
        _error(task, name, f"missing{_capital(name)}", f"The parameter {name} is required.")
        for name, rule in rules.items()
        if rule.required and name not in task
    ]
    for name, value in task.items():
        if name in {"taskType", "taskUUID", "model"}:
            continue
        if name not in rules:
            found.append(
                _error(task, name, "unknownParameter", f"The parameter {name} is not supported by this model.")
            )
        else:
            found += _value(task, name, value, rules[name])
    if not found and isinstance(task.get("inputs"), dict):
        found = _inputs(task, task["inputs"], known_upload)
    return found or _sides(task)


def _value(task: Task, name: str, value: Any, rule: Field) -> list[Error]:
    if rule.allowed is not None:
        if isinstance(value, bool) or str(value) not in rule.allowed:
            allowed = [int(word) if word.isdigit() else word for word in rule.allowed]
            return [_invalid(task, name, allowedValues=allowed)]
        return []
    said, sorts = _SORTS[name]
    if not _is(value, sorts):
        return [_invalid(task, name, type=said)]
    if name == "deliveryMethod" and value not in _DELIVERIES:
        return [_invalid(task, name, allowedValues=list(_DELIVERIES))]
    if name == "deliveryMethod" and value == "sync" and task["taskType"] == "videoInference":
        return [
            _error(task, name, "unsupportedDeliveryMethod", "This model supports only async.", allowedValues=["async"])
        ]
    if name in {"webhookURL", "uploadEndpoint"} and not re.match(r"https?://\S+$", value):
        return [_invalid(task, name, type="URL")]
    if name in {"positivePrompt", "negativePrompt"} and not _PROMPT_LEAST <= len(value) <= _longest_prompt(task):
        return [_invalid(task, name, type=said, min=_PROMPT_LEAST, max=_longest_prompt(task))]
    least, most = _RANGES.get(name, (None, None))
    if least is not None and most is not None and not least <= value <= most:
        return [_invalid(task, name, type=said, min=least, max=most)]
    return []


def _is(value: Any, sorts: tuple[type, ...]) -> bool:
    """Whether a value is of one of the sorts. In Python a bool is an int, at Runware it is not."""
    return isinstance(value, sorts) and (bool in sorts or not isinstance(value, bool))


def _longest_prompt(task: Task) -> int:
    """FLUX and Stable Diffusion take 3,000 characters; what others take is the catalogue's to say."""
    return _PROMPT_MOST if str(task["model"]).startswith("runware:") else 100_000


def _sides(task: Task) -> list[Error]:
    """Width and height, which belong together. How large they may be is the catalogue's to say."""
    if ("width" in task) == ("height" in task):
        return []
    missing = "height" if "width" in task else "width"
    return [_error(task, missing, f"missing{_capital(missing)}", "Width and height go together.")]


def _inputs(task: Task, inputs: Mapping[str, Any], known_upload: Callable[[str], bool]) -> list[Error]:
    found = []
    for name, value in inputs.items():
        where = f"inputs.{name}"
        if name in _SINGLE:
            if not _is_media(value, known_upload):
                found.append(_invalid(task, where, type="media"))
        elif name in _LISTS:
            if not isinstance(value, list) or not value or not all(_is_media(item, known_upload) for item in value):
                found.append(_invalid(task, where, type="array of media"))
            elif name == "frameImages":
                frames = [item.get("frame", "first") for item in value if isinstance(item, dict)]
                if any(frame not in _FRAMES for frame in frames) or len(set(frames)) < len(frames):
                    found.append(_invalid(task, where, allowedValues=list(_FRAMES)))
        else:
            found.append(_error(task, where, "unknownParameter", f"The parameter {where} is not supported."))
    return found


def media_of(value: Any) -> str:
    """The text in an input, which may stand alone or in an object."""
    if isinstance(value, dict):
        value = next((value[name] for name in ("image", "video", "audio") if name in value), "")
    return value if isinstance(value, str) else ""


def _is_media(value: Any, known_upload: Callable[[str], bool]) -> bool:
    text = media_of(value)
    if text.startswith(("https://", "http://", "data:")):
        return True
    if is_uuid(text):
        return known_upload(text)
    try:
        return len(text) > 64 and bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


def is_uuid(text: Any) -> bool:
    """Whether this is a UUID of version 4 as Runware takes it."""
    try:
        return isinstance(text, str) and uuid.UUID(text).version == 4 and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _invalid(task: Task, name: str, **more: Any) -> Error:
    return _error(
        task, name, f"invalid{_capital(name.rpartition('.')[2])}", f"Invalid value for the parameter {name}.", **more
    )


def _error(task: Task, parameter: str, code: str, message: str, **more: Any) -> Error:
    return error(code, message, task, parameter=parameter, **more)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
