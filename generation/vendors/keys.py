"""Whose account and which key serve an order: the team's own, else the installation's, else words on what to do."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Team
from generation import catalogue
from generation.catalogue import ImpossibleRequest
from generation.models import ProviderAccount
from generation.providers.errors import Refused
from generation.vendors import own_models
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

    @property
    def site(self) -> str:
        """The name of the site that page is on; empty where there is none."""
        return (urlsplit(self.page).hostname or "").removeprefix("www.")

    def fits(self, key: str) -> bool:
        """Return whether a key looks as it usually does."""
        return re.fullmatch(self.pattern, key) is not None


FORMS = {
    "runway": KeyForm(r"key_[0-9a-f]{128}", "“key_” and 128 digits and letters a–f", "https://dev.runwayml.com/"),
    "runware": KeyForm(r"[0-9A-Za-z]{32}", "32 letters and digits", "https://my.runware.ai/"),
    "anthropic": KeyForm(
        r"sk-ant-[0-9A-Za-z_-]{20,}", "“sk-ant-” and many letters and digits", "https://console.anthropic.com/"
    ),
    "openai_compatible": KeyForm(r".*", "Whatever the endpoint asks for; empty for one that asks for none", ""),
    "parasail": KeyForm(
        r"psk-[0-9A-Za-z_-]{16,}", "mostly “psk-” and letters and digits", "https://www.saas.parasail.io/"
    ),
    "luma": KeyForm(
        r"luma-[0-9A-Za-z-]{20,}",
        "“luma-” and letters, digits and dashes",
        "https://lumalabs.ai/dream-machine/api/keys",
    ),
    "elevenlabs": KeyForm(
        r"(sk_)?[0-9a-f]{32,64}",
        "mostly “sk_” and 48 digits and letters a–f",
        "https://elevenlabs.io/app/settings/api-keys",
    ),
    "gemini": KeyForm(
        r"AIza[0-9A-Za-z_-]{35}|AQ\.[0-9A-Za-z_.-]{20,200}",
        "mostly “AIza” and 35 letters, digits, - or _",
        "https://aistudio.google.com/apikey",
    ),
}


def needs_key(provider: str) -> bool:
    """Return whether nothing can be asked of a provider without a key."""
    return provider in settings.PROVIDERS


def lies_here(provider: str) -> bool:
    """Return whether a provider computes with models that must lie on this machine."""
    return any(model.on_this_machine for model in catalogue.models().values() if model.provider == provider)


def has_place(provider: str) -> bool:
    """Return whether a provider has a place in the order in which a team asks: all but the built-in one."""
    return needs_key(provider) or lies_here(provider)


def local_places(provider: str) -> int:
    """Return how many orders go on at once on this machine: one where a model fills it, else as many as set."""
    return 1 if lies_here(provider) else int(settings.ENGINE["LOCAL_RENDERS"])


def label_of(provider: str) -> str:
    """Return the name that people know a provider by."""
    known = (model.provider_label for model in catalogue.models().values() if model.provider == provider)
    return next(known, provider.title())


def reachable(team: Team, *, rehearsal: bool = False) -> set[str]:
    """Return the providers that a team can ask: those that work on this machine, and those that there is a key for.

    Args:
        team: the team.
        rehearsal: of simulated providers, which need no key.
    """
    names = {model.provider for model in catalogue.models().values() if not model.missing}
    if rehearsal:
        return names
    own = set(_with_key(team).values_list("provider", flat=True))
    return {name for name in names if not needs_key(name) or name in own or in_installation(name)}


def order_of(team: Team) -> list[str]:
    """Return the providers in the order that a team asks them; the built-in one has no place in it."""
    first = [name for name in team.provider_order if has_place(name)]
    here = {model.provider: None for model in catalogue.models().values() if model.on_this_machine}
    return list(dict.fromkeys((*first, *settings.PROVIDERS, *here)))


def account_for(
    team: Team, provider: str, *, rehearsal: bool = False, max_concurrent: int | None = None
) -> ProviderAccount:
    """Return the account that a team's orders at a provider go through, made with its first use.

    Args:
        team: who orders.
        provider: at whom.
        rehearsal: at the simulated provider; those on this machine are never simulated.
        max_concurrent: orders at once in an account that is made now; by default ``local_places`` on this machine, and
            ``PLACES`` elsewhere.

    Raises:
        NotConfigured: nobody has entered a key.
    """
    if not needs_key(provider):
        return _made(provider, None, max_concurrent or local_places(provider))
    if rehearsal:
        return _made(provider, team, max_concurrent or PLACES, rehearsal=True)
    own = _with_key(team).filter(provider=provider).first()
    if own is not None:
        return own
    if in_installation(provider):
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
    # A team's own endpoint may need none; without it, its orders must not end at the installation's instead.
    address = account.base_url if account.team_id is not None else address_of(account)
    if not key and not (account.provider == own_models.PROVIDER and address):
        raise NoKey(
            f"The key for {label_of(account.provider)} was taken away. An owner can enter one under Providers "
            "and keys; then try again.",
            code="no_key",
        )
    return key


def _with_key(team: Team) -> QuerySet[ProviderAccount]:
    return ProviderAccount.objects.filter(own_models.is_configured(), team=team, rehearsal=False)


def address_of(account: ProviderAccount) -> str:
    """Return where an account's provider is reached; empty for the provider's own address."""
    return account.base_url or str(settings.PROVIDERS[account.provider]["url"])


def in_installation(provider: str) -> bool:
    """Return whether the installation can ask a provider for every team: it has a key, or needs none there."""
    return bool(_installation_key(provider)) or (
        provider == own_models.PROVIDER and bool(settings.PROVIDERS[provider]["url"])
    )


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
