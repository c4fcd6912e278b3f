"""What every answer of Google means for the money, what comes of it, and where the key goes and where not."""

from __future__ import annotations

import base64
import io
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from generation.providers.base import Context, Json, Operation, Output, Submission, TaskState, Usage
from generation.providers.errors import (
    Fruitless,
    KeyRefused,
    NotAccepted,
    OutcomeUnknown,
    OutputUnusable,
    PollFailed,
    ProviderError,
    Refused,
    TaskMissing,
)
from generation.providers.gemini import GeminiProvider, media
from tests.providers.raw_server import answer
from tests.providers.runway_double import Double, at, files, order, put, runway, says

KEY = "AIza" + "canary_" * 5
STILL, CLIP = "gemini-nano-banana-2.1", "gemini-omni-1.2-flash"
GENERATE, INTERACTIONS = f"/v1/models/{STILL}:generateContent", "/v1/interactions"
STILL_BODY: Json = {"path": GENERATE, "json": {"contents": []}}
CLIP_BODY: Json = {"path": INTERACTIONS, "json": {"model": CLIP}}
PNG = b"\x89PNG picture"
COUNTED = {"promptTokenCount": 40, "candidatesTokenCount": 1130, "thoughtsTokenCount": 200,
           "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}]}  # fmt: skip


@pytest.fixture
def double() -> Iterator[Double]:
    with runway() as server:
        yield server


def reaching(double: Double, folder: Path, kept: list[tuple[bytes, str]] | None = None, key: str = KEY) -> Context:
    """Return a context that keeps what comes."""
    found = [] if kept is None else kept

    def keep(data: bytes, media_type: str) -> Output:
        found.append((data, media_type))
        return Output(f"kept:{len(found)}", media_type)

    return replace(at(double.origin, folder, key=key), keep=keep)


def submit(double: Double, folder: Path, kept: list[tuple[bytes, str]] | None = None) -> Submission:
    return GeminiProvider().submit(uuid.uuid4(), STILL_BODY, reaching(double, folder, kept))


def failing(double: Double, folder: Path, body: Json = STILL_BODY, key: str = KEY) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        GeminiProvider().submit(uuid.uuid4(), body, reaching(double, folder, key=key))
    error = raised.value
    assert not key or key not in f"{error.public}{error.internal}{error}{error.__cause__}"
    assert error.public.endswith(".")
    return error


def error_of(code: int | str, status: str, message: str = "No.", *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": message, "details": list(details)}}


def drawn(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP"}],
        "usageMetadata": COUNTED,
        "responseId": "resp-1",
        **more,
    }


def shown(data: bytes = PNG, **more: Any) -> dict[str, Any]:
    return {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(data).decode()}, **more}


# --- pictures --------------------------------------------------------------------------------------------------------


def test_every_picture_of_an_answer_is_kept_and_its_tokens_are_told(double: Double, tmp_path: Path) -> None:
    old = {"inline_data": {"mime_type": "image/jpeg", "data": base64.b64encode(b"second").decode()}}
    said = drawn({"text": "Here."}, shown(b"sketch", thought=True), shown(), old)
    double.on("POST", GENERATE, says(said))
    kept: list[tuple[bytes, str]] = []
    submission = submit(double, tmp_path, kept)
    assert kept == [(PNG, "image/png"), (b"second", "image/jpeg")]
    assert [one.reference for one in submission.outputs or ()] == ["kept:1", "kept:2"]
    assert submission.task_id == "resp-1"
    assert submission.usage == Usage(40, 210, 1120)
    assert double.sent[0].headers["x-goog-api-key"] == KEY


@pytest.mark.parametrize(
    ("counted", "usage"),
    [
        ({}, None),
        ({"promptTokenCount": 40}, None),
        ({"promptTokenCount": 40, "candidatesTokenCount": 1290}, Usage(40, 0, 1290)),
        ({"promptTokenCount": "40", "candidatesTokenCount": True}, None),
    ],
)
def test_tokens_that_are_told_in_part_are_never_too_few(
    double: Double, tmp_path: Path, counted: dict[str, Any], usage: Usage | None
) -> None:
    double.on("POST", GENERATE, says(drawn(shown(), usageMetadata=counted)))
    assert submit(double, tmp_path).usage == usage


def test_an_answer_without_a_name_has_ours(double: Double, tmp_path: Path) -> None:
    double.on("POST", GENERATE, says(drawn(shown(), responseId=7)))
    ours = uuid.uuid4()
    assert GeminiProvider().submit(ours, STILL_BODY, reaching(double, tmp_path)).task_id == str(ours)


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, "moderated", "Change them"),
        ({"promptFeedback": {"blockReason": "SOMETHING_NEW"}}, "moderated", "Change them"),
        *[
            ({"candidates": [{"finishReason": reason}]}, code, words)
            for reason, code, words in [
                ("SAFETY", "moderated", "refuse the prompt"),
                ("IMAGE_SAFETY", "moderated", "refused the finished picture"),
                ("IMAGE_PROHIBITED_CONTENT", "moderated", "refused the finished picture"),
                ("IMAGE_RECITATION", "moderated", "too close to an existing work"),
                ("BLOCKLIST", "moderated", "a word"),
                ("SPII", "moderated", "personal data"),
                ("LANGUAGE", "language", "another one"),
                ("MAX_TOKENS", "cut", "ran out of room"),
                ("IMAGE_OTHER", "provider_error", "did not say why"),
                ("NO_IMAGE", "no_output", "did not say why"),
                ("SOMETHING_NEW", "no_output", "did not say why"),
            ]
        ],
        (drawn({"text": "Which ferry do you mean?"}), "no_output", "“Which ferry do you mean?”"),
        (drawn(shown(b"sketch", thought=True)), "no_output", "did not say why"),
        (drawn({"inlineData": {"mimeType": "application/pdf", "data": "AAAA"}}), "no_output", "did not say why"),
        (drawn(shown(b"")), "bad_output", "cannot be read"),
        (drawn({"inlineData": {"mimeType": "image/png", "data": "%%%"}}), "bad_output", "cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_why_there_is_no_picture(double: Double, tmp_path: Path, said: dict[str, Any], code: str, words: str) -> None:
    double.on("POST", GENERATE, says(said | {"usageMetadata": {"promptTokenCount": 12, "thoughtsTokenCount": 30}}))
    error = failing(double, tmp_path)
    assert type(error) is Fruitless
    assert error.code == code
    assert words in error.public
    assert error.usage in (Usage(12, 30, 0), None)
    assert code == "bad_output" or error.usage == Usage(12, 30, 0)


def test_an_account_that_is_limited_is_paused(double: Double, tmp_path: Path) -> None:
    double.on("POST", GENERATE, says({"candidates": [{"finishReason": "PUP_LIMITED_DISABLED"}]}))
    error = failing(double, tmp_path)
    assert (type(error), error.code) == (KeyRefused, "account_limited")


KEY_INVALID = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37.5s"}
PER_DAY = {"@type": "x", "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
MEANINGS: list[tuple[str, Any, type[ProviderError], str]] = [
    ("400 Bad Request", error_of(400, "INVALID_ARGUMENT", "Unknown name"), Refused, "invalid_request"),
    ("400 Bad Request", error_of(400, "INVALID_ARGUMENT", "x", KEY_INVALID), KeyRefused, "key_refused"),
    ("400 Bad Request", [error_of(400, "INVALID_ARGUMENT", "x", KEY_INVALID)], KeyRefused, "key_refused"),
    ("400 Bad Request", error_of(400, "", f"API key not valid: {KEY}"), KeyRefused, "key_refused"),
    ("400 Bad Request", error_of(400, "FAILED_PRECONDITION", "Enable billing."), KeyRefused, "billing"),
    ("400 Bad Request", error_of("content_blocked", "", "Blocked for safety reasons"), Refused, "moderated"),
    ("400 Bad Request", error_of(400, "INVALID_ARGUMENT", "safety_settings is wrong"), Refused, "invalid_request"),
    ("401 Unauthorized", error_of(401, "UNAUTHENTICATED", KEY), KeyRefused, "key_refused"),
    ("403 Forbidden", error_of(403, "PERMISSION_DENIED"), KeyRefused, "key_refused"),
    ("404 Not Found", error_of(404, "NOT_FOUND"), Refused, "model_not_found"),
    ("404 Not Found", "page", Refused, "not_found"),
    ("413 Too Large", {}, Refused, "too_large"),
    ("418 Teapot", {}, Refused, "invalid_request"),
    ("302 Found", {}, Refused, "redirected"),
    ("429 Too Many", error_of(429, "RESOURCE_EXHAUSTED", "Quota"), NotAccepted, "rate_limited"),
    ("429 Too Many", error_of(429, "RESOURCE_EXHAUSTED", "Quota", PER_DAY), NotAccepted, "daily_limit"),
    ("429 Too Many", error_of(429, "", "Your prepayment credits are depleted."), KeyRefused, "no_credit"),
    ("503 Unavailable", error_of(503, "UNAVAILABLE"), NotAccepted, "unavailable"),
    ("408 Timeout", error_of(408, "DEADLINE_EXCEEDED"), OutcomeUnknown, "server_error"),
    ("409 Conflict", error_of(409, "ABORTED"), OutcomeUnknown, "server_error"),
    ("500 Internal", error_of(500, "INTERNAL"), OutcomeUnknown, "server_error"),
    ("502 Bad Gateway", "page", OutcomeUnknown, "server_error"),
    ("504 Timeout", error_of(504, "DEADLINE_EXCEEDED"), OutcomeUnknown, "server_error"),
    ("200 OK", {}, OutcomeUnknown, "no_answer"),
    ("200 OK", "page", OutcomeUnknown, "no_answer"),
]


@pytest.mark.parametrize(("status", "said", "kind", "code"), MEANINGS)
def test_what_an_answer_means(
    double: Double, tmp_path: Path, status: str, said: Any, kind: type[ProviderError], code: str
) -> None:
    double.on("POST", GENERATE, answer(b"<html>", status) if said == "page" else says(said, status))
    error = failing(double, tmp_path)
    assert (type(error), error.code) == (kind, code)
    assert len(double.sent) == 1, "an order is sent once"


def test_when_to_come_back_is_said_in_the_body(double: Double, tmp_path: Path) -> None:
    double.on("POST", GENERATE, says(error_of(429, "RESOURCE_EXHAUSTED", "Quota", RETRY), "429 Too Many"))
    assert failing(double, tmp_path).retry_after == 37.5


@pytest.mark.parametrize(("key", "code"), [("", "no_key"), ("a key", "key_refused"), ("schlüssel", "key_refused")])
def test_a_key_that_cannot_be_sent_is_not(double: Double, tmp_path: Path, key: str, code: str) -> None:
    error = failing(double, tmp_path, key=key)
    assert (type(error), error.code) == (KeyRefused, code)
    assert not double.sent


def test_nobody_there_and_an_answer_that_is_lost(double: Double, tmp_path: Path) -> None:
    double.on("POST", GENERATE, answer(b'{"candidates": [', length=4000))
    assert type(failing(double, tmp_path)) is OutcomeUnknown
    nowhere = Double(origin="http://127.0.0.1:1")
    assert type(failing(nowhere, tmp_path)) is NotAccepted


# --- what goes out ---------------------------------------------------------------------------------------------------


def prepared(tmp_path: Path, operation: Operation, *roles: str, prompt: str = "A ferry.", **given: Any) -> Any:
    model = STILL if operation in (Operation.TEXT_TO_IMAGE, Operation.IMAGE_TO_IMAGE) else CLIP
    inputs = files(tmp_path, *roles)
    return GeminiProvider().prepare(order(operation, model, prompt, inputs, **given), at("", tmp_path))["json"]


def test_references_of_a_picture_are_called_by_their_names(tmp_path: Path) -> None:
    body = prepared(tmp_path, Operation.IMAGE_TO_IMAGE, "reference:anna", "source", prompt="@anna waves.", ratio="16:9")
    parts = body["contents"][0]["parts"]
    assert [part.get("text", "picture") for part in parts] == ["@anna waves.", "picture", "@anna:", "picture"]
    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9"}


@pytest.mark.parametrize(
    ("roles", "task", "begins"),
    [
        ((), "text_to_video", "A gull"),
        (("first_frame",), "image_to_video", "<FIRST_FRAME> A gull"),
        (("last_frame", "first_frame"), "image_to_video", "<FIRST_FRAME> <LAST_FRAME> A gull"),
        (("reference:anna",), "reference_to_video", "[# References <IMAGE_REF_0>@Image1] A gull and <IMAGE_REF_0>"),
        (
            ("first_frame", "reference:bo", "reference:anna"),
            "",
            "[# Sources <FIRST_FRAME>@Image1] [# References <IMAGE_REF_0>@Image2 <IMAGE_REF_1>@Image3] A gull and "
            "<IMAGE_REF_1>",
        ),
    ],
)
def test_a_clip_is_told_what_each_picture_is_for(
    tmp_path: Path, roles: tuple[str, ...], task: str, begins: str
) -> None:
    operation = Operation.IMAGE_TO_VIDEO if "first_frame" in roles else Operation.TEXT_TO_VIDEO
    body = prepared(tmp_path, operation, *roles, prompt="A gull and @anna", duration_ms=4000, resolution="720p")
    (said,) = body["input"]
    assert [piece["type"] for piece in said["content"]] == ["image"] * len(roles) + ["text"]
    assert said["content"][-1]["text"].startswith(begins)
    assert body.get("generation_config", {}).get("video_config", {}).get("task", "") == task
    assert body["response_format"] == [{"type": "video", "delivery": "uri", "resolution": "720p", "duration": "4s"}]
    assert body["background"] is True


def test_a_shot_is_one_shot_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    for prompt, one in (("A gull.", True), ("A gull. Cut to a ferry.", False)):
        body = prepared(tmp_path, Operation.TEXT_TO_VIDEO, prompt=prompt)
        assert ("continuous" in body["input"][0]["content"][-1]["text"]) is one


@pytest.mark.parametrize(
    ("operation", "roles", "code"),
    [
        (Operation.IMAGE_TO_VIDEO, ("last_frame",), "first_frame_missing"),
        (Operation.IMAGE_TO_IMAGE, ("reference",), "source_missing"),
        (Operation.UPSCALE_IMAGE, ("source",), "unknown_operation"),
        (Operation.TEXT_TO_IMAGE, ("reference.mp4",), "input_type"),
    ],
)
def test_what_cannot_be_ordered_is_refused_before(
    tmp_path: Path, operation: Operation, roles: tuple[str, ...], code: str
) -> None:
    with pytest.raises(Refused) as raised:
        prepared(tmp_path, operation, *roles)
    assert raised.value.code == code


def test_more_bytes_than_google_takes_are_refused_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "FILES_MOST", 20)
    with pytest.raises(Refused, match="smaller ones"):
        prepared(tmp_path, Operation.TEXT_TO_IMAGE, "reference", "reference")


def test_a_picture_that_is_too_large_goes_as_a_smaller_file_of_the_same_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "PLAIN_MOST", 20_000)
    sheet = io.BytesIO()
    Image.effect_noise((320, 180), 90).save(sheet, "PNG")
    frame = put(tmp_path, "first_frame", sheet.getvalue())
    (shown_as, _) = prepared_of(tmp_path, frame)["json"]["input"][0]["content"]
    assert shown_as["mime_type"] == "image/jpeg"
    with Image.open(io.BytesIO(base64.b64decode(shown_as["data"]))) as sent:
        assert (sent.format, sent.size) == ("JPEG", (320, 180))
    with pytest.raises(Refused, match="cannot be read"):
        prepared_of(tmp_path, put(tmp_path, "first_frame", b"no picture" * 3000))


