"""Luma's desk: takes requests under ``/luma`` and answers as ``api.lumalabs.ai/dream-machine/v1`` does."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from generation.providers.base import Operation
from generation.rehearsal import hooks, tariff, tasks
from generation.rehearsal.desk import Desk
from generation.rehearsal.faults import Asked
from generation.rehearsal.http import Reply, Request, as_json, troubled
from generation.rehearsal.luma import PROVIDER
from generation.rehearsal.luma.fields import FIELDS, wrong
from generation.rehearsal.tasks import Accepting, Phase, Task, Wanted

_KEY = re.compile(r"(luma-)?[0-9A-Za-z-]{20,}")
_ONE = re.compile(r"/generations/([0-9a-f-]{36})")
_STATES = {Phase.PENDING: "queued", Phase.THROTTLED: "queued", Phase.RUNNING: "dreaming", Phase.SUCCEEDED: "completed"}
_LINES = {"540p": 540, "720p": 720, "1080p": 1080, "4k": 2160}
_MODIFIED_MS = 5000
_MICROS_PER_CENT = 10_000
_MODERATED = frozenset({"moderation_input", "moderation_output", "preprocessing_moderation"})
_LISTED = 10


def answer(desk: Desk, request: Request) -> Reply:
    """Answer one request."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not _KEY.fullmatch(key) or not desk.takes(key):
        return _no(401, "Not authenticated")
    account = desk.account_of(key)
    if request.path in FIELDS and request.method == "POST":
        return _create(desk, account, request)
    if match := _ONE.fullmatch(request.path):
        return _one(desk, account, match[1], request)
    if request.path == "/generations" and request.method == "GET":
        return _troubled(desk, Asked("list", PROVIDER), lambda: _list(desk, account, request))
    if request.path == "/credits" and request.method == "GET":
        left = desk.left_of(account) / _MICROS_PER_CENT
        return _troubled(desk, Asked("account", PROVIDER), lambda: as_json({"credit_balance": left}))
    if request.path == "/ping":
        return as_json({"message": "pong"})
    return _no(404, "Not Found")


def _create(desk: Desk, account: str, request: Request) -> Reply:
    body = _json(request)
    plain = body if isinstance(body, dict) else {}
    endpoint, model, words = request.path, str(plain.get("model", "")), str(plain.get("prompt", ""))
    # Our own address in it is another in each order.
    told = {name: value for name, value in plain.items() if name != "callback_url"}
    asked = Asked("create", PROVIDER, endpoint, model, words, tasks.hash_of(told))
    played = desk.decide(asked)
    number = desk.received(asked, account, told, str(plain.get("callback_url", "")), played.request)

    def take() -> Reply:
        if said := wrong(endpoint, body):
            return _no(400, said)
        if played.later.keys() & {"preprocessing_moderation"}:
            return _no(400, "Prompt not allowed because advanced moderation failed")
        operation, wanted = _wanted(endpoint, plain)
        quote = tariff.quote(
            model, (operation,), _parameters(plain, wanted), prompt=words, inputs=_files(plain), wanted=wanted
        )
        if desk.left_of(account) < quote.micros:
            return _no(400, "Insufficient credits")
        task = desk.accept(
            number,
            Accepting(
                id=str(uuid.uuid4()), provider=PROVIDER, account=account, operation=endpoint, model=model, body=plain,
                wanted=wanted, estimate=quote.micros, seconds=quote.seconds * desk.speed, faults=played.later,
                concurrent=desk.concurrent,
            ),
        )  # fmt: skip
        hooks.plan(desk, task, request.base_url, str(plain.get("callback_url", "")), hook_body)
        return as_json(shown(desk, task, request.base_url), 201)

    return troubled(played.request, take, _refusal)


def _wanted(endpoint: str, body: Mapping[str, Any]) -> tuple[Operation, Wanted]:
    """What is asked for, and what will be made."""
    across, down = (int(part) for part in str(body.get("aspect_ratio", "16:9")).split(":"))
    lines = 1080 if endpoint == "/generations/image" else _LINES[body.get("resolution", "720p")]
    if across >= down:
        width, height = round(lines * across / down / 2) * 2, lines
    else:
        width, height = lines, round(lines * down / across / 2) * 2
    if endpoint == "/generations/image":
        kind = "image/png" if body.get("format") == "png" else "image/jpeg"
        changed = "modify_image_ref" in body
        return (
            Operation.IMAGE_TO_IMAGE if changed else Operation.TEXT_TO_IMAGE,
            Wanted(kind="image", media_type=kind, width=width, height=height),
        )
    if endpoint == "/generations/video":
        length = int(str(body.get("duration", "5s")).rstrip("s")) * 1000
        operation = Operation.IMAGE_TO_VIDEO if "keyframes" in body else Operation.TEXT_TO_VIDEO
    else:
        length, operation = _MODIFIED_MS, Operation.VIDEO_TO_VIDEO
    return operation, Wanted(kind="video", media_type="video/mp4", width=width, height=height, duration_ms=length)


