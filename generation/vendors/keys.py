"""Whose account and which key serve an order: the team's own, else the installation's, else words on what to do."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Team
from generation import catalogue
from generation.catalogue import ImpossibleRequest
from generation.models import ProviderAccount
from generation.providers.errors import Refused
from generation.vendors.sealing import unseal

# Orders in flight at once until a provider has told its own limit.
PLACES = 4


class NotConfigured(ImpossibleRequest):
    """A provider needs a key and there is none; the message says who can enter one and where."""


class NoKey(Refused):
    """The account has lost its key since the order was queued. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class KeyForm:
    """What a provider's keys look like: a hint for people, because a provider may change it any day.

    Attributes:
        pattern: of the whole key.
        words: the same for people.
        page: where keys are made.
    """

    pattern: str
    words: str
    page: str

    def fits(self, key: str) -> bool:
        """Return whether a key looks as it usually does."""
        return re.fullmatch(self.pattern, key) is not None


FORMS = {
    "runway": KeyForm(r"key_[0-9a-f]{128}", "“key_” and 128 digits and letters a–f", "https://dev.runwayml.com/"),
    "runware": KeyForm(r"[0-9A-Za-z]{32}", "32 letters and digits", "https://my.runware.ai/"),
}


def needs_key(provider: str) -> bool:
    """Return whether nothing can be asked of a provider without a key."""
    return provider in settings.PROVIDERS


def label_of(provider: str) -> str:
    """Return the name that people know a provider by."""
    known = (model.provider_label for model in catalogue.models().values() if model.provider == provider)
    return next(known, provider.title())


def reachable(team: Team, *, rehearsal: bool = False) -> set[str]:
    """Return the providers that a team can ask: those on this machine, and those that there is a key for.

    Args:
        team: the team.
        rehearsal: of simulated providers, which need no key.
    """
    names = {model.provider for model in catalogue.models().values()}
    if rehearsal:
        return names
    own = set(_with_key(team).values_list("provider", flat=True))
    return {name for name in names if not needs_key(name) or name in own or _installation_key(name)}


def order_of(team: Team) -> list[str]:
    """Return the providers that need a key in the order that a team asks them."""
    first = [name for name in team.provider_order if needs_key(name)]
    return list(dict.fromkeys((*first, *settings.PROVIDERS)))


def account_for(
    team: Team, provider: str, *, rehearsal: bool = False, max_concurrent: int | None = None
) -> ProviderAccount:
    """Return the account that a team's orders at a provider go through, made with its first use.

    Args:
        team: who orders.
        provider: at whom.
        rehearsal: at the simulated provider; those on this machine are never simulated.
        max_concurrent: orders at once in an account that is made now; by default as many as there are cores on this
            machine, and ``PLACES`` elsewhere.

    Raises:
        NotConfigured: nobody has entered a key.
    """
    if not needs_key(provider):
        return _made(provider, None, max_concurrent or int(settings.ENGINE["LOCAL_RENDERS"]))
    if rehearsal:
        return _made(provider, team, max_concurrent or PLACES, rehearsal=True)
    own = _with_key(team).filter(provider=provider).first()
    if own is not None:
        return own
    if _installation_key(provider):
        return _made(provider, None, max_concurrent or PLACES)
    raise NotConfigured(
        f"{label_of(provider)} has no key here. An owner can enter one under Providers and keys.", field="model"
    )


def key_of(account: ProviderAccount) -> str:
    """Return the key to use an account with; empty where none is needed.

    Raises:
        NoKey: it was taken away.
        SealBroken: it cannot be read.
    """
    if not needs_key(account.provider):
        return ""
    if account.rehearsal:
        return _rehearsal_key(account)
    if account.team_id is None:
        key = _installation_key(account.provider)
    else:
        key = unseal(account) if account.sealed_key else ""
    if not key:
        raise NoKey(
            f"The key for {label_of(account.provider)} was taken away. An owner can enter one under Providers "
            "and keys; then try again.",
            code="no_key",
        )
    return key


def _with_key(team: Team) -> QuerySet[ProviderAccount]:
    return ProviderAccount.objects.filter(team=team, rehearsal=False).exclude(sealed_key="")


def _installation_key(provider: str) -> str:
    return str(settings.PROVIDERS[provider]["key"]).strip()


def _made(provider: str, team: Team | None, places: int, *, rehearsal: bool = False) -> ProviderAccount:
    account, _ = ProviderAccount.objects.get_or_create(
        provider=provider, team=team, rehearsal=rehearsal, defaults={"max_concurrent": places}
    )
    return account


def _rehearsal_key(account: ProviderAccount) -> str:
    """Each account's own, so that simulated books are kept apart; well formed, because the simulator looks."""
    digest = hashlib.sha512(account.pk.bytes).hexdigest()
    return f"key_{digest}" if account.provider == "runway" else digest[:32]
