"""Interactions: a clip is ordered, looked at until it is done, and lies in a file that only its account may have."""

from __future__ import annotations

import base64
import re
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from generation.bodies import slim
from generation.providers.base import Operation, Usage
from generation.rehearsal import results, tasks
from generation.rehearsal.desk import Desk
from generation.rehearsal.faults import Asked
from generation.rehearsal.gemini import PROVIDER, orders
from generation.rehearsal.gemini.failures import INTERACTIONS, error, interaction_error, refusal
from generation.rehearsal.gemini.fields import CLIPS, Wrong, check_clip, form_of, pieces_of
from generation.rehearsal.http import Reply, Request, as_json, page, troubled
from generation.rehearsal.tasks import Accepting, Phase, Task

_OPERATION = "interactions"
_PREFIX = "v1_"
_ABOUT = re.compile(r"(v1_[\w-]{1,100})(/cancel)?")
_GONE = "You do not have permission to access the File, or it may not exist."
_NAMELESS = "Invalid interaction name."
_REFUSED_IN_WORDS = "I cannot make this video because it may not follow the rules of use."


def create(desk: Desk, account: str, body: Any) -> Reply:
    """Answer an order."""
    plain = slim(body) if isinstance(body, dict) else {}
    model = str(plain.get("model", ""))
    wrong = ""
    try:
        check_clip(body)
    except Wrong as found:
        wrong = str(found)
    prompt = "" if wrong else " ".join(str(piece.get("text", "")) for piece in pieces_of(body))
    asked = Asked("create", PROVIDER, _OPERATION, model, prompt, tasks.hash_of(plain))
    played = desk.decide(asked)
    number = desk.received(asked, account, plain, "", played.request)

    def take() -> Reply:
        if wrong:
            return interaction_error(400, "invalid_request", wrong)
        if model not in CLIPS:
            return interaction_error(404, "not_found", f"Model {model} not found.")
        if body.get("background") is not True:
            return interaction_error(400, "invalid_request", "The rehearsal makes clips in the background only.")
        usage = orders.clip_usage(body)
        estimate = orders.cost_of(model, Operation.TEXT_TO_VIDEO, usage)
        if desk.left_of(account) < estimate:
            return refusal("no_credit", 429)
        seconds = orders.typical_seconds(model) * desk.speed
        task = desk.accept(
            number,
            Accepting(
                id=f"{_PREFIX}{uuid.uuid4().hex}", provider=PROVIDER, account=account, operation=_OPERATION,
                model=model, body=plain, wanted=orders.clip_wanted(body), estimate=estimate, seconds=seconds,
                faults=played.later, concurrent=desk.concurrent,
            ),
        )  # fmt: skip
        cost = orders.cost_of(model, Operation.TEXT_TO_VIDEO, orders.clip_counted(usage, played.later))
        with desk.state.writing() as database:
            database.execute("UPDATE tasks SET cost = ? WHERE id = ?", (cost, task.id))
        return as_json({"id": task.id, "object": "interaction", "model": model, "status": "in_progress"})

    return troubled(played.request, take, refusal)


def about(desk: Desk, account: str, rest: str, request: Request) -> Reply:
    """Answer a look, a wish to stop, or one to forget."""
    match = _ABOUT.fullmatch(rest)
    if match is None:
        return interaction_error(400, "invalid_request", _NAMELESS)
    verb = (request.method, match[2] or "")
    asked = Asked(
        {("GET", ""): "poll", ("POST", "/cancel"): "cancel", ("DELETE", ""): "cancel"}.get(verb, ""), PROVIDER
    )
    if not asked.on:
        return page(404, "Not Found")

    def serve() -> Reply:
        task = tasks.find(desk.state, match[1], account, PROVIDER)
        if task is None or "gone" in task.faults:
            # An id that is not known is no 404 here.
            return interaction_error(400, "invalid_request", _NAMELESS)
        if verb[0] == "DELETE":
            with desk.state.writing() as database:
                database.execute("UPDATE tasks SET deleted = 1 WHERE id = ?", (task.id,))
            return as_json({})
        if verb[0] == "POST":
            if task.phase(time.time()) in tasks.OVER:
                return interaction_error(400, "failed_precondition", "The interaction is not in progress.")
            tasks.cancel(desk.state, task)
            task = tasks.find(desk.state, match[1], account, PROVIDER) or task
        return as_json(_shown(desk, task, request.base_url))

    return troubled(desk.decide(asked).request, serve, refusal)


