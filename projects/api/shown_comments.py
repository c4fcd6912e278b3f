"""What is shown of comments, and what is said in them."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Person, Text, Truth, WholeNumber
from projects.api.base import PageInProject
from projects.commenting import LONGEST_MS, TEXT_LIMIT
from projects.drawings import STROKES_LIMIT, DrawingError, read_drawing
from projects.models import Subject

MOST_NAMED = 50
_TOGETHER = "Name both “subject_kind” and “subject_id”."


class Drawing(serializers.ListField):
    """Strokes on a frame."""

    def __init__(self, **options: Any) -> None:
        words = 'Strokes on the frame: {"tool": "pen", "colour": "amber", "points": [[0.1, 0.2], …]}.'
        super().__init__(
            **{"child": serializers.JSONField(), "max_length": STROKES_LIMIT, "help_text": words, **options}
        )

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        """Return the strokes, each in shares of the frame."""
        try:
            return read_drawing(json.dumps(super().to_internal_value(data)))
        except DrawingError as error:
            raise serializers.ValidationError(str(error)) from None


class GuestOut(serializers.Serializer[Any]):
    """Somebody who came by a review link."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class CommentOut(serializers.Serializer[Any]):
    """What somebody said about something."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    subject_kind = serializers.ChoiceField(choices=Subject.choices)
    subject_id = serializers.UUIDField()
    shot = serializers.UUIDField(source="shot_id", allow_null=True, help_text="The shot that it belongs to.")
    parent = serializers.UUIDField(source="parent_id", allow_null=True, help_text="What it answers.")  # type: ignore[assignment]
    author = Person(allow_null=True)
    guest = GuestOut(allow_null=True)
    text = serializers.CharField(allow_blank=True)
    time_ms = serializers.IntegerField(allow_null=True, help_text="Where in the take.")
    drawing = serializers.JSONField(help_text="Strokes on the frame.")
    mentions = Person(many=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_by = Person(allow_null=True)
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)


class CommentQuery(PageInProject):
    """Which comments; each filter narrows further."""

    subject_kind = serializers.ChoiceField(choices=Subject.choices, required=False)
    subject_id = serializers.UUIDField(required=False)
    shot = serializers.UUIDField(required=False, help_text="About a shot, or a take of it.")
    parent = serializers.UUIDField(  # type: ignore[assignment]
        required=False, help_text="Answers to this comment."
    )
    review_link = serializers.UUIDField(required=False, help_text="What guests of this link said.")
    resolved = Truth(required=False, help_text="Threads that are done, or those that are not; answers are left out.")
    ordering = serializers.ChoiceField(choices=["created_at", "-created_at"], required=False, default="created_at")

    def validate(self, attrs: Any) -> Any:
        """Ask for a whole subject."""
        if ("subject_kind" in attrs) != ("subject_id" in attrs):
            raise serializers.ValidationError(_TOGETHER)
        return attrs


class CommentWords(Body):
    """Words, and who is meant in them."""

    text = Text(max_length=TEXT_LIMIT, required=False, default="", help_text="“@” and a name tells that person.")
    mentions = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_NAMED,
        required=False,
        default=list,
        help_text="Ids of people who are named in the text: they tell people of the same name apart.",
    )


class CommentIn(CommentWords):
    """Something to say about something, or an answer."""

    project = serializers.UUIDField()
    subject_kind = serializers.ChoiceField(choices=Subject.choices, required=False)
    subject_id = serializers.UUIDField(required=False)
    parent = serializers.UUIDField(  # type: ignore[assignment]
        required=False, allow_null=True, default=None, help_text="What it answers; the subject may be left out then."
    )
    time_ms = WholeNumber(
        max_value=LONGEST_MS, required=False, allow_null=True, default=None, help_text="Where in the take."
    )
    drawing = Drawing(required=False, default=list)

    def validate(self, attrs: Any) -> Any:
        """Ask for a whole subject, or for what is answered."""
        whole, any_of_it = {"subject_kind", "subject_id"} <= set(attrs), {"subject_kind", "subject_id"} & set(attrs)
        if not whole and (any_of_it or attrs["parent"] is None):
            raise serializers.ValidationError(_TOGETHER)
        return attrs


class CommentChange(CommentWords):
    """Other words."""

    text = Text(max_length=TEXT_LIMIT)
