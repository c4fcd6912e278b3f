"""Leaving a provider that cannot be asked now: what waits there goes to the next, or goes on waiting."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from generation import fallback, outcomes
from generation.models import Attempt
from generation.states import AttemptState
from generation.vendors import breaker
from projects import queue

AT_ONCE = 100
_S = AttemptState
_AWAY = Q(account__paused_until__gt=Now()) | Q(account__tripped_at__isnull=False)


class _NobodyElse(Exception):
    """Nobody was asked next after all: the money does not suffice for them."""


def leave(account_id: UUID | None = None) -> None:
    """Have what waits at an account that is paused or failing asked of the next provider, where there is one.

    Args:
        account_id: which account; all of them when None.
    """
    waiting = Attempt.objects.filter(_AWAY, state=_S.QUEUED, send_started_at=None).exclude(job__alternatives=[])
    if account_id is not None:
        waiting = waiting.filter(account=account_id)
    # In any order: what nobody takes must not stand in the way of what somebody would.
    some = waiting.select_related("job__team", "job__shot", "account").order_by("?")[:AT_ONCE]
    left = [give_way(attempt) for attempt in some]
    # As long as somebody takes them there are more to come; what nobody takes is not looked at again by itself.
    if account_id is not None and len(left) == AT_ONCE and any(left):
        queue.ring("generation.submit", str(account_id))


def give_way(attempt: Attempt) -> bool:
    """End a queued attempt at an account that cannot be asked, so that the next provider is; it waits where none is.

    Returns:
        Whether the next one is asked now.
    """
    if not any(fallback.others(attempt)):
        return False
    account = attempt.account
    code = "account_paused" if account.is_paused else "provider_failing"
    reason = (account.pause_reason if account.is_paused else breaker.words(account)) or "The account is paused."
    try:
        with transaction.atomic():
            if not Attempt.objects.filter(send_started_at=None).move(
                attempt.pk,
                _S.FAILED,
                of=(_S.QUEUED,),
                ended_at=Now(),
                failure_code=code,
                failure_public=reason,
            ):
                return False
            if outcomes.note_ended(attempt, _S.FAILED, public=reason, code=code):
                raise _NobodyElse
    except _NobodyElse:
        return False
    return True
