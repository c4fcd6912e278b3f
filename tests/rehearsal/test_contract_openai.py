"""OpenAI's official package accepts everything that the rehearsal of an endpoint of one's own says, and of Parasail."""

from __future__ import annotations

import base64
import json
from typing import Any

import openai
import pytest

from generation.rehearsal import RehearsalServer, Rule, Scenario
from tests.rehearsal.conftest import Start
from tests.rehearsal.writing import SCENES

KEY = "sk-rehearsal-0123456789"
ASK: dict[str, Any] = {
    "model": "rehearsal-text",
    "max_tokens": 4000,
    "messages": [
        {"role": "system", "content": "You write screenplays."},
        {"role": "user", "content": "A ferry that nobody steers."},
    ],
}


def client_of(server: RehearsalServer, url: str = "") -> openai.OpenAI:
    """The official client, which refuses every answer that its types do not foresee."""
    base_url = url or server.openai_compatible_url
    return openai.OpenAI(api_key=KEY, base_url=base_url, max_retries=0, _strict_response_validation=True)


def test_a_streamed_screenplay_comes_in_pieces_with_its_usage_at_the_end(start: Start) -> None:
    server = start()
    chunks = list(client_of(server).chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    usage = chunks[-1].usage
    assert "INT. " in text
    assert len(chunks) > 50
    assert usage is not None
    assert usage.completion_tokens == -(-len(text.encode()) // 4)
    assert server.books.charged("openai_compatible") == usage.prompt_tokens + usage.completion_tokens * 5


def test_an_answer_without_a_stream_fits_its_schema(start: Start) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCENES}}
    done = client_of(start()).chat.completions.create(**ASK, response_format=wanted)  # type: ignore[call-overload]
    assert set(json.loads(done.choices[0].message.content)) == {"title", "scenes"}


def test_pictures_come_in_the_answer_or_as_links(start: Start) -> None:
    server = start()
    wanted: dict[str, Any] = {"model": "rehearsal-image", "prompt": "A ferry at dawn.", "size": "1024x1024"}
    inside = client_of(server).images.generate(**wanted, response_format="b64_json")
    linked = client_of(server).images.generate(**wanted, response_format="url", n=2)
    assert inside.data is not None
    assert linked.data is not None
    assert base64.b64decode(inside.data[0].b64_json or "").startswith(b"\x89PNG")
    assert len({one.url for one in linked.data}) == 2
    assert server.books.charged("openai_compatible") == 3 * 40_000


def test_parasail_has_its_own_models_and_no_pictures(start: Start) -> None:
    server = start()
    parasail = client_of(server, server.parasail_url)
    names = {model.id for model in parasail.models.list()}
    assert "parasail-llama-33-70b-fp8" in names
    assert {model.id for model in client_of(server).models.list()} == {"rehearsal-text", "rehearsal-image"}
    done = parasail.chat.completions.create(**{**ASK, "model": "parasail-llama-33-70b-fp8"})
    assert server.books.charged("parasail") == -(-done.usage.prompt_tokens * 28 // 100) - (
        -done.usage.completion_tokens * 78 // 100
    )
    with pytest.raises(openai.NotFoundError):
        parasail.images.generate(model="parasail-llama-33-70b-fp8", prompt="A ferry")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("bad_request", openai.BadRequestError),
        ("key_refused", openai.AuthenticationError),
        ("forbidden", openai.PermissionDeniedError),
        ("not_found", openai.NotFoundError),
        ("unprocessable", openai.UnprocessableEntityError),
        ("rate_limited", openai.RateLimitError),
        ("no_credit", openai.RateLimitError),
        ("error", openai.InternalServerError),
        ("accept_drop", openai.APIConnectionError),
    ],
)
def test_the_package_knows_each_refusal(start: Start, fault: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        client_of(start(scenario=Scenario((Rule(fault),)))).chat.completions.create(**ASK)


@pytest.mark.parametrize(
    "change", [{"max_tokens": 0}, {"messages": []}, {"messages": [{"role": "x", "content": "y"}]}, {"no_such": 1}]
)
def test_it_is_strict(start: Start, change: dict[str, Any]) -> None:
    server = start()
    with pytest.raises(openai.BadRequestError):
        client_of(server).post("/chat/completions", body={**ASK, **change}, cast_to=object)
    assert server.books.accepted() == 0


def test_a_model_that_it_has_not_is_not_found(start: Start) -> None:
    with pytest.raises(openai.NotFoundError, match="gpt-unheard-of"):
        client_of(start()).chat.completions.create(**{**ASK, "model": "gpt-unheard-of"})
