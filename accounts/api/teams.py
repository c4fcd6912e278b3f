"""Teams."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import open_team
from accounts.api.shown import TeamOut
from accounts.rest.operations import operation
from accounts.rest.views import Resource
from accounts.teams import teams_of


class Teams(Resource):
    """The caller's teams."""

    tag = "teams"

    @operation(answer=TeamOut, listed=True, needs=None)
    def get(self, request: Request) -> Response:
        """List the teams that you belong to; with a token, the one that it is for."""
        return self.answer(teams_of(self.person))


class Team(Resource):
    """One team."""

    tag = "teams"

    @operation(answer=TeamOut)
    def get(self, request: Request, team_id: UUID) -> Response:
        """Read a team, with your role in it."""
        return self.answer(open_team(self.person, team_id, self.needs))
