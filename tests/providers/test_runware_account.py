"""What Runware says of an account: balance and spending, and nothing of the keys and people that it also lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from generation.providers.base import AccountStatus
from generation.providers.errors import KeyRefused, PollFailed
from generation.providers.runware import RunwareProvider
from tests.providers.runware_double import KEY, Double, context_for, data, errors, serving

PROVIDER = RunwareProvider()
OTHER_KEY = "rw-of-a-colleague-8a1c"
DETAILS = {
    "taskType": "accountManagement",
    "operation": "getDetails",
    "organizationName": "Harbour Pictures",
    "balance": 2450.7512345,
    "team": [{"name": "Alice", "email": "alice@example.com"}],
    "apiKeys": [{"name": "default", "apiKey": OTHER_KEY}],
    "usage": {"today": {"credits": 1.5, "requests": 3}},
}


def ask(folder: Path, *answers: Any, status: int = 200, since: date | None = None) -> tuple[AccountStatus, Double]:
    with serving() as double:
        for answer in answers:
            double.say(answer, status)
        return PROVIDER.account(context_for(double, folder), since=since), double


def test_the_balance_is_never_made_larger(tmp_path: Path) -> None:
    status, double = ask(tmp_path, data(DETAILS))
    assert status == AccountStatus(balance=2_450_751_234, balance_text="$2,450.75", api_version="v1")
    assert [task["operation"] for task in double.tasks] == ["getDetails"]
    assert OTHER_KEY not in repr(status)
    assert "alice" not in repr(status)


@pytest.mark.parametrize(
    ("told", "balance"),
    [({"amount": 12.5, "currency": "USD"}, 12_500_000), ({"balance": 3}, 3_000_000), ({}, None), (None, None), (0, 0)],
)
def test_other_ways_to_tell_a_balance(told: Any, balance: int | None, tmp_path: Path) -> None:
    status, _ = ask(tmp_path, data({"balance": told}))
    assert status.balance == balance
    assert bool(status.balance_text) is (balance is not None)


def usage(**blocks: Mapping[str, Any]) -> dict[str, Any]:
    return data({"taskType": "accountManagement", "operation": "getUsageActivity", "usage": blocks})


def test_what_was_spent_by_day_and_model(tmp_path: Path) -> None:
    rows = [
        {"date": "2026-11-20", "model": "klingai:6@1", "modelName": "Kling", "spend": 0.35, "count": 1},
        {"date": "2026-11-20T00:00:00Z", "model": "klingai:6@1", "spend": 0.0000001, "count": 1},
        {"date": "2026-11-21", "model": "runware:101@1", "spend": 0.0038, "count": 1},
        {"date": "2026-11-21", "spend": "a lot"},
        {"spend": 1},
        "not a row",
    ]
    today = datetime.now(UTC).date()
    since = today - timedelta(days=2)
    status, double = ask(tmp_path, data(DETAILS), usage(model={"data": rows}), since=since)
    assert status.spent == {
        "2026-11-20": {"klingai:6@1": 350_001},
        "2026-11-21": {"runware:101@1": 3_800},
    }
    asked = double.tasks[1]
    assert (asked["startDate"], asked["endDate"], asked["timezone"]) == (since.isoformat(), today.isoformat(), "UTC")


def test_no_more_is_asked_than_is_told_at_once(tmp_path: Path) -> None:
    _, double = ask(tmp_path, data(DETAILS), usage(), since=date(2020, 1, 1))
    asked = double.tasks[1]
    assert date.fromisoformat(asked["endDate"]) - date.fromisoformat(asked["startDate"]) == timedelta(days=29)


def test_what_is_told_by_day_only_is_kept_as_such(tmp_path: Path) -> None:
    rows = [{"date": "2026-11-20", "spend": 0.35, "count": 1}]
    answer = usage(model={"data": [{"model": "klingai:6@1", "spend": 0.35}]}, timeseries={"data": rows})
    status, _ = ask(tmp_path, data(DETAILS), answer, since=datetime.now(UTC).date())
    assert status.spent == {"2026-11-20": {"*": 350_000}}
    rows[0]["model"] = "klingai:6@1"
    status, _ = ask(tmp_path, data(DETAILS), usage(timeseries={"data": rows}), since=datetime.now(UTC).date())
    assert status.spent == {"2026-11-20": {"klingai:6@1": 350_000}}


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (errors({"code": "invalidApiKey", "message": f"Bad key {KEY}"}), 401, KeyRefused),
        ({}, 403, KeyRefused),
        ({}, 503, PollFailed),
        (errors({"code": "errorRetrievingAccountManagement", "message": KEY}), 200, PollFailed),
        ({}, 200, PollFailed),
        (b"<html>", 200, PollFailed),
        (None, 200, PollFailed),
    ],
)
def test_when_it_cannot_be_told(answer: Any, status: int, error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(error) as caught:
        ask(tmp_path, answer, status=status)
    said = caught.value
    assert isinstance(said, KeyRefused | PollFailed)
    assert KEY not in f"{said.public} {said.internal}"
