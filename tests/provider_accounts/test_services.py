"""Entering, testing and removing keys; pauses; the order in which providers are asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied

from accounts.access import OpenTeam, open_team
from accounts.policies import Right
from generation.models import Attempt, ProviderAccount
from generation.providers.errors import KeyRefused, PollFailed
from generation.states import AttemptState
from generation.vendors import connection, keys, provider_accounts, sealing
from generation.vendors.connection import Outcome
from generation.vendors.endpoints import BadKey
from tests.provider_accounts.conftest import KEY, OTHER_KEY, FakeRunway

pytestmark = pytest.mark.django_db

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


def refused(text: str = "Runway refuses this key. Look it up at Runway.") -> KeyRefused:
    return KeyRefused(text, code="key_refused")


def test_a_key_is_tested_then_stored_sealed(owned: OpenTeam, runway: FakeRunway, rung: list[Any]) -> None:
    change = provider_accounts.set_key(opened=owned, provider="runway", key=f"  {KEY}\n")
    account = ProviderAccount.objects.get()
    assert runway.asked_with == [KEY]
    assert keys.key_of(keys.account_for(owned.team, "runway")) == KEY
    assert (account.key_hint, account.key_set_by, account.team) == (KEY[-4:], owned.user, owned.team)
    assert change.check is not None
    assert change.check.outcome is Outcome.OK
    told = account.check_result
    assert (told["outcome"], told["balance_text"], told["api_version"]) == ("ok", "1,240 credits", "2024-11-06")
    assert (told["limits"]["gen4_turbo"], told["address"]) == ({"concurrent": 3, "daily": 500}, "https://runway.test")
    assert account.checked_at is not None
    assert account.max_concurrent == 3, "as many at once as Runway works on"
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Key entered"]


def test_a_key_that_the_provider_refuses_changes_nothing(
    owned: OpenTeam, runway: FakeRunway, keyed: ProviderAccount
) -> None:
    runway.answer = refused()
    with pytest.raises(BadKey, match=r"Runway refused this key\. Copy it again from .* Nothing was changed\."):
        provider_accounts.set_key(opened=owned, provider="runway", key=OTHER_KEY)
    keyed.refresh_from_db()
    assert keys.key_of(keyed) == KEY
    assert keyed.checked_at is None
    with pytest.raises(BadKey, match="Runway’s keys are “key_” and 128"):
        provider_accounts.set_key(opened=owned, provider="runway", key="sk-something-else")


def test_a_key_that_cannot_be_tested_now_is_stored_and_said_to_be_untested(owned: OpenTeam, runway: FakeRunway) -> None:
    runway.answer = PollFailed("Runway cannot be reached.", code="unreachable")
    change = provider_accounts.set_key(opened=owned, provider="runway", key=KEY)
    assert change.check is not None
    assert (change.check.outcome, change.account.check_result["outcome"]) == (Outcome.UNREACHABLE, "unreachable")
    assert keys.key_of(change.account) == KEY


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "Paste the key"),
        ("   ", "Paste the key"),
        ("key_abc def", "a space, a line break"),
        ("key_abc\nRUNWARE", "a space, a line break"),
        ("schlüssel-123", "unusual character"),
        ("key_\x00abcdef", "unusual character"),
        ("short", "That has 5 characters"),
        ("k" * 401, "That has 401 characters"),
    ],
)
def test_what_can_be_no_key_is_refused_without_asking_anybody(
    owned: OpenTeam, runway: FakeRunway, key: str, words: str
) -> None:
    with pytest.raises(BadKey, match=words):
        provider_accounts.set_key(opened=owned, provider="runway", key=key)
    assert runway.asked_with == []
    assert not ProviderAccount.objects.exists()


def test_without_a_sealing_key_nothing_is_stored(owned: OpenTeam, runway: FakeRunway, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = []
    with pytest.raises(BadKey, match="set FIELD_ENCRYPTION_KEYS"):
        provider_accounts.set_key(opened=owned, provider="runway", key=KEY)
    assert not ProviderAccount.objects.exclude(sealed_key="").exists()


def test_a_new_key_ends_a_pause_and_starts_what_waited(
    owned: OpenTeam,
    runway: FakeRunway,
    keyed: ProviderAccount,
    order: Callable[..., Attempt],
    rung: list[Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    ProviderAccount.objects.filter(pk=keyed.pk).update(paused_until=FOREVER, pause_reason="The key was refused.")
    order(keyed, AttemptState.QUEUED, task_id="")
    order(keyed, AttemptState.RUNNING)
    with django_capture_on_commit_callbacks(execute=True):
        change = provider_accounts.set_key(opened=owned, provider="runway", key=OTHER_KEY)
    assert (change.account.paused_until, change.account.pause_reason) == (None, "")
    assert (change.queued, change.in_flight) == (1, 1)
    assert rung == [("generation.submit", str(keyed.pk))]


def test_removing_a_key_forgets_it_and_wakes_what_waits_so_that_it_learns(
    owned: OpenTeam,
    runway: FakeRunway,
    keyed: ProviderAccount,
    order: Callable[..., Attempt],
    rung: list[Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    ProviderAccount.objects.filter(pk=keyed.pk).update(paused_until=FOREVER, check_result={"outcome": "ok"})
    order(keyed, AttemptState.QUEUED, task_id="")
    running = order(keyed, AttemptState.RUNNING)
    with django_capture_on_commit_callbacks(execute=True):
        change = provider_accounts.remove_key(opened=owned, provider="runway")
    stored = ProviderAccount.objects.get()
    assert (stored.sealed_key, stored.key_hint, stored.key_set_by, stored.check_result) == ("", "", None, {})
    assert stored.paused_until is None, "a pause would keep what waits from being taken up"
    assert (change.queued, change.in_flight) == (1, 1)
    assert rung == [("generation.submit", str(keyed.pk))]
    running.refresh_from_db()
    assert running.state == AttemptState.RUNNING
    with pytest.raises(keys.NoKey):
        keys.key_of(stored)


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (refused(), "refused", "refuses this key"),
        (PollFailed("No way there.", code="unreachable"), "unreachable", "No way there."),
        (PollFailed("It answers nonsense.", code="account_unknown"), "failed", "It answers nonsense."),
    ],
)
def test_a_test_tells_apart_what_is_wrong(
    runway: FakeRunway, keyed: ProviderAccount, answer: Exception, outcome: str, words: str
) -> None:
    runway.answer = answer
    assert connection.test_connection(keyed).outcome == outcome
    keyed.refresh_from_db()
    assert keyed.check_result["outcome"] == outcome
    assert words in keyed.check_result["text"]


def test_a_test_without_a_key_or_with_an_unreadable_one_says_so(
    runway: FakeRunway, keyed: ProviderAccount, cast: SimpleNamespace
) -> None:
    empty = ProviderAccount.objects.create(provider="runway", team=cast.mallory.teams.get(), max_concurrent=1)
    assert connection.test_connection(empty).outcome is Outcome.NO_KEY
    keyed.sealed_key = "gone"
    assert connection.test_connection(keyed).outcome is Outcome.UNREADABLE
    assert runway.asked_with == []


def test_a_number_of_places_that_staff_has_set_outlives_the_next_test(
    runway: FakeRunway, keyed: ProviderAccount
) -> None:
    connection.test_connection(keyed)
    assert keyed.max_concurrent == 3
    ProviderAccount.objects.filter(pk=keyed.pk).update(max_concurrent=1)
    keyed.refresh_from_db()
    connection.test_connection(keyed)
    keyed.refresh_from_db()
    assert keyed.max_concurrent == 1


def test_an_echoed_key_is_cut_out_of_what_is_kept(runway: FakeRunway, keyed: ProviderAccount) -> None:
    runway.answer = lambda key: PollFailed(f"There is no account for {key} here.", code="account_unknown")
    check = connection.test_connection(keyed)
    keyed.refresh_from_db()
    assert keyed.check_result["text"] == check.text == "There is no account for … here."
    assert KEY not in json.dumps(keyed.check_result)


def test_a_paused_account_is_used_again(
    owned: OpenTeam, keyed: ProviderAccount, rung: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    ProviderAccount.objects.filter(pk=keyed.pk).update(paused_until=FOREVER, pause_reason="No credit.")
    with django_capture_on_commit_callbacks(execute=True):
        provider_accounts.resume(opened=owned, account=keyed)
    keyed.refresh_from_db()
    assert (keyed.paused_until, keyed.pause_reason) == (None, "")
    assert rung == [("generation.submit", str(keyed.pk))]


def test_the_installations_account_is_resumed_only_by_who_runs_it(owned: OpenTeam, cast: SimpleNamespace) -> None:
    shared = ProviderAccount.objects.create(provider="runway", max_concurrent=4, paused_until=FOREVER)
    with pytest.raises(PermissionDenied, match="Ask its administrator"):
        provider_accounts.resume(opened=owned, account=shared)
    cast.alice.is_superuser = True
    cast.alice.save()
    provider_accounts.resume(opened=open_team(cast.alice, owned.team.pk, Right.OWN), account=shared)
    shared.refresh_from_db()
    assert shared.paused_until is None


def test_another_teams_account_is_not_resumed(owned: OpenTeam, cast: SimpleNamespace) -> None:
    hers = ProviderAccount.objects.create(
        provider="runway", team=cast.mallory.teams.get(), max_concurrent=4, paused_until=FOREVER
    )
    with pytest.raises(PermissionDenied):
        provider_accounts.resume(opened=owned, account=hers)


@pytest.fixture
def two(settings: Any) -> None:
    """An installation that knows two providers with keys."""
    settings.PROVIDERS = {name: settings.PROVIDERS[name] for name in ("runway", "runware")}


@pytest.mark.usefixtures("two")
def test_the_order_moves_by_one_place_and_stays_at_the_ends(owned: OpenTeam) -> None:
    assert keys.order_of(owned.team) == ["runway", "runware", "flux"]
    last = ["runware", "flux", "runway"]
    for by, after in ((-1, ["runway", "runware", "flux"]), (1, ["runware", "runway", "flux"]), (1, last), (1, last)):
        provider_accounts.move(opened=owned, provider="runway", by=by)
        owned.team.refresh_from_db()
        assert keys.order_of(owned.team) == after


@pytest.mark.usefixtures("two")
def test_an_order_names_only_what_is_there_and_forgets_nobody(owned: OpenTeam) -> None:
    provider_accounts.set_order(opened=owned, order=["gemini", "runware", "animatic", "runware"])
    owned.team.refresh_from_db()
    assert owned.team.provider_order == ["runware"]
    assert keys.order_of(owned.team) == ["runware", "runway", "flux"]


def test_fallback_is_switched(owned: OpenTeam) -> None:
    provider_accounts.set_fallback(opened=owned, wanted=False)
    owned.team.refresh_from_db()
    assert owned.team.fallback is False


def test_a_key_for_one_team_is_none_for_another(owned: OpenTeam, runway: FakeRunway, cast: SimpleNamespace) -> None:
    provider_accounts.set_key(opened=owned, provider="runway", key=KEY)
    with pytest.raises(keys.NotConfigured):
        keys.account_for(cast.mallory.teams.get(), "runway")
    assert sealing.unseal(ProviderAccount.objects.get()) == KEY
