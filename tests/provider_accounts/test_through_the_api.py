"""A team's providers through the API: keys go in and never come out; health, order and tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.access import open_team
from accounts.models import Membership, Role, User
from accounts.policies import Right
from accounts.rest.tokens import create_token
from generation.models import Attempt, Job, ProviderAccount
from generation.providers.errors import KeyRefused, NotAccepted
from generation.states import AttemptState
from projects import pacing
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.provider_accounts.conftest import KEY, OTHER_KEY, FakeRunway

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_installation_keys(settings: Any) -> None:
    """Only teams have keys."""
    settings.PROVIDERS = {**settings.PROVIDERS, "runway": {"key": "", "url": ""}, "runware": {"key": "", "url": ""}}


def program(person: User, scopes: tuple[str, ...] = ("read", "write", "spend")) -> Program:
    """Return a program of somebody's."""
    team = person.teams.order_by("pk").first()
    assert team is not None
    return Program(create_token(opened=open_team(person, team.pk, Right.SEE), name="Tests", scopes=scopes)[1])


@pytest.fixture
def path(cast: SimpleNamespace) -> str:
    """The team's providers."""
    return f"teams/{cast.team.pk}/providers"


def test_a_key_goes_in_and_never_comes_out(
    cast: SimpleNamespace, runway: FakeRunway, path: str, rung: list[tuple[str, ...]], caplog: pytest.LogCaptureFixture
) -> None:
    alice = program(cast.alice)
    put = alice.put(f"{path}/runway/key", {"key": f" {KEY}\n"})
    assert put.status_code == 200, put.content
    said = put.json()
    assert said["check"]["outcome"] == "ok"
    assert said["check"]["balance"] == "1,240 credits"
    assert said["provider"]["configured"]
    assert said["provider"]["own_key"]
    assert said["provider"]["key_ends_with"] == KEY[-4:]
    assert said["provider"]["key_set_by"]["name"] == "Alice"
    answers = [put, *(alice.get(one) for one in (path, f"{path}/runway")), alice.post(f"{path}/runway/test")]
    assert all(KEY not in answer.content.decode() for answer in answers)
    assert KEY not in caplog.text
    shown = alice.get(f"{path}/runway").json()
    assert (shown["reachable"], shown["balance"], shown["generations_today"]) == (True, "1,240 credits", 9)
    assert {model["id"] for model in shown["models"]} >= {"gen4_image", "gen4_turbo"}
    gone = alice.delete(f"{path}/runway/key")
    assert gone.status_code == 200, gone.content
    assert not gone.json()["provider"]["configured"]
    refusal(alice.post(f"{path}/runway/test"), 409, "no_key")


def test_a_key_that_is_refused_changes_nothing(
    cast: SimpleNamespace, runway: FakeRunway, keyed: ProviderAccount, path: str
) -> None:
    alice = program(cast.alice)
    runway.answer = lambda key: KeyRefused(f"{key} is wrong.", code="key_refused")
    for key in (OTHER_KEY, "short", "", "with space in it", "ü" * 20, "x" * 900, 7, None, ["x"]):
        said = refusal(alice.put(f"{path}/runway/key", {"key": key}), 400, "invalid")
        assert "key" in said["fields"]
        assert OTHER_KEY not in str(said)
    keyed.refresh_from_db()
    assert keyed.key_hint == KEY[-4:]
    tested = alice.post(f"{path}/runway/test").json()
    assert (tested["outcome"], KEY in tested["text"]) == ("refused", False)


def test_only_owners_and_nobody_elses(
    cast: SimpleNamespace, runway: FakeRunway, keyed: ProviderAccount, path: str
) -> None:
    bob, carol, mallory = (program(one) for one in (cast.bob, cast.carol, cast.mallory))
    assert bob.get(path).status_code == bob.post(f"{path}/runway/test").status_code == 200
    calls: tuple[tuple[str, str, Any], ...] = (
        ("PUT", f"{path}/runway/key", {"key": OTHER_KEY}), ("DELETE", f"{path}/runway/key", None),
        ("POST", f"{path}/runway/resume", {}), ("PATCH", path, {"fallback": False}),
    )  # fmt: skip
    for who in (bob, carol):
        for method, address, body in calls:
            refusal(who(method, address, body), 403, "not_allowed")
    refusal(carol.get(path), 403, "not_allowed")
    for method, address, body in (*calls, ("GET", path, None), ("POST", f"{path}/runway/test", None)):
        refusal(mallory(method, address, body), 404, "not_found")
    writes = program(cast.alice, ("read", "write"))
    for method, address, body in (
        ("PUT", f"{path}/runway/key", {"key": OTHER_KEY}),
        ("PATCH", path, {"fallback": False}),
        ("POST", f"{path}/runway/resume", {"rehearsal": False}),
    ):
        refusal(writes(method, address, body), 403, "scope_missing")
    refusal(program(cast.alice).get(f"{path}/nobody"), 404, "not_found")
    refusal(program(cast.alice).get(f"{path}/animatic"), 404, "not_found")
    keyed.refresh_from_db()
    assert keyed.key_hint == KEY[-4:]


