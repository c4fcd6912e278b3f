"""One action over several projects: choosing them, what it comes to, and what became of each."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OpenTeam, open_team
from accounts.policies import Right
from generation.catalogue import ImpossibleRequest
from generation.choosing.shot_settings import words_of
from generation.groups import asking, planning, scripts, showing
from generation.models import BatchGroup
from projects import pacing
from projects.models import Project
from scenes.forms import read_upload
from scenes.screenplay.reading import ScriptError

REFUSED = 422
MOST_SCRIPTS = 20
MOST_AT_ONCE = 1000
PAGE = 20


@login_required
@require_safe
def groups(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show what can be asked of a team's projects together, and what was."""
    return _page(request, open_team(request.user, team_id, Right.SPEND))


@login_required
@require_safe
def look(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show what an action would make of the chosen projects, what it would cost and take."""
    opened = open_team(request.user, team_id, Right.SPEND)
    make = request.GET.get("make", "")
    try:
        if make not in BatchGroup.Make.values:
            raise ImpossibleRequest("Choose what to make.")
        projects = planning.projects_named(opened, _ids(request.GET.getlist("project")))
    except ImpossibleRequest as error:
        return _page(request, opened, problem=str(error), chosen=request.GET.getlist("project"), make=make)
    context = {
        "team": opened.team,
        "opened_team": opened,
        "preview": planning.preview(opened, make=make, projects=projects),
        "at_once": _at_once(request.GET.get("at_once", "")),
        "token": secrets.token_urlsafe(24),
    }
    return render(request, "generation/group_preview.html", context)


@login_required
@require_POST
def begin(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Ask for it."""
    opened = open_team(request.user, team_id, Right.SPEND)
    chosen = request.POST.getlist("project")
    try:
        group = asking.begin(
            opened=opened,
            make=request.POST.get("make", ""),
            project_ids=_ids(chosen),
            max_concurrent=_at_once(request.POST.get("at_once", "")),
            token=words_of(request.POST.get("token", ""))[:64],
        )
    except ImpossibleRequest as error:
        return _page(request, opened, problem=str(error), chosen=chosen, make=request.POST.get("make", ""))
    return redirect("generation:group", team_id, group.pk)


@login_required
@require_POST
def bring_scripts(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Make a project of each script, and go on to what the action would make of them."""
    opened = open_team(request.user, team_id, Right.MANAGE)
    files = request.FILES.getlist("scripts")
    if not files or len(files) > MOST_SCRIPTS:
        return _page(request, opened, problem=f"Choose one to {MOST_SCRIPTS} scripts.", make=request.POST.get("make"))
    begun: list[str] = []
    for upload in files:
        if wait := pacing.wait_for("begin", opened.user.pk, most=pacing.BEGUN):
            messages.error(request, f"{upload.name}: {pacing.words_for(wait)}")
            break
        try:
            begun.append(str(scripts.bring(opened=opened, file=read_upload(upload)).project.pk))
        except ValidationError as error:
            messages.error(request, f"{upload.name}: {' '.join(error.messages)}")
        except ScriptError as error:
            messages.error(request, f"{upload.name}: {error.message}")
    if not begun:
        return _page(request, opened, problem="None of these became a project.", make=request.POST.get("make"))
    chosen = urlencode([("make", request.POST.get("make", "")), *(("project", one) for one in begun)])
    return redirect(f"{reverse('generation:group_look', args=[team_id])}?{chosen}")


@login_required
@require_safe
def group(request: HttpRequest, team_id: UUID, group_id: UUID) -> HttpResponse:
    """Show what became of each project."""
    opened = open_team(request.user, team_id, Right.SEE)
    found = get_object_or_404(BatchGroup.objects.select_related("created_by"), pk=group_id, team=opened.team)
    context = {
        "team": opened.team,
        "opened_team": opened,
        "page": showing.page_of(found),
        "may_spend": opened.allows(Right.SPEND),
    }
    template = "generation/group_body.html" if request.headers.get("HX-Request") else "generation/group.html"
    return render(request, template, context)


@login_required
@require_POST
def cancel(request: HttpRequest, team_id: UUID, group_id: UUID) -> HttpResponse:
    """Cancel the whole."""
    opened = open_team(request.user, team_id, Right.SPEND)
    found = get_object_or_404(BatchGroup, pk=group_id, team=opened.team)
    asked = asking.cancel(opened=opened, group=found)
    messages.success(request, f"{asked} job{'s were' if asked != 1 else ' was'} asked to end.")
    return redirect("generation:group", team_id, group_id)


@login_required
@require_POST
def retry(request: HttpRequest, team_id: UUID, group_id: UUID) -> HttpResponse:
    """Ask again for what failed or was refused, and for what has not been asked yet."""
    opened = open_team(request.user, team_id, Right.SPEND)
    found = get_object_or_404(BatchGroup, pk=group_id, team=opened.team)
    asking.go_on(opened=opened, group=found)
    again = asking.retry(opened=opened, group=found)
    messages.info(request, f"Asked again in {again} project{'s' if again != 1 else ''}.")
    return redirect("generation:group", team_id, group_id)


def _page(
    request: HttpRequest,
    opened: OpenTeam,
    *,
    problem: str = "",
    chosen: Sequence[str] = (),
    make: str | None = "",
) -> HttpResponse:
    earlier = BatchGroup.objects.filter(team=opened.team).select_related("created_by")
    page = Paginator(earlier, PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "team": opened.team,
        "opened_team": opened,
        "makes": BatchGroup.Make.choices,
        "make": make if make in BatchGroup.Make.values else BatchGroup.Make.STORYBOARD,
        "projects": Project.objects.current().filter(team=opened.team).order_by("name", "pk"),
        "chosen": set(chosen) or set(request.GET.getlist("project")),
        "heads": showing.heads_of(page.object_list),
        "page": page,
        "problem": problem,
        "most_scripts": MOST_SCRIPTS,
    }
    return render(request, "generation/groups.html", context, status=REFUSED if problem else 200)


def _ids(values: Sequence[str]) -> list[UUID]:
    try:
        return [UUID(value) for value in values]
    except ValueError:
        raise ImpossibleRequest("One of these projects is not there. Choose again.", field="projects") from None


def _at_once(value: str) -> int | None:
    return min(max(int(value), 1), MOST_AT_ONCE) if value.isdecimal() and len(value) < 6 else None
