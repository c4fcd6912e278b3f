"""From a valid body to what will be made, how many tokens that is, and what they cost."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

from generation.catalogue import model_named
from generation.providers.base import Operation, Usage
from generation.rehearsal.gemini.failures import BLOCKED, ENDED
from generation.rehearsal.gemini.fields import PICTURES, form_of, got, parts_of, pieces_of
from generation.rehearsal.tasks import FAILING, Wanted

_K = 1024
_MULTIPLE = 16
_WIDE = {"360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080), "4k": (3840, 2160)}
# A second of 720p has so many tokens; the others go by these shares of it.
_TOKENS_A_SECOND = 5792
_SHARES = {"360p": 1 / 3, "720p": 1.0, "1080p": 1.5, "4k": 3.0}
_PICTURE_READ = {"picture": 1120, "clip": 2040}
_CHARACTERS_A_TOKEN = 4
_THOUGHTS = 350
_OVERRUN = 150


def picture_wanted(model: str, body: Mapping[str, Any]) -> Wanted:
    """What a picture is to be."""
    config = got(got(body, "generationConfig") or {}, "imageConfig") or {}
    across, _, down = (got(config, "aspectRatio") or "1:1").partition(":")
    side = _K * int((got(config, "imageSize") or "1K").removesuffix("K"))
    shape = int(across) / int(down)
    width, height = (round(side * root / _MULTIPLE) * _MULTIPLE for root in (math.sqrt(shape), math.sqrt(1 / shape)))
    return Wanted("image", "image/png", width, height, seed=random.getrandbits(32))


def clip_wanted(body: Mapping[str, Any]) -> Wanted:
    """What a clip is to be."""
    form = form_of(body)
    width, height = _WIDE[form.get("resolution", "720p")]
    if form.get("aspect_ratio") == "9:16":
        width, height = height, width
    return Wanted(
        "video", "video/mp4", width, height, duration_ms=round(float(form.get("duration", "8s")[:-1]) * 1000),
        seed=random.getrandbits(32), sound=True,
    )  # fmt: skip


def picture_usage(model: str, body: Mapping[str, Any]) -> Usage:
    """What is counted for a picture."""
    config = got(got(body, "generationConfig") or {}, "imageConfig") or {}
    parts = parts_of(body)
    pictures = sum(got(part, "inlineData") is not None for part in parts)
    words = sum(len(str(part.get("text", ""))) for part in parts)
    drawn = PICTURES[model][got(config, "imageSize") or "1K"]
    return Usage(words // _CHARACTERS_A_TOKEN + pictures * _PICTURE_READ["picture"] + 1, _THOUGHTS, drawn)


def clip_usage(body: Mapping[str, Any]) -> Usage:
    """What is counted for a clip."""
    pieces = pieces_of(body)
    pictures = sum(piece["type"] == "image" for piece in pieces)
    words = sum(len(str(piece.get("text", ""))) for piece in pieces)
    form = form_of(body)
    seconds = float(form.get("duration", "8s")[:-1])
    shown = round(seconds * _TOKENS_A_SECOND * _SHARES[form.get("resolution", "720p")])
    return Usage(words // _CHARACTERS_A_TOKEN + pictures * _PICTURE_READ["clip"] + 1, _THOUGHTS, shown)


def picture_counted(usage: Usage, faults: Mapping[str, int]) -> Usage:
    """What is counted in the end: a blocked prompt is only read, a picture that is not drawn only thought of."""
    if BLOCKED.keys() & faults:
        return Usage(usage.input_tokens, 0, 0)
    if ENDED.keys() & faults:
        return Usage(usage.input_tokens, usage.output_tokens, 0)
    return _scaled(usage, _OVERRUN if "overrun" in faults else 100)


def clip_counted(usage: Usage, faults: Mapping[str, int]) -> Usage:
    """What is counted in the end: a clip that is refused is only thought of, others are charged as far as they came."""
    failing = next((fault for fault in faults if fault in FAILING), "")
    if failing.startswith("moderation") or failing == "preprocessing_moderation":
        return Usage(usage.input_tokens, usage.output_tokens, 0)
    return _scaled(usage, FAILING[failing] if failing else _OVERRUN if "overrun" in faults else 100)


def _scaled(usage: Usage, share: int) -> Usage:
    counts = (usage.input_tokens, usage.output_tokens, usage.media_tokens)
    return Usage(*(count * share // 100 for count in counts))


def cost_of(model: str, operation: Operation, usage: Usage) -> int:
    """What tokens cost, in micro-units, by the catalogue."""
    return model_named(model).charge(operation, {}, usage) or 0


def typical_seconds(model: str) -> float:
    """How long a clip usually takes."""
    return model_named(model).typical_seconds
