"""The rushes: takes watched one after the other, approved or sent back, starred, compared."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.policies import Right
from projects.access import OpenProject, open_project
from projects.bins import throw_away
from projects.commenting import CommentError, drawing_from
from projects.undoing import say
from scenes import keys
from scenes.comparing import differences
from scenes.models import Take
from scenes.rushes import MOST_COMPARED, SHOWS, Wanted, comparable, row_of, rows_of, waiting
from scenes.rushes import rushes as rushes_of
from scenes.services import reviewing
from scenes.services.reviewing import ReviewError

REFUSED = 422
_LONGEST_MS = 24 * 60 * 60 * 1000


@login_required
@require_safe
def rushes(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the takes that wait, or others; with ``part=list`` only the list."""
    opened = open_project(request.user, project_id, Right.SEE)
    found = rushes_of(opened, Wanted.read(_asked(request.GET)))
    context = {
        "opened": opened,
        "project": opened.project,
        "rushes": found,
        "shows": SHOWS,
        "row": found.current,
        "may_review": opened.allows(Right.REVIEW),
        "shortcuts": _keys(opened),
    }
    part = request.GET.get("part") == "list"
    return render(request, "scenes/rushes_list.html" if part else "scenes/rushes.html", context)


@login_required
@require_safe
def rushes_badge(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with how many takes wait for their review, for the menu."""
    opened = open_project(request.user, project_id, Right.SEE)
    return render(request, "scenes/rushes_badge.html", {"waiting": waiting(opened.project).count()})


@login_required
@require_safe
def take_review(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Answer with what is known and said of a take, or lead to it in the rushes."""
    opened = open_project(request.user, project_id, Right.SEE)
    if not _fragment(request):
        _take(opened, take_id)
        return _to_the_rushes(opened, take_id)
    return _review(request, opened, take_id)


@login_required
@require_POST
def approve_take(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Say that a take is good."""
    opened = open_project(request.user, project_id, Right.REVIEW)
    take = _take(opened, take_id)
    try:
        changed = reviewing.approve_take(opened=opened, take=take, seen=request.POST.get("seen"))
    except ReviewError as error:
        return _review(request, opened, take_id, error=str(error))
    answer = _review(request, opened, take_id)
    return _said(request, answer, take, "is approved and in the film") if changed else answer


@login_required
@require_POST
def send_back(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Say that a take needs another try, and why."""
    opened = open_project(request.user, project_id, Right.REVIEW)
    take = _take(opened, take_id)
    try:
        changed = reviewing.send_back(
            opened=opened,
            take=take,
            text=request.POST.get("text", ""),
            time_ms=_time(request.POST.get("time_ms", "")),
            drawing=drawing_from(request.POST.get("drawing", "")),
            seen=request.POST.get("seen"),
        )
    except (ReviewError, CommentError) as error:
        return _review(request, opened, take_id, error=str(error))
    answer = _review(request, opened, take_id)
    return _said(request, answer, take, "is sent back") if changed else answer


@login_required
@require_POST
def withdraw_verdict(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Take a verdict back."""
    opened = open_project(request.user, project_id, Right.REVIEW)
    take = _take(opened, take_id)
    try:
        reviewing.withdraw_verdict(opened=opened, take=take)
    except ReviewError as error:
        return _review(request, opened, take_id, error=str(error))
    return _review(request, opened, take_id)


@login_required
@require_POST
def star_take(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Mark a take as worth coming back to; without ``starred`` not any more."""
    opened = open_project(request.user, project_id, Right.COMMENT)
    take = _take(opened, take_id)
    reviewing.star_take(opened=opened, take=take, starred=bool(request.POST.get("starred")))
    if _fragment(request):
        return HttpResponse(status=204)
    return redirect("scenes:shot", project_id, take.shot_id)


@login_required
@require_POST
def delete_take(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Put a take into the trash."""
    opened = open_project(request.user, project_id, Right.CREATE)
    take = _take(opened, take_id)
    throw_away(opened=opened, kind="take", row=take)
    undo = reverse("projects:trash_restore", args=[opened.project.pk, "take", take.pk])
    answer = HttpResponse() if _fragment(request) else redirect("scenes:shot", project_id, take.shot_id)
    return say(request, answer, f"{_name(take)} is in the trash.", undo=undo)


@login_required
@require_safe
def compare(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show two to four takes by one clock, and what differs in how they were made."""
    opened = open_project(request.user, project_id, Right.SEE)
    rows = rows_of(opened.project, _ids(request.GET))
    context = {
        "shot": rows[0].take.shot if rows else None,
        "choices": comparable(opened.project, rows[0].take) if rows else [],
        "shown": {row.take.pk for row in rows},
        "opened": opened,
        "project": opened.project,
        "rows": rows,
        "differences": differences([row.take for row in rows]),
        "may_review": opened.allows(Right.REVIEW),
        "shortcuts": keys.COMPARE,
        "here": "rushes",
    }
    return render(request, "scenes/compare.html", context)


def _keys(opened: OpenProject) -> tuple[keys.Group, ...]:
    return (keys.VERDICTS, *keys.RUSHES) if opened.allows(Right.REVIEW) else keys.RUSHES


def _take(opened: OpenProject, take_id: UUID) -> Take:
    rows = Take.objects.of(opened.project).select_related("shot__scene", "verdict_by")
    take: Take = get_object_or_404(rows, pk=take_id)
    return take


def _review(request: HttpRequest, opened: OpenProject, take_id: UUID, *, error: str = "") -> HttpResponse:
    if not _fragment(request) and not error:
        return _to_the_rushes(opened, take_id)
    row = row_of(opened.project, take_id)
    if row is None:
        raise Http404("There is no such take to review.")
    context = {
        "opened": opened,
        "project": opened.project,
        "row": row,
        "error": error,
        "typed": request.POST if error else {},
        "may_review": opened.allows(Right.REVIEW),
    }
    if not _fragment(request):
        context["rushes"] = rushes_of(opened, Wanted(show="all", take=take_id))
        context["shows"] = SHOWS
        context["shortcuts"] = _keys(opened)
        return render(request, "scenes/rushes.html", context, status=REFUSED)
    return render(request, "scenes/rushes_take.html", context, status=REFUSED if error else 200)


def _said(request: HttpRequest, answer: HttpResponse, take: Take, what: str) -> HttpResponse:
    undo = reverse("scenes:withdraw_verdict", args=[take.shot.scene.project_id, take.pk])
    return say(request, answer, f"{_name(take)} {what}.", undo=undo)


def _name(take: Take) -> str:
    return f"{take.get_kind_display()} {take.number} of shot {take.shot.label}"


def _to_the_rushes(opened: OpenProject, take_id: UUID) -> HttpResponse:
    return redirect(f"{reverse('scenes:rushes', args=[opened.project.pk])}?show=all&take={take_id}")


def _asked(data: QueryDict) -> dict[str, str]:
    return {name: str(value) for name, value in data.items()}


def _ids(data: QueryDict) -> list[UUID]:
    found = []
    for text in ",".join(data.getlist("takes")).split(",")[: MOST_COMPARED * 2]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))[:MOST_COMPARED]


def _time(text: str) -> int | None:
    """Return a place in a take as a form says it, milliseconds; what makes no sense is no place."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return min(int(text), _LONGEST_MS)


def _fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))
