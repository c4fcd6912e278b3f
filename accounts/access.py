"""The door to a team's own pages: a person, a team and a needed right go in; the team comes out, or a refusal.

What lies in a project has a door of its own, ``projects.access``. The answers are the same: strangers learn nothing,
members without the right are told which role they would need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.models import Membership, Team, User
from accounts.policies import REFUSALS, Right, grants


@dataclass(frozen=True, slots=True)
class OpenTeam:
    """A team that a person belongs to, with what they may do in it."""

    team: Team
    user: User
    role: str

    def allows(self, right: Right) -> bool:
        """Return whether the person holds a right here."""
        return grants(self.role, right)

    @property
    def can_spend(self) -> bool:
        """May start generations."""
        return self.allows(Right.SPEND)

    @property
    def can_manage(self) -> bool:
        """May set budgets and say yes."""
        return self.allows(Right.MANAGE)

    @property
    def can_own(self) -> bool:
        """May change the team itself."""
        return self.allows(Right.OWN)


def open_team(user: Any, team_id: UUID, right: Right) -> OpenTeam:
    """Open a team for a person.

    Args:
        user: whoever asks; anonymous is a stranger.
        team_id: the team's id.
        right: what they are about to do.

    Raises:
        Http404: there is no such team for this person.
        PermissionDenied: they are a member, but their role lacks the right; the message names the way out.
    """
    if not isinstance(user, User) or not user.is_active:
        raise Http404("No such team.")
    membership = Membership.objects.of(user).filter(team=team_id).select_related("team").first()
    if membership is None:
        raise Http404("No such team.")
    opened = OpenTeam(team=membership.team, user=user, role=membership.role)
    if not opened.allows(right):
        raise PermissionDenied(REFUSALS[right])
    return opened
