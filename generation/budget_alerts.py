"""Telling people, once in a month, that most of a budget is gone."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Membership
from accounts.policies import GRANTS, Right
from generation.counters import RIGHT_FOR, name_of
from generation.models import Counter
from generation.models.money import Scope
from generation.wording import at_most, dollars, in_month, who_may
from projects import events

WARN_AT_PERCENT = 80
# A mail server that does not answer must not hold up whoever asked for a clip.
MAIL_SECONDS = 10


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
            _mail_after_commit(counter, whose)


def _mail_after_commit(counter: Counter, whose: str) -> None:
    # Robust: a mail that cannot be sent is logged, and what was committed goes on.
    transaction.on_commit(lambda: _mail(counter, whose), robust=True)


def _mail(counter: Counter, whose: str) -> None:
    cap = counter.cap or 0
    used = counter.spent + counter.held
    share = used * 100 // cap
    who = who_may(counter.team_id, RIGHT_FOR[Scope(counter.scope)])
    text = "\n".join(
        (
            f"{share} % of the {dollars(cap)} that {whose} may spend in {in_month(counter.month)} is gone.",
            "",
            f"Spent: {dollars(counter.spent)}",
            f"Held for what is being made: {dollars(counter.held)}",
            f"Left: {at_most(max(cap - used, 0))}",
            "",
            "When too little is left, nothing new is started; what has been started is finished.",
            f"To go on with more, ask {who} to raise the budget.",
        )
    )
    roles = [role for role, rights in GRANTS.items() if Right.MANAGE in rights]
    people = Membership.objects.filter(team=counter.team_id, role__in=roles, user__is_active=True)
    # A name may hold a line break, and a subject must not.
    subject = " ".join(f"Rushes · {share} % of the budget of {whose} is gone".split())
    get_connection(timeout=MAIL_SECONDS).send_messages(
        [
            EmailMessage(subject, text, to=[address])
            for address in people.order_by("role", "created_at").values_list("user__email", flat=True)
        ]
    )
