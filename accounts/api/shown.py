"""What is shown of people and teams, and what is said of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from accounts import log
from accounts.models import ApiToken, Role, TeamEvent
from accounts.rest.fields import Body, Person, Text, WholeNumber, Word
from accounts.rest.tokens import LONGEST_DAYS
from accounts.services import UNDO_WITHIN
from accounts.teams import Member

MOST_INVITED = 50


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


class MeOut(serializers.Serializer[Any]):
    """You."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField(allow_blank=True, help_text="As you have said it.")
    shown_name = serializers.CharField(help_text="As colleagues see it: what stands before the @ while there is none.")
    initials = serializers.CharField()


class MeChange(Body):
    """What is to be another."""

    name = Text(max_length=120, trim_whitespace=True)


class TeamIn(Body):
    """A team's name."""

    name = Word(max_length=120)


class MemberOut(serializers.Serializer[Any]):
    """Somebody in a team."""

    id = serializers.UUIDField(source="person.id")
    name = serializers.CharField(source="person.shown_name")
    email = serializers.EmailField(source="person.email")
    role = serializers.ChoiceField(choices=Role.choices, source="membership.role")
    since = serializers.DateTimeField(source="membership.created_at")
    seen_at = serializers.DateTimeField(allow_null=True, help_text="When they were last here.")
    is_active = serializers.BooleanField(source="person.is_active", help_text="False: the account is closed.")
    may_become = serializers.SerializerMethodField(help_text="The roles that you may give them.")

    def get_may_become(self, member: Member) -> list[str]:
        """Return them, the lowest first."""
        return [] if member.last_owner else [choice.value for choice in member.roles]


class RoleIn(Body):
    """What somebody will be."""

    role = serializers.ChoiceField(choices=Role.choices)


class RemovalOut(serializers.Serializer[Any]):
    """A removal that can be taken back."""

    id = serializers.IntegerField()
    person = Person()
    undo_until = serializers.SerializerMethodField()

    def get_undo_until(self, removal: TeamEvent) -> datetime:
        """Until then it can be taken back."""
        return removal.created_at + UNDO_WITHIN


class InvitationOut(serializers.Serializer[Any]):
    """A place in a team that nobody has taken yet."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)
    invited_by = Person(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    expired = serializers.BooleanField(source="is_over", help_text="Send it again for a new link.")


class InvitationSent(serializers.Serializer[Any]):
    """An invitation, and whether its mail has left."""

    invitation = InvitationOut()
    mailed = serializers.BooleanField(help_text="False: the mail server does not answer. Send it again later.")


class OneInvitationIn(RoleIn):
    """Whom to invite, and as what."""

    email = serializers.EmailField(max_length=254)


class InvitationsIn(Body):
    """Whom to invite: all of them, or nobody."""

    invitations = OneInvitationIn(many=True, min_length=1, max_length=MOST_INVITED)  # type: ignore[call-arg]

    def validate_invitations(self, value: list[dict[str, str]]) -> list[dict[str, str]]:
        """Refuse an address that comes twice."""
        if len({one["email"].lower() for one in value}) < len(value):
            raise serializers.ValidationError("Name each address once.")
        return value


class AcceptIn(Body):
    """The invitation."""

    token = Word(max_length=200, help_text="The last part of the link in the mail.")


class TeamEventOut(serializers.Serializer[Any]):
    """Something that was done in a team."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=TeamEvent.Kind.choices)
    actor = Person(allow_null=True)
    person = Person(allow_null=True, help_text="Whom it concerns.")
    who = serializers.SerializerMethodField()
    what = serializers.SerializerMethodField(help_text="To be read after “who”.")
    created_at = serializers.DateTimeField()

    def get_who(self, event: TeamEvent) -> str:
        """Who did it, by name."""
        return log.who(event)

    def get_what(self, event: TeamEvent) -> str:
        """What was done, in words."""
        return log.sentence(event)
