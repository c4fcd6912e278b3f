"""The voices that belong to an account and not to a model: asked of its provider, and remembered for a while."""

from __future__ import annotations

import hashlib
import time

from django.core.cache import cache

from accounts.models import Team
from generation import execution
from generation.catalogue import ImpossibleRequest, Model
from generation.catalogue.limits import choice_of
from generation.models import ProviderAccount
from generation.providers.errors import PollFailed, ProviderError
from generation.vendors import keys

# Somebody who adds a voice over there looks for it here soon.
REMEMBERED_SECONDS = 5 * 60
# A provider that could not be asked is left alone for a moment.
FAILED_SECONDS = 20
# How long one page may ask, and how long others wait for what it is told.
ASKED_SECONDS, WAIT_SECONDS = 30, 3.0
_STILL_ASKED = "Its provider is being asked for its voices and has not answered yet. Look again in a moment."


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
    """Return an account's voices, asked for once however many pages want them.

    Whoever opens a page waits for the provider; an endpoint that does not answer must not hold a thread for each.

    Raises:
        ProviderError: it cannot be asked now, or could not be a moment ago.
    """
    # Another key may be another account's, with other voices; so may another address.
    digest = hashlib.sha256(f"{account.base_url}\n{keys.key_of(account)}".encode()).hexdigest()[:16]
    place = f"voices:{account.pk}:{digest}"
    asking = f"{place}:asking"
    known = cache.get(place)
    if known is None and not cache.add(asking, True, ASKED_SECONDS):
        known = _as_asked_by_another(place) or _STILL_ASKED
    if known is None:
        try:
            known = tuple(execution.account_voices(account))
            cache.set(place, known, REMEMBERED_SECONDS)
        except ProviderError as error:
            cache.set(place, error.public, FAILED_SECONDS)
            raise
        finally:
            cache.delete(asking)
    if isinstance(known, str):
        raise PollFailed(known, code="no_answer")
    return tuple(known)


def _as_asked_by_another(place: str) -> tuple[str, ...] | str | None:
    """Wait a moment for what somebody else is asking; None when it takes longer."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        time.sleep(0.1)
        known: tuple[str, ...] | str | None = cache.get(place)
        if known is not None:
            return known
    return None
