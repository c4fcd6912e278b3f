"""Signing up, logging in and out, and a forgotten password, as a browser does it."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Membership, Role, User

PASSWORD = "correct-horse-battery-staple"
SIGN_UP = {"name": "Nora Field", "team": "Field Films", "email": "nora@example.com", "password1": PASSWORD}


@pytest.mark.django_db
def test_signing_up_makes_a_team_with_its_owner_and_logs_in() -> None:
    client = Client()
    answer = client.post("/accounts/signup/", SIGN_UP, follow=True)
    assert answer.redirect_chain[-1][0] == "/"
    assert "Your first film starts with a script" in answer.text
    membership = Membership.objects.get(user__email="nora@example.com")
    assert (membership.team.name, membership.role, membership.user.name) == ("Field Films", Role.OWNER, "Nora Field")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"email": "not an address"}, "Enter a valid email address."),
        ({"password1": "12345"}, "too short"),
        ({"name": ""}, "This field is required."),
        ({"team": "Film\x00s"}, "Null characters are not allowed."),
    ],
)
def test_a_refused_sign_up_says_why_and_keeps_what_was_typed(change: dict[str, str], said: str) -> None:
    answer = Client().post("/accounts/signup/", SIGN_UP | change)
    assert said in answer.text
    assert 'value="nora@example.com"' in answer.text or "email" in change
    assert not User.objects.exists()


def test_logging_in_and_out(cast: SimpleNamespace) -> None:
    client = Client()
    assert client.get("/").headers["Location"] == "/accounts/login/?next=/"
    wrong = client.post("/accounts/login/", {"login": "carol@example.com", "password": "wrong"})
    assert "not correct" in wrong.text
    right = client.post("/accounts/login/", {"login": "Carol@example.com", "password": PASSWORD}, follow=True)
    assert right.context["request"].user == cast.carol
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 302


def test_a_forgotten_password_is_replaced_by_mail(cast: SimpleNamespace) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": "carol@example.com"})
    link = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link
    form = client.get(link[1], follow=True)
    new = "another-long-enough-word"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert Client().login(username="carol@example.com", password=new)
    used = Client().get(link[1], follow=True)
    assert "This link is used up" in used.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/password/reset/done/"]
)
def test_pages_for_visitors_are_in_our_look_and_obey_the_policy(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert "css/tokens.css" in answer.text
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_pages_of_an_account_are_in_our_look(cast: SimpleNamespace, client_of) -> None:
    client = client_of(cast.carol)
    for path in ("/accounts/password/change/", "/accounts/email/", "/accounts/logout/"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "css/tokens.css" in answer.text, path
    assert client_of(None).get("/accounts/email/").status_code == 302
