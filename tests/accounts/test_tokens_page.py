"""The page of tokens: made there, shown once, revoked by whose they are, and seen by nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.rest.tokens import MOST_TOKENS

ClientOf = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


def page(cast: SimpleNamespace) -> str:
    """Return the page's address."""
    return f"/teams/{cast.team.pk}/tokens/"


def make(client: Client, cast: SimpleNamespace, **said: Any) -> Any:
    """Fill in the form."""
    return client.post(page(cast), {"name": "Nightly", "scopes": ["read", "write"], "days": "30", **said})


def text_in(response: Any) -> str:
    """Return the token that a page shows; an empty text where it shows none."""
    found = re.search(r'value="(rushes_[\w-]{40,})"', response.content.decode())
    return found[1] if found else ""


def test_a_token_is_shown_once_and_works(cast: SimpleNamespace, client_of: ClientOf) -> None:
    carol = client_of(cast.carol)
    first = carol.get(page(cast)).content.decode()
    assert "No tokens yet" in first
    assert "curl -H" in first
    made = make(carol, cast)
    text = text_in(made)
    assert "no-store" in made["Cache-Control"]
    assert Client().get("/api/v1/teams", headers={"Authorization": f"Bearer {text}"}).status_code == 200
    token = ApiToken.objects.get()
    assert token.scopes == ["read", "write"]
    assert token.expires_at is not None
    assert timezone.now() + timedelta(days=29) < token.expires_at < timezone.now() + timedelta(days=31)
    again = carol.get(page(cast)).content.decode()
    assert text not in again
    assert token.shown in again
    assert "Nightly" in again


def test_it_may_hold_without_an_end(cast: SimpleNamespace, client_of: ClientOf) -> None:
    assert text_in(make(client_of(cast.carol), cast, days=""))
    assert ApiToken.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"name": " "}, "required"),
        ({"name": "x" * 81}, "at most 80"),
        ({"scopes": []}, "at least one thing"),
        ({"scopes": ["own"]}, "not one of the available"),
        ({"days": "9999"}, "not one of the available"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    cast: SimpleNamespace, client_of: ClientOf, said: dict[str, Any], told: str
) -> None:
    answer = make(client_of(cast.carol), cast, **said)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_too_many_are_refused_in_words(cast: SimpleNamespace, client_of: ClientOf) -> None:
    ApiToken.objects.bulk_create(
        ApiToken(team=cast.team, user=cast.carol, name="x", digest=str(number)) for number in range(MOST_TOKENS)
    )
    answer = make(client_of(cast.carol), cast)
    assert answer.status_code == 422
    assert "Revoke one" in answer.content.decode()


def test_people_see_and_revoke_their_own_and_owners_everybodys(cast: SimpleNamespace, client_of: ClientOf) -> None:
    text = text_in(make(client_of(cast.carol), cast, name="Render farm"))
    token = ApiToken.objects.get()
    address = f"{page(cast)}{token.pk}/revoke/"
    for other in (cast.dave, cast.bob):
        assert "Render farm" not in client_of(other).get(page(cast)).content.decode()
        assert client_of(other).post(address).status_code == 404
    mallory = client_of(cast.mallory)
    assert mallory.get(page(cast)).status_code == 404
    assert mallory.post(address).status_code == 404
    # Through her own team, it is no more to be had.
    hers = cast.mallory.teams.get()
    assert mallory.post(f"/teams/{hers.pk}/tokens/{token.pk}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None
    alice = client_of(cast.alice)
    shown = alice.get(page(cast)).content.decode()
    assert "Render farm" in shown
    assert "Carol" in shown
    assert alice.post(address).status_code == 302
    assert Client().get("/api/v1/teams", headers={"Authorization": f"Bearer {text}"}).status_code == 401
    assert "Render farm" not in client_of(cast.carol).get(page(cast)).content.decode().partition("rows")[2]


def test_what_has_expired_says_so(cast: SimpleNamespace, client_of: ClientOf) -> None:
    carol = client_of(cast.carol)
    make(carol, cast)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert "Has expired" in carol.get(page(cast)).content.decode()


def test_staff_never_see_what_is_kept_of_a_token(cast: SimpleNamespace, client_of: ClientOf) -> None:
    make(client_of(cast.carol), cast)
    token = ApiToken.objects.get()
    User.objects.filter(pk=cast.alice.pk).update(is_staff=True, is_superuser=True)
    shown = client_of(User.objects.get(pk=cast.alice.pk)).get(f"/admin/accounts/apitoken/{token.pk}/change/")
    assert shown.status_code == 200
    assert token.digest not in shown.content.decode()
