"""Endpoints of a team's own: entered by owners, on the page and by programs; a key goes to no other address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.access import open_team
from accounts.models import User
from accounts.policies import Right
from accounts.rest.tokens import create_token
from generation import execution
from generation.models import ProviderAccount
from generation.rehearsal import RehearsalServer
from generation.vendors import keys, own_models
from tests.api.conftest import Program

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]
SECRET = "sk-own-canary-77aa11"
CLAUDE_KEY = "sk-ant-api03-canary-5566"
PRICES = {"input_price": "0.15", "output_price": "0.60", "image_price": ""}


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[RehearsalServer]:
    """A server in this house that the administrator allows."""
    execution.registry.cache_clear()
    with RehearsalServer(tmp_path / "rehearsal", speed=0) as running:
        settings.PROVIDER_ALLOWED_ORIGINS = [running.base_url]
        yield running


def typed(server: RehearsalServer, **changes: str) -> dict[str, str]:
    """What an owner types."""
    said = {"base_url": server.openai_compatible_url, "text_model": "rehearsal-text", "image_model": "", "key": ""}
    return {**said, **PRICES, **changes}


def enter(cast: SimpleNamespace, client: Client, said: dict[str, str], provider: str = "openai_compatible") -> Any:
    return client.post(reverse("providers:key", args=[cast.team.pk, provider]), said, follow=True)


def account_of(cast: SimpleNamespace, provider: str = "openai_compatible") -> ProviderAccount | None:
    return ProviderAccount.objects.filter(team=cast.team, provider=provider, rehearsal=False).first()


def test_an_owner_enters_an_endpoint_that_needs_no_key(
    cast: SimpleNamespace, client_of: ClientOf, server: RehearsalServer
) -> None:
    answer = enter(cast, client_of(cast.alice), typed(server))
    assert "is stored" in answer.text
    assert server.openai_compatible_url in answer.text
    assert 'value="0.15"' in answer.text
    account = account_of(cast)
    assert account is not None
    assert account.sealed_key == ""
    assert account.own_models[own_models.TEXT] == {"name": "rehearsal-text", "input": 150_000, "output": 600_000}
    assert keys.account_for(cast.team, "openai_compatible") == account
    assert "openai_compatible" in keys.reachable(cast.team)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"base_url": ""}, "Enter the address"),
        ({"base_url": "http://169.254.169.254/v1"}, "PROVIDER_ALLOWED_ORIGINS"),
        ({"base_url": "https://127.0.0.1/v1"}, "PROVIDER_ALLOWED_ORIGINS"),
        ({"base_url": "https://user:word@example.com/v1"}, "PROVIDER_ALLOWED_ORIGINS"),
        ({"output_price": ""}, "a million tokens written"),
        ({"input_price": "much"}, "a million tokens read"),
        ({"text_model": ""}, "Name a model"),
    ],
    ids=["nowhere", "metadata", "loopback", "password", "no price", "no amount", "no model"],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    cast: SimpleNamespace, client_of: ClientOf, server: RehearsalServer, changes: dict[str, str], words: str
) -> None:
    said = typed(server, key=SECRET, **changes)
    answer = enter(cast, client_of(cast.alice), said)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{said["output_price"]}"' in answer.text
    assert SECRET not in answer.text
    account = account_of(cast)
    assert account is None or account.base_url == ""
    assert "openai_compatible" not in keys.reachable(cast.team)


def test_a_key_stays_at_its_address_and_goes_to_no_other(
    cast: SimpleNamespace, client_of: ClientOf, server: RehearsalServer
) -> None:
    client = client_of(cast.alice)
    enter(cast, client, typed(server, key=SECRET))
    sealed = account_of(cast).sealed_key  # type: ignore[union-attr]
    assert sealed
    enter(cast, client, typed(server, input_price="0.20"))
    account = account_of(cast)
    assert account is not None
    assert account.sealed_key == sealed, "another price is no reason to enter the key again"
    assert account.own_models[own_models.TEXT]["input"] == 200_000
    enter(cast, client, typed(server, base_url=f"{server.base_url}/elsewhere/v1"))
    account = account_of(cast)
    assert account is not None
    assert (account.sealed_key, account.key_hint) == ("", "")


def test_a_proxy_for_a_provider_takes_the_key_that_was_entered_with_it(
    cast: SimpleNamespace, client_of: ClientOf, server: RehearsalServer, settings: Any
) -> None:
    settings.PROVIDERS = {**settings.PROVIDERS, "anthropic": {"key": "sk-ant-of-the-installation", "url": ""}}
    client = client_of(cast.alice)
    refused = enter(cast, client, {"key": "", "base_url": server.anthropic_url}, "anthropic")
    assert refused.status_code == 422
    assert account_of(cast, "anthropic") is None or not account_of(cast, "anthropic").base_url  # type: ignore[union-attr]
    answer = enter(cast, client, {"key": CLAUDE_KEY, "base_url": server.anthropic_url}, "anthropic")
    assert "is stored, sealed" in answer.text
    account = keys.account_for(cast.team, "anthropic")
    assert account.base_url == server.anthropic_url
    assert keys.key_of(account) == CLAUDE_KEY
    client.post(reverse("providers:remove_key", args=[cast.team.pk, "anthropic"]))
    fallen_back = keys.account_for(cast.team, "anthropic")
    assert fallen_back.team is None
    assert keys.address_of(fallen_back) == ""


def test_others_enter_nothing(cast: SimpleNamespace, client_of: ClientOf, server: RehearsalServer) -> None:
    assert enter(cast, client_of(cast.bob), typed(server)).status_code == 403
    assert enter(cast, client_of(cast.mallory), typed(server)).status_code == 404
    assert account_of(cast) is None


def test_a_model_that_is_not_there_is_named_by_the_test(
    cast: SimpleNamespace, client_of: ClientOf, server: RehearsalServer
) -> None:
    answer = enter(cast, client_of(cast.alice), typed(server, text_model="llama-of-yesterday"))
    assert "llama-of-yesterday" in answer.text
    assert "rehearsal-text" in answer.text
    gone = enter(cast, client_of(cast.alice), typed(server, base_url=f"{server.base_url}/elsewhere/v1"))
    assert f"There is nothing at {server.base_url}/elsewhere/v1" in gone.text


@pytest.mark.parametrize(
    ("place", "model", "outcome"),
    [
        ("", "rehearsal-text", "ok"),
        ("/inner-gateway-77", "rehearsal-text", "failed"),
        ("", "model-of-yesterday", "failed"),
        ("down", "rehearsal-text", "unreachable"),
    ],
    ids=["well", "nothing there", "no such model", "down"],
)
def test_where_the_installations_endpoint_is_and_what_else_lies_there_is_told_to_no_team(
    cast: SimpleNamespace,
    client_of: ClientOf,
    server: RehearsalServer,
    settings: Any,
    place: str,
    model: str,
    outcome: str,
) -> None:
    url = "http://127.0.0.1:9/inner-gateway-77/v1" if place == "down" else f"{server.base_url}{place}/v1"
    if not place:
        url = server.openai_compatible_url
    own = {own_models.TEXT: {"name": model, "input": 0, "output": 0}, own_models.IMAGE: {"name": ""}}
    settings.PROVIDERS = {**settings.PROVIDERS, "openai_compatible": {"key": "", "url": url, "own_models": own}}
    opened = open_team(cast.bob, cast.team.pk, Right.SEE)
    program = Program(create_token(opened=opened, name="Tests", scopes=("read", "write", "spend"))[1])
    path = f"teams/{cast.team.pk}/providers/openai_compatible"
    said = program.post(f"{path}/test")
    assert said.json()["outcome"] == outcome
    assert (said.json()["text"] == "") == (outcome == "ok")
    bob = client_of(cast.bob)
    shown = [
        said.text,
        program.get(path).text,
        bob.post(reverse("providers:test", args=[cast.team.pk, "openai_compatible"]), follow=True).text,
        bob.get(reverse("providers:overview", args=[cast.team.pk])).text,
    ]
    for text in shown:
        assert server.base_url not in text
        assert "inner-gateway-77" not in text
        assert "127.0.0.1:9" not in text
        # The one that is set is what teams choose by; the others are not theirs to know.
        assert model == "rehearsal-text" or "rehearsal-text" not in text


def test_programs_enter_endpoints_too(cast: SimpleNamespace, server: RehearsalServer) -> None:
    def program(person: User) -> Program:
        opened = open_team(person, cast.team.pk, Right.SEE)
        return Program(create_token(opened=opened, name="Tests", scopes=("read", "write", "spend"))[1])

    path = f"teams/{cast.team.pk}/providers/openai_compatible"
    said = {
        "key": SECRET,
        "base_url": server.openai_compatible_url,
        "text_model": "rehearsal-text",
        "input_price": "0.15",
        "output_price": "0",
    }
    assert program(cast.bob).put(f"{path}/key", said).status_code == 403
    put = program(cast.alice).put(f"{path}/key", said)
    assert put.status_code == 200, put.content
    assert put.json()["provider"]["base_url"] == server.openai_compatible_url
    assert put.json()["check"]["outcome"] == "ok"
    assert SECRET not in put.text + program(cast.alice).get(path).text
    account = account_of(cast)
    assert account is not None
    assert account.own_models[own_models.TEXT]["output"] == 0
    bad = program(cast.alice).put(f"{path}/key", {**said, "base_url": "https://10.0.0.1/v1"})
    assert bad.status_code == 400
    assert "PROVIDER_ALLOWED_ORIGINS" in bad.text
