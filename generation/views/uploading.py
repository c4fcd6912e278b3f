"""Footage that people bring themselves."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.policies import Right
from generation.uploads import MediaRefused, upload_take
from projects.access import open_project
from scenes.models import Shot

REFUSED = 422


@login_required
@require_POST
def upload(request: HttpRequest, project_id: UUID, shot_id: UUID) -> HttpResponse:
    """Take a picture or film as a take of a shot, or say why not."""
    opened = open_project(request.user, project_id, Right.CREATE)
    shot = get_object_or_404(Shot.objects.of(opened.project), pk=shot_id)
    file = request.FILES.get("file")
    said, status = "", 200
    if file is None:
        said, status = "Choose a picture or a film first.", REFUSED
    else:
        try:
            upload_take(opened=opened, shot=shot, file=file, name=file.name or "")
        except MediaRefused as error:
            said, status = error.public, REFUSED
    if not request.htmx and status == 200:  # type: ignore[attr-defined]
        return redirect("scenes:shot", project_id, shot_id)
    context = {"opened": opened, "project": opened.project, "shot": shot, "said": said, "done": status == 200}
    return render(request, "generation/upload.html", context, status=status)
