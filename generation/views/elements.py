"""What can be generated for an element: shots that show it as it was, a portrait, and how a voice sounds."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.policies import Right
from generation import offers, staleness
from generation.catalogue import ImpossibleRequest
from generation.choosing import auditions
from generation.choosing.shot_settings import words_of
from generation.money.ledger import BudgetExceeded
from generation.services import KeyReused, NothingToDo
from generation.views.asking import batch_words, shots_named
from projects.access import OpenProject, open_project
from scenes.models import Element

REFUSED = 422
_REFUSALS = (ImpossibleRequest, NothingToDo, BudgetExceeded, KeyReused)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def element_redo(request: HttpRequest, project_id: UUID, element_id: UUID) -> HttpResponse:
    """Answer with the shots that show an element as it was, and what a chosen part costs; ask for that part."""
    posted = request.method == "POST"
    opened = open_project(request.user, project_id, Right.SPEND if posted else Right.SEE)
    element = _element(opened, element_id)
    data = request.POST if posted else request.GET
    chosen = shots_named(",".join(data.getlist("shot"))) if "picked" in data else None
    said, status = "", 200
    if posted:
        try:
            if "picked" in data and not chosen:
                raise ImpossibleRequest("Choose at least one shot.")
            batch = offers.accept(opened, choice=data.get("choice", ""), shot_ids=chosen, changed_by=element.pk)
            said = batch_words(batch, f"Asked for: {batch.title}.")
        except _REFUSALS as error:
            said, status = str(error), REFUSED
        if not _fragment(request):
            return _back(request, opened, element, said, status)
    stale = staleness.shots_changed_by(opened, element.pk)
    there = {one.shot.pk: one.shot for one in stale}
    picked = set(there) if chosen is None and "picked" not in data else set(chosen or ()) & set(there)
    kinds = {pk: sorted({str(one.wish.kind) for one in stale if one.shot.pk == pk}) for pk in there}
    context = {
        "opened": opened,
        "element": element,
        "shots": [{"shot": shot, "kinds": kinds[pk], "picked": pk in picked} for pk, shot in there.items()],
        "picked": len(picked),
        "offer": offers.offer(opened, shot_ids=list(picked), changed_by=element.pk) if picked else None,
        "said": said,
        "refused": status == REFUSED,
    }
    return render(request, "generation/element_redo.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def element_portrait(request: HttpRequest, project_id: UUID, element_id: UUID) -> HttpResponse:
    """Answer with the button for a portrait and those that were tried; ask for one."""
    posted = request.method == "POST"
    opened = open_project(request.user, project_id, Right.SPEND if posted else Right.SEE)
    element = _element(opened, element_id)
    said, status = "", 200
    if posted:
        try:
            token = words_of(request.POST.get("token", ""))[:64]
            auditions.ask_portrait(opened=opened, element=element, token=token)
        except _REFUSALS as error:
            said, status = str(error), REFUSED
        if not _fragment(request):
            return _back(request, opened, element, said, status)
    there = set(element.references.values_list("pk", flat=True))
    context = {
        "opened": opened,
        "element": element,
        "audition": auditions.portrait(opened.project, element),
        "there": there,
        "token": uuid4().hex,
        "said": said,
    }
    return render(request, "generation/element_portrait.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def element_voice(request: HttpRequest, project_id: UUID, element_id: UUID) -> HttpResponse:
    """Answer with the voices that a character can have; have one of them speak, or give it to the character."""
    posted = request.method == "POST"
    given = request.POST if posted else request.GET
    using = posted and given.get("do") == "use"
    opened = open_project(request.user, project_id, Right.CREATE if using else Right.SPEND if posted else Right.SEE)
    element = _element(opened, element_id)
    if element.kind != Element.Kind.CHARACTER:
        raise Http404("Only characters speak.")
    model_id = words_of(given["model"]) if "model" in given else None
    voice = words_of(given.get("voice", ""))
    said, status = "", 200
    if posted:
        try:
            if using:
                auditions.cast_voice(
                    opened=opened,
                    element=element,
                    voice=voice,
                    model_id=element.voice_model if model_id is None else model_id,
                )
            else:
                auditions.ask_voice(opened=opened, element=element, voice=voice, model_id=model_id)
        except _REFUSALS as error:
            said, status = str(error), REFUSED
        if not _fragment(request):
            return _back(request, opened, element, said, status)
    context = {
        "opened": opened,
        "element": element,
        "voices": auditions.voices(opened.project, element, model_id=model_id),
        "model_id": element.voice_model if model_id is None else model_id,
        "chosen": voice if posted else element.voice,
        "said": said,
    }
    return render(request, "generation/element_voice.html", context, status=status)


def _element(opened: OpenProject, element_id: UUID) -> Element:
    element: Element = get_object_or_404(Element.objects.of(opened.project), pk=element_id)
    return element


def _fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _back(request: HttpRequest, opened: OpenProject, element: Element, said: str, status: int) -> HttpResponse:
    if said:
        (messages.error if status == REFUSED else messages.success)(request, said)
    return redirect("scenes:element", opened.project.pk, element.pk)
