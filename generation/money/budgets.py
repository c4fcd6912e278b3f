"""Budgets: what a team, its projects and its people may spend in a month, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BigIntegerField, OuterRef, Q, QuerySet, Subquery
from django.http import Http404

from accounts.models import Membership, Team, User
from accounts.policies import REFUSALS, Right, grants
from generation.models import Budget, Counter
from generation.models.money import Scope
from generation.money.budget_alerts import WARN_AT_PERCENT, nearly_spent
from generation.money.counters import RIGHT_FOR, default_cap, lock_teams, this_month
from generation.money.wording import dollars
from projects import events
from projects.access import OpenProject
from projects.models import Project

MOST_CAP = 1_000_000 * 1_000_000


class ImpossibleBudget(Exception):
    """An amount that cannot be a budget; the message says what can."""


# --- changing --------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_cap(
    *, actor: User, team: Team, cap: int | None, project: Project | None = None, user: User | None = None
) -> None:
    """Set what a team, one of its projects or one of its people may spend in a month, from this month on.

    It may be less than what is spent and held already: then nothing new is started.

    Args:
        actor: who asks; an owner for the team's own, also a producer for a project's or a person's.
        team: the team.
        cap: micro-units; None takes the cap away, and for a team brings back the installation's usual one.
        project: one of the team's, when it is about that.
        user: a member of the team, when it is about them.

    Raises:
        Http404: the actor, the project or the person does not belong to the team.
        PermissionDenied: the actor's role may not do this; the message names the way out.
        ImpossibleBudget: the amount is less than nothing, or beyond all reason.
    """
    scope = Scope.PROJECT if project is not None else Scope.USER if user is not None else Scope.TEAM
    _require(actor, team, RIGHT_FOR[scope])
    if project is not None and (user is not None or project.team_id != team.pk):
        raise Http404("No such project in this team.")
    if user is not None and not Membership.objects.filter(team=team, user=user).exists():
        raise Http404("No such person in this team.")
    if cap is not None and not 0 <= cap <= MOST_CAP:
        raise ImpossibleBudget(f"A monthly budget is between {dollars(0)} and {dollars(MOST_CAP)}.")
    # Those who make counters copy the caps into them, and wait here.
    lock_teams([team.pk])
    rows = Budget.objects.filter(team=team, project=project, user=user)
    before = rows.values_list("cap", flat=True).first()
    if cap is None:
        rows.delete()
    else:
        Budget.objects.update_or_create(
            team=team, project=project, user=user, defaults={"cap": cap, "changed_by": actor}
        )
    _change_counters(team, scope, (project or user or team).pk, cap)
    _tell(actor, project or user or team, scope, before, cap)


def _require(actor: User, team: Team, right: Right) -> None:
    role = Membership.objects.of(actor).filter(team=team).values_list("role", flat=True).first()
    if role is None or not actor.is_active:
        raise Http404("No such team.")
    if not grants(role, right):
        raise PermissionDenied(REFUSALS[right])


def _change_counters(team: Team, scope: Scope, scope_id: UUID, cap: int | None) -> None:
    """Let this month's counters, those of rehearsals too, have the new cap; and a new warning when there is room."""
    if cap is None and scope is Scope.TEAM:
        cap = default_cap()
    counters = Counter.objects.filter(team=team, scope=scope, scope_id=scope_id, month=this_month())
    counters.update(cap=cap)
    counters.exclude(nearly_spent()).update(warned_at=None)


def _tell(actor: User, whose: Team | Project | User, scope: Scope, before: int | None, after: int | None) -> None:
    """Leave a trace: in the log of what was changed by whom, and in the feed of the project that it is about."""
    words = [dollars(cap) if cap is not None else "none" for cap in (before, after)]
    LogEntry.objects.log_actions(
        actor.pk, [whose], CHANGE, f"Monthly budget: {words[0]} → {words[1]}", single_object=True
    )
    if scope is Scope.PROJECT:
        events.record(whose.pk, "budget_changed", {"scope": scope, "before": before, "after": after}, actor=actor)


def needs_yes(opened: OpenProject, total: int) -> bool:
    """Return whether something is so dear that a producer must agree before it is sent.

    Args:
        opened: the project, opened by whoever asks.
        total: micro-units that the one action may cost.
    """
    limit = opened.project.approval_limit
    return limit is not None and total > limit and not opened.allows(Right.MANAGE)


