"""What Runway says about an account: what is left, what it may do, and what was charged by day and model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from generation.providers import http
from generation.providers.base import AccountStatus, Context
from generation.providers.errors import PollFailed
from generation.providers.keyed import told

from .refusals import unanswered
from .wire import API_VERSION, MICROS_PER_CREDIT, MOST_CREDITS, ask, without_key

ACCOUNT_SECONDS = 20.0
# Runway tells no more at once.
DAYS_MOST = 90


def account_status(context: Context, since: date | None) -> AccountStatus:
    """Ask for balance and limits and, with a day given, for what was charged from that day on.

    Raises:
        KeyRefused, PollFailed
    """
    organization = _asked("GET", "/v1/organization", None, context)
    balance = _whole(organization.get("creditBalance"))
    models = _objects(_object(organization.get("tier")).get("models"), context.key)
    used = _objects(_object(organization.get("usage")).get("models"), context.key)
    return AccountStatus(
        balance=None if balance is None else balance * MICROS_PER_CREDIT,
        balance_text="" if balance is None else f"{balance:,} credits",
        generations_today={
            model: count for model, each in used.items() if (count := _whole(each.get("dailyGenerations"))) is not None
        },
        limits={
            model: {
                "concurrent": _whole(each.get("maxConcurrentGenerations")),
                "daily": _whole(each.get("maxDailyGenerations")),
            }
            for model, each in models.items()
        },
        spent={} if since is None else _spent(since, context),
        api_version=API_VERSION,
    )


def _spent(since: date, context: Context) -> dict[str, dict[str, int]]:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    first = max(since, tomorrow - timedelta(days=DAYS_MOST))
    span = {"startDate": first.isoformat(), "beforeDate": tomorrow.isoformat()}
    usage = _asked("POST", "/v1/organization/usage", span, context)
    spent: dict[str, dict[str, int]] = {}
    for day in _list(usage.get("results")):
        by_model = spent.setdefault(str(day.get("date"))[:10], {})
        for used in _list(day.get("usedCredits")):
            model, amount = str(used.get("model")), _whole(used.get("amount")) or 0
            by_model[model] = by_model.get(model, 0) + amount * MICROS_PER_CREDIT
    return spent


def _asked(method: str, path: str, question: Any, context: Context) -> Mapping[str, Any]:
    try:
        answer = ask(method, path, context, deadline=ACCOUNT_SECONDS, json=question)
    except (http.NotSent, http.AnswerLost) as error:
        raise PollFailed(
            "Runway cannot be reached at the moment. Try again in a minute; if it stays so, check its address.",
            code="unreachable",
            internal=without_key(str(error), context.key),
        ) from None
    said = told(answer)
    if answer.status != 200 or not said:
        raise unanswered(answer, context.key)
    return said


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: Any, key: str) -> dict[str, Mapping[str, Any]]:
    # What names a model is kept and shown.
    return {without_key(str(name), key): each for name, each in _object(value).items() if isinstance(each, Mapping)}


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST_CREDITS:
        return None
    return int(value)
