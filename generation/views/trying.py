"""The page to try a model on: its form, its results, and what becomes of them."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.policies import Right
from generation.catalogue import ImpossibleRequest
from generation.choosing import trial_forms, trial_results, trials
from generation.choosing.shot_settings import words_of
from generation.choosing.trial_forms import Form
from generation.choosing.trials import GROUPS
from generation.models import Job
from generation.money.counters import BudgetExceeded
from generation.services import KeyReused, NothingToDo
from generation.uploads import MediaRefused, bring_picture, upload_file
from projects import pacing
from projects.access import OpenProject, open_project
from scenes.models import Asset, Shot

REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def trying(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the page, or its results alone for a browser that has it; ask for what the form says."""
    opened = open_project(request.user, project_id, Right.SPEND if request.method == "POST" else Right.SEE)
    if request.method == "POST":
        return _ask(request, opened)
    if _fragment(request):
        return render(request, "generation/try_list.html", _results(opened))
    project, again = opened.project, request.GET.get("again", "")
    if again:
        draft = trials.draft_of(project, _job(opened, again))
    else:
        draft = trial_forms.blank(request.GET.get("operation", ""), request.GET.get("model", ""))
        if "operation" not in request.GET:
            draft = trial_forms.first_operation(draft)
    form = trial_forms.form_of(project, draft)
    context = {**_results(opened), **_form(opened, form), "shots": Shot.objects.of(project).in_film(), "here": "try"}
    return render(request, "generation/try.html", context)


@login_required
@require_POST
def try_form(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with the form for what has been filled in so far, and its price."""
    opened = open_project(request.user, project_id, Right.SEE)
    draft = trial_forms.read(opened.project, request.POST, strict=False)
    form = trial_forms.form_of(opened.project, draft)
    context = _form(opened, form, token=request.POST.get("token", ""))
    return render(request, "generation/try_form.html", context)


@login_required
@require_safe
def try_models(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with the models that can be tried for an operation."""
    opened = open_project(request.user, project_id, Right.SEE)
    draft = trial_forms.blank(request.GET.get("operation", ""), request.GET.get("model", ""))
    context = {"opened": opened, "draft": draft, "models": trials.models_for(opened.project, draft.operation)}
    return render(request, "generation/try_models.html", context)


@login_required
@require_safe
def try_job(request: HttpRequest, project_id: UUID, trial_id: UUID) -> HttpResponse:
    """Answer with one try."""
    opened = open_project(request.user, project_id, Right.SEE)
    found = trial_results.trials_of(opened.project, trial_results.trial_jobs(opened.project).filter(pk=trial_id))
    if not found:
        raise Http404("No such try.")
    return render(request, "generation/try_card.html", {"opened": opened, "trial": found[0]})


@login_required
@require_POST
def try_send(request: HttpRequest, project_id: UUID, trial_id: UUID) -> HttpResponse:
    """Make the result of a try a take of a shot."""
    opened = open_project(request.user, project_id, Right.CREATE)
    job = _job(opened, str(trial_id))
    try:
        shot_id = UUID(request.POST.get("shot", ""))
    except ValueError:
        raise Http404("No such shot.") from None
    shot = get_object_or_404(Shot.objects.of(opened.project), pk=shot_id)
    try:
        trial_results.send_to_shot(opened=opened, job=job, shot=shot)
    except ImpossibleRequest as error:
        messages.error(request, str(error))
        return redirect("generation:try", project_id)
    messages.success(request, f"It is a take of shot {shot.label} now, and in the film.")
    return redirect("scenes:shot", project_id, shot.pk)


@login_required
@require_POST
def bring(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Keep an uploaded file, or the picture at an address, as one of the project's; answer with its tile."""
    opened = open_project(request.user, project_id, Right.CREATE)
    kind, file, url = request.POST.get("kind", Asset.Kind.IMAGE), request.FILES.get("file"), request.POST.get("url", "")
    if kind not in (Asset.Kind.IMAGE, Asset.Kind.VIDEO, Asset.Kind.AUDIO):
        raise Http404("There is no such kind of file.")
    if wait := pacing.wait_for("upload", opened.user.pk, most=pacing.UPLOADS):
        return _words(f"You bring files very fast. Try this one again in {wait} seconds.")
    try:
        if file is not None:
            asset = upload_file(opened=opened, file=file, name=file.name or "", kinds=(kind,))
        elif url.strip():
            asset = bring_picture(opened=opened, url=url.strip())
        else:
            return _words("Choose a file first, or write the address of a picture.")
    except MediaRefused as error:
        return _words(error.public)
    context = {"opened": opened, "asset": asset, "name": request.POST.get("field", "references")[:40]}
    return render(request, "generation/picker_tile.html", context)


def _ask(request: HttpRequest, opened: OpenProject) -> HttpResponse:
    project, data, error = opened.project, request.POST, None
    token = words_of(data.get("token", ""))[:64] or uuid4().hex
    form = None
    try:
        form = trial_forms.form_of(project, trial_forms.read(project, data, strict=True))
        parameters, inputs = trial_forms.order_of(project, form)
        trials.ask(
            opened=opened,
            operation=form.draft.operation,
            model=form.draft.model,
            prompt=form.draft.prompt,
            parameters=parameters,
            inputs=inputs,
            count=form.draft.count,
            idempotency_key=f"try:{token}",
        )
    except (ImpossibleRequest, NothingToDo, BudgetExceeded, KeyReused) as refusal:
        error = refusal
    if not _fragment(request):
        (messages.error(request, str(error)) if error else messages.success(request, "Asked for; it shows below."))
        return redirect(f"{reverse('generation:try', args=[project.pk])}?{_address(data)}")
    if form is None:
        form = trial_forms.form_of(project, trial_forms.read(project, data, strict=False))
    # With the same token the same request would be joined; after a success the next press is a new one.
    context = _form(opened, form, token=token if error else "", error=error, asked=error is None)
    context["typed"] = data if error else None
    return render(request, "generation/try_form.html", context, status=REFUSED if error else 200)


def _address(data: dict[str, str]) -> str:
    return f"operation={data.get('operation', '')[:40]}"


def _results(opened: OpenProject) -> dict[str, object]:
    return {"opened": opened, "project": opened.project, "trials": trial_results.recent(opened.project)}


def _form(
    opened: OpenProject, form: Form, *, token: str = "", error: Exception | None = None, asked: bool = False
) -> dict[str, object]:
    return {
        "opened": opened,
        "project": opened.project,
        "form": form,
        "groups": GROUPS,
        "token": token or uuid4().hex,
        "error": error,
        "field": getattr(error, "field", ""),
        "asked": asked,
    }


def _job(opened: OpenProject, job_id: str) -> Job:
    try:
        wanted = UUID(job_id)
    except ValueError:
        raise Http404("No such try.") from None
    return get_object_or_404(trial_results.trial_jobs(opened.project), pk=wanted)


def _fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _words(text: str) -> HttpResponse:
    return HttpResponse(text, status=REFUSED, content_type="text/plain; charset=utf-8")
