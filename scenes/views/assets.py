"""The stored files: the scene folders, what lies in them, and one file."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.policies import Right
from projects.access import OpenProject, open_project
from projects.undoing import say
from scenes import files
from scenes.files import Wanted
from scenes.models import Asset
from scenes.services import assets
from scenes.services.assets import AssetError

REFUSED = 422


@login_required
@require_safe
def assets_page(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the folders and a page of files; what is asked of it alone for a browser that has the rest."""
    opened = open_project(request.user, project_id, Right.SEE)
    names = ("folder", "kind", "origin", "text", "sort", "after")
    wanted = Wanted(**{name: request.GET[name][:400] for name in names if name in request.GET})
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "opened": opened,
        "project": opened.project,
        "wanted": wanted,
        "query": query.urlencode(),
        "page": files.page(opened.project, wanted),
        "kinds": Asset.Kind.choices,
        "origins": Asset.Origin.choices,
        "sorts": [(name, label) for name, (label, _, _) in files.SORTS.items()],
    }
    if _fragment(request) and wanted.after:
        return render(request, "scenes/assets_rows.html", context)
    folders = files.folders(opened.project)
    here = next((folder for folder in folders if folder.id == wanted.folder), None)
    context |= {
        "folders": folders,
        "here": here,
        "count": sum(folder.count for folder in folders),
        "size": sum(folder.size for folder in folders),
        "last_scene": next((folder.id for folder in reversed(folders) if folder.number), ""),
    }
    return render(request, "scenes/assets_body.html" if _fragment(request) else "scenes/assets.html", context)


@login_required
@require_safe
def asset(request: HttpRequest, project_id: UUID, asset_id: UUID) -> HttpResponse:
    """Answer with one file: what it shows, its facts, and where it is used."""
    opened = open_project(request.user, project_id, Right.SEE)
    return _panel(request, opened, _asset(opened, asset_id))


@login_required
@require_POST
def asset_rename(request: HttpRequest, project_id: UUID, asset_id: UUID) -> HttpResponse:
    """Call it something else."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _asset(opened, asset_id)
    name = request.POST.get("name", "")
    try:
        assets.rename_asset(opened=opened, asset=row, name=name)
    except AssetError as error:
        return _panel(request, opened, row, error=str(error), typed=name)
    return _panel(request, opened, row)


@login_required
@require_POST
def asset_delete(request: HttpRequest, project_id: UUID, asset_id: UUID) -> HttpResponse:
    """Put it into the trash, or say what stands on it."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _asset(opened, asset_id)
    try:
        assets.delete_asset(opened=opened, asset=row)
    except AssetError as error:
        return _panel(request, opened, row, error=str(error))
    undo = reverse("projects:trash_restore", args=[opened.project.pk, "asset", row.pk])
    said = f"“{files.name_of(row)}” is in the trash."
    if _fragment(request):
        return say(request, render(request, "scenes/asset_none.html", {"opened": opened}), said, undo=undo)
    return say(request, redirect("scenes:assets", project_id), said, undo=undo)


def _asset(opened: OpenProject, asset_id: UUID) -> Asset:
    rows = Asset.objects.kept().filter(project=opened.project).select_related("scene", "created_by")
    asset: Asset = get_object_or_404(rows, pk=asset_id)
    return asset


def _fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _panel(
    request: HttpRequest, opened: OpenProject, row: Asset, *, error: str = "", typed: str | None = None
) -> HttpResponse:
    if not _fragment(request):
        if error:
            messages.error(request, error)
        folder = row.scene_id or files.WHOLE
        return redirect(f"{reverse('scenes:assets', args=[opened.project.pk])}?folder={folder}#asset-{row.pk}")
    context = {
        "opened": opened,
        "project": opened.project,
        "asset": row,
        "name": files.name_of(row),
        "uses": files.uses_of(row),
        "error": error,
        "typed": typed,
    }
    return render(request, "scenes/asset_panel.html", context, status=REFUSED if error else 200)
