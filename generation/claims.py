"""Taking up work: each claim is exact, also with many processes at it, and stays within the account's limits."""

from __future__ import annotations

import threading
import uuid
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from generation import execution, leases, outcomes
from generation.leases import owner, stopping
from generation.models import Attempt, ProviderAccount
from generation.querysets import seconds_from_now
from generation.states import AttemptState
from generation.vendors import breaker

# Accounts are claimed from by many threads at once, and each must see the threads that the others have just taken.
_one_at_a_time = threading.Lock()


def claim_next(account_id: UUID) -> Attempt | None:
    """Take up the fairest queued attempt of an account.

    Returns:
        The attempt in CLAIMED with its job, or None when nothing may start now.
    """
    if stopping.is_set():
        return None
    with _one_at_a_time, transaction.atomic():
        accounts = ProviderAccount.objects.filter(pk=account_id).filter(
            Q(paused_until=None) | Q(paused_until__lte=Now()), breaker.lets_through()
        )
        if connection.features.has_select_for_update:
            # The account's row serialises claims, so that counting and claiming are one. Not its key: whoever orders
            # through it refers to it at commit, holding the project's row that the claim's event is waiting for.
            accounts = accounts.select_for_update(no_key=True)
        account = accounts.first()
        if account is None or Attempt.objects.in_flight(account).count() >= account.max_concurrent:
            return None
        if breaker.has_probe(account):
            return None
        startable = Attempt.objects.startable(account).exclude(_without_a_thread())
        attempt_id = startable.values_list("pk", flat=True).first()
        if attempt_id is None:
            return None
        token = uuid.uuid4()
        if not Attempt.objects.move(
            attempt_id,
            AttemptState.CLAIMED,
            of=(AttemptState.QUEUED,),
            claims=F("claims") + 1,
            lease_token=token,
            lease_owner=owner(),
            lease_until=seconds_from_now(settings.ENGINE["CLAIM_LEASE"]),
            due_at=None,
        ):
            return None
        if account.tripped_at is not None:
            breaker.note_probe(account, attempt_id)
        attempt = Attempt.objects.select_related("job", "account").get(pk=attempt_id)
        outcomes.note_started(attempt)
    return attempt


def _without_a_thread() -> Q:
    """Return the condition for attempts that find no thread here: sending them takes as long as making them.

    A screenplay takes a quarter of an hour, a picture minutes, and an endpoint of somebody's own as long as it likes:
    meanwhile everything else, of other teams as well, must go on. So these have half of this process's threads, and
    a team that has one of them leaves the last to others. What waits for a thread is rung for by the sweep.
    """
    holding = _holds_its_thread()
    busy = Attempt.objects.filter(
        holding, state__in=(AttemptState.CLAIMED, AttemptState.SENDING), lease_owner=owner()
    ).order_by()
    teams = list(busy.values_list("team", flat=True))
    most = max(1, _threads() // 2)
    if len(teams) >= most:
        return holding
    if len(teams) == most - 1:
        return holding & Q(team__in=teams)
    return Q(pk__in=[])


def _holds_its_thread() -> Q:
    """Return the condition for attempts whose sending lasts until the result is there, or nobody knows how long."""
    holding = ~Q(account__base_url="")
    for name, provider in execution.registry().items():
        if provider.traits.answers_with:
            holding |= Q(provider=name, job__operation__in=provider.traits.answers_with)
    return holding


def _fetches_enough() -> bool:
    """Return whether a quarter of this process's threads bring results home from addresses of teams' own.

    These may drip for as long as a download may last. What waits is rung for by the sweep.
    """
    fetching = Attempt.objects.filter(state=AttemptState.FETCHING, lease_owner=owner(), lease_until__gt=Now())
    return fetching.exclude(account__base_url="").count() >= max(1, _threads() // 4)


def _threads() -> int:
    return int(leases.threads or settings.ENGINE["WORKER_THREADS"])


def claim_fetch(attempt_id: UUID) -> Attempt | None:
    """Take up the fetching of an attempt whose outputs are known.

    Returns:
        The attempt with its job and a fresh lease, or None when somebody has it or it is not due.
    """
    if stopping.is_set():
        return None
    token = uuid.uuid4()
    with _one_at_a_time:
        if _fetches_enough() and Attempt.objects.filter(pk=attempt_id).exclude(account__base_url="").exists():
            return None
        changed = (
            Attempt.objects.filter(pk=attempt_id, state=AttemptState.FETCHING)
            .due()
            .filter(Q(lease_until=None) | Q(lease_until__lt=Now()))
            .update(
                lease_token=token,
                lease_owner=owner(),
                lease_until=seconds_from_now(settings.ENGINE["FETCH_LEASE"]),
                fetch_claims=F("fetch_claims") + 1,
                version=F("version") + 1,
            )
        )
    if not changed:
        return None
    return Attempt.objects.select_related("job__project", "job__shot__scene", "job__line", "account").get(pk=attempt_id)
