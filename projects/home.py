"""What the team's home shows, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Membership, Team, User
from accounts.policies import GRANTS, Right
from projects.models import Event, Project


def projects_of(user: Any, *, archived: bool = False) -> list[Project]:
    """Return a person's projects with their teams, the liveliest first; ``active_at`` is their latest event's time.

    Args:
        user: whose.
        archived: those that were put away instead of the current ones.
    """
    latest = Event.objects.filter(project=OuterRef("pk")).order_by("-number").values("created_at")[:1]
    rows = Project.objects.for_user(user).select_related("team")
    rows = rows.exclude(archived_at=None) if archived else rows.current()
    return list(rows.annotate(active_at=Coalesce(Subquery(latest), "created_at")).order_by("-active_at"))


def by_team(projects: Sequence[Project], teams: Sequence[Team]) -> list[tuple[Team, list[Project]]]:
    """Return each of a person's teams with its projects in their order, teams with the liveliest ones first.

    Args:
        projects: as ``projects_of`` lists them.
        teams: all teams of the person.
    """
    found: dict[Team, list[Project]] = {}
    for project in projects:
        found.setdefault(project.team, []).append(project)
    for team in teams:
        found.setdefault(team, [])
    return list(found.items())


def memberships_of(user: Any) -> list[Membership]:
    """Return a person's places in teams, by the team's name; none for a visitor."""
    if not isinstance(user, User):
        return []
    return list(Membership.objects.of(user).select_related("team").order_by("team__name"))


def teams_to_begin_in(user: Any) -> list[Team]:
    """Return the teams in which a person may begin and manage projects, by name; none for a visitor."""
    if not isinstance(user, User):
        return []
    roles = [role for role, rights in GRANTS.items() if Right.MANAGE in rights]
    members = Membership.objects.of(user).filter(role__in=roles).select_related("team").order_by("team__name")
    return [membership.team for membership in members]
