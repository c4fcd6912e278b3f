"""The one door: a person, a project and a needed right go in; the project comes out, or a refusal.

HTML, REST and sockets all come through here. Strangers get the same answer as for a project that
does not exist; members without the right are told which role they would need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import Http404

from accounts.models import Membership, User
from accounts.policies import GRANTS, REFUSALS, Right
from projects.models import Project


@dataclass(frozen=True, slots=True)
class OpenProject:
    """A project that a person may enter, with what they may do in it."""

    project: Project
    user: User
    role: str

    def allows(self, right: Right) -> bool:
        """Return whether the person holds a right here."""
        return right in GRANTS.get(self.role, frozenset())

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
    if not isinstance(user, User) or not user.is_active:
        raise Http404("No such project.")
    try:
        wanted = UUID(str(project_id))
    except ValueError:
        raise Http404("No such project.") from None
    role = Membership.objects.filter(user=user, team=OuterRef("team")).values("role")
    project = (
        Project.objects.for_user(user)
        .select_related("team")
        .annotate(viewer_role=Subquery(role))
        .filter(pk=wanted)
        .first()
    )
    if project is None:
        raise Http404("No such project.")
    opened = OpenProject(project=project, user=user, role=vars(project)["viewer_role"])
    if not opened.allows(right):
        raise PermissionDenied(REFUSALS[right])
    return opened
