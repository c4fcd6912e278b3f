"""The list of jobs, its parts, and the buttons on them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.policies import Right
from generation import listing, services
from generation.catalogue import ImpossibleRequest
from generation.models import Batch, Job
from generation.services import NothingToDo
from projects.access import OpenProject, open_project


@login_required
@require_safe
def jobs(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show what is queued, running, failed and done; the list alone for a browser that has the page already."""
    opened = open_project(request.user, project_id, Right.SEE)
    page = request.GET.get("page", "")
    shown = listing.job_page(
        opened.project,
        show=request.GET.get("show", "all"),
        number=int(page) if page.isdecimal() and len(page) < 10 else 1,
    )
    template = "generation/job_list.html" if request.headers.get("HX-Request") else "generation/jobs.html"
    return render(request, template, {"opened": opened, "project": opened.project, "page": shown, "here": "jobs"})


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
    said, status = "Asked for again; it is at the top of the list.", 200
    try:
        services.retry_job(opened=opened, job=job)
    except (ImpossibleRequest, NothingToDo) as error:
        said, status = str(error), 422
    if _fragment(request):
        return _row(request, opened, job, said=said, status=status)
    (messages.error if status != 200 else messages.success)(request, said)
    return redirect("generation:jobs", opened.project.pk)


@login_required
@require_safe
def nav_badge(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with how many jobs go on, for the menu."""
    opened = open_project(request.user, project_id, Right.SEE)
    going_on = Job.objects.of(opened.project).open().count()
    return render(request, "generation/nav_badge.html", {"going_on": going_on})


def _fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _row(request: HttpRequest, opened: OpenProject, job: Job, *, said: str = "", status: int = 200) -> HttpResponse:
    row = listing.job_rows(Job.objects.filter(pk=job.pk))[0]
    return render(request, "generation/job_row.html", {"opened": opened, "row": row, "said": said}, status=status)


def _head(request: HttpRequest, opened: OpenProject, batch: Batch) -> HttpResponse:
    head = listing.batch_heads([batch])[batch.pk]
    return render(request, "generation/batch_head.html", {"opened": opened, "head": head})
