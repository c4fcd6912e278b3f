"""The adapter for OpenAI's protocol: words, pictures, what each trouble means, and older words for older servers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import openai
import pytest

from generation.providers import errors, words
from generation.providers.base import Operation, Order, Output
from generation.providers.openai_compatible import OpenAICompatibleProvider, chat, images
from generation.providers.parasail import ParasailProvider
from generation.rehearsal import Rule, Scenario
from tests.providers.raw_server import answer, read_request, serving
from tests.rehearsal.conftest import Start, start
from tests.rehearsal.writing import SCENES, Listening, order_of

__all__ = ["start"]
OWN, PARASAIL = OpenAICompatibleProvider(), ParasailProvider()
KEY = "sk-own-canary-8812"
TEXT, IMAGE, LLAMA = "openai-compatible-text", "openai-compatible-image", "parasail-llama-33-70b-fp8"
FORM: Any = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCENES}}
MODELS: dict[str, dict[str, Any]] = {
    TEXT: {"name": "rehearsal-text", "input": 1_000_000, "output": 5_000_000, "image": None},
    IMAGE: {"name": "rehearsal-image", "input": None, "output": None, "image": 40_000},
}


@pytest.fixture(autouse=True)
def _not_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "SILENCE_SECONDS", 1.0)
    monkeypatch.setattr(images, "SUBMIT_SECONDS", 3.0)


def submitted(url: str, folder: Path, listening: Listening | None = None, **changes: Any) -> Any:
    """Order words and return what came of it."""
    order = order_of(TEXT, **changes)
    context = (listening or Listening()).context(url, folder, KEY, own_models=MODELS)
    return OWN.submit(order.uuid, OWN.prepare(order, context), context)


def drawn(url: str, folder: Path, *, models: Any = MODELS) -> Any:
    """Order a picture; returns the submission and what was kept."""
    kept: list[bytes] = []

    def keep(data: bytes, media_type: str) -> Output:
        kept.append(data)
        return Output("kept:1", media_type)

    order = Order(uuid4(), Operation.TEXT_TO_IMAGE, IMAGE, "A ferry at dawn.", {"width": 1536, "height": 1024})
    context = Listening().context(url, folder, KEY, own_models=models, keep=keep)
    return OWN.submit(order.uuid, OWN.prepare(order, context), context), kept


def test_words_are_heard_and_cost_what_the_account_says(start: Start, tmp_path: Path) -> None:
    server, listening = start(), Listening()
    submission = submitted(server.openai_compatible_url, tmp_path, listening)
    (output,) = submission.outputs
    assert "".join(listening.heard) == output.text
    assert "INT. " in output.text
    assert submission.cost == server.books.charged()
    assert submission.task_id.startswith("chatcmpl-")


def test_a_local_server_needs_no_key_and_parasail_does(start: Start, tmp_path: Path) -> None:
    server, order = start(), order_of(LLAMA)
    free = Listening().context(server.openai_compatible_url, tmp_path, "", own_models=MODELS)
    ours = order_of(TEXT)
    assert OWN.submit(ours.uuid, OWN.prepare(ours, free), free).outputs
    without = Listening().context(server.parasail_url, tmp_path, "")
    with pytest.raises(errors.KeyRefused):
        PARASAIL.submit(order.uuid, PARASAIL.prepare(order, without), without)


def test_parasail_is_settled_by_its_tokens(start: Start, tmp_path: Path) -> None:
    server, order = start(), order_of(LLAMA)
    context = Listening().context(server.parasail_url, tmp_path, KEY)
    submission = PARASAIL.submit(order.uuid, PARASAIL.prepare(order, context), context)
    assert submission.cost is None
    assert submission.usage is not None
    read, written = submission.usage.input_tokens, submission.usage.output_tokens
    assert -(-read * 28 // 100) - (-written * 78 // 100) == server.books.charged("parasail")
    picture = Order(uuid4(), Operation.TEXT_TO_IMAGE, LLAMA, "A ferry", {"width": 1024, "height": 1024})
    with pytest.raises(errors.Refused):
        PARASAIL.prepare(picture, context)


def test_pictures_that_come_in_the_answer_are_kept(start: Start, tmp_path: Path) -> None:
    server = start()
    submission, (picture,) = drawn(server.openai_compatible_url, tmp_path)
    assert picture.startswith(b"\x89PNG")
    assert submission.outputs == (Output("kept:1", "image/png"),)
    assert submission.cost == server.books.charged() == 40_000


def test_stopped_in_the_middle_keeps_what_there_is(start: Start, tmp_path: Path) -> None:
    server, listening = start(speed=0.02), Listening(enough=40)
    submission = submitted(server.openai_compatible_url, tmp_path, listening)
    (output,) = submission.outputs
    assert (output.cut, output.text) == ("stopped", "".join(listening.heard))
    for _ in range(200):
        charged = server.books.charged()
        if charged < 2000 * 5:
            break
        server.desk.stopping.wait(0.02)
    assert charged <= submission.cost <= 4 * charged


def test_what_became_too_long_says_so(start: Start, tmp_path: Path) -> None:
    (output,) = submitted(start().openai_compatible_url, tmp_path, max_tokens=50).outputs
    assert output.cut == "length"


def test_the_bodies_are_those_that_the_official_client_sends(tmp_path: Path) -> None:
    seen: list[Any] = []

    def note(sock: Any) -> None:
        head, body = read_request(sock)
        seen.append((head.split()[1], json.loads(body)))
        sock.sendall(answer(b'{"error": {"message": "no"}}', "403 Forbidden"))

    with serving(note) as url:
        for order in (lambda: submitted(url, tmp_path, schema=SCENES), lambda: drawn(url, tmp_path)):
            with pytest.raises(errors.KeyRefused):
                order()
        client = openai.OpenAI(api_key=KEY, base_url=url, max_retries=0)
        with pytest.raises(openai.PermissionDeniedError):
            client.chat.completions.create(
                model="rehearsal-text",
                max_tokens=2000,
                messages=[
                    {"role": "system", "content": "You write screenplays."},
                    {"role": "user", "content": "Write a screenplay about a ferry."},
                ],
                stream=True,
                stream_options={"include_usage": True},
                response_format=FORM,
            )
        with pytest.raises(openai.PermissionDeniedError):
            client.images.generate(
                model="rehearsal-image", prompt="A ferry at dawn.", n=1, size="1536x1024", response_format="b64_json"
            )
    assert seen[:2] == seen[2:]


def choosy(*refused: str) -> tuple[list[Any], Callable[[Any], None]]:
    """A server that refuses what it does not know, by 400, and answers in the end."""
    seen: list[Any] = []

    def serve(sock: Any) -> None:
        body = json.loads(read_request(sock)[1])
        seen.append(body)
        wrong = next((word for word in refused if word in json.dumps(body)), None)
        if wrong is not None:
            hint = "max_completion_tokens" if wrong == '"max_tokens"' else wrong.strip('"')
            error = {"error": {"message": f"Unsupported parameter: {wrong}. Use {hint}.", "code": "unsupported"}}
            sock.sendall(answer(json.dumps(error).encode(), "400 Bad Request"))
            return
        whole = {
            "id": "chatcmpl-1",
            "choices": [{"index": 0, "message": {"content": '{"title": "Fog"}'}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 5},
            "data": [{"url": "https://example.com/ferry.png"}],
        }
        sock.sendall(answer(json.dumps(whole).encode(), headers="Content-Type: application/json\r\n"))

    return seen, serve


def test_older_servers_are_asked_in_older_words(tmp_path: Path) -> None:
    seen, serve = choosy('"json_schema"', '"max_tokens"', '"stream_options"')
    with serving(serve) as url:
        submission = submitted(url, tmp_path, schema=SCENES)
    assert len(seen) == 4
    assert seen[-1]["response_format"] == {"type": "json_object"}
    assert "seconds" in seen[-1]["messages"][0]["content"], "the schema is said in words"
    assert seen[-1]["max_completion_tokens"] == 2000
    assert submission.outputs[0].text == '{"title": "Fog"}'
    assert submission.cost == 7 + 25


def test_pictures_are_asked_for_without_what_newer_models_do_not_know(tmp_path: Path) -> None:
    seen, serve = choosy('"response_format"')
    with serving(serve) as url:
        submission, kept = drawn(url, tmp_path)
    assert len(seen) == 2
    assert submission.outputs == (Output("https://example.com/ferry.png"),)
    assert kept == []


def test_other_refusals_are_not_argued_with(tmp_path: Path) -> None:
    seen: list[Any] = []

    def refuse(sock: Any) -> None:
        seen.append(read_request(sock))
        sock.sendall(answer(b'{"error": {"message": "The prompt is too rude."}}', "400 Bad Request"))

    with serving(refuse) as url, pytest.raises(errors.Refused, match="too rude"):
        submitted(url, tmp_path, schema=SCENES)
    assert len(seen) == 1


NOTHING, NO, KEY_NO, DOUBT = errors.NotAccepted, errors.Refused, errors.KeyRefused, errors.OutcomeUnknown
PAID = errors.Fruitless


@pytest.mark.parametrize(
    ("fault", "meaning", "code"),
    [
        ("bad_request", NO, "invalid_request"),
        ("key_refused", KEY_NO, "key_refused"),
        ("forbidden", KEY_NO, "key_refused"),
        ("no_credit", KEY_NO, "no_credit"),
        ("not_found", NO, "not_found"),
        ("wrong_method", NO, "not_found"),
        ("too_large", NO, "too_large"),
        ("unprocessable", NO, "invalid_request"),
        ("rate_limited", NOTHING, "rate_limited"),
        ("daily_cap", NOTHING, "daily_limit"),
        ("overloaded", NOTHING, "unavailable"),
        ("unavailable", NOTHING, "unavailable"),
        ("bad_gateway", DOUBT, "server_error"),
        ("time_out", DOUBT, "server_error"),
        ("conflict", DOUBT, "server_error"),
        ("error", DOUBT, "server_error"),
        ("gateway_timeout", DOUBT, "server_error"),
        ("drop", DOUBT, "answer_lost"),
        ("reset", DOUBT, "answer_lost"),
        ("hang", DOUBT, "answer_lost"),
        ("accept_drop", DOUBT, "answer_lost"),
        ("accept_reset", DOUBT, "answer_lost"),
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
def test_what_each_trouble_with_words_means(
    start: Start, tmp_path: Path, fault: str, meaning: type[errors.ProviderError], code: str
) -> None:
    server = start(scenario=Scenario((Rule(fault),), patience_seconds=5.0))
    with pytest.raises(meaning) as raised:
        submitted(server.openai_compatible_url, tmp_path)
    assert type(raised.value) is meaning
    assert raised.value.code == code
    assert KEY not in raised.value.public + raised.value.internal
    assert server.books.received() == 1, "an order is sent once"
    if isinstance(raised.value, PAID) and fault != "accept_half":
        assert raised.value.cost is not None
        assert raised.value.cost >= server.books.charged() > 0


@pytest.mark.parametrize(
    ("fault", "meaning", "code"),
    [
        ("bad_request", NO, "invalid_request"),
        ("rate_limited", NOTHING, "rate_limited"),
        ("error", DOUBT, "server_error"),
        ("hang", DOUBT, "answer_lost"),
        ("accept_drop", DOUBT, "answer_lost"),
        ("accept_garbage", DOUBT, "answer_lost"),
        ("accept_half", DOUBT, "answer_lost"),
        ("accept_no_id", DOUBT, "answer_lost"),
        ("no_output", PAID, "empty"),
    ],
)
def test_what_each_trouble_with_pictures_means(
    start: Start, tmp_path: Path, fault: str, meaning: type[errors.ProviderError], code: str
) -> None:
    server = start(scenario=Scenario((Rule(fault),), patience_seconds=5.0))
    with pytest.raises(meaning) as raised:
        drawn(server.openai_compatible_url, tmp_path)
    assert (type(raised.value), raised.value.code) == (meaning, code)
    assert server.books.received() == 1


def test_a_model_that_is_not_there_is_named_with_the_place_where_it_is_set(start: Start, tmp_path: Path) -> None:
    server = start()
    wrong = {TEXT: {**MODELS[TEXT], "name": "llama-of-yesterday"}}
    order, context = (
        order_of(TEXT),
        Listening().context(server.openai_compatible_url, tmp_path, KEY, own_models=wrong, own_address=True),
    )
    with pytest.raises(errors.Refused, match=r"“llama-of-yesterday”.*Providers and keys") as raised:
        OWN.submit(order.uuid, OWN.prepare(order, context), context)
    assert raised.value.code == "no_such_model"
    with pytest.raises(errors.PollFailed, match=r"no model “llama-of-yesterday”.*rehearsal-text"):
        OWN.account(context)


def test_without_a_name_or_an_address_nothing_is_sent(tmp_path: Path) -> None:
    nameless = Listening().context("http://127.0.0.1:9", tmp_path, KEY, own_models={TEXT: {"name": ""}})
    with pytest.raises(errors.Refused, match="which model"):
        OWN.prepare(order_of(TEXT), nameless)
    with pytest.raises(errors.Refused, match="where"):
        submitted("", tmp_path)


def test_the_connection_test_costs_nothing(start: Start, tmp_path: Path) -> None:
    server = start()
    assert OWN.account(Listening().context(server.openai_compatible_url, tmp_path, KEY, own_models=MODELS))
    with pytest.raises(errors.PollFailed, match="/v1"):
        OWN.account(Listening().context(f"{server.base_url}/nowhere", tmp_path, KEY, own_address=True))
    with pytest.raises(errors.PollFailed, match="administrator") as told:
        OWN.account(Listening().context(f"{server.base_url}/nowhere", tmp_path, KEY))
    assert server.base_url not in told.value.public, "where the installation's own is nobody else is told"
    with pytest.raises(errors.PollFailed, match="did not answer"):
        OWN.account(Listening().context("http://127.0.0.1:9", tmp_path, KEY))
    assert server.books.received() == 0


def test_words_in_chunks_that_tear_letters_apart_come_whole(tmp_path: Path) -> None:
    """Chunked transfer, split in the middle of a letter and of a line's end, as proxies do."""
    said = {"id": "1", "choices": [{"delta": {"content": "Fähre 船"}, "finish_reason": "stop"}]}
    whole = f"data: {json.dumps(said, ensure_ascii=False)}\r\n\r\ndata: [DONE]\r\n\r\n".encode()

    def serve(sock: Any) -> None:
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(len(whole)):
            sock.sendall(b"1\r\n" + whole[number : number + 1] + b"\r\n")
        sock.sendall(b"0\r\n\r\n")

    with serving(serve) as url:
        assert submitted(url, tmp_path).outputs[0].text == "Fähre 船"


