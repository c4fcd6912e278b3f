"""A project's settings that are about generating: models, rehearsal, approval. A tab beside those of the project
itself, which lie in a room that knows no models."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.policies import Right
from generation.choosing import choices
from generation.choosing.preferences import WRITES, change_preferences, choosable, options_of
from generation.forms import PreferencesForm
from generation.job_rows import model_label
from generation.wishes import BUILT_IN
from projects.access import open_project

REFUSED = 422
KINDS = {
    "still_model": ("Stills", "image", "a still"),
    "clip_model": ("Clips", "video", "5 s"),
    "voice_model": ("Voices", "mic", "a line"),
    "text_model": ("Words", "file-text", "a page"),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show and take what a project generates with."""
    opened = open_project(request.user, project_id, Right.MANAGE)
    project = opened.project
    options = options_of(project)
    allowed = choosable(project, options)
    names = (*KINDS, "rehearsal", "approval_limit")
    initial = {name: getattr(project, name) for name in names}
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=initial, models=allowed)
    if request.method == "POST" and form.is_valid():
        change_preferences(opened=opened, changes=form.cleaned_data)
        messages.success(request, "Saved. It holds for what is generated from now on.")
        return redirect("generation:preferences", project_id)
    groups = [_group(form, name, options[name]) for name in KINDS]
    context = {"opened": opened, "form": form, "groups": groups}
    # What was typed is in it, with what is wrong.
    status = REFUSED if request.method == "POST" else 200
    return render(request, "generation/preferences_page.html", context, status=status)


def _group(form: PreferencesForm, name: str, options: list[choices.Option]) -> dict[str, Any]:
    label, icon, priced = KINDS[name]
    chosen = form[name].value() or ""
    named = next((option for option in options if option.model.id == chosen), None)
    now = named if named is not None and not named.problem else None
    return {
        "name": name,
        "label": label,
        "icon": icon,
        "priced": priced,
        "written": name == WRITES,
        "first": options[0].model.label if name == WRITES and options else "",
        "chosen": chosen,
        "now": now,
        "gone": model_label(chosen) if chosen and now is None else "",
        "why_gone": named.problem if named is not None else "",
        "possible": [option for option in options if not option.problem and option.model.provider != BUILT_IN],
        "impossible": [option for option in options if option.problem and option is not named],
        "errors": form[name].errors,
    }
