"""Anthropic's official package, as strict as it can be, accepts everything that the rehearsal says."""

from __future__ import annotations

import json
from typing import Any, get_args

import anthropic
import pytest
from anthropic.types.shared import error_type

from generation.catalogue import models
from generation.rehearsal import RehearsalServer, Rule, Scenario
from generation.rehearsal.anthropic import desk
from tests.rehearsal.conftest import Start
from tests.rehearsal.writing import CLAUDE_KEY, SCENES

ASK: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 4000,
    "system": "You write screenplays in Fountain.",
    "messages": [{"role": "user", "content": "A ferry that nobody steers."}],
}


def client_of(server: RehearsalServer, **options: Any) -> anthropic.Anthropic:
    """The official client, which refuses every answer that its types do not foresee."""
    given = {"api_key": CLAUDE_KEY, "max_retries": 0, "_strict_response_validation": True, **options}
    return anthropic.Anthropic(base_url=server.anthropic_url, **given)


def test_a_streamed_screenplay_comes_in_pieces_and_is_charged_by_its_tokens(start: Start) -> None:
    server = start()
    pieces = []
    with client_of(server).messages.stream(**ASK) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    assert len(pieces) > 50
    assert message.stop_reason == "end_turn"
    assert "INT. " in "".join(pieces)
    assert "".join(pieces) == message.content[0].text  # type: ignore[union-attr]
    assert message.usage.output_tokens == -(-len("".join(pieces).encode()) // 4)
    cost = message.usage.input_tokens * 2 + message.usage.output_tokens * 10
    assert server.books.charged("anthropic") == cost


def test_an_answer_without_a_stream_is_the_same(start: Start) -> None:
    server = start()
    message = client_of(server).messages.create(**ASK)
    assert message.usage.output_tokens > 100
    assert server.books.charged("anthropic") == message.usage.input_tokens * 2 + message.usage.output_tokens * 10


def test_an_answer_by_a_schema_fits_it(start: Start) -> None:
    wanted = {"format": {"type": "json_schema", "schema": anthropic.transform_schema(SCENES)}}
    message = client_of(start()).messages.create(**ASK, output_config=wanted)  # type: ignore[call-overload]
    found = json.loads(message.content[0].text)
    assert set(found) == {"title", "scenes"}
    assert {scene["light"] for scene in found["scenes"]} == {"day"}
    assert all(isinstance(scene["seconds"], int) for scene in found["scenes"])


def test_it_lists_its_models(start: Start) -> None:
    known = {model.id for model in models().values() if model.provider == "anthropic"}
    assert {model.id for model in client_of(start()).models.list()} == known


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("bad_request", anthropic.BadRequestError),
        ("key_refused", anthropic.AuthenticationError),
        ("forbidden", anthropic.PermissionDeniedError),
        ("not_found", anthropic.NotFoundError),
        ("too_large", anthropic.APIStatusError),
        ("rate_limited", anthropic.RateLimitError),
        ("error", anthropic.InternalServerError),
        ("overloaded", anthropic.OverloadedError),
        ("accept_drop", anthropic.APIConnectionError),
    ],
)
def test_the_package_knows_each_refusal(start: Start, fault: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        client_of(start(scenario=Scenario((Rule(fault),)))).messages.create(**ASK)


def test_an_error_in_the_middle_of_a_stream(start: Start) -> None:
    server = start(scenario=Scenario((Rule("stream_error"),)))
    heard: list[str] = []
    with pytest.raises(anthropic.APIStatusError) as raised, client_of(server).messages.stream(**ASK) as stream:
        heard.extend(stream.text_stream)
    assert raised.value.type == "overloaded_error"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"temperature": 0.5}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 200_000}, "maximum allowed"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "assistant", "content": "Hello"}]}, "first message"),
        ({"output_config": {"format": {"type": "json_schema", "schema": SCENES}}}, "additionalProperties"),
        ({"no_such": 1}, "Extra inputs"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_it_is_as_strict_as_anthropic(start: Start, change: dict[str, Any], said: str) -> None:
    server = start()
    body = {**ASK, **change}
    with pytest.raises(anthropic.BadRequestError, match=said):
        client_of(server).post("/v1/messages", body=body, cast_to=object)
    assert server.books.accepted() == 0


def test_an_unknown_model_is_not_found(start: Start) -> None:
    with pytest.raises(anthropic.NotFoundError, match="model: claude-unheard-of"):
        client_of(start()).messages.create(**{**ASK, "model": "claude-unheard-of"})


def test_whoever_leaves_in_the_middle_pays_for_what_was_written(start: Start) -> None:
    server = start(speed=0.05)
    with client_of(server).messages.stream(**ASK) as stream:
        for _ in zip(range(10), stream.text_stream, strict=False):
            pass
    whole = client_of(start("other")).messages.create(**ASK).usage
    most = whole.input_tokens * 2 + whole.output_tokens * 10
    for _ in range(200):
        if server.books.charged("anthropic") < most:
            break
        server.desk.stopping.wait(0.02)
    assert whole.input_tokens * 2 < server.books.charged("anthropic") < most


def test_each_kind_of_error_is_one_that_the_package_knows() -> None:
    assert set(desk._KINDS.values()) - {"request_too_large"} <= set(get_args(error_type.ErrorType))
