"""Which projects and events, and for whom. The viewer, or a project that was opened for them, comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models

from accounts.models import User
from projects.trash import TrashableQuerySet

if TYPE_CHECKING:
    from projects.models import Event, Notification, Project  # noqa: F401


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects."""

    def for_user(self, user: Any) -> ProjectQuerySet:
        """Return the projects of the teams that a person belongs to; nobody else's, none in the trash."""
        return self.of_members(user).filter(deleted_at=None)

    def of_members(self, user: Any) -> ProjectQuerySet:
        """Return the projects of the teams that a person belongs to, those in the trash included."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        mine = self.filter(team__memberships__user=user)
        return mine if user.only_team is None else mine.filter(team=user.only_team)

    def current(self) -> ProjectQuerySet:
        """Leave out archived ones, and those in the trash."""
        return self.filter(archived_at=None, deleted_at=None)


class CommentQuerySet(TrashableQuerySet):
    """Comments."""

    def of(self, project: Project) -> CommentQuerySet:
        """Return an opened project's comments, those in the trash left out."""
        return self.kept().filter(project=project)

    def with_people(self) -> CommentQuerySet:
        """Fetch everybody who is named beside a comment along with it."""
        return self.select_related("author", "guest", "resolved_by").prefetch_related("mentions")

    def talk(self, project: Project) -> CommentQuerySet:
        """Return an opened project's comments; answers to what is in the trash wait there with it."""
        return self.of(project).filter(parent__deleted_at=None)

    def about(self, project: Project, kind: str, subject_id: UUID) -> CommentQuerySet:
        """Return what was said about one thing in an opened project, the oldest first."""
        return self.of(project).filter(subject_kind=kind, subject_id=subject_id).order_by("created_at")


class NotificationQuerySet(models.QuerySet["Notification"]):
    """What waits for people's attention."""

    def for_user(self, user: Any) -> NotificationQuerySet:
        """Return a person's own, of projects that they may still enter and of comments that are there; latest first."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        mine = self.filter(user=user, project__deleted_at=None, project__team__memberships__user=user)
        mine = mine.filter(comment__deleted_at=None)
        if user.only_team is not None:
            mine = mine.filter(project__team=user.only_team)
        return mine.order_by("-created_at", "-pk")

    def unread(self) -> NotificationQuerySet:
        """Leave out what was read."""
        return self.filter(read_at=None)


class EventQuerySet(models.QuerySet["Event"]):
    """Events."""

    def after(self, project: Project, number: int) -> EventQuerySet:
        """Return the events of an opened project that follow a number, in order."""
        return self.filter(project=project, number__gt=number).order_by("number")
