"""The list of jobs, its parts, and the buttons on them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.policies import Right
from generation import listing, retrying, services
from generation.catalogue import ImpossibleRequest
from generation.models import Approval, Batch, Job
from generation.money.ledger import BudgetExceeded
from generation.money.wording import who_may
from generation.retrying import retry_batch
from generation.services import NothingToDo
from projects.access import OpenProject, open_project

REFUSED = 422


@login_required
@require_safe
def jobs(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show what goes on, waits for a word, failed and is done; the list alone where the page is there already."""
    opened = open_project(request.user, project_id, Right.SEE)
    page = request.GET.get("page", "")
    shown = listing.job_page(
        opened.project,
        show=request.GET.get("show", "all"),
        number=int(page) if page.isdecimal() and len(page) < 10 else 1,
    )
    template = "generation/job_list.html" if request.headers.get("HX-Request") else "generation/jobs.html"
    context = {"opened": opened, "project": opened.project, "page": shown, "here": "jobs"}
    if shown.counts["decide"] and not opened.can_manage:
        context["deciders"] = who_may(opened.project.team_id, Right.MANAGE)
    return render(request, template, context)


@login_required
@require_safe
def job_row(request: HttpRequest, project_id: UUID, job_id: UUID) -> HttpResponse:
    """Answer with one row."""
    opened = open_project(request.user, project_id, Right.SEE)
    return _row(request, opened, get_object_or_404(Job, pk=job_id, project=opened.project))


@login_required
@require_safe
def batch_head(request: HttpRequest, project_id: UUID, batch_id: UUID) -> HttpResponse:
    """Answer with how far one batch is."""
    opened = open_project(request.user, project_id, Right.SEE)
    batch = get_object_or_404(Batch.objects.select_related("created_by"), pk=batch_id, project=opened.project)
    return _head(request, opened, batch)


@login_required
@require_POST
def cancel(request: HttpRequest, project_id: UUID, job_id: UUID) -> HttpResponse:
    """End a job."""
    opened = open_project(request.user, project_id, Right.SPEND)
    job = get_object_or_404(Job, pk=job_id, project=opened.project)
    services.cancel_job(opened=opened, job=job)
    return _row(request, opened, job) if _fragment(request) else redirect("generation:jobs", opened.project.pk)


@login_required
@require_POST
def cancel_batch(request: HttpRequest, project_id: UUID, batch_id: UUID) -> HttpResponse:
    """End every job of a batch that still goes on."""
    opened = open_project(request.user, project_id, Right.SPEND)
    batch = get_object_or_404(Batch.objects.select_related("created_by"), pk=batch_id, project=opened.project)
    services.cancel_batch(opened=opened, batch=batch)
    return _head(request, opened, batch) if _fragment(request) else redirect("generation:jobs", opened.project.pk)


@login_required
@require_POST
def retry(request: HttpRequest, project_id: UUID, job_id: UUID) -> HttpResponse:
    """Ask again for what failed or was cancelled."""
    opened = open_project(request.user, project_id, Right.SPEND)
    job = get_object_or_404(Job.objects.select_related("batch", "shot"), pk=job_id, project=opened.project)
    status = 200
    try:
        said = _asked(retrying.retry_job(opened=opened, job=job))
    except (ImpossibleRequest, NothingToDo, BudgetExceeded) as error:
        said, status = str(error), REFUSED
    if _fragment(request):
        return _row(request, opened, job, said=said, status=status)
    return _back(request, opened, said, refused=status == REFUSED)


@login_required
@require_POST
def retry_failed(request: HttpRequest, project_id: UUID, batch_id: UUID) -> HttpResponse:
    """Ask again for what failed of a batch."""
    opened = open_project(request.user, project_id, Right.SPEND)
    batch = get_object_or_404(Batch.objects.select_related("created_by"), pk=batch_id, project=opened.project)
    refused = False
    try:
        said = _asked(retry_batch(opened=opened, batch=batch))
    except (ImpossibleRequest, NothingToDo, BudgetExceeded) as error:
        said, refused = str(error), True
    if _fragment(request):
        return _head(request, opened, batch, said=said, refused=refused)
    return _back(request, opened, said, refused=refused)


@login_required
@require_safe
def nav_badge(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with how many jobs go on or wait for a word, for the menu."""
    opened = open_project(request.user, project_id, Right.SEE)
    going_on = Job.objects.filter(project=opened.project, state__in=listing.UNSETTLED).count()
    return render(request, "generation/nav_badge.html", {"going_on": going_on})


def _asked(batch: Batch) -> str:
    """Say what has become of asking again: a job is asked for again once, and then that one."""
    if batch.jobs.open().exists():
        return "Asked for again; it is at the top of the list."
    return "This was asked for again before. Look for the newest of it in the list."


def _fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _row(request: HttpRequest, opened: OpenProject, job: Job, *, said: str = "", status: int = 200) -> HttpResponse:
    row = listing.job_rows(Job.objects.filter(pk=job.pk))[0]
    return render(request, "generation/job_row.html", {"opened": opened, "row": row, "said": said}, status=status)


def _head(
    request: HttpRequest, opened: OpenProject, batch: Batch, *, said: str = "", refused: bool = False
) -> HttpResponse:
    head = listing.with_service(listing.batch_heads([batch]))[batch.pk]
    context = {"opened": opened, "head": head, "said": said, "refused": refused}
    if batch.approval == Approval.WAITING and not opened.can_manage:
        context["deciders"] = who_may(opened.project.team_id, Right.MANAGE)
    return render(request, "generation/batch_head.html", context, status=REFUSED if refused else 200)


def _back(request: HttpRequest, opened: OpenProject, said: str, *, refused: bool) -> HttpResponse:
    (messages.error if refused else messages.success)(request, said)
    return redirect("generation:jobs", opened.project.pk)
