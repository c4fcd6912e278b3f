"""Our own adapters at the rehearsal: everything that can be ordered is taken, priced as estimated, and told apart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from generation.catalogue import model_named, models
from generation.media.gate import admit
from generation.providers import errors
from generation.providers.base import Context, InputFile, Operation, Order, Provider, TaskState
from generation.providers.runware import RunwareProvider
from generation.providers.runway import RunwayProvider
from generation.rehearsal import RehearsalServer
from generation.rehearsal.media import clips, pictures, sounds
from tests.rehearsal.calling import RUNWARE_KEY, RUNWAY_KEY
from tests.rehearsal.conftest import Start

ADAPTERS: dict[str, Provider] = {"runway": RunwayProvider(), "runware": RunwareProvider()}
KEYS = {"runway": RUNWAY_KEY, "runware": RUNWARE_KEY}
USABLE = [
    (model.id, operation)
    for model in models().values()
    for operation in sorted(model.capabilities)
    if model.provider in ADAPTERS and model.usable_for(operation)
]
SOURCE_MS = 4000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsalServer]:
    """One server for all orders; each looks at its own line in the books only."""
    with RehearsalServer(tmp_path_factory.mktemp("rehearsal"), speed=0.0) as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A picture, a clip and a sound, by their kind."""
    folder = tmp_path_factory.mktemp("files")
    found = {
        kind: folder / f"source.{suffix}" for kind, suffix in (("image", "png"), ("video", "mp4"), ("audio", "wav"))
    }
    pictures.write(pictures.draw(1280, 720, title="Source", below="", seed=1), "image/png", found["image"])
    clips.make(found["video"], width=1280, height=720, duration_ms=SOURCE_MS)
    sounds.make(found["audio"], media_type="audio/wav", duration_ms=SOURCE_MS)
    return found


def context_of(server: RehearsalServer, provider: str, files: dict[str, Path], work_dir: Path) -> Context:
    """What the engine would give to an adapter."""
    by_hash = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in files.values()}
    return Context(
        key=KEYS[provider],
        work_dir=work_dir,
        input_file=by_hash.__getitem__,
        report=lambda _: None,
        check=lambda: None,
        base_url=server.runway_url if provider == "runway" else server.runware_url,
        fetch_origins=(server.base_url,),
    )


def order_of(model_id: str, operation: Operation, files: dict[str, Path], *, prompt: str = "A ferry at dawn.") -> Order:
    """The least that a model takes for an operation, in the format of an ordinary project."""
    model = model_named(model_id)
    able = model.can(operation)
    parameters = model.fit(operation, width=1280, height=720, duration_ms=SOURCE_MS if able.durations else None)
    if able.source == "video":
        parameters.setdefault("source_ms", SOURCE_MS)
    if able.needed:
        parameters["options"] = {
            name: {"top": 64} if name == "outpaint" else able.options[name][0] for name in able.needed
        }
    if able.seed_most is not None:
        parameters["seed"] = 5
    if able.voices:
        parameters["voice"] = able.voices[0]
    roles: list[tuple[str, str]] = [("mask", "image")] * able.mask
    if able.source:
        roles.insert(0, ("source", able.source))
    framed = able.first_frame == "must" or (operation is Operation.IMAGE_TO_VIDEO and able.first_frame != "no")
    roles += [("first_frame", "image")] * framed + [("last_frame", "image")] * (able.last_frame == "must")
    roles += [("reference", "image")] * able.references.least
    types = {"image": "image/png", "video": "video/mp4", "audio": "audio/wav"}
    inputs = [
        InputFile(
            sha256=hashlib.sha256(files[kind].read_bytes()).hexdigest(),
            media_type=types[kind],
            role=role,
            tag=f"part{number}" if role == "reference" and able.references.tags else "",
            size=files[kind].stat().st_size,
        )
        for number, (role, kind) in enumerate(roles)
    ]
    words = prompt if able.prompt is not None else ""
    model.check(operation, prompt=words, parameters=parameters, inputs=inputs)
    return Order(uuid4(), operation, model_id, words, parameters, tuple(inputs))


def test_there_is_much_to_order() -> None:
    assert len(USABLE) > 150
    # Films are joined here, and words are ordered elsewhere.
    assert {operation for _, operation in USABLE} >= set(Operation) - {Operation.FILM, Operation.TEXT_TO_TEXT}


