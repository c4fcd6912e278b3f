"""Runware's desk: takes arrays of tasks at ``/runware/v1`` and answers as ``api.runware.ai`` does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generation.rehearsal import hooks, tasks
from generation.rehearsal.desk import AlreadyThere, Desk
from generation.rehearsal.faults import Asked
from generation.rehearsal.http import Reply, Request, as_json, troubled
from generation.rehearsal.runware import PROVIDER, answers, storage
from generation.rehearsal.runware.accounts import account_answer
from generation.rehearsal.runware.fields import errors_of, fields, is_uuid
from generation.rehearsal.runware.orders import priced
from generation.rehearsal.runware.refusals import Error, error, refusal, refused
from generation.rehearsal.tasks import OVER, Accepting, Task

_LEAST_KEY = 8
_GLANCE_SECONDS = 0.05
_LATER = frozenset({"videoInference"})
Answered = tuple[list[dict[str, Any]], list[Error]]


def answer(desk: Desk, request: Request) -> Reply:
    """Answer one request; there is one path for everything."""
    if request.path not in {"/v1", "/v1/"}:
        return refused([error("notFound", "There is nothing here. Send tasks to /v1.")], 404)
    if request.method != "POST":
        return refused([error("methodNotAllowed", "Use POST.")], 405)
    sort = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        elements = json.loads(request.body)
    except ValueError:
        elements = None
    if sort != "application/json" or not isinstance(elements, list) or not elements:
        return refused([error("invalidRequest", "The body must be a JSON array of tasks.")])
    if not all(isinstance(element, dict) for element in elements):
        return refused([error("invalidRequest", "Each element must be an object.")])
    key = _key_of(request, elements)
    if len(key) < _LEAST_KEY or not desk.takes(key):
        return refused([error("invalidApiKey", "Invalid API key. Get one at https://my.runware.ai/signup")], 401)
    return _serve(desk, request, elements, desk.account_of(key))


def _key_of(request: Request, elements: list[dict[str, Any]]) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme == "Bearer" and key:
        return key
    first = elements[0]
    return str(first.get("apiKey", "")) if first.get("taskType") == "authentication" else ""


def _serve(desk: Desk, request: Request, elements: list[dict[str, Any]], account: str) -> Reply:
    wanted = [element for element in elements if element.get("taskType") in fields()]
    asked = _asked(wanted[0] if wanted else elements[0], create=bool(wanted))
    played = desk.decide(asked)
    numbers = {
        id(element): desk.received(
            _asked(element, create=True), account, element, str(element.get("taskUUID", "")), played.request
        )
        for element in wanted
    }

    def work() -> Reply:
        data: list[dict[str, Any]] = []
        errors: list[Error] = []
        for element in elements:
            if id(element) in numbers:
                later = played.later if element is wanted[0] else {}
                made = _create(desk, account, element, numbers[id(element)], dict(later), request)
            else:
                made = _utility(desk, account, element, request)
            data += made[0]
            errors += made[1]
        if not data and errors:
            broke = errors[0]["code"] == "insufficientCredits"
            looked = all(element.get("taskType") == "getResponse" for element in elements)
            unknown = errors[0]["code"] == "taskFailedOrNotFound"
            return refused(errors, 402 if broke else 200 if looked and not unknown else 400)
        return as_json({"data": data, **({"errors": errors} if errors else {})})

    return troubled(played.request, work, refusal)


def _asked(element: dict[str, Any], *, create: bool) -> Asked:
    task_type = str(element.get("taskType", ""))
    on = "create" if create else {"getResponse": "poll", "accountManagement": "account"}.get(task_type, "upload")
    speech = element.get("speech")
    prompt = str(element.get("positivePrompt") or (speech.get("text") if isinstance(speech, dict) else "") or "")
    return Asked(on, PROVIDER, task_type, str(element.get("model", "")), prompt, tasks.hash_of(element))


def _create(
    desk: Desk, account: str, element: dict[str, Any], number: int, later: dict[str, int], request: Request
) -> Answered:
    """Take an order, or say why not."""
    task_uuid = element.get("taskUUID")
    if not is_uuid(task_uuid):
        return [], [error("invalidTaskUUID", "taskUUID must be a UUID v4.", element, parameter="taskUUID", type="UUID")]

    def upload(name: str) -> Path | None:
        return storage.find(desk, account, name)

    errors = errors_of(element, lambda name: upload(name) is not None)
    if errors:
        return [], errors
    order = priced(element, upload)
    if isinstance(order, dict):
        return [], [order]
    if desk.left_of(account) < order.micros:
        return [], [error("insufficientCredits", "Insufficient credits. Add funds to continue.", element)]
    try:
        task = desk.accept(
            number,
            Accepting(
                id=str(task_uuid), provider=PROVIDER, account=account, operation=element["taskType"],
                model=element["model"], body=element, wanted=order.wanted, estimate=order.micros,
                seconds=order.seconds * desk.speed, faults=later,
            ),
        )  # fmt: skip
    except AlreadyThere:
        message = "A task with this taskUUID already exists."
        return [], [error("conflictTaskUUID", message, element, parameter="taskUUID")]
    hooks.plan(desk, task, request.base_url, str(task.body.get("webhookURL") or ""), answers.hook_body)
    usual = "async" if element["taskType"] in _LATER else "sync"
    if element.get("deliveryMethod", usual) == "async":
        return [answers.acknowledgement(task)], []
    return _wait(desk, task, request.base_url)


def _wait(desk: Desk, task: Task, base_url: str) -> Answered:
    """Hold the answer until the results are there."""
    while task.phase(time.time()) not in OVER and not desk.stopping.wait(_GLANCE_SECONDS):
        pass
    items, errors = answers.standing(desk, task, base_url)
    return [{name: value for name, value in item.items() if name != "status"} for item in items], errors


def _utility(desk: Desk, account: str, element: dict[str, Any], request: Request) -> Answered:
    """Everything that costs nothing."""
    task_type = str(element.get("taskType", ""))
    if task_type == "ping":
        return [{"taskType": "ping", "pong": True}], []
    if task_type == "authentication":
        session = element.get("connectionSessionUUID") or account
        return [{"taskType": "authentication", "connectionSessionUUID": session}], []
    serve = _SERVED.get(task_type)
    if serve is None:
        return [], [
            error("invalidTaskType", f"The task type {task_type!r} is not supported.", element, parameter="taskType")
        ]
    if not is_uuid(element.get("taskUUID")):
        return [], [error("invalidTaskUUID", "taskUUID must be a UUID v4.", element, parameter="taskUUID", type="UUID")]
    return serve(desk, account, element, request)


def _get_response(desk: Desk, account: str, element: dict[str, Any], request: Request) -> Answered:
    task = tasks.find(desk.state, element["taskUUID"], account, PROVIDER)
    if task is None or "gone" in task.faults:
        return [], [error("taskFailedOrNotFound", "The task failed or was not found.", element)]
    return answers.standing(desk, task, request.base_url)


def _get_task_details(desk: Desk, account: str, element: dict[str, Any], request: Request) -> Answered:
    task = tasks.find(desk.state, element["taskUUID"], account, PROVIDER)
    if task is None:
        return [], [error("taskFailedOrNotFound", "The task failed or was not found.", element)]
    data, errors = answers.standing(desk, task, request.base_url)
    response = {"data": data, **({"errors": errors} if errors else {})}
    return [{"taskType": "getTaskDetails", "taskUUID": task.id, "request": [dict(task.body)], "response": response}], []


def _media_storage(desk: Desk, account: str, element: dict[str, Any], request: Request) -> Answered:
    return storage.media_storage(desk, account, element, request.base_url)


def _image_upload(desk: Desk, account: str, element: dict[str, Any], request: Request) -> Answered:
    return storage.image_upload(desk, account, element, request.base_url)


def _account_management(desk: Desk, account: str, element: dict[str, Any], request: Request) -> Answered:
    return account_answer(desk, account, element)


_SERVED: dict[str, Callable[[Desk, str, dict[str, Any], Request], Answered]] = {
    "getResponse": _get_response,
    "getTaskDetails": _get_task_details,
    "mediaStorage": _media_storage,
    "imageUpload": _image_upload,
    "accountManagement": _account_management,
}
