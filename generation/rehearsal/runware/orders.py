"""From a Runware task that is valid to what will be made and what it costs."""

from __future__ import annotations

import base64
import binascii
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generation.catalogue import ImpossibleRequest, model_named
from generation.catalogue.sizes import Sizes
from generation.providers.base import InputFile, Operation
from generation.rehearsal import sources, tariff
from generation.rehearsal.runware.fields import media_of
from generation.rehearsal.runware.refusals import Error, error
from generation.rehearsal.sources import Source, SourceUnreadable
from generation.rehearsal.tasks import Wanted

_TYPES = {
    "JPG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "MP3": "audio/mpeg", "WAV": "audio/wav",
    "FLAC": "audio/flac", "OGG": "audio/ogg",
}  # fmt: skip
_LINES = {
    "0.5k": 512, "0.75k": 768, "1k": 1024, "1.5k": 1536, "2k": 2048, "4k": 4096,
    "240p": 240, "360p": 360, "480p": 480, "540p": 540, "720p": 720, "768p": 768, "1080p": 1080, "1440p": 1440,
}  # fmt: skip
_VIDEO_LINES = {**_LINES, "1k": 1080, "2k": 1440, "4k": 2160}
_ROLES = {
    "maskImage": "mask",
    "frameImages": "first_frame",
    "referenceImages": "reference",
    "referenceVideos": "reference",
}
# The catalogue's word for what is wrong, and Runware's word for the field.
_PARAMETERS: Mapping[str, str] = {
    "prompt": "positivePrompt", "duration": "duration", "size": "width", "seed": "seed",
    "references": "inputs.referenceImages", "negative_prompt": "negativePrompt",
}  # fmt: skip
# Said in the catalogue's own words, or not a matter of the model.
_NOT_OPTIONS = """
    taskType taskUUID model positivePrompt negativePrompt width height duration fps seed inputs numberResults resolution
    includeCost webhookURL deliveryMethod outputType outputFormat outputQuality ttl uploadEndpoint routing safety speech
"""
_WITH_SOUND = ("google:", "bytedance:seedance")
_MS_PER_CHARACTER = 65
_LARGEST_SIDE = 8192


@dataclass(frozen=True, slots=True)
class Priced:
    """An order before it is accepted; its price in micro-units."""

    wanted: Wanted
    micros: int
    seconds: float


def priced(task: Mapping[str, Any], upload: Callable[[str], Path | None]) -> Priced | Error:
    """Work out what a task asks for, or what the model cannot do.

    Args:
        task: valid by ``fields``.
        upload: gives the file of an upload's UUID.
    """
    inputs = task.get("inputs") or {}
    try:
        found = {name: _first(name, value, upload) for name, value in inputs.items()}
    except SourceUnreadable as unreadable:
        return error("invalidInput", str(unreadable), task, parameter="inputs")
    operations = _operations(task, inputs)
    source = next((found[name] for name in ("video", "image", "seedImage", "frameImages") if name in found), Source())
    wanted = _wanted(task, operations[0], source)
    parameters = _parameters(task, wanted, source)
    prompt = _words(task)
    files = _files(inputs)
    fitting, impossible = _fitting(task, operations, prompt, parameters, files)
    if impossible is not None:
        return impossible
    quote = tariff.quote(
        str(task["model"]), (fitting, *operations), parameters, prompt=prompt, inputs=len(files), wanted=wanted
    )
    return Priced(wanted, quote.micros, quote.seconds)


def _first(name: str, value: Any, upload: Callable[[str], Path | None]) -> Source:
    """What is known about an input, or about the first of several.

    Raises:
        SourceUnreadable: for any of them.
    """
    kind = "video" if "ideo" in name else "audio" if "udio" in name else "image"
    looked = [_look(media_of(item), kind, upload) for item in (value if isinstance(value, list) else [value])]
    return looked[0]


