"""Tokens."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import open_team
from accounts.api.shown import TokenIn, TokenMade, TokenOut
from accounts.models import ApiToken
from accounts.rest.operations import Example, operation
from accounts.rest.tokens import create_token, revoke_token
from accounts.rest.views import Resource


class Tokens(Resource):
    """The tokens of a team."""

    tag = "tokens"

    @operation(answer=TokenOut, paged=True)
    def get(self, request: Request, team_id: UUID) -> Response:
        """List your tokens in a team; owners see everybody's."""
        return self.page(ApiToken.objects.seen_by(open_team(self.person, team_id, self.needs)))

    @operation(
        answer=TokenMade,
        body=TokenIn,
        status=201,
        once=False,
        people_only=True,
        refusals={409: ["not_possible"]},
        examples=[Example("For a nightly run", {"name": "Nightly", "scopes": ["read", "spend"], "days": 30})],
    )
    def post(self, request: Request, team_id: UUID) -> Response:
        """Make a token. Its text is in this answer and nowhere else."""
        opened = open_team(self.person, team_id, self.needs)
        token, text = create_token(opened=opened, **self.sent)
        token.token = text  # type: ignore[attr-defined]
        return self.answer(token)


class Token(Resource):
    """One token."""

    tag = "tokens"

    @operation(answer=TokenOut)
    def get(self, request: Request, team_id: UUID, token_id: UUID) -> Response:
        """Read what a token may do and when it was used."""
        opened = open_team(self.person, team_id, self.needs)
        return self.answer(self.one(ApiToken.objects.seen_by(opened), token_id))

    @operation()
    def delete(self, request: Request, team_id: UUID, token_id: UUID) -> Response:
        """Revoke a token at once; a token may revoke itself."""
        revoke_token(opened=open_team(self.person, team_id, self.needs), token_id=token_id)
        return self.answer(None)