def _parameters(body: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    """The body in the catalogue's words."""
    parameters: dict[str, Any] = {"ratio": body.get("aspect_ratio", "16:9")}
    if wanted.kind == "video":
        parameters |= {"resolution": body.get("resolution", "720p"), "duration_ms": wanted.duration_ms}
    return parameters


def _files(body: Mapping[str, Any]) -> int:
    return len(body.get("keyframes", ())) + len(body.get("image_ref", ())) + ("modify_image_ref" in body)


def _one(desk: Desk, account: str, task_id: str, request: Request) -> Reply:
    asked = Asked({"GET": "poll", "DELETE": "cancel"}.get(request.method, ""), PROVIDER)

    def serve() -> Reply:
        task = tasks.find(desk.state, task_id, account, PROVIDER)
        # What was deleted while it was made is gone like the rest.
        if task is None or task.cancelled_at is not None or "gone" in task.faults:
            return _no(404, "Generation not found")
        if request.method == "DELETE":
            tasks.cancel(desk.state, task)
            return Reply(204)
        return as_json(shown(desk, task, request.base_url))

    return _troubled(desk, asked, serve) if asked.on else _no(405, "Method Not Allowed")


def _list(desk: Desk, account: str, request: Request) -> Reply:
    def number(name: str, usual: int) -> int:
        said = request.parameter(name)
        return min(int(said), 100) if said.isdecimal() else usual

    limit, offset = number("limit", _LISTED), number("offset", 0)
    rows = desk.state.all(
        "SELECT * FROM tasks WHERE provider = ? AND account = ? AND deleted = 0 AND cancelled_at IS NULL"
        " ORDER BY created_at DESC LIMIT ? OFFSET ?",
        (PROVIDER, account, limit + 1, offset),
    )
    listed = [shown(desk, Task.from_row(row), request.base_url) for row in rows[:limit]]
    more = len(rows) > limit
    return as_json({"generations": listed, "count": len(listed), "has_more": more, "limit": limit, "offset": offset})


def shown(desk: Desk, task: Task, base_url: str) -> dict[str, Any]:
    """A generation as it is now."""
    now = time.time()
    phase = task.phase(now)
    kind = "image" if task.wanted.kind == "image" else "video"
    state = _STATES.get(phase, "failed")
    if phase is Phase.RUNNING and "unknown_status" in task.faults and task.progress(now) < 0.5:
        state = "upscaling"
    if phase is Phase.RUNNING and "backwards" in task.faults and 0.4 < task.progress(now) < 0.7:
        state = "queued"
    found: dict[str, Any] = {
        "id": task.id,
        "generation_type": kind,
        "state": state,
        "failure_reason": None,
        "created_at": datetime.fromtimestamp(task.created_at, UTC).isoformat(),
        "assets": None,
        "model": task.model,
        "request": {"generation_type": kind, **task.body},
    }
    if phase is Phase.FAILED and "no_code" not in task.faults:
        moderated = task.failing in _MODERATED
        found["failure_reason"] = "Content did not pass moderation" if moderated else "Job failed to process"
    if phase is Phase.SUCCEEDED and "no_output" not in task.faults:
        (link,) = desk.links(task, base_url, (0,))
        found["assets"] = {kind: link}
    return found


def hook_body(desk: Desk, task: Task, number: int, base_url: str) -> dict[str, Any]:
    """What a callback brings: the generation, just as it is."""
    return shown(desk, task, base_url)


def _troubled(desk: Desk, asked: Asked, serve: Callable[[], Reply]) -> Reply:
    return troubled(desk.decide(asked).request, serve, _refusal)


_WORDS = {
    "bad_request": "The request is invalid",
    "no_credit": "Insufficient credits",
    "key_refused": "Not authenticated",
    "forbidden": "Forbidden",
    "rate_limited": "Rate limit exceeded",
    "rate_limited_wait": "Rate limit exceeded",
    "daily_cap": "Rate limit exceeded",
}


def _refusal(fault: str, status: int) -> Reply:
    """A fault's status in Luma's shape."""
    if status == 504:
        return Reply(504, b"upstream request timeout", "text/plain")
    words = _WORDS.get(fault, "Internal Server Error" if status >= 500 else "The request could not be completed")
    return _no(status, words, {"Retry-After": "2"} if fault == "rate_limited_wait" else None)


def _no(status: int, words: str, headers: Mapping[str, str] | None = None) -> Reply:
    return as_json({"detail": words}, status, headers)


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        return None
