"""An endpoint that a team has named may belong to anybody: what it answers fills no memory, holds no processor and
loses no answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache

from accounts.access import open_team
from accounts.policies import Right
from generation import execution
from generation.catalogue import ImpossibleRequest, models
from generation.models import Attempt, ProviderAccount
from generation.providers import errors, http
from generation.providers.anthropic import AnthropicProvider
from generation.providers.base import Operation, Order, Output, Submission
from generation.providers.elevenlabs import provider as elevenlabs
from generation.providers.elevenlabs import voices
from generation.providers.http import streams
from generation.providers.openai_compatible import OpenAICompatibleProvider
from generation.steps import accepting
from generation.vendors import keys, provider_accounts, sealing
from generation.vendors import voices as account_voices
from tests.providers.raw_server import answer, read_request, serving
from tests.rehearsal.writing import CLAUDE_KEY, Listening, order_of

OWN, CLAUDE = OpenAICompatibleProvider(), AnthropicProvider()
TEXT, IMAGE, SONNET = "openai-compatible-text", "openai-compatible-image", "claude-sonnet-5-5"
MODELS: dict[str, dict[str, Any]] = {
    TEXT: {"name": "x", "input": 1_000_000, "output": 5_000_000, "image": None},
    IMAGE: {"name": "y", "input": None, "output": None, "image": 40_000},
}
Say = Callable[..., Submission]


def own_words(said: bytes, folder: Path, kind: str = "text/event-stream") -> Submission:
    """Have an endpoint of a team's own say something."""
    with serving(_saying(said, kind)) as url:
        order = order_of(TEXT)
        context = Listening().context(url, folder, "sk-own", own_models=MODELS)
        return OWN.submit(order.uuid, OWN.prepare(order, context), context)


def own_picture(said: bytes, folder: Path) -> Submission:
    """The same, of a picture."""
    with serving(_saying(said, "application/json")) as url:
        order = Order(order_of(TEXT).uuid, Operation.TEXT_TO_IMAGE, IMAGE, "A ferry.", {"width": 1024, "height": 1024})
        keep = lambda data, media_type: Output("kept:1", media_type)  # noqa: E731
        context = Listening().context(url, folder, "sk-own", own_models=MODELS, keep=keep)
        return OWN.submit(order.uuid, OWN.prepare(order, context), context)


def claude(said: bytes, folder: Path, status: str = "200 OK", kind: str = "text/event-stream") -> Submission:
    """Have a proxy that a team has named for Claude say something."""
    with serving(_saying(said, kind, status)) as url:
        order = order_of(SONNET)
        context = Listening().context(url, folder, CLAUDE_KEY)
        return CLAUDE.submit(order.uuid, CLAUDE.prepare(order, context), context)


def _saying(said: bytes, kind: str, status: str = "200 OK") -> Callable[[Any], None]:
    def script(sock: Any) -> None:
        read_request(sock)
        sock.sendall(answer(said, status, headers=f"Content-Type: {kind}\r\nConnection: close\r\n"))

    return script


def chunks(data: Any, **more: Any) -> bytes:
    """An event of OpenAI's protocol."""
    return f"data: {json.dumps({'id': 'a', 'choices': [data], **more})}\n\n".encode()


START = {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 7, "output_tokens": 1}}}
STOPS = (
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
)


def told(*events: Any) -> bytes:
    """Events of Claude's protocol."""
    return b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events)


def text(words: Any) -> dict[str, Any]:
    """Words of Claude's."""
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": words}}


