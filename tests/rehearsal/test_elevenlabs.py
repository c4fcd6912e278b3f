"""ElevenLabs: its official package takes what the rehearsal says, and our adapter sends what that package sends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from elevenlabs import ElevenLabs
from elevenlabs.core.api_error import ApiError
from elevenlabs.types import MusicModelId, SfxModelId, VoiceSettings

from generation.catalogue import models
from generation.media.gate import admit
from generation.providers import errors
from generation.providers.base import Context, Operation, Order, Output
from generation.providers.elevenlabs import ElevenLabsProvider
from generation.rehearsal import RehearsalServer
from generation.rehearsal.elevenlabs.desk import SPOKEN, VOICES
from tests.rehearsal.conftest import Start

KEY = "sk_" + "0f" * 24
ADA = next(id for id, name in VOICES.items() if name == "Ada")
SPEECH, EFFECT, MUSIC = Operation.TEXT_TO_SPEECH, Operation.SOUND_EFFECT, Operation.TEXT_TO_MUSIC
OURS = {model.id: model for model in models().values() if model.provider == "elevenlabs"}


@pytest.fixture
def server(start: Start) -> RehearsalServer:
    return start()


@pytest.fixture
def kept() -> list[tuple[bytes, str]]:
    """What the adapter gave to the engine to keep."""
    return []


@pytest.fixture
def context(server: RehearsalServer, tmp_path: Path, kept: list[tuple[bytes, str]]) -> Context:
    def keep(data: bytes, media_type: str) -> Output:
        kept.append((data, media_type))
        return Output(f"kept:{len(kept)}", media_type)

    return Context(
        key=KEY,
        work_dir=tmp_path,
        input_file=lambda _: tmp_path,
        report=lambda _: None,
        check=lambda: None,
        base_url=server.elevenlabs_url,
        keep=keep,
    )


def client_of(server: RehearsalServer, **options: Any) -> ElevenLabs:
    return ElevenLabs(api_key=KEY, base_url=server.elevenlabs_url, **options)


def order_of(operation: Operation = SPEECH, model: str = "eleven_multilingual_v2", **more: Any) -> Order:
    given: dict[str, Any] = {"voice": "Ada"} if operation is SPEECH else {"duration_ms": 3000}
    return Order(
        uuid=uuid4(),
        operation=operation,
        model=f"elevenlabs:{model}",
        prompt=more.pop("prompt", "The last ferry has gone."),
        parameters={**given, **more.pop("parameters", {})},
        context=more.pop("context", {}),
    )


# --- the official package at the rehearsal ---------------------------------------------------------------------------


def test_the_package_reads_what_the_rehearsal_answers(server: RehearsalServer, tmp_path: Path) -> None:
    client = client_of(server)
    voices = client.voices.search(page_size=2)
    assert [voice.voice_id for voice in voices.voices] == sorted(VOICES)[:2]
    assert voices.has_more
    rest = client.voices.search(page_size=100, next_page_token=voices.next_page_token)
    assert len(rest.voices) == len(VOICES) - 2
    sounds = (
        client.text_to_speech.convert(ADA, text="Mind the gap.", model_id="eleven_v3"),
        client.text_to_sound_effects.convert(text="A foghorn.", duration_seconds=1.5),
        client.music.compose(prompt="A slow waltz.", music_length_ms=3000, model_id="music_v2"),
        client.text_to_speech.convert(ADA, text="Mind the gap.", output_format="wav_44100"),
    )
    for number, sound in enumerate(sounds):
        path = tmp_path / str(number)
        path.write_bytes(b"".join(sound))
        assert admit(path).media_type == ("audio/wav" if number == 3 else "audio/mpeg")
    plan = client.user.subscription.get()
    assert plan.character_count == server.books.charged("elevenlabs") // 100
    assert server.books.accepted("elevenlabs") == 4


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"text": ""}, 422, "text"),
        ({"text": "x" * 5001, "model_id": "eleven_v3"}, 400, "max_character_limit_exceeded"),
        ({"text": "Hm.", "model_id": "eleven_v9"}, 400, "model_not_found"),
        ({"text": "Hm.", "model_id": "eleven_v3", "previous_text": "Ha."}, 400, "unsupported_model"),
        ({"text": "Hm.", "voice_settings": VoiceSettings(speed=3)}, 422, "speed"),
        ({"text": "Hm.", "voice": "nobody1"}, 404, "voice_not_found"),
        ({"text": "Hm.", "output_format": "mp3_best"}, 400, "invalid_output_format"),
        ({"text": "Hm.", "key": "sk_short"}, 401, "invalid_api_key"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_input_is_refused_as_the_package_expects_and_charged_nothing(
    server: RehearsalServer, sent: dict[str, Any], status: int, said: str
) -> None:
    given = dict(sent)
    client = ElevenLabs(api_key=given.pop("key", KEY), base_url=server.elevenlabs_url)
    with pytest.raises(ApiError) as refused:
        b"".join(client.text_to_speech.convert(given.pop("voice", ADA), **given))
    assert refused.value.status_code == status
    assert said in json.dumps(refused.value.body)
    assert server.books.accepted() == 0


# --- our adapter beside the package ----------------------------------------------------------------------------------


def test_the_adapter_sends_what_the_package_sends(server: RehearsalServer, context: Context) -> None:
    """Two orders of one body hash are one line of the books; the hash counts path and query, too."""
    adapter, client = ElevenLabsProvider(), client_of(server)
    usual: dict[str, Any] = {"output_format": "mp3_44100_128"}
    words = "The last ferry has gone."
    asked = [
        (
            order_of(
                parameters={"seed": 7, "options": {"voice_settings.stability": 0.3, "voice_settings.speed": 1.1}},
                context={"previous_text": "Where is it?", "next_text": ""},
            ),
            lambda: client.text_to_speech.convert(
                ADA, text=words, model_id="eleven_multilingual_v2", seed=7, previous_text="Where is it?",
                voice_settings=VoiceSettings(stability=0.3, speed=1.1), **usual,
            ),
        ),
        (
            order_of(model="eleven_v3", parameters={"options": {"language_code": "fr", "output_format": "wav_44100"}}),
            lambda: client.text_to_speech.convert(
                ADA, text=words, model_id="eleven_v3", language_code="fr", output_format="wav_44100"
            ),
        ),
        (
            order_of(EFFECT, "eleven_text_to_sound_v2", parameters={"duration_ms": 3500, "options": {"loop": True}}),
            lambda: client.text_to_sound_effects.convert(
                text=words, model_id="eleven_text_to_sound_v2", duration_seconds=3.5, loop=True, **usual
            ),
        ),
        (
            order_of(MUSIC, "music_v2_5", parameters={"options": {"force_instrumental": True}}),
            lambda: client.music.compose(
                prompt=words, model_id="music_v2_5", music_length_ms=3000, force_instrumental=True, **usual
            ),
        ),
    ]  # fmt: skip
    for order, by_package in asked:
        adapter.submit(order.uuid, adapter.prepare(order, context), context)
        b"".join(by_package())
    lines = server.books.by_body("elevenlabs").values()
    assert [line.accepted for line in lines] == [2, 2, 2, 2]


USABLE = [
    (name, operation) for name, model in OURS.items() for operation in model.capabilities if model.usable_for(operation)
]


@pytest.mark.parametrize(("name", "operation"), USABLE, ids=[f"{name} {operation}" for name, operation in USABLE])
def test_everything_that_can_be_ordered_comes_whole_and_at_its_price(
    server: RehearsalServer, context: Context, kept: list[Any], tmp_path: Path, name: str, operation: Operation
) -> None:
    order = order_of(operation, name.removeprefix("elevenlabs:"), prompt="A ferry, at dawn")
    OURS[name].check(operation, prompt=order.prompt, parameters=order.parameters)
    adapter = ElevenLabsProvider()
    submission = adapter.submit(order.uuid, adapter.prepare(order, context), context)
    assert [output.reference for output in submission.outputs or ()] == ["kept:1"]
    (tmp_path / "sound").write_bytes(kept[0][0])
    assert admit(tmp_path / "sound").media_type == kept[0][1]
    estimate = OURS[name].estimate(operation, order.parameters, prompt=order.prompt)
    assert server.books.charged() == estimate
    assert submission.cost in (None, estimate)


def test_the_catalogue_names_what_the_package_and_the_rehearsal_know() -> None:
    by_operation = {
        operation: {name.removeprefix("elevenlabs:") for name, model in OURS.items() if operation in model.capabilities}
        for operation in (SPEECH, EFFECT, MUSIC)
    }
    assert by_operation[SPEECH] == set(SPOKEN)
    assert by_operation[EFFECT] == set(_words_of(SfxModelId))
    assert by_operation[MUSIC] == set(_words_of(MusicModelId))
    for name, most in SPOKEN.items():
        prompt = OURS[f"elevenlabs:{name}"].can(SPEECH).prompt
        assert prompt is not None
        assert prompt.most <= most


def _words_of(union: Any) -> Iterator[str]:
    for member in union.__args__:
        yield from getattr(member, "__args__", ())


# --- voices ----------------------------------------------------------------------------------------------------------


def test_voices_are_chosen_by_name_and_two_of_one_name_are_told_apart(context: Context) -> None:
    adapter = ElevenLabsProvider()
    voices = adapter.voices(context)
    assert sorted(voices.values()) == sorted(VOICES)
    claras = [name for name in voices if name.startswith("Clara")]
    assert len(claras) == 2
    assert all(re.fullmatch(r"Clara \(\w{6}\)", name) for name in claras)
    for name in claras:
        body = adapter.prepare(order_of(parameters={"voice": name}), context)
        assert f"/{voices[name]}?" in body["path"]
    assert f"/{ADA}?" in adapter.prepare(order_of(parameters={"voice": ADA}), context)["path"]


def test_a_character_without_a_voice_keeps_the_one_that_it_got_when_others_come(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter, names = ElevenLabsProvider(), [f"CHARACTER {number}" for number in range(40)]

    def given() -> list[str]:
        return [adapter.prepare(order_of(parameters={"voice": name}), context)["path"] for name in names]

    before = given()
    assert len(set(before)) > 3
    monkeypatch.setitem(VOICES, "z0new0new0new0new0new", "Zoe")
    moved = [path for path, was in zip(given(), before, strict=True) if path != was]
    assert all("z0new" in path for path in moved)
    assert len(moved) < 20


# --- what goes wrong -------------------------------------------------------------------------------------------------

MEANINGS: list[tuple[str, type[errors.ProviderError], str]] = [
    ("bad_request", errors.Refused, "invalid_request"),
    ("no_credit", errors.KeyRefused, "no_credit"),
    ("key_refused", errors.KeyRefused, "key_refused"),
    ("forbidden", errors.KeyRefused, "key_refused"),
    ("unprocessable", errors.Refused, "invalid_request"),
    ("moderation_input", errors.Refused, "moderated"),
    ("rate_limited", errors.NotAccepted, "rate_limited"),
    ("rate_limited_wait", errors.NotAccepted, "rate_limited"),
    ("bad_gateway", errors.NotAccepted, "unavailable"),
    ("unavailable", errors.NotAccepted, "unavailable"),
    ("error", errors.OutcomeUnknown, "server_error"),
    ("gateway_timeout", errors.OutcomeUnknown, "server_error"),
    ("conflict", errors.OutcomeUnknown, "server_error"),
    ("drop", errors.OutcomeUnknown, "answer_lost"),
    ("reset", errors.OutcomeUnknown, "answer_lost"),
    ("accept_drop", errors.OutcomeUnknown, "answer_lost"),
    ("accept_reset", errors.OutcomeUnknown, "answer_lost"),
    ("accept_half", errors.OutcomeUnknown, "answer_lost"),
    ("accept_error", errors.OutcomeUnknown, "server_error"),
    ("accept_garbage", errors.Fruitless, "no_output"),
    ("zero_bytes", errors.Fruitless, "no_output"),
    ("html_page", errors.OutcomeUnknown, "no_output"),
]


@pytest.mark.parametrize(("fault", "kind", "code"), MEANINGS, ids=[fault for fault, _, _ in MEANINGS])
def test_each_trouble_means_what_it_means_for_the_money(
    server: RehearsalServer, context: Context, fault: str, kind: type[Exception], code: str
) -> None:
    adapter = ElevenLabsProvider()
    order = order_of(prompt=f"Mind the gap. [[fault:{fault}]]")
    body = adapter.prepare(order, context)
    with pytest.raises(errors.ProviderError) as raised:
        adapter.submit(order.uuid, body, context)
    assert (type(raised.value), raised.value.code) == (kind, code)
    assert KEY not in f"{raised.value.public} {raised.value.internal}"
    taken = fault.startswith("accept_") or code == "no_output"
    assert server.books.accepted() == taken
    assert server.books.received() == 1


def test_what_a_dearer_voice_costs_is_booked(server: RehearsalServer, context: Context) -> None:
    adapter = ElevenLabsProvider()
    order = order_of(prompt="Mind the gap. [[fault:overrun]]")
    submission = adapter.submit(order.uuid, adapter.prepare(order, context), context)
    assert submission.cost == server.books.charged()
    assert submission.cost > OURS[order.model].estimate(SPEECH, order.parameters, prompt=order.prompt)


def test_the_account_tells_its_plan_and_what_is_left(server: RehearsalServer, context: Context) -> None:
    adapter = ElevenLabsProvider()
    adapter.submit(uuid4(), adapter.prepare(order_of(prompt="Mind it."), context), context)
    status = adapter.account(context)
    assert status.balance_text == "1,999,992 of 2,000,000 credits this month, pro plan"
    assert status.limits == {"all models": {"concurrent": 10, "daily": None}}