def prepared_of(tmp_path: Path, frame: Any) -> Any:
    return GeminiProvider().prepare(order(Operation.IMAGE_TO_VIDEO, CLIP, "A gull.", (frame,)), at("", tmp_path))


# --- clips -----------------------------------------------------------------------------------------------------------

USED = {"total_input_tokens": 10, "total_output_tokens": 23_168, "total_thought_tokens": 300,
        "output_tokens_by_modality": [{"modality": "video", "tokens": 23_168}]}  # fmt: skip
VIDEO = {
    "type": "video",
    "mime_type": "video/mp4",
    "uri": "https://files.example.com/v1beta/files/abc:download?alt=media",
}
THOUGHT = {"total_input_tokens": 10, "total_output_tokens": 20, "total_thought_tokens": 300}
REFUSAL = {"type": "text", "text": "I cannot make this."}


def interaction(status: str, *content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "v1_abc", "status": status, "steps": [{"type": "model_output", "content": list(content)}], **more}


def look(double: Double, folder: Path, said: Any, status: str = "200 OK") -> Any:
    double.on("GET", f"{INTERACTIONS}/v1_abc", says(said, status))
    return GeminiProvider().poll("v1_abc", reaching(double, folder))


def test_a_clip_is_taken_by_its_name_only(double: Double, tmp_path: Path) -> None:
    double.on("POST", INTERACTIONS, says({"id": "v1_abc", "status": "in_progress"}))
    taken = GeminiProvider().submit(uuid.uuid4(), CLIP_BODY, reaching(double, tmp_path))
    assert taken == Submission("v1_abc")
    double.on("POST", INTERACTIONS, says({"status": "in_progress"}))
    assert type(failing(double, tmp_path, CLIP_BODY)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("said", "state", "code", "usage"),
    [
        (interaction("queued"), TaskState.WAITING, "", None),
        (interaction("in_progress"), TaskState.RUNNING, "", None),
        (interaction("polishing"), TaskState.RUNNING, "", None),
        (interaction("completed", VIDEO, usage=USED), TaskState.SUCCEEDED, "", Usage(10, 300, 23_168)),
        (interaction("completed", usage=USED), TaskState.SUCCEEDED, "", Usage(10, 300, 23_168)),
        (interaction("completed"), TaskState.SUCCEEDED, "", None),
        (interaction("completed", REFUSAL, usage=THOUGHT), TaskState.FAILED, "moderated", Usage(10, 320, 0)),
        (interaction("cancelled", usage=THOUGHT), TaskState.CANCELLED, "", Usage(10, 320, 0)),
        (interaction("incomplete"), TaskState.FAILED, "incomplete", None),
        (interaction("budget_exceeded"), TaskState.FAILED, "budget_exceeded", None),
        (interaction("requires_action"), TaskState.FAILED, "requires_action", None),
        (interaction("requires_continuation"), TaskState.FAILED, "incomplete", None),
        (interaction("failed", error={"code": "internal"}), TaskState.FAILED, "provider_error", None),
        (interaction("failed", error={"code": "SAFETY"}), TaskState.FAILED, "moderated", None),
    ],
)
def test_where_a_clip_stands(
    double: Double, tmp_path: Path, said: dict[str, Any], state: TaskState, code: str, usage: Usage | None
) -> None:
    status = look(double, tmp_path, said)
    assert (status.state, status.failure_code, status.usage) == (state, code, usage)
    assert bool(status.outputs) is (VIDEO in said["steps"][0]["content"])
    assert (state is TaskState.FAILED) == status.failure_public.endswith((".", "”"))


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        (
            {"error": {"code": "invalid_request", "message": "Invalid interaction name."}},
            "400 Bad Request",
            TaskMissing,
        ),
        ({"error": {"code": 404, "message": "Gone."}}, "404 Not Found", TaskMissing),
        (error_of(400, "INVALID_ARGUMENT", "x", KEY_INVALID), "400 Bad Request", KeyRefused),
        (error_of(400, "INVALID_ARGUMENT", "Strange."), "400 Bad Request", PollFailed),
        (error_of(403, "PERMISSION_DENIED"), "403 Forbidden", KeyRefused),
        (error_of(500, "INTERNAL"), "500 Internal", PollFailed),
        ({"status": 5}, "200 OK", PollFailed),
        ([], "200 OK", PollFailed),
    ],
)
def test_a_look_that_brings_nothing(
    double: Double, tmp_path: Path, said: Any, status: str, kind: type[ProviderError]
) -> None:
    with pytest.raises(kind):
        look(double, tmp_path, said, status)


