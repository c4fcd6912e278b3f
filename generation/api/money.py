"""Money: what may be spent, what was, on what and by whom, and each line of the ledger."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.text import slugify
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Team, User
from accounts.policies import Right
from accounts.rest.operations import Example, operation
from generation.api.jobs import ID, SPEND
from generation.api.money_shown import (
    BudgetIn,
    BudgetsOut,
    CapIn,
    EntryOut,
    LedgerQuery,
    MonthQuery,
    ProjectBudgetOut,
    UsageOut,
)
from generation.api.providers import TeamResource
from generation.models import Entry
from generation.money import budgets, costs
from generation.money.room import room_for
from generation.money.statement import statement
from projects.access import OpenProject
from projects.api.base import ProjectResource
from projects.models import Project
from scenes.api.bytes import FileAnswer

CSV = "text/csv"


class Budgets(TeamResource):
    """The budgets of a team."""

    tag = "budgets"

    @operation(answer=BudgetsOut, query=MonthQuery, needs=Right.MANAGE)
    def get(self, request: Request, team_id: UUID) -> Response:
        """Read what a team, its projects and its people may spend in a month, and how they stand."""
        opened, asked = self.open(team_id), self.asked or {}
        return self.answer(budgets.standing(opened.team, _month(asked), rehearsal=bool(asked.get("rehearsal"))))

    @operation(
        answer=BudgetsOut,
        body=BudgetIn,
        needs=Right.MANAGE,
        scope=SPEND,
        examples=[Example("Of a project", {"cap_usd": "250.00", "project": ID}), Example("None", {"cap_usd": None})],
    )
    def put(self, request: Request, team_id: UUID) -> Response:
        """Set what a team, one of its projects or one of its people may spend in a month, from this month on.

        Producers set those of projects and people, owners also the team's own.
        """
        opened, said = self.open(team_id), self.sent
        whose: dict[str, Any] = {}
        if "project" in said:
            projects = Project.objects.for_user(self.person).filter(team=opened.team)
            whose["project"] = self.one(projects, said["project"])
        elif "person" in said:
            whose["user"] = self.one(User.objects.filter(memberships__team=opened.team), said["person"])
        budgets.set_cap(actor=self.person, team=opened.team, cap=said["cap_usd"], **whose)
        return self.answer(budgets.standing(opened.team))


class ProjectBudget(ProjectResource):
    """The budget of a project."""

    tag = "budgets"

    @operation(answer=ProjectBudgetOut)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Read what a project and you yourself may spend this month, and what is left under the tightest cap."""
        return self.answer(_of_project(self.open(project_id)))

    @operation(
        answer=ProjectBudgetOut,
        body=CapIn,
        needs=Right.MANAGE,
        scope=SPEND,
        examples=[Example("A cap", {"cap_usd": "250.00"})],
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        """Set what a project may spend in a month, from this month on."""
        opened = self.open(project_id)
        team, project = opened.project.team, opened.project
        budgets.set_cap(actor=self.person, team=team, cap=self.sent["cap_usd"], project=project)
        return self.answer(_of_project(opened))


def _of_project(opened: OpenProject) -> dict[str, Any]:
    standing = budgets.standing(opened.project.team, rehearsal=opened.project.rehearsal)
    return {
        "month": standing.month,
        "rehearsal": standing.rehearsal,
        "project": standing.of(opened.project.pk),
        "person": standing.of(opened.user.pk),
        "room": room_for(opened, 0),
    }


# --- the ledger ------------------------------------------------------------------------------------------------------


class ProjectLedger(ProjectResource):
    """The ledger of a project."""

    tag = "ledger"

    @operation(answer=EntryOut, query=LedgerQuery, paged=True)
    def get(self, request: Request, project_id: UUID) -> Response:
        """List what was reserved, settled, released and corrected in a project, the latest first."""
        return self.page(_lines(Entry.objects.filter(project=self.open(project_id).project), self.asked), "-pk")


class TeamLedger(TeamResource):
    """The ledger of a team."""

    tag = "ledger"

    @operation(answer=EntryOut, query=LedgerQuery, paged=True, needs=Right.MANAGE)
    def get(self, request: Request, team_id: UUID) -> Response:
        """List what was reserved, settled, released and corrected in a team, the latest first."""
        return self.page(_lines(Entry.objects.filter(team=self.open(team_id).team), self.asked), "-pk")


class ProjectStatement(FileAnswer, ProjectResource):
    """A month of a project's ledger."""

    tag = "ledger"

    @operation(query=MonthQuery, media=CSV)
    def get(self, request: Request, project_id: UUID) -> HttpResponse:
        """Download a month of a project's ledger as comma-separated values."""
        project = self.open(project_id).project
        return _file(project.team, project, self.asked)


class TeamStatement(FileAnswer, TeamResource):
    """A month of a team's ledger."""

    tag = "ledger"

    @operation(query=MonthQuery, media=CSV, needs=Right.MANAGE)
    def get(self, request: Request, team_id: UUID) -> HttpResponse:
        """Download a month of a team's ledger as comma-separated values."""
        return _file(self.open(team_id).team, None, self.asked)


def _lines(rows: QuerySet[Entry], asked: dict[str, Any]) -> QuerySet[Entry]:
    rows = rows.filter(rehearsal=asked["rehearsal"])
    if "month" in asked:
        rows = rows.filter(month=_month(asked))
    return rows.select_related("user", "attempt__job").defer(
        "attempt__body", "attempt__outputs", "attempt__job__prompt"
    )


def _file(team: Team, project: Project | None, asked: dict[str, Any]) -> HttpResponse:
    month, rehearsal = _month(asked), asked["rehearsal"]
    text = statement(team, project, month=month, rehearsal=rehearsal)
    name = slugify(project.name if project is not None else team.name) or "ledger"
    kind = "-rehearsal" if rehearsal else ""
    answer = HttpResponse(text, content_type=f"{CSV}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name[:60]}-{month:%Y-%m}{kind}.csv"'
    return answer


def _month(asked: dict[str, Any]) -> date:
    return costs.month_named(asked.get("month", ""))


# --- usage -----------------------------------------------------------------------------------------------------------


class ProjectUsage(ProjectResource):
    """What a project costs."""

    tag = "usage"

    @operation(answer=UsageOut, query=MonthQuery)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Read what was spent in a project in a month: by day, model, scene, shot and person."""
        project = self.open(project_id).project
        return self.answer(_usage(project.team, project, self.asked))


class TeamUsage(TeamResource):
    """What a team costs."""

    tag = "usage"

    @operation(answer=UsageOut, query=MonthQuery, needs=Right.MANAGE)
    def get(self, request: Request, team_id: UUID) -> Response:
        """Read what was spent in a team in a month: by day, model, project and person."""
        return self.answer(_usage(self.open(team_id).team, None, self.asked))


def _usage(team: Team, project: Project | None, asked: dict[str, Any]) -> dict[str, Any]:
    found = costs.costs_of(team, project, month=_month(asked), rehearsal=asked["rehearsal"])
    own = found.standing.of(project.pk) if project is not None else found.standing.team
    return {"costs": found, "held": own.held if own is not None else 0}
