"""From a Runway body that is valid to what will be made and what it costs."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.providers.base import Operation
from generation.rehearsal import sources, tariff
from generation.rehearsal.runway import MICROS_PER_CREDIT
from generation.rehearsal.runway.fields import Field, fields
from generation.rehearsal.sources import Source
from generation.rehearsal.tasks import Wanted

_OPERATIONS: Mapping[str, tuple[Operation, ...]] = {
    "image_to_video": (Operation.IMAGE_TO_VIDEO,),
    "text_to_video": (Operation.TEXT_TO_VIDEO,),
    "video_to_video": (Operation.VIDEO_TO_VIDEO,),
    "text_to_image": (Operation.TEXT_TO_IMAGE, Operation.IMAGE_TO_IMAGE),
    "image_upscale": (Operation.UPSCALE_IMAGE,),
    "video_upscale": (Operation.UPSCALE_VIDEO,),
    "sound_effect": (Operation.SOUND_EFFECT,),
    "text_to_speech": (Operation.TEXT_TO_SPEECH,),
}
_KINDS = {"text_to_image": "image", "image_upscale": "image", "sound_effect": "audio", "text_to_speech": "audio"}
_IMAGES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_SOUNDS = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "ogg_opus": "audio/ogg"}
_LINES = {
    "360p": 360, "480p": 480, "512p": 512, "720p": 720, "768p": 768, "1080p": 1080, "1k": 1080, "2k": 1440, "4k": 2160,
}  # fmt: skip
_SOURCE_FIELDS = ("promptImage", "imageUri", "videoUri", "promptVideo")
_MS_PER_CHARACTER = 65
_LARGEST_SIDE = 8192
# Said in the catalogue's own words, or not priced at all.
_NOT_OPTIONS = """
    model promptText promptImage imageUri videoUri promptVideo ratio duration seed negativePrompt resolution outputCount
    voice referenceImages references referenceVideos referenceAudio keyframes
