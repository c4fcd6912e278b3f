"""The storyboard, as a grid by scene or as a board by status, and its cards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.policies import Right
from projects.access import OpenProject, open_project
from scenes import board, kept_board, keys
from scenes.cards import Cards
from scenes.models import Shot
from scenes.services.statuses import REVIEWED


@login_required
@require_safe
def storyboard(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show all shots by scene or by status; the grid alone for a browser that has the page already."""
    opened = open_project(request.user, project_id, Right.SEE)
    by_status = request.GET.get("view") == "board"
    people = board.people_of(opened.project)
    shown = kept_board.shown(opened, people, by_status=by_status)
    if request.headers.get("HX-Request"):
        return HttpResponse(shown.grid)
    context = {
        "opened": opened,
        "project": opened.project,
        "shown": shown,
        "by_status": by_status,
        "filtered": any(request.GET.get(name) for name in ("scene", "status", "person", "due", "q")),
        "shortcuts": keys.STORYBOARD,
        "here": "storyboard",
        **planning(opened, people),
    }
    return render(request, "scenes/storyboard.html", context)


@login_required
@require_safe
def shot_card(request: HttpRequest, project_id: UUID, shot_id: UUID) -> HttpResponse:
    """Answer with one card."""
    opened = open_project(request.user, project_id, Right.SEE)
    card = board.card_of(opened.project, shot_id)
    if card is None:
        raise Http404("No such shot.")
    return HttpResponse(cards_for(opened, board.people_of(opened.project)).draw([card]))


def cards_for(opened: OpenProject, people: dict[UUID, Any]) -> Cards:
    """Return what draws cards for a person."""
    return Cards(people, movable=opened.can_create)


def planning(opened: OpenProject, people: dict[UUID, Any]) -> dict[str, Any]:
    """Return what the menus for status, person and day need."""
    return {
        "people": list(people.values()),
        "statuses": [
            (status, label, tone)
            for status, (label, tone) in board.STATUSES.items()
            if opened.can_create or (opened.can_review and status in REVIEWED)
        ],
        "all_statuses": [(status, label) for status, (label, _) in board.STATUSES.items()],
        "todo": Shot.Status.TODO,
    }
