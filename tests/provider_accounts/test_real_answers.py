"""Keys against servers that speak the vendors' protocols: what is right, wrong, and not there is told apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.access import OpenTeam
from generation import execution
from generation.models import ProviderAccount
from generation.rehearsal import RehearsalServer
from generation.vendors import connection, keys, provider_accounts
from generation.vendors.connection import Outcome
from generation.vendors.endpoints import BadKey

pytestmark = pytest.mark.django_db

GOOD = {
    "runway": "key_" + "c0ffee00" * 16,
    "runware": "C0ffee00" * 4,
    "luma": "luma-c0ffee00-c0ffee00-c0ffee00",
    "elevenlabs": "sk_" + "c0ffee00" * 6,
}
WRONG = {name: key.replace("ffee", "ffff").replace("C0", "00") for name, key in GOOD.items()}
# A plan that is paid by the month has credits and no money.
HOLDS = dict.fromkeys(GOOD, 12_400_000) | {"elevenlabs": None}
PROVIDERS = sorted(GOOD)


@pytest.fixture
def good() -> set[str]:
    """The keys that all vendors know."""
    return set(GOOD.values())


@pytest.fixture
def server(tmp_path: Path, settings: Any, good: set[str]) -> Iterator[RehearsalServer]:
    """All vendors on this machine."""
    server = RehearsalServer(tmp_path / "state", speed=0.0, keys=good, balance=12_400_000).start()
    settings.PROVIDERS = {
        name: {"key": "", "url": f"{server.base_url}{execution.REHEARSED_AT[name]}"} for name in PROVIDERS
    }
    yield server
    server.stop()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_good_key_is_stored_with_what_the_account_holds(
    owned: OpenTeam, server: RehearsalServer, provider: str
) -> None:
    change = provider_accounts.set_key(opened=owned, provider=provider, key=GOOD[provider])
    told = change.account.check_result
    assert (told["outcome"], told["balance"]) == ("ok", HOLDS[provider])
    assert told["balance_text"]
    assert told["api_version"]
    assert told["address"].startswith(server.base_url)
    assert keys.key_of(change.account) == GOOD[provider]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_key_is_not_stored(owned: OpenTeam, server: RehearsalServer, provider: str) -> None:
    with pytest.raises(BadKey, match="Nothing was changed") as caught:
        provider_accounts.set_key(opened=owned, provider=provider, key=WRONG[provider])
    assert WRONG[provider] not in str(caught.value)
    assert not ProviderAccount.objects.exclude(sealed_key="").exists()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_key_that_is_revoked_later_is_told_apart_from_a_provider_that_is_away(
    owned: OpenTeam, server: RehearsalServer, good: set[str], provider: str
) -> None:
    account = provider_accounts.set_key(opened=owned, provider=provider, key=GOOD[provider]).account
    good.clear()
    assert connection.test_connection(account).outcome is Outcome.REFUSED
    server.stop()
    found = connection.test_connection(account)
    assert (found.outcome, account.check_result["outcome"]) == (Outcome.UNREACHABLE, "unreachable")
    assert found.text
