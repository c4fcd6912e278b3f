"""What people decide: whether something may cost so much, and what became of an order that nobody knows about."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.policies import Right
from generation import deciding, evidence, listing
from generation.catalogue import ImpossibleRequest
from generation.deciding import Decision
from generation.forms import DecisionForm
from generation.models import Batch, Job
from generation.money import approvals
from generation.money.approvals import AlreadyDecided
from generation.money.ledger import BudgetExceeded
from generation.money.wording import who_may
from generation.states import JobState
from generation.vendors import keys
from projects import pacing
from projects.access import OpenProject, open_project

REFUSED = 422
_DONE = {
    Decision.NOT_CHARGED: "It counts as never accepted, and its money is free again.",
    Decision.CHARGED: "It is booked as charged without a result.",
    Decision.FOUND: "It goes on; its result will be fetched.",
}


@login_required
@require_POST
def approve(request: HttpRequest, project_id: UUID, batch_id: UUID) -> HttpResponse:
    """Agree to what a batch costs."""
    opened = open_project(request.user, project_id, Right.MANAGE)
    batch = get_object_or_404(Batch, pk=batch_id, project=opened.project)
    said, refused = "It is on its way.", False
    try:
        approvals.approve(opened=opened, batch=batch)
    except (AlreadyDecided, BudgetExceeded, ImpossibleRequest) as error:
        said, refused = str(error), True
    return _decided(request, opened, batch, said, refused=refused)


@login_required
@require_POST
def decline(request: HttpRequest, project_id: UUID, batch_id: UUID) -> HttpResponse:
    """Refuse what a batch costs."""
    opened = open_project(request.user, project_id, Right.MANAGE)
    batch = get_object_or_404(Batch, pk=batch_id, project=opened.project)
    said, refused = "Declined. Nothing was charged.", False
    try:
        approvals.decline(opened=opened, batch=batch)
    except AlreadyDecided as error:
        said, refused = str(error), True
    return _decided(request, opened, batch, said, refused=refused)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def unknown(request: HttpRequest, project_id: UUID, job_id: UUID) -> HttpResponse:
    """Show what is known about an order of which nobody knows whether it was accepted, and take a decision."""
    opened = open_project(request.user, project_id, Right.MANAGE if request.method == "POST" else Right.SEE)
    job = get_object_or_404(Job, pk=job_id, project=opened.project)
    alike = deciding.alike(opened, job) if opened.can_manage else []
    typed = request.POST if request.method == "POST" else None
    form = DecisionForm(typed, others=len(alike)) if opened.can_manage else None
    if request.method == "POST" and form is not None and form.is_valid():
        given = form.cleaned_data
        try:
            deciding.resolve_unknown(
                opened=opened,
                job=job,
                decision=given["decision"],
                task_id=given["task_id"] if given["decision"] == Decision.FOUND else "",
                cost=given["cost"] if given["decision"] == Decision.CHARGED else None,
            )
        except ImpossibleRequest as error:
            form.add_error("task_id" if error.field == "task_id" else None, str(error))
        else:
            done = _DONE[Decision(given["decision"])]
            if given["alike"]:
                count = deciding.resolve_alike(opened=opened, jobs=alike, decision=given["decision"])
                done = f"{done} {count} other{pluralize(count)} alike."
            messages.success(request, done)
            return redirect("generation:jobs", opened.project.pk)
    row = listing.job_rows(Job.objects.filter(pk=job.pk))[0]
    context = {
        "opened": opened,
        "project": opened.project,
        "row": row,
        "job": row.job,
        "form": form,
        "alike": len(alike),
        "provider": keys.label_of(row.attempt.provider if row.attempt is not None else job.provider),
        "has_task": row.attempt is None or deciding.has_task(row.attempt),
        "in_doubt": row.job.state == JobState.UNKNOWN,
        "deciders": "" if opened.can_manage else who_may(opened.project.team_id, Right.MANAGE),
    }
    return render(request, "generation/unknown.html", context, status=REFUSED if request.method == "POST" else 200)


@login_required
@require_safe
def unknown_evidence(request: HttpRequest, project_id: UUID, job_id: UUID) -> HttpResponse:
    """Answer with what the provider and our books say; asked for by the page, because the provider takes its time."""
    opened = open_project(request.user, project_id, Right.SEE)
    job = get_object_or_404(Job, pk=job_id, project=opened.project)
    row = listing.job_rows(Job.objects.filter(pk=job.pk))[0]
    sent = row.attempt is not None and row.attempt.send_started_at is not None
    found, wait = None, ""
    if sent:
        try:
            pacing.ask_provider(opened.project.team_id)
            # The provider may not be installed here any more; then there is nobody to ask.
            with suppress(LookupError):
                found = evidence.of(opened, job)
        except pacing.TooOften as error:
            wait = str(error)
    provider = keys.label_of(row.attempt.provider if row.attempt is not None else job.provider)
    context = {"opened": opened, "row": row, "job": job, "sent": sent, "wait": wait, "evidence": found}
    context["provider"] = provider
    return render(request, "generation/unknown_evidence.html", context)


def _decided(request: HttpRequest, opened: OpenProject, batch: Batch, said: str, *, refused: bool) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        (messages.error if refused else messages.success)(request, said)
        return redirect("generation:jobs", opened.project.pk)
    fresh = Batch.objects.select_related("created_by", "decided_by").get(pk=batch.pk)
    head = listing.with_service(listing.batch_heads([fresh]))[fresh.pk]
    context = {"opened": opened, "head": head, "said": said, "refused": refused}
    return render(request, "generation/batch_head.html", context, status=REFUSED if refused else 200)
