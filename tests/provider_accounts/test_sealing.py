"""Keys at rest: nobody reads them without the installation's own keys, and none works in another row."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from config.env import sealing_keys
from generation.models import ProviderAccount
from generation.vendors import sealing
from generation.vendors.sealing import SealBroken

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
KEY = "key_" + "c0ffee00" * 16


@pytest.fixture
def account(cast: SimpleNamespace) -> ProviderAccount:
    """The team's account at Runway, with a key."""
    made = ProviderAccount.objects.create(provider="runway", team=cast.team, max_concurrent=2)
    made.sealed_key = sealing.seal(made, KEY)
    made.save()
    return made


def test_what_is_stored_gives_nothing_away_and_opens_again(account: ProviderAccount) -> None:
    stored = ProviderAccount.objects.get(pk=account.pk)
    assert KEY not in stored.sealed_key
    assert sealing.unseal(stored) == KEY
    assert sealing.seal(stored, KEY) != stored.sealed_key, "the same key twice looks the same"


def test_a_sealed_key_is_of_no_use_in_another_row(account: ProviderAccount, cast: SimpleNamespace) -> None:
    thief = ProviderAccount.objects.create(
        provider="runway", team=cast.mallory.teams.get(), max_concurrent=2, sealed_key=account.sealed_key
    )
    with pytest.raises(SealBroken, match="belongs to another account"):
        sealing.unseal(thief)
    account.provider = "runware"
    with pytest.raises(SealBroken, match="belongs to another account"):
        sealing.unseal(account)


def test_other_sealing_keys_open_nothing_and_people_are_told_what_to_do(
    account: ProviderAccount, settings: Any
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(SealBroken, match=r"Enter the key again under Providers and keys") as caught:
        sealing.unseal(account)
    assert caught.value.code == "key_unreadable"
    settings.FIELD_ENCRYPTION_KEYS = []
    with pytest.raises(SealBroken, match="set FIELD_ENCRYPTION_KEYS"):
        sealing.unseal(account)


def test_a_new_sealing_key_takes_over_without_anybody_entering_keys_again(
    account: ProviderAccount, settings: Any
) -> None:
    old = settings.FIELD_ENCRYPTION_KEYS
    new = [Fernet.generate_key().decode()]
    settings.FIELD_ENCRYPTION_KEYS = new + old
    said = io.StringIO()
    call_command("rotate_secrets", stdout=said)
    assert said.getvalue() == "1 sealed with the newest key.\n"
    settings.FIELD_ENCRYPTION_KEYS = new
    account.refresh_from_db()
    assert sealing.unseal(account) == KEY
    settings.FIELD_ENCRYPTION_KEYS = old
    with pytest.raises(SealBroken):
        sealing.unseal(account)


def test_rotating_names_what_it_cannot_read_and_leaves_it(
    account: ProviderAccount, cast: SimpleNamespace, settings: Any
) -> None:
    lost = ProviderAccount.objects.create(provider="runware", team=cast.team, max_concurrent=2, sealed_key="gone")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEYS]
    before = account.sealed_key
    with pytest.raises(CommandError, match=r"keep the old sealing keys:\nrunware · Harbour Pictures: ") as caught:
        call_command("rotate_secrets", stdout=io.StringIO())
    assert KEY not in str(caught.value)
    account.refresh_from_db()
    lost.refresh_from_db()
    assert account.sealed_key != before, "the others are sealed anew all the same"
    assert lost.sealed_key == "gone"


def test_rotating_does_not_bring_back_a_key_that_is_replaced_meanwhile(
    account: ProviderAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = sealing.seal(account, "key_" + "0" * 128)

    def replaced_meanwhile(sealed: str) -> str:
        ProviderAccount.objects.filter(pk=account.pk).update(sealed_key=fresh)
        return "the old key, sealed anew"

    monkeypatch.setattr(sealing, "reseal", replaced_meanwhile)
    call_command("rotate_secrets", stdout=io.StringIO())
    account.refresh_from_db()
    assert account.sealed_key == fresh


@pytest.mark.parametrize("bad", ["short", "a" * 44, "ä" * 44, "b25seQ=="])
def test_a_sealing_key_that_is_none_stops_the_start_and_is_not_repeated(bad: str) -> None:
    good = Fernet.generate_key().decode()
    with pytest.raises(ImproperlyConfigured, match="key 2 of 2 is not 32 bytes") as caught:
        sealing_keys(f"{good}, {bad}")
    assert bad not in str(caught.value)
    assert good not in str(caught.value)
    assert sealing_keys(f" {good} ,") == [good]


def _start(settings_module: str, tmp_path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": settings_module,
        "DATA_DIR": str(tmp_path / "data"),
        **more,
    }
    asked = "from django.conf import settings as s; print(s.FIELD_ENCRYPTION_KEYS)"
    return subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_production_does_not_start_without_a_sealing_key(tmp_path: Path) -> None:
    answer = _start("config.settings.production", tmp_path, SECRET_KEY="k" * 50, ALLOWED_HOSTS="films.example")
    assert answer.returncode != 0
    assert "Set FIELD_ENCRYPTION_KEYS" in answer.stderr


def test_one_persons_machine_makes_a_sealing_key_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    first, second = (_start("config.settings.dev", tmp_path).stdout for _ in range(2))
    kept = tmp_path / "data" / "sealing.key"
    assert first == second == f"['{kept.read_text()}']\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in kept.parent.iterdir()} == {"sealing.key", "secret.key"}
