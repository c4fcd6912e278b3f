"""What is shown of takes, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Dollars, Person, Query, Text, Truth, WholeNumber
from accounts.rest.showing import Shown
from projects.api.base import PageInProject
from projects.commenting import TEXT_LIMIT
from projects.drawings import STROKES_LIMIT
from scenes.api.shown_assets import AssetOut
from scenes.models import Take
from scenes.rushes import MOST_COMPARED

LONGEST_MS = 24 * 60 * 60 * 1000


class TakeQuery(PageInProject):
    """Which takes; each filter narrows further."""

    shot = serializers.UUIDField(required=False)
    kind = serializers.ChoiceField(choices=Take.Kind.choices, required=False)
    verdict = serializers.ChoiceField(choices=["none", "approved", "changes"], required=False)
    starred = Truth(required=False)
    waiting = Truth(required=False, help_text="Only those that wait for their review.")


class TakeOut(Shown):
    """A take: a file that stands for a shot, or for one of its lines."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    scene = serializers.UUIDField(source="shot.scene_id")
    shot = serializers.UUIDField(source="shot_id")
    shot_label = serializers.CharField(source="shot.label")
    line = serializers.UUIDField(source="line_id", allow_null=True, help_text="Of a voice: whose words.")
    kind = serializers.ChoiceField(choices=Take.Kind.choices)
    number = serializers.IntegerField(help_text="Counted in its shot, by kind.")
    selected = serializers.SerializerMethodField()
    asset = AssetOut()
    film_asset = serializers.UUIDField(source="film_asset_id", help_text="The file in the film's own format.")
    verdict = serializers.SerializerMethodField()
    verdict_by = Person(allow_null=True)
    verdict_at = serializers.DateTimeField(allow_null=True)
    starred_at = serializers.DateTimeField(allow_null=True)
    note = serializers.UUIDField(source="note_id", allow_null=True, help_text="The comment that asked for it.")
    created_by = Person(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_selected(self, take: Take) -> bool:
        """Whether it is the one that goes into the film."""
        return take.pk in (take.shot.still_id, take.shot.clip_id, take.line.voice_id if take.line else None)

    def get_verdict(self, take: Take) -> str:
        """none, approved or changes."""
        return take.verdict or "none"


class TakeWithInputs(TakeOut):
    """A take with all that went into it."""

    inputs = serializers.JSONField(help_text="Model, prompt, seed and every other parameter, for use again.")


class SeenIn(Body):
    """A verdict."""

    seen = serializers.ChoiceField(
        choices=["none", "approved", "changes"],
        required=False,
        help_text="The verdict that you saw; refused where somebody else has judged it since.",
    )


class SendBackIn(SeenIn):
    """Why a take needs another try."""

    text = Text(max_length=TEXT_LIMIT, required=False, default="")
    time_ms = WholeNumber(
        max_value=LONGEST_MS, required=False, default=None, allow_null=True, help_text="Where in the take."
    )
    drawing = serializers.ListField(
        child=serializers.JSONField(),
        max_length=STROKES_LIMIT,
        required=False,
        default=list,
        help_text='Strokes on the frame: {"tool": "pen", "colour": "amber", "points": [[0.1, 0.2], …]}.',
    )


class CompareQuery(Query):
    """Which takes, of one project."""

    takes = Text(max_length=MOST_COMPARED * 40, help_text=f"Ids of two to {MOST_COMPARED} takes, with commas between.")


class DifferenceOut(serializers.Serializer[Any]):
    """A setting in which takes differ."""

    name = serializers.CharField()
    values = serializers.ListField(
        child=serializers.CharField(allow_blank=True), help_text="In the order of the takes."
    )


class PieceOut(serializers.Serializer[Any]):
    """Some words of a prompt: the same as in the first take's, new, or gone."""

    how = serializers.CharField(source="kind")
    text = serializers.CharField()


class ComparisonOut(serializers.Serializer[Any]):
    """How takes differ; what is the same in all of them is empty."""

    takes = TakeOut(many=True)
    settings = DifferenceOut(many=True)
    costs_usd = serializers.ListField(child=Dollars(allow_null=True), help_text="Null for what a person brought.")
    prompts = serializers.ListField(
        child=serializers.ListField(child=PieceOut()), help_text="Each prompt against the first one, in pieces."
    )
