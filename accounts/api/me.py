"""Oneself."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.shown import MeChange, MeOut
from accounts.rest.operations import Example, operation
from accounts.rest.views import Resource
from accounts.services import change_profile


class Me(Resource):
    """The caller."""

    tag = "me"

    @operation(answer=MeOut, needs=None)
    def get(self, request: Request) -> Response:
        """Read who you are."""
        return self.answer(self.person)

    @operation(
        answer=MeOut,
        body=MeChange,
        needs=None,
        people_only=True,
        examples=[Example("A name", {"name": "Mara Lindqvist"})],
    )
    def patch(self, request: Request) -> Response:
        """Change how colleagues see you, in all your teams."""
        return self.answer(change_profile(user=self.person, name=self.sent["name"]))
