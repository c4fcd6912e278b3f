"""What owners do with their accounts at providers: enter and remove keys, use a paused one again, put them in order.

A key goes in and never comes out: what is shown of it is its last four characters.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.db.models.functions import Now
from django.views.decorators.debug import sensitive_variables

from accounts.access import OpenTeam
from accounts.models import Team, User
from generation.models import Attempt, ProviderAccount
from generation.states import IN_FLIGHT, AttemptState
from generation.vendors import breaker, connection, endpoints, keys, own_models, sealing
from generation.vendors.connection import Check, Outcome
from generation.vendors.endpoints import BadKey
from generation.vendors.sealing import SealBroken
from projects import pacing, queue

LEAST_KEY, MOST_KEY = 8, 400


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What a new or removed key means for what goes on.

    Attributes:
        account: whose key.
        check: of the new key; None when one was removed.
        queued: orders that wait.
        in_flight: orders that are on their way with the key as it was before.
    """

    account: ProviderAccount
    check: Check | None
    queued: int
    in_flight: int


# --- keys ------------------------------------------------------------------------------------------------------------


@sensitive_variables("key")
def set_key(
    *, opened: OpenTeam, provider: str, key: str, base_url: str = "", own: Mapping[str, Any] | None = None
) -> KeyChange:
    """Test a key and store it sealed. It replaces the one before, and an account that was paused is used again.

    A key that the provider refuses is not stored. One that cannot be tested now is. A key is sent to the address that
    it was entered with and to no other: whoever names another address enters the key again.

    Args:
        opened: the team, opened to own it.
        provider: one that needs a key.
        key: as it was pasted; spaces around it do not matter. Empty at an endpoint of one's own keeps the one that
            there is for this address, or says that none is needed.
        base_url: the team's own address for it; empty: the provider's.
        own: the names and prices of its models, where only the account knows them.

    Raises:
        BadKey: it is not stored; the message says why.
        TooOften: they have entered ten in this minute.
    """
    key = _plausible(provider, key)
    if wait := pacing.wait_for("key", opened.user.pk, most=pacing.KEYS):
        raise pacing.TooOften(wait)
    label = keys.label_of(provider)
    account = _row(opened.team, provider)
    candidate = copy.copy(account)
    candidate.base_url = endpoints.checked_address(provider, base_url)
    candidate.own_models = dict(own or {})
    kept = not key and candidate.base_url == account.base_url
    try:
        if not kept:
            candidate.sealed_key = sealing.seal(account, key) if key else ""
            # Of a short one, which an endpoint of one's own may have, the end would be too much of it.
            candidate.key_hint = key[-4:] if len(key) >= LEAST_KEY else ""
    except SealBroken as error:
        raise BadKey(error.public) from error
    check = connection.ask(candidate)
    if check.outcome is Outcome.REFUSED:
        form = keys.FORMS[provider]
        hint = "" if form.fits(key) else f" {label}’s keys are {form.words}."
        # In words of our own: the adapter's speak of orders that wait for the key in use.
        raise BadKey(
            f"{label} refused this key. Copy it again{form.page and f' from {form.page}'}: whole, and one that is not "
            f"revoked.{hint} "
            "Nothing was changed."
        )
    with transaction.atomic():
        before = _waiting(account)
        ProviderAccount.objects.filter(pk=account.pk).update(
            sealed_key=candidate.sealed_key,
            key_hint=candidate.key_hint,
            base_url=candidate.base_url,
            own_models=candidate.own_models,
            key_set_by=opened.user,
            key_set_at=Now(),
            paused_until=None,
            pause_reason="",
            last_error="",
            last_error_at=None,
            **breaker.CLOSED,
            **connection.fields_of(check, candidate, limits=True),
        )
        _log(opened.user, account, "Key entered")
        queue.ring_after_commit("generation.submit", str(account.pk))
    account.refresh_from_db()
    return KeyChange(account, check, *before)


def remove_key(*, opened: OpenTeam, provider: str) -> KeyChange:
    """Forget a team's key. What waits for it fails with words; what is on its way stays, and needs a key to go on.

    Args:
        opened: the team, opened to own it.
        provider: whose key.
    """
    account = _row(opened.team, provider)
    with transaction.atomic():
        ProviderAccount.objects.filter(pk=account.pk).update(
            sealed_key="",
            key_hint="",
            base_url="",
            own_models={},
            key_set_by=None,
            key_set_at=None,
            checked_at=None,
            check_result={},
            # A pause would keep what waits from learning that the key is gone.
            paused_until=None,
            pause_reason="",
            **breaker.CLOSED,
        )
        _log(opened.user, account, "Key removed")
        queue.ring_after_commit("generation.submit", str(account.pk))
        before = _waiting(account)
    account.refresh_from_db()
    return KeyChange(account, None, *before)