def _look(text: str, kind: str, upload: Callable[[str], Path | None]) -> Source:
    if text.startswith(("https://", "http://", "data:")) or upload(text) is not None:
        return sources.look(text, kind, upload)
    try:
        return sources.read(base64.b64decode(text, validate=True), kind)
    except binascii.Error:
        raise SourceUnreadable("Invalid asset: the base64 text is broken.") from None


def _operations(task: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Operation, ...]:
    """What the task is in our words; several where the catalogue may use either."""
    task_type = task["taskType"]
    if task_type == "imageInference":
        if "outpaint" in task:
            return (Operation.OUTPAINT,)
        if "maskImage" in inputs:
            return (Operation.INPAINT,)
        if "seedImage" in inputs or "image" in inputs:
            return Operation.IMAGE_TO_IMAGE, Operation.TEXT_TO_IMAGE
        if inputs:
            return Operation.TEXT_TO_IMAGE, Operation.IMAGE_TO_IMAGE
        return (Operation.TEXT_TO_IMAGE,)
    if task_type == "videoInference":
        if "video" in inputs:
            return (Operation.VIDEO_TO_VIDEO,)
        framed = {"frameImages", "image"} & inputs.keys()
        return (Operation.IMAGE_TO_VIDEO,) if framed else (Operation.TEXT_TO_VIDEO, Operation.IMAGE_TO_VIDEO)
    if task_type == "audioInference":
        if "speech" in task:
            return (Operation.TEXT_TO_SPEECH,)
        return Operation.TEXT_TO_MUSIC, Operation.SOUND_EFFECT
    if task_type == "upscale":
        return (Operation.UPSCALE_VIDEO,) if "video" in inputs else (Operation.UPSCALE_IMAGE,)
    return (Operation.REMOVE_BACKGROUND,) if task_type == "removeBackground" else (Operation.CAPTION,)


def _wanted(task: Mapping[str, Any], operation: Operation, source: Source) -> Wanted:
    task_type = task["taskType"]
    moving = task_type == "videoInference" or operation is Operation.UPSCALE_VIDEO
    kind = "video" if moving else {"audioInference": "audio", "caption": "text"}.get(str(task_type), "image")
    usual = {"video": "video/mp4", "audio": "audio/mpeg", "text": "text/plain"}.get(kind, "image/jpeg")
    clear = task_type == "removeBackground"
    media_type = _TYPES.get(str(task.get("outputFormat", "")), usual)
    width, height = _size(task, source, kind)
    return Wanted(
        kind=kind,
        media_type="image/png" if clear and media_type == "image/jpeg" else media_type,
        width=width,
        height=height,
        duration_ms=_duration(task, source) if kind in {"video", "audio"} else 0,
        fps=int(task.get("fps", 24)),
        count=int(task.get("numberResults", 1)),
        seed=int(task["seed"]) if "seed" in task else random.getrandbits(32),
        sound=moving and str(task["model"]).startswith(_WITH_SOUND),
        words={"caption": "A slate with coloured circles, from a rehearsal.", "audioInference": _sort(task)}.get(
            str(task_type), ""
        ),
        clear=clear,
    )


def _sort(task: Mapping[str, Any]) -> str:
    return "speech" if "speech" in task else "music"


def _size(task: Mapping[str, Any], source: Source, kind: str) -> tuple[int, int]:
    if kind in {"audio", "text"}:
        return 0, 0
    if "width" in task:
        return int(task["width"]), int(task["height"])
    if task["taskType"] == "upscale" and "resolution" not in task:
        factor = float(task.get("upscaleFactor", 2))
        width, height = source.width or 1024, source.height or 1024
        factor = min(factor, _LARGEST_SIDE / max(width, height))
        return round(width * factor), round(height * factor)
    word = str(task.get("resolution", "")).lower()
    if source.width and not word:
        return source.width, source.height
    lines = _VIDEO_LINES.get(word, 720) if kind == "video" else _LINES.get(word, 1024)
    across, down = (source.width, source.height) if source.width else (16, 9) if kind == "video" else (1, 1)
    if across >= down:
        return round(lines * across / down / 2) * 2, lines
    return lines, round(lines * down / across / 2) * 2


