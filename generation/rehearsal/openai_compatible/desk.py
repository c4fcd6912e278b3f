"""The desk for OpenAI's protocol: takes requests below ``/v1`` and answers as such servers do."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from generation.catalogue import models
from generation.rehearsal import tasks
from generation.rehearsal.desk import Desk
from generation.rehearsal.faults import Asked
from generation.rehearsal.http import Reply, Request, as_json, troubled
from generation.rehearsal.openai_compatible import OWN_MODELS
from generation.rehearsal.openai_compatible.pictures import draw
from generation.rehearsal.words.selling import Answer, Message, counted, flowing, sell, settle

_TEXT_FIELDS = frozenset(
    ("model", "messages", "max_tokens", "max_completion_tokens", "stream", "stream_options", "response_format")
)
_IMAGE_FIELDS = frozenset(("model", "prompt", "n", "size", "response_format", "quality", "user"))
_KINDS = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
_WORDS = {"no_credit": "You exceeded your current quota.", "daily_cap": "Limit reached: requests per day."}
_REASONS = {"stop": "stop", "length": "length", "refusal": "content_filter"}
_SIZE = re.compile(r"\d{2,4}x\d{2,4}")


def answer(provider: str, desk: Desk, request: Request) -> Reply:
    """Answer one request.

    Args:
        provider: ``openai_compatible``, which takes any key or none, or ``parasail``.
        desk: where.
        request: its path begins with ``/v1``.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key if scheme == "Bearer" else ""
    if (provider == "parasail" and len(key) < 8) or (key and not desk.takes(key)):
        return refusal("key_refused", 401)
    account = desk.account_of(key)
    if request.path == "/v1/models" and request.method == "GET":
        asked = Asked("account", provider, "models")
        return troubled(desk.decide(asked).request, lambda: _models(provider), refusal)
    created: dict[str, Callable[[], Reply]] = {
        "/v1/chat/completions": lambda: _chat(provider, desk, account, request),
        "/v1/images/generations": lambda: _images(provider, desk, account, request),
    }
    if request.path not in created or (provider == "parasail" and "images" in request.path):
        return _error(404, f"Unknown request URL: {request.method} {request.path}")
    return created[request.path]() if request.method == "POST" else refusal("wrong_method", 405)


own = partial(answer, "openai_compatible")
parasail = partial(answer, "parasail")


def refusal(fault: str, status: int) -> Reply:
    """Say a fault's status as OpenAI does."""
    headers = {"Retry-After": "1"} if fault == "rate_limited_wait" else {}
    code = "insufficient_quota" if fault == "no_credit" else None
    said = _WORDS.get(fault, f"{fault.replace('_', ' ')} (rehearsed)")
    return _error(429 if fault == "no_credit" else status, said, code=code, headers=headers)


def _error(status: int, words: str, *, code: str | None = None, headers: dict[str, str] | None = None) -> Reply:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    error = {"message": words, "type": kind, "param": None, "code": code or _KINDS.get(status)}
    return as_json({"error": error}, status, headers)


def _known(provider: str) -> dict[str, str]:
    """The provider's models by their names on the wire, with those in the catalogue."""
    if provider == "openai_compatible":
        return OWN_MODELS
    return {model.id: model.id for model in models().values() if model.provider == provider}


def _models(provider: str) -> Reply:
    data = [
        {"id": name, "object": "model", "created": 1767225600, "owned_by": "rehearsal"} for name in _known(provider)
    ]
    return as_json({"object": "list", "data": data})


