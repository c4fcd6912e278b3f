"""What ElevenLabs is sent for an order: the path with its query, and the exact body."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from generation.providers.base import Operation, Order

# Its models have the names that they have elsewhere, too; the catalogue tells them apart by this.
OURS = "elevenlabs:"
USUAL_FORMAT = "mp3_44100_128"
_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "opus": "audio/ogg"}
# What was said before and after makes a line sound like part of a scene; the others refuse it.
_HEEDS_NEIGHBOURS = ("eleven_multilingual_v2", "eleven_flash_v2_5")
# Their answers tell credits of which one is worth a fixed price.
CREDITED = (*_HEEDS_NEIGHBOURS, "eleven_v3")


def body_of(order: Order, voice_id: str) -> dict[str, Any]:
    """Return path, body and the type of what will come.

    Args:
        order: as the engine hands it over; the catalogue has checked its values. Of a spoken line, ``context`` may hold
            ``previous_text`` and ``next_text``: what is said around it, which is not spoken and not charged.
        voice_id: whose voice; empty where nobody speaks.
    """
    options = {name: value for name, value in (order.parameters.get("options") or {}).items() if value != ""}
    wanted = str(options.pop("output_format", USUAL_FORMAT))
    model = order.model.removeprefix(OURS)
    body = _BODIES[order.operation](order, model)
    for name, value in options.items():
        *way, last = name.split(".")
        into = body
        for step in way:
            into = into.setdefault(step, {})
        into[last] = value
    path = _PATHS[order.operation] + (f"/{quote(voice_id, safe='')}" if voice_id else "")
    return {
        "path": f"{path}?output_format={quote(wanted, safe='')}",
        "json": body,
        "media_type": _TYPES[wanted.partition("_")[0]],
    }


def _speech(order: Order, model: str) -> dict[str, Any]:
    body: dict[str, Any] = {"text": order.prompt, "model_id": model}
    if order.parameters.get("seed") is not None:
        body["seed"] = order.parameters["seed"]
    for name in ("previous_text", "next_text"):
        if model in _HEEDS_NEIGHBOURS and order.context.get(name):
            body[name] = str(order.context[name])
    return body


def _effect(order: Order, model: str) -> dict[str, Any]:
    body: dict[str, Any] = {"text": order.prompt, "model_id": model}
    if order.parameters.get("duration_ms"):
        body["duration_seconds"] = order.parameters["duration_ms"] / 1000
    return body


def _music(order: Order, model: str) -> dict[str, Any]:
    return {"prompt": order.prompt, "model_id": model, "music_length_ms": order.parameters["duration_ms"]}


_PATHS = {
    Operation.TEXT_TO_SPEECH: "/v1/text-to-speech",
    Operation.SOUND_EFFECT: "/v1/sound-generation",
    Operation.TEXT_TO_MUSIC: "/v1/music",
}
_BODIES = {
    Operation.TEXT_TO_SPEECH: _speech,
    Operation.SOUND_EFFECT: _effect,
    Operation.TEXT_TO_MUSIC: _music,
}
OPERATIONS = frozenset(_PATHS)
