"""The trash of a project, and the projects that are in the trash themselves."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.policies import Right
from projects import bins
from projects.access import open_deleted, open_project
from projects.deleting import NameDiffers, delete_project, deleted_projects, undelete_project
from projects.trash import TRASH_DAYS
from projects.undoing import say

REFUSED = 422


@login_required
@require_safe
def trash(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show what was deleted in a project."""
    opened = open_project(request.user, project_id, Right.SEE)
    heaps = bins.heaps(opened)
    wanted = request.GET.get("kind", "")
    shown = next((heap for heap in heaps if heap.kind == wanted), heaps[0] if heaps else None)
    things = bins.things(opened, shown.kind) if shown else []
    context = {
        "opened": opened,
        "heaps": heaps,
        "shown": shown,
        "things": things,
        "restorable": sum(thing.may_restore for thing in things),
        "days": TRASH_DAYS,
    }
    return render(request, "projects/trash.html", context)


@login_required
@require_POST
def trash_restore(request: HttpRequest, project_id: UUID, heap: str, row_id: UUID) -> HttpResponse:
    """Take one thing back; from the trash or from the message that told of its deletion."""
    opened = open_project(request.user, project_id, Right.SEE)
    described = bins.restore(opened=opened, kind=heap, row_id=row_id)
    answer = HttpResponse(status=204) if request.headers.get("HX-Request") else redirect("projects:trash", project_id)
    return say(request, answer, f"{described.label} is back.")


@login_required
@require_POST
def trash_restore_all(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Take everything of a kind back that the person may take back."""
    opened = open_project(request.user, project_id, Right.COMMENT)
    count = bins.restore_all(opened=opened, kind=request.POST.get("kind", ""))
    messages.success(request, f"{count} {'thing is' if count == 1 else 'things are'} back.")
    return redirect("projects:trash", project_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Ask for the project's name, and put the project into the trash."""
    opened = open_project(request.user, project_id, Right.MANAGE)
    typed, refusal = request.POST.get("name", ""), ""
    if request.method == "POST":
        try:
            delete_project(opened=opened, typed_name=typed)
        except NameDiffers as error:
            refusal = str(error)
        else:
            words = f"“{opened.project.name}” is in the trash for {TRASH_DAYS} days."
            undo = reverse("projects:undelete", args=[project_id])
            return say(request, redirect("projects:home"), words, undo=undo)
    context = {"opened": opened, "typed": typed, "refusal": refusal, "days": TRASH_DAYS}
    return render(request, "projects/delete.html", context, status=REFUSED if refusal else 200)


@login_required
@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    """Show the deleted projects of the teams in which the person manages projects."""
    return render(request, "projects/deleted.html", {"deleted": deleted_projects(request.user), "days": TRASH_DAYS})


@login_required
@require_POST
def undelete(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Take a deleted project back."""
    opened = open_deleted(request.user, project_id, Right.MANAGE)
    undelete_project(opened=opened)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    messages.success(request, f"“{opened.project.name}” is back, with everything in it.")
    return redirect("projects:detail", project_id)
