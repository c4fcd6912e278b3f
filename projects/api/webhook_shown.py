"""What is shown of webhooks and what was sent, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, PageQuery, Person, Text, Truth, Word
from projects.models import Delivery
from projects.outgoing.endpoints import LONGEST_URL
from projects.outgoing.patterns import LONGEST_PATTERN, MOST_PATTERNS


class WebhookOut(serializers.Serializer[Any]):
    """Where a team wants to hear of events; the secret is not shown."""

    id = serializers.UUIDField()
    team = serializers.UUIDField(source="team_id")
    project = serializers.UUIDField(source="project_id", allow_null=True, help_text="Null: all projects of the team.")
    url = serializers.CharField()
    description = serializers.CharField()
    types = serializers.ListField(child=serializers.CharField(), help_text="Patterns, one of which an event matches.")
    state = serializers.ChoiceField(
        choices=["on", "failing", "off"], help_text="Failing: the latest was not taken, and is sent again."
    )
    disabled_at = serializers.DateTimeField(allow_null=True)
    disabled_reason = serializers.CharField()
    failing_since = serializers.DateTimeField(allow_null=True)
    given_up = serializers.ListField(
        child=serializers.CharField(),
        help_text="Types of which one was not taken in all its attempts: the next are tried once, until one is taken.",
    )
    next_attempt_at = serializers.DateTimeField(source="due_at", allow_null=True)
    last_taken_at = serializers.DateTimeField(allow_null=True)
    created_by = Person(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class WebhookMade(WebhookOut):
    """A webhook with a new secret: nobody can read it again."""

    secret = serializers.CharField(help_text="Keep it now: it is shown this once. whsec_ and base64.")


class WebhookChange(Body):
    """What is to be another; what is left out stays."""

    url = Word(max_length=LONGEST_URL, required=False, help_text="A public address that begins with https://.")
    types = serializers.ListField(
        child=Word(max_length=LONGEST_PATTERN),
        min_length=1,
        max_length=MOST_PATTERNS,
        required=False,
        help_text="Types of events; * stands for any letters: take_added, video_generation_*, *.",
    )
    project = serializers.UUIDField(required=False, allow_null=True, help_text="Only of this one; null: of all.")
    description = Text(max_length=120, required=False)


class WebhookIn(WebhookChange):
    """A new webhook."""

    team = serializers.UUIDField()
    url = Word(max_length=LONGEST_URL, help_text="A public address that begins with https://.")
    types = serializers.ListField(
        child=Word(max_length=LONGEST_PATTERN),
        min_length=1,
        max_length=MOST_PATTERNS,
        help_text="Types of events; * stands for any letters: take_added, video_generation_*, *.",
    )


class WebhookQuery(PageQuery):
    """Of which team."""

    team = serializers.UUIDField()


class NewSecret(Body):
    """How the old secret ends."""

    at_once = Truth(
        required=False, default=False, help_text="It signs nothing more, because a stranger has it; otherwise for 24 h."
    )


class TurnOn(Body):
    """From where to go on."""

    missed = Truth(help_text="Send what was missed first; false: leave it out.")


class Since(Body):
    """Since when."""

    since = serializers.DateTimeField(help_text="Of the entries in the log.")


class Redelivered(serializers.Serializer[Any]):
    """How much is sent again."""

    count = serializers.IntegerField()


class Attempted(serializers.Serializer[Any]):
    """One attempt."""

    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True, help_text="Of HTTP; null: no answer.")
    milliseconds = serializers.IntegerField()
    error = serializers.CharField(help_text="Why it failed; empty where it was taken.")


class DeliveryOut(serializers.Serializer[Any]):
    """One event on its way to one webhook."""

    id = serializers.UUIDField()
    webhook = serializers.UUIDField(source="endpoint_id")
    message_id = serializers.CharField(help_text="The webhook-id: the same at each attempt.")
    type = serializers.CharField()
    project = serializers.UUIDField(source="event.project_id", default=None, allow_null=True)
    event = serializers.IntegerField(
        source="event.number", default=None, allow_null=True, help_text="Its number in the project; null: a test."
    )
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    attempts = serializers.IntegerField(help_text="Since it was last put into the queue.")
    next_attempt_at = serializers.DateTimeField(source="due_at", allow_null=True)
    status = serializers.IntegerField(allow_null=True, help_text="Of HTTP, the latest; null: no answer.")
    answer = serializers.CharField(help_text="The first 2,048 bytes of the latest answer.")
    error = serializers.CharField(help_text="Why the latest attempt failed; empty where it was taken.")
    tries = Attempted(many=True, help_text="The latest 20 attempts.")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class DeliveryQuery(PageQuery):
    """Of which webhook, and how they stand."""

    webhook = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Delivery.State.choices, required=False)