# --- other people's doors --------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_endpoint_of_a_teams_own_sends_nobody_into_the_house(
    cast: SimpleNamespace, settings: Any, tmp_path: Path
) -> None:
    asked: list[bytes] = []

    def store(sock: Any) -> None:
        asked.append(read_request(sock)[0])
        sock.sendall(answer(b"\x89PNG of the house", headers="Content-Type: image/png\r\nConnection: close\r\n"))

    provider, target = "openai_compatible", tmp_path / "picture"
    theirs = ProviderAccount.objects.create(
        provider=provider, team=cast.team, base_url="https://models.example/v1", own_models=MODELS, max_concurrent=1
    )
    settings.PROVIDERS = {**settings.PROVIDERS, provider: {"key": "sk", "url": "https://ours.example/v1"}}
    with serving(store) as house:
        # The administrator trusts the results of the installation's own providers there.
        settings.FETCH_ALLOWED_ORIGINS = [house]
        link, context = {"reference": f"{house}/of-another-team.png"}, Listening().context("", tmp_path, "")
        with pytest.raises(errors.OutputUnusable) as unusable:
            execution.fetch(Attempt(provider=provider, account=theirs, body={}), link, target, context)
        assert unusable.value.code == "private_address"
        assert asked == []
        ours = ProviderAccount.objects.create(provider=provider, team=None, max_concurrent=1)
        execution.fetch(Attempt(provider=provider, account=ours, body={}), link, target, context)
    assert target.read_bytes() == b"\x89PNG of the house"


# --- memory ----------------------------------------------------------------------------------------------------------


def test_an_answer_of_a_million_parts_is_not_unfolded(tmp_path: Path) -> None:
    many = b"[" + b"{}," * 1_000_000 + b"{}]"
    with pytest.raises(ValueError, match="parts"):
        http.Answer(200, {}, many).json()
    with pytest.raises(errors.OutcomeUnknown):
        own_picture(b'{"data":' + many + b"}", tmp_path)
    whole = b'{"choices": [{"message": {"content": "Fog."}, "finish_reason": "stop"}], "more": ' + many + b"}"
    with pytest.raises(errors.OutcomeUnknown):
        own_words(whole, tmp_path, "application/json")
    with pytest.raises(errors.Fruitless):
        own_words(chunks({"delta": {"content": "Fog."}}) + b"data: " + many + b"\n\n", tmp_path)
    bomb = b'event: content_block_delta\ndata: {"type": "content_block_delta", "x": ' + many + b"}\n\n"
    with pytest.raises(errors.Fruitless):
        claude(told(START) + bomb + told(text("Fog."), *STOPS), tmp_path)


def test_an_honest_answer_has_few_parts() -> None:
    voices = [{"voice_id": str(at), "languages": [{"a": 1, "b": 2, "c": 3}] * 30} for at in range(100)]
    assert len(http.Answer(200, {}, json.dumps({"voices": voices}).encode()).json()["voices"]) == 100


# --- pages that wait for voices ---------------------------------------------------------------------------------------


@contextmanager
def _voices(page: Callable[[int], bytes], cast: SimpleNamespace, settings: Any) -> Iterator[list[int]]:
    """Have a team name an endpoint for its voices; gives what it was asked."""
    asked: list[int] = []

    def script(sock: Any) -> None:
        read_request(sock)
        asked.append(len(asked))
        sock.sendall(answer(page(len(asked)), headers="Content-Type: application/json\r\nConnection: close\r\n"))

    with serving(script) as url:
        settings.PROVIDER_ALLOWED_ORIGINS = [url]
        account = ProviderAccount(provider="elevenlabs", team=cast.team, base_url=url, max_concurrent=1)
        account.sealed_key = sealing.seal(account, "sk_" + "5a" * 24)
        account.save()
        yield asked


def _speaker(cast: SimpleNamespace) -> tuple[str, ...]:
    model = next(one for one in models().values() if one.provider == "elevenlabs")
    return account_voices.of_account(cast.team, model, rehearsal=False)


@pytest.mark.django_db
def test_a_list_of_voices_without_end_is_not_read_to_its_end(
    cast: SimpleNamespace, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "ASK_SECONDS", 0.5)

    def slowly(number: int) -> bytes:
        time.sleep(0.2)
        return json.dumps({"voices": [], "has_more": True, "next_page_token": str(number)}).encode()

    with _voices(slowly, cast, settings) as asked, pytest.raises(ImpossibleRequest, match="cannot be reached"):
        _speaker(cast)
    assert len(asked) < 5