def _plausible(provider: str, key: str) -> str:
    label = keys.label_of(provider)
    key = key.strip()
    if not key and provider == own_models.PROVIDER:
        return ""
    if not key:
        raise BadKey(f"Paste the key that {label} gave you. You make one at {keys.FORMS[provider].page}.")
    if re.search(r"[^!-~]", key):
        raise BadKey("There is a space, a line break or an unusual character in it. Copy the key again, alone.")
    if not (1 if provider == own_models.PROVIDER else LEAST_KEY) <= len(key) <= MOST_KEY:
        raise BadKey(f"That has {len(key)} characters. {label}’s keys are {keys.FORMS[provider].words}.")
    return key


def _row(team: Team, provider: str) -> ProviderAccount:
    account, _ = ProviderAccount.objects.get_or_create(
        provider=provider, team=team, rehearsal=False, defaults={"max_concurrent": keys.PLACES}
    )
    return account


def _waiting(account: ProviderAccount) -> tuple[int, int]:
    attempts = Attempt.objects.filter(account=account)
    return attempts.filter(state=AttemptState.QUEUED).count(), attempts.filter(state__in=IN_FLIGHT).count()


# --- pauses and order ------------------------------------------------------------------------------------------------


def resume(*, opened: OpenTeam, account: ProviderAccount) -> None:
    """Use an account again that was paused or is left out for failing, and start what waited.

    Args:
        opened: the team, opened to own it.
        account: the one that its orders go through.

    Raises:
        PermissionDenied: it is not theirs to resume; the message names the way out.
    """
    if not has_in_hand(opened, account):
        raise PermissionDenied(
            "This account is the whole installation’s. Ask its administrator to resume it in the admin, or enter a key "
            "of your own."
        )
    use_again(actor=opened.user, account=account)


@transaction.atomic
def use_again(*, actor: User, account: ProviderAccount) -> None:
    """End a pause for somebody who may.

    Args:
        actor: who asks.
        account: any; one that is not paused stays as it is.
    """
    ProviderAccount.objects.filter(pk=account.pk).update(paused_until=None, pause_reason="", **breaker.CLOSED)
    _log(actor, account, "Used again after a pause")
    queue.ring_after_commit("generation.submit", str(account.pk))


def has_in_hand(opened: OpenTeam, account: ProviderAccount) -> bool:
    """Return whether an account is the team's own, or the installation's and the person runs that."""
    if account.team_id is not None:
        return account.team_id == opened.team.pk
    return opened.user.has_perm("generation.change_provideraccount")


@transaction.atomic
def move(*, opened: OpenTeam, provider: str, by: int) -> None:
    """Have a provider asked one place earlier or later.

    Args:
        opened: the team, opened to own it.
        provider: one of ``keys.order_of``.
        by: -1 for earlier, 1 for later; past either end nothing changes.
    """
    team = Team.objects.select_for_update().get(pk=opened.team.pk)
    order = keys.order_of(team)
    place = order.index(provider)
    if not 0 <= place + by < len(order):
        return
    order[place], order[place + by] = order[place + by], order[place]
    set_order(opened=opened, order=order)


def set_order(*, opened: OpenTeam, order: Sequence[str]) -> None:
    """Say which provider is asked first. Those that are left out come afterwards.

    Args:
        opened: the team, opened to own it.
        order: names of providers that have a place in it; others are left out.
    """
    named = [name for name in dict.fromkeys(order) if keys.has_place(name)]
    with transaction.atomic():
        Team.objects.filter(pk=opened.team.pk).update(provider_order=named)
        _log(opened.user, opened.team, f"Order of providers: {', '.join(named)}")


def set_fallback(*, opened: OpenTeam, wanted: bool) -> None:
    """Say whether the next provider is asked when one cannot.

    Args:
        opened: the team, opened to own it.
        wanted: yes or no.
    """
    with transaction.atomic():
        Team.objects.filter(pk=opened.team.pk).update(fallback=wanted)
        _log(opened.user, opened.team, f"Fallback: {'on' if wanted else 'off'}")


def _log(actor: User, what: Model, words: str) -> None:
    LogEntry.objects.log_actions(actor.pk, [what], CHANGE, words, single_object=True)
