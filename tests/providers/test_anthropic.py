"""Claude's adapter at the rehearsal: what comes back, what each trouble means, and what is never told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import anthropic
import pytest
from anthropic.types.model_param import ModelParam

from generation.catalogue import model_named, models
from generation.providers import errors
from generation.providers.anthropic import AnthropicProvider, messages
from generation.providers.base import InputFile, Operation, Order, Usage
from generation.rehearsal import Rule, Scenario
from tests.providers.raw_server import answer, read_request, serving
from tests.rehearsal.conftest import Start, start
from tests.rehearsal.writing import CLAUDE_KEY, SCENES, Listening, order_of

__all__ = ["start"]
CLAUDE = AnthropicProvider()
MODEL = "claude-sonnet-5-5"


@pytest.fixture(autouse=True)
def _not_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "SILENCE_SECONDS", 1.0)


def submitted(url: str, folder: Path, listening: Listening | None = None, **changes: Any) -> Any:
    """Order something and return what came of it."""
    order = order_of(MODEL, **changes)
    context = (listening or Listening()).context(url, folder)
    return CLAUDE.submit(order.uuid, CLAUDE.prepare(order, context), context)


def test_words_are_heard_while_they_come_and_settled_by_their_tokens(start: Start, tmp_path: Path) -> None:
    server, listening = start(), Listening()
    submission = submitted(server.anthropic_url, tmp_path, listening)
    (output,) = submission.outputs
    assert "".join(listening.heard) == output.text
    assert len(listening.heard) > 50
    assert output.text.startswith("Title: ")
    assert output.cut == ""
    assert submission.task_id.startswith("msg_")
    cost = model_named(MODEL).charge(Operation.TEXT_TO_TEXT, {}, submission.usage)
    assert cost == server.books.charged("anthropic")


@pytest.mark.parametrize("model", [each.id for each in models().values() if each.provider == "anthropic"])
def test_no_order_costs_more_than_was_set_aside(start: Start, tmp_path: Path, model: str) -> None:
    server = start()
    order = order_of(model, prompt="Ein Drehbuch über eine Fähre, 船の脚本." * 20, schema=SCENES)
    context = Listening().context(server.anthropic_url, tmp_path)
    CLAUDE.submit(order.uuid, CLAUDE.prepare(order, context), context)
    estimate = model_named(model).estimate(order.operation, order.parameters, prompt=order.prompt)
    assert 0 < server.books.charged("anthropic") <= estimate


def test_the_body_is_the_one_that_the_official_client_sends(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []

    def note(sock: Any) -> None:
        seen.append(json.loads(read_request(sock)[1]))
        sock.sendall(answer(b"{}", "400 Bad Request"))

    with serving(note) as url:
        with pytest.raises(errors.Refused):
            submitted(url, tmp_path, schema=SCENES)
        official = anthropic.Anthropic(api_key=CLAUDE_KEY, base_url=url, max_retries=0)
        with pytest.raises(anthropic.BadRequestError):
            official.messages.create(
                model=MODEL,
                max_tokens=2000,
                system="You write screenplays.",
                messages=[{"role": "user", "content": "Write a screenplay about a ferry."}],
                output_config={"format": {"type": "json_schema", "schema": anthropic.transform_schema(SCENES)}},
                stream=True,
            )
    assert seen[0] == seen[1]


def test_data_that_were_asked_for_come_as_data(start: Start, tmp_path: Path) -> None:
    (output,) = submitted(start().anthropic_url, tmp_path, schema=SCENES).outputs
    assert set(json.loads(output.text)) == {"title", "scenes"}


def test_stopped_in_the_middle_keeps_what_there_is(start: Start, tmp_path: Path) -> None:
    server, listening = start(speed=0.02), Listening(enough=40)
    submission = submitted(server.anthropic_url, tmp_path, listening)
    (output,) = submission.outputs
    assert output.cut == "stopped"
    assert output.text == "".join(listening.heard)
    assert len(listening.heard) == 40
    for _ in range(200):
        charged = server.books.charged("anthropic")
        if charged < model_named(MODEL).charge(Operation.TEXT_TO_TEXT, {}, Usage(10, 2000)):  # type: ignore[operator]
            break
        server.desk.stopping.wait(0.02)
    ours = model_named(MODEL).charge(Operation.TEXT_TO_TEXT, {}, submission.usage)
    assert charged <= ours <= 3 * charged  # type: ignore[operator]


def test_what_became_too_long_is_kept_and_says_so(start: Start, tmp_path: Path) -> None:
    (output,) = submitted(start().anthropic_url, tmp_path, max_tokens=50).outputs
    assert output.cut == "length"
    assert len(output.text.encode()) == 200


NOTHING, NO, KEY, DOUBT = errors.NotAccepted, errors.Refused, errors.KeyRefused, errors.OutcomeUnknown
PAID = errors.Fruitless


@pytest.mark.parametrize(
    ("fault", "meaning", "code"),
    [
        ("bad_request", NO, "invalid_request"),
        ("key_refused", KEY, "key_refused"),
        ("forbidden", KEY, "key_refused"),
        ("no_credit", KEY, "no_credit"),
        ("not_found", NO, "not_found"),
        ("wrong_method", NO, "not_found"),
        ("too_large", NO, "too_large"),
        ("unprocessable", NO, "invalid_request"),
        ("rate_limited", NOTHING, "rate_limited"),
        ("overloaded", NOTHING, "overloaded"),
        ("unavailable", NOTHING, "unavailable"),
        ("bad_gateway", NOTHING, "unavailable"),
        ("time_out", DOUBT, "server_error"),
        ("conflict", DOUBT, "server_error"),
        ("error", DOUBT, "server_error"),
        ("gateway_timeout", DOUBT, "server_error"),
        ("drop", DOUBT, "answer_lost"),
        ("reset", DOUBT, "answer_lost"),
        ("hang", DOUBT, "answer_lost"),
        ("accept_drop", DOUBT, "answer_lost"),
        ("accept_reset", DOUBT, "answer_lost"),
        ("accept_hang", DOUBT, "answer_lost"),
        ("accept_error", DOUBT, "server_error"),
        ("accept_garbage", DOUBT, "answer_lost"),
        ("accept_no_id", DOUBT, "answer_lost"),
        ("accept_half", PAID, "stream_cut"),
        ("stream_cut", PAID, "stream_cut"),
        ("stream_error", PAID, "stream_cut"),
        ("stream_hang", PAID, "stream_cut"),
        ("moderation_output", PAID, "moderated"),
        ("no_output", PAID, "empty"),
    ],
)
def test_what_each_trouble_means(
    start: Start, tmp_path: Path, fault: str, meaning: type[errors.ProviderError], code: str
) -> None:
    server = start(scenario=Scenario((Rule(fault),), patience_seconds=5.0))
    with pytest.raises(meaning) as raised:
        submitted(server.anthropic_url, tmp_path)
    assert type(raised.value) is meaning
    assert raised.value.code == code
    assert raised.value.public.endswith((".", "”"))
    assert CLAUDE_KEY not in raised.value.public + raised.value.internal
    assert server.books.received("anthropic") == 1, "a message is sent once"
    if isinstance(raised.value, PAID):
        assert raised.value.usage is not None
        ours = model_named(MODEL).charge(Operation.TEXT_TO_TEXT, {}, raised.value.usage)
        assert ours is not None
        if fault != "accept_half":  # there the server wrote it all and the wire lost half
            assert ours >= server.books.charged("anthropic") > 0


@pytest.mark.parametrize(("fault", "code"), [("cut_off", "cut_off"), ("not_data", "not_data")])
def test_data_that_are_not_whole_are_paid_for_and_of_no_use(
    start: Start, tmp_path: Path, fault: str, code: str
) -> None:
    server = start(scenario=Scenario((Rule(fault),)))
    with pytest.raises(errors.Fruitless) as raised:
        submitted(server.anthropic_url, tmp_path, schema=SCENES)
    assert raised.value.code == code
    assert model_named(MODEL).charge(Operation.TEXT_TO_TEXT, {}, raised.value.usage) == server.books.charged()  # type: ignore[arg-type]


def test_it_waits_as_long_as_it_is_told(start: Start, tmp_path: Path) -> None:
    with pytest.raises(errors.NotAccepted) as raised:
        submitted(start(scenario=Scenario((Rule("rate_limited_wait"),))).anthropic_url, tmp_path)
    assert raised.value.retry_after == 1.0


def test_where_nobody_listens_nothing_was_bought(tmp_path: Path) -> None:
    with pytest.raises(errors.NotAccepted) as raised:
        submitted("http://127.0.0.1:9", tmp_path)
    assert raised.value.code == "unreachable"


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    asked = []

    def send_away(sock: Any) -> None:
        asked.append(read_request(sock))
        sock.sendall(answer(b"", "307 Temporary Redirect", headers="Location: /elsewhere\r\nConnection: close\r\n"))

    with serving(send_away) as url, pytest.raises(errors.Refused) as raised:
        submitted(url, tmp_path)
    assert raised.value.code == "redirected"
    assert len(asked) == 1


def test_the_lease_is_held_while_nothing_comes(start: Start, tmp_path: Path) -> None:
    listening = Listening()
    with pytest.raises(errors.Fruitless):
        submitted(
            start(scenario=Scenario((Rule("stream_hang"),), patience_seconds=5.0)).anthropic_url, tmp_path, listening
        )
    assert listening.checks >= 1


@pytest.mark.parametrize("key", ["", "with space", "schlüssel", "line\nbreak"])
def test_a_key_that_is_none_is_not_sent(start: Start, tmp_path: Path, key: str) -> None:
    server, order = start(), order_of(MODEL)
    context = Listening().context(server.anthropic_url, tmp_path, key)
    with pytest.raises(errors.KeyRefused):
        CLAUDE.submit(order.uuid, CLAUDE.prepare(order, context), context)
    assert server.books.received() == 0


def test_pictures_are_no_words(tmp_path: Path) -> None:
    context = Listening().context("http://127.0.0.1:9", tmp_path)
    order = order_of(MODEL)
    picture = Order(order.uuid, Operation.TEXT_TO_IMAGE, MODEL, "A ferry", {})
    with pytest.raises(errors.Refused):
        CLAUDE.prepare(picture, context)
    with_file = Order(
        order.uuid, order.operation, MODEL, "A ferry", order.parameters, (InputFile("0", "a/b", "source"),)
    )
    with pytest.raises(errors.Refused):
        CLAUDE.prepare(with_file, context)


def test_the_connection_test_costs_nothing_and_tells_a_wrong_key(start: Start, tmp_path: Path) -> None:
    server = start(keys=[CLAUDE_KEY])
    assert CLAUDE.account(Listening().context(server.anthropic_url, tmp_path)).api_version
    with pytest.raises(errors.KeyRefused):
        CLAUDE.account(Listening().context(server.anthropic_url, tmp_path, "sk-ant-of-somebody-else"))
    with pytest.raises(errors.PollFailed):
        CLAUDE.account(Listening().context("http://127.0.0.1:9", tmp_path))
    assert server.books.received() == 0


def test_the_catalogue_names_models_that_the_official_client_knows() -> None:
    (literal,) = (part for part in get_args(ModelParam) if get_origin(part) is Literal)
    assert {each.id for each in models().values() if each.provider == "anthropic"} <= set(get_args(literal))


@pytest.mark.parametrize("told", [-7_000_000, 10**40, "many"], ids=["negative", "huge", "words"])
def test_what_is_no_count_of_tokens_is_reckoned(tmp_path: Path, told: Any) -> None:
    """The official client checks nothing that it reads."""
    usage = {"input_tokens": told, "output_tokens": told}
    said: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "msg_1", "content": [], "model": MODEL, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Fog."}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
        {"type": "message_stop"},
    ]
    whole = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in said).encode()

    def serve(sock: Any) -> None:
        read_request(sock)
        sock.sendall(answer(whole, headers="Content-Type: text/event-stream\r\nConnection: close\r\n"))

    with serving(serve) as url:
        submission = submitted(url, tmp_path)
    assert submission.usage.output_tokens == 2
    assert 0 < submission.usage.input_tokens < 10_000