def test_a_chunked_stream_that_ends_in_the_middle_is_broken(tmp_path: Path) -> None:
    said = {"id": "1", "choices": [{"delta": {"content": "Once upon a"}, "finish_reason": None}]}

    def serve(sock: Any) -> None:
        read_request(sock)
        event = f"data: {json.dumps(said)}\n\n".encode()
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        sock.sendall(f"{len(event):x}\r\n".encode() + event + b"\r\n")

    with serving(serve) as url, pytest.raises(errors.Fruitless) as raised:
        submitted(url, tmp_path)
    assert raised.value.code == "stream_cut"


def streamed(*pieces: dict[str, Any]) -> Callable[[Any], None]:
    """A server that streams these."""
    whole = "".join(f"data: {json.dumps({'id': '1', **piece})}\n\n" for piece in pieces)

    def serve(sock: Any) -> None:
        read_request(sock)
        sock.sendall(answer(whole.encode(), headers="Content-Type: text/event-stream\r\nConnection: close\r\n"))

    return serve


def test_a_letter_in_two_halves_comes_whole_and_a_lone_half_harms_nobody(tmp_path: Path) -> None:
    """Servers that cut by UTF-16 send one half of an emoji after the other; no database stores a half."""
    said = [{"choices": [{"delta": {"content": part}}]} for part in ("A \ud83d", "\ude00 b", " \udc00.", "\ud83d")]
    listening = Listening()
    with serving(streamed(*said, {"choices": [{"delta": {}, "finish_reason": "stop"}]})) as url:
        (output,) = submitted(url, tmp_path, listening).outputs
    assert output.text == "A 😀 b �."
    assert "".join(listening.heard).encode()


