"""What is shown of projects, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Dollars, PageQuery, Query, Text, Truth, Word
from projects.models import Project


class ProjectOut(serializers.Serializer[Any]):
    """A project."""

    id = serializers.UUIDField()
    team = serializers.UUIDField(source="team_id")
    name = serializers.CharField()
    logline = serializers.CharField(help_text="The film in a sentence.")
    resolution = serializers.ChoiceField(choices=Project.Look.choices)
    fps = serializers.ChoiceField(choices=Project.FrameRate.choices, help_text="Frames a second.")
    style = serializers.CharField(help_text="Added to every prompt.")  # type: ignore[assignment]
    still_model = serializers.CharField(help_text="Makes stills; empty: the built-in one.")
    clip_model = serializers.CharField(help_text="Makes clips; empty: the built-in one.")
    voice_model = serializers.CharField(help_text="Speaks; empty: the built-in one.")
    rehearsal = serializers.BooleanField(help_text="Paid models are simulated: real prices and times, no real money.")
    approval_limit_usd = Dollars(
        source="approval_limit", allow_null=True, help_text="What one action may cost without a producer's yes."
    )
    last_event = serializers.IntegerField(source="last_event_number", help_text="The number of the latest event.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)


class ProjectQuery(PageQuery):
    """Which projects."""

    team = serializers.UUIDField(required=False)
    archived = Truth(required=False, default=False, help_text="Those that were put away instead.")
    ordering = serializers.ChoiceField(
        choices=["-created_at", "created_at", "name"], required=False, default="-created_at"
    )


class ProjectChange(Body):
    """What is to be another; what is left out stays."""

    name = Word(max_length=120, required=False)
    logline = Text(max_length=300, required=False)
    resolution = serializers.ChoiceField(choices=Project.Look.choices, required=False)
    fps = serializers.ChoiceField(choices=Project.FrameRate.choices, required=False)
    style = Text(max_length=300, required=False)  # type: ignore[assignment]


class ProjectIn(ProjectChange):
    """A new project."""

    team = serializers.UUIDField()
    name = Word(max_length=120)


class ProjectDeleteQuery(Query):
    """Which project is meant."""

    name = Word(max_length=120, help_text="The project's name, so that no other is deleted by mistake.")
