"""What can be found out about an order of which nobody knows whether it was accepted. Evidence, never a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Sum
from django.db.models.functions import Coalesce

from generation import execution
from generation.models import Attempt, Job
from generation.providers.errors import ProviderError
from generation.states import AttemptState
from projects.access import OpenProject


@dataclass(frozen=True, slots=True)
class Evidence:
    """What our books and the provider's say about the day on which an order was sent. Money in micro-units.

    Attributes:
        account_label: whose account it is.
        asked_at: when the provider was asked.
        our_charges: what we have booked with this account and model on that day.
        their_charges: what the provider says it charged for them; None when it does not tell.
        difference: theirs without ours: money that we cannot account for, perhaps this order.
        estimate: what this order would have cost.
        others_unknown: how many further orders of the same model and day are in doubt.
        status_text: what the provider says about the order itself, where it can be asked.
        problem: why the provider could not be asked; empty when it could.
        figures: whether the viewer may see what both say in full. With the installation's account it is also what other
            teams have spent; what is missing between the two is enough to decide.
    """

    account_label: str
    asked_at: datetime
    our_charges: int
    their_charges: int | None
    difference: int | None
    estimate: int
    others_unknown: int
    status_text: str = ""
    problem: str = ""
    figures: bool = True


def of(opened: OpenProject, job: Job) -> Evidence:
    """Ask the provider and our books about a job in UNKNOWN. A remote call: never inside a transaction.

    Args:
        opened: the job's project.
        job: one of its jobs.

    Raises:
        LookupError: the job has never been sent.
    """
    attempts = Attempt.objects.filter(job=job, job__project=opened.project)
    attempt = attempts.select_related("job", "account__team").order_by("-number").first()
    if attempt is None or attempt.send_started_at is None:
        raise LookupError(f"Job {job.pk} has never been sent.")
    sent = attempt.send_started_at.astimezone(UTC)
    # The provider's days are UTC days; an order sent just before midnight may be charged on the next.
    same = Attempt.objects.filter(account=attempt.account, model=attempt.model, send_started_at__date__gte=sent.date())
    ours = same.aggregate(sum=Coalesce(Sum("cost"), 0))["sum"]
    others = same.filter(state=AttemptState.UNKNOWN).exclude(pk=attempt.pk).count()
    theirs, status_text, problem = None, "", ""
    try:
        if attempt.task_id:
            status_text = f"Its task {attempt.task_id} is “{execution.poll(attempt).state}”."
        spent = execution.account_status(attempt.account, since=sent.date()).spent
        if spent:
            theirs = sum(by_model.get(attempt.model, 0) for by_model in spent.values())
    except ProviderError as error:
        problem = error.public
    return Evidence(
        account_label=str(attempt.account.team or "the installation"),
        asked_at=datetime.now(UTC),
        our_charges=ours,
        their_charges=theirs,
        difference=None if theirs is None else theirs - ours,
        estimate=attempt.estimate,
        others_unknown=others,
        status_text=status_text,
        problem=problem,
        figures=attempt.account.team_id is not None or opened.user.has_perm("generation.change_provideraccount"),
    )
