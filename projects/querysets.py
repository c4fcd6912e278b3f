"""Which projects and events, and for whom. The viewer, or a project that was opened for them, comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from accounts.models import User

if TYPE_CHECKING:
    from projects.models import Event, Project  # noqa: F401


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects."""

    def for_user(self, user: Any) -> ProjectQuerySet:
        """Return the projects of the teams that a person belongs to; nobody else's, staff included."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        return self.filter(team__memberships__user=user)

    def current(self) -> ProjectQuerySet:
        """Leave out archived ones."""
        return self.filter(archived_at=None)


class EventQuerySet(models.QuerySet["Event"]):
    """Events."""

    def after(self, project: Project, number: int) -> EventQuerySet:
        """Return the events of an opened project that follow a number, in order."""
        return self.filter(project=project, number__gt=number).order_by("number")