def _duration(task: Mapping[str, Any], source: Source) -> int:
    asked = task.get("duration")
    if isinstance(asked, int | float):
        return round(asked * 1000)
    if "speech" in task:
        return max(800, len(_words(task)) * _MS_PER_CHARACTER)
    return source.duration_ms or 5000


def _words(task: Mapping[str, Any]) -> str:
    speech = task.get("speech")
    spoken = speech.get("text") if isinstance(speech, dict) else None
    return str(spoken or task.get("positivePrompt") or task.get("prompt") or "")


def _parameters(task: Mapping[str, Any], wanted: Wanted, source: Source) -> dict[str, Any]:
    """The task in the catalogue's words."""
    options = {name: value for name, value in task.items() if name not in _NOT_OPTIONS.split()}
    parameters: dict[str, Any] = {"outputs": wanted.count, "options": tariff.flat(options)}
    if "width" in task:
        parameters |= {"width": wanted.width, "height": wanted.height}
    if "duration" in task:
        parameters["duration_ms"] = wanted.duration_ms
    if source.duration_ms:
        parameters["source_ms"] = source.duration_ms
    words = {"seed": "seed", "resolution": "resolution", "negativePrompt": "negative_prompt", "fps": "fps"}
    return parameters | {word: task[name] for name, word in words.items() if name in task}


def _files(inputs: Mapping[str, Any]) -> list[InputFile]:
    """The inputs as the catalogue counts them; what is in them does not matter to it."""
    files: list[InputFile] = []
    for name, value in inputs.items():
        for item in value if isinstance(value, list) else [value]:
            role = _ROLES.get(name, "source")
            if name == "frameImages" and isinstance(item, dict) and item.get("frame") == "last":
                role = "last_frame"
            media_type = "video/mp4" if "ideo" in name else "audio/mpeg" if "udio" in name else "image/png"
            files.append(InputFile(sha256=f"{len(files):064x}", media_type=media_type, role=role))
    return files


def _fitting(
    task: Mapping[str, Any],
    operations: tuple[Operation, ...],
    prompt: str,
    parameters: Mapping[str, Any],
    files: list[InputFile],
) -> tuple[Operation, Error | None]:
    """What the task is to the catalogue, and what that knows that the model cannot do.

    It enumerates lengths, sizes and numbers of references, which the official package leaves open.
    """
    try:
        model = model_named(str(task["model"]))
    except ImpossibleRequest:
        return operations[0], None
    able = [name for name in operations if name in model.operations]
    wrong: list[ImpossibleRequest] = []
    for operation in able:
        given = files
        if operation is Operation.IMAGE_TO_IMAGE and files and all(file.role == "reference" for file in files):
            # Models that are told what to change take the picture that is to be changed as their first reference.
            given = [replace(files[0], role="source"), *files[1:]]
        try:
            model.check(operation, prompt=prompt, parameters=parameters, inputs=given)
        except ImpossibleRequest as impossible:
            wrong.append(impossible)
        else:
            return operation, None
    # It is stricter than they are about what else can be set, and wants words where they take none.
    if not wrong or wrong[0].field not in _PARAMETERS or not prompt:
        return (able or list(operations))[0], None
    return able[0], _said(task, wrong[0], model.can(able[0]).sizes)


def _said(task: Mapping[str, Any], impossible: ImpossibleRequest, sizes: Sizes | None) -> Error:
    """The catalogue's objection in Runware's words."""
    parameter = _PARAMETERS[impossible.field]
    if parameter == "width" and sizes is not None and not sizes.listed:
        bounds = {"type": "integer", "min": sizes.least, "max": sizes.most, "multiplier": sizes.multiple}
        for name in ("width", "height"):
            side = task.get(name, 0)
            if not sizes.least <= side <= sizes.most or side % sizes.multiple:
                message = f"Invalid value for the parameter {name}."
                return error(f"invalidCustom{name.title()}", message, task, parameter=name, **bounds)
    name = parameter.rpartition(".")[2]
    return error(f"invalid{name[:1].upper()}{name[1:]}", str(impossible), task, parameter=parameter)
