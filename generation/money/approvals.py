"""What is so dear that a producer must agree: agreed to, declined, or expired. Until then it holds no money.

Each decision is one conditional UPDATE of the batch, so that of two who decide at once one does.
"""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.policies import REFUSALS, Right
from generation import outcomes, services
from generation.models import Approval, Batch, Job
from generation.money.counters import take_first
from generation.money.wording import dollars, who_may
from generation.states import JobState
from projects import events
from projects.access import OpenProject, ask_again
from projects.models import Notification
from projects.notifying import notify

_WAITING = Q(approval=Approval.WAITING)


class AlreadyDecided(Exception):
    """Somebody decided before, or nobody did in time; the message says which."""


@transaction.atomic
def approve(*, opened: OpenProject, batch: Batch) -> None:
    """Agree to what a batch costs: its jobs are queued and their money is reserved, all or none.

    Args:
        opened: the batch's project, opened by a producer or owner.
        batch: one that waits.

    Raises:
        PermissionDenied: the person's role may not; the message names the way out.
        AlreadyDecided: it does not wait any more, or nothing of it does.
        BudgetExceeded: there is too little left under a cap; the batch goes on waiting.
    """
    _decide(opened, batch, Approval.APPROVED)
    waiting = Job.objects.filter(batch=batch, state=JobState.WAITING_APPROVAL, cancel_requested_at=None)
    wanted = list(waiting.values_list("pk", flat=True))
    waiting.update(state=JobState.QUEUED)
    # Those of them that nobody has cancelled since they were counted.
    queued = list(Job.objects.filter(pk__in=wanted, state=JobState.QUEUED).select_related("batch", "team"))
    if not queued:
        raise AlreadyDecided("All of this has been cancelled in the meantime; there is nothing left to agree to.")
    services.queue_attempts(queued)
    _tell("approval_given", batch, opened)


@transaction.atomic
def decline(*, opened: OpenProject, batch: Batch) -> None:
    """Refuse what a batch costs: its jobs end, and nothing was charged.

    Args:
        opened: the batch's project, opened by a producer or owner.
        batch: one that waits.

    Raises:
        PermissionDenied: the person's role may not; the message names the way out.
        AlreadyDecided: it does not wait any more.
    """
    _decide(opened, batch, Approval.DECLINED)
    who = opened.user.shown_name
    _end_jobs(
        batch,
        f"{who} declined this at an estimated {dollars(batch.estimate)}; nothing was charged. "
        f"Talk to {who}, or ask for less: fewer shots, shorter clips or a cheaper model.",
        "declined",
    )
    _tell("approval_declined", batch, opened)


def expire_overdue() -> int:
    """End the batches that nobody has decided on in time.

    Returns:
        How many there were.
    """
    overdue = Batch.objects.filter(_WAITING, approval_expires_at__lte=Now())
    return sum(_expire(batch) for batch in overdue.select_related("project"))


@transaction.atomic
def _expire(batch: Batch) -> bool:
    rows = Batch.objects.filter(_WAITING, pk=batch.pk, approval_expires_at__lte=Now())
    if not rows.update(approval=Approval.EXPIRED, decided_at=Now()):
        return False
    who = who_may(batch.project.team_id, Right.MANAGE)
    _end_jobs(
        batch,
        f"Nobody agreed to this within {_days()}, so it was not started; nothing was charged. "
        f"Ask for it again, and tell {who} that it waits for a yes.",
        "approval_expired",
    )
    _tell("approval_expired", batch, None)
    return True


def _days() -> str:
    return "a day" if settings.APPROVAL_DAYS == 1 else f"{settings.APPROVAL_DAYS} days"


def _decide(opened: OpenProject, batch: Batch, decision: Approval) -> None:
    if not opened.allows(Right.MANAGE):
        raise PermissionDenied(REFUSALS[Right.MANAGE])
    ask_again(opened, Right.MANAGE)
    rows = Batch.objects.filter(pk=batch.pk, project=opened.project)
    in_time = Q(approval_expires_at=None) | Q(approval_expires_at__gt=Now())
    if not rows.filter(_WAITING, in_time).update(approval=decision, decided_by=opened.user, decided_at=Now()):
        raise AlreadyDecided(_why_not(rows.select_related("decided_by").get()))


def _why_not(batch: Batch) -> str:
    who = batch.decided_by.shown_name if batch.decided_by else "Somebody"
    if batch.approval == Approval.APPROVED:
        return f"{who} has agreed to this already; it is on its way."
    if batch.approval == Approval.DECLINED:
        return f"{who} has declined this already. Ask for it again if it is wanted after all."
    if batch.approval == Approval.NOT_NEEDED:
        return "This needs nobody's yes; it is on its way."
    return "This has waited too long for a yes and has expired. Ask for it again."


def _end_jobs(batch: Batch, public: str, code: str) -> None:
    # With a job ends what was to start from it, and another batch may have reserved for that.
    take_first(batch.project.team_id)
    for job in Job.objects.filter(batch=batch, state=JobState.WAITING_APPROVAL).select_related("shot"):
        outcomes.end_job(job, JobState.CANCELLED, public=public, code=code)


_ANSWERS = {
    "approval_given": "{who} agreed to “{title}” at {price}; it is on its way.",
    "approval_declined": "{who} declined “{title}” at {price}; nothing was charged.",
    "approval_expired": "Nobody agreed to “{title}” at {price} in time; nothing was charged.",
}


def _tell(what: str, batch: Batch, opened: OpenProject | None) -> None:
    who = opened.user if opened is not None else None
    notify(
        project=batch.project,
        people=[batch.created_by_id] if batch.created_by_id else [],
        kind=Notification.Kind.APPROVAL,
        text=_ANSWERS[what].format(who=who.shown_name if who else "", title=batch.title, price=dollars(batch.estimate)),
        link=reverse("generation:jobs", args=[batch.project_id]),
        actor=who,
    )
    events.record(
        batch.project_id,
        what,
        {"batchId": str(batch.pk), "title": batch.title, "estimate": batch.estimate},
        actor=who,
    )