@pytest.mark.django_db
def test_a_list_of_voices_has_so_many_as_anybody_can_choose_from(cast: SimpleNamespace, settings: Any) -> None:
    many = [{"voice_id": f"{at:05}", "name": "x" * 500} for at in range(5000)] + [{"voice_id": "y" * 5000}]
    with _voices(lambda _: json.dumps({"voices": many}).encode(), cast, settings):
        names = _speaker(cast)
    assert len(names) == 1000
    assert max(map(len, names)) < 100


@pytest.mark.django_db
def test_an_endpoint_that_does_not_answer_is_asked_by_one_page(
    cast: SimpleNamespace, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr(account_voices, "WAIT_SECONDS", 0.2)

    with _voices(lambda _: b"no JSON", cast, settings) as asked:
        real = execution.account_voices

        def while_another_page_opens(one: ProviderAccount) -> tuple[str, ...]:
            with pytest.raises(ImpossibleRequest, match="being asked"):
                _speaker(cast)
            return real(one)

        monkeypatch.setattr(execution, "account_voices", while_another_page_opens)
        with pytest.raises(ImpossibleRequest):
            _speaker(cast)
        for _ in range(3):
            with pytest.raises(ImpossibleRequest):
                _speaker(cast)
    assert len(asked) == 1


# --- work ------------------------------------------------------------------------------------------------------------


class Piece(bytes):
    """Bytes that note how many of them were looked through."""

    seen = 0

    def split(self, *said: Any) -> list[bytes]:
        """Look through them."""
        Piece.seen += len(self)
        return super().split(*said)


def test_what_was_looked_at_is_not_looked_at_again() -> None:
    # A server may send byte by byte: looked through from the start each time, these would take a day.
    line = b"data: " + b"x" * 500_000
    assert list(http.events(Piece(line[at : at + 1]) for at in range(len(line)))) == []
    assert Piece.seen == len(line)
    assert list(http.events([b"event: a\r", b"\ndata: one\r\ndata: tw", b"o\r\n\r", b"\n: ping\n\ndata: cut"])) == [
        "one\ntwo"
    ]


def test_nobody_listens_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STREAM_MOST", 200_000)
    nothing = b": nothing at all\n\n" * 20_000
    with pytest.raises(errors.Fruitless):
        own_words(
            chunks({"delta": {"content": "Fog."}}) + nothing + chunks({"delta": {}, "finish_reason": "stop"}), tmp_path
        )
    with pytest.raises(errors.Fruitless):
        claude(told(START) + nothing + told(text("Fog."), *STOPS), tmp_path)


def test_a_small_piece_counts_as_much_as_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STREAM_MOST", 10_000)

    class Dripping:
        status_code, headers = 200, dict[str, str]()
        raw: Any

        def read1(self, most: int, *, decode_content: bool) -> bytes:
            return b"x"

    dripping = Dripping()
    dripping.raw = dripping
    with pytest.raises(http.AnswerLost, match="longer"):
        list(zip(http.Stream(dripping).pieces(), range(10_000), strict=False))


def test_claudes_client_is_given_whole_events_in_two_lines(tmp_path: Path) -> None:
    whole = told(START, text("Fog\u2028lies."), *STOPS)
    torn = whole.replace(b', "', b',\r\ndata: "').replace(b"\n\n", b"\r\n" + b"data:\r\n" * 3000 + b": x\r\n\r\n")
    (output,) = claude(torn, tmp_path).outputs or ()
    assert output.text == "Fog\u2028lies."


# --- an answer that was paid for is not lost -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["\u0000", "\ud800", "x" * 5000, {"a": 1}, None, "é"],
    ids=["zero", "half", "long", "object", "none", "accent"],
)
def test_an_id_that_nobody_can_keep_loses_no_answer(tmp_path: Path, name: Any) -> None:
    said = chunks({"delta": {"content": "Fog."}}, id=name) + chunks({"delta": {}, "finish_reason": "stop"}, id=name)
    start = {**START, "message": {**START["message"], "id": name}}  # type: ignore[dict-item]
    for submission in (own_words(said, tmp_path), claude(told(start, text("Fog."), *STOPS), tmp_path)):
        assert submission.task_id.isascii()
        assert submission.task_id.isprintable()
        assert 0 < len(submission.task_id) <= 200
        assert [output.text for output in submission.outputs or ()] == ["Fog."]


