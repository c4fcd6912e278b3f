"""The official package of Runway, as strict as it can be, accepts everything that the rehearsal says."""

from __future__ import annotations

import importlib
import typing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import runwayml
from pydantic import TypeAdapter
from runwayml import RunwayML
from runwayml.lib import polling
from runwayml.types import TaskRetrieveResponse

from generation.rehearsal import RehearsalServer, Rule, Scenario
from generation.rehearsal.runway.failures import FAILURES
from generation.rehearsal.runway.fields import fields
from tests.rehearsal.calling import RUNWAY_KEY, ended, order_runway, runway
from tests.rehearsal.conftest import Start, as_uri, picture

FRAME = as_uri(picture())
CLIP = "https://example.com/clip.mp4"
# One order per endpoint and shape of request: arguments as the package takes them.
ORDERS: list[tuple[str, dict[str, Any]]] = [
    ("image_to_video", {"model": "gen4_turbo", "prompt_image": FRAME, "ratio": "1280:720", "duration": 5}),
    (
        "image_to_video",
        {
            "model": "veo3.1", "ratio": "1280:720", "prompt_text": "Fog lifts.", "duration": 4, "audio": False,
            "prompt_image": [{"uri": FRAME, "position": "first"}, {"uri": FRAME, "position": "last"}],
        },
    ),
    (
        "image_to_video",
        {"model": "gen4.5", "prompt_image": FRAME, "prompt_text": "A gull.", "ratio": "720:1280", "duration": 2},
    ),
    ("text_to_video", {"model": "gen4.5", "prompt_text": "A gull lands.", "ratio": "1280:720", "duration": 5}),
    ("text_to_video", {"model": "seedance2", "prompt_text": "A gull.", "ratio": "1280:720", "duration": 5, "seed": 3}),
    ("video_to_video", {"model": "aleph2", "video_uri": CLIP, "prompt_text": "Make it night."}),
    ("text_to_image", {"model": "gen4_image", "prompt_text": "@mara at the wheel", "ratio": "1920:1080", "seed": 1,
                       "reference_images": [{"uri": FRAME, "tag": "mara"}]}),
    ("text_to_image", {"model": "gpt_image_2", "prompt_text": "A chart.", "ratio": "auto", "output_count": 3}),
    ("image_upscale", {"model": "magnific_precision_upscaler_v2", "image_uri": FRAME, "scale_factor": 4}),
    ("video_upscale", {"model": "magnific_video_upscaler_creative", "video_uri": CLIP, "resolution": "1k"}),
    ("sound_effect", {"model": "eleven_text_to_sound_v2", "prompt_text": "A foghorn.", "duration": 2.5}),
    ("text_to_speech", {"model": "eleven_multilingual_v2", "prompt_text": "One more crossing.",
                        "voice": {"type": "runway-preset", "preset_id": "Maya"}}),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _waiting_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "POLL_TIME", 0.02)
    monkeypatch.setattr(polling, "POLL_JITTER", 0.01)


def client_of(server: RehearsalServer, **options: Any) -> Any:
    """The official client, which refuses every answer that its types do not foresee.

    Any, because the package's own annotations hide what its answers have.
    """
    given = {"api_key": RUNWAY_KEY, "max_retries": 0, "_strict_response_validation": True, **options}
    return RunwayML(base_url=server.runway_url, **given)


@pytest.mark.parametrize(
    ("endpoint", "wanted"), ORDERS, ids=lambda value: value if isinstance(value, str) else value["model"]
)
def test_each_endpoint_takes_an_order_and_finishes_it(start: Start, endpoint: str, wanted: dict[str, Any]) -> None:
    client = client_of(start())
    created = getattr(client, endpoint).create(**wanted)
    assert created.estimated_cost.credits > 0
    done = created.wait_for_task_output(timeout=10)
    assert done.status == "SUCCEEDED"
    assert len(done.output) == wanted.get("output_count", 1)
    assert done.cost.credits == created.estimated_cost.credits


