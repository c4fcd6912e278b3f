"""The script's pages: write, import, see what a breakdown would change, have it done."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.policies import Right
from projects import pacing
from projects.access import OpenProject, open_project
from projects.home import teams_to_begin_in
from scenes import keys
from scenes.forms import ScriptFileForm, ScriptTextForm, StartForm
from scenes.manuscript import TooLong
from scenes.models import Scene, Script
from scenes.screenplay.reading import MAX_BYTES, ScriptError, read_pasted
from scenes.screenplay.syntax import Notice
from scenes.services.scripts import (
    ScriptChanged,
    apply_breakdown,
    current_script,
    import_script,
    preview,
    save_script,
    scenes_per_paragraph,
)
from scenes.services.starting import start_project
from scenes.services.writing import unsaved_drafts
from scenes.shown import shown_script, shown_text

PREVIEW_BYTES = 300_000  # half as much again as a feature; a hostile text of that size takes under a second
PREVIEWS_A_MINUTE = 60
_SHOWN_NOTICES = 3


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Begin a project, with or without a script, and go where it is to be continued."""
    if request.method != "POST":
        return redirect("projects:create")
    teams = teams_to_begin_in(request.user)
    form = StartForm(teams, request.POST, request.FILES)
    person = cast(User, request.user)
    if form.is_valid() and (wait := pacing.wait_for("begin", person.pk, most=pacing.BEGUN)):
        form.add_error(None, pacing.words_for(wait))
    if form.is_valid():
        try:
            begun = start_project(
                user=person,
                team=form.cleaned_data["team"],
                details=form.details,
                file=form.script,
            )
        except ScriptError as error:
            form.add_error("file" if form.cleaned_data["file"] else "text", error.message)
        else:
            if begun.imported is None:
                return redirect("scenes:script", begun.opened.project.pk)
            _tell(request, begun.imported.notices)
            return redirect("scenes:breakdown", begun.opened.project.pk)
    return render(request, "projects/create.html", {"form": form, "teams": teams}, status=422)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def script(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the editor; take and save its text."""
    if request.method == "POST":
        return _save(request, project_id)
    opened = open_project(request.user, project_id, Right.SEE)
    saved = current_script(opened.project)
    return _editor(request, opened, text=saved.text if saved else "", saved=saved)


def _save(request: HttpRequest, project_id: UUID) -> HttpResponse:
    opened = open_project(request.user, project_id, Right.CREATE)
    form = ScriptTextForm(request.POST)
    form.is_valid()
    # Without a version to go by nothing may be overruled.
    text, based_on = form.cleaned_data["text"], form.cleaned_data.get("based_on") or 0
    if wait := pacing.wait_for("version", opened.user.pk, most=pacing.VERSIONS):
        return _refused(request, opened, pacing.words_for(wait), text=text, based_on=based_on)
    try:
        imported = read_pasted(text)
        saved = save_script(
            opened=opened, text=imported.fountain, source_format=imported.source_format, based_on=based_on
        )
    except (ScriptError, ScriptChanged) as error:
        return _refused(request, opened, str(error), text=text, based_on=based_on)
    if request.POST.get("then") == "breakdown":
        return _go(request, reverse("scenes:breakdown", args=[project_id]))
    if imported.fountain.rstrip("\n") != text.replace("\r\n", "\n").rstrip("\n"):
        # The stored form differs from what was typed, so the editor must show it.
        _tell(request, imported.notices)
        return _go(request, reverse("scenes:script", args=[project_id]))
    if request.headers.get("HX-Request"):
        return render(request, "scenes/script_status.html", {"opened": opened, "saved": saved, "just_saved": True})
    return redirect("scenes:script", project_id)


@login_required
@require_POST
def script_import(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Take a script file as the new version."""
    opened = open_project(request.user, project_id, Right.CREATE)
    form = ScriptFileForm(request.POST, request.FILES)
    valid = form.is_valid()
    based_on = form.cleaned_data.get("based_on") or 0
    if not valid:
        reason = " ".join(str(message) for errors in form.errors.values() for message in errors)
        return _refused(request, opened, reason, based_on=based_on)
    if wait := pacing.wait_for("version", opened.user.pk, most=pacing.VERSIONS):
        return _refused(request, opened, f"That was too often. Import it in {wait} seconds.", based_on=based_on)
    file = form.cleaned_data["file"]
    try:
        _, imported = import_script(opened=opened, data=file.data, filename=file.name, based_on=based_on)
    except (ScriptError, ScriptChanged) as error:
        return _refused(request, opened, str(error), based_on=based_on)
    _tell(request, imported.notices)
    messages.success(request, "The script is imported. Look it through, then break it down.")
    return _go(request, reverse("scenes:script", args=[project_id]))


@login_required
@require_POST
def script_preview(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with the formatted page, the outline and the notices of a text that is not saved."""
    opened = open_project(request.user, project_id, Right.SEE)
    text = request.POST.get("text", "")
    if wait := pacing.wait_for("script-preview", opened.user.pk, most=PREVIEWS_A_MINUTE):
        words = "The page is laid out very often. It follows in a moment."
        return HttpResponse(words, status=429, content_type="text/plain", headers={"Retry-After": str(wait)})
    try:
        if PREVIEW_BYTES < len(text) <= MAX_BYTES:
            raise TooLong("So long a script is laid out when it is saved, and not while you type.")
        shown = shown_text(text)
    except TooLong as error:
        return HttpResponse(str(error), status=413, content_type="text/plain")
    return render(request, "scenes/script_preview.html", {"opened": opened, "shown": shown})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def breakdown(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show what the saved script would make of the film; carry it out."""
    if request.method != "POST":
        opened = open_project(request.user, project_id, Right.SEE)
        return _changes(request, opened)
    opened = open_project(request.user, project_id, Right.CREATE)
    try:
        done = apply_breakdown(opened=opened, version=_whole(request.POST.get("version")))
    except ScriptChanged as error:
        return _changes(request, opened, refusal=str(error))
    scenes = done.breakdown.scenes
    told = f"{_counted(len(scenes), 'scene')} and {_counted(sum(len(scene.shots) for scene in scenes), 'shot')}"
    messages.success(request, f"The storyboard has {told}.")
    return redirect("scenes:storyboard", project_id)


@login_required
@require_POST
def paragraph_scenes(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Give a script without headings one scene for each block of paragraphs."""
    opened = open_project(request.user, project_id, Right.CREATE)
    if wait := pacing.wait_for("version", opened.user.pk, most=pacing.VERSIONS):
        return _changes(request, opened, refusal=f"The script was changed very often. Try again in {wait} seconds.")
    try:
        scenes_per_paragraph(opened=opened, based_on=_whole(request.POST.get("version")))
    except ScriptChanged as error:
        return _changes(request, opened, refusal=str(error))
    messages.success(request, "Each paragraph has a heading now. You can name the places in the script.")
    return redirect("scenes:breakdown", project_id)


def _editor(
    request: HttpRequest,
    opened: OpenProject,
    *,
    text: str,
    saved: Script | None,
    refusal: str = "",
    based_on: int | None = None,
) -> HttpResponse:
    shown = shown_script(saved)
    if text != (saved.text if saved else ""):
        try:
            shown = shown_text(text)
        except TooLong as error:
            refusal = refusal or str(error)
    version = saved.version if saved else 0
    context: dict[str, Any] = {
        "opened": opened,
        "text": text,
        "saved": saved,
        "based_on": version if based_on is None else based_on,
        "shown": shown,
        "shortcuts": keys.SCRIPT,
        "drafts": unsaved_drafts(opened) if opened.can_create else [],
        "refusal": refusal,
    }
    return render(request, "scenes/script.html", context, status=422 if refusal else 200)


def _refused(
    request: HttpRequest, opened: OpenProject, reason: str, *, text: str | None = None, based_on: int | None = None
) -> HttpResponse:
    """Say why nothing was saved, and leave the person what they wrote."""
    saved = current_script(opened.project)
    if request.headers.get("HX-Request"):
        context = {"opened": opened, "saved": saved, "refusal": reason, "based_on": based_on}
        return render(request, "scenes/script_status.html", context, status=422)
    shown = text if text is not None else (saved.text if saved else "")
    return _editor(request, opened, text=shown, saved=saved, refusal=reason, based_on=based_on)


def _changes(request: HttpRequest, opened: OpenProject, *, refusal: str = "") -> HttpResponse:
    saved = current_script(opened.project)
    if saved is None:
        messages.info(request, "There is no script yet. Write, paste or import one first.")
        return redirect("scenes:script", opened.project.pk)
    seen = preview(project=opened.project, script=saved)
    planned = [shot for scene in seen.plan.scenes for shot in scene.shots]
    context = {
        "opened": opened,
        "seen": seen,
        "shots": sum(len(scene.shots) for scene in seen.breakdown.scenes),
        "known": any(scene.known_id for scene in seen.plan.scenes),
        "kept": sum(bool(shot.keeps) for shot in planned),
        "headings": _headings([scene.known_id for scene in seen.plan.scenes if scene.known_id and not scene.draft]),
        "refusal": refusal,
    }
    return render(request, "scenes/script_breakdown.html", context, status=409 if refusal else 200)


def _headings(scene_ids: list[str]) -> dict[str, str]:
    """Return what scenes of an opened project are called that the new script does not have."""
    if not scene_ids:
        return {}
    return {str(pk): heading for pk, heading in Scene.objects.filter(pk__in=scene_ids).values_list("pk", "heading")}


def _go(request: HttpRequest, address: str) -> HttpResponse:
    """Send the browser to a page, whether htmx or the browser itself asked."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _tell(request: HttpRequest, notices: tuple[Notice, ...]) -> None:
    """Show what was changed on the way in; the rest stands beside the editor, by line."""
    for notice in [one for one in notices if not one.line][:_SHOWN_NOTICES]:
        messages.info(request, notice.message)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _whole(value: str | None) -> int:
    """Return a version number that came with a form; one that never was for anything else."""
    return int(value) if value and value.isdecimal() and len(value) < 10 else -1
