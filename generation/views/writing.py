"""The page to have a film written, and the help that people get while they write: asked for, watched, taken or left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.policies import Right
from generation import retrying, services
from generation.catalogue import ImpossibleRequest
from generation.choosing.shot_settings import words_of
from generation.models import Approval, Writing
from generation.money.ledger import BudgetExceeded
from generation.services import KeyReused, NothingToDo
from generation.writing import applying, asking, kinds, pieces, tasks
from generation.writing.applying import CannotApply
from generation.writing.kinds import Kind, Wanted
from generation.writing.shapes import NotInForm
from projects.access import OpenProject, open_project
from scenes.models import Element, Scene, Shot
from scenes.screenplay.reading import ScriptError
from scenes.services.changing import ShotError
from scenes.services.elements import ElementError

REFUSED = 422
_REFUSALS = (ImpossibleRequest, NothingToDo, BudgetExceeded, KeyReused)
_UNFIT = (CannotApply, NotInForm, ScriptError, ShotError, ElementError)
_SUBJECTS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "scene": (Scene, (Kind.SHOTS,)),
    "shot": (Shot, (Kind.TIGHTEN, Kind.SOFTEN)),
    "element": (Element, (Kind.DESCRIPTION,)),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def writing(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the page; ask for what one of its forms says."""
    posted = request.method == "POST"
    opened = open_project(request.user, project_id, Right.SPEND if posted else Right.SEE)
    if not posted:
        if _fragment(request):
            return render(request, "generation/writing_list.html", _list(opened))
        return render(request, "generation/writing.html", {**_form(opened), **_list(opened)})
    error: Exception | None = None
    row: Writing | None = None
    try:
        row = asking.ask(opened=opened, wanted=_wanted(opened, request), token=_token(request))
    except _REFUSALS as refusal:
        error = refusal
    kind = request.POST.get("kind", "")
    if kind in (Kind.OUTLINE, Kind.SCREENPLAY, Kind.CONTINUATION):
        return _asked(request, opened, row, error)
    if kind == Kind.REWRITE:
        return _now(request, opened, error)
    return _help(request, opened, _subject_of(opened, request), error)


