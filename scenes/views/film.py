"""The film: its cut, and what was rendered of it."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.policies import Right
from projects.access import open_project
from projects.bins import throw_away
from projects.undoing import say
from scenes import keys
from scenes.models import Asset, Render, Shot, Take, Title
from scenes.services import film_cut

RENDERS_SHOWN = 20
SOUNDS_SHOWN = 60
REFUSED = 422


@login_required
@require_safe
def film(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the film page; for a browser that has it already only its renderings."""
    opened = open_project(request.user, project_id, Right.SEE)
    renders = Render.objects.kept().filter(film__project=opened.project)
    context = {
        "opened": opened,
        "project": opened.project,
        "here": "film",
        "renders": renders.select_related("asset", "subtitles", "created_by")[:RENDERS_SHOWN],
    }
    if request.GET.get("part") == "renders":
        return render(request, "scenes/film_renders.html", context)
    lengths = list(Shot.objects.of(opened.project).in_film().values_list("duration_ms", flat=True))
    context |= {
        "lengths": lengths,
        "duration_ms": sum(lengths),
        "transitions": Shot.Transition.choices,
        "tracks": [(track.value, track.label) for track in film_cut.LAID],
        "places": Title.Place.choices,
        "styles": Title.Style.choices,
        "shortcuts": (*keys.FILM, keys.CUTTING) if opened.can_create else keys.FILM,
    }
    return render(request, "scenes/film.html", context)


@login_required
@require_POST
def film_change(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Change the cut; answer with the change that takes it back."""
    opened = open_project(request.user, project_id, Right.CREATE)
    try:
        change = json.loads(request.POST.get("change", ""))
        if not isinstance(change, dict):
            raise film_cut.CutError("There is nothing to change. Reload the page and try again.")
        changed = film_cut.change_cut(opened=opened, change=change)
    except (ValueError, RecursionError):
        return HttpResponse("This change cannot be read. Reload the page and try again.", status=REFUSED)
    except film_cut.CutError as error:
        return HttpResponse(str(error), status=REFUSED, content_type="text/plain; charset=utf-8")
    return JsonResponse({"inverse": changed.inverse, "made": changed.made})


@login_required
@require_safe
def film_sounds(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """List the project's sounds that can be laid under the film; spoken lines have their place already."""
    opened = open_project(request.user, project_id, Right.SEE)
    spoken = Take.objects.filter(project=opened.project, kind=Take.Kind.VOICE).values("asset")
    sounds = Asset.objects.kept().filter(project=opened.project, kind=Asset.Kind.AUDIO, duration_ms__gt=0)
    context = {"opened": opened, "sounds": sounds.exclude(pk__in=spoken).order_by("-created_at")[:SOUNDS_SHOWN]}
    return render(request, "scenes/film_sounds.html", context)


@login_required
@require_POST
def render_delete(request: HttpRequest, project_id: UUID, render_id: UUID) -> HttpResponse:
    """Put a rendering into the trash."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = get_object_or_404(Render.objects.select_related("film", "asset"), pk=render_id, film__project=opened.project)
    throw_away(opened=opened, kind="render", row=row)
    answer = HttpResponse(status=200) if request.headers.get("HX-Request") else redirect("scenes:film", project_id)
    undo = reverse("projects:trash_restore", args=[project_id, "render", row.pk])
    return say(request, answer, f"Rendering {row.number} is in the trash.", undo=undo)
