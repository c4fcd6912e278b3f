"""Telling people that a provider is in trouble: an e-mail to those who can do something, and words for pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Membership, Role, Team, User
from generation.models import Attempt, ProviderAccount
from generation.states import AttemptState
from generation.vendors import breaker, health, keys
from generation.vendors.health import Record

ALERT_AGAIN_AFTER = timedelta(hours=6)
# The sweep comes every few seconds, and nobody reads mail that often.
LOOK_SECONDS = 60
# A mail server that does not answer must not hold up the sweep.
MAIL_SECONDS = 10
_LOOKED = "generation.vendors.health_alerts.looked"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a provider, in words.

    Attributes:
        account: which account.
        label: the provider's name.
        text: what is wrong and what it means.
    """

    account: ProviderAccount
    label: str
    text: str


def troubles_of(team: Team) -> list[Trouble]:
    """Return what is wrong now with the accounts that a team's orders go through, in two queries."""
    accounts = ProviderAccount.objects.filter(provider__in=settings.PROVIDERS, rehearsal=False)
    own = list(accounts.filter(Q(team=team) & ~Q(sealed_key="") | Q(team=None)))
    with_own = {account.provider for account in own if account.team_id}
    return _troubles([account for account in own if account.team_id or account.provider not in with_own])


def alert_degraded() -> int:
    """Tell people of providers that are in trouble, each account once in six hours. For the sweep.

    Returns:
        How many accounts people were told of.
    """
    if not cache.add(_LOOKED, True, LOOK_SECONDS):
        return 0
    lately = Q(last_error_at__gte=Now() - health.HOUR)
    # A pause that people know of is not news until something fails again.
    news = Q(alerted_at=None) | Q(last_error_at__gt=F("alerted_at"))
    accounts = ProviderAccount.objects.filter(
        health.paused() | lately, news, provider__in=settings.PROVIDERS, rehearsal=False
    ).exclude(alerted_at__gte=Now() - ALERT_AGAIN_AFTER)
    told = 0
    for trouble in _troubles(list(accounts)):
        with transaction.atomic():
            rows = ProviderAccount.objects.filter(pk=trouble.account.pk)
            # Whoever changes the row tells; sweeps may run in many processes at once.
            if rows.exclude(alerted_at__gte=Now() - ALERT_AGAIN_AFTER).update(alerted_at=Now()):
                told += 1
                # Robust: a mail that cannot be sent is logged, and the sweep goes on.
                transaction.on_commit(lambda trouble=trouble: _mail(trouble), robust=True)  # type: ignore[misc]
    return told


def _troubles(accounts: list[ProviderAccount]) -> list[Trouble]:
    recent = health.ends_of_the_last_hour([account.pk for account in accounts])
    found = []
    for account in accounts:
        label = keys.label_of(account.provider)
        text = _what_is_wrong(account, label, recent.get(account.pk, health.NOTHING))
        if text:
            found.append(Trouble(account, label, text))
    return found


def _what_is_wrong(account: ProviderAccount, label: str, record: Record) -> str:
    if health.is_paused(account):
        return f"{label} is not used now: {account.pause_reason or 'it was paused.'} What was asked of it waits."
    if account.tripped_at is not None:
        return (
            f"{breaker.words(account)} What was asked of it goes to the next provider, or waits until it works again."
        )
    if record.degraded:
        failed = record.recent - record.recent_succeeded
        return (
            f"{label} has trouble: {failed} of the {record.recent} orders that ended in the last hour failed. "
            f"{account.last_error}".strip()
        )
    return ""


def _mail(trouble: Trouble) -> None:
    account = trouble.account
    text = (
        f"{trouble.text}\n\n"
        "Nothing is lost: what was paid for is still being fetched, and what waits goes on by itself once the provider "
        "works again or the account is used again.\n\n"
        "See Providers and keys: there you can test the connection, use the account again, or have another "
        "provider asked first."
    )
    addresses = _of_teams([account.team_id]) if account.team_id else _of_the_installation(account)
    subject = f"Rushes · {trouble.label} {'is paused' if health.is_paused(account) else 'has trouble'}"
    get_connection(timeout=MAIL_SECONDS).send_messages(
        [EmailMessage(subject, text, to=[address]) for address in addresses]
    )


def _of_teams(team_ids: Iterable[UUID]) -> list[str]:
    owners = Membership.objects.filter(team__in=team_ids, role=Role.OWNER, user__is_active=True)
    return list(owners.order_by("created_at").values_list("user__email", flat=True).distinct())


def _of_the_installation(account: ProviderAccount) -> list[str]:
    """Who runs the installation, and the owners of teams that have something on its account now."""
    staff = User.objects.filter(is_superuser=True, is_active=True).values_list("email", flat=True)
    here = Attempt.objects.filter(account=account).filter(
        Q(state=AttemptState.QUEUED) | Q(ended_at__gte=Now() - health.HOUR)
    )
    teams = here.order_by().values_list("team", flat=True).distinct()
    return list(dict.fromkeys((*staff, *_of_teams(teams))))
