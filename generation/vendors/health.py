"""How providers have been: reachable, busy, failing; by provider for a day and by model for a month.

What the engine notes costs at most one write a minute and account. What pages show is counted from the attempts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.functions import Now

from accounts.models import Team
from generation.models import Attempt, ProviderAccount
from generation.states import AttemptState

DAY, MONTH, HOUR = timedelta(hours=24), timedelta(days=30), timedelta(hours=1)
FEWEST_ENDS = 5
WORST_SHARE = 0.5
_NOTED_AGAIN_AFTER = timedelta(minutes=1)

_S = AttemptState
_ENDED = (_S.SUCCEEDED, _S.FAILED, _S.OUTPUT_LOST)
# What the order itself was at fault for says nothing of how a provider is.
_OF_THE_ORDER = Q(failure_code__in=("moderated", "unsafe_result", "refused", "input_missing", "no_key"))
_TOOK = ExpressionWrapper(F("ended_at") - F("send_started_at"), output_field=DurationField())


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a team's orders in some time.

    Attributes:
        requests: those that have ended, the cancelled ones left out.
        succeeded: of them.
        seconds: how long those took on average; None when there were none.
        spent: micro-units.
        recent: how many ended in the last hour and were not at fault themselves.
        recent_succeeded: of them.
    """

    requests: int = 0
    succeeded: int = 0
    seconds: float | None = None
    spent: int = 0
    recent: int = 0
    recent_succeeded: int = 0

    @property
    def share(self) -> int | None:
        """Per cent that succeeded; None when there were none."""
        return self.succeeded * 100 // self.requests if self.requests else None

    @property
    def degraded(self) -> bool:
        """Whether most of what ended in the last hour failed."""
        return is_degraded(self.recent, self.recent_succeeded)


NOTHING = Record()


def is_degraded(ended: int, succeeded: int) -> bool:
    """Return whether so many ends with so few successes are worth telling people of."""
    return ended >= FEWEST_ENDS and succeeded < ended * WORST_SHARE


def by_provider(team: Team) -> dict[str, Record]:
    """Return what became of a team's orders in the last 24 hours, by provider. Rehearsals are left out."""
    return {row["provider"]: _record(row) for row in _counted(_of(team, DAY), "provider")}


def by_model(team: Team) -> dict[str, Record]:
    """Return what became of a team's orders in the last 30 days, by model. Rehearsals are left out."""
    return {row["model"]: _record(row) for row in _counted(_of(team, MONTH), "model")}


def is_paused(account: ProviderAccount) -> bool:
    """Return whether an account is not used now."""
    return account.paused_until is not None and account.paused_until > datetime.now(UTC)


def paused() -> Q:
    """Return the condition for the same, by the database's clock."""
    return Q(paused_until__gt=Now())


def ends_of_the_last_hour(account_ids: Collection[UUID]) -> dict[UUID, Record]:
    """Return how accounts have been in the last hour, whoever's orders they were."""
    rows = Attempt.objects.filter(account__in=account_ids, state__in=_ENDED, ended_at__gte=Now() - HOUR)
    return {row["account"]: _record(row) for row in _counted(rows, "account")}


def _of(team: Team, time: timedelta) -> QuerySet[Attempt]:
    accounts = ProviderAccount.objects.filter(Q(team=team) | Q(team=None), rehearsal=False)
    return Attempt.objects.filter(account__in=accounts, team=team, state__in=_ENDED, ended_at__gte=Now() - time)


def _counted(rows: QuerySet[Attempt], by: str) -> Iterable[dict[str, Any]]:
    recent = Q(ended_at__gte=Now() - HOUR) & ~_OF_THE_ORDER
    done = Q(state=_S.SUCCEEDED)
    counted: Iterable[dict[str, Any]] = (
        rows.order_by()
        .values(by)
        .annotate(
            requests=Count("pk"),
            succeeded=Count("pk", filter=done),
            took=Avg(_TOOK, filter=done),
            spent=Sum("cost"),
            recent=Count("pk", filter=recent),
            recent_succeeded=Count("pk", filter=recent & done),
        )
    )
    return counted


def _record(row: dict[str, Any]) -> Record:
    return Record(
        requests=row["requests"],
        succeeded=row["succeeded"],
        seconds=row["took"].total_seconds() if row["took"] is not None else None,
        spent=row["spent"] or 0,
        recent=row["recent"],
        recent_succeeded=row["recent_succeeded"],
    )


# --- what the engine notes -------------------------------------------------------------------------------------------


def note_success(account: ProviderAccount) -> None:
    """Remember that a provider has just done what it should; at most once a minute."""
    lately = Q(last_success_at__gte=Now() - _NOTED_AGAIN_AFTER)
    ProviderAccount.objects.filter(pk=account.pk).exclude(lately).update(last_success_at=Now())


def note_error(account: ProviderAccount, text: str) -> None:
    """Remember what a provider could not do; the same words at most once a minute.

    Args:
        account: whose provider.
        text: words for people, as ``ProviderError.public``.
    """
    text = text[:300]
    lately = Q(last_error=text, last_error_at__gte=Now() - _NOTED_AGAIN_AFTER)
    ProviderAccount.objects.filter(pk=account.pk).exclude(lately).update(last_error_at=Now(), last_error=text)
