"""What a project generates with, whether that is rehearsed, and what needs a producer's yes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken
from accounts.policies import Right
from accounts.rest.fields import Body, Dollars, Text, Truth
from accounts.rest.operations import Example, operation
from generation.choosing.preferences import change_preferences
from projects.api.base import ProjectResource


class PreferencesOut(serializers.Serializer[Any]):
    """How a project generates."""

    still_model = serializers.CharField(help_text="Empty: the built-in one.")
    clip_model = serializers.CharField(help_text="Empty: the built-in one.")
    voice_model = serializers.CharField(help_text="Empty: the built-in one.")
    text_model = serializers.CharField(help_text="Writes; empty: the first that the team can ask.")
    rehearsal = serializers.BooleanField(help_text="Paid models are simulated: real prices and times, no real money.")
    approval_limit_usd = Dollars(
        source="approval_limit", allow_null=True, help_text="What one action may cost without a producer's yes."
    )


class PreferencesChange(Body):
    """What is to be another; what is left out stays."""

    still_model = Text(max_length=80, required=False)
    clip_model = Text(max_length=80, required=False)
    voice_model = Text(max_length=80, required=False)
    text_model = Text(max_length=80, required=False)
    rehearsal = Truth(required=False)
    approval_limit_usd = Dollars(source="approval_limit", required=False, allow_null=True)


class Preferences(ProjectResource):
    """A project's preferences."""

    tag = "projects"

    @operation(answer=PreferencesOut, needs=Right.MANAGE)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Read what a project generates with."""
        return self.answer(self.open(project_id).project)

    @operation(
        answer=PreferencesOut,
        body=PreferencesChange,
        needs=Right.MANAGE,
        scope=ApiToken.Scope.SPEND,
        examples=[Example("A rehearsal first", {"rehearsal": True, "approval_limit_usd": "5.00"})],
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        """Change what a project generates with from now on; nothing that exists is made again by this."""
        opened = self.open(project_id)
        change_preferences(opened=opened, changes=self.sent)
        return self.answer(opened.project)
