"""A picture is drawn while its order is answered, and lies in the answer."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from generation.bodies import slim
from generation.providers.base import Operation, Usage
from generation.rehearsal import tasks
from generation.rehearsal.desk import Desk
from generation.rehearsal.faults import Asked
from generation.rehearsal.gemini import PROVIDER, orders
from generation.rehearsal.gemini.failures import BLOCKED, ENDED, error, refusal
from generation.rehearsal.gemini.fields import Wrong, check_picture, parts_of
from generation.rehearsal.http import Reply, as_json, troubled
from generation.rehearsal.media import making
from generation.rehearsal.tasks import Accepting, Task

_SHOWN = frozenset({"black", "wrong_size", "corrupt"})
_SAID = "Here is the picture you asked for."


def create(desk: Desk, account: str, model: str, body: Any) -> Reply:
    """Answer ``generateContent`` of a model that draws."""
    wrong = ""
    try:
        check_picture(model, body)
    except Wrong as found:
        wrong = str(found)
    plain = slim(body) if isinstance(body, dict) else {}
    prompt = "" if wrong else " ".join(str(part.get("text", "")) for part in parts_of(body))
    asked = Asked("create", PROVIDER, "generateContent", model, prompt, tasks.hash_of(plain))
    played = desk.decide(asked)
    number = desk.received(asked, account, plain, "", played.request)

    def take() -> Reply:
        if wrong:
            return error(400, "INVALID_ARGUMENT", wrong)
        usage = orders.picture_counted(orders.picture_usage(model, body), played.later)
        cost = orders.cost_of(model, Operation.TEXT_TO_IMAGE, usage)
        if desk.left_of(account) < cost:
            return refusal("no_credit", 429)
        # What goes wrong with a picture is in its answer: as a task it is over, and costs what was counted.
        kept = {name: times for name, times in played.later.items() if name not in tasks.FAILING and name != "overrun"}
        task = desk.accept(
            number,
            Accepting(
                id=str(uuid.uuid4()), provider=PROVIDER, account=account, operation="generateContent", model=model,
                body=plain, wanted=orders.picture_wanted(model, body), estimate=cost, seconds=0.0, faults=kept,
            ),
        )  # fmt: skip
        return as_json(_answer(desk, task, model, usage, set(played.later)))

    return troubled(played.request, take, refusal)


def _answer(desk: Desk, task: Task, model: str, usage: Usage, faults: set[str]) -> dict[str, Any]:
    said: dict[str, Any] = {"responseId": task.id, "modelVersion": model}
    if "missing_cost" not in faults:
        said["usageMetadata"] = _metadata(usage)
    blocked = next((BLOCKED[fault] for fault in faults if fault in BLOCKED), "")
    if blocked:
        return said | {"promptFeedback": {"blockReason": blocked}}
    ended = next((ENDED[fault] for fault in faults if fault in ENDED), "")
    if ended:
        return said | {"candidates": [{"content": {"role": "model", "parts": []}, "finishReason": ended, "index": 0}]}
    parts = [{"text": _SAID}, {"inlineData": _blob(desk, task, faults)}]
    return said | {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}]}


def _blob(desk: Desk, task: Task, faults: set[str]) -> dict[str, str]:
    name = f"{task.body_hash} {task.id}"
    path = making.result(task.wanted, 0, title=task.model, name=name, faults=_SHOWN & faults, folder=desk.state.made)
    data = path.read_bytes()
    if "zero_bytes" in faults:
        data = b""
    elif "truncated" in faults or "truncated_silently" in faults:
        data = data[: len(data) * 2 // 3]
    elif "html_page" in faults:
        data = b"<!doctype html><title>Sign in to continue</title>"
    encoded = base64.b64encode(data).decode()
    if "wrong_type" in faults:
        return {"mimeType": "application/pdf", "data": encoded}
    return {"mimeType": "image/png", "data": encoded}


def _metadata(usage: Usage) -> dict[str, Any]:
    told: dict[str, Any] = {
        "promptTokenCount": usage.input_tokens,
        "totalTokenCount": usage.input_tokens + usage.output_tokens + usage.media_tokens,
    }
    if usage.output_tokens:
        told["thoughtsTokenCount"] = usage.output_tokens
    if usage.media_tokens:
        told["candidatesTokenCount"] = usage.media_tokens
        told["candidatesTokensDetails"] = [{"modality": "IMAGE", "tokenCount": usage.media_tokens}]
    return told