def test_what_went_wrong_can_be_kept_whatever_it_says(tmp_path: Path) -> None:
    said = b'{"type": "error", "error": {"type": "invalid_request_error", "message": "No\\u0000 \\ud800"}}'
    with pytest.raises(errors.Refused) as refused:
        claude(said, tmp_path, "400 Bad Request", "application/json")
    assert "No\ufffd \ufffd" in refused.value.public
    assert "No\ufffd \ufffd" in refused.value.internal


@pytest.mark.parametrize(
    "broken",
    ["[]", '["x"]', '[{"delta": [1]}]', '[{"delta": "x"}]', "[null]", "[" * 100_000],
    ids=["nothing", "text", "list", "word", "null", "deep"],
)
def test_whatever_comes_after_the_beginning_is_an_answer_that_broke(tmp_path: Path, broken: str) -> None:
    said = chunks({"delta": {"content": "Fog."}}) + f'data: {{"choices": {broken}}}\n\n'.encode()
    with pytest.raises(errors.Fruitless) as fruitless:
        own_words(said, tmp_path)
    assert fruitless.value.cost


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "content_block_delta"},
        text(7),
        {"type": "content_block_delta", "delta": []},
        {"type": "message_delta", "usage": None},
        {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": {}}},
    ],
    ids=["empty", "number", "list", "no usage", "thoughts"],
)
def test_claudes_answer_that_broke_is_paid_for_too(tmp_path: Path, broken: Any) -> None:
    with pytest.raises(errors.Fruitless) as fruitless:
        claude(told(START, text("Fog."), broken), tmp_path)
    assert fruitless.value.usage is not None


@pytest.mark.parametrize(
    "length", ["9" * 5000, "0" * 5000, "9" * 30], ids=["five thousand digits", "nothing but zeros", "thirty digits"]
)
def test_a_length_that_nothing_has_is_no_length(tmp_path: Path, length: str) -> None:
    def script(sock: Any) -> None:
        read_request(sock)
        sock.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {length}\r\n\r\n".encode())

    with serving(script) as url, pytest.raises(errors.ProviderError):
        http.download(url, tmp_path / "x", fetch_origins=(url,), most_bytes=1000, deadline=2.0, check=lambda: None)


@pytest.mark.parametrize("said", ["9" * 5000, "0" * 5000, "-1", "1e9", ""], ids=["nines", "zeros", "-1", "1e9", "none"])
def test_a_charge_that_cannot_be_is_not_told(said: str) -> None:
    answered = http.Answer(200, {"character-cost": said}, b"")
    assert elevenlabs._cost(answered, "eleven_v3") is None


def test_a_link_of_megabytes_is_not_kept() -> None:
    (kept,) = accepting.stored((Output("https://x.example/" + "y" * 1_000_000, "image/" + "z" * 1_000_000),))
    assert len(json.dumps(kept)) < 20_000


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "hint"), [("abcd", ""), ("abcdefg", ""), ("sk-own-1234", "1234")])
def test_of_a_short_key_nothing_is_shown(cast: SimpleNamespace, settings: Any, key: str, hint: str) -> None:
    def models_listed(sock: Any) -> None:
        read_request(sock)
        sock.sendall(answer(b'{"data": []}', headers="Content-Type: application/json\r\nConnection: close\r\n"))

    with serving(models_listed) as url:
        settings.PROVIDER_ALLOWED_ORIGINS = [url]
        provider_accounts.set_key(
            opened=open_team(cast.alice, cast.team.pk, Right.OWN),
            provider="openai_compatible",
            key=key,
            base_url=url,
            own={TEXT: {"name": "x", "input": 0, "output": 0}, IMAGE: {"name": ""}},
        )
    account = ProviderAccount.objects.get(team=cast.team)
    assert account.key_hint == hint
    assert keys.key_of(account) == key
