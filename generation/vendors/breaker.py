"""The circuit breaker: whoever keeps failing is not asked for a while; then one order tries whether it works again.

It stands in the account's row and is moved by conditional updates, so that any number of workers share it. *Closed*:
orders go through. *Open*: after ``IN_A_ROW`` faults of the provider's own nothing is sent. *Half open*: once
``probe_at`` has passed, the next order that is taken up is the probe; the claim notes it under the account's row lock,
so that there is never a second one. Any answer to an order closes it again, a refusal and a full queue included: they
are signs of life. So are the first words of a probe, which may be written for a quarter of an hour; but they are no
whole answer yet, and the next fault opens it again. What is in doubt is never moved by it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.policies import Right
from generation.models import Attempt, ProviderAccount
from generation.providers.errors import NotAccepted, ProviderError
from generation.querysets import seconds_from_now
from generation.states import AttemptState
from generation.vendors import health, keys
from projects import events, queue
from projects.mailing import deciders
from projects.models import Notification, Project
from projects.notifying import notify

IN_A_ROW = 5
FIRST_PROBE, LATEST_PROBE = 60.0, 15 * 60.0
# Of what was certainly not accepted, what is the provider's fault; a limit that is reached is none.
FAULTS = frozenset({"unavailable", "unreachable", "upload_failed", "no_rehearsal"})
# An account as it is before its first fault.
CLOSED: dict[str, Any] = {
    "faults": 0,
    "tripped_at": None,
    "trip_reason": "",
    "probe_at": None,
    "probe": None,
    "probes_failed": 0,
}
_S = AttemptState
_ON_TRIAL = (_S.CLAIMED, _S.SENDING)


def lets_through() -> Q:
    """Return the condition for accounts at which an order may be taken up, by the database's clock."""
    return Q(tripped_at=None) | Q(probe_at__lte=Now())


def keeps_out() -> Q:
    """Return the condition for accounts that are not asked now, by the database's clock."""
    return Q(tripped_at__isnull=False, probe_at__gt=Now())


def has_probe(account: ProviderAccount) -> bool:
    """Return whether an order is on its way to try whether the provider works again."""
    return account.probe is not None and Attempt.objects.filter(pk=account.probe, state__in=_ON_TRIAL).exists()


def may_be_asked(account: ProviderAccount) -> bool:
    """Return whether an order that looks for a provider may go to this account.

    One that failed lately gets a single order as its probe, and not everything that waits elsewhere.
    """
    if account.is_paused:
        return False
    if account.tripped_at is None:
        return True
    if account.probe_at is None or account.probe_at > datetime.now(UTC):
        return False
    return not Attempt.objects.filter(account=account, state__in=(_S.QUEUED, *_ON_TRIAL)).exists()


def note_probe(account: ProviderAccount, attempt_id: UUID) -> None:
    """Remember which order tries whether a provider works again, under the lock of the account's row."""
    ProviderAccount.objects.filter(pk=account.pk).exclude(tripped_at=None).update(probe=attempt_id)


def note_answer(account: ProviderAccount) -> None:
    """A provider has answered an order: it works, and what waited for it goes on."""
    rows = ProviderAccount.objects.filter(pk=account.pk)
    if rows.exclude(tripped_at=None).update(**CLOSED):
        queue.ring_after_commit("generation.submit", str(account.pk))
    else:
        rows.filter(faults__gt=0).update(faults=0)


def note_first_words(attempt: Attempt) -> None:
    """A probe has begun to answer: what waited goes on, and one more fault before a whole answer keeps it out again."""
    rows = ProviderAccount.objects.filter(pk=attempt.account_id, probe=attempt.pk)
    if rows.exclude(tripped_at=None).update(**{**CLOSED, "faults": IN_A_ROW - 1}):
        queue.ring_after_commit("generation.submit", str(attempt.account_id))


def note_not_accepted(attempt: Attempt, error: NotAccepted) -> None:
    """Count an order that was not accepted as a fault, or as a sign of life."""
    if error.code in FAULTS:
        note_fault(attempt, error)
    elif attempt.state == _S.SENDING:
        note_answer(attempt.account)