@pytest.mark.parametrize(("model_id", "operation"), USABLE)
def test_whatever_can_be_ordered_is_taken_and_costs_what_was_said(
    server: RehearsalServer, files: dict[str, Path], tmp_path: Path, model_id: str, operation: Operation
) -> None:
    provider = model_named(model_id).provider
    adapter, context = ADAPTERS[provider], context_of(server, provider, files, tmp_path)
    order = order_of(model_id, operation, files)
    body = adapter.prepare(order, context)
    submission = adapter.submit(order.uuid, body, context)
    status = adapter.poll(submission.task_id, context)
    assert status.state is TaskState.SUCCEEDED, status
    assert len(status.outputs) == 1
    estimate = model_named(model_id).estimate(
        operation, order.parameters, prompt=order.prompt, inputs=len(order.inputs)
    )
    assert status.cost is not None
    if operation is Operation.UPSCALE_IMAGE:
        assert status.cost <= estimate, "the estimate does not know the source's size"
    else:
        unit = 10_000 if provider == "runway" else 1
        assert status.cost == -(-estimate // unit) * unit


@pytest.mark.parametrize(
    ("model_id", "operation", "media_type"),
    [
        ("gen4_turbo", Operation.IMAGE_TO_VIDEO, "video/mp4"),
        ("gen4_image", Operation.TEXT_TO_IMAGE, "image/png"),
        ("eleven_text_to_sound_v2", Operation.SOUND_EFFECT, "audio/mpeg"),
        ("klingai:6@1", Operation.TEXT_TO_VIDEO, "video/mp4"),
        ("runware:101@1", Operation.TEXT_TO_IMAGE, "image/jpeg"),
        ("runware:109@1", Operation.REMOVE_BACKGROUND, "image/png"),
    ],
)
def test_what_is_fetched_passes_the_gate(
    server: RehearsalServer,
    files: dict[str, Path],
    tmp_path: Path,
    model_id: str,
    operation: Operation,
    media_type: str,
) -> None:
    provider = model_named(model_id).provider
    adapter, context = ADAPTERS[provider], context_of(server, provider, files, tmp_path)
    order = order_of(model_id, operation, files)
    body = adapter.prepare(order, context)
    (output,) = adapter.poll(adapter.submit(order.uuid, body, context).task_id, context).outputs
    adapter.fetch(body, output, tmp_path / "fetched", context)
    assert admit(tmp_path / "fetched").media_type == media_type


MEANINGS: list[tuple[str, type[errors.ProviderError], type[errors.ProviderError]]] = [
    ("bad_request", errors.Refused, errors.Refused),
    ("no_credit", errors.KeyRefused, errors.KeyRefused),
    ("key_refused", errors.KeyRefused, errors.KeyRefused),
    ("forbidden", errors.KeyRefused, errors.KeyRefused),
    ("not_found", errors.Refused, errors.Refused),
    ("wrong_method", errors.Refused, errors.Refused),
    ("too_large", errors.Refused, errors.Refused),
    ("unprocessable", errors.Refused, errors.Refused),
    ("rate_limited", errors.NotAccepted, errors.NotAccepted),
    ("rate_limited_wait", errors.NotAccepted, errors.NotAccepted),
    ("daily_cap", errors.NotAccepted, errors.NotAccepted),
    ("bad_gateway", errors.NotAccepted, errors.OutcomeUnknown),
    ("unavailable", errors.NotAccepted, errors.NotAccepted),
    ("error", errors.OutcomeUnknown, errors.OutcomeUnknown),
    ("accept_error", errors.OutcomeUnknown, errors.OutcomeUnknown),
    ("gateway_timeout", errors.OutcomeUnknown, errors.OutcomeUnknown),
    ("accept_gateway_timeout", errors.OutcomeUnknown, errors.OutcomeUnknown),
    ("drop", errors.OutcomeUnknown, errors.OutcomeUnknown),
    ("accept_drop", errors.OutcomeUnknown, errors.OutcomeUnknown),
    ("reset", errors.OutcomeUnknown, errors.OutcomeUnknown),
    ("accept_reset", errors.OutcomeUnknown, errors.OutcomeUnknown),
    ("accept_half", errors.OutcomeUnknown, errors.OutcomeUnknown),
    ("accept_garbage", errors.OutcomeUnknown, errors.OutcomeUnknown),
    ("accept_no_id", errors.OutcomeUnknown, errors.OutcomeUnknown),
]


@pytest.mark.parametrize("provider", ADAPTERS)
@pytest.mark.parametrize(("fault", "at_runway", "at_runware"), MEANINGS)
def test_a_proof_of_refusal_is_never_said_of_an_order_that_was_taken(
    start: Start,
    files: dict[str, Path],
    tmp_path: Path,
    provider: str,
    fault: str,
    at_runway: type[Exception],
    at_runware: type[Exception],
) -> None:
    server = start()
    adapter, context = ADAPTERS[provider], context_of(server, provider, files, tmp_path)
    model_id = {"runway": "gen4_image", "runware": "runware:101@1"}[provider]
    order = order_of(model_id, Operation.TEXT_TO_IMAGE, files, prompt=f"A ferry. [[fault:{fault}]]")
    body = adapter.prepare(order, context)
    expected = at_runway if provider == "runway" else at_runware
    with pytest.raises(errors.ProviderError) as raised:
        adapter.submit(order.uuid, body, context)
    assert type(raised.value) is expected
    assert server.books.accepted(provider) == fault.startswith("accept_")
    if server.books.accepted(provider):
        assert not isinstance(raised.value, errors.NotAccepted | errors.Refused)
    if adapter.traits.safe_to_resend and server.books.accepted(provider):
        with pytest.raises(errors.AlreadyAccepted) as known:
            adapter.submit(order.uuid, body, context)
        assert adapter.poll(known.value.task_id, context).state is TaskState.SUCCEEDED
        assert not server.books.bought_twice()


@pytest.mark.parametrize("provider", ADAPTERS)
def test_the_account_tells_what_was_spent(
    start: Start, files: dict[str, Path], tmp_path: Path, provider: str, caplog: Any
) -> None:
    server = start(balance=50_000_000)
    adapter, context = ADAPTERS[provider], context_of(server, provider, files, tmp_path)
    model_id = {"runway": "gen4_image", "runware": "runware:101@1"}[provider]
    order = order_of(model_id, Operation.TEXT_TO_IMAGE, files)
    adapter.submit(order.uuid, adapter.prepare(order, context), context)
    today = datetime.now(UTC).date()
    account = _account(adapter)(context, since=today)
    assert account.balance == 50_000_000 - server.books.charged(provider)
    assert account.spent == {today.isoformat(): {model_id: server.books.charged(provider)}}
    assert "rehearsal-canary" not in repr(account) + caplog.text


def _account(adapter: Any) -> Callable[..., Any]:
    found: Callable[..., Any] = adapter.account
    return found
