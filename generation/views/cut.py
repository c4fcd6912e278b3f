"""What the film page plays before anything is rendered, and what it lays beside the shots."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.policies import Right
from generation.differences import differences
from generation.drawings import drawing_of
from generation.playlist import playlist
from generation.uploads import MediaRefused, lay_sound
from generation.waveforms import waveform_of
from projects import pacing
from projects.access import open_project
from scenes.models import Render, Title
from scenes.services.film_cut import CutError

REFUSED = 422


@login_required
@require_safe
def cut(request: HttpRequest, project_id: UUID) -> JsonResponse:
    """Answer with the film as it is cut now, as JSON."""
    return JsonResponse(playlist(open_project(request.user, project_id, Right.SEE).project))


@login_required
@require_safe
def waveform(request: HttpRequest, project_id: UUID, asset_id: UUID) -> JsonResponse:
    """Answer with the waveform of a sound, as JSON; it never changes."""
    found = waveform_of(open_project(request.user, project_id, Right.SEE).project, asset_id)
    answer = JsonResponse({"stepMs": found.step_ms, "peaks": found.peaks})
    answer["Cache-Control"] = "private, max-age=86400"
    return answer


@login_required
@require_safe
def title_drawing(request: HttpRequest, project_id: UUID, title_id: UUID) -> HttpResponse:
    """Answer with a title as the film shows it: a transparent PNG of the film's size."""
    opened = open_project(request.user, project_id, Right.SEE)
    title = get_object_or_404(Title, pk=title_id, film__project=opened.project)
    answer = HttpResponse(drawing_of(opened.project, title), content_type="image/png")
    # Its address changes with its words.
    answer["Cache-Control"] = "private, max-age=86400"
    return answer


@login_required
@require_POST
def sound_upload(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Take a sound that somebody brought, and lay it under the film."""
    opened = open_project(request.user, project_id, Right.CREATE)
    file = request.FILES.get("file")
    if file is None:
        return HttpResponse("Choose a sound first.", status=REFUSED, content_type="text/plain; charset=utf-8")
    if wait := pacing.wait_for("upload", opened.user.pk, most=pacing.UPLOADS):
        words = f"You bring files very fast. Try this one again in {wait} seconds."
        return HttpResponse(words, status=REFUSED, content_type="text/plain; charset=utf-8")
    try:
        wanted = {
            "track": request.POST.get("track", "music"),
            "shotId": request.POST.get("shotId") or None,
            "startMs": _whole(request.POST.get("startMs")),
        }
        changed = lay_sound(opened=opened, file=file, name=file.name or "", laid=wanted)
    except MediaRefused as error:
        return HttpResponse(error.public, status=REFUSED, content_type="text/plain; charset=utf-8")
    except CutError as error:
        return HttpResponse(str(error), status=REFUSED, content_type="text/plain; charset=utf-8")
    return JsonResponse({"inverse": changed.inverse, "made": changed.made})


@login_required
@require_safe
def render_differences(request: HttpRequest, project_id: UUID, render_id: UUID) -> HttpResponse:
    """Tell what has changed in the film since a rendering."""
    opened = open_project(request.user, project_id, Right.SEE)
    rows = Render.objects.kept().select_related("film__project")
    row = get_object_or_404(rows, pk=render_id, film__project=opened.project)
    context = {"render": row, "differences": differences(row), "film": reverse("scenes:film", args=[project_id])}
    return render(request, "generation/render_differences.html", context)


def _whole(text: str | None) -> int:
    try:
        return int(float(text or 0))
    except (ValueError, OverflowError):
        return 0
