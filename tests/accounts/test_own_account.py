"""One's own account: second factor, devices, address and password; and that none of it tells about others."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import sealing
from accounts.devices import device_named
from accounts.models import User
from accounts.second_factor import SecondFactorAdapter
from config.settings import base
from tests.conftest import PASSWORD

ClientOf = Callable[[User | None], Client]
NEW_PASSWORD = "another-long-enough-word"


@pytest.fixture(autouse=True)
def _counted_anew() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def log_in(person: User, client: Client | None = None, password: str = PASSWORD) -> Client:
    """Return a browser in which a person has typed their password just now."""
    client = client or Client()
    client.post("/accounts/login/", {"login": person.email, "password": password})
    return client


def show_it_is_you(client: Client) -> None:
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/2fa/"})


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def set_up_totp(person: User) -> tuple[Client, str]:
    client = log_in(person)
    show_it_is_you(client)
    page = client.get("/accounts/2fa/totp/activate/")
    found = re.search(r'id="totp-secret">(\w+)<', page.text)
    assert found
    done = client.post("/accounts/2fa/totp/activate/", {"code": code_now(found[1])}, follow=True)
    assert "Recovery codes" in done.text
    cache.clear()  # the same half minute may be used again
    return client, found[1]


# --- second factor ---------------------------------------------------------------------------------------------------


def test_with_an_app_the_password_is_not_enough(cast: SimpleNamespace) -> None:
    _, secret = set_up_totp(cast.carol)
    client = log_in(cast.carol)
    assert "_auth_user_id" not in client.session
    asked = client.get("/accounts/2fa/authenticate/")
    assert "One more step" in asked.text
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "That code is not right" in wrong.text
    assert client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)}).status_code == 302
    assert client.session["_auth_user_id"] == str(cast.carol.pk)


def test_a_recovery_code_lets_in_once(cast: SimpleNamespace) -> None:
    client, _ = set_up_totp(cast.carol)
    codes = re.findall(r"<li>(\d{8})</li>", client.get("/accounts/2fa/recovery-codes/").text)
    assert len(codes) == 10
    for again in (False, True):
        entering = log_in(cast.carol)
        entering.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert ("_auth_user_id" in entering.session) is not again


def test_codes_cannot_be_guessed_for_long(cast: SimpleNamespace, settings: Any) -> None:
    _, secret = set_up_totp(cast.carol)
    settings.ACCOUNT_RATE_LIMITS = base.ACCOUNT_RATE_LIMITS
    client = log_in(cast.carol)
    for _ in range(12):
        page = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "Too many failed login attempts" in page.text
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert "_auth_user_id" not in client.session


def test_what_guards_the_account_is_changed_only_by_whoever_shows_who_they_are(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    client = client_of(cast.carol)  # a session that was found open
    for path in ("2fa/totp/activate/", "2fa/webauthn/add/", "2fa/recovery-codes/generate/", "password/change/"):
        answer = client.get(f"/accounts/{path}")
        if path != "password/change/":  # which asks for the old one itself
            assert answer.status_code == 302, path
            assert "/accounts/reauthenticate/" in answer["Location"], path
    client.post("/accounts/email/", {"email": "thief@example.com", "action_add": ""})
    assert not EmailAddress.objects.filter(email="thief@example.com").exists()


def test_secrets_are_sealed(cast: SimpleNamespace) -> None:
    _, secret = set_up_totp(cast.carol)
    rows = str(list(Authenticator.objects.values()))
    assert secret not in rows
    row = Authenticator.objects.get(type="totp")
    assert SecondFactorAdapter().decrypt(row.data["secret"]) == secret
    with pytest.raises(sealing.NotSealed):
        SecondFactorAdapter().decrypt(sealing.seal({"account": "1", "key": secret}))


def test_secrets_follow_a_change_of_sealing_keys(cast: SimpleNamespace, settings: Any) -> None:
    _, secret = set_up_totp(cast.carol)
    fresh = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [fresh, *settings.FIELD_ENCRYPTION_KEYS]
    call_command("rotate_secrets", stdout=io.StringIO())
    settings.FIELD_ENCRYPTION_KEYS = [fresh]
    client = log_in(cast.carol)
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert "_auth_user_id" in client.session
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match=r"second factor of carol@example\.com"):
        call_command("rotate_secrets", stdout=io.StringIO())


def test_with_a_mail_server_a_factor_waits_for_the_confirmed_address(cast: SimpleNamespace, settings: Any) -> None:
    settings.MFA_ALLOW_UNVERIFIED_EMAIL = False
    client = log_in(cast.carol)
    EmailAddress.objects.get_or_create(user=cast.carol, email=cast.carol.email)
    show_it_is_you(client)
    page = client.get("/accounts/2fa/totp/activate/", follow=True)
    assert "Confirm your email address first" in page.text


# --- devices ---------------------------------------------------------------------------------------------------------


def test_one_device_and_all_others_can_be_logged_out(cast: SimpleNamespace) -> None:
    here, there, third = log_in(cast.carol), log_in(cast.carol), log_in(cast.carol)
    log_in(cast.mallory)
    page = here.get("/accounts/sessions/")
    assert page.text.count("This one") == 1
    other = UserSession.objects.get(session_key=there.session.session_key)
    here.post(f"/accounts/sessions/{other.pk}/end/")
    assert there.get("/teams/").status_code == 302
    assert third.get("/teams/").status_code == 200
    here.post("/accounts/sessions/")
    assert third.get("/teams/").status_code == 302
    assert here.get("/teams/").status_code == 200
    mine, hers = (UserSession.objects.get(user=person) for person in (cast.carol, cast.mallory))
    assert here.post(f"/accounts/sessions/{hers.pk}/end/").status_code == 404
    assert here.post(f"/accounts/sessions/{mine.pk}/end/").status_code == 404, "this one is ended by logging out"


def test_when_people_were_last_here_is_noted_once_in_a_while(cast: SimpleNamespace) -> None:
    client = log_in(cast.carol)
    UserSession.objects.update(last_seen_at="2020-01-01T00:00:00Z")
    cache.clear()
    client.get("/teams/")
    session = UserSession.objects.get()
    assert session.last_seen_at.year > 2020
    with CaptureQueriesContext(connection) as queries:
        client.get("/teams/")
    assert not [one for one in queries if "usersession" in one["sql"]]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
            "Chrome on Windows",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605 Version/18 Safari/605", "Safari on Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Mobile Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
        ("curl/8", "A program that does not say what it is"),
        ("", "A program that does not say what it is"),
    ],
)
def test_devices_have_names(agent: str, name: str) -> None:
    assert device_named(agent) == name


# --- address and password --------------------------------------------------------------------------------------------


def test_a_new_address_holds_once_it_is_confirmed(cast: SimpleNamespace) -> None:
    client = log_in(cast.carol)
    EmailAddress.objects.create(user=cast.carol, email=cast.carol.email, verified=True, primary=True)
    show_it_is_you(client)
    page = client.post("/accounts/email/", {"email": "carol@new.example", "action_add": ""}, follow=True)
    assert "Waits for you" in page.text
    cast.carol.refresh_from_db()
    assert cast.carol.email == "carol@example.com"
    link = re.search(r"http://testserver(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body))
    assert link
    assert "Is this your address?" in client.get(link[1]).text
    client.post(link[1])
    cast.carol.refresh_from_db()
    assert cast.carol.email == "carol@new.example"
    assert mail.outbox[-1].to == ["carol@example.com"], "the old address is told"


def test_an_address_that_was_never_confirmed_is_replaced_at_once(cast: SimpleNamespace) -> None:
    """Two people at once: an empty address is nobody's."""
    for name in ("carol", "dave"):
        person = getattr(cast, name)
        client = log_in(person)
        EmailAddress.objects.get_or_create(user=person, email=person.email)
        show_it_is_you(client)
        client.post("/accounts/email/", {"email": f"{name}@new.example", "action_add": ""})
        person.refresh_from_db()
        assert person.email == f"{name}@new.example"
    client.post("/accounts/email/", {"email": "alice@example.com", "action_add": ""})
    cast.dave.refresh_from_db()
    assert cast.dave.email == "dave@new.example", "what is somebody else's does not become one's own"