def test_only_what_goes_on_is_stopped(double: Double, tmp_path: Path) -> None:
    double.on("GET", f"{INTERACTIONS}/v1_abc", says(interaction("completed", VIDEO)))
    GeminiProvider().cancel("v1_abc", reaching(double, tmp_path))
    assert [one.method for one in double.sent] == ["GET"]
    double.on("GET", f"{INTERACTIONS}/v1_abc", says(interaction("in_progress")))
    double.on("POST", f"{INTERACTIONS}/v1_abc/cancel", says(error_of(500, "INTERNAL"), "500 Internal"))
    with pytest.raises(PollFailed):
        GeminiProvider().cancel("v1_abc", reaching(double, tmp_path))


# --- bringing clips home ---------------------------------------------------------------------------------------------

MP4 = b"\x00\x00\x00\x18ftypmp42 a clip"


def fetch(double: Double, folder: Path, reference: str, *others: Double) -> bytes:
    origins = tuple(one.origin for one in (double, *others))
    context = replace(reaching(double, folder), fetch_origins=origins)
    GeminiProvider().fetch(CLIP_BODY, Output(reference), folder / "clip", context)
    return (folder / "clip").read_bytes()


def test_the_key_goes_to_the_accounts_own_address_and_to_no_other(double: Double, tmp_path: Path) -> None:
    own = "/v1beta/files/abc:download?alt=media"
    with runway() as store:
        double.on("GET", "/v1/files/abc", says({"state": "ACTIVE"}))
        double.on(
            "GET", own, answer(b"", "302 Found", headers=f"Location: {store.origin}/clip\r\nConnection: close\r\n")
        )
        store.on("GET", "/clip", answer(MP4))
        assert fetch(double, tmp_path, f"{double.origin}{own}", store) == MP4
        assert [one.headers.get("x-goog-api-key") for one in double.sent] == [KEY, KEY]
        assert [KEY in str(one) for one in store.sent] == [False]
        # Nor to another that is named at once.
        assert fetch(double, tmp_path, f"{store.origin}/clip", store) == MP4
        assert "x-goog-api-key" not in store.sent[-1].headers


