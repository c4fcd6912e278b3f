"""Choosing what a shot's stills and clips are made with, and taking a take's settings up again."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.policies import Right
from generation.catalogue import Capability, ImpossibleRequest
from generation.choosing import choices, glossary, pictures, shot_settings
from generation.choosing.shot_settings import Settings
from projects.access import OpenProject, open_project
from scenes.models import Asset, Shot, Take

REFUSED = 422
KINDS = (Take.Kind.STILL, Take.Kind.CLIP)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: HttpRequest, project_id: UUID, shot_id: UUID, kind: str) -> HttpResponse:
    """Answer with what a shot is made with; keep what a form says about it.

    A form that only names a model keeps of the earlier settings what the new model takes.
    """
    opened = open_project(request.user, project_id, Right.CREATE if request.method == "POST" else Right.SEE)
    shot = _shot(opened, shot_id, kind)
    if request.method != "POST":
        return _picker(request, opened, shot, kind)
    data, settings = request.POST, None
    try:
        if "fields" in data:
            settings = _typed(opened, kind, data)
            settings = replace(settings, seed=shot_settings.seed_of(data.get("seed", "")))
        else:
            settings = shot_settings.carried_over(opened, shot, kind, data.get("model", ""))
        shot_settings.save_choice(opened=opened, shot=shot, kind=kind, settings=settings)
    except ImpossibleRequest as error:
        if not _fragment(request):
            messages.error(request, str(error))
            return redirect("scenes:shot", project_id, shot_id)
        return _picker(request, opened, shot, kind, settings=settings, error=error)
    return _picker(request, opened, shot, kind, saved=True) if _fragment(request) else _back(project_id, shot_id)


@login_required
@require_safe
def choice_models(request: HttpRequest, project_id: UUID, shot_id: UUID, kind: str) -> HttpResponse:
    """Answer with the models that there are for a shot."""
    opened = open_project(request.user, project_id, Right.SEE)
    shot = _shot(opened, shot_id, kind)
    options = choices.options_for(opened, shot, kind)
    context = {
        "opened": opened,
        "shot": shot,
        "kind": kind,
        "options": options,
        "possible": [option for option in options if not option.problem],
        "impossible": [option for option in options if option.problem],
        "needs": [
            (choices.NEEDS[need], option)
            for need, option in choices.by_need(choices.wanted_of(shot, kind), options).items()
        ],
        "choice": shot_settings.choice_for(opened, shot, kind),
    }
    return render(request, "generation/picker_models.html", context)


@login_required
@require_safe
def at_hand(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with files of the project to choose from."""
    opened = open_project(request.user, project_id, Right.SEE)
    kind = request.GET.get("kind", Asset.Kind.IMAGE)
    if kind not in (Asset.Kind.IMAGE, Asset.Kind.VIDEO, Asset.Kind.AUDIO):
        raise Http404("There is no such kind of file.")
    context = {
        "opened": opened,
        "kind": kind,
        "files": pictures.at_hand(opened.project, [kind]),
        "field": request.GET.get("field", "references")[:40],
        "many": request.GET.get("many") == "1",
        "chosen": request.GET.getlist("chosen")[: pictures.MOST_AT_HAND],
    }
    return render(request, "generation/picker_files.html", context)


@login_required
@require_POST
def use_again(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Make the settings of a take those of its shot."""
    opened = open_project(request.user, project_id, Right.CREATE)
    rows = Take.objects.select_related("shot__scene__project")
    take = get_object_or_404(rows, pk=take_id, project=opened.project)
    said, status = "", 200
    try:
        changed = shot_settings.use_again(opened=opened, take=take)
        said = "The next one is made like this." if changed else "The next one is made like this already."
    except ImpossibleRequest as error:
        said, status = str(error), REFUSED
    if not _fragment(request):
        (messages.error if status == REFUSED else messages.success)(request, said)
        return _back(opened.project.pk, take.shot_id)
    context = {"said": said, "refused": status == REFUSED}
    return render(request, "generation/picker_again.html", context, status=status)


@login_required
@require_safe
def take_inputs(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Answer with the pictures that went into a take."""
    opened = open_project(request.user, project_id, Right.SEE)
    take = get_object_or_404(Take, pk=take_id, project=opened.project)
    inputs = take.inputs.get("inputs") or []
    there = pictures.files_of(opened.project, inputs)
    shown = [{**one, "asset": there.get(one.get("sha256", ""))} for one in inputs]
    start = take.inputs.get("inputAsset") or ""
    for asset in Asset.objects.filter(project=opened.project, pk=start) if pictures.is_id(start) else ():
        shown.insert(0, {"role": "first_frame", "asset": asset})
    return render(request, "generation/picker_inputs.html", {"opened": opened, "inputs": shown})


def _typed(opened: OpenProject, kind: str, data: QueryDict) -> Settings:
    model = data.get("model", "")
    capability = shot_settings.capability_for(opened.project, model, kind)
    return Settings(
        model=model,
        negative_prompt=" ".join(shot_settings.words_of(data.get("negative_prompt", "")).split()),
        options=glossary.options_of(capability, {name: str(value) for name, value in data.items()}),
        references=tuple(dict.fromkeys(str(one) for one in data.getlist("references"))),
        last_frame=data.get("last_frame", ""),
    )


def _shows(capability: Capability, field: str) -> bool:
    """Return whether a form for a model has the field that an error is about."""
    there = {
        "references": capability.references.most > 0,
        "last_frame": capability.last_frame != "no",
        "source": capability.last_frame != "no",
        "negative_prompt": capability.negative_prompt > 0,
        "seed": capability.seed_most is not None,
        "options": bool(capability.options),
    }
    return there.get(field, False)


def _shot(opened: OpenProject, shot_id: UUID, kind: str) -> Shot:
    if kind not in KINDS:
        raise Http404("A shot has stills and clips.")
    return get_object_or_404(Shot.objects.of(opened.project).select_related("scene__project__team"), pk=shot_id)


def _fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _back(project_id: UUID, shot_id: UUID) -> HttpResponse:
    return redirect("scenes:shot", project_id, shot_id)


def _picker(
    request: HttpRequest,
    opened: OpenProject,
    shot: Shot,
    kind: str,
    *,
    settings: Settings | None = None,
    error: ImpossibleRequest | None = None,
    saved: bool = False,
) -> HttpResponse:
    chosen = shot_settings.choice_for(opened, shot, kind, settings)
    capability = chosen.option.capability if chosen.option else None
    context = {
        "opened": opened,
        "shot": shot,
        "kind": kind,
        "choice": chosen,
        "capability": capability,
        "controls": glossary.controls(capability, chosen.settings.options) if capability else [],
        "error": error,
        "field": error.field if error and capability and _shows(capability, error.field) else "",
        "typed_seed": request.POST.get("seed") if error else None,
        "saved": saved,
    }
    return render(request, "generation/picker.html", context, status=REFUSED if error else 200)
