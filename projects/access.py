"""The one door: a person, a project and a needed right go in; the project comes out, or a refusal.

HTML, REST and sockets all come through here. Strangers get the same answer as for a project that
does not exist; members without the right are told which role they would need.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404
from django.utils import timezone

from accounts.models import Membership, User
from accounts.policies import GRANTS, REFUSALS, Right
from projects.models import Project
from projects.trash import TRASH_DAYS


@dataclass(frozen=True, slots=True)
class OpenProject:
    """A project that a person may enter, with what they may do in it.

    ``by_staff`` says that they came by the admin, which is a door of its own: its people need no membership.
    """

    project: Project
    user: User
    role: str
    by_staff: bool = False

    def allows(self, right: Right) -> bool:
        """Return whether the person holds a right here."""
        return right in GRANTS.get(self.role, frozenset())

    @property
    def can_review(self) -> bool:
        """May approve, and send back."""
        return self.allows(Right.REVIEW)

    @property
    def can_create(self) -> bool:
        """May change the film."""
        return self.allows(Right.CREATE)

    @property
    def can_spend(self) -> bool:
        """May start generations."""
        return self.allows(Right.SPEND)

    @property
    def can_manage(self) -> bool:
        """May change the project itself."""
        return self.allows(Right.MANAGE)


def open_project(user: Any, project_id: UUID | str, right: Right) -> OpenProject:
    """Open a project for a person.

    Args:
        user: whoever asks; anonymous is a stranger.
        project_id: the project's id.
        right: what they are about to do.

    Raises:
        Http404: there is no such project for this person.
        PermissionDenied: they are a member, but their role lacks the right; the message names the way out.
    """
    return _open(user, Project.objects.for_user(user), project_id, right)


def open_deleted(user: Any, project_id: UUID | str, right: Right) -> OpenProject:
    """Open a project that is in the trash, to take it out again; the same door otherwise.

    Args:
        user: whoever asks; anonymous is a stranger.
        project_id: the project's id.
        right: what they are about to do.

    Raises:
        Http404: there is no such project in the trash of a team of this person, or its time is over.
        PermissionDenied: they are a member, but their role lacks the right; the message names the way out.
    """
    opened = _open(user, Project.objects.of_members(user), project_id, right)
    since, limit = opened.project.deleted_at, timezone.now() - timedelta(days=TRASH_DAYS)
    if since is None or since < limit or opened.project.purged_at is not None:
        raise Http404("No such project in the trash.")
    return opened


def ask_again(opened: OpenProject, right: Right) -> OpenProject:
    """Ask once more, in the caller's transaction, what a person may do by now; for what costs money.

    Between opening a project and writing lies the time in which a request is worked out. Who takes somebody's role away
    waits until the transaction ends, so that nothing of theirs is bought afterwards.

    Returns:
        The project with the role that they have by now.

    Raises:
        Http404: they are no member any more.
        PermissionDenied: their role lacks the right by now; the message names the way out.
    """
    if opened.by_staff:
        return opened
    there = Membership.objects.select_for_update(no_key=True).filter(team=opened.project.team_id, user=opened.user)
    role = there.values_list("role", flat=True).first()
    if role is None:
        raise Http404("No such project.")
    now = replace(opened, role=role)
    if not now.allows(right):
        raise PermissionDenied(REFUSALS[right])
    return now


def _open(user: Any, projects: QuerySet[Project], project_id: UUID | str, right: Right) -> OpenProject:
    if not isinstance(user, User) or not user.is_active:
        raise Http404("No such project.")
    try:
        wanted = UUID(str(project_id))
    except ValueError:
        raise Http404("No such project.") from None
    role = Membership.objects.of(user).filter(team=OuterRef("team")).values("role")
    project = projects.select_related("team").annotate(viewer_role=Subquery(role)).filter(pk=wanted).first()
    if project is None:
        raise Http404("No such project.")
    opened = OpenProject(project=project, user=user, role=vars(project)["viewer_role"])
    if not opened.allows(right):
        raise PermissionDenied(REFUSALS[right])
    return opened
