"""What providers answer is not to be trusted: no number, name or text of theirs stops a look, shows a key or waits for
ever."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from generation.models import ProviderAccount
from generation.providers import http
from generation.providers.base import AccountStatus, Context, Json, Provider, TaskState
from generation.providers.errors import OutputUnusable, PollFailed, ProviderError
from generation.providers.runware.provider import RunwareProvider
from generation.providers.runway.provider import RunwayProvider
from generation.vendors import connection
from generation.vendors.connection import Check, Outcome
from tests.providers.raw_server import answer, read_request, serving

RUNWAY, RUNWARE = RunwayProvider(), RunwareProvider()
RUNWAY_KEY, RUNWARE_KEY = "key_" + "5a" * 64, "canary0123456789abcdefghijklmnop"
TASK = UUID("6f1a4f2e-5b7c-4d8e-9f00-112233445566")
DAY = 24 * 60 * 60
NO_MONEY = ("1e30", "1e999999", "1e999999999", "-1e999999999", "Infinity", "NaN", '"1e999999"')
Ask = Callable[[Context], Any]


@contextmanager
def _saying(body: Any, status: str = "200 OK", headers: str = "", key: str = RUNWARE_KEY) -> Iterator[Context]:
    said = body if isinstance(body, bytes) else json.dumps(body).encode()

    def script(sock: Any) -> None:
        read_request(sock)
        sock.sendall(answer(said, status, headers=f"Connection: close\r\n{headers}"))

    with serving(script) as origin:
        yield Context(
            key=key,
            base_url=origin,
            work_dir=Path(),
            input_file=lambda sha256: Path(sha256),
            report=lambda share: None,
            check=lambda: None,
        )


def _order(provider: Provider) -> Ask:
    bodies: dict[str, Json] = {
        "runway": {"path": "/v1/text_to_image", "json": {}},
        "runware": {"task": {"taskUUID": str(TASK), "taskType": "imageInference"}},
    }
    return lambda context: provider.submit(TASK, bodies[provider.name], context)


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cost", NO_MONEY)
def test_a_cost_that_is_none_is_not_told(cost: str) -> None:
    done = '{"id":"t","status":"SUCCEEDED","output":["https://x.example/a.png"],"cost":{"credits":%s}}'
    with _saying((done % cost).encode(), key=RUNWAY_KEY) as context:
        status = RUNWAY.poll("t", context)
    assert (status.state, status.cost) == (TaskState.SUCCEEDED, None)
    done = '{"data":[{"taskUUID":"%s","status":"success","imageURL":"https://x.example/a.png","cost":%s}]}'
    with _saying((done % (TASK, cost)).encode()) as context:
        status = RUNWARE.poll(str(TASK), context)
    assert (status.state, status.cost) == (TaskState.SUCCEEDED, None)


@pytest.mark.parametrize("number", NO_MONEY)
def test_a_balance_or_limit_that_is_none_is_not_told(number: str) -> None:
    told = '{"creditBalance":N,"tier":{"models":{"gen4_turbo":{"maxConcurrentGenerations":N}}}}'
    with _saying(told.replace(":N", f":{number}").encode(), key=RUNWAY_KEY) as context:
        status = RUNWAY.account(context)
    assert status.balance is None
    assert status.limits["gen4_turbo"]["concurrent"] is None
    with _saying(b'{"data":[{"taskUUID":"x","balance":%s}]}' % number.encode()) as context:
        assert RUNWARE.account(context).balance is None


@pytest.mark.parametrize(("told", "kept"), [(3, 3), (10**12, connection.MOST_CONCURRENT), (-4, 1)])
def test_so_many_at_once_as_can_be(told: int, kept: int) -> None:
    status = AccountStatus(limits={"gen4_turbo": {"concurrent": told, "daily": None}})
    check = Check(Outcome.OK, status=status)
    assert connection.fields_of(check, ProviderAccount(provider="runway"), limits=True)["max_concurrent"] == kept


def test_an_address_of_a_teams_own_gets_no_more_at_once_than_the_largest_account_there_is() -> None:
    check = Check(Outcome.OK, status=AccountStatus(limits={"gen4_turbo": {"concurrent": 1000, "daily": None}}))
    own = ProviderAccount(provider="runway", base_url="https://proxy.example")
    assert connection.fields_of(check, own, limits=True)["max_concurrent"] == connection.MOST_AT_OWN_ADDRESS == 20


@pytest.mark.parametrize("said", ["1e300", "1e9", "Wed, 21 Oct 9999 07:28:00 GMT"])
@pytest.mark.parametrize("provider", [RUNWAY, RUNWARE], ids=lambda provider: provider.name)
def test_nothing_waits_longer_than_a_day_because_a_server_says_so(provider: Provider, said: str) -> None:
    for status in ("429 Too Many Requests", "503 Service Unavailable"):
        with _saying({}, status, f"Retry-After: {said}\r\n", RUNWAY_KEY) as context:
            for ask in (_order(provider), lambda context: provider.poll(str(TASK), context)):
                with pytest.raises(ProviderError) as refused:
                    ask(context)
                assert refused.value.retry_after == DAY


def test_a_day_that_no_calendar_has_is_no_day() -> None:
    assert http.Answer(429, {"Retry-After": "Wed, 99 Oct 99999999999 07:28:00 GMT"}, b"").retry_after is None


@pytest.mark.parametrize("typed", ["x#y", "x#²", "x#" + "9" * 190, "#", "x#-3"])
def test_an_id_that_a_person_typed_is_looked_for_like_any_other(typed: str) -> None:
    unknown = {"errors": [{"code": "invalidTaskUUID", "message": "no", "taskType": "getResponse"}]}
    with _saying(unknown) as context, pytest.raises(PollFailed):
        RUNWARE.poll(typed, context)


# --- texts -----------------------------------------------------------------------------------------------------------


def test_characters_that_no_database_stores_do_not_come_in() -> None:
    body = rb'{"\u0000id": ["a\u0000b", {"c": "\ud800"}], "d": 1.5}'
    assert http.Answer(200, {}, body).json(parse_float=Decimal) == {
        "\ufffdid": ["a\ufffdb", {"c": "\ufffd"}],
        "d": Decimal("1.5"),
    }
    assert http.Answer(200, {}, '"Löwe 🦁 \\ud83e\\udd81"'.encode()).json() == "Löwe 🦁 🦁"


def _everything_about(said: Any) -> str:
    if isinstance(said, ProviderError):
        return f"{said!r} {said.args} {vars(said)}"
    return repr(said)


def _asked(ask: Ask, context: Context) -> str:
    try:
        return _everything_about(ask(context))
    except ProviderError as error:
        return _everything_about(error)


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 409, 422, 429, 500, 503])
@pytest.mark.parametrize("code", ["invalidParameter", "unknown", "mediaNotFound", "taskFailedOrNotFound", "{key}"])
def test_runware_may_quote_the_key_wherever_it_likes(status: int, code: str) -> None:
    said = f"you sent {RUNWARE_KEY}"
    fault = dict.fromkeys(("message", "type", "min", "max", "multiplier", "documentation"), said)
    faults = [
        {**fault, "code": code.format(key=RUNWARE_KEY), "taskUUID": str(TASK), "parameter": parameter, **allowed}
        for parameter in (said, [f"inputs.{RUNWARE_KEY}"], f"{RUNWARE_KEY}.prompt")
        for allowed in ({}, {"allowedValues": [RUNWARE_KEY]})
    ]
    for each in faults:
        failed = {"data": [{"taskUUID": str(TASK), "status": "error", "error": each}]}
        for body in ({"errors": [each]}, failed):
            with _saying(body, f"{status} Said") as context:
                for ask in (_order(RUNWARE), lambda context: RUNWARE.poll(str(TASK), context), RUNWARE.account):
                    assert RUNWARE_KEY not in _asked(ask, context)


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 409, 422, 429, 500, 503])
def test_runway_may_quote_the_key_wherever_it_likes(status: int) -> None:
    key = RUNWAY_KEY
    said = {
        "error": key,
        "issues": [{"code": key, "path": [key], "message": key, "values": [key], "keys": [key], "maximum": key}],
        "status": "FAILED",
        "failure": key,
        "failureCode": f"INTERNAL.{key}",
        "creditBalance": 5,
        "tier": {"models": {key: {"maxConcurrentGenerations": 2}}},
        "usage": {"models": {f"x {key}": {"dailyGenerations": 3}}},
    }
    with _saying(said, f"{status} Said", key=key) as context:
        for ask in (_order(RUNWAY), lambda context: RUNWAY.poll("t", context), RUNWAY.account):
            assert key not in _asked(ask, context)


def test_a_context_that_is_written_down_shows_no_key() -> None:
    with _saying({}) as context:
        assert context.key == RUNWARE_KEY
        assert RUNWARE_KEY not in repr(context)


# --- addresses -------------------------------------------------------------------------------------------------------


def _download(origin: str, to: Path) -> None:
    http.download(f"{origin}/a", to / "a", fetch_origins=[origin], most_bytes=1000, deadline=5, check=lambda: None)


@pytest.mark.parametrize(
    "leads_to", ["http://[", "//[::1", "file:///etc/passwd", "data:image/png;base64,AA", "ftp://x/", "https://a@127.1/"]
)
def test_a_redirect_to_no_address_is_refused(leads_to: str, tmp_path: Path) -> None:
    with _saying(b"", "302 Found", f"Location: {leads_to}\r\n", RUNWAY_KEY) as context:
        with pytest.raises(OutputUnusable, match="must not be reached"):
            _download(context.base_url, tmp_path)
        # Where an answer to an order leads is not even looked at.
        with pytest.raises(ProviderError):
            _order(RUNWAY)(context)
    assert not list(tmp_path.iterdir())


def test_what_comes_with_a_redirect_is_not_read(tmp_path: Path) -> None:
    sent = 0

    def endless(sock: Any) -> None:
        nonlocal sent
        read_request(sock)
        sock.sendall(b"HTTP/1.1 302 Found\r\nLocation: https://192.168.0.1/\r\nConnection: close\r\n\r\n")
        while sent < 2**28:
            sent += sock.send(b"0" * 2**16)

    with serving(endless) as origin, pytest.raises(OutputUnusable):
        _download(origin, tmp_path)
    # What fits into the buffers on the way.
    assert sent < 2**26
