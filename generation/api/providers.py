"""A team's providers: whose key, how they are, in which order they are asked. A key goes in and never comes out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import OpenTeam, open_team
from accounts.models import ApiToken
from accounts.policies import Right
from accounts.rest.operations import Example, operation
from accounts.rest.views import Resource
from generation.api.jobs import TOO_OFTEN
from generation.api.providers_shown import (
    CheckOut,
    KeyChangeOut,
    KeyIn,
    ProviderOut,
    ProvidersChange,
    ProvidersOut,
    ResumeIn,
)
from generation.vendors import connection, endpoints, keys, order, own_models, provider_accounts
from generation.vendors.connection import Check
from generation.vendors.provider_accounts import KeyChange
from generation.vendors.provider_cards import Card, providers_of
from projects import pacing


class TeamResource(Resource):
    """An address of a team's own."""

    tag = "providers"

    def open(self, team_id: UUID) -> OpenTeam:
        """Open the team for who asks, with the right that the operation takes."""
        return open_team(self.person, team_id, self.needs)

    def open_at(self, team_id: UUID, provider: str) -> OpenTeam:
        """Open the team for something about one of the providers that need a key.

        Raises:
            Http404: there is no such provider, or no such team.
        """
        opened = self.open(team_id)
        if not keys.needs_key(provider):
            raise Http404("No such provider.")
        return opened


class Providers(TeamResource):
    """The providers of a team."""

    @operation(answer=ProvidersOut, needs=Right.MANAGE)
    def get(self, request: Request, team_id: UUID) -> Response:
        """Read a team's providers in the order in which they are asked: keys, health, and what became of orders."""
        return self.answer(_all(self.open(team_id)))

    @operation(
        answer=ProvidersOut,
        body=ProvidersChange,
        needs=Right.OWN,
        scope=ApiToken.Scope.SPEND,
        examples=[
            Example("Runware first", {"order": ["runware", "runway"], "fallback": True}),
            Example("Runway first for clips", {"orders": {"clips": ["runway", "runware"]}}),
        ],
    )
    def patch(self, request: Request, team_id: UUID) -> Response:
        """Say which provider is asked first, and whether the next one is asked when it cannot."""
        opened = self.open(team_id)
        if "order" in self.sent:
            provider_accounts.set_order(opened=opened, order=self.sent["order"])
        for group, named in self.sent.get("orders", {}).items():
            order.set_order(opened=opened, group=order.Group(group), order=named)
        if "fallback" in self.sent:
            provider_accounts.set_fallback(opened=opened, wanted=self.sent["fallback"])
        opened.team.refresh_from_db()
        return self.answer(_all(opened))


class OneProvider(TeamResource):
    """One provider."""

    @operation(answer=ProviderOut, needs=Right.MANAGE)
    def get(self, request: Request, team_id: UUID, provider: str) -> Response:
        """Read how a provider is: configured, reachable, its models, last success and last error, and its metrics."""
        opened = self.open(team_id)
        if provider not in keys.order_of(opened.team):
            raise Http404("No such provider.")
        return self.answer(_one(opened, provider))


class ProviderKey(TeamResource):
    """A team's key."""

    @operation(
        answer=KeyChangeOut,
        body=KeyIn,
        needs=Right.OWN,
        scope=ApiToken.Scope.SPEND,
        refusals={429: ["too_often: you have entered ten keys in this minute"]},
        examples=[Example("A key", {"key": "rehearsalkey0123456789abcdefghij"})],
    )
    @sensitive_variables()
    def put(self, request: Request, team_id: UUID, provider: str) -> Response:
        """Test a key and store it sealed; it replaces the one before.

        One that the provider refuses is not stored. One that cannot be tested now is: see `check`.
        """
        opened = self.open_at(team_id, provider)
        own = endpoints.models_of(self.sent) if provider == own_models.PROVIDER else None
        change = provider_accounts.set_key(
            opened=opened,
            provider=provider,
            key=self.sent["key"],
            base_url=self.sent.get("base_url", ""),
            own=own,
        )
        return self.answer(_changed(opened, provider, change))

    @operation(answer=KeyChangeOut, needs=Right.OWN)
    def delete(self, request: Request, team_id: UUID, provider: str) -> Response:
        """Forget a team's key. What waited for it ends at no cost; what is on its way needs a key to come home."""
        opened = self.open_at(team_id, provider)
        return self.answer(_changed(opened, provider, provider_accounts.remove_key(opened=opened, provider=provider)))


class ProviderTest(TeamResource):
    """The connection test."""

    @operation(
        answer=CheckOut,
        needs=Right.MANAGE,
        once=False,
        refusals={409: ["no_key: nobody has entered one"], 429: TOO_OFTEN},
    )
    def post(self, request: Request, team_id: UUID, provider: str) -> Response:
        """Ask a provider whether the key holds, what is left, and how much may be made; it costs nothing."""
        opened = self.open_at(team_id, provider)
        account = keys.account_for(opened.team, provider)
        pacing.ask_provider(opened.team.pk)
        check = connection.test_connection(account)
        return self.answer(_check(check, figures=provider_accounts.has_in_hand(opened, account)))


class ProviderResume(TeamResource):
    """Ending a pause."""

    @operation(
        answer=ProviderOut,
        body=ResumeIn,
        needs=Right.OWN,
        scope=ApiToken.Scope.SPEND,
        refusals={403: ["not_allowed: the account is the installation's"], 409: ["no_key: nobody has entered one"]},
        examples=[Example("In earnest", {"rehearsal": False})],
    )
    def post(self, request: Request, team_id: UUID, provider: str) -> Response:
        """Use an account again that was paused; what waited goes on."""
        opened = self.open_at(team_id, provider)
        account = keys.account_for(opened.team, provider, rehearsal=self.sent["rehearsal"])
        provider_accounts.resume(opened=opened, account=account)
        return self.answer(_one(opened, provider))


def _all(opened: OpenTeam) -> dict[str, Any]:
    team = opened.team
    return {
        "fallback": team.fallback,
        "providers": providers_of(opened).cards,
        "orders": {group: team.provider_orders.get(group, []) for group in order.Group},
    }


def _one(opened: OpenTeam, provider: str) -> Card:
    return next(card for card in providers_of(opened).cards if card.name == provider)


def _changed(opened: OpenTeam, provider: str, change: KeyChange) -> dict[str, Any]:
    return {
        "provider": _one(opened, provider),
        "check": None if change.check is None else _check(change.check, figures=True),
        "queued": change.queued,
        "in_flight": change.in_flight,
    }


def _check(check: Check, *, figures: bool) -> dict[str, Any]:
    status = check.status if figures else None
    return {
        "outcome": check.outcome,
        "text": check.text,
        "balance": status.balance_text if status else "",
        "generations_today": dict(status.generations_today) if status else {},
        "limits": {model: dict(limit) for model, limit in status.limits.items()} if status else {},
        "api_version": status.api_version if status else "",
    }