"""


@dataclass(frozen=True, slots=True)
class Priced:
    """An order before it is accepted. ``credits`` is the most that it can cost."""

    wanted: Wanted
    credits: int
    seconds: float


def priced(endpoint: str, body: Mapping[str, Any], upload: Callable[[str], Path | None]) -> Priced:
    """Work out what a body asks for.

    Args:
        endpoint: ``image_to_video`` and so on.
        body: valid by ``fields``.
        upload: gives the file of a ``runway://`` reference.

    Raises:
        SourceUnreadable: a file that was sent along is not what it should be; ``args`` hold the message and its field.
    """
    rules = fields()[endpoint][body["model"]]
    found = _sources(body, rules, upload)
    source = next((found[name] for name in _SOURCE_FIELDS if name in found), Source())
    width, height = _size(endpoint, body, source)
    wanted = Wanted(
        kind=_KINDS.get(endpoint, "video"),
        media_type=_media_type(endpoint, body),
        width=width,
        height=height,
        duration_ms=_duration(endpoint, body, rules, source),
        count=int(body.get("outputCount", 1)),
        seed=int(body["seed"]) if "seed" in body else random.getrandbits(32),
        sound=bool(body.get("audio", True)) if "audio" in rules else False,
        words={"text_to_speech": "speech"}.get(endpoint, "effect"),
    )
    quote = tariff.quote(
        body["model"], _OPERATIONS[endpoint], _parameters(body, wanted, source),
        prompt=str(body.get("promptText", "")), inputs=len(found), wanted=wanted,
    )  # fmt: skip
    return Priced(wanted, -(-quote.micros // MICROS_PER_CREDIT), quote.seconds)


def _sources(
    body: Mapping[str, Any], rules: Mapping[str, Field], upload: Callable[[str], Path | None]
) -> dict[str, Source]:
    """Every file of a body, by its field (the first of a list under the field's own name)."""
    found: dict[str, Source] = {}
    for name, value in body.items():
        for number, (text, kind) in enumerate(_media_in(value, rules.get(name))):
            try:
                found[name if number == 0 else f"{name} {number}"] = sources.look(text, kind, upload)
            except sources.SourceUnreadable as error:
                raise sources.SourceUnreadable(str(error), name) from None
    return found


def _media_in(value: Any, rule: Field | None) -> list[tuple[str, str]]:
    """The media strings in a field, with what they should be."""
    if rule is None:
        return []
    if rule.kind in {"image", "video", "audio"}:
        return [(value, rule.kind)] if isinstance(value, str) else []
    if rule.kind == "list" and isinstance(value, list):
        return [pair for item in value for pair in _media_in(item, rule.parts)]
    if rule.kind == "object" and isinstance(value, dict):
        return [pair for name, part in value.items() for pair in _media_in(part, rule.parts.get(name))]
    if rule.kind == "either":
        return next((pairs for part in rule.parts if (pairs := _media_in(value, part))), [])
    return []


def _size(endpoint: str, body: Mapping[str, Any], source: Source) -> tuple[int, int]:
    if endpoint in {"sound_effect", "text_to_speech"}:
        return 0, 0
    if endpoint == "image_upscale":
        factor = int(body.get("scaleFactor", 2))
        return _scaled(source.width or 1024, source.height or 1024, factor)
    ratio = str(body.get("ratio") or body.get("targetAspectRatio") or "")
    exact = re.fullmatch(r"(\d{2,5}):(\d{2,5})", ratio)
    if exact and min(int(exact[1]), int(exact[2])) >= 64:
        return int(exact[1]), int(exact[2])
    word = ratio.removeprefix("auto_") if ratio.startswith("auto_") else str(body.get("resolution", "")).lower()
    lines = _LINES.get(word, 1440 if endpoint == "video_upscale" else 1024 if endpoint == "text_to_image" else 720)
    across, down = (int(exact[1]), int(exact[2])) if exact else (source.width, source.height)
    if not across:
        across, down = (1, 1) if endpoint == "text_to_image" else (16, 9)
    if across >= down:
        return round(lines * across / down / 2) * 2, lines
    return lines, round(lines * down / across / 2) * 2


def _scaled(width: int, height: int, factor: int) -> tuple[int, int]:
    factor_allowed = min(float(factor), _LARGEST_SIDE / max(width, height))
    return max(1, round(width * factor_allowed)), max(1, round(height * factor_allowed))


def _duration(endpoint: str, body: Mapping[str, Any], rules: Mapping[str, Field], source: Source) -> int:
    if endpoint in {"text_to_image", "image_upscale"}:
        return 0
    asked = body.get("duration")
    if isinstance(asked, int | float):
        return round(asked * 1000)
    if endpoint == "text_to_speech" or body["model"] == "seed_audio":
        return max(800, len(str(body.get("promptText", ""))) * _MS_PER_CHARACTER)
    if endpoint in {"video_to_video", "video_upscale"} and source.duration_ms:
        return source.duration_ms
    rule = rules.get("duration")
    if rule is not None and rule.kind == "one" and 5 not in rule.parts:
        return max(int(value) for value in rule.parts) * 1000
    least = 0.0 if rule is None or rule.least is None else rule.least
    return round(max(5.0, least) * 1000)


def _media_type(endpoint: str, body: Mapping[str, Any]) -> str:
    asked = str(body.get("outputFormat") or body.get("format") or "")
    if endpoint in {"text_to_image", "image_upscale"}:
        return _IMAGES.get(asked, "image/png")
    if endpoint in {"sound_effect", "text_to_speech"}:
        return _SOUNDS.get(asked, "audio/mpeg")
    return "video/mp4"


def _parameters(body: Mapping[str, Any], wanted: Wanted, source: Source) -> dict[str, Any]:
    """The body in the catalogue's words."""
    options = {name: value for name, value in body.items() if name not in _NOT_OPTIONS.split()}
    parameters: dict[str, Any] = {"outputs": wanted.count, "options": tariff.flat(options)}
    if wanted.width:
        parameters |= {"width": wanted.width, "height": wanted.height}
    if wanted.duration_ms:
        parameters["duration_ms"] = wanted.duration_ms
    if source.duration_ms:
        parameters["source_ms"] = source.duration_ms
    return parameters | {name: body[name] for name in ("ratio", "resolution", "seed") if name in body}