@login_required
@require_POST
def price(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with what a form would cost as it is filled in so far."""
    opened = open_project(request.user, project_id, Right.SEE)
    return render(request, "generation/writing_price.html", {"opened": opened, **_prices(opened, request)})


@login_required
@require_safe
def now(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with what the script's page shows of what is being written."""
    return _now(request, open_project(request.user, project_id, Right.SEE), None)


@login_required
@require_safe
def writing_help(request: HttpRequest, project_id: UUID, about: str, subject_id: UUID) -> HttpResponse:
    """Answer with the help that there is about a scene, a shot or an element, and what was written last."""
    opened = open_project(request.user, project_id, Right.SEE)
    return _help(request, opened, _subject(opened, about, subject_id), None)


@login_required
@require_safe
def piece(request: HttpRequest, project_id: UUID, writing_id: UUID) -> HttpResponse:
    """Answer with one piece of writing as it stands."""
    opened = open_project(request.user, project_id, Right.SEE)
    return _piece(request, opened, _row(opened, writing_id))


@login_required
@require_POST
def outline(request: HttpRequest, project_id: UUID, writing_id: UUID) -> HttpResponse:
    """Keep an outline in a person's own words, and go on to the screenplay where they press that."""
    then = request.POST.get("then") == "screenplay"
    opened = open_project(request.user, project_id, Right.SPEND if then else Right.CREATE)
    row = _row(opened, writing_id)
    typed = _outline_of(request)
    try:
        applying.change_outline(opened=opened, row=row, outlined=typed)
        if then:
            asking.ask(opened=opened, wanted=Wanted(Kind.SCREENPLAY, source=_row(opened, writing_id)))
    except (*_UNFIT, *_REFUSALS) as error:
        return _piece(request, opened, row, error=error, typed=typed)
    if then:
        return _go(request, reverse("scenes:script", args=[project_id]))
    return _piece(request, opened, _row(opened, writing_id), said="Kept.")


@login_required
@require_POST
def decide(request: HttpRequest, project_id: UUID, writing_id: UUID) -> HttpResponse:
    """Take a proposal, or leave it."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _row(opened, writing_id)
    chosen = [int(one) for one in request.POST.getlist("shot") if one.isascii() and one.isdigit() and len(one) < 4]
    try:
        if request.POST.get("decision") == Writing.Decision.LEFT:
            applying.leave(opened=opened, row=row)
        else:
            applying.apply(opened=opened, row=row, chosen=chosen if row.kind == Kind.SHOTS else None)
    except _UNFIT as error:
        return _piece(request, opened, row, error=error)
    return _piece(request, opened, _row(opened, writing_id))


@login_required
@require_POST
def stop(request: HttpRequest, project_id: UUID, writing_id: UUID) -> HttpResponse:
    """End a piece of writing where it is; what there is of a screenplay is kept."""
    opened = open_project(request.user, project_id, Right.SPEND)
    row = _row(opened, writing_id)
    services.cancel_job(opened=opened, job=row.job)
    return _piece(request, opened, _row(opened, writing_id), said="It stops. What there is of it is kept.")


@login_required
@require_POST
def again(request: HttpRequest, project_id: UUID, writing_id: UUID) -> HttpResponse:
    """Ask once more for what has failed."""
    opened = open_project(request.user, project_id, Right.SPEND)
    row = _row(opened, writing_id)
    try:
        batch = retrying.retry_job(opened=opened, job=row.job)
    except _REFUSALS as error:
        return _piece(request, opened, row, error=error)
    newest = Writing.objects.filter(project=opened.project, job__batch=batch).order_by("created_at").first()
    return _piece(request, opened, newest or row)


def _wanted(opened: OpenProject, request: HttpRequest) -> Wanted:
    data = request.POST
    return replace(
        _about(_subject_of(opened, request)),
        kind=data.get("kind", ""),
        idea=data.get("idea", ""),
        minutes=_minutes(data.get("minutes", "")),
        genre=data.get("genre", ""),
        tone=data.get("tone", ""),
        language=data.get("language", ""),
        then_screenplay=data.get("then") == "screenplay",
        source=_row(opened, _uuid(data["source"])) if data.get("source") else None,
        passage=data.get("passage", "").replace("\r\n", "\n"),
        instruction=data.get("instruction", ""),
    )


def _about(subject: Scene | Shot | Element | None) -> Wanted:
    """Return a wish about something; what is wanted of it is still to be said."""
    return Wanted(
        kind="",
        scene=subject if isinstance(subject, Scene) else None,
        shot=subject if isinstance(subject, Shot) else None,
        element=subject if isinstance(subject, Element) else None,
    )


def _minutes(text: str) -> float:
    """Return what was typed as a number of minutes; what is none is refused by its bounds."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return 0.0


def _outline_of(request: HttpRequest) -> dict[str, Any]:
    """Return an outline as it was typed; scenes without a heading and without words have been taken out."""
    data = request.POST
    rows = zip(data.getlist("heading"), data.getlist("happens"), data.getlist("minutes"), strict=False)
    scenes = [
        {"heading": heading, "happens": happens, "minutes": _minutes(minutes)}
        for heading, happens, minutes in rows
        if heading.strip() or happens.strip()
    ]
    return {"title": data.get("title", ""), "logline": data.get("logline", ""), "scenes": scenes}


def _asked(request: HttpRequest, opened: OpenProject, row: Writing | None, error: Exception | None) -> HttpResponse:
    if error is not None:
        context = {**_form(opened, request, error), **_list(opened)}
        if _fragment(request):
            return render(request, "generation/writing_form.html", context, status=REFUSED)
        return render(request, "generation/writing.html", context, status=REFUSED)
    if row is not None and row.job.batch.approval == Approval.WAITING:
        messages.info(request, "It waits for a producer’s yes. They have been written to; nothing is spent until then.")
    follows = request.POST.get("then") == "screenplay" or (row is not None and row.kind != Kind.OUTLINE)
    return _go(request, reverse("scenes:script" if follows else "generation:writing", args=[opened.project.pk]))


def _now(request: HttpRequest, opened: OpenProject, error: Exception | None) -> HttpResponse:
    context: dict[str, Any] = {
        "opened": opened,
        "pieces": [{"piece": one, **_next(opened, one)} for one in pieces.on_the_script(opened)],
        "error": error,
        "typed": request.POST if error else {},
        "token": uuid4().hex,
        **_writer(opened),
    }
    if not _fragment(request):
        if error is not None:
            messages.error(request, str(error))
        return redirect("scenes:script", opened.project.pk)
    return render(request, "generation/writing_now.html", context, status=REFUSED if error else 200)


def _help(
    request: HttpRequest, opened: OpenProject, subject: Scene | Shot | Element | None, error: Exception | None
) -> HttpResponse:
    if subject is None:
        raise Http404("There is nothing to write about.")
    name = str(type(subject)._meta.model_name)
    kinds = _SUBJECTS[name][1]
    context: dict[str, Any] = {
        "opened": opened,
        "about": name,
        "subject": subject,
        "pieces": [{"piece": one} for one in pieces.about(opened, kinds, subject)],
        "error": error,
        "token": uuid4().hex,
    }
    if not context["pieces"] and error is None and opened.can_spend:
        try:
            context["offers"] = [
                {"kind": kind, "plan": asking.plan_of(opened, replace(_about(subject), kind=kind))}
                for kind in kinds
                if _useful(kind, subject)
            ]
        except ImpossibleRequest as problem:
            context["problem"] = str(problem)
    if not _fragment(request):
        if error is not None:
            messages.error(request, str(error))
        return redirect("generation:writing", opened.project.pk)
    return render(request, "generation/writing_help.html", context, status=REFUSED if error else 200)


def _useful(kind: str, subject: Scene | Shot | Element) -> bool:
    """Return whether a help is worth offering: a shorter prompt where it is too long, other words where refused."""
    if not isinstance(subject, Shot):
        return True
    if kind == Kind.SOFTEN:
        return kinds.was_moderated(subject)
    return len(kinds.prompt_of(subject)) > kinds.prompt_most(subject)


def _piece(
    request: HttpRequest,
    opened: OpenProject,
    row: Writing,
    *,
    error: Exception | None = None,
    typed: dict[str, Any] | None = None,
    said: str = "",
) -> HttpResponse:
    shown = pieces.piece_of(opened, row)
    context: dict[str, Any] = {"opened": opened, "piece": shown, "error": error, "said": said, **_next(opened, shown)}
    if typed is not None:
        context["typed"] = typed
    if not _fragment(request):
        if request.method == "POST":
            if error is not None:
                messages.error(request, str(error))
            return redirect(f"{reverse('generation:writing', args=[opened.project.pk])}#writing-{row.pk}")
        context = {**_form(opened), **_list(opened)}
        return render(request, "generation/writing.html", context)
    return render(request, "generation/writing_piece.html", context, status=REFUSED if error else 200)


def _next(opened: OpenProject, shown: pieces.Piece) -> dict[str, Any]:
    """Return what can be asked for next from a piece, with its price."""
    if not opened.can_spend:
        return {}
    wanted = None
    if shown.row.kind == Kind.OUTLINE and shown.row.result:
        wanted = Wanted(Kind.SCREENPLAY, source=shown.row)
    elif shown.can_continue:
        wanted = Wanted(Kind.CONTINUATION, source=shown.row)
    if wanted is None:
        return {}
    try:
        return {"following": asking.plan_of(opened, wanted)}
    except ImpossibleRequest as problem:
        return {"following_problem": str(problem)}


def _list(opened: OpenProject) -> dict[str, Any]:
    found = pieces.pieces_of(opened, Writing.objects.all())
    return {"opened": opened, "pieces": [{"piece": one, **_next(opened, one)} for one in found]}


def _form(opened: OpenProject, request: HttpRequest | None = None, error: Exception | None = None) -> dict[str, Any]:
    return {
        "opened": opened,
        "typed": request.POST if request is not None else {"minutes": "5"},
        # A page that was gone back to has the mark of what was asked for before.
        "token": uuid4().hex if request is None or isinstance(error, KeyReused) else _token(request),
        "error": error,
        "field": getattr(error, "field", ""),
        "most_idea": tasks.MOST_IDEA,
        **_writer(opened),
        **_prices(opened, request),
    }


def _writer(opened: OpenProject) -> dict[str, Any]:
    try:
        return {"writer": asking.writer(opened.project)}
    except ImpossibleRequest as problem:
        return {"problem": str(problem)}


def _prices(opened: OpenProject, request: HttpRequest | None) -> dict[str, Any]:
    """Return what the outline and what all of it would cost; nothing while the form is not complete."""
    data = request.POST if request is not None else {"minutes": "5"}
    brief = Wanted(
        Kind.OUTLINE,
        idea=data.get("idea", "").strip() or "?",
        minutes=_minutes(data.get("minutes", "")),
        then_screenplay=True,
    )
    try:
        whole = asking.plan_of(opened, brief)
    except ImpossibleRequest:
        return {}
    return {"outline_cost": whole.parts[0].wish.estimate, "whole_cost": whole.cost}


def _subject_of(opened: OpenProject, request: HttpRequest) -> Scene | Shot | Element | None:
    about = request.POST.get("about", "")
    return _subject(opened, about, _uuid(request.POST.get("subject", ""))) if about else None


def _subject(opened: OpenProject, about: str, subject_id: UUID) -> Scene | Shot | Element:
    if about not in _SUBJECTS:
        raise Http404("There is nothing to write about.")
    if about == "scene":
        scene: Scene = get_object_or_404(Scene, project=opened.project, pk=subject_id)
        return scene
    if about == "shot":
        shots = Shot.objects.of(opened.project).select_related("scene__project__team")
        shot: Shot = get_object_or_404(shots, pk=subject_id)
        return shot
    element: Element = get_object_or_404(Element.objects.of(opened.project), pk=subject_id)
    return element


def _row(opened: OpenProject, writing_id: UUID) -> Writing:
    row = asking.row_named(opened, writing_id)
    if row is None:
        raise Http404("No such piece of writing.")
    return row


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404("There is nothing of that name.") from None


def _token(request: HttpRequest) -> str:
    return words_of(request.POST.get("token", ""))[:64] or uuid4().hex


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if _fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))
