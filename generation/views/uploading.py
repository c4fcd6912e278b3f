"""Footage that people bring themselves."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.policies import Right
from generation.uploads import ANYTHING, MediaRefused, begin_upload, finish_upload, upload_file, upload_take
from projects import pacing
from projects.access import OpenProject, open_project
from scenes.files import WHOLE
from scenes.models import Scene, Shot, Upload

REFUSED = 422


@login_required
@require_POST
def upload(request: HttpRequest, project_id: UUID, shot_id: UUID) -> HttpResponse:
    """Take a picture or film as a take of a shot, or say why not."""
    opened = open_project(request.user, project_id, Right.CREATE)
    shot = get_object_or_404(Shot.objects.of(opened.project), pk=shot_id)
    file = request.FILES.get("file")
    said, status = "", 200
    if words := _too_often(opened):
        said, status = words, REFUSED
    elif file is None:
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


@login_required
@require_POST
def asset_upload(request: HttpRequest, project_id: UUID) -> JsonResponse:
    """Take one file into a folder, or say why not. Each file comes by itself, so that a bad one stops no other."""
    opened = open_project(request.user, project_id, Right.CREATE)
    scene, file = _folder(opened, request), request.FILES.get("file")
    if words := _too_often(opened):
        return _said(words)
    if file is None:
        return _said("Choose a file first.")
    try:
        asset = upload_file(opened=opened, file=file, name=file.name or "", kinds=ANYTHING, scene=scene)
    except MediaRefused as error:
        return _said(error.public)
    return JsonResponse({"asset": str(asset.pk)})


@login_required
@require_POST
def upload_begin(request: HttpRequest, project_id: UUID) -> JsonResponse:
    """Say where a browser sends a file: to the bucket, or to us."""
    opened = open_project(request.user, project_id, Right.CREATE)
    scene, size = _folder(opened, request), request.POST.get("size", "")
    if words := _too_often(opened, "upload-begin"):
        return _said(words)
    try:
        begun = begin_upload(
            opened=opened,
            name=request.POST.get("name", ""),
            size=int(size) if size.isdecimal() and len(size) < 16 else 0,
            scene=scene,
        )
    except MediaRefused as error:
        return _said(error.public)
    if begun is None:
        return JsonResponse({"send": reverse("generation:asset_upload", args=[project_id])})
    upload, link = begun
    return JsonResponse({"put": link, "done": reverse("generation:upload_done", args=[project_id, upload.pk])})


@login_required
@require_POST
def upload_done(request: HttpRequest, project_id: UUID, upload_id: UUID) -> JsonResponse:
    """Look into what a browser has sent to the bucket, and keep it or say why not."""
    opened = open_project(request.user, project_id, Right.CREATE)
    rows = Upload.objects.filter(project=opened.project, created_by=opened.user).select_related("scene")
    try:
        asset = finish_upload(opened=opened, upload=get_object_or_404(rows, pk=upload_id))
    except MediaRefused as error:
        return _said(error.public)
    return JsonResponse({"asset": str(asset.pk)})


def _folder(opened: OpenProject, request: HttpRequest) -> Scene | None:
    """Return the scene that a form names; None for the whole project's folder."""
    name = request.POST.get("folder", "")
    if name in ("", WHOLE):
        return None
    try:
        return get_object_or_404(Scene.objects.of(opened.project), pk=UUID(name))
    except ValueError:
        raise Http404("No such folder.") from None


def _too_often(opened: OpenProject, what: str = "upload") -> str:
    wait = pacing.wait_for(what, opened.user.pk, most=pacing.UPLOADS)
    return f"You bring files very fast. Try this one again in {wait} seconds." if wait else ""


def _said(words: str) -> JsonResponse:
    return JsonResponse({"said": words}, status=REFUSED)
