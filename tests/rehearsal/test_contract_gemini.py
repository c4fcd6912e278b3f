"""Google's official package accepts everything that the rehearsal says, and sends what our adapter sends."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from google import genai
from google.genai import errors, types
from google.genai._gaos.lib.compat_errors import APIStatusError

from generation.providers.base import Context, InputFile, Operation, Order, Output
from generation.providers.gemini import GeminiProvider
from generation.rehearsal import RehearsalServer
from generation.rehearsal.gemini.fields import snake
from generation.rehearsal.http import Reply, Request
from generation.rehearsal.sources import kind_of
from tests.rehearsal.conftest import Start, picture

KEY = "AIza" + "rehearsal_canary-0123456789abcdefgh"
STILL, CLIP = "gemini-nano-banana-2.1", "gemini-omni-1.2-flash"
FRAME = picture()


def client_of(server: RehearsalServer, key: str = KEY) -> Any:
    """The official client. Any, because its own annotations hide what its answers have."""
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=server.gemini_url, api_version="v1"))


def draw(client: Any, prompt: str, *, size: str = "1K", model: str = STILL, frames: int = 0) -> Any:
    """Ask for a still as the package does."""
    parts = [types.Part.from_text(text=prompt)]
    parts += [types.Part.from_bytes(data=FRAME, mime_type="image/png")] * frames
    return client.models.generate_content(
        model=model,
        contents=[types.Content(role="user", parts=parts)],
        config=types.GenerateContentConfig(
            response_modalities=["TEXT", "IMAGE"],
            image_config=types.ImageConfig(aspect_ratio="16:9", image_size=size),
        ),
    )


def film(client: Any, prompt: str, *, frames: int = 0, delivery: str = "uri", **more: Any) -> Any:
    """Ask for a clip as the package does."""
    shown = [{"type": "image", "mime_type": "image/png", "data": base64.b64encode(FRAME).decode()}] * frames
    return client.interactions.create(
        model=CLIP,
        background=True,
        input=[{"type": "user_input", "content": [*shown, {"type": "text", "text": prompt}]}],
        response_format=[
            {"type": "video", "aspect_ratio": "16:9", "resolution": "720p", "duration": "4s", "delivery": delivery}
        ],
        **more,
    )


def test_a_still_comes_with_the_answer_and_costs_what_it_says(start: Start) -> None:
    server = start()
    answer = draw(client_of(server), "A ferry at dawn.", size="2K", frames=2)
    (text, shown) = answer.candidates[0].content.parts
    assert text.text
    assert (shown.inline_data.mime_type, kind_of(shown.inline_data.data)) == ("image/png", "image")
    assert answer.candidates[0].finish_reason is types.FinishReason.STOP
    told = answer.usage_metadata
    assert told.candidates_tokens_details[0].modality is types.MediaModality.IMAGE
    assert told.candidates_token_count == 1680
    cost = told.candidates_token_count * 30 + told.thoughts_token_count * 7.5 + told.prompt_token_count * 1.5
    assert server.books.charged("gemini") == pytest.approx(cost, abs=3)
    assert answer.response_id


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("moderation_output", "IMAGE_SAFETY"), ("no_output", "NO_IMAGE"), ("internal", "IMAGE_OTHER"),
     ("invalid_asset", "IMAGE_RECITATION"), ("partial_cost", "MAX_TOKENS")],
)  # fmt: skip
def test_why_there_is_no_still(start: Start, fault: str, reason: str) -> None:
    answer = draw(client_of(start()), f"A ferry. [[fault:{fault}]]")
    assert answer.candidates[0].finish_reason is types.FinishReason[reason]
    assert not answer.parts


def test_a_prompt_that_is_blocked(start: Start) -> None:
    answer = draw(client_of(start()), "A ferry. [[fault:moderation_input]]")
    assert answer.prompt_feedback.block_reason is types.BlockedReason.PROHIBITED_CONTENT
    assert not answer.candidates


def test_a_clip_is_ordered_looked_at_and_fetched_with_the_key(start: Start, tmp_path: Path) -> None:
    server = start(speed=1000)
    client = client_of(server)
    made = film(client, "A gull lands.", frames=1)
    seen = [made.status]
    for passing in ("", "starts_at = created_at", "ends_at = created_at"):
        if passing:
            server.desk.state.all(f"UPDATE tasks SET {passing}")
        made = client.interactions.get(id=made.id)
        seen.append(made.status)
    assert seen == ["in_progress", "queued", "in_progress", "completed"]
    assert made.usage.output_tokens_by_modality[0].tokens == 4 * 5792
    clip = made.output_video
    assert clip.mime_type == "video/mp4"
    name = clip.uri.rpartition("/")[2].partition(":")[0]
    assert client.files.get(name=f"files/{name}").state is types.FileState.ACTIVE
    data = client.files.download(file=f"files/{name}")
    assert kind_of(data) == "video"


def test_a_clip_inside_of_the_answer(start: Start) -> None:
    client = client_of(start())
    made = client.interactions.get(id=film(client, "A gull.", delivery="inline").id)
    assert kind_of(base64.b64decode(made.output_video.data)) == "video"


def test_stopping_a_clip(start: Start) -> None:
    server = start(speed=1000)
    client = client_of(server)
    made = film(client, "A gull.")
    assert client.interactions.cancel(id=made.id).status == "cancelled"
    assert client.interactions.get(id=made.id).status == "cancelled"
    assert server.books.charged("gemini") == 0
    client.interactions.delete(id=made.id)
    with pytest.raises(APIStatusError) as gone:
        client.interactions.get(id=made.id)
    assert gone.value.status_code == 400


@pytest.mark.parametrize(
    ("fault", "status"),
    [("moderation_input", "failed"), ("moderation_output", "completed"), ("partial_cost", "incomplete"),
     ("third_party", "budget_exceeded"), ("invalid_asset", "requires_action"), ("internal", "failed")],
)  # fmt: skip
def test_every_end_of_a_clip_is_one_that_the_package_reads(start: Start, fault: str, status: str) -> None:
    client = client_of(start())
    made = client.interactions.get(id=film(client, f"A gull. [[fault:{fault}]]").id)
    assert made.status == status
    assert not made.output_video


ERRORS = {
    "bad_request": (400, "INVALID_ARGUMENT"), "key_refused": (400, "INVALID_ARGUMENT"),
    "forbidden": (403, "PERMISSION_DENIED"), "not_found": (404, "NOT_FOUND"),
    "rate_limited": (429, "RESOURCE_EXHAUSTED"), "daily_cap": (429, "RESOURCE_EXHAUSTED"),
    "error": (500, "INTERNAL"), "gateway_timeout": (504, "DEADLINE_EXCEEDED"),
}  # fmt: skip


@pytest.mark.parametrize("fault", ERRORS)
def test_the_package_raises_its_own_errors(start: Start, fault: str) -> None:
    server = start()
    with pytest.raises(errors.APIError) as raised:
        draw(client_of(server), f"A ferry. [[fault:{fault}]]")
    assert (raised.value.code, raised.value.status) == ERRORS[fault]
    assert server.books.accepted("gemini") == 0


def test_a_wrong_key_is_a_bad_request(start: Start) -> None:
    client = client_of(start(keys=("AIza" + "x" * 35,)))
    with pytest.raises(errors.ClientError) as raised:
        client.models.list()
    assert raised.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_the_models_that_are_listed(start: Start) -> None:
    client = client_of(start())
    assert {model.name for model in client.models.list()} >= {f"models/{STILL}", f"models/{CLIP}"}


def test_what_google_does_not_know_is_refused(start: Start) -> None:
    server = start()
    client = client_of(server)
    for wrong in ({"size": "512"}, {"model": "gemini-3.1-flash-lite-image", "size": "4K"}, {"frames": 15}):
        with pytest.raises(errors.ClientError):
            draw(client, "A ferry.", **wrong)
    with pytest.raises(errors.ClientError) as gone:
        draw(client, "A ferry.", model="gemini-2.5-flash-image")
    assert gone.value.code == 404
    with pytest.raises(APIStatusError):
        film(client, "A gull.", generation_config={"video_config": {"task": "image_to_video"}})
    assert server.books.accepted("gemini") == 0


# --- the same order by our adapter -----------------------------------------------------------------------------------


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Any]]:
    """Method, path and body of every order."""
    found: list[tuple[str, str, Any]] = []
    answer: Callable[[RehearsalServer, Request], Reply] = RehearsalServer.answer

    def listening(server: RehearsalServer, request: Request) -> Reply:
        if request.body:
            body = json.loads(request.body, object_hook=_plain)
            found.append((request.method, request.path, body))
        return answer(server, request)

    monkeypatch.setattr(RehearsalServer, "answer", listening)
    return found


def _plain(part: dict[str, Any]) -> dict[str, Any]:
    """Return a part in one spelling: the package mixes both of names, and writes the other alphabet of base64."""
    if "data" in part:
        part["data"] = base64.urlsafe_b64decode(part["data"].replace("+", "-").replace("/", "_"))
    return {snake(name): value for name, value in part.items()}


def ordered(server: RehearsalServer, order: Order, tmp_path: Path) -> None:
    """Place an order as the engine does."""
    frame = tmp_path / "frame.png"
    frame.write_bytes(FRAME)
    context = Context(
        key=KEY,
        work_dir=tmp_path,
        input_file=lambda _: frame,
        report=lambda _: None,
        check=lambda: None,
        base_url=server.gemini_url,
        keep=lambda data, media_type: Output("kept", media_type),
    )
    adapter = GeminiProvider()
    adapter.submit(order.uuid, adapter.prepare(order, context), context)


def frame_of(role: str) -> InputFile:
    """The same picture in some role."""
    return InputFile(hashlib.sha256(FRAME).hexdigest(), "image/png", role, size=len(FRAME))


def test_a_still_is_ordered_as_the_package_orders_it(
    start: Start, heard: list[tuple[str, str, Any]], tmp_path: Path
) -> None:
    server = start()
    draw(client_of(server), "A ferry at dawn.", size="2K", frames=1)
    ordered(
        server,
        Order(uuid4(), Operation.TEXT_TO_IMAGE, STILL, "A ferry at dawn.", {"ratio": "16:9", "resolution": "2K"},
              (frame_of("reference"),)),
        tmp_path,
    )  # fmt: skip
    theirs, ours = heard
    assert ours == theirs


def test_a_clip_is_ordered_as_the_package_orders_it(
    start: Start, heard: list[tuple[str, str, Any]], tmp_path: Path
) -> None:
    server = start()
    config = {"video_config": {"task": "image_to_video"}}
    film(client_of(server), "<FIRST_FRAME> A gull, uncut.", frames=1, generation_config=config)
    ordered(
        server,
        Order(uuid4(), Operation.IMAGE_TO_VIDEO, CLIP, "A gull, uncut.",
              {"ratio": "16:9", "resolution": "720p", "duration_ms": 4000}, (frame_of("first_frame"),)),
        tmp_path,
    )  # fmt: skip
    theirs, ours = heard
    assert ours == theirs
