"""Whose account and key serve an order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from generation import catalogue
from generation.catalogue import ImpossibleRequest
from generation.models import ProviderAccount
from generation.vendors import keys, sealing
from generation.vendors.sealing import SealBroken

pytestmark = pytest.mark.django_db

TEAMS, INSTALLATIONS = "key_" + "a" * 128, "key_" + "b" * 128


@pytest.fixture
def own(cast: SimpleNamespace) -> ProviderAccount:
    """The team's own account at Runway."""
    account = ProviderAccount.objects.create(provider="runway", team=cast.team, max_concurrent=2)
    account.sealed_key = sealing.seal(account, TEAMS)
    account.save()
    return account


@pytest.fixture
def shared(settings: Any) -> None:
    """A key for the whole installation."""
    settings.PROVIDERS = {**settings.PROVIDERS, "runway": {"key": INSTALLATIONS, "url": ""}}


def test_without_a_key_nothing_is_made_and_the_way_out_is_named(cast: SimpleNamespace) -> None:
    with pytest.raises(ImpossibleRequest, match=r"has no key here\. An owner can enter one under Providers and keys"):
        keys.account_for(cast.team, "runway")
    assert not ProviderAccount.objects.exists()


def test_the_teams_own_key_comes_before_the_installations(
    cast: SimpleNamespace, own: ProviderAccount, shared: None
) -> None:
    assert keys.account_for(cast.team, "runway") == own
    assert keys.key_of(own) == TEAMS
    hers = keys.account_for(cast.mallory.teams.get(), "runway")
    assert (hers.team, keys.key_of(hers)) == (None, INSTALLATIONS)
    assert keys.account_for(cast.mallory.teams.get(), "runway") == hers, "one account for all that share the key"


def test_a_team_whose_key_was_taken_away_falls_back_to_the_installations(
    cast: SimpleNamespace, own: ProviderAccount, shared: None
) -> None:
    ProviderAccount.objects.filter(pk=own.pk).update(sealed_key="")
    assert keys.account_for(cast.team, "runway").team is None


def test_what_was_queued_with_a_key_that_is_gone_learns_why(cast: SimpleNamespace, own: ProviderAccount) -> None:
    own.sealed_key = ""
    with pytest.raises(keys.NoKey, match="was taken away") as caught:
        keys.key_of(own)
    assert caught.value.code == "no_key"
    installation = ProviderAccount.objects.create(provider="runway", max_concurrent=2)
    with pytest.raises(keys.NoKey):
        keys.key_of(installation)


def test_a_key_from_another_row_is_refused(cast: SimpleNamespace, own: ProviderAccount) -> None:
    pasted = ProviderAccount(provider="runway", team=cast.mallory.teams.get(), sealed_key=own.sealed_key)
    with pytest.raises(SealBroken):
        keys.key_of(pasted)


def test_a_rehearsal_has_an_account_and_a_made_up_key_of_its_own(
    cast: SimpleNamespace, own: ProviderAccount, shared: None
) -> None:
    account = keys.account_for(cast.team, "runway", rehearsal=True)
    key = keys.key_of(account)
    assert (account.rehearsal, account.team) == (True, cast.team)
    assert key not in (TEAMS, INSTALLATIONS)
    assert keys.FORMS["runway"].fits(key)
    runware = keys.account_for(cast.team, "runware", rehearsal=True)
    assert keys.FORMS["runware"].fits(keys.key_of(runware))
    assert keys.key_of(keys.account_for(cast.team, "runway", rehearsal=True)) == key


def test_what_runs_on_this_machine_needs_no_key(cast: SimpleNamespace, settings: Any) -> None:
    settings.ENGINE = {**settings.ENGINE, "LOCAL_RENDERS": 3}
    account = keys.account_for(cast.team, "animatic")
    assert (account.team, account.max_concurrent, keys.key_of(account)) == (None, 3, "")
    assert keys.account_for(cast.team, "animatic", rehearsal=True) == account, "there is nothing to simulate"


def test_who_can_be_asked(cast: SimpleNamespace, own: ProviderAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        name: SimpleNamespace(provider=name, provider_label=name, missing="")
        for name in ("animatic", "runway", "runware")
    }
    monkeypatch.setattr(catalogue, "models", lambda: entries)
    assert keys.reachable(cast.team) == {"animatic", "runway"}
    assert keys.reachable(cast.mallory.teams.get()) == {"animatic"}
    assert keys.reachable(cast.mallory.teams.get(), rehearsal=True) == {"animatic", "runway", "runware"}


def test_orders_of_an_endpoint_that_was_removed_do_not_end_at_the_installations(
    cast: SimpleNamespace, settings: Any
) -> None:
    here = {"key": "", "url": "http://127.0.0.1:11434/v1", "own_models": {}}
    settings.PROVIDERS = {**settings.PROVIDERS, "openai_compatible": here}
    account = ProviderAccount.objects.create(
        provider="openai_compatible", team=cast.team, base_url="https://models.example.com/v1", max_concurrent=2
    )
    assert keys.key_of(account) == ""
    account.base_url = ""
    with pytest.raises(keys.NoKey):
        keys.key_of(account)
