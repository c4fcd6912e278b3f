"""New takes from notes: what they would cost, the form that asks for one, and what has become of each note."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policies import Right
from generation import redoing as notes
from generation.catalogue import ImpossibleRequest
from generation.models import Approval
from generation.money.ledger import BudgetExceeded
from generation.services import NothingToDo
from projects.access import OpenProject, open_project
from projects.models import Comment
from scenes.models import Take

REFUSED = 422


@login_required
@require_safe
def redoing(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Answer with what has become of the notes on a take, and what another take from them would cost."""
    opened = open_project(request.user, project_id, Right.SEE)
    take = get_object_or_404(Take.objects.of(opened.project).select_related(*notes.WITH_SHOT), pk=take_id)
    states = notes.states_of(opened, take)
    context: dict[str, object] = {"opened": opened, "states": states}
    if opened.can_spend and any(state.open for state in states) and take.kind != Take.Kind.VOICE:
        try:
            context["cost"], context["seconds"] = notes.price_for(opened, take)
        except ImpossibleRequest as error:
            context["problem"] = str(error)
    return render(request, "generation/redoing.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def redo(request: HttpRequest, project_id: UUID, note_id: UUID) -> HttpResponse:
    """Show the form for a new take from a note, and ask for it; with ``closed=1`` the note's state without the form."""
    opened = open_project(request.user, project_id, Right.SPEND)
    found = notes.note_of(opened, note_id)
    if found is None:
        raise Http404("There is no such note.")
    note, take = found
    if request.method != "POST":
        return (
            _form(request, opened, note, take) if "closed" not in request.GET else _state(request, opened, note, take)
        )
    number = request.POST.get("number", "")
    try:
        batch = notes.ask(
            opened=opened,
            note=note,
            take=take,
            prompt=request.POST.get("prompt", ""),
            start=request.POST.get("start", ""),
            number=int(number) if number.isascii() and number.isdigit() and len(number) < 6 else None,
        )
    except (ImpossibleRequest, BudgetExceeded, NothingToDo) as error:
        return _form(request, opened, note, take, error=str(error))
    said = ""
    if batch is not None and batch.approval == Approval.WAITING:
        said = "It waits for a producer’s yes. They have been written to; nothing is spent until then."
    return _state(request, opened, note, take, said=said)


def _form(request: HttpRequest, opened: OpenProject, note: Comment, take: Take, *, error: str = "") -> HttpResponse:
    context: dict[str, object] = {
        "opened": opened,
        "state": notes.state_of(opened, note),
        "error": error,
        "form_open": True,
        "typed": request.POST if error else {},
    }
    try:
        context["draft"] = notes.draft_for(opened, note, take)
    except ImpossibleRequest as problem:
        context["error"] = str(problem)
    if not request.headers.get("HX-Request") and error:
        messages.error(request, error)
        return redirect(_place(opened, take))
    return render(request, "generation/redoing_note.html", context, status=REFUSED if error else 200)


def _state(request: HttpRequest, opened: OpenProject, note: Comment, take: Take, *, said: str = "") -> HttpResponse:
    if not request.headers.get("HX-Request"):
        messages.success(request, said or "A new take is on its way.")
        return redirect(_place(opened, take))
    context: dict[str, object] = {"opened": opened, "state": notes.state_of(opened, note), "said": said}
    try:
        context["cost"], context["seconds"] = notes.price_for(opened, take)
    except ImpossibleRequest as problem:
        context["problem"] = str(problem)
    return render(request, "generation/redoing_note.html", context)


def _place(opened: OpenProject, take: Take) -> str:
    return f"{reverse('scenes:rushes', args=[opened.project.pk])}?show=all&take={take.pk}"
