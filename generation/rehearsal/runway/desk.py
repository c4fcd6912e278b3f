"""Runway's desk: takes requests under ``/runway`` and answers as ``api.dev.runwayml.com`` does."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from generation.rehearsal import tariff, tasks
from generation.rehearsal.desk import Desk
from generation.rehearsal.faults import Asked
from generation.rehearsal.http import Reply, Request, as_json, troubled
from generation.rehearsal.runway import MICROS_PER_CREDIT, VERSION, uploads
from generation.rehearsal.runway.failures import FAILURES, invalid, refusal
from generation.rehearsal.runway.fields import fields, issues_of
from generation.rehearsal.runway.orders import priced
from generation.rehearsal.sources import SourceUnreadable
from generation.rehearsal.tasks import OVER, Accepting, Phase, Task

PROVIDER = "runway"
_KEY = re.compile(r"key_[0-9a-f]{128}")
_TASK = re.compile(r"/v1/tasks/([0-9a-f-]{36})")
_LONGEST_SPAN = timedelta(days=90)
_DEFAULT_SPAN = timedelta(days=30)
_MONTHLY_CREDITS = 200_000


def answer(desk: Desk, request: Request) -> Reply:
    """Answer one request; its path begins with ``/v1`` (or is that of an upload)."""
    if request.path.startswith(uploads.PLACE):
        return uploads.take(desk, request)
    refused = _at_the_door(desk, request)
    if refused is not None:
        return refused
    account = desk.account_of(_key_of(request))
    endpoint = request.path.removeprefix("/v1/")
    if endpoint in fields():
        return _only("POST", request, lambda: _create(desk, account, endpoint, request))
    if match := _TASK.fullmatch(request.path):
        return _task(desk, account, match[1], request)
    if endpoint == "uploads":
        asked = Asked("upload", PROVIDER)
        return _only(
            "POST",
            request,
            lambda: _troubled(desk, asked, lambda: uploads.begin(desk, account, request, _json(request))),
        )
    if endpoint == "organization":
        asked = Asked("account", PROVIDER, "organization")
        return _only("GET", request, lambda: _troubled(desk, asked, lambda: _organization(desk, account)))
    if endpoint == "organization/usage":
        asked = Asked("account", PROVIDER, "usage")
        return _only("POST", request, lambda: _troubled(desk, asked, lambda: _usage(desk, account, _json(request))))
    return as_json({"error": f"Could not find {request.method} {request.path}"}, 404)


def _at_the_door(desk: Desk, request: Request) -> Reply | None:
    """What is looked at before anything else: the key, the version, the kind of body."""
    key = _key_of(request)
    if not _KEY.fullmatch(key) or not desk.takes(key):
        return as_json({"error": "Your API key is invalid or missing.", "docUrl": "https://docs.dev.runwayml.com"}, 401)
    version = request.headers.get("x-runway-version", "")
    if version != VERSION:
        said = f"The API version {version} is not valid." if version else "X-Runway-Version header is required."
        return as_json({"error": said}, 400)
    sort = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and sort != "application/json":
        return as_json({"error": "The body must be application/json."}, 415)
    if request.method in {"POST", "PATCH"} and request.body and _json(request) is None:
        return as_json({"error": "The body is not valid JSON."}, 400)
    return None


def _key_of(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key if scheme == "Bearer" else ""


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        return None


def _only(method: str, request: Request, serve: Callable[[], Reply]) -> Reply:
    if request.method == method:
        return serve()
    return as_json({"error": f"{request.method} is not allowed here."}, 405)


def _troubled(desk: Desk, asked: Asked, serve: Callable[[], Reply]) -> Reply:
    return troubled(desk.decide(asked).request, serve, refusal)


def _create(desk: Desk, account: str, endpoint: str, request: Request) -> Reply:
    body = _json(request)
    plain = body if isinstance(body, dict) else {}
    asked = Asked(
        "create",
        PROVIDER,
        endpoint,
        str(plain.get("model", "")),
        str(plain.get("promptText", "")),
        tasks.hash_of(plain),
    )
    played = desk.decide(asked)
    number = desk.received(asked, account, plain, "", played.request)

    def take() -> Reply:
        def upload(reference: str) -> Path | None:
            return uploads.find(desk, account, reference)

        issues = issues_of(endpoint, body, lambda reference: upload(reference) is not None)
        if not issues and tariff.retired(plain["model"]):
            issues = issues_of(endpoint, {**plain, "model": ""}, lambda _: True)
        if issues:
            return invalid(issues, endpoint)
        try:
            order = priced(endpoint, plain, upload)
        except SourceUnreadable as error:
            message, field = error.args
            return invalid([{"code": "custom", "path": [field], "message": message}], endpoint)
        if _today(desk, account).get(plain["model"], 0) >= desk.daily:
            return refusal("daily_cap", 429)
        if desk.left_of(account) < order.credits * MICROS_PER_CREDIT:
            return refusal("no_credit", 400)
        task = desk.accept(
            number,
            Accepting(
                id=str(uuid.uuid4()), provider=PROVIDER, account=account, operation=endpoint, model=plain["model"],
                body=plain, wanted=order.wanted, estimate=order.credits * MICROS_PER_CREDIT,
                seconds=order.seconds * desk.speed, faults=played.later, unit=MICROS_PER_CREDIT,
                concurrent=desk.concurrent,
            ),
        )  # fmt: skip
        return as_json({"id": task.id, "estimatedCost": {"credits": order.credits}})

    return troubled(played.request, take, refusal)


def _task(desk: Desk, account: str, task_id: str, request: Request) -> Reply:
    asked = Asked({"GET": "poll", "DELETE": "cancel"}.get(request.method, ""), PROVIDER)

    def serve() -> Reply:
        task = tasks.find(desk.state, task_id, account, PROVIDER)
        if task is None or "gone" in task.faults:
            return as_json({"error": "Could not find Task"}, 404)
        if request.method == "DELETE":
            tasks.cancel(desk.state, task)
            return Reply(204)
        return as_json(_shown(desk, task, request.base_url))

    if not asked.on:
        return as_json({"error": f"{request.method} is not allowed here."}, 405)
    return _troubled(desk, asked, serve)


def _shown(desk: Desk, task: Task, base_url: str) -> dict[str, Any]:
    """A task as it is now."""
    now = time.time()
    phase = task.phase(now)
    created = datetime.fromtimestamp(task.created_at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shown: dict[str, Any] = {"id": task.id, "createdAt": created, "status": phase.value.upper()}
    if phase is Phase.RUNNING and "unknown_status" in task.faults and task.progress(now) < 0.5:
        shown["status"] = "POSTPROCESSING"
    if phase is Phase.RUNNING and "backwards" in task.faults and 0.4 < task.progress(now) < 0.7:
        shown["status"] = "PENDING"
    if phase not in OVER:
        shown["estimatedCost"] = {"credits": task.estimate // MICROS_PER_CREDIT}
        if shown["status"] == "RUNNING":
            shown["progress"] = round(task.progress(now), 2)
        return shown
    if not (phase is Phase.SUCCEEDED and "missing_cost" in task.faults):
        shown["cost"] = {"credits": task.cost // MICROS_PER_CREDIT}
    if phase is Phase.FAILED:
        code, shown["failure"] = FAILURES[task.failing]
        if code:
            shown["failureCode"] = code
    if phase is Phase.SUCCEEDED:
        numbers = range(0 if "no_output" in task.faults else task.successes)
        shown["output"] = desk.links(task, base_url, numbers) if numbers else []
    return shown


def _today(desk: Desk, account: str) -> dict[str, int]:
    """Generations of the last 24 hours, by model."""
    rows = desk.state.all(
        "SELECT model, count(*) AS n FROM tasks WHERE account = ? AND created_at > ? GROUP BY model",
        (account, time.time() - 86_400),
    )
    return {row["model"]: row["n"] for row in rows}


def _organization(desk: Desk, account: str) -> Reply:
    limits = {"maxConcurrentGenerations": desk.concurrent, "maxDailyGenerations": desk.daily}
    models = sorted({model for by_model in fields().values() for model in by_model})
    today = _today(desk, account)
    return as_json(
        {
            "creditBalance": desk.left_of(account) // MICROS_PER_CREDIT,
            "tier": {"maxMonthlyCreditSpend": _MONTHLY_CREDITS, "models": dict.fromkeys(models, limits)},
            "usage": {"models": {model: {"dailyGenerations": count} for model, count in today.items()}},
        }
    )


def _usage(desk: Desk, account: str, body: Any) -> Reply:
    given = body if isinstance(body, dict) else {}
    unknown = [name for name in given if name not in {"startDate", "beforeDate"}]
    try:
        today = datetime.now(UTC).date()
        start = date.fromisoformat(given["startDate"]) if "startDate" in given else today - _DEFAULT_SPAN
        before = date.fromisoformat(given["beforeDate"]) if "beforeDate" in given else start + _DEFAULT_SPAN
    except (TypeError, ValueError):
        return invalid(
            [{"code": "invalid_format", "format": "date", "path": [], "message": "Invalid ISO date"}], "usage"
        )
    if unknown or not timedelta(0) <= before - start <= _LONGEST_SPAN:
        wrong = {"code": "unrecognized_keys", "keys": unknown, "path": [], "message": "Unrecognized key"}
        span = {"code": "custom", "path": ["beforeDate"], "message": "The span must be at most 90 days."}
        return invalid([wrong if unknown else span], "usage")
    by_day: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for spent in desk.spent_by(account):
        if start.isoformat() <= spent.day < before.isoformat():
            by_day[spent.day][spent.model] += spent.micros // MICROS_PER_CREDIT
    return as_json(
        {
            "results": [
                {"date": day, "usedCredits": [{"model": model, "amount": amount} for model, amount in used.items()]}
                for day, used in sorted(by_day.items())
            ],
            "models": sorted({model for used in by_day.values() for model in used}),
        }
    )