def _body_of(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def _wrong_with(body: dict[str, Any], fields: frozenset[str], needed: tuple[str, ...]) -> str:
    unknown = sorted(set(body) - fields)
    if unknown:
        return f"Unrecognized request argument supplied: {unknown[0]}"
    missing = [name for name in needed if not body.get(name)]
    if missing:
        return f"you must provide a {missing[0]} parameter"
    limit = body.get("max_tokens", body.get("max_completion_tokens", 1))
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        return "max_tokens is too small: it must be at least 1"
    return ""


def _no_model(name: Any) -> Reply:
    return _error(404, f"The model `{name}` does not exist or you do not have access to it.")


# --- words -----------------------------------------------------------------------------------------------------------


def _chat(provider: str, desk: Desk, account: str, request: Request) -> Reply:
    body = _body_of(request)
    known = _known(provider)
    message = _message(body, known)
    asked = Asked("create", provider, "chat", message.model, message.prompt, tasks.hash_of(body))
    played = desk.decide(asked)
    number = desk.received(asked, account, body, "", played.request)

    def take() -> Reply:
        wrong = _wrong_with(body, _TEXT_FIELDS, ("model", "messages")) or _wrong_messages(body["messages"])
        if wrong:
            return _error(400, wrong)
        if body["model"] not in known:
            return _no_model(body["model"])
        id = f"chatcmpl-{uuid.uuid4().hex[:24]}"
        written = sell(desk, number, account, message, played, id=id, asked=asked)
        if body.get("stream"):
            return Reply(200, _events(desk, body, message, written), "text/event-stream", length=False)
        settle(desk, message, written, counted(written.text))
        whole = {"role": "assistant", "content": written.text, "refusal": None}
        choice = {"index": 0, "message": whole, "finish_reason": _REASONS[written.end], "logprobs": None}
        return as_json(
            {**_head(body, written, "chat.completion"), "choices": [choice], "usage": _usage(message, written)}
        )

    return troubled(played.request, take, refusal)


def _message(body: dict[str, Any], known: dict[str, str]) -> Message:
    said = [one for one in body.get("messages") or () if isinstance(one, dict)]
    form = body.get("response_format")
    kind = form.get("type") if isinstance(form, dict) else ""
    schema = form.get("json_schema", {}).get("schema") if isinstance(form, dict) and kind == "json_schema" else None
    limit = body.get("max_tokens", body.get("max_completion_tokens", 4096))
    return Message(
        model=known.get(str(body.get("model")), str(body.get("model", ""))),
        system="\n".join(str(one.get("content")) for one in said if one.get("role") == "system"),
        prompt="\n".join(str(one.get("content")) for one in said if one.get("role") != "system"),
        max_tokens=limit if isinstance(limit, int) else 1,
        schema=schema if isinstance(schema, dict) else {"type": "object"} if kind == "json_object" else None,
    )


def _wrong_messages(messages: Any) -> str:
    if not isinstance(messages, list):
        return "messages: expected an array"
    roles = ("system", "user", "assistant", "developer")
    for number, one in enumerate(messages):
        if not isinstance(one, dict) or one.get("role") not in roles or not isinstance(one.get("content"), str):
            return f"Invalid value: messages[{number}]"
    return ""


def _head(body: dict[str, Any], written: Answer, kind: str) -> dict[str, Any]:
    return {"id": written.id, "object": kind, "created": int(time.time()), "model": body["model"]}


def _usage(message: Message, written: Answer) -> dict[str, int]:
    out = counted(written.text)
    return {"prompt_tokens": message.tokens, "completion_tokens": out, "total_tokens": message.tokens + out}


def _events(desk: Desk, body: dict[str, Any], message: Message, written: Answer) -> Iterator[bytes]:
    head = _head(body, written, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        return _line({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in flowing(desk, message, written):
        yield chunk({"content": piece})
    if written.breaks == "stream_error":
        yield _line({"error": {"message": "The server had an error.", "type": "server_error", "code": None}})
    if written.breaks == "stream_hang":
        desk.stopping.wait(desk.scenario.patience_seconds)
    if written.breaks or desk.stopping.is_set():
        return
    yield chunk({}, _REASONS[written.end])
    if (body.get("stream_options") or {}).get("include_usage"):
        yield _line({**head, "choices": [], "usage": _usage(message, written)})
    yield b"data: [DONE]\n\n"


def _line(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


# --- pictures --------------------------------------------------------------------------------------------------------


def _images(provider: str, desk: Desk, account: str, request: Request) -> Reply:
    body = _body_of(request)
    known = _known(provider)
    model = known.get(str(body.get("model")), str(body.get("model", "")))
    asked = Asked("create", provider, "images", model, str(body.get("prompt", "")), tasks.hash_of(body))
    played = desk.decide(asked)
    number = desk.received(asked, account, body, "", played.request)

    def take() -> Reply:
        wrong = _wrong_with(body, _IMAGE_FIELDS, ("model", "prompt"))
        if not wrong and not _SIZE.fullmatch(str(body.get("size", "1024x1024"))):
            wrong = f"Invalid size '{body['size']}'."
        if wrong:
            return _error(400, wrong)
        if body["model"] not in known:
            return _no_model(body["model"])
        return draw(desk, number, account, body, played, asked=asked, base_url=request.base_url)

    return troubled(played.request, take, refusal)
