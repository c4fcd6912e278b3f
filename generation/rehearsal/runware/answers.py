"""What Runware says about a task: acknowledged, going on, done, or failed."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Mapping
from typing import Any

from generation.rehearsal.desk import Desk
from generation.rehearsal.media import making
from generation.rehearsal.runware import MICROS_PER_DOLLAR
from generation.rehearsal.runware.refusals import FAILURES, Error, error
from generation.rehearsal.tasks import Phase, Task

Item = dict[str, Any]


def acknowledgement(task: Task) -> Item:
    """What comes at once for a task that is delivered later."""
    return {"taskType": task.operation, "taskUUID": task.id}


def standing(desk: Desk, task: Task, base_url: str) -> tuple[list[Item], list[Error]]:
    """Everything that can be said about a task now: its finished results, what goes on, and what failed."""
    now = time.time()
    phase = task.phase(now)
    if phase is Phase.FAILED:
        failed = failure(task)
        if task.failing == "error_item":
            known = {name: failed[name] for name in ("code", "message")}
            return [{**acknowledgement(task), "status": "error", "error": known}], []
        return [], [failed]
    ready = 0 if "no_output" in task.faults else task.ready(now)
    done = results(desk, task, base_url, range(ready))
    if phase is Phase.SUCCEEDED:
        missing = task.successes < task.wanted.count
        return done or [{**acknowledgement(task), "status": "success"}], [failure(task)] if missing else []
    progress = int(task.progress(now) * 100)
    going = {**acknowledgement(task), "status": "processing", "progress": min(progress, 99)}
    if "unknown_status" in task.faults and 0 < task.progress(now) < 0.5:
        going["status"] = "postprocessing"
    if "backwards" in task.faults and 0.4 < task.progress(now) < 0.7:
        going["progress"] = 1
    return [*done, going], []


def results(desk: Desk, task: Task, base_url: str, numbers: range) -> list[Item]:
    """Finished results."""
    if task.wanted.kind == "text":
        return [{**_common(task, number), "text": task.wanted.words} for number in numbers]
    links = desk.links(task, base_url, numbers) if numbers else []
    return [
        {**_common(task, number), **_media(desk, task, number, link)}
        for number, link in zip(numbers, links, strict=True)
    ]


def _common(task: Task, number: int) -> Item:
    item: Item = {**acknowledgement(task), "status": "success"}
    if task.body.get("includeCost") and "missing_cost" not in task.faults:
        item["cost"] = task.cost_of(number) / MICROS_PER_DOLLAR
    return item


def _media(desk: Desk, task: Task, number: int, link: str) -> Item:
    """One result's own fields, in the form that was asked for."""
    kind = task.wanted.kind
    item: Item = {f"{kind}UUID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{task.id}/{number}"))}
    asked = task.body.get("outputType", "URL")
    if asked == "URL":
        item[f"{kind}URL"] = link
    else:
        name = f"{task.body_hash} {task.id}"
        path = making.result(task.wanted, number, title=task.model, name=name, faults=(), folder=desk.state.made)
        encoded = base64.b64encode(path.read_bytes()).decode()
        if asked == "dataURI":
            item[f"{kind}DataURI"] = f"data:{task.wanted.media_type};base64,{encoded}"
        else:
            item[f"{kind}Base64Data"] = encoded
    if task.operation in {"imageInference", "videoInference", "audioInference"}:
        item["seed"] = task.wanted.seed + number
    if kind != "audio" and "nsfw" in task.faults:
        item["NSFWContent"] = True
    return item


def failure(task: Task) -> Error:
    """How a task failed."""
    code, message = FAILURES[task.failing or "internal"]
    return error(code, message, _named(task))


def _named(task: Task) -> Mapping[str, str]:
    return {"taskType": task.operation, "taskUUID": task.id}


def hook_body(desk: Desk, task: Task, number: int, base_url: str) -> Item:
    """The bare object that a webhook brings: one result, or one error."""
    if time.time() < task.ready_at(number):
        return {**acknowledgement(task), "status": "processing", "progress": 0}
    if task.phase(time.time()) is Phase.FAILED or number >= task.successes:
        return {**failure(task), "status": "error"}
    return results(desk, task, base_url, range(number, number + 1))[0]
