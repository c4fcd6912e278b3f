"""What Runware tells about an account: its balance and what was spent."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from generation.rehearsal.desk import Desk, Spent
from generation.rehearsal.runware import MICROS_PER_DOLLAR
from generation.rehearsal.runware.refusals import Error, error

_OPERATIONS = ("getDetails", "getUsageActivity", "getUsagePerformance", "getUsageErrors")
Answered = tuple[list[dict[str, Any]], list[Error]]


def account_answer(desk: Desk, account: str, element: dict[str, Any]) -> Answered:
    """Answer ``accountManagement``."""
    operation = element.get("operation")
    if operation not in _OPERATIONS:
        return [], [
            error(
                "invalidOperation",
                "Unknown operation.",
                element,
                parameter="operation",
                allowedValues=list(_OPERATIONS),
            )
        ]
    told = {"taskType": "accountManagement", "taskUUID": element["taskUUID"], "operation": operation}
    if operation == "getDetails":
        return [{**told, **_details(desk, account)}], []
    today = time.strftime("%Y-%m-%d", time.gmtime())
    start, end = str(element.get("startDate", today)), str(element.get("endDate", today))
    try:
        date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        return [], [error("invalidStartDate", "Dates are YYYY-MM-DD.", element, parameter="startDate")]
    models = element.get("models")
    return [{**told, "startDate": start, "endDate": end, "usage": _activity(desk, account, start, end, models)}], []


def _details(desk: Desk, account: str) -> dict[str, Any]:
    spent = desk.spent_by(account)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return {
        "organizationUUID": f"00000000-0000-4000-8000-{account[:12]}",
        "organizationName": "Rehearsal",
        "balance": {"amount": desk.left_of(account) / MICROS_PER_DOLLAR, "freeBalance": 0, "currency": "USD"},
        "team": [{"name": "Rehearsal", "email": "rehearsal@example.com", "roles": ["Owner"]}],
        # Real answers hold key material here; whoever stores it is to be found out.
        "apiKeys": [{"apiKey": f"rehearsal-canary-{account}", "name": "Rehearsal", "enabled": True}],
        "usage": {"total": _sum(spent), "today": _sum([entry for entry in spent if entry.day == today])},
    }


def _sum(entries: list[Spent]) -> dict[str, float]:
    return {"credits": sum(entry.micros for entry in entries) / MICROS_PER_DOLLAR, "requests": _orders(entries)}


def _orders(entries: list[Spent]) -> int:
    return sum(entry.orders for entry in entries)


def _activity(desk: Desk, account: str, start: str, end: str, models: Any) -> dict[str, Any]:
    entries = [
        entry
        for entry in desk.spent_by(account)
        if start <= entry.day <= end and (not isinstance(models, list) or entry.model in models)
    ]
    return {
        "timeseries": {
            "meta": {
                "totalSpend": sum(entry.micros for entry in entries) / MICROS_PER_DOLLAR,
                "totalRequests": _orders(entries),
                "currency": "USD",
            },
            "data": [
                {
                    "date": entry.day,
                    "model": entry.model,
                    "requests": entry.orders,
                    "spend": entry.micros / MICROS_PER_DOLLAR,
                }
                for entry in entries
            ],
        }
    }
