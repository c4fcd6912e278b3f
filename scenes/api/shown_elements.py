"""What is shown of elements, and what is said of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.rest.fields import Body, Text, Word
from projects.api.base import PageInProject
from scenes.models import Element
from scenes.services.elements import DESCRIPTION_LIMIT, MOST_PICTURES, NAME_LIMIT, VOICE_LIMIT


class ElementQuery(PageInProject):
    """Which elements."""

    kind = serializers.ChoiceField(choices=Element.Kind.choices, required=False)


class ElementOut(serializers.Serializer[Any]):
    """A character, location or prop that comes back through the film."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    kind = serializers.ChoiceField(choices=Element.Kind.choices)
    name = serializers.CharField(source="shown_name")
    names = serializers.ListField(
        child=serializers.CharField(), help_text="Every name that the script may have for it."
    )
    handle = serializers.CharField(help_text="What prompts call it, after an @. For life.")
    description = serializers.CharField(help_text="What it looks like; goes into prompts.")
    voice = serializers.CharField(help_text="The voice model's name for its voice; empty: by its name.")
    voice_model = serializers.CharField(help_text="Who speaks for it; empty: the project's voice model.")
    pictures = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_pictures(self, element: Any) -> list[UUID]:
        """The files that show it, the portrait first."""
        return [picture.asset_id for picture in element.pictures.all()]


class ElementIn(Body):
    """A new element."""

    project = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Element.Kind.choices)
    name = Word(max_length=NAME_LIMIT)
    description = Text(max_length=DESCRIPTION_LIMIT, required=False, default="")


class ElementChange(Body):
    """What is to be another; what is left out stays. The old name stays known to the script."""

    name = Word(max_length=NAME_LIMIT, required=False)
    description = Text(max_length=DESCRIPTION_LIMIT, required=False)
    voice = Text(
        max_length=VOICE_LIMIT,
        required=False,
        help_text="As it stands; `PUT /elements/{id}/voice-sample` knows which voices there are.",
    )


class PicturesIn(Body):
    """Which files show an element."""

    pictures = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_PICTURES,
        help_text="Pictures of the project, the portrait first.",
    )


class MergeIn(Body):
    """Which element it is in truth."""

    into = serializers.UUIDField()


class ElementShot(serializers.Serializer[Any]):
    """A shot that shows an element."""

    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    scene = serializers.UUIDField(source="scene_id")
    still = serializers.UUIDField(source="still_id", allow_null=True)
    clip = serializers.UUIDField(source="clip_id", allow_null=True)
