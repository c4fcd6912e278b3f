"""Deleting a whole project and taking it back. It waits for 30 days, hidden everywhere, with everything in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import doors
from accounts.models import Membership, User
from accounts.policies import GRANTS, Right
from projects import events
from projects.access import OpenProject
from projects.bins import days_left
from projects.models import Project
from projects.trash import TRASH_DAYS, put_in, take_out

_LONGEST = 1_000


class NameDiffers(Exception):
    """What was typed is not the project's name. The message says what to type; nothing was deleted."""


@dataclass(frozen=True, slots=True)
class DeletedProject:
    """A project in the trash, as a page shows it."""

    project: Project
    days_left: int


_when_deleted: list[Callable[[OpenProject], Any]] = []


def when_deleted(do: Callable[[OpenProject], Any]) -> None:
    """Register what must end when a project goes into the trash; called before that, in no transaction."""
    if do not in _when_deleted:
        _when_deleted.append(do)


def delete_project(*, opened: OpenProject, typed_name: str) -> None:
    """Put a project into the trash: orders that are not sent yet end, nobody finds it, open pages are told.

    Args:
        opened: the project, opened to manage.
        typed_name: the project's name as the person typed it; case and spaces at the ends do not matter.

    Raises:
        NameDiffers: it is another name.
    """
    if _plain(typed_name) != _plain(opened.project.name):
        raise NameDiffers(f"Type the project’s name, “{opened.project.name}”, to delete it.")
    # Each order in a transaction of its own: all in one would hold the project's row against the engine.
    for do in _when_deleted:
        do(opened)
    with transaction.atomic():
        if not put_in(opened.project, opened.user):
            return
        events.record(opened.project.pk, "project_deleted", {"name": opened.project.name}, actor=opened.user)
        for member in Membership.objects.filter(team=opened.project.team_id).values_list("user", flat=True):
            doors.changed(member)


@transaction.atomic
def undelete_project(*, opened: OpenProject) -> None:
    """Take a project out of the trash, with everything in it. Orders that were cancelled stay so.

    Args:
        opened: the project, opened in the trash to manage (``open_deleted``).
    """
    if take_out(opened.project):
        events.record(opened.project.pk, "project_undeleted", {"name": opened.project.name}, actor=opened.user)


def deleted_projects(user: Any) -> list[DeletedProject]:
    """Return the deleted projects that a person may take back, the latest first.

    Args:
        user: a member; they manage projects in the teams that count here.
    """
    rows = restorable_by(user).select_related("team", "deleted_by").order_by("-deleted_at")
    return [DeletedProject(row, days_left(row.deleted_at)) for row in rows if row.deleted_at]


def restorable_by(user: Any) -> QuerySet[Project]:
    """Return the projects in the trash of the teams in which a person manages projects, while their time lasts."""
    if not isinstance(user, User) or not user.is_active:
        return Project.objects.none()
    roles = [role for role, rights in GRANTS.items() if Right.MANAGE in rights]
    teams = Membership.objects.of(user).filter(role__in=roles).values("team")
    limit = timezone.now() - timedelta(days=TRASH_DAYS)
    return Project.objects.filter(team__in=teams, deleted_at__gte=limit, purged_at=None)


def _plain(name: str) -> str:
    # No project has a longer name, and sorting many marks on one letter takes the square of them.
    return " ".join(unicodedata.normalize("NFC", name[:_LONGEST]).split()).casefold()
