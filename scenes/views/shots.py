"""One shot: the panel beside the storyboard, or a page of its own."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.policies import Right
from projects.access import OpenProject, open_project
from scenes.board import SHORT_ANGLES
from scenes.models import Shot, Take
from scenes.services import shots, takes

REFUSED = 422


@login_required
@require_safe
def shot(request: HttpRequest, project_id: UUID, shot_id: UUID) -> HttpResponse:
    """Show a shot."""
    opened = open_project(request.user, project_id, Right.SEE)
    return _panel(request, opened, _shot(opened, shot_id))


@login_required
@require_POST
def shot_edit(request: HttpRequest, project_id: UUID, shot_id: UUID) -> HttpResponse:
    """Change angle, prompt or length by hand."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _shot(opened, shot_id)
    try:
        shots.edit_shot(
            opened=opened,
            shot=row,
            angle=request.POST.get("angle"),
            prompt="" if request.POST.get("built") else request.POST.get("prompt"),
            duration_ms=_milliseconds(request.POST.get("seconds")),
        )
    except shots.ShotError as error:
        typed = {name: request.POST.get(name, "") for name in ("angle", "prompt", "seconds")}
        return _panel(request, opened, _shot(opened, shot_id), error=error, typed=typed)
    return _done(request, opened, row.pk)


@login_required
@require_POST
def shot_place(request: HttpRequest, project_id: UUID, shot_id: UUID) -> HttpResponse:
    """Omit a shot, restore it, or move it earlier or later in its scene."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _shot(opened, shot_id)
    action = request.POST.get("action")
    try:
        if action == "omit":
            shots.omit_shot(opened=opened, shot=row)
        elif action == "restore":
            shots.restore_shot(opened=opened, shot=row)
        elif action in ("earlier", "later"):
            shots.move_shot(opened=opened, shot=row, by=-1 if action == "earlier" else 1)
    except shots.ShotError as error:
        return _panel(request, opened, _shot(opened, shot_id), error=error)
    return _done(request, opened, row.pk)


@login_required
@require_POST
def select_take(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Make another take the one that goes into the film."""
    opened = open_project(request.user, project_id, Right.CREATE)
    take = get_object_or_404(Take.objects.select_related("shot"), pk=take_id, shot__scene__project=opened.project)
    takes.select_take(opened=opened, take=take)
    return _done(request, opened, take.shot_id)


def _shot(opened: OpenProject, shot_id: UUID) -> Shot:
    rows = Shot.objects.of(opened.project).select_related(
        "scene__project", "still__asset", "clip__asset", "clip__mezzanine"
    )
    return get_object_or_404(rows, pk=shot_id)


def _milliseconds(text: str | None) -> int | None:
    """Return a typed length; None when the form had no such field.

    Raises:
        ShotError: it is no number.
    """
    if text is None:
        return None
    try:
        return int(Decimal(text.strip().replace(",", ".")) * 1000)
    except (ArithmeticError, ValueError):
        raise shots.ShotError("Write the length in seconds, for example 4.5.", "seconds") from None


def _done(request: HttpRequest, opened: OpenProject, shot_id: UUID) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _panel(request, opened, _shot(opened, shot_id))
    return redirect("scenes:shot", opened.project.pk, shot_id)


def _panel(
    request: HttpRequest,
    opened: OpenProject,
    row: Shot,
    *,
    error: shots.ShotError | None = None,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    all_takes = list(row.takes.select_related("asset", "created_by").order_by("kind", "number"))
    built = shots.built_prompt(row)
    context = {
        "opened": opened,
        "project": opened.project,
        "shot": row,
        "angles": [(value.value, label) for value, label in SHORT_ANGLES.items()],
        "stills": [take for take in all_takes if take.kind == Take.Kind.STILL],
        "clips": [take for take in all_takes if take.kind == Take.Kind.CLIP],
        "voices": [take for take in all_takes if take.kind == Take.Kind.VOICE],
        "lines": row.lines.select_related("voice__asset"),
        "built": built,
        "prompt": row.prompt_by_hand or built,
        "prompt_limit": shots.PROMPT_LIMIT,
        "shortest": shots.SHORTEST_MS,
        "longest": shots.LONGEST_MS,
        "error": error,
        "typed": typed or {},
        "here": "storyboard",
    }
    template = "scenes/shot_panel.html" if request.headers.get("HX-Request") else "scenes/shot.html"
    return render(request, template, context, status=REFUSED if error else 200)