def test_the_order_and_the_fallback_are_set(cast: SimpleNamespace, runway: FakeRunway, path: str) -> None:
    alice = program(cast.alice)
    said = alice.patch(path, {"order": ["runware", "runway"], "fallback": False}).json()
    assert ([one["name"] for one in said["providers"]][:2], said["fallback"]) == (["runware", "runway"], False)
    assert alice.patch(path, {"fallback": True}).json()["providers"][0]["name"] == "runware"
    for body in (
        {"order": ["nobody"]},
        {"order": ["animatic"]},
        {"order": "runway"},
        {"fallback": "perhaps"},
        {"x": 1},
    ):
        refusal(alice.patch(path, body), 400, "invalid")


def test_health_and_metrics_are_told(
    cast: SimpleNamespace, runway: FakeRunway, keyed: ProviderAccount, order: Any, path: str
) -> None:
    now = timezone.now()
    order(keyed, AttemptState.SUCCEEDED, cost=250_000, ended_at=now, send_started_at=now)
    order(keyed, AttemptState.FAILED, cost=0, ended_at=now, send_started_at=now)
    alice = program(cast.alice)
    runway.answer = NotAccepted("Runway could not be reached.", code="unreachable")
    assert alice.post(f"{path}/runway/test").json()["outcome"] == "unreachable"
    shown = alice.get(f"{path}/runway").json()
    assert shown["reachable"] is False
    day = shown["last_24_hours"]
    assert (day["requests"], day["succeeded"], day["success_percent"], day["spent_usd"]) == (2, 1, 50, "0.250000")
    model = next(one for one in shown["models"] if one["id"] == "gen4_turbo")
    assert model["last_30_days"]["requests"] == 2


def test_a_paused_account_is_used_again(
    cast: SimpleNamespace, runway: FakeRunway, keyed: ProviderAccount, path: str, rung: list[tuple[str, ...]]
) -> None:
    ProviderAccount.objects.update(paused_until=timezone.now() + timedelta(days=1), pause_reason="No credit.")
    alice = program(cast.alice)
    shown = alice.get(f"{path}/runway").json()
    assert (shown["paused"], shown["pause_reason"]) == (True, "No credit.")
    said = alice.post(f"{path}/runway/resume", {})
    assert said.status_code == 200, said.content
    assert not said.json()["paused"]


def test_a_person_enters_keys_only_so_often(
    cast: SimpleNamespace,
    runway: FakeRunway,
    path: str,
    client_of: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pacing, "KEYS", 2)
    monkeypatch.setattr("projects.pacing.time.time", lambda: 1_800_000_000.0)
    alice, window, key = program(cast.alice), client_of(cast.alice), f"{path}/runway/key"
    assert alice.put(key, {"key": KEY}).status_code == 200
    assert "is stored" in window.post(f"/{key}/", {"key": OTHER_KEY}, follow=True).text
    refused = alice.put(key, {"key": KEY})
    assert refusal(refused, 429, "too_often")["retry_after"] == int(refused["Retry-After"])
    page = window.post(f"/{key}/", {"key": KEY, "base_url": "https://proxy.example/v1"})
    assert page.status_code == 422
    assert "That was too often" in page.text
    assert KEY not in page.text
    assert len(runway.asked_with) == 2
    assert ProviderAccount.objects.get(team=cast.team, provider="runway").key_hint == OTHER_KEY[-4:]
    Membership.objects.filter(user=cast.bob).update(role=Role.OWNER)
    assert program(cast.bob).put(key, {"key": KEY}).status_code == 200, "others go on"


def test_a_team_asks_its_providers_by_hand_only_so_often(
    cast: SimpleNamespace,
    runway: FakeRunway,
    keyed: ProviderAccount,
    order: Callable[..., Attempt],
    path: str,
    client_of: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pacing, "QUESTIONS", 3)
    monkeypatch.setattr("projects.pacing.time.time", lambda: 1_800_000_000.0)
    doubt = order(keyed, AttemptState.UNKNOWN, send_started_at=timezone.now())
    Job.objects.update(state="unknown")
    evidence, test = f"jobs/{doubt.job_id}/evidence", f"{path}/runway/test"
    alice, bob, dave = (program(one) for one in (cast.alice, cast.bob, cast.dave))
    assert [alice.post(test).status_code, dave.get(evidence).status_code, bob.post(test).status_code] == [200] * 3
    for refused in (alice.post(test), dave.get(evidence), program(cast.bob).post(test)):
        assert refusal(refused, 429, "too_often")["retry_after"] == int(refused["Retry-After"])
    window = client_of(cast.alice)
    assert "That was too often" in window.post(f"/{path}/runway/test/", follow=True).text
    page = reverse("generation:unknown_evidence", args=[doubt.job.project_id, doubt.job_id])
    assert "That was too often" in window.get(page).text
    assert len(runway.asked_with) == 3
    refusal(program(cast.mallory).post(test), 404, "not_found")
