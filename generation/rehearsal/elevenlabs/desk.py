"""ElevenLabs' desk: takes requests under ``/elevenlabs`` and answers as ``api.elevenlabs.io`` does, with the sound."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from generation.providers.base import Operation
from generation.rehearsal import tariff, tasks
from generation.rehearsal.desk import Desk
from generation.rehearsal.elevenlabs import MICROS_PER_CREDIT
from generation.rehearsal.elevenlabs.fields import issues_of
from generation.rehearsal.faults import Asked
from generation.rehearsal.http import Reply, Request, as_json, page, troubled
from generation.rehearsal.media import making
from generation.rehearsal.tasks import Accepting, Task, Wanted

PROVIDER = "elevenlabs"
_KEY = re.compile(r"(sk_)?[0-9A-Za-z]{32,64}")
_SPEECH = re.compile(r"/v1/text-to-speech/([A-Za-z0-9]{1,40})")
_FORMAT = re.compile(r"(mp3|wav)_\d{4,5}(_\d{2,3})?")
_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav"}
# The most characters of one request, by model.
SPOKEN = {"eleven_multilingual_v2": 10_000, "eleven_v3": 5_000, "eleven_v4": 10_000, "eleven_flash_v2_5": 40_000}
_NO_NEIGHBOURS = frozenset({"eleven_v3", "eleven_v4"})
_MS_PER_CHARACTER = 65
_PLAN_CREDITS = 2_000_000
VOICES: Mapping[str, str] = {
    "a7Kq2PzVw9LmXc4RtY1b": "Ada", "b3Nf8JsTe6HgQd0UvW5c": "Bruno", "c9Xr1LkMz4BpYh7EoS2d": "Clara",
    "d5Vt6GwCq8KnZj3IaF0e": "Dimitri", "e2Hs7DyRu1OxPl9TbM4f": "Edda", "f8Mj0QvNi5WcSk6GzE3g": "Felix",
    "g4Bp3ZtUa7YrJf1HxC9h": "Clara",
}  # fmt: skip
"""By id; two have the same name, as it happens in real accounts."""


def answer(desk: Desk, request: Request) -> Reply:
    """Answer one request; its path begins with ``/v1`` or ``/v2``."""
    key = request.headers.get("xi-api-key", "")
    if not _KEY.fullmatch(key) or not desk.takes(key):
        return _no(401, "invalid_api_key", "Invalid API key")
    account = desk.account_of(key)
    if request.path == "/v1/user/subscription" and request.method == "GET":
        return _troubled(desk, Asked("account", PROVIDER, "subscription"), _subscription(desk, account))
    if request.path == "/v2/voices" and request.method == "GET":
        return _troubled(desk, Asked("account", PROVIDER, "voices"), _voices(request))
    speech = _SPEECH.fullmatch(request.path)
    if request.method == "POST" and (speech or request.path in ("/v1/sound-generation", "/v1/music")):
        return _make(desk, account, request, speech[1] if speech else "")
    return as_json({"detail": "Not Found"}, 404)


def _make(desk: Desk, account: str, request: Request, voice: str) -> Reply:
    endpoint = request.path.split("/")[2]
    body = _json(request)
    plain = body if isinstance(body, dict) else {}
    model, words = str(plain.get("model_id") or ""), str(plain.get("text") or plain.get("prompt") or "")
    entered = {**plain, "path": request.path, "query": request.query}
    asked = Asked("create", PROVIDER, endpoint, model, words, tasks.hash_of(entered))
    played = desk.decide(asked)
    number = desk.received(asked, account, entered, "", played.request)

    def take() -> Reply:
        refused = _wrong(endpoint, body, voice, request)
        if refused is None and "moderation_input" in played.later:
            refused = _no(400, "content_against_policy", "The content is against our terms of service.")
        if refused is not None:
            return refused
        wanted = _wanted(endpoint, plain, request)
        quote = tariff.quote(
            f"elevenlabs:{model}", _OPERATIONS[endpoint], {"duration_ms": wanted.duration_ms, "outputs": 1},
            prompt=words, inputs=0, wanted=wanted,
        )  # fmt: skip
        if desk.left_of(account) < quote.micros:
            return _no(401, "quota_exceeded", "This request exceeds your quota.")
        desk.stopping.wait(quote.seconds * desk.speed)
        task = desk.accept(
            number,
            Accepting(
                id=str(uuid.uuid4()), provider=PROVIDER, account=account, operation=endpoint, model=model,
                body=entered, wanted=wanted, estimate=quote.micros, seconds=0, faults=played.later,
                unit=MICROS_PER_CREDIT,
            ),
        )  # fmt: skip
        return _sound(desk, task, endpoint)

    return troubled(played.request, take, _refusal)


def _wrong(endpoint: str, body: Any, voice: str, request: Request) -> Reply | None:
    """What is wrong with an order, or None."""
    issues = issues_of(endpoint, body)
    if issues:
        return as_json({"detail": issues}, 422)
    wanted = request.parameter("output_format") or "mp3_44100_128"
    if not _FORMAT.fullmatch(wanted):
        return _no(400, "invalid_output_format", f"{wanted} is no output format.")
    if endpoint != "text-to-speech":
        return None
    model = body.get("model_id") or "eleven_multilingual_v2"
    if model not in SPOKEN:
        return _no(400, "model_not_found", f"A model with model_id {model} does not exist.")
    if voice not in VOICES:
        return _no(404, "voice_not_found", f"A voice with the voice_id {voice} was not found.")
    if len(body["text"]) > SPOKEN[model]:
        return _no(400, "max_character_limit_exceeded", f"The text exceeds the limit of {SPOKEN[model]} characters.")
    if model in _NO_NEIGHBOURS and (body.get("previous_text") or body.get("next_text")):
        return _no(400, "unsupported_model", f"previous_text and next_text are not supported by {model}.")
    if model == "eleven_multilingual_v2" and body.get("language_code"):
        return _no(400, "unsupported_language", "This model does not take a language_code.")
    return None


def _wanted(endpoint: str, body: Mapping[str, Any], request: Request) -> Wanted:
    """What will be made. A sound whose length nobody chose is as long as its words suggest."""
    wanted = request.parameter("output_format") or "mp3_44100_128"
    length = {
        "text-to-speech": max(800, len(str(body.get("text"))) * _MS_PER_CHARACTER),
        "sound-generation": round(float(body.get("duration_seconds") or 4) * 1000),
        "music": int(body.get("music_length_ms") or 30_000),
    }[endpoint]
    return Wanted(
        kind="audio", media_type=_TYPES[wanted.partition("_")[0]], duration_ms=length, seed=int(body.get("seed") or 0),
        words={"text-to-speech": "speech", "music": "music"}.get(endpoint, "effect"),
    )  # fmt: skip


def _sound(desk: Desk, task: Task, endpoint: str) -> Reply:
    shown = {"silent", "corrupt", "wrong_duration"} & task.faults.keys()
    path = making.result(task.wanted, 0, title=task.model, name=task.id, faults=shown, folder=desk.state.made)
    headers = {"request-id": task.id}
    if endpoint == "text-to-speech" and "missing_cost" not in task.faults:
        headers["character-cost"] = str(_credits(task))
    if tasks.plays(desk.state, task, "html_page"):
        return page(200, "Sign in to continue")
    data = path.read_bytes()
    if tasks.plays(desk.state, task, "zero_bytes") or "no_output" in task.faults:
        data = b""
    return Reply(200, data, task.wanted.media_type, headers)


def _credits(task: Task) -> int:
    """What a model charges in credits; the newest is cheaper by the credit, and tells characters."""
    if task.model == "eleven_v4":
        return len(str(task.body["text"]))
    return task.cost // MICROS_PER_CREDIT


def _voices(request: Request) -> Reply:
    """A page of the account's voices."""
    size = request.parameter("page_size")
    most = min(max(int(size), 1), 100) if size.isdecimal() else 10
    ids = sorted(VOICES)
    token = request.parameter("next_page_token")
    first = ids.index(token) if token in ids else 0
    shown, left = ids[first : first + most], ids[first + most :]
    return as_json(
        {
            "voices": [
                {"voice_id": one, "name": VOICES[one], "category": "premade", "labels": {"language": "en"}}
                for one in shown
            ],
            "has_more": bool(left),
            "total_count": len(ids),
            "next_page_token": left[0] if left else None,
        }
    )


