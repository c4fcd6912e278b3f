"""Characters, locations and props: the list, and one of them."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.policies import Right
from projects.access import OpenProject, open_project
from projects.undoing import say
from scenes import elements as shown
from scenes.models import Asset, Element
from scenes.services import elements
from scenes.services.elements import ElementError
from scenes.services.speaking import SpeakingError, change_speaking, read_pronunciations

REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def elements_list(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show all elements, the list alone for a browser that has the page; take a new one."""
    opened = open_project(request.user, project_id, Right.CREATE if request.method == "POST" else Right.SEE)
    if "character" in request.GET and (found := _called(opened, request.GET["character"])):
        return redirect("scenes:element", project_id, found.pk)
    error = None
    typed = {name: request.POST.get(name, "") for name in ("kind", "name", "description")}
    if request.method == "POST":
        try:
            element = elements.create_element(opened=opened, **typed)
        except ElementError as refusal:
            error = refusal
        else:
            return redirect("scenes:element", project_id, element.pk)
    context = _listed(opened) | {"error": error, "typed": typed}
    fragment = request.method != "POST" and _fragment(request)
    template = "scenes/elements_list.html" if fragment else "scenes/elements.html"
    return render(request, template, context, status=REFUSED if error else 200)


@login_required
@require_POST
def speaking(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Take whether a narrator reads the action, and how words are spoken."""
    opened = open_project(request.user, project_id, Right.CREATE)
    words = request.POST.get("pronunciations", "")
    narrated = "narrated" in request.POST
    try:
        change_speaking(opened=opened, narrated=narrated, pronunciations=read_pronunciations(words))
    except SpeakingError as error:
        context = _listed(opened) | {"said": {"words": words, "narrated": narrated, "error": error}}
        return render(request, "scenes/elements.html", context, status=REFUSED)
    return say(request, redirect("scenes:elements", project_id), "Voices that are made from now on keep to that.")


def _listed(opened: OpenProject) -> dict[str, object]:
    pairs = opened.project.pronunciations
    return {
        "opened": opened,
        "project": opened.project,
        "groups": shown.groups(opened.project),
        "kinds": Element.Kind.choices,
        "error": None,
        "typed": {},
        "said": {
            "words": "\n".join(f"{word} = {spoken}" for word, spoken in pairs),
            "narrated": opened.project.narrated,
        },
    }


@login_required
@require_safe
def element(request: HttpRequest, project_id: UUID, element_id: UUID) -> HttpResponse:
    """Show one element; its parts alone for a browser that has the page."""
    opened = open_project(request.user, project_id, Right.SEE)
    return _page(request, opened, _element(opened, element_id))


@login_required
@require_POST
def element_edit(request: HttpRequest, project_id: UUID, element_id: UUID) -> HttpResponse:
    """Change name, description or voice."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _element(opened, element_id)
    typed = {name: request.POST.get(name) for name in ("name", "description", "voice")}
    try:
        elements.edit_element(opened=opened, element=row, **typed)
    except ElementError as error:
        return _page(request, opened, _element(opened, element_id), error=error, typed=typed)
    return _done(request, opened, row)


@login_required
@require_POST
def element_pictures(request: HttpRequest, project_id: UUID, element_id: UUID) -> HttpResponse:
    """Take which pictures show it, in their order; or one more, named ``add``."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _element(opened, element_id)
    try:
        if "add" in request.POST:
            elements.add_picture(opened=opened, element=row, asset=_pictures(opened, [request.POST["add"]])[0])
        else:
            pictures = _pictures(opened, [str(one) for one in request.POST.getlist("references")])
            elements.set_pictures(opened=opened, element=row, pictures=pictures)
    except ElementError as error:
        return _page(request, opened, row, error=error)
    return _done(request, opened, row)


@login_required
@require_POST
def element_merge(request: HttpRequest, project_id: UUID, element_id: UUID) -> HttpResponse:
    """Make it and another one the same."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _element(opened, element_id)
    try:
        into = _element(opened, UUID(request.POST.get("into", "")))
    except ValueError:
        raise Http404("No such element.") from None
    try:
        elements.merge_elements(opened=opened, element=row, into=into)
    except ElementError as error:
        return _page(request, opened, row, error=error)
    answer = redirect("scenes:element", project_id, into.pk)
    return say(request, answer, f"{row.shown_name} is {into.shown_name} now.", undo=_undo(opened, row))


@login_required
@require_POST
def element_delete(request: HttpRequest, project_id: UUID, element_id: UUID) -> HttpResponse:
    """Put it into the trash."""
    opened = open_project(request.user, project_id, Right.CREATE)
    row = _element(opened, element_id)
    elements.delete_element(opened=opened, element=row)
    answer = redirect("scenes:elements", project_id)
    return say(request, answer, f"{row.shown_name} is in the trash.", undo=_undo(opened, row))


@login_required
@require_safe
def element_names(request: HttpRequest, project_id: UUID) -> JsonResponse:
    """Answer with what prompts can name, for the list that comes up behind an ``@``."""
    opened = open_project(request.user, project_id, Right.SEE)
    found = [
        {
            "handle": card.element.handle,
            "name": card.element.shown_name,
            "kind": card.element.get_kind_display(),
            "picture": reverse("scenes:media", args=[card.portrait.pk, "thumb"])
            if card.portrait and card.portrait.thumbnail_key
            else "",
        }
        for group in shown.groups(opened.project)
        for card in group.cards
    ]
    return JsonResponse({"elements": found})


def _element(opened: OpenProject, element_id: UUID) -> Element:
    element: Element = get_object_or_404(Element.objects.of(opened.project), pk=element_id)
    return element


def _called(opened: OpenProject, name: str) -> Element | None:
    """Return the character that the script calls so."""
    rows = Element.objects.of(opened.project).filter(kind=Element.Kind.CHARACTER)
    return next((row for row in rows if name.upper() in row.names), None)


def _pictures(opened: OpenProject, ids: list[str]) -> list[Asset]:
    """Return pictures of the project in the order of their ids.

    Raises:
        Http404: one of them is no file of this project.
    """
    try:
        wanted = [UUID(one) for one in dict.fromkeys(ids)]
    except ValueError:
        raise Http404("No such picture.") from None
    there = Asset.objects.kept().filter(project=opened.project).in_bulk(wanted)
    if len(there) < len(wanted):
        raise Http404("No such picture.")
    return [there[one] for one in wanted]


def _undo(opened: OpenProject, row: Element) -> str:
    return reverse("projects:trash_restore", args=[opened.project.pk, "element", row.pk])


def _fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _done(request: HttpRequest, opened: OpenProject, row: Element) -> HttpResponse:
    if _fragment(request):
        return _page(request, opened, row)
    return redirect("scenes:element", opened.project.pk, row.pk)


def _page(
    request: HttpRequest,
    opened: OpenProject,
    row: Element,
    *,
    error: ElementError | None = None,
    typed: dict[str, str | None] | None = None,
) -> HttpResponse:
    shots = shown.shots_with(opened.project, row)
    context = {
        "opened": opened,
        "project": opened.project,
        "element": row,
        "pictures": [picture.asset for picture in row.pictures.select_related("asset")],
        "most_pictures": elements.MOST_PICTURES,
        "name_limit": elements.NAME_LIMIT,
        "description_limit": elements.DESCRIPTION_LIMIT,
        "shots": shots,
        "others": Element.objects.of(opened.project).filter(kind=row.kind).exclude(pk=row.pk),
        "error": error,
        "typed": typed or {},
    }
    template = "scenes/element_parts.html" if _fragment(request) else "scenes/element.html"
    return render(request, template, context, status=REFUSED if error else 200)
