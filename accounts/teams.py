"""What a team's page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db.models import Case, IntegerField, OuterRef, Subquery, Value, When

from accounts.access import OpenTeam
from accounts.invitations import waiting_in
from accounts.log import Line, lines_of
from accounts.models import Invitation, Membership, Role, User
from accounts.policies import ROLES_IN_WORDS, gives

_RANK = Case(*(When(role=role, then=Value(rank)) for rank, role in enumerate(Role.values)), output_field=IntegerField())


@dataclass(frozen=True, slots=True)
class Choice:
    """A role that somebody may be given."""

    value: str
    label: str
    may: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person in the team, as the viewer sees them."""

    membership: Membership
    seen_at: datetime | None
    is_viewer: bool
    roles: list[Choice]
    last_owner: bool

    @property
    def person(self) -> User:
        """Who it is."""
        return self.membership.user


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation that nobody has accepted."""

    invitation: Invitation
    mine: bool


@dataclass(frozen=True, slots=True)
class TeamPage:
    """Everything that the page shows."""

    members: list[Member]
    waiting: list[Waiting]
    choices: list[Choice]
    log: list[Line]

    @property
    def may_leave(self) -> bool:
        """Whether the viewer is not the one owner without whom nobody could do everything."""
        return not any(member.is_viewer and member.last_owner for member in self.members)


def choices_for(role: str) -> list[Choice]:
    """Return the roles that somebody with a role may give, the lowest first."""
    may = [Choice(one.value, one.label, ROLES_IN_WORDS[one]) for one in Role if gives(role, one)]
    return may[::-1]


def page_of(opened: OpenTeam) -> TeamPage:
    """Return a team's people, open invitations and log as a member may see them; four queries."""
    waiting = [Waiting(row, gives(opened.role, row.role)) for row in waiting_in(opened)]
    return TeamPage(members_of(opened), waiting, choices_for(opened.role), lines_of(opened.team))


def members_of(opened: OpenTeam) -> list[Member]:
    """Return a team's people as a member may see them, owners first; one query."""
    seen = UserSession.objects.filter(user=OuterRef("user")).order_by("-last_seen_at").values("last_seen_at")[:1]
    rows = list(
        Membership.objects.filter(team=opened.team)
        .select_related("user")
        .annotate(seen_at=Subquery(seen), rank=_RANK)
        .order_by("rank", "created_at")
    )
    owners = sum(row.role == Role.OWNER and row.user.is_active for row in rows)
    choices = choices_for(opened.role)
    return [
        Member(
            membership=row,
            seen_at=vars(row)["seen_at"],
            is_viewer=row.user_id == opened.user.pk,
            roles=choices if gives(opened.role, row.role) else [],
            last_owner=row.role == Role.OWNER and owners < 2,
        )
        for row in rows
    ]


def teams_of(user: User) -> list[Membership]:
    """Return a person's memberships with their teams, by name."""
    return list(Membership.objects.of(user).select_related("team").order_by("team__name", "team_id"))
