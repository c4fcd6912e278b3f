"""What waits for a person over all their projects, and what these have spent this month. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, F
from django.utils import timezone

from accounts.models import Invitation, Membership, User
from accounts.policies import Right, grants
from generation.models import Batch, Counter, Job
from generation.models.jobs import Approval
from generation.models.money import Scope
from generation.money.counters import this_month
from generation.states import JobState
from projects.access import OpenProject
from projects.models import Notification, Project
from scenes.models import Shot, Take

MOST_SHOTS = 8
MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Pile:
    """How much of one kind waits in a project."""

    project: Project
    count: int


@dataclass(frozen=True, slots=True)
class Due:
    """A shot that was given to the person."""

    shot: Shot
    project: Project
    today: date

    @property
    def tone(self) -> str:
        """How pressing it is: ``warn`` when the day has passed, ``accent`` within two days."""
        if self.shot.due_on is None:
            return ""
        days = (self.shot.due_on - self.today).days
        return "warn" if days < 0 else "accent" if days <= 2 else ""


@dataclass(frozen=True, slots=True)
class Spending:
    """A project's month in micro-units; ``share`` is of its cap, in per cent, None without one."""

    project: Project
    spent: int
    cap: int | None

    @property
    def share(self) -> int | None:
        """How much of the cap is gone."""
        if self.cap is None:
            return None
        return min(100, round(self.spent * 100 / self.cap)) if self.cap else 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """Everything that waits for one person."""

    reviews: list[Pile] = field(default_factory=list)
    mine: list[Due] = field(default_factory=list)
    mine_more: int = 0
    approvals: list[Batch] = field(default_factory=list)
    unknown: list[Pile] = field(default_factory=list)
    words: list[Notification] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)
    spending: list[Spending] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any((self.reviews, self.mine, self.approvals, self.unknown, self.words, self.invitations))


def waiting_for(user: Any, *, opened: OpenProject | None = None) -> Waiting:
    """Return what waits for a person.

    Args:
        user: whose.
        opened: only what waits in this project that they have opened.
    """
    if not isinstance(user, User):
        return Waiting()
    if opened is not None:
        roles = {opened.project.team_id: opened.role}
        projects = {opened.project.pk: opened.project} if opened.project.archived_at is None else {}
    else:
        roles = dict(Membership.objects.of(user).values_list("team", "role"))
        rows = Project.objects.for_user(user).current().select_related("team")
        projects = {project.pk: project for project in rows}
    reviewed = _where(projects, roles, Right.REVIEW)
    managed = _where(projects, roles, Right.MANAGE)
    shots = Shot.objects.filter(scene__project__in=projects).in_film()
    mine = shots.filter(assignee=user).exclude(status=Shot.Status.APPROVED).select_related("scene")
    due = list(mine.order_by(F("due_on").asc(nulls_last=True), "scene__position", "position")[: MOST_SHOTS + 1])
    count = len(due) if len(due) <= MOST_SHOTS else mine.count()
    today = timezone.localdate()
    words = (
        Notification.objects.for_user(user)
        .unread()
        .filter(project__in=projects, kind__in=(Notification.Kind.MENTION, Notification.Kind.REPLY))
        .select_related("project", "actor")
    )
    invitations = Invitation.objects.filter(
        email__iexact=user.email, accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
    ).select_related("team", "invited_by")
    return Waiting(
        reviews=_to_review(projects, reviewed),
        mine=[Due(shot, projects[shot.scene.project_id], today) for shot in due[:MOST_SHOTS]],
        mine_more=count - min(count, MOST_SHOTS),
        approvals=list(
            Batch.objects.filter(project__in=managed, approval=Approval.WAITING)
            .select_related("project", "created_by")
            .order_by("created_at")[:10]
        ),
        unknown=_unknown(projects, managed),
        words=list(words[:MOST_WORDS]),
        invitations=[] if opened else list(invitations),
        spending=_spending(projects),
    )


def _where(projects: dict[UUID, Project], roles: dict[UUID, str], right: Right) -> list[UUID]:
    return [pk for pk, project in projects.items() if grants(roles.get(project.team_id, ""), right)]


def _to_review(projects: dict[UUID, Project], reviewed: Sequence[UUID]) -> list[Pile]:
    takes = Take.objects.filter(project__in=reviewed).in_review().not_in_a_clip().order_by()
    counts = takes.values_list("project").annotate(count=Count("pk"))
    return [Pile(projects[pk], count) for pk, count in counts.order_by("-count")]


def _unknown(projects: dict[UUID, Project], managed: Sequence[UUID]) -> list[Pile]:
    jobs = Job.objects.filter(project__in=managed, state=JobState.UNKNOWN).order_by()
    return [Pile(projects[pk], count) for pk, count in jobs.values_list("project").annotate(Count("pk"))]


def _spending(projects: dict[UUID, Project]) -> list[Spending]:
    rows = Counter.objects.filter(
        scope=Scope.PROJECT, scope_id__in=projects, month=this_month(), rehearsal=False
    ).values_list("scope_id", "spent", "held", "cap")
    found = {pk: (spent + held, cap) for pk, spent, held, cap in rows}
    return [Spending(project, *found.get(pk, (0, None))) for pk, project in projects.items()]