def test_the_life_of_a_task_is_of_the_types_that_the_package_knows(start: Start) -> None:
    server = start(speed=0.02, concurrent=1)
    first, second = (order_runway(server).json()["id"] for _ in range(2))
    adapter: TypeAdapter[Any] = TypeAdapter(TaskRetrieveResponse)
    seen: dict[str, list[str]] = {first: [], second: []}
    progress = []
    while not seen[second] or seen[second][-1] != "SUCCEEDED":
        for task_id, statuses in seen.items():
            shown = runway(server, "GET", f"/v1/tasks/{task_id}").json()
            adapter.validate_python(shown)
            if not statuses or statuses[-1] != shown["status"]:
                statuses.append(shown["status"])
            if task_id == second and "progress" in shown:
                progress.append(shown["progress"])
    assert seen[first] == ["PENDING", "RUNNING", "SUCCEEDED"]
    assert seen[second] == ["PENDING", "THROTTLED", "RUNNING", "SUCCEEDED"]
    assert progress == sorted(progress)
    assert progress[-1] > progress[0]


@pytest.mark.parametrize("fault", sorted(FAILURES))
def test_every_failure_is_one_that_the_package_reads(start: Start, fault: str) -> None:
    client = client_of(start())
    created = client.text_to_image.create(
        model="gen4_image", prompt_text=f"A ferry [[fault:{fault}]]", ratio="1280:720"
    )
    with pytest.raises(polling.TaskFailedError) as failed:
        created.wait_for_task_output(timeout=10)
    details = failed.value.task_details
    assert details.status == "FAILED"
    code, text = FAILURES[fault]
    assert (details.failure_code or "", details.failure) == (code, text)
    kept = {"moderation_input": 1.0, "moderation_output": 1.0, "partial_cost": 0.5}.get(fault, 0)
    assert details.cost.credits == int(created.estimated_cost.credits * kept)


def test_cancelling_deletes_and_the_books_follow(start: Start) -> None:
    server = start(speed=1000)
    client = client_of(server)
    waiting = order_runway(server).json()["id"]
    client.tasks.delete(waiting)
    cancelled = client.tasks.retrieve(waiting)
    assert cancelled.status == "CANCELLED"
    assert cancelled.cost.credits == 0
    client.tasks.delete(waiting)
    with pytest.raises(runwayml.NotFoundError):
        client.tasks.retrieve(waiting)
    with pytest.raises(runwayml.NotFoundError):
        client.tasks.delete(waiting)
    assert server.books.charged() == 0


def test_what_has_begun_is_charged_although_it_is_cancelled(start: Start) -> None:
    server = start(speed=100)
    task_id = order_runway(server).json()["id"]
    server.desk.state.all("UPDATE tasks SET starts_at = created_at")
    runway(server, "DELETE", f"/v1/tasks/{task_id}")
    assert ended(server, task_id)["cost"]["credits"] == server.books.charged() // 10_000 > 0


def test_an_upload_can_be_used_by_its_owner_only(start: Start) -> None:
    server = start()
    client = client_of(server)
    kept = client.uploads.create_ephemeral(file=("frame.png", picture(640, 360)))
    assert kept.uri.startswith("runway://")
    created = client.image_to_video.create(model="gen4_turbo", prompt_image=kept.uri, ratio="1280:720", duration=2)
    assert created.wait_for_task_output(timeout=10).status == "SUCCEEDED"
    stranger = client_of(server, api_key="key_" + "f" * 128)
    with pytest.raises(runwayml.BadRequestError) as refused:
        stranger.image_to_video.create(model="gen4_turbo", prompt_image=kept.uri, ratio="1280:720", duration=2)
    assert refused.value.body["issues"][0]["path"] == ["promptImage"]  # type: ignore[index]
    with pytest.raises(runwayml.NotFoundError):
        stranger.tasks.retrieve(created.id)