# --- looking ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """How a team, a project or a person stands in a month. Money in micro-units.

    Attributes:
        scope: ``team``, ``project`` or ``user``.
        id: whose line it is.
        name: the same for people.
        cap: None where there is none.
        held: for what is being made, at its estimate.
        spent: as charged.
        deleted: of a project in the trash, or gone from it: nothing more can be asked for there.
    """

    scope: str
    id: UUID
    name: str
    cap: int | None
    held: int
    spent: int
    deleted: bool = False

    @property
    def said(self) -> str:
        """The name, with a word on a project that is not there any more."""
        return f"{self.name} (deleted)" if self.deleted else self.name

    @property
    def used(self) -> int:
        """What is not there any more."""
        return self.held + self.spent

    @property
    def left(self) -> int | None:
        """What may still be asked for; None without a cap."""
        return None if self.cap is None else max(self.cap - self.used, 0)

    @property
    def share(self) -> float | None:
        """How much of the cap is used, 1.0 being all of it; None without a cap."""
        if self.cap is None:
            return None
        return self.used / self.cap if self.cap else 1.0

    @property
    def nearly_spent(self) -> bool:
        """Whether people are warned."""
        return self.share is not None and self.share * 100 >= WARN_AT_PERCENT


@dataclass(frozen=True, slots=True)
class Standing:
    """A team's month: its own line, one for each project and each person. Who left, and what was deleted, counts on."""

    month: date
    rehearsal: bool
    team: Line
    projects: list[Line]
    people: list[Line]

    def of(self, scope_id: UUID) -> Line | None:
        """Return the line of a project or person."""
        return next((line for line in (*self.projects, *self.people) if line.id == scope_id), None)


def standing(team: Team, month: date | None = None, *, rehearsal: bool = False) -> Standing:
    """Return how a team and everything in it stand, in three queries.

    Args:
        team: the team; whoever calls has made sure that the viewer may see its money.
        month: its first day; this month when None.
        rehearsal: the books of simulated providers instead.
    """
    month = month or this_month()
    counters = Counter.objects.filter(team=team, month=month, rehearsal=rehearsal)
    budgets = Budget.objects.filter(team=team)
    paid = counters.filter(scope=Scope.USER).values("scope_id")
    spent_in = Project.objects.filter(
        Q(deleted_at=None) | Q(pk__in=counters.filter(scope=Scope.PROJECT).values("scope_id")), team=team
    )
    teams = _with_money(Team.objects.filter(pk=team.pk), counters, budgets.filter(project=None, user=None))
    projects = _with_money(spent_in.order_by("name"), counters, budgets.filter(project=OuterRef("pk")))
    people = _with_money(
        User.objects.filter(Q(pk__in=Membership.objects.filter(team=team).values("user")) | Q(pk__in=paid)),
        counters,
        budgets.filter(user=OuterRef("pk")),
    )
    return Standing(
        month=month,
        rehearsal=rehearsal,
        team=_line(Scope.TEAM, teams.get(), team.name, default_cap()),
        projects=[
            replace(_line(Scope.PROJECT, project, project.name, None), deleted=project.deleted_at is not None)
            for project in projects
        ],
        people=[_line(Scope.USER, user, user.shown_name, None) for user in people.order_by("name", "email")],
    )


def _with_money(rows: QuerySet[Any], counters: QuerySet[Counter], budgets: QuerySet[Budget]) -> QuerySet[Any]:
    own = counters.filter(scope_id=OuterRef("pk"))
    money = {name: Subquery(own.values(name)[:1]) for name in ("held", "spent")}
    # A counter keeps the cap of its month, which may be another one than today's, or none.
    annotated: QuerySet[Any] = rows.annotate(
        counter_id=Subquery(own.values("pk")[:1]),
        counter_cap=Subquery(own.values("cap")[:1]),
        budget_cap=Subquery(budgets.values("cap")[:1], output_field=BigIntegerField()),
        **money,
    )
    return annotated


def _line(scope: Scope, row: Any, name: str, default: int | None) -> Line:
    cap = row.counter_cap if row.counter_id is not None else row.budget_cap
    if cap is None and row.counter_id is None:
        cap = default
    return Line(scope, row.pk, name, cap, row.held or 0, row.spent or 0)