def file(desk: Desk, account: str, request: Request, match: re.Match[str]) -> Reply:
    """Answer for a clip's file: whether it is ready, or the clip itself."""
    task = tasks.find(desk.state, f"{_PREFIX}{match[1]}", account, PROVIDER)
    number = int(match[2])
    if task is None or number >= task.ready(time.time()):
        return error(403, "PERMISSION_DENIED", _GONE)
    if not match[3]:
        return as_json({"name": f"files/{match[1]}{number}", "mimeType": "video/mp4", "state": "ACTIVE"})
    if request.parameter("alt") != "media":
        return error(400, "INVALID_ARGUMENT", "Downloads need alt=media.")
    if tasks.plays(desk.state, task, "link_expired"):
        return error(403, "PERMISSION_DENIED", _GONE)
    return results.with_faults(desk, task, number, replace(request, path=f"/{PROVIDER}{request.path}"))


def _shown(desk: Desk, task: Task, base_url: str) -> dict[str, Any]:
    now = time.time()
    phase = task.phase(now)
    created = datetime.fromtimestamp(task.created_at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    shown: dict[str, Any] = {"id": task.id, "object": "interaction", "model": task.model, "created": created}
    if phase in {Phase.PENDING, Phase.THROTTLED}:
        return shown | {"status": "queued"}
    if phase is Phase.RUNNING:
        progress = task.progress(now)
        backwards = "backwards" in task.faults and 0.4 < progress < 0.7
        strange = "unknown_status" in task.faults and progress < 0.5
        return shown | {"status": "post_processing" if strange else "queued" if backwards else "in_progress"}
    if "missing_cost" not in task.faults:
        shown["usage"] = _usage(_counted(task, phase))
    if phase is Phase.CANCELLED:
        return shown | {"status": "cancelled"}
    if phase is Phase.FAILED:
        word, fault = INTERACTIONS[task.failing]
        shown |= {"status": word} | ({"error": dict(fault)} if fault else {})
        if word == "completed":
            shown["steps"] = [_output([{"type": "text", "text": _REFUSED_IN_WORDS}])]
        return shown
    shown["status"] = "completed"
    made = [] if "no_output" in task.faults else [_clip(desk, task, base_url)]
    return shown | {"steps": [_output(made)]}


def _clip(desk: Desk, task: Task, base_url: str) -> dict[str, Any]:
    clip = {"type": "video", "mime_type": task.wanted.media_type}
    form = form_of(task.body)
    if form.get("delivery") == "uri":
        return clip | {"uri": f"{base_url}/{PROVIDER}/v1beta/files/{task.id.removeprefix(_PREFIX)}0:download?alt=media"}
    return clip | {"data": base64.b64encode(results.made(desk, task, 0).read_bytes()).decode()}


def _output(content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "model_output", "content": content}


def _counted(task: Task, phase: Phase) -> Usage:
    usage = orders.clip_usage(task.body)
    if phase is Phase.CANCELLED:
        return usage if task.cost else Usage(0, 0, 0)
    return orders.clip_counted(usage, task.faults)


def _usage(usage: Usage) -> dict[str, Any]:
    told: dict[str, Any] = {
        "total_input_tokens": usage.input_tokens,
        "total_thought_tokens": usage.output_tokens,
        "total_output_tokens": usage.media_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens + usage.media_tokens,
    }
    if usage.media_tokens:
        told["output_tokens_by_modality"] = [{"modality": "video", "tokens": usage.media_tokens}]
    return told