def test_the_account_tells_limits_balance_and_usage(start: Start) -> None:
    server = start(concurrent=3, daily=50, balance=10_000_000)
    client = client_of(server)
    created = client.text_to_image.create(model="gen4_image", prompt_text="A ferry.", ratio="1280:720")
    organization = client.organization.retrieve()
    spent = int(created.estimated_cost.credits)
    assert organization.credit_balance == 1000 - spent
    assert organization.tier.models["gen4_turbo"].max_concurrent_generations == 3
    assert organization.tier.models["gen4_turbo"].max_daily_generations == 50
    assert organization.usage.models["gen4_image"].daily_generations == 1
    # As documented: without dates the span ends before today.
    assert client.organization.retrieve_usage().results == []
    today = datetime.now(UTC).date()
    usage = client.organization.retrieve_usage(start_date=today, before_date=today + timedelta(days=1))
    assert [(entry.model, entry.amount) for entry in usage.results[0].used_credits] == [("gen4_image", spent)]
    with pytest.raises(runwayml.BadRequestError):
        client.organization.retrieve_usage(start_date="2026-01-01", before_date="2026-11-01")


ERRORS = [
    ("bad_request", runwayml.BadRequestError), ("key_refused", runwayml.AuthenticationError),
    ("forbidden", runwayml.PermissionDeniedError), ("not_found", runwayml.NotFoundError),
    ("conflict", runwayml.ConflictError), ("unprocessable", runwayml.UnprocessableEntityError),
    ("rate_limited", runwayml.RateLimitError), ("daily_cap", runwayml.RateLimitError),
    ("error", runwayml.InternalServerError), ("bad_gateway", runwayml.InternalServerError),
    ("unavailable", runwayml.InternalServerError), ("gateway_timeout", runwayml.InternalServerError),
    ("no_credit", runwayml.BadRequestError), ("drop", runwayml.APIConnectionError),
    ("reset", runwayml.APIConnectionError),
    ("accept_drop", runwayml.APIConnectionError), ("accept_half", runwayml.APIConnectionError),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "raised"), ERRORS)
def test_the_package_raises_its_own_errors(start: Start, fault: str, raised: type[Exception]) -> None:
    server = start()
    with pytest.raises(raised):
        client_of(server).text_to_image.create(
            model="gen4_image", prompt_text=f"A ferry. [[fault:{fault}]]", ratio="1280:720"
        )
    assert server.books.accepted() == fault.startswith("accept_")


def test_left_to_itself_the_package_buys_twice(start: Start) -> None:
    """Why our adapter does not repeat: one lost answer, two charges. The books must be able to show it."""
    server = start(scenario=Scenario((Rule("accept_drop", nth=(1,)),)))
    client_of(server, max_retries=2).text_to_image.create(model="gen4_image", prompt_text="A ferry.", ratio="1280:720")
    (line,) = server.books.bought_twice().values()
    assert (line.received, line.accepted) == (2, 2)
    assert line.charged == server.books.charged("runway")


def test_every_field_is_the_packages_own() -> None:
    """Names, required marks and enumerations of ``fields.toml`` against the typed requests: drift is seen here."""
    for endpoint, models in fields().items():
        module = importlib.import_module(f"runwayml.types.{endpoint}_create_params")
        union = getattr(module, "".join(word.title() for word in endpoint.split("_")) + "CreateParams")
        theirs = {}
        for typed in typing.get_args(union) or (union,):
            hints = typing.get_type_hints(typed, include_extras=True)
            (model,) = typing.get_args(_bare(hints.pop("model"))[0])
            theirs[model] = {_alias(name, hint): _bare(hint) for name, hint in hints.items()}
        assert models.keys() == theirs.keys()
        for model, rules in models.items():
            assert rules.keys() == theirs[model].keys(), (endpoint, model)
            for name, rule in rules.items():
                hint, required = theirs[model][name]
                assert rule.required == required, (endpoint, model, name)
                if typing.get_origin(hint) is typing.Literal:
                    assert set(rule.parts) == set(typing.get_args(hint)), (endpoint, model, name)
                else:
                    assert rule.kind != "one", (endpoint, model, name)


def _bare(hint: Any) -> tuple[Any, bool]:
    """A hint without its wrappings, and whether it was required."""
    required = False
    while (origin := typing.get_origin(hint)) in {typing.Required, typing.Annotated}:
        required = required or origin is typing.Required
        hint = typing.get_args(hint)[0]
    return hint, required


def _alias(name: str, hint: Any) -> str:
    while typing.get_origin(hint) in {typing.Required, typing.Annotated}:
        for extra in typing.get_args(hint)[1:]:
            name = getattr(extra, "alias", None) or name
        hint = typing.get_args(hint)[0]
    return name
