"""What Runway says about an account, and files on their way to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from runwayml import RunwayML

from generation.providers.base import AccountStatus, InputFile, Operation
from generation.providers.errors import KeyRefused, NotAccepted, PollFailed, ProviderError, Refused
from generation.providers.runway import RunwayProvider, media
from tests.providers.raw_server import answer
from tests.providers.runway_double import KEY, Double, at, order, put, runway, says

ORGANIZATION = {
    "creditBalance": 1240,
    "tier": {
        "maxMonthlyCreditSpend": 10_000,
        "models": {
            "gen4_turbo": {"maxConcurrentGenerations": 2, "maxDailyGenerations": 200},
            "gen4.5": {"maxConcurrentGenerations": None, "maxDailyGenerations": None},
        },
    },
    "usage": {"models": {"gen4_turbo": {"dailyGenerations": 7}}},
}
USAGE = {
    "models": ["gen4_turbo"],
    "results": [
        {
            "date": "2026-11-20",
            "usedCredits": [
                {"model": "gen4_turbo", "amount": 50},
                {"model": "gen4_turbo", "amount": 25},
                {"model": "gen4_image", "amount": -8},
            ],
        },
        {"date": "2026-11-21", "usedCredits": []},
    ],
}


@pytest.fixture
def double() -> Iterator[Double]:
    with runway() as server:
        yield server


def status(double: Double, folder: Path, since: date | None = None) -> AccountStatus:
    return RunwayProvider().account(at(double.origin, folder), since=since)


# --- account ---------------------------------------------------------------------------------------------------------


def test_an_account_tells_what_is_left_and_what_it_may_do(double: Double, tmp_path: Path) -> None:
    double.on("GET", "/v1/organization", says(ORGANIZATION))
    assert status(double, tmp_path) == AccountStatus(
        balance=12_400_000,
        balance_text="1,240 credits",
        generations_today={"gen4_turbo": 7},
        limits={"gen4_turbo": {"concurrent": 2, "daily": 200}, "gen4.5": {"concurrent": None, "daily": None}},
        api_version="2024-11-06",
    )
    assert len(double.sent) == 1


def test_what_was_charged_is_told_by_day_and_model(double: Double, tmp_path: Path) -> None:
    double.on("GET", "/v1/organization", says(ORGANIZATION))
    double.on("POST", "/v1/organization/usage", says(USAGE))
    spent = status(double, tmp_path, date(2026, 11, 20)).spent
    assert spent == {"2026-11-20": {"gen4_turbo": 750_000, "gen4_image": -80_000}, "2026-11-21": {}}

    # The official client takes the same answers and sends the same question.
    client = RunwayML(api_key=KEY, base_url=double.origin, max_retries=0, _strict_response_validation=True)
    assert client.organization.retrieve().credit_balance == 1240
    asked = double.sent[1].json
    client.organization.retrieve_usage(start_date=asked["startDate"], before_date=asked["beforeDate"])
    assert double.sent[-1].json == asked


def test_the_question_spans_ninety_days_at_most_and_includes_today(double: Double, tmp_path: Path) -> None:
    double.on("GET", "/v1/organization", says(ORGANIZATION))
    double.on("POST", "/v1/organization/usage", says(USAGE))
    today = datetime.now(UTC).date()
    for since, days in ((date(2020, 1, 1), 90), (today, 1)):
        status(double, tmp_path, since)
        asked = double.sent[-1].json
        first, before = date.fromisoformat(asked["startDate"]), date.fromisoformat(asked["beforeDate"])
        assert (before - first).days == days
        assert before == today + timedelta(days=1)


@pytest.mark.parametrize(
    ("told", "kind", "code"),
    [
        (says({"error": KEY}, "401 No"), KeyRefused, "key_refused"),
        (says({"error": "Incorrect hostname for API key"}, "401 No"), KeyRefused, "wrong_address"),
        (says({"error": KEY}, "403 No"), KeyRefused, "key_refused"),
        (says({"error": KEY}, "400 Bad"), PollFailed, "no_answer"),
        (answer(b"", "500 Oh"), PollFailed, "no_answer"),
        (answer(b"<html>"), PollFailed, "no_answer"),
        (b"", PollFailed, "unreachable"),
    ],
)
def test_an_account_that_cannot_be_asked_says_why(
    told: bytes, kind: type[ProviderError], code: str, double: Double, tmp_path: Path
) -> None:
    double.on("GET", "/v1/organization", told)
    with pytest.raises(kind) as raised:
        status(double, tmp_path)
    assert raised.value.code == code
    assert KEY not in raised.value.public + raised.value.internal


def test_an_answer_with_gaps_is_read_as_far_as_it_goes(double: Double, tmp_path: Path) -> None:
    odd: Any = {"creditBalance": None, "tier": {"models": {"a": 1}}, "usage": {"models": [1]}, "new": 1}
    double.on("GET", "/v1/organization", says(odd))
    double.on("POST", "/v1/organization/usage", says({"results": [1, {"date": "2026-11-21"}]}))
    found = status(double, tmp_path, date(2026, 11, 21))
    assert (found.balance, found.balance_text, found.limits) == (None, "", {})
    assert found.spent == {"2026-11-21": {}}


# --- files -----------------------------------------------------------------------------------------------------------


def prepare(double: Double, folder: Path, *inputs: InputFile) -> Any:
    wish = order(Operation.TEXT_TO_IMAGE, "gemini_image3_pro", "x", inputs, ratio="1024:1024")
    body = RunwayProvider().prepare(wish, at(double.origin, folder))["json"]
    return [each["uri"] for each in body["referenceImages"]]


def uploads(double: Double, *stored: bytes) -> None:
    place = {"uploadUrl": f"{double.origin}/bucket", "fields": {"key": "k", "policy": "p"}, "runwayUri": "runway://1"}
    double.on("POST", "/v1/uploads", says(place))
    double.on("POST", "/bucket", *(stored or (b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",)))


LARGEST = (media.URI_MOST["image"] - len("data:image/png;base64,")) // 4 * 3


def test_a_picture_goes_inside_as_long_as_its_text_fits(double: Double, tmp_path: Path) -> None:
    uploads(double)
    fits = put(tmp_path, "reference", b"x" * LARGEST)
    [uri] = prepare(double, tmp_path, fits)
    assert uri == "data:image/png;base64," + base64.b64encode(b"x" * LARGEST).decode()
    assert len(uri) <= 5_242_880 < len(uri) + 4
    assert double.sent == []
    too_long = put(tmp_path, "reference", b"x" * (LARGEST + 1))
    assert prepare(double, tmp_path, too_long) == ["runway://1"]


def test_an_upload_is_what_the_official_client_makes_of_it(double: Double, tmp_path: Path) -> None:
    uploads(double)
    content = b"x" * (LARGEST + 1)
    name = f"{'a' * 32}.png"
    client = RunwayML(api_key=KEY, base_url=double.origin, max_retries=0)
    client.uploads.create_ephemeral(file=(name, content, "image/png"))
    (tmp_path / ("a" * 64)).write_bytes(content)
    prepare(double, tmp_path, InputFile("a" * 64, "image/png", "reference"))

    asked, stored, our_asked, our_stored = double.sent
    assert our_asked.json == asked.json == {"filename": name, "type": "ephemeral"}
    assert our_asked.headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in our_stored.headers
    assert our_stored.path == stored.path == "/bucket"

    def parts(sent: Any) -> list[bytes]:
        boundary = sent.headers["content-type"].split("boundary=")[1].encode()
        found = [part.strip(b"\r\n").partition(b"\r\n\r\n") for part in sent.body.split(b"--" + boundary)[1:-1]]
        return [b"|".join((b"\r\n".join(sorted(head.split(b"\r\n"))), text)) for head, _, text in found]

    assert parts(our_stored) == parts(stored)


def test_the_same_file_is_handed_over_once_and_many_share_the_room(double: Double, tmp_path: Path) -> None:
    uploads(double)
    one = put(tmp_path, "reference", b"x" * LARGEST)
    again = InputFile(one.sha256, one.media_type, "reference")
    others = [put(tmp_path, "reference", bytes([n]) * LARGEST) for n in range(3)]
    uris = prepare(double, tmp_path, one, again, *others)
    assert uris[0] == uris[1]
    assert sum(len(uri) for uri in {*uris}) <= 16_777_216
    assert [uri.startswith("data:") for uri in uris] == [True, True, True, True, False]


def test_a_clip_has_more_room_than_a_picture(double: Double, tmp_path: Path) -> None:
    uploads(double)
    clip = put(tmp_path, "source", b"x" * (LARGEST + 1), "video/mp4")
    wish = order(Operation.VIDEO_TO_VIDEO, "aleph2", "x", (clip,))
    assert RunwayProvider().prepare(wish, at("", tmp_path))["json"]["videoUri"].startswith("data:video/mp4;base64,")


@pytest.mark.parametrize("media_type", ["image/gif", "image/svg+xml", "text/html", ""])
def test_other_kinds_of_files_are_refused(media_type: str, double: Double, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="JPEG, PNG and WebP") as raised:
        prepare(double, tmp_path, put(tmp_path, "reference", media_type=media_type))
    assert raised.value.code == "input_type"


def test_a_file_that_no_upload_takes_is_refused(double: Double, tmp_path: Path) -> None:
    huge = put(tmp_path, "reference")
    with (tmp_path / huge.sha256).open("r+b") as file:
        file.truncate(200 * 1024 * 1024 + 1)
    with pytest.raises(Refused, match="200 MB") as raised:
        prepare(double, tmp_path, huge)
    assert raised.value.code == "input_too_large"
    assert double.sent == []


PLACE = {"uploadUrl": "ORIGIN/bucket", "fields": {}, "runwayUri": "runway://1"}


@pytest.mark.parametrize(
    ("asked", "stored", "kind", "code"),
    [
        (says({"error": KEY}, "401 No"), b"", KeyRefused, "key_refused"),
        (says({"error": "You need credits"}, "400 No"), b"", KeyRefused, "no_credit"),
        (says({"error": KEY}, "404 No"), b"", Refused, "not_found"),
        (says({"error": KEY}, "429 Slow", "Retry-After: 5\r\n"), b"", NotAccepted, "upload_failed"),
        (answer(b"", "500 Oh"), b"", NotAccepted, "upload_failed"),
        (b"", b"", NotAccepted, "upload_failed"),
        (says({}), b"", NotAccepted, "upload_failed"),
        (says({**PLACE, "runwayUri": ""}), b"", NotAccepted, "upload_failed"),
        (None, answer(b"<Error/>", "403 No"), NotAccepted, "upload_failed"),
        (None, answer(b"", "302 Found", headers="Location: /\r\n"), NotAccepted, "upload_failed"),
        (None, b"", NotAccepted, "upload_failed"),
    ],
)
def test_an_upload_that_fails_buys_nothing(
    asked: bytes | None, stored: bytes, kind: type[ProviderError], code: str, double: Double, tmp_path: Path
) -> None:
    uploads(double, stored)
    if asked is not None:
        double.on("POST", "/v1/uploads", asked)
    with pytest.raises(ProviderError) as raised:
        prepare(double, tmp_path, put(tmp_path, "reference", b"x" * (LARGEST + 1)))
    assert (type(raised.value), raised.value.code) == (kind, code)
    assert KEY not in raised.value.public + raised.value.internal
    if b"Retry-After" in (asked or b""):
        assert raised.value.retry_after == 5.0


@pytest.mark.parametrize("host", ["localhost", "127.1", "0"])
def test_an_upload_is_not_sent_to_a_private_address(host: str, double: Double, tmp_path: Path) -> None:
    uploads(double)
    place = double.origin.replace("127.0.0.1", host)
    double.on("POST", "/v1/uploads", says({**PLACE, "uploadUrl": f"{place}/bucket"}))
    with pytest.raises(NotAccepted) as raised:
        prepare(double, tmp_path, put(tmp_path, "reference", b"x" * (LARGEST + 1)))
    assert raised.value.code == "upload_failed"
    assert [each.path for each in double.sent] == ["/v1/uploads"]


def test_what_is_prepared_can_be_kept_as_json(double: Double, tmp_path: Path) -> None:
    wish = order(
        Operation.IMAGE_TO_VIDEO, "gen4_turbo", "x", (put(tmp_path, "first_frame"),), ratio="1280:720", duration_ms=5000
    )
    body = RunwayProvider().prepare(wish, at("", tmp_path))
    assert json.loads(json.dumps(body)) == body
    assert body["path"] == "/v1/image_to_video"