def _subscription(desk: Desk, account: str) -> Reply:
    used = sum(spent.micros for spent in desk.spent_by(account)) // MICROS_PER_CREDIT
    return as_json(
        {
            "tier": "pro", "character_count": used, "character_limit": _PLAN_CREDITS,
            "max_credit_limit_extension": 0, "can_extend_character_limit": True,
            "allowed_to_extend_character_limit": False, "voice_slots_used": len(VOICES), "voice_limit": 160,
            "professional_voice_slots_used": 0, "professional_voice_slots_used_in_workspace": 0,
            "professional_voice_limit": 1, "voice_add_edit_counter": 0, "can_extend_voice_limit": False,
            "can_use_instant_voice_cloning": True, "can_use_professional_voice_cloning": True, "status": "active",
            "current_overage": {"amount": "0", "currency": "usd"}, "open_invoices": [], "has_open_invoices": False,
        }
    )  # fmt: skip


def _troubled(desk: Desk, asked: Asked, reply: Reply) -> Reply:
    return troubled(desk.decide(asked).request, lambda: reply, _refusal)


_WORDS = {
    "bad_request": ("invalid_request", "The request is invalid."),
    "no_credit": ("quota_exceeded", "This request exceeds your quota."),
    "key_refused": ("invalid_api_key", "Invalid API key"),
    "forbidden": ("missing_permissions", "The API key you used is missing the permission text_to_speech."),
    "rate_limited": ("too_many_concurrent_requests", "Too many concurrent requests."),
    "rate_limited_wait": ("system_busy", "We are experiencing heavy traffic."),
    "daily_cap": ("system_busy", "We are experiencing heavy traffic."),
}


def _refusal(fault: str, status: int) -> Reply:
    """A fault's status in ElevenLabs' shape."""
    if status == 504:
        return Reply(504, b"upstream request timeout", "text/plain")
    if fault == "unprocessable":
        return as_json({"detail": [{"type": "value_error", "loc": ["body", "text"], "msg": "Value error"}]}, 422)
    reason, words = _WORDS.get(fault, ("internal_server_error", "Something went wrong."))
    return _no(status, reason, words, {"Retry-After": "2"} if fault == "rate_limited_wait" else None)


def _no(status: int, reason: str, words: str, headers: Mapping[str, str] | None = None) -> Reply:
    return as_json({"detail": {"status": reason, "message": words}}, status, headers)


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        return None


_OPERATIONS = {
    "text-to-speech": (Operation.TEXT_TO_SPEECH,),
    "sound-generation": (Operation.SOUND_EFFECT,),
    "music": (Operation.TEXT_TO_MUSIC,),
}