def test_what_names_google_itself_is_asked_of_the_proxy_that_is_set(double: Double, tmp_path: Path) -> None:
    double.on("GET", "/v1/files/abc", says({}, "404 Not Found"))
    double.on("GET", "/v1beta/files/abc:download?alt=media", answer(MP4))
    google = "https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media"
    assert fetch(double, tmp_path, google) == MP4


@pytest.mark.parametrize(("state", "kind"), [("PROCESSING", PollFailed), ("FAILED", OutputUnusable)])
def test_a_file_that_is_not_ready(double: Double, tmp_path: Path, state: str, kind: type[ProviderError]) -> None:
    double.on("GET", "/v1/files/abc", says({"state": state}))
    with pytest.raises(kind):
        fetch(double, tmp_path, f"{double.origin}/v1beta/files/abc:download?alt=media")


def test_a_clip_in_the_answer_is_read_from_it_when_it_is_wanted(double: Double, tmp_path: Path) -> None:
    inline = {"type": "video", "mime_type": "video/mp4", "data": base64.b64encode(MP4).decode()}
    (output,) = look(double, tmp_path, interaction("completed", inline, usage=USED)).outputs
    assert len(output.reference) < 50
    assert fetch(double, tmp_path, output.reference) == MP4
    look(double, tmp_path, interaction("completed"))
    with pytest.raises(OutputUnusable):
        fetch(double, tmp_path, output.reference)


# --- the account -----------------------------------------------------------------------------------------------------


def test_the_account_is_asked_for_nothing_but_whether_the_key_holds(double: Double, tmp_path: Path) -> None:
    models = "/v1/models?pageSize=1"
    double.on("GET", models, says({"models": [{"name": "models/x"}]}))
    assert GeminiProvider().account(reaching(double, tmp_path)).balance is None
    for said, status, kind in (
        (error_of(400, "INVALID_ARGUMENT", "x", KEY_INVALID), "400 Bad Request", KeyRefused),
        ({}, "200 OK", PollFailed),
        (error_of(503, "UNAVAILABLE"), "503 Unavailable", PollFailed),
    ):
        double.on("GET", models, says(said, status))
        with pytest.raises(kind):
            GeminiProvider().account(reaching(double, tmp_path))
