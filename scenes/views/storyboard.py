"""The storyboard and its cards."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.policies import Right
from projects.access import open_project
from scenes import board
from scenes.models import Scene
from scenes.services import shots

REFUSED = 422


@login_required
@require_safe
def storyboard(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show all scenes with their shots; the grid alone for a browser that has the page already."""
    opened = open_project(request.user, project_id, Right.SEE)
    template = "scenes/storyboard_grid.html" if request.headers.get("HX-Request") else "scenes/storyboard.html"
    context = {
        "opened": opened,
        "project": opened.project,
        "board": board.storyboard(opened.project),
        "here": "storyboard",
    }
    return render(request, template, context)


@login_required
@require_safe
def shot_card(request: HttpRequest, project_id: UUID, shot_id: UUID) -> HttpResponse:
    """Answer with one card."""
    opened = open_project(request.user, project_id, Right.SEE)
    card = board.card_of(opened.project, shot_id)
    if card is None:
        raise Http404("No such shot.")
    return render(request, "scenes/storyboard_card.html", {"opened": opened, "project": opened.project, "card": card})


@login_required
@require_POST
def shots_order(request: HttpRequest, project_id: UUID, scene_id: UUID) -> HttpResponse:
    """Put the shots of a scene into the order that they were dragged to."""
    opened = open_project(request.user, project_id, Right.CREATE)
    scene = get_object_or_404(Scene, pk=scene_id, project=opened.project)
    try:
        order = [UUID(part) for part in request.POST.get("order", "").split(",") if part]
    except ValueError:
        raise Http404("No such shot.") from None
    try:
        shots.reorder_shots(opened=opened, scene=scene, order=order)
    except shots.ShotError as error:
        return HttpResponse(str(error), status=REFUSED, content_type="text/plain; charset=utf-8")
    return redirect("scenes:storyboard", opened.project.pk)
