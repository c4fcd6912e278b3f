"""Guessing passwords: counted at every door, by the address that the attempts come from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.conftest import PASSWORD

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _counted_anew() -> None:
    cache.clear()


@pytest.mark.django_db
def test_the_admin_takes_no_password_of_its_own(cast: SimpleNamespace) -> None:
    cast.bob.is_staff = True
    cast.bob.save(update_fields=["is_staff"])
    client = Client()
    answer = client.post("/admin/login/?next=/admin/", {"username": "bob@example.com", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=%2Fadmin%2F")
    assert client.get("/admin/").status_code == 302
    client.post("/accounts/login/", {"login": "bob@example.com", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_somebody_else_is_told_that_the_admin_is_not_theirs(cast: SimpleNamespace, client_of: Any) -> None:
    assert client_of(cast.alice).get("/admin/", follow=True).status_code == 403


@pytest.mark.django_db
def test_a_guesser_is_stopped_even_when_the_next_guess_is_right(cast: SimpleNamespace, settings: Any) -> None:
    del settings.ACCOUNT_RATE_LIMITS
    guesser = Client()
    for number in range(10):
        spoofed = {"x-forwarded-for": f"10.0.0.{number}"}
        guesser.post("/accounts/login/", {"login": "bob@example.com", "password": f"guess {number}"}, headers=spoofed)
    answer = guesser.post("/accounts/login/", {"login": "bob@example.com", "password": PASSWORD})
    assert answer.status_code == 200
    assert "Too many failed login attempts" in answer.content.decode()
    assert "_auth_user_id" not in guesser.session


@pytest.mark.parametrize(("behind", "trusted"), [("true", 1), ("false", 0)])
def test_only_a_proxy_that_was_named_says_where_people_come_from(behind: str, trusted: int, tmp_path: Path) -> None:
    asked = (
        "import json; from django.conf import settings as s; "
        "print(json.dumps([s.ALLAUTH_TRUSTED_PROXY_COUNT, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SESSION_COOKIE_HTTPONLY, s.DEBUG, s.SECURE_HSTS_SECONDS > 0]))"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": "k" * 50,
        "FIELD_ENCRYPTION_KEYS": "a2V5LWZvci10ZXN0cy1rZXktZm9yLXRlc3RzLWtleS0=",
        "ALLOWED_HOSTS": "films.example",
        "BEHIND_PROXY": behind,
        "DATA_DIR": str(tmp_path),
    }
    answer = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == [trusted, True, True, True, False, True]
