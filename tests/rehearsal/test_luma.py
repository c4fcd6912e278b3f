"""Luma: its official package takes what the rehearsal says, and our adapter sends what that package sends."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args, get_type_hints
from uuid import uuid4

import lumaai
import pytest
from lumaai import LumaAI
from lumaai.types.generations import image_create_params, video_create_params, video_modify_params

from generation.catalogue import model_named, models
from generation.media.gate import admit
from generation.providers import errors
from generation.providers.base import Context, InputFile, Operation, Order, TaskState
from generation.providers.http import Answer
from generation.providers.luma import LumaProvider, refusals
from generation.rehearsal import RehearsalServer, Rule, Scenario
from generation.rehearsal.luma.fields import IMAGE_MODELS, MODES, RATIOS, RESOLUTIONS, VIDEO_MODELS
from tests.rehearsal.conftest import Start
from tests.rehearsal.test_hooks import Receiver

KEY = "luma-0f0f0f0f-1111-2222-3333-444455556666"
STILL, LAST, CLIP = "https://lent.example/still", "https://lent.example/last", "https://lent.example/clip"
URLS = {"still": STILL, "last": LAST, "clip": CLIP}
CALL = "https://rushes.example/hooks/luma/1/2/"
T2V, I2V, V2V = Operation.TEXT_TO_VIDEO, Operation.IMAGE_TO_VIDEO, Operation.VIDEO_TO_VIDEO
T2I, I2I = Operation.TEXT_TO_IMAGE, Operation.IMAGE_TO_IMAGE
WORDS = "The last ferry has gone."
SIZE = {"ratio": "16:9", "resolution": "540p", "duration_ms": 5000}


@pytest.fixture(autouse=True)
def _rests_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.providers.luma.provider.BETWEEN_LOOKS", 0.0)


@pytest.fixture
def server(start: Start) -> RehearsalServer:
    return start()


@pytest.fixture
def context(server: RehearsalServer, tmp_path: Path) -> Context:
    return context_of(server, tmp_path)


def context_of(server: RehearsalServer, folder: Path) -> Context:
    return Context(
        key=KEY,
        work_dir=folder,
        input_file=lambda _: folder,
        report=lambda _: None,
        check=lambda: None,
        base_url=server.luma_url,
        fetch_origins=(server.base_url,),
        webhook_url=CALL,
        input_url=URLS.__getitem__,
    )


def client_of(server: RehearsalServer) -> Any:
    """The official client, which refuses every answer that its types do not foresee."""
    return LumaAI(auth_token=KEY, base_url=server.luma_url, max_retries=0, _strict_response_validation=True)


def file(sha256: str, role: str) -> InputFile:
    return InputFile(sha256, "video/mp4" if sha256 == "clip" else "image/png", role)


def order_of(operation: Operation = T2V, model: str = "ray-flash-2", *inputs: InputFile, **more: Any) -> Order:
    given = {"ratio": "16:9"} if operation in (T2I, I2I) else SIZE if operation is not V2V else {}
    prompt = more.pop("prompt", WORDS)
    return Order(uuid4(), operation, model, prompt, {**given, **more}, inputs=inputs)


def ended(adapter: LumaProvider, task_id: str, context: Context) -> Any:
    for _ in range(400):
        status = adapter.poll(task_id, context)
        if status.state in (TaskState.SUCCEEDED, TaskState.FAILED):
            return status
        time.sleep(0.01)
    raise AssertionError(f"{task_id} does not end")


# --- the official package at the rehearsal ---------------------------------------------------------------------------


def test_the_package_reads_what_the_rehearsal_answers(start: Start) -> None:
    server = start(speed=0.02)
    client = client_of(server)
    made = [
        client.generations.video.create(model="ray-2", prompt=WORDS, resolution="720p", duration="9s"),
        client.generations.video.modify(
            generation_type="modify_video", media={"url": CLIP}, mode="flex_1", model="ray-2", prompt=WORDS
        ),
        client.generations.image.create(model="photon-1", prompt=WORDS, aspect_ratio="1:1", format="png"),
    ]
    states = {made[0].state}
    for _ in range(600):
        found = [client.generations.get(id=one.id) for one in made]
        states |= {one.state for one in found}
        if {one.state for one in found} == {"completed"}:
            break
        time.sleep(0.01)
    assert states == {"queued", "dreaming", "completed"}
    assert [bool(one.assets.video) for one in found] == [True, True, False]
    assert found[2].assets.image
    assert found[0].request.duration == "9s"
    listed = client.generations.list(limit=2)
    assert [one.id for one in listed.generations] == [made[2].id, made[1].id]
    assert listed.has_more
    assert client.credits.get().credit_balance == 100_000 - server.books.charged() / 10_000
    client.generations.delete(made[0].id)
    with pytest.raises(lumaai.NotFoundError):
        client.generations.get(id=made[0].id)
    assert client.ping.check().message == "pong"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"model": "ray-9"}, "model must be one of"),
        ({"duration": "7s"}, "duration must be one of"),
        ({"prompt": "x"}, "prompt must have"),
        ({"keyframes": {"frame0": {"type": "image", "url": "data:image/png;base64,AA"}}}, "https URL"),
        ({"loops": True}, "loops is not known"),
    ],
)
def test_bad_input_is_refused_as_the_package_expects(server: RehearsalServer, sent: dict[str, Any], said: str) -> None:
    body = {"model": "ray-2", "prompt": WORDS, **sent}
    with pytest.raises(lumaai.BadRequestError, match=said):
        client_of(server).post("/generations/video", body=body, cast_to=object)
    assert server.books.accepted() == 0


def test_the_catalogue_and_the_rehearsal_know_what_the_package_knows() -> None:
    video = get_type_hints(video_create_params.VideoCreateParams)
    modify = get_type_hints(video_modify_params.VideoModifyParams)
    image = get_type_hints(image_create_params.ImageCreateParams)
    assert get_args(video["model"]) == get_args(modify["model"]) == VIDEO_MODELS
    assert get_args(image["model"]) == IMAGE_MODELS
    assert get_args(video["aspect_ratio"]) == get_args(image["aspect_ratio"]) == RATIOS
    assert get_args(get_args(video["resolution"])[0]) == RESOLUTIONS
    assert get_args(modify["mode"]) == MODES
    ours = {name for name, model in models().items() if model.provider == "luma"}
    assert ours == {*VIDEO_MODELS, *IMAGE_MODELS}
    assert set(model_named("ray-2").can(V2V).options["mode"]) == set(MODES)
    sizes = model_named("ray-2").can(T2V).sizes
    assert sizes is not None
    assert {(size.ratio, size.resolution) for size in sizes.listed} == {(a, b) for a in RATIOS for b in RESOLUTIONS}


# --- our adapter beside the package ----------------------------------------------------------------------------------


def test_the_adapter_sends_what_the_package_sends(server: RehearsalServer, context: Context) -> None:
    adapter, client = LumaProvider(), client_of(server)
    frame0, frame1 = {"type": "image", "url": STILL}, {"type": "image", "url": LAST}
    shape = {"aspect_ratio": "16:9", "resolution": "540p", "duration": "5s", "callback_url": CALL}
    asked = [
        (
            order_of(I2V, "ray-2", file("still", "first_frame"), file("last", "last_frame"), options={"loop": True}),
            lambda: client.generations.video.create(
                model="ray-2", prompt=WORDS, keyframes={"frame0": frame0, "frame1": frame1}, loop=True, **shape
            ),
        ),
        (
            order_of(V2V, "ray-2", file("clip", "source"), options={"mode": "adhere_2"}),
            lambda: client.generations.video.modify(
                generation_type="modify_video", media={"url": CLIP}, mode="adhere_2", model="ray-2", prompt=WORDS,
                callback_url=CALL,
            ),
        ),
        (
            order_of(I2I, "photon-1", file("still", "source"), file("last", "reference")),
            lambda: client.generations.image.create(
                model="photon-1", prompt=WORDS, aspect_ratio="16:9", modify_image_ref={"url": STILL},
                image_ref=[{"url": LAST}], callback_url=CALL,
            ),
        ),
    ]  # fmt: skip
    for order, by_package in asked:
        adapter.submit(order.uuid, adapter.prepare(order, context), context)
        by_package()
    assert [line.accepted for line in server.books.by_body("luma").values()] == [2, 2, 2]


ORDERS = [
    order_of(T2V),
    order_of(I2V, "ray-2", file("still", "first_frame")),
    order_of(T2I, "photon-1"),
    order_of(T2I, "photon-flash-1", file("still", "reference"), options={"format": "png"}),
    order_of(I2I, "photon-flash-1", file("still", "source")),
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"{order.model} {order.operation}")
def test_what_can_be_ordered_comes_whole_and_at_its_price(
    server: RehearsalServer, context: Context, tmp_path: Path, order: Order
) -> None:
    adapter, model = LumaProvider(), model_named(order.model)
    model.check(order.operation, prompt=order.prompt, parameters=order.parameters, inputs=order.inputs)
    body = adapter.prepare(order, context)
    status = ended(adapter, adapter.submit(order.uuid, body, context).task_id, context)
    adapter.fetch(body, status.outputs[0], tmp_path / "made", context)
    kind = "video/mp4" if "video" in order.operation else "image/png" if "options" in order.parameters else "image/jpeg"
    assert admit(tmp_path / "made").media_type == kind
    estimate = model.estimate(order.operation, order.parameters, inputs=len(order.inputs))
    assert server.books.charged() == estimate


def test_a_file_that_luma_cannot_fetch_is_refused_before_anything_is_sent(
    server: RehearsalServer, context: Context
) -> None:
    nowhere = replace(context, input_url=lambda _: "")
    with pytest.raises(errors.Refused, match="PUBLIC_URL") as refused:
        LumaProvider().prepare(order_of(I2V, "ray-2", file("still", "first_frame")), nowhere)
    assert refused.value.code == "not_reachable"
    assert LumaProvider().prepare(order_of(T2V), nowhere)["json"]["prompt"] == WORDS
    assert server.books.received() == 0


# --- what goes wrong -------------------------------------------------------------------------------------------------

MEANINGS: list[tuple[str, type[errors.ProviderError], str]] = [
    ("bad_request", errors.Refused, "invalid_request"),
    ("preprocessing_moderation", errors.Refused, "moderated"),
    ("no_credit", errors.KeyRefused, "no_credit"),
    ("key_refused", errors.KeyRefused, "key_refused"),
    ("forbidden", errors.KeyRefused, "key_refused"),
    ("rate_limited", errors.NotAccepted, "rate_limited"),
    ("unavailable", errors.NotAccepted, "unavailable"),
    ("bad_gateway", errors.NotAccepted, "unavailable"),
    ("error", errors.OutcomeUnknown, "server_error"),
    ("gateway_timeout", errors.OutcomeUnknown, "server_error"),
    ("drop", errors.OutcomeUnknown, "answer_lost"),
    ("reset", errors.OutcomeUnknown, "answer_lost"),
]


@pytest.mark.parametrize(("fault", "kind", "code"), MEANINGS, ids=[fault for fault, _, _ in MEANINGS])
def test_an_order_that_did_not_arrive_is_never_said_to_have(
    server: RehearsalServer, context: Context, fault: str, kind: type[Exception], code: str
) -> None:
    adapter = LumaProvider()
    # Somebody else's order is listed; it is not this one.
    other = order_of()
    adapter.submit(other.uuid, adapter.prepare(other, replace(context, webhook_url=f"{CALL}other/")), context)
    order = order_of(prompt=f"{WORDS} [[fault:{fault}]]")
    body = adapter.prepare(order, context)
    with pytest.raises(errors.ProviderError) as raised:
        adapter.submit(order.uuid, body, context)
    assert (type(raised.value), raised.value.code) == (kind, code)
    assert KEY not in f"{raised.value.public} {raised.value.internal}"
    assert server.books.accepted() == 1
    assert server.books.received() == 2


@pytest.mark.parametrize(
    "fault", ["accept_drop", "accept_reset", "accept_half", "accept_error", "accept_garbage", "accept_no_id"]
)
def test_an_order_whose_answer_was_lost_is_found_by_its_own_address_and_no_other(
    server: RehearsalServer, context: Context, fault: str
) -> None:
    adapter = LumaProvider()
    other = order_of()
    others = adapter.submit(
        other.uuid, adapter.prepare(other, replace(context, webhook_url=CALL.replace("1", "9"))), context
    )
    order = order_of(prompt=f"{WORDS} [[fault:{fault}]]")
    found = adapter.submit(order.uuid, adapter.prepare(order, context), context).task_id
    assert found != others.task_id
    assert WORDS in server.books.task(found).body["prompt"]
    assert server.books.accepted() == 2
    # Without an address of ours there is nothing to know it by.
    nowhere = replace(context, webhook_url="")
    with pytest.raises(errors.OutcomeUnknown):
        adapter.submit(order.uuid, adapter.prepare(replace(order, prompt=f"{order.prompt}!"), nowhere), nowhere)


def test_a_list_that_cannot_be_had_leaves_the_order_in_doubt(start: Start, tmp_path: Path) -> None:
    rules = (Rule("accept_drop"), Rule("error", on="list"))
    server = start(scenario=Scenario(rules=rules))
    context, adapter = context_of(server, tmp_path), LumaProvider()
    order = order_of()
    with pytest.raises(errors.OutcomeUnknown):
        adapter.submit(order.uuid, adapter.prepare(order, context), context)


@pytest.mark.parametrize(
    ("fault", "code"),
    [("moderation_output", "moderated"), ("internal", "provider_error"), ("no_code", "provider_error")],
)
def test_failures_are_told_apart(server: RehearsalServer, context: Context, fault: str, code: str) -> None:
    adapter = LumaProvider()
    order = order_of(prompt=f"{WORDS} [[fault:{fault}]]")
    status = ended(adapter, adapter.submit(order.uuid, adapter.prepare(order, context), context).task_id, context)
    assert (status.state, status.failure_code) == (TaskState.FAILED, code)


def test_an_unknown_word_means_that_it_still_runs_and_cancelling_spares_what_is_done(
    start: Start, tmp_path: Path
) -> None:
    server = start(speed=0.02)
    context, adapter = context_of(server, tmp_path), LumaProvider()
    order = order_of(T2I, "photon-1", prompt=f"{WORDS} [[fault:unknown_status]]")
    task_id = adapter.submit(order.uuid, adapter.prepare(order, context), context).task_id
    status = ended(adapter, task_id, context)
    adapter.cancel(task_id, context)
    assert adapter.poll(task_id, context).outputs == status.outputs or adapter.poll(task_id, context).outputs
    going = order_of(I2V, "ray-2", file("still", "first_frame"))
    task_id = adapter.submit(going.uuid, adapter.prepare(going, context), context).task_id
    adapter.cancel(task_id, context)
    with pytest.raises(errors.TaskMissing):
        adapter.poll(task_id, context)
    with pytest.raises(errors.KeyRefused):
        adapter.poll(task_id, replace(context, key="short"))


def test_a_callback_brings_the_generation(server: RehearsalServer, context: Context) -> None:
    receiver = Receiver()
    try:
        adapter = LumaProvider()
        order = order_of(T2I, "photon-1")
        body = adapter.prepare(order, replace(context, webhook_url=receiver.url))
        task_id = adapter.submit(order.uuid, body, context).task_id
        ((_, said),) = receiver.wait(1)
        assert (said["id"], said["state"]) == (task_id, "completed")
    finally:
        receiver.close()


def test_the_account_tells_what_is_left(server: RehearsalServer, context: Context) -> None:
    adapter = LumaProvider()
    order = order_of()
    adapter.submit(order.uuid, adapter.prepare(order, context), context)
    account = adapter.account(context)
    assert account.balance == 1_000_000_000 - server.books.charged()
    assert account.balance_text == "$999.80"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Insufficient credits", errors.KeyRefused),
        ("Prompt “Opening credits over fog” has an unknown concept", errors.Refused),
    ],
    ids=["no credit", "about credits"],
)
def test_a_prompt_about_credits_does_not_pause_the_account(said: str, kind: type[errors.ProviderError]) -> None:
    answer = Answer(400, {}, json.dumps({"detail": said}).encode())
    assert type(refusals.refusal(answer, KEY)) is kind
