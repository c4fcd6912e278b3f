"""What browsers ask about projects: parse, call one service, answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.policies import Right, grants
from projects.access import open_project
from projects.activity import feed, recent
from projects.forms import ProjectForm
from projects.home import by_team, memberships_of, projects_of, teams_to_begin_in
from projects.services import archive_project, change_project, restore_project


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show a person's projects as cards, or the archived ones with ``?archived=1``."""
    archived = request.GET.get("archived") == "1"
    places = memberships_of(request.user)
    managed = {place.team_id for place in places if grants(place.role, Right.MANAGE)}
    projects = projects_of(request.user, archived=archived)
    context = {
        "projects": projects,
        "teams": by_team(projects, [] if archived else [place.team for place in places]),
        "archived": archived,
        "managed": managed,
        "creates": any(grants(place.role, Right.CREATE) for place in places),
        "recent": [] if archived else recent(projects),
    }
    return render(request, "projects/home.html", context)


@login_required
@require_safe
def create(request: HttpRequest) -> HttpResponse:
    """Show the form for a new project. It is sent to the scenes' room, because a script may come with it."""
    context = {"form": ProjectForm(), "teams": teams_to_begin_in(request.user)}
    return render(request, "projects/create.html", context)


@login_required
@require_safe
def detail(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show how far the film is, what to do next, and what has happened."""
    opened = open_project(request.user, project_id, Right.SEE)
    return render(request, "projects/detail.html", {"opened": opened, "feed": feed(opened.project)})


@login_required
@require_safe
def activity(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with the feed alone, for a page that is open."""
    opened = open_project(request.user, project_id, Right.SEE)
    return render(request, "projects/activity.html", {"opened": opened, "feed": feed(opened.project)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show and take the project's settings."""
    opened = open_project(request.user, project_id, Right.MANAGE)
    form = ProjectForm(request.POST or None, initial=vars(opened.project))
    if request.method == "POST" and form.is_valid():
        change_project(opened=opened, details=form.details)
        messages.success(request, "The settings are saved.")
        return redirect("projects:settings", project_id)
    status = 422 if form.is_bound else 200
    return render(request, "projects/settings.html", {"opened": opened, "form": form}, status=status)


@login_required
@require_POST
def archive(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Put a project away."""
    opened = open_project(request.user, project_id, Right.MANAGE)
    archive_project(opened=opened)
    messages.success(request, f"“{opened.project.name}” is in the archive. Nothing was deleted.")
    return redirect("projects:home")


@login_required
@require_POST
def restore(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Take a project out of the archive."""
    opened = open_project(request.user, project_id, Right.MANAGE)
    restore_project(opened=opened)
    messages.success(request, f"“{opened.project.name}” is back.")
    return redirect("projects:detail", project_id)
