"""Who is asked next when a provider cannot: only from an end that proves that no more comes of the last order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Case, F, Max, Sum, When
from django.db.models.functions import Coalesce

from accounts.models import Membership
from accounts.policies import Right, grants
from generation.catalogue import ImpossibleRequest, model_named
from generation.models import Attempt, Job, ProviderAccount
from generation.money import ledger
from generation.states import JOB_ENDED, AttemptState
from generation.vendors import breaker, keys, own_models

# What another provider would refuse as well, or must not be asked to do in the first one's place: what a moderation
# has refused is not carried from door to door.
NOT_FOR_OTHERS = frozenset(
    {"moderated", "unsafe_result", "cancelled", "input_missing", "input_failed", "kept_crashing", "not_charged"}
)


def others(attempt: Attempt) -> Iterator[tuple[dict[str, Any], ProviderAccount]]:
    """Yield who may still be asked for an attempt's job, the first choice first, each with its account."""
    job = attempt.job
    asked = set(Attempt.objects.filter(job=job).values_list("provider", flat=True))
    for choice in job.alternatives:
        if choice["provider"] in asked:
            continue
        try:
            account = keys.account_for(job.team, choice["provider"], rehearsal=attempt.rehearsal)
            choice = choice | {"estimate": _costs_now(job, choice, rehearsal=attempt.rehearsal)}
        except ImpossibleRequest:
            # Without a key, or without a price.
            continue
        if breaker.may_be_asked(account) and _agreed_to(job, choice["estimate"]):
            yield choice, account


def _costs_now(job: Job, choice: dict[str, Any], *, rehearsal: bool) -> int:
    return own_models.estimate_now(
        job.team,
        choice["model"],
        job.operation,
        prompt=choice["prompt"],
        parameters=choice["parameters"],
        estimate=choice["estimate"],
        rehearsal=rehearsal,
    )


def ask_next(attempt: Attempt, code: str) -> Attempt | None:
    """Queue the job at its next alternative, with the money reserved, in the caller's transaction.

    Args:
        attempt: has just failed; its books are closed.
        code: why.

    Returns:
        The new attempt, or None when nobody else is to be asked.
    """
    job = attempt.job
    job.refresh_from_db(fields=["state", "cancel_requested_at", "alternatives"])
    if code in NOT_FOR_OTHERS or job.cancel_requested_at is not None or job.state in JOB_ENDED:
        return None
    for choice, account in others(attempt):
        number = Attempt.objects.filter(job=job).aggregate(last=Max("number"))["last"]
        following = Attempt(
            job=job,
            team_id=job.team_id,
            number=number + 1,
            account=account,
            provider=choice["provider"],
            model=choice["model"],
            prompt=choice["prompt"],
            parameters=choice["parameters"],
            rehearsal=attempt.rehearsal,
            estimate=choice["estimate"],
            price_version=model_named(choice["model"]).price_version,
        )
        following.save(force_insert=True)
        try:
            ledger.reserve([following])
        except ledger.BudgetExceeded:
            following.delete()
            continue
        return following
    return None


def _agreed_to(job: Job, estimate: int) -> bool:
    """Return whether a job's batch may cost so much more without anybody's yes.

    A dearer provider must not be the way around the project's limit: a person asks again then, and a producer is asked.
    """
    batch, limit = job.batch, job.project.approval_limit
    if limit is None:
        return True
    nothing_comes = When(state__in=(AttemptState.FAILED, AttemptState.CANCELLED), then=Coalesce(F("cost"), 0))
    costs = Attempt.objects.filter(job__batch=batch).annotate(
        comes_to=Case(nothing_comes, default=Coalesce(F("cost"), F("estimate")))
    )
    total = costs.aggregate(sum=Coalesce(Sum("comes_to"), 0))["sum"] + estimate
    # What the batch was to cost was within the limit, or somebody has agreed to it.
    if total <= max(limit, batch.estimate):
        return True
    role = Membership.objects.filter(user=job.created_by_id, team=job.team_id).values_list("role", flat=True).first()
    return role is not None and grants(role, Right.MANAGE)
