"""One shot: the panel beside the storyboard, or a page of its own."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.policies import Right
from projects.access import OpenProject, open_project
from projects.models import Event
from projects.undoing import say
from scenes.board import SHORT_ANGLES, STATUSES, people_of
from scenes.models import Shot, Take
from scenes.screenplay.wording import word_diff
from scenes.services import shot_order, shots, takes
from scenes.services.changing import ShotError
from scenes.services.taking_back import undo_address
from scenes.views.storyboard import planning

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
    except ShotError as error:
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
    event = None
    try:
        if action == "omit":
            event = shot_order.omit_shots(opened=opened, shot_ids=[row.pk])
        elif action == "restore":
            event = shot_order.restore_shots(opened=opened, shot_ids=[row.pk])
        elif action in ("earlier", "later"):
            event = shot_order.move_shot(opened=opened, shot=row, by=-1 if action == "earlier" else 1)
    except ShotError as error:
        return _panel(request, opened, _shot(opened, shot_id), error=error)
    words = {"omit": "is left out of the film", "restore": "is back in the film"}.get(action or "", "was moved")
    return _done(request, opened, row.pk, f"Shot {row.label} {words}.", event)


@login_required
@require_POST
def shot_split(request: HttpRequest, project_id: UUID, shot_id: UUID) -> HttpResponse:
    """Cut a shot in two, at a second or in the middle."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _shot(opened, shot_id)
    text = request.POST.get("seconds", "").strip()
    try:
        half, event = shot_order.split_shot(opened=opened, shot=row, at_ms=_milliseconds(text) if text else None)
    except ShotError as error:
        where = ShotError(str(error), "split")
        return _panel(request, opened, _shot(opened, shot_id), error=where, typed={"split": text})
    return _done(request, opened, row.pk, f"Shot {row.label} is split; the second half is {half.label}.", event)


@login_required
@require_POST
def select_take(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Make another take the one that goes into the film."""
    opened = open_project(request.user, project_id, Right.CREATE)
    take = get_object_or_404(Take.objects.of(opened.project).select_related("shot__scene"), pk=take_id)
    takes.select_take(opened=opened, take=take)
    return _done(request, opened, take.shot_id)


def _shot(opened: OpenProject, shot_id: UUID) -> Shot:
    rows = Shot.objects.of(opened.project).select_related(
        "scene__project", "assignee", "still__asset", "clip__asset", "clip__mezzanine"
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
        raise ShotError("Write the length in seconds, for example 4.5.", "seconds") from None


def _done(
    request: HttpRequest, opened: OpenProject, shot_id: UUID, said: str = "", event: Event | None = None
) -> HttpResponse:
    response: HttpResponse
    if request.headers.get("HX-Request"):
        response = _panel(request, opened, _shot(opened, shot_id))
    else:
        response = redirect("scenes:shot", opened.project.pk, shot_id)
    return say(request, response, said, undo=undo_address(event)) if event else response


def _panel(
    request: HttpRequest,
    opened: OpenProject,
    row: Shot,
    *,
    error: ShotError | None = None,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    all_takes = list(row.takes.filter(deleted_at=None).select_related("asset", "created_by").order_by("kind", "number"))
    built = shots.built_prompt(row)
    people = people_of(opened.project)
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
        "difference": word_diff(built, row.prompt_by_hand) if row.prompt_by_hand else [],
        "status_tone": STATUSES[Shot.Status(row.status)],
        "has_left": row.assignee_id is not None and row.assignee_id not in people,
        "today": timezone.localdate(),
        "prompt_limit": shots.PROMPT_LIMIT,
        "shortest": shots.SHORTEST_MS,
        "longest": shots.LONGEST_MS,
        "error": error,
        "typed": typed or {},
        "here": "storyboard",
    }
    status = REFUSED if error else 200
    if request.headers.get("HX-Request"):
        return render(request, "scenes/shot_panel.html", context, status=status)
    context |= planning(opened, people)
    return render(request, "scenes/shot.html", context, status=status)
