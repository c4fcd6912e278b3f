"""Models that only an account knows: their names at its endpoint, and what they cost there.

The catalogue has one for words and one for pictures of the OpenAI-compatible provider, whatever they are. The prices in
the catalogue are what rehearsals charge; everybody else's are said by the team, or by the installation's settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db.models import Q

from accounts.models import Team
from generation.catalogue import Model, model_named
from generation.catalogue.prices import Price, Rate
from generation.models import ProviderAccount
from generation.providers.base import Operation

PROVIDER = "openai_compatible"
TEXT, IMAGE = "openai-compatible-text", "openai-compatible-image"
REHEARSED = {TEXT: {"name": "rehearsal-text"}, IMAGE: {"name": "rehearsal-image"}}
_MILLION = 1_000_000
_SOURCE = "the team’s settings under Providers and keys, or the installation’s"


def said_by(account: ProviderAccount) -> Mapping[str, Mapping[str, Any]]:
    """Return what an account says of models, by their id in the catalogue; empty at providers that know their own.

    Args:
        account: any.
    """
    if account.provider != PROVIDER:
        return {}
    if account.rehearsal:
        return REHEARSED
    return _of_installation() if account.team_id is None else account.own_models


def as_offered(model: Model, team: Team, *, rehearsal: bool) -> Model:
    """Return a model with the prices that a team pays for it; without one, and so not for order, where none is said.

    Args:
        model: of the catalogue.
        team: who would order.
        rehearsal: at the simulated provider, which charges what the catalogue says.
    """
    if model.provider != PROVIDER or rehearsal:
        return model
    own = ProviderAccount.objects.filter(is_configured(), provider=PROVIDER, team=team, rehearsal=False).first()
    return priced_by(model, own.own_models if own is not None else _of_installation())


def priced_by(model: Model, said_of_all: Mapping[str, Mapping[str, Any]]) -> Model:
    """Return a model as an account has it, where only accounts know it.

    Args:
        model: of the catalogue.
        said_of_all: what the account says, by model.
    """
    if model.provider != PROVIDER:
        return model
    said = said_of_all.get(model.id, {})
    price = _price(model.id, said) if said.get("name") else None
    return replace(
        model,
        label=said.get("name") or model.label,
        capabilities={name: replace(able, price=price) for name, able in model.capabilities.items()},
    )


def estimate_now(
    team: Team,
    model_id: str,
    operation: str,
    *,
    prompt: str,
    parameters: Mapping[str, Any],
    estimate: int,
    rehearsal: bool,
) -> int:
    """Return what an order costs at most with whoever would make it now, in micro-units.

    An order may wait, for a yes or for its turn as an alternative, and be made by the installation's endpoint in the
    end, although the team had one of its own, at prices of its own, when it was asked for.

    Args:
        team: who orders.
        model_id, operation, prompt, parameters: of the order.
        estimate: as it was when it was asked for; it still is where only the catalogue tells prices.
        rehearsal: at the simulated provider.

    Raises:
        ImpossibleRequest: nobody says a price any more.
    """
    model = model_named(model_id)
    if model.provider != PROVIDER:
        return estimate
    model = as_offered(model, team, rehearsal=rehearsal)
    return model.estimate(Operation(operation), parameters, prompt=prompt)


def is_configured() -> Q:
    """Return the condition for accounts of teams that can be used: there is a key, or none is needed."""
    return ~Q(sealed_key="") | (Q(provider=PROVIDER) & ~Q(base_url=""))


def can_be_used(account: ProviderAccount) -> bool:
    """Return the same of one account."""
    return bool(account.sealed_key) or (account.provider == PROVIDER and bool(account.base_url))


def _of_installation() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = settings.PROVIDERS.get(PROVIDER, {}).get("own_models", {})
    return found


def _price(model_id: str, said: Mapping[str, Any]) -> Price | None:
    if model_id == IMAGE:
        return None if said.get("image") is None else Price((Rate(said["image"], "output"),), source=_SOURCE)
    if said.get("input") is None or said.get("output") is None:
        return None
    written, read = Rate(said["output"], "output_tokens", _MILLION), Rate(said["input"], "input_tokens", _MILLION)
    return Price((written,), (read,), source=_SOURCE)
