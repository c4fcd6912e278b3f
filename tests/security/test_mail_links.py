"""Links in mails lead to the product's own address, whatever host whoever caused the mail has asked for."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from projects.models import Project
from tests.pages.footage import add_scenes, finish

pytestmark = pytest.mark.django_db
EVIL = "evil.example.net"


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    settings.PUBLIC_URL = "https://rushes.example.com"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def links_in_mails() -> list[str]:
    found = [link for message in mail.outbox for link in re.findall(r"https?://\S+", str(message.body))]
    assert EVIL not in str([(message.subject, message.body) for message in mail.outbox])
    return found


def test_an_invitation(cast: SimpleNamespace, client_of: Any) -> None:
    alice = client_of(cast.alice)
    given = {"email": "nora@example.com", "role": "artist"}
    alice.post(reverse("accounts:invite", args=[cast.team.pk]), given, HTTP_HOST=EVIL)
    (link,) = links_in_mails()
    assert link.startswith("https://rushes.example.com/invitations/")
    path = link.removeprefix("https://rushes.example.com")
    assert "Harbour Pictures" in Client().get(path).text


@pytest.mark.parametrize(
    ("name", "given", "leads"),
    [
        ("account_reset_password", {"email": "alice@example.com"}, "/accounts/password/reset/key/"),
        ("account_reset_password", {"email": "nobody@example.com"}, "/accounts/signup/"),
        (
            "account_signup",
            {"name": "Mallory", "team": "Hers", "email": "m2@example.com", "password1": "a-long-enough-secret"},
            "/accounts/confirm-email/",
        ),
        (
            "account_signup",
            {"name": "Mallory", "team": "Hers", "email": "alice@example.com", "password1": "a-long-enough-secret"},
            "/accounts/password/reset/",
        ),
    ],
)
def test_what_a_stranger_has_mailed(cast: SimpleNamespace, name: str, given: dict[str, str], leads: str) -> None:
    answer = Client().post(reverse(name), given, HTTP_HOST=EVIL)
    assert answer.status_code == 302, answer.text
    assert [link.startswith(f"https://rushes.example.com{leads}") for link in links_in_mails()] == [True]


def test_without_a_public_address_the_request_says_it(settings: Any, cast: SimpleNamespace) -> None:
    settings.PUBLIC_URL = ""
    Client().post(reverse("account_reset_password"), {"email": "alice@example.com"})
    assert links_in_mails()[0].startswith("http://testserver/accounts/password/reset/key/")


def test_the_address_of_a_review_to_be_copied(cast: SimpleNamespace, project: Project, client_of: Any) -> None:
    finish(add_scenes(project, 1, 1))
    given = {"name": "Cut", "days": "0"}
    made = client_of(cast.bob).post(
        reverse("scenes:share", args=[project.pk]), given, HTTP_HOST=EVIL, HTTP_HX_REQUEST="true"
    )
    assert made.status_code == 200
    assert "https://rushes.example.com/review/" in made.text
    assert EVIL not in made.text