def note_fault(attempt: Attempt, error: ProviderError) -> None:
    """Count a fault of the provider's own; the last of a row opens the breaker, one of the probe keeps it open.

    Args:
        attempt: the order that met with it.
        error: what was wrong.
    """
    health.note_error(attempt.account, error.public)
    rows = ProviderAccount.objects.filter(pk=attempt.account_id)
    failed = rows.filter(probe=attempt.pk).exclude(tripped_at=None).values_list("probes_failed", flat=True).first()
    if failed is not None:
        later = seconds_from_now(_until_probe(failed + 1, error.retry_after))
        rows.filter(probe=attempt.pk).exclude(tripped_at=None).update(
            probe=None, probes_failed=F("probes_failed") + 1, probe_at=later, trip_reason=error.public[:300]
        )
    else:
        rows.filter(tripped_at=None).update(faults=F("faults") + 1)
        rows.filter(tripped_at=None, faults__gte=IN_A_ROW).update(
            tripped_at=Now(),
            trip_reason=error.public[:300],
            probe_at=seconds_from_now(_until_probe(0, error.retry_after)),
            probe=None,
            probes_failed=0,
        )
    # What waits there looks for somebody else at once.
    if rows.exclude(tripped_at=None).exists():
        queue.ring_after_commit("generation.submit", str(attempt.account_id))


def _until_probe(failed: int, asked: float | None) -> float:
    """Return the seconds to the next probe: a minute, doubling to a quarter of an hour, or as the provider asks."""
    return float(min(max(FIRST_PROBE * 2 ** min(failed, 10), asked or 0.0), LATEST_PROBE))


def words(account: ProviderAccount) -> str:
    """Return why a provider is not asked now, in a sentence for people; empty when it is."""
    if account.tripped_at is None:
        return ""
    since = account.tripped_at.strftime("%H:%M UTC")
    return f"{keys.label_of(account.provider)} has been failing since {since}. {account.trip_reason}".strip()


# --- telling people --------------------------------------------------------------------------------------------------


def tell() -> int:
    """Tell once of each breaker that has opened or closed: an event, and a notice to owners. For the sweep.

    Returns:
        How many were told of.
    """
    told = 0
    for account in ProviderAccount.objects.filter(Q(tripped_at__isnull=False) ^ Q(trip_told=True)):
        failing = account.tripped_at is not None
        with transaction.atomic():
            # Whoever changes the row tells; sweeps may run in many processes at once.
            rows = ProviderAccount.objects.filter(pk=account.pk, trip_told=not failing, tripped_at__isnull=not failing)
            if rows.update(trip_told=failing):
                _tell(account, failing=failing)
                told += 1
    return told


def _tell(account: ProviderAccount, *, failing: bool) -> None:
    label = keys.label_of(account.provider)
    if failing:
        text = (
            f"{words(account)} It is left out until it works again; what waits asks the next provider, or goes on then."
        )
    else:
        text = f"{label} works again. What waited for it goes on."
    if account.rehearsal:
        text = f"In rehearsals: {text}"
    here = Attempt.objects.filter(account=account).filter(
        ~Q(state__in=(_S.SUCCEEDED, _S.FAILED, _S.CANCELLED, _S.OUTPUT_LOST)) | Q(ended_at__gte=Now() - health.HOUR)
    )
    projects = Project.objects.filter(pk__in=here.order_by().values("job__project"), deleted_at=None).order_by("pk")
    teams: set[UUID] = set()
    for project in projects:
        events.record(
            project.pk,
            "provider_failing" if failing else "provider_recovered",
            {
                "provider": account.provider,
                "label": label,
                "reason": account.trip_reason,
                "rehearsal": account.rehearsal,
            },
        )
        if project.team_id not in teams:
            teams.add(project.team_id)
            notify(
                project=project,
                people=deciders(project.team_id, Right.OWN),
                kind=Notification.Kind.TEAM,
                text=text,
                link=f"{reverse('providers:overview', args=[project.team_id])}#{account.provider}",
            )
