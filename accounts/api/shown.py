"""What is shown of people and teams, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import ApiToken, Role
from accounts.rest.fields import Body, Person, WholeNumber, Word
from accounts.rest.tokens import LONGEST_DAYS


class TeamOut(serializers.Serializer[Any]):
    """A team, with what the caller is in it."""

    id = serializers.UUIDField(source="team.id")
    name = serializers.CharField(source="team.name")
    role = serializers.ChoiceField(choices=Role.choices)
    created_at = serializers.DateTimeField(source="team.created_at")


class TokenOut(serializers.Serializer[Any]):
    """A token, without its text."""

    id = serializers.UUIDField()
    team = serializers.UUIDField(source="team_id")
    name = serializers.CharField()
    begins_with = serializers.CharField(source="shown", help_text="By which people recognise it.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=ApiToken.Scope.choices))
    person = Person(source="user")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class TokenMade(TokenOut):
    """A new token, with its text: nobody can read it again."""

    token = serializers.CharField(help_text="Keep it now: it is shown this once.")


class TokenIn(Body):
    """What a token is for and what it may do."""

    name = Word(max_length=80)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=ApiToken.Scope.choices), min_length=1, max_length=3
    )
    days = WholeNumber(
        min_value=1, max_value=LONGEST_DAYS, default=90, allow_null=True, help_text="Null: until it is revoked."
    )
