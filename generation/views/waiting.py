"""What waits for somebody: a part of the home and of a project's front page, which lie in a room that knows no jobs."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.policies import Right
from generation.waiting import waiting_for
from projects.access import open_project


@login_required
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Show what waits for the person over all their projects; the sums for the projects' cards come along."""
    return render(request, "generation/waiting.html", {"waiting": waiting_for(request.user), "home": True})


@login_required
@require_safe
def project_waiting(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show what waits for the person in one project, and how its month stands."""
    opened = open_project(request.user, project_id, Right.SEE)
    context = {"opened": opened, "waiting": waiting_for(request.user, opened=opened)}
    return render(request, "generation/waiting.html", context)