@pytest.mark.parametrize("told", [-7, 10**40, "many", True], ids=["negative", "huge", "words", "truth"])
def test_what_is_no_count_of_tokens_is_reckoned(tmp_path: Path, told: Any) -> None:
    said = {"choices": [{"delta": {"content": "Fog."}, "finish_reason": "stop"}]}
    usage = {"choices": [], "usage": {"prompt_tokens": told, "completion_tokens": told}}
    with serving(streamed(said, usage)) as url:
        submission = submitted(url, tmp_path)
    assert submission.usage.output_tokens == 2
    assert 0 < submission.cost < 10_000


def test_an_answer_without_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MOST_WRITTEN", 100)
    said = [{"choices": [{"delta": {"content": "Fog. " * 10}}]} for _ in range(5)]
    with serving(streamed(*said)) as url, pytest.raises(errors.Fruitless) as raised:
        submitted(url, tmp_path)
    assert raised.value.code == "stream_cut"


def test_no_more_pictures_are_taken_than_were_asked_for(tmp_path: Path) -> None:
    body = json.dumps({"data": [{"url": f"https://example.com/{number}.png"} for number in range(50)]}).encode()

    def serve(sock: Any) -> None:
        read_request(sock)
        sock.sendall(answer(body, headers="Content-Type: application/json\r\n"))

    with serving(serve) as url:
        submission, _ = drawn(url, tmp_path)
    assert len(submission.outputs) == 1
    assert submission.cost == 40_000


def test_words_that_are_refused_with_the_status_of_a_key_do_not_pause_the_account(tmp_path: Path) -> None:
    said = {"error": {"code": 403, "message": "Your chosen model requires moderation and your input was flagged."}}

    def serve(sock: Any) -> None:
        read_request(sock)
        sock.sendall(answer(json.dumps(said).encode(), "403 Forbidden"))

    with serving(serve) as url, pytest.raises(errors.Refused) as raised:
        submitted(url, tmp_path)
    assert (type(raised.value), raised.value.code) == (errors.Refused, "moderated")


@pytest.mark.parametrize("listed", ["5", '{"id": "x"}', "[1, null]"])
def test_a_strange_list_of_models_is_no_error_of_ours(tmp_path: Path, listed: str) -> None:
    def serve(sock: Any) -> None:
        read_request(sock)
        sock.sendall(answer(f'{{"data": {listed}}}'.encode()))

    with serving(serve) as url:
        assert OWN.account(Listening().context(url, tmp_path, KEY, own_models=MODELS)).api_version == "v1"
