"""What people do with accounts and teams."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Membership, Role, Team, User


@transaction.atomic
def create_team(*, name: str, owner: User) -> Team:
    """Make a team and its owner's membership.

    Args:
        name: shown to everybody in the team; shortened to 120 characters.
        owner: the person who may do everything in it.
    """
    team = Team.objects.create(name=name.strip()[:120] or f"{owner.shown_name}'s team")
    Membership.objects.create(team=team, user=owner, role=Role.OWNER)
    return team
