"""The people in a team."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import OpenTeam, open_team
from accounts.api.shown import MemberOut, RemovalOut, RoleIn
from accounts.models import ApiToken
from accounts.policies import Right
from accounts.rest.operations import Example, operation
from accounts.rest.views import Resource
from accounts.services import change_role, remove_member, restore_member
from accounts.teams import Member, members_of


def _member(opened: OpenTeam, person_id: UUID) -> Member:
    found = next((member for member in members_of(opened) if member.person.pk == person_id), None)
    if found is None:
        raise Http404("No such member.")
    return found


class Members(Resource):
    """The people in a team."""

    tag = "members"

    @operation(answer=MemberOut, listed=True)
    def get(self, request: Request, team_id: UUID) -> Response:
        """List the people in a team, owners first."""
        return self.answer(members_of(open_team(self.person, team_id, self.needs)))


class OneMember(Resource):
    """Somebody in a team."""

    tag = "members"

    @operation(answer=MemberOut)
    def get(self, request: Request, team_id: UUID, person_id: UUID) -> Response:
        """Read what somebody is in a team."""
        return self.answer(_member(open_team(self.person, team_id, self.needs), person_id))

    @operation(
        answer=MemberOut,
        body=RoleIn,
        needs=Right.MANAGE,
        scope=ApiToken.Scope.SPEND,
        refusals={409: ["not_possible: they are the only owner"]},
        examples=[Example("An artist", {"role": "artist"})],
    )
    def patch(self, request: Request, team_id: UUID, person_id: UUID) -> Response:
        """Make a member something else. Only owners decide who is an owner or producer."""
        opened = open_team(self.person, team_id, self.needs)
        change_role(opened=opened, person_id=person_id, role=self.sent["role"])
        # Who has changed their own role may not manage the team any more, and has done it.
        return self.answer(_member(open_team(self.person, team_id, Right.SEE), person_id))

    @operation(answer=RemovalOut, needs=Right.MANAGE, refusals={409: ["not_possible: they are the only owner"]})
    def delete(self, request: Request, team_id: UUID, person_id: UUID) -> Response:
        """Remove a member: what they have open closes, what they made stays. It can be taken back for an hour."""
        opened = open_team(self.person, team_id, self.needs)
        return self.answer(remove_member(opened=opened, person_id=person_id))


class UndoRemoval(Resource):
    """Taking a removal back."""

    tag = "members"

    @operation(
        answer=MemberOut,
        needs=Right.MANAGE,
        scope=ApiToken.Scope.SPEND,
        refusals={409: ["not_possible: too long ago, or they are back already"]},
    )
    def post(self, request: Request, team_id: UUID, event_id: int) -> Response:
        """Take a removal back: the person is what they were before."""
        opened = open_team(self.person, team_id, self.needs)
        back = restore_member(opened=opened, event_id=event_id)
        return self.answer(_member(opened, back.user_id))
