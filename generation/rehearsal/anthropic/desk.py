"""Anthropic's desk: takes requests under ``/anthropic`` and answers as ``api.anthropic.com`` does."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from generation.catalogue import models
from generation.rehearsal import tasks
from generation.rehearsal.anthropic import VERSIONS
from generation.rehearsal.anthropic.checking import wrong_with
from generation.rehearsal.desk import Desk
from generation.rehearsal.faults import Asked
from generation.rehearsal.http import Reply, Request, as_json, troubled
from generation.rehearsal.words.selling import Answer, Message, counted, flowing, sell, settle

PROVIDER = "anthropic"
_KINDS = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 405: "invalid_request_error", 413: "request_too_large", 429: "rate_limit_error",
    504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip
_WORDS = {
    "no_credit": "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
    "daily_cap": "This request would exceed your organization's daily rate limit.",
    "overloaded": "Overloaded",
}
_REASONS = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal"}


def answer(desk: Desk, request: Request) -> Reply:
    """Answer one request; its path begins with ``/v1``."""
    key = _key_of(request)
    if len(key) < 8 or not desk.takes(key):
        return refusal("key_refused", 401)
    if request.headers.get("anthropic-version") not in VERSIONS:
        return _error(400, "anthropic-version: header is required")
    account = desk.account_of(key)
    if request.path == "/v1/models" and request.method == "GET":
        asked = Asked("account", PROVIDER, "models")
        return troubled(desk.decide(asked).request, _models, refusal)
    if request.path == "/v1/messages":
        return _create(desk, account, request) if request.method == "POST" else refusal("wrong_method", 405)
    return _error(404, f"Not found: {request.path}")


def refusal(fault: str, status: int) -> Reply:
    """Say a fault's status as Anthropic does."""
    headers = {"retry-after": "1"} if fault == "rate_limited_wait" else {}
    return _error(status, _WORDS.get(fault, f"{fault.replace('_', ' ')} (rehearsed)"), headers)


def _error(status: int, words: str, headers: dict[str, str] | None = None) -> Reply:
    return as_json(_trouble(_KINDS.get(status, "api_error"), words), status, headers)


def _trouble(kind: str, words: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": words}, "request_id": f"req_{uuid.uuid4().hex[:24]}"}


def _key_of(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key if scheme == "Bearer" else request.headers.get("x-api-key", "")


def _models() -> Reply:
    found = [model for model in models().values() if model.provider == PROVIDER]
    data = [
        {
            "type": "model", "id": model.id, "display_name": model.label, "created_at": "2026-10-01T00:00:00Z",
            "lifecycle": "retired" if model.retired else "active",
        }
        for model in found
    ]  # fmt: skip
    return as_json({"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]})


def _create(desk: Desk, account: str, request: Request) -> Reply:
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    plain = body if isinstance(body, dict) else {}
    message = _message(plain)
    asked = Asked("create", PROVIDER, "messages", message.model, message.prompt, tasks.hash_of(plain))
    played = desk.decide(asked)
    number = desk.received(asked, account, plain, "", played.request)

    def take() -> Reply:
        wrong = wrong_with(plain)
        if wrong:
            return _error(400, wrong)
        known = models().get(message.model)
        if known is None or known.provider != PROVIDER or known.retired:
            return _error(404, f"model: {message.model}")
        if desk.left_of(account) <= 0:
            return refusal("no_credit", 400)
        id = f"msg_{uuid.uuid4().hex[:24]}"
        written = sell(desk, number, account, message, played, id=id, asked=asked)
        if plain.get("stream"):
            return Reply(200, _events(desk, message, written), "text/event-stream; charset=utf-8", length=False)
        settle(desk, message, written, counted(written.text))
        return as_json(_shown(message, written, whole=True))

    return troubled(played.request, take, refusal)


def _message(body: dict[str, Any]) -> Message:
    """Read what is asked, as far as it is there; what is wrong with it is said elsewhere."""
    system, said = body.get("system") or "", body.get("messages")
    config = body.get("output_config")
    form = config.get("format") if isinstance(config, dict) else None
    limit = body.get("max_tokens")
    return Message(
        model=str(body.get("model", "")),
        system=_text(system),
        prompt="\n".join(_text(one.get("content")) for one in said if isinstance(one, dict))
        if isinstance(said, list)
        else "",
        max_tokens=limit if isinstance(limit, int) else 0,
        schema=form.get("schema") if isinstance(form, dict) else None,
    )


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(str(block.get("text", "")) for block in content if isinstance(block, dict))
    return content if isinstance(content, str) else ""


def _shown(message: Message, written: Answer, *, whole: bool) -> dict[str, Any]:
    usage = {
        "input_tokens": message.tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
        "output_tokens": counted(written.text) if whole else 1,
    }  # fmt: skip
    text = [{"type": "text", "text": written.text}] if written.text else []
    return {
        "id": written.id, "type": "message", "role": "assistant", "model": message.model,
        "content": text if whole else [], "stop_reason": _REASONS[written.end] if whole else None,
        "stop_sequence": None, "usage": usage,
    }  # fmt: skip


def _events(desk: Desk, message: Message, written: Answer) -> Iterator[bytes]:
    """The answer as server-sent events."""
    yield _event("message_start", message=_shown(message, written, whole=False))
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield _event("ping")
    for piece in flowing(desk, message, written):
        yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
    if written.breaks == "stream_error":
        yield _line("error", _trouble("overloaded_error", "Overloaded"))
    if written.breaks == "stream_hang":
        desk.stopping.wait(desk.scenario.patience_seconds)
    if written.breaks or desk.stopping.is_set():
        return
    yield _event("content_block_stop", index=0)
    yield _event(
        "message_delta",
        delta={"stop_reason": _REASONS[written.end], "stop_sequence": None},
        usage={"output_tokens": counted(written.text)},
    )
    yield _event("message_stop")


def _event(name: str, **fields: Any) -> bytes:
    return _line(name, {"type": name, **fields})


def _line(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
