"""One scene: its page, and what people do with it by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.policies import Right
from projects.access import OpenProject, open_project
from projects.models import Event
from projects.undoing import say
from scenes import board, keys, scene_page
from scenes.models import Scene, Shot
from scenes.screenplay.headings import TimeOfDay
from scenes.services import scene_order, shot_order
from scenes.services.changing import ShotError
from scenes.services.taking_back import undo_address
from scenes.views.plans import answered, back, refused
from scenes.views.storyboard import cards_for, planning

REFUSED = 422
EDITABLE = ("heading", "interior", "location", "time_of_day", "action")


@login_required
@require_safe
def scene(request: HttpRequest, project_id: UUID, scene_id: UUID) -> HttpResponse:
    """Show a scene; only its words for a browser that has the page, to read or to edit."""
    opened = open_project(request.user, project_id, Right.SEE)
    rows = scene_page.with_neighbours(opened.project)
    return _scene(request, opened, get_object_or_404(rows, pk=scene_id))


@login_required
@require_POST
def scene_edit(request: HttpRequest, project_id: UUID, scene_id: UUID) -> HttpResponseBase:
    """Write a scene otherwise than the script does."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _found(opened, scene_id)
    changes = {name: request.POST[name] for name in EDITABLE if name in request.POST}
    try:
        event = scene_order.edit_scene(opened=opened, scene=row, changes=changes)
    except ShotError as error:
        row = scene_page.with_neighbours(opened.project).get(pk=row.pk)
        return _scene(request, opened, row, error=error, typed=changes)
    if request.headers.get("HX-Request"):
        response: HttpResponse = _scene(request, opened, row)
    else:
        response = redirect("scenes:scene", opened.project.pk, row.pk)
    return say(request, response, f"Scene {row.number} is changed.", undo=undo_address(event)) if event else response


@login_required
@require_POST
def scene_insert(request: HttpRequest, project_id: UUID) -> HttpResponseBase:
    """Put a new scene into the film, behind the one that is named, or before all."""
    opened = open_project(request.user, project_id, Right.CREATE)
    after = request.POST.get("after", "")
    before_it = _found(opened, after) if after else None
    try:
        row, event = scene_order.insert_scene(
            opened=opened,
            after=before_it,
            heading=request.POST.get("heading", ""),
            action=request.POST.get("action", ""),
        )
    except ShotError as error:
        return refused(request, opened, error)
    response: HttpResponse
    if request.headers.get("HX-Request"):
        response = JsonResponse({"sceneId": str(row.pk), "number": row.number})
    else:
        response = redirect("scenes:scene", opened.project.pk, row.pk)
    return say(request, response, f"Scene {row.number} is in the film.", undo=undo_address(event))


@login_required
@require_POST
def scene_place(request: HttpRequest, project_id: UUID, scene_id: UUID) -> HttpResponseBase:
    """Omit a scene, restore it, or move it earlier or later in the film."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _found(opened, scene_id)
    action = request.POST.get("action")

    def change() -> Event | None:
        if action == "omit":
            return scene_order.omit_scene(opened=opened, scene=row)
        if action == "restore":
            return scene_order.restore_scene(opened=opened, scene=row)
        if action in ("earlier", "later"):
            return scene_order.move_scene(opened=opened, scene=row, by=-1 if action == "earlier" else 1)
        raise ShotError("Say what to do with the scene: omit, restore, earlier or later.")

    words = {"omit": "is left out of the film", "restore": "is back in the film"}.get(action or "", "was moved")
    return answered(request, opened, change, lambda _: f"Scene {row.number} {words}.")


@login_required
@require_POST
def scenes_order(request: HttpRequest, project_id: UUID) -> HttpResponseBase:
    """Put the scenes into the order that they were dragged to."""
    opened = open_project(request.user, project_id, Right.CREATE)
    order = _ids(request)
    return answered(
        request,
        opened,
        lambda: scene_order.reorder_scenes(opened=opened, order=order),
        lambda _: "The scene was moved.",
    )


@login_required
@require_POST
def shots_order(request: HttpRequest, project_id: UUID, scene_id: UUID) -> HttpResponseBase:
    """Put the shots of a scene into the order that they were dragged to."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row, order = _found(opened, scene_id), _ids(request)
    return answered(
        request,
        opened,
        lambda: shot_order.reorder_shots(opened=opened, scene=row, order=order),
        lambda _: f"Scene {row.number}: the shot was moved.",
    )


@login_required
@require_POST
def shot_insert(request: HttpRequest, project_id: UUID, scene_id: UUID) -> HttpResponseBase:
    """Put a new shot into a scene, behind the one that is named, or before all."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _found(opened, scene_id)
    after = request.POST.get("after", "")
    try:
        before_it = get_object_or_404(Shot, pk=UUID(after), scene=row) if after else None
    except ValueError:
        raise Http404("No such shot.") from None
    words: dict[str, Any] = {name: request.POST[name] for name in ("angle", "description") if request.POST.get(name)}
    try:
        shot, event = shot_order.insert_shot(opened=opened, scene=row, after=before_it, **words)
    except ShotError as error:
        return refused(request, opened, error)
    response: HttpResponse
    if request.headers.get("HX-Request"):
        response = JsonResponse({"shotId": str(shot.pk), "label": shot.label})
    else:
        response = back(request, opened)
    return say(request, response, f"Shot {shot.label} is in the film.", undo=undo_address(event))


def _found(opened: OpenProject, scene_id: UUID | str) -> Scene:
    try:
        wanted = UUID(str(scene_id))
    except ValueError:
        raise Http404("No such scene.") from None
    return get_object_or_404(Scene, pk=wanted, project=opened.project)


def _ids(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(part) for part in request.POST.get("order", "").split(",") if part]
    except ValueError:
        raise Http404("Nothing like that.") from None


def _scene(
    request: HttpRequest,
    opened: OpenProject,
    row: Scene,
    *,
    error: ShotError | None = None,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    part = request.GET.get("part", "") if request.method == "GET" else "words"
    context: dict[str, Any] = {
        "opened": opened,
        "project": opened.project,
        "scene": row,
        "editing": opened.can_create and (error is not None or "edit" in request.GET),
        "error": error,
        "values": {name: getattr(row, name) for name in EDITABLE} | (typed or {}),
        "interiors": [("INT", "Inside"), ("EXT", "Outside"), ("INT/EXT", "Inside and outside"), ("", "Not said")],
        "lights": [(light.value, light.value.title()) for light in TimeOfDay],
        "here": "storyboard",
    }
    status = REFUSED if error else 200
    if request.headers.get("HX-Request") and part in ("words", ""):
        return render(request, "scenes/scene_words.html", context, status=status)
    people = board.people_of(opened.project)
    row_cards = board.SceneRow(row, board.cards_of_scene(opened.project, row))
    context |= {
        "board": board.Storyboard((row_cards,)),
        "row": row_cards,
        "cards": cards_for(opened, people),
    }
    if request.headers.get("HX-Request"):
        return render(request, "scenes/scene_shots.html", context)
    context |= {
        "shortcuts": keys.STORYBOARD,
        "around": scene_page.around(row),
        "statuses_here": scene_page.statuses(row_cards.cards),
        "elements": scene_page.elements_in(opened.project, row),
        "files": scene_page.files_of(row),
        **planning(opened, people),
    }
    return render(request, "scenes/scene.html", context, status=status)
