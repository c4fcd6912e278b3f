"""What the script's editor asks while somebody writes, and what became of earlier versions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.policies import Right
from projects import pacing
from projects.access import OpenProject, open_project
from projects.undoing import say
from scenes.exporting import export_script
from scenes.history import PAGE, history_of
from scenes.models import Script, ScriptDraft
from scenes.screenplay.comparing import compare, compare_words
from scenes.screenplay.merging import Agreed, Merged
from scenes.services import writing
from scenes.services.scripts import current_script
from scenes.shown import shown_script

CALLS_A_MINUTE = 240
REFUSED, TOO_OFTEN = 422, 429


@login_required
@require_safe
def latest(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with the script as everybody sees it, for a page that is open."""
    opened = open_project(request.user, project_id, Right.SEE)
    script = current_script(opened.project)
    return JsonResponse({**_told(script), "text": script.text if script else ""})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, project_id: UUID, window: UUID) -> HttpResponse:
    """Keep or save what is in one window's editor; answer with what it had, or throw that away."""
    opened = open_project(request.user, project_id, Right.CREATE)
    if request.method != "POST":
        kept = ScriptDraft.objects.filter(project=opened.project, author=opened.user, window=window).first()
        if kept is None:
            raise Http404("There is no such draft.")
        return JsonResponse({"text": kept.text, "base": kept.based_on})
    if wait := pacing.wait_for("script-draft", opened.user.pk, most=CALLS_A_MINUTE):
        return _plain("You save very often. It is kept in this browser meanwhile.", TOO_OFTEN, wait)
    if request.POST.get("drop"):
        writing.drop_draft(opened=opened, window=window)
        return JsonResponse({"state": "dropped"})
    how = request.POST.get("save", "")
    wait = pacing.wait_for("version", opened.user.pk, most=pacing.VERSIONS) if how else 0
    try:
        standing = _stand(opened, window, request, "" if wait else how)
    except writing.CannotKeep as error:
        return _plain(str(error), REFUSED)
    if wait:
        return _plain("You save very often. It is kept as a draft meanwhile.", TOO_OFTEN, wait)
    return JsonResponse(_answer(opened, standing))


def _stand(opened: OpenProject, window: UUID, request: HttpRequest, how: str) -> writing.Standing:
    given: dict[str, Any] = {
        "opened": opened,
        "window": window,
        "text": request.POST.get("text", ""),
        "based_on": _whole(request.POST.get("base")),
    }
    if how in ("hand", "pause"):
        # First what others have saved comes into the editor, so that nobody saves what they have not seen.
        seen = writing.keep_draft(**given)
        if seen.state == "conflict" or seen.text is not None:
            return seen
    if how:
        return writing.save_text(**given, automatic=how != "hand")
    return writing.keep_draft(**given)


@login_required
@require_safe
def versions(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the versions, and what one of them has changed against another."""
    opened = open_project(request.user, project_id, Right.SEE)
    history = history_of(opened, before=_whole(request.GET.get("before")), all_of_them="all" in request.GET)
    if not history.entries:
        messages.info(request, "There is no version yet. Write the script first.")
        return redirect("scenes:script", project_id)
    newest = _whole(request.GET.get("version")) or history.entries[0].version
    older = _whole(request.GET.get("against")) or newest - 1
    rows = {row.version: row for row in Script.objects.filter(project=opened.project, version__in=[newest, older])}
    if newest not in rows:
        raise Http404("There is no such version.")
    against = rows.get(older)
    context = {
        "opened": opened,
        "history": history,
        "shown": rows[newest],
        "against": against,
        "rows": compare(against.text if against else "", rows[newest].text),
        "newest": current_script(opened.project),
        "page_size": PAGE,
    }
    return render(request, "scenes/script_versions.html", context)


@login_required
@require_POST
def restore(request: HttpRequest, project_id: UUID, version: int) -> HttpResponse:
    """Make an earlier version the latest."""
    opened = open_project(request.user, project_id, Right.CREATE)
    if wait := pacing.wait_for("version", opened.user.pk, most=pacing.VERSIONS):
        return _plain(f"The script was changed very often. Try again in {wait} seconds.", TOO_OFTEN, wait)
    before = current_script(opened.project)
    try:
        script = writing.restore_version(opened=opened, version=version)
    except Script.DoesNotExist:
        raise Http404("There is no such version.") from None
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    undo = reverse("scenes:script_restore", args=[project_id, before.version]) if before else ""
    said = f"The script is as it was in version {version}. It is version {script.version} now; nothing was lost."
    return say(request, redirect("scenes:script", project_id), said, undo=undo)


@login_required
@require_POST
def name(request: HttpRequest, project_id: UUID, version: int) -> HttpResponse:
    """Say what people call a version."""
    opened = open_project(request.user, project_id, Right.CREATE)
    try:
        writing.name_version(opened=opened, version=version, name=request.POST.get("name", ""))
    except Script.DoesNotExist:
        raise Http404("There is no such version.") from None
    return redirect(f"{reverse('scenes:script_versions', args=[project_id])}?version={version}")


@login_required
@require_safe
def export(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with a version as a Fountain file; without a number with the latest."""
    script = _version(open_project(request.user, project_id, Right.SEE), request)
    exported = export_script(script, "fountain")
    answer = HttpResponse(exported.content, content_type=exported.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{exported.name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@login_required
@require_safe
def printed(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show a version as pages for the printer."""
    opened = open_project(request.user, project_id, Right.SEE)
    script = _version(opened, request)
    context = {"opened": opened, "script": script, "shown": shown_script(script)}
    return render(request, "scenes/script_print.html", context)


def _version(opened: OpenProject, request: HttpRequest) -> Script:
    rows = Script.objects.filter(project=opened.project).select_related("project").order_by("-version")
    wanted = _whole(request.GET.get("version"))
    script = (rows.filter(version=wanted) if wanted else rows).first()
    if script is None:
        raise Http404("There is no such version.")
    return script


def _told(script: Script | None) -> dict[str, Any]:
    if script is None:
        return {"version": 0, "by": "", "at": ""}
    by = script.created_by.shown_name if script.created_by else "Somebody"
    return {"version": script.version, "by": by, "at": script.created_at.isoformat()}


def _answer(opened: OpenProject, standing: writing.Standing) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "state": standing.state,
        "latest": _told(standing.latest),
        "base": standing.base,
        "text": standing.text,
        "message": standing.message,
    }
    if standing.merged is not None:
        answer["pieces"] = [
            {"same": piece.text} if isinstance(piece, Agreed) else {"mine": piece.mine, "theirs": piece.theirs}
            for piece in standing.merged.pieces
        ]
        answer["html"] = _choices(opened, standing.merged, standing.latest)
    return answer


def _choices(opened: OpenProject, merged: Merged, theirs: Script | None) -> str:
    conflicts = [
        {
            "mine": [words for words in compare_words(piece.base, piece.mine) if words.text],
            "theirs": [words for words in compare_words(piece.base, piece.theirs) if words.text],
        }
        for piece in merged.pieces
        if not isinstance(piece, Agreed)
    ]
    context = {"conflicts": conflicts, "latest": theirs, "opened": opened}
    return render_to_string("scenes/script_choices.html", context)


def _plain(words: str, status: int, wait: int = 0) -> HttpResponse:
    answer = HttpResponse(words, status=status, content_type="text/plain")
    if wait:
        answer["Retry-After"] = str(wait)
    return answer


def _whole(value: str | None) -> int:
    return int(value) if value and value.isdecimal() and value.isascii() and len(value) < 10 else 0
