"""Telling people, once in a month, that most of a budget is gone."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.policies import Right
from generation.models import Counter
from generation.models.money import Scope
from generation.money.counters import RIGHT_FOR, name_of
from generation.money.wording import at_most, dollars, in_month, who_may
from projects import events
from projects.mailing import deciders, mail_after_commit
from projects.models import Notification, Project
from projects.notifying import notify

WARN_AT_PERCENT = 80


def nearly_spent() -> Q:
    """Return the condition that so much of a cap is spent or held that people should know."""
    return Q(cap__gt=0, cap__lte=(F("spent") + F("held")) * 100 / WARN_AT_PERCENT)


def warn_when_nearly_spent(counter_ids: Collection[int], project_id: UUID) -> None:
    """Tell of the counters that have come near their caps, each once in its month.

    There is an event in the project in any case, and an e-mail to owners and producers where the money is real.

    Args:
        counter_ids: those that were just changed, in this transaction.
        project_id: whose generation it was.
    """
    for counter in Counter.objects.filter(nearly_spent(), pk__in=counter_ids, warned_at=None):
        if not Counter.objects.filter(pk=counter.pk, warned_at=None).update(warned_at=Now()):
            continue
        whose = name_of(counter)
        if not counter.rehearsal:
            _notify(counter, whose, project_id)
        events.record(
            project_id,
            "budget_warning",
            {
                "scope": counter.scope,
                "name": whose,
                "month": f"{counter.month:%Y-%m}",
                "cap": counter.cap,
                "spent": counter.spent,
                "held": counter.held,
                "rehearsal": counter.rehearsal,
            },
        )
        if not counter.rehearsal:
            _mail(counter, whose)


def _mail(counter: Counter, whose: str) -> None:
    cap = counter.cap or 0
    used = counter.spent + counter.held
    share = used * 100 // cap
    who = who_may(counter.team_id, RIGHT_FOR[Scope(counter.scope)])
    text = "\n".join(
        (
            f"{share} % of the {dollars(cap)} that {whose} may spend in {in_month(counter.month)} is spent or held.",
            "",
            f"Spent: {dollars(counter.spent)}",
            f"Held for what is being made: {dollars(counter.held)}",
            f"Left: {at_most(max(cap - used, 0))}",
            "",
            "When too little is left, nothing new is started; what has been started is finished.",
            f"To go on with more, ask {who} to raise the budget.",
        )
    )
    mail_after_commit(
        counter.team_id,
        Right.MANAGE,
        f"Rushes · {share} % of the budget of {whose} is spent or held",
        text,
        Notification.Kind.BUDGET,
    )


def _notify(counter: Counter, whose: str, project_id: UUID) -> None:
    cap = counter.cap or 0
    share = (counter.spent + counter.held) * 100 // cap
    notify(
        project=Project.objects.get(pk=project_id),
        people=deciders(counter.team_id, Right.MANAGE),
        kind=Notification.Kind.BUDGET,
        text=f"{share} % of the {dollars(cap)} that {whose} may spend in {in_month(counter.month)} is spent or held.",
        link=reverse("generation:costs", args=[project_id]),
        mailed=True,
    )
