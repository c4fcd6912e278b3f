"""What Runware says about an account: what is left, and what was spent by day and model.

The answer also lists the account's keys and people. They are neither kept nor logged.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from generation.providers import http
from generation.providers.base import AccountStatus, Context
from generation.providers.errors import PollFailed

from .answers import decimal_of, micros
from .wire import Item, exchange, refuse_key

ACCOUNT_SECONDS = 20.0
# Runware tells no more than thirty days at once.
DAYS_MOST = 30
# The name of what is told for a day, but not by model.
ALL_MODELS = "*"


def account_status(context: Context, since: date | None) -> AccountStatus:
    """Ask for the balance and, with a day given, for what was spent from that day on.

    Raises:
        KeyRefused, PollFailed
    """
    details = _ask({"operation": "getDetails"}, context)
    balance = _balance(details.get("balance"))
    return AccountStatus(
        balance=None if balance is None else micros(balance, ROUND_FLOOR),
        balance_text="" if balance is None else f"${balance:,.2f}",
        spent={} if since is None else _spent(since, context),
        api_version="v1",
    )


def _ask(question: Mapping[str, Any], context: Context) -> Item:
    task = {"taskType": "accountManagement", "taskUUID": str(uuid.uuid4()), **question}
    try:
        reply = exchange(task, context, deadline=ACCOUNT_SECONDS)
    except (http.NotSent, http.AnswerLost) as error:
        raise PollFailed(
            "Runware cannot be reached at the moment. Try again in a minute; if it stays so, check its address.",
            code="unreachable",
            internal=str(error),
        ) from None
    refuse_key(reply, context.key)
    if not reply.items:
        raise PollFailed(
            "Runware did not say how the account stands. Try again in a minute.",
            code="account_unknown",
            internal=f"HTTP {reply.status} {' '.join(fault.code for fault in reply.faults)}".replace(context.key, "…"),
            retry_after=reply.retry_after,
        )
    return reply.items[0]


def _balance(told: Any) -> Decimal | None:
    """Read the balance: a number in the documentation, an object in the client's types."""
    if isinstance(told, Mapping):
        return next((each for key in ("amount", "balance", "total") if (each := decimal_of(told.get(key)))), None)
    return decimal_of(told)


def _spent(since: date, context: Context) -> Mapping[str, Mapping[str, int]]:
    today = datetime.now(UTC).date()
    answer = _ask(
        {
            "operation": "getUsageActivity",
            "startDate": max(since, today - timedelta(days=DAYS_MOST - 1)).isoformat(),
            "endDate": today.isoformat(),
            "groupBy": ["date", "model"],
            "timezone": "UTC",
        },
        context,
    )
    usage = answer.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    return _by_day(usage.get("model")) or _by_day(usage.get("timeseries"))


def _by_day(block: Any) -> dict[str, dict[str, int]]:
    """Add up the rows that name a day."""
    spent: dict[str, dict[str, int]] = {}
    rows = block.get("data") if isinstance(block, Mapping) else None
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, Mapping):
            continue
        day, dollars = str(row.get("date") or "")[:10], decimal_of(row.get("spend"))
        if not day or dollars is None:
            continue
        of_day = spent.setdefault(day, {})
        model = str(row.get("model") or ALL_MODELS)
        of_day[model] = of_day.get(model, 0) + micros(dollars)
    return spent
