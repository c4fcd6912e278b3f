"""The voices that belong to an account and not to a model: asked of its provider, and remembered for a while."""

from __future__ import annotations

import hashlib

from django.core.cache import cache

from accounts.models import Team
from generation import execution
from generation.catalogue import ImpossibleRequest, Model
from generation.catalogue.limits import choice_of
from generation.models import ProviderAccount
from generation.providers.errors import ProviderError
from generation.vendors import keys

# Somebody who adds a voice over there looks for it here soon.
REMEMBERED_SECONDS = 5 * 60


def of_account(team: Team, model: Model, *, rehearsal: bool) -> tuple[str, ...]:
    """Return the names of the voices that a team can choose from; empty where they are the model's own.

    Args:
        team: who asks.
        model: who shall speak.
        rehearsal: of the simulated provider.

    Raises:
        ImpossibleRequest: the provider has no key here or cannot be asked; the message says what to do.
    """
    if not execution.has_account_voices(model.provider):
        return ()
    account = keys.account_for(team, model.provider, rehearsal=rehearsal)
    try:
        return _remembered(account)
    except ProviderError as error:
        raise ImpossibleRequest(error.public, field="voice") from error


def refuse_unknown(team: Team, model: Model, voice: str, *, rehearsal: bool) -> None:
    """Refuse a voice that somebody has named and the account does not have: another one would speak, and be paid.

    Args:
        team, model, rehearsal: as for ``of_account``.
        voice: its name; empty for the model's own choice.

    Raises:
        ImpossibleRequest: names those there are.
    """
    names = of_account(team, model, rehearsal=rehearsal) if voice else ()
    if names and voice not in names:
        raise ImpossibleRequest(f"{model.label} speaks as {choice_of(names)}, not {voice[:80]!r}.", field="voice")


def _remembered(account: ProviderAccount) -> tuple[str, ...]:
    # Another key may be another account's, with other voices.
    digest = hashlib.sha256(keys.key_of(account).encode()).hexdigest()[:16]
    place = f"voices:{account.pk}:{digest}"
    known = cache.get(place)
    if known is None:
        known = execution.account_voices(account)
        cache.set(place, known, REMEMBERED_SECONDS)
    return tuple(known)
