"""What was spent, of a project and of a team; the month's budgets; the ledger to take away."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import OpenTeam, open_team
from accounts.models import Team, User
from accounts.policies import Right
from generation.catalogue import ImpossibleRequest
from generation.forms import BudgetForm
from generation.money import budgets, costs
from generation.money.budgets import ImpossibleBudget
from generation.money.forecast import forecast
from generation.money.savings import savings as ways_to_save
from generation.money.statement import statement
from generation.views.asking import shots_named
from projects.access import OpenProject, open_project
from projects.models import Project

REFUSED = 422


@login_required
@require_safe
def project_costs(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show what a project costs."""
    return _project_page(request, open_project(request.user, project_id, Right.SEE))


@login_required
@require_safe
def project_forecast(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with what the rest of the film will cost; asked for by the page, because it looks at every shot."""
    opened = open_project(request.user, project_id, Right.SEE)
    return render(request, "generation/costs_forecast.html", {"opened": opened, "forecast": forecast(opened)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def savings(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with ways to spend less on a selection, or on the whole film. POST only for long selections."""
    opened = open_project(request.user, project_id, Right.SEE)
    context: dict[str, Any] = {"opened": opened}
    try:
        context["savings"] = ways_to_save(opened, shot_ids=shots_named((request.POST or request.GET).get("shots", "")))
    except ImpossibleRequest as error:
        context["problem"] = str(error)
    return render(request, "generation/bar_savings.html", context)


@login_required
@require_safe
def project_ledger(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with a month of a project's ledger as a file."""
    opened = open_project(request.user, project_id, Right.SEE)
    return _ledger(request, opened.project.team, opened.project)


@login_required
@require_POST
def project_budget(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Set what a project may spend in a month."""
    opened = open_project(request.user, project_id, Right.MANAGE)
    problem = _set_cap(request, opened.project.team, project=opened.project)
    if problem:
        return _project_page(request, opened, problem=problem)
    return redirect("generation:costs", opened.project.pk)


@login_required
@require_safe
def team_costs(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show what a team costs."""
    return _team_page(request, open_team(request.user, team_id, Right.MANAGE))


@login_required
@require_safe
def team_ledger(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Answer with a month of a team's ledger as a file."""
    return _ledger(request, open_team(request.user, team_id, Right.MANAGE).team, None)


@login_required
@require_POST
def team_budget(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Set what a team, one of its projects or one of its people may spend in a month."""
    opened = open_team(request.user, team_id, Right.MANAGE)
    whose: dict[str, Any] = {}
    if request.POST.get("project"):
        whose["project"] = get_object_or_404(Project, pk=_id(request.POST["project"]), team=opened.team)
    elif request.POST.get("person"):
        whose["user"] = get_object_or_404(User, pk=_id(request.POST["person"]), memberships__team=opened.team)
    problem = _set_cap(request, opened.team, **whose)
    if problem:
        return _team_page(request, opened, problem=problem)
    return redirect("generation:team_costs", opened.team.pk)


def _project_page(request: HttpRequest, opened: OpenProject, *, problem: dict[str, str] | None = None) -> HttpResponse:
    project = opened.project
    rehearsal = _rehearsal(request, default=project.rehearsal)
    shown = costs.costs_of(
        project.team, project, month=costs.month_named(request.GET.get("month", "")), rehearsal=rehearsal
    )
    context = {
        "opened": opened,
        "project": project,
        "costs": shown,
        "mine": shown.standing.of(project.pk),
        "me": shown.standing.of(opened.user.pk),
        "asked": _asked(shown),
        "other_books": _asked(shown, rehearsal=not rehearsal),
        "problem": problem,
    }
    return render(request, "generation/costs.html", context, status=REFUSED if problem else 200)


def _team_page(request: HttpRequest, opened: OpenTeam, *, problem: dict[str, str] | None = None) -> HttpResponse:
    rehearsal = _rehearsal(request, default=False)
    shown = costs.costs_of(
        opened.team, None, month=costs.month_named(request.GET.get("month", "")), rehearsal=rehearsal
    )
    context = {
        "team": opened.team,
        "opened_team": opened,
        "costs": shown,
        "asked": _asked(shown),
        "other_books": _asked(shown, rehearsal=not rehearsal),
        "problem": problem,
    }
    return render(request, "generation/costs_team.html", context, status=REFUSED if problem else 200)


def _set_cap(request: HttpRequest, team: Team, **whose: Any) -> dict[str, str] | None:
    """Set a cap, or return whose it would have been, what was typed and what is wrong with it.

    Raises:
        PermissionDenied: the person's role may not change this one.
    """
    actor = request.user
    if not isinstance(actor, User):
        raise PermissionDenied
    form = BudgetForm(request.POST)
    typed = {
        "whose": str(next((one.pk for one in whose.values()), team.pk)),
        "typed": request.POST.get("cap", "")[:40],
    }
    if not form.is_valid():
        return {**typed, "says": str(form.errors["cap"][0])}
    try:
        budgets.set_cap(actor=actor, team=team, cap=form.cleaned_data["cap"], **whose)
    except ImpossibleBudget as error:
        return {**typed, "says": str(error)}
    messages.success(request, "The budget is set. It holds from this month on.")
    return None


def _ledger(request: HttpRequest, team: Team, project: Project | None) -> HttpResponse:
    month = costs.month_named(request.GET.get("month", ""))
    rehearsal = _rehearsal(request, default=False)
    answer = HttpResponse(
        statement(team, project, month=month, rehearsal=rehearsal), content_type="text/csv; charset=utf-8"
    )
    name = slugify(project.name if project is not None else team.name) or "ledger"
    kind = "-rehearsal" if rehearsal else ""
    answer["Content-Disposition"] = f'attachment; filename="{name[:60]}-{month:%Y-%m}{kind}.csv"'
    return answer


def _rehearsal(request: HttpRequest, *, default: bool) -> bool:
    books = request.GET.get("books", "")
    return default if books not in ("real", "rehearsal") else books == "rehearsal"


def _asked(shown: costs.Costs, *, rehearsal: bool | None = None) -> str:
    """Return the part of an address that asks for the same month of the same books, or of the others."""
    other = shown.rehearsal if rehearsal is None else rehearsal
    return urlencode({"month": f"{shown.month:%Y-%m}", "books": "rehearsal" if other else "real"})


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