def test_a_changed_password_ends_other_devices_and_is_told_by_mail(cast: SimpleNamespace) -> None:
    here, there = log_in(cast.carol), log_in(cast.carol)
    show_it_is_you(here)
    form = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert "The password is changed." in here.post("/accounts/password/change/", form, follow=True).text
    assert here.get("/teams/").status_code == 200
    assert there.get("/teams/").status_code == 302
    assert mail.outbox[-1].subject == "Rushes · Your password is changed"
    assert "Devices" in mail.outbox[-1].body


def test_a_name_is_changed_and_a_too_long_one_refused(cast: SimpleNamespace, client_of: ClientOf) -> None:
    client = client_of(cast.carol)
    assert "Saved." in client.post("/accounts/profile/", {"name": "Carol Vane"}, follow=True).text
    assert User.objects.get(pk=cast.carol.pk).name == "Carol Vane"
    refused = client.post("/accounts/profile/", {"name": "x" * 200})
    assert refused.status_code == 422
    assert "x" * 200 in refused.text


# --- nobody learns who has an account --------------------------------------------------------------------------------


def _same(first: Any, second: Any, *names: str) -> None:
    texts = []
    for answer in (first, second):
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|X-CSRFToken": "\w+"', "", answer.text)
        for name in names:
            text = text.replace(name, "somebody")
        texts.append((answer.status_code, answer.get("Location"), text))
    assert texts[0] == texts[1]


