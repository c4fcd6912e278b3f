"""Teams."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import open_team
from accounts.api.shown import TeamEventOut, TeamIn, TeamOut
from accounts.log import events_of
from accounts.models import Membership
from accounts.policies import Right
from accounts.rest.operations import Example, operation
from accounts.rest.views import Resource
from accounts.services import create_team, leave_team, rename_team
from accounts.teams import teams_of


class Teams(Resource):
    """The caller's teams."""

    tag = "teams"

    @operation(answer=TeamOut, listed=True, needs=None)
    def get(self, request: Request) -> Response:
        """List the teams that you belong to; with a token, the one that it is for."""
        return self.answer(teams_of(self.person))

    @operation(
        answer=TeamOut,
        body=TeamIn,
        status=201,
        needs=None,
        people_only=True,
        examples=[Example("A company", {"name": "Harbour Pictures"})],
    )
    def post(self, request: Request) -> Response:
        """Begin another team, as its owner; a token, which is for one team, would not see it."""
        made = create_team(name=self.sent["name"], owner=self.person)
        membership = Membership.objects.select_related("team").get(team=made, user=self.person)
        return self.answer(membership, location=reverse("api:team", args=[made.pk]))


class Team(Resource):
    """One team."""

    tag = "teams"

    @operation(answer=TeamOut)
    def get(self, request: Request, team_id: UUID) -> Response:
        """Read a team, with your role in it."""
        return self.answer(open_team(self.person, team_id, self.needs))

    @operation(
        answer=TeamOut, body=TeamIn, needs=Right.OWN, examples=[Example("Another name", {"name": "Harbour Films"})]
    )
    def patch(self, request: Request, team_id: UUID) -> Response:
        """Give a team another name."""
        rename_team(opened=open_team(self.person, team_id, self.needs), name=self.sent["name"])
        return self.answer(open_team(self.person, team_id, self.needs))


class LeaveTeam(Resource):
    """Leaving a team."""

    tag = "teams"

    @operation(refusals={409: ["not_possible: you are its only owner"]})
    def post(self, request: Request, team_id: UUID) -> Response:
        """Leave a team: its projects are closed to you at once, and your tokens end. What you made stays."""
        leave_team(opened=open_team(self.person, team_id, self.needs))
        return self.answer(None)


class TeamLog(Resource):
    """What was done in a team."""

    tag = "teams"

    @operation(answer=TeamEventOut, paged=True)
    def get(self, request: Request, team_id: UUID) -> Response:
        """List who came, who left and who may do what, the latest first."""
        return self.page(events_of(open_team(self.person, team_id, self.needs).team))
