"""The film: its rough cut, and what was rendered of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.policies import Right
from projects.access import open_project
from scenes import board
from scenes.models import Render

RENDERS_SHOWN = 20


@login_required
@require_safe
def film(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the film page; for a browser that has it already only the part that it names with ``part``."""
    opened = open_project(request.user, project_id, Right.SEE)
    part = request.GET.get("part")
    context = {"opened": opened, "project": opened.project, "here": "film"}
    if part != "renders":
        context["board"] = board.storyboard(opened.project)
    if part != "strip":
        context["renders"] = Render.objects.filter(film__project=opened.project).select_related(
            "asset", "subtitles", "created_by"
        )[:RENDERS_SHOWN]
    template = {"strip": "scenes/film_strip.html", "renders": "scenes/film_renders.html"}.get(
        part or "", "scenes/film.html"
    )
    return render(request, template, context)