def test_signing_up_says_the_same_of_every_address(cast: SimpleNamespace, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    form = {"name": "N", "team": "T", "password1": NEW_PASSWORD}
    known, unknown = (
        Client().post("/accounts/signup/", {**form, "email": f"{name}@example.com"}, follow=True)
        for name in ("carol", "nobody")
    )
    assert "Look into your mail" in known.text
    _same(known, unknown, "carol", "nobody")
    assert [message.subject for message in mail.outbox] == [
        "Rushes · You have an account already",
        "Rushes · Confirm your address",
    ]
    assert not User.objects.filter(name="N", email="carol@example.com").exists()


def test_a_newcomer_confirms_the_address_and_is_in(db: None, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client = Client()
    form = {"name": "Nora", "team": "Field Films", "email": "nora@example.com", "password1": NEW_PASSWORD}
    client.post("/accounts/signup/", form)
    assert "_auth_user_id" not in client.session
    link = re.search(r"http://testserver(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body))
    assert link
    client.post(link[1])
    assert "Your first film starts with a script" in client.get("/").text


def test_resetting_and_logging_in_say_the_same_of_every_address(cast: SimpleNamespace) -> None:
    names = ("carol", "nobody")
    known, unknown = (
        Client().post("/accounts/password/reset/", {"email": f"{name}@example.com"}, follow=True) for name in names
    )
    _same(known, unknown, *names)
    known, unknown = (
        Client().post("/accounts/login/", {"login": f"{name}@example.com", "password": "wrong"}) for name in names
    )
    _same(known, unknown, *names)
    assert [message.subject for message in mail.outbox] == [
        "Rushes · Choose a new password",
        "Rushes · No account with this address",
    ]


@pytest.mark.parametrize(
    ("path", "form", "times"),
    [
        ("/accounts/password/reset/", {"email": "carol@example.com"}, 5),
        ("/accounts/signup/", {"email": "x", "name": "", "team": "", "password1": ""}, 20),
        ("/accounts/login/", {"login": "x", "password": ""}, 30),
        ("/invitations/not-a-token/", {}, 60),
    ],
)
def test_whoever_asks_too_often_is_told_when_to_come_back(
    cast: SimpleNamespace, settings: Any, path: str, form: dict[str, str], times: int
) -> None:
    settings.ACCOUNT_RATE_LIMITS = base.ACCOUNT_RATE_LIMITS
    client = Client()
    for _ in range(times):
        assert client.post(path, form).status_code != 429
    refused = client.post(path, form)
    assert refused.status_code == 429
    assert "Come back in a minute" in refused.text
    assert refused["Retry-After"] == "60"
    assert "css/tokens.css" in refused.text


# --- every page of allauth's -----------------------------------------------------------------------------------------

PAGES = [
    "login/", "logout/", "inactive/", "signup/", "reauthenticate/", "email/", "confirm-email/", "password/change/",
    "password/set/", "password/reset/", "password/reset/done/", "password/reset/key/done/", "password/reset/key/1-x/",
    "confirm-email/no-such-key/", "login/code/confirm/",
    "2fa/", "2fa/authenticate/", "2fa/reauthenticate/", "2fa/totp/activate/", "2fa/totp/deactivate/",
    "2fa/recovery-codes/", "2fa/recovery-codes/generate/", "2fa/recovery-codes/download/",
    "2fa/webauthn/", "2fa/webauthn/add/", "2fa/webauthn/reauthenticate/", "2fa/webauthn/login/",
    "2fa/webauthn/keys/1/edit/", "2fa/webauthn/keys/1/remove/", "sessions/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["visitor", "member", "guarded"])
def test_every_page_of_an_account_answers_and_looks_like_ours(
    cast: SimpleNamespace, client_of: ClientOf, path: str, who: str
) -> None:
    if who == "visitor":
        client = Client()
    elif who == "member":
        client = log_in(cast.carol)
        show_it_is_you(client)
    else:
        client, _ = set_up_totp(cast.carol)
        show_it_is_you(client)
    answer = client.get(f"/accounts/{path}")
    assert answer.status_code < 500
    if answer.status_code in (200, 404) and answer["Content-Type"].startswith("text/html"):
        assert "css/tokens.css" in answer.text
        assert "<style" not in answer.text
        assert " style=" not in answer.text
        assert not re.search(r'<script(?![^>]*\b(src=|type="application/json"))', answer.text)
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        if answer.status_code == 200:
            assert re.search('class="(entrance|frame-menu)', answer.text), "no layout of ours"
            assert "Two-Factor" not in answer.text
            assert "Sign In" not in answer.text
