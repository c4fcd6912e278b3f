"""What is shown of pieces of writing, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Dollars, Person, Text, Truth, WholeNumber
from generation.models import Writing
from generation.states import JobState
from generation.writing import tasks
from generation.writing.shapes import MOST_SCENES, MOST_SHOTS

MOST_WISH = 200


class WritingOut(serializers.Serializer[Any]):
    """What somebody has had written, and what became of it."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    job = serializers.UUIDField(source="job_id", help_text="Its job: price, failure, the words so far.")
    kind = serializers.ChoiceField(choices=Writing.Kind.choices)
    state = serializers.ChoiceField(choices=JobState.choices, source="job.state")
    reason = serializers.CharField(source="job.failure_text", help_text="Why it failed, for people.")
    result = serializers.DictField(
        help_text="An outline, `{text}` or `{shots}` that were proposed; empty where it became a version of the script."
    )
    before = serializers.SerializerMethodField(
        help_text="The words that it would replace, or goes on from; in lists, the first 2,000 characters."
    )
    cut = serializers.CharField(help_text="Why it is not whole: `stopped`, `length`, or `broken` off; empty: it is.")
    version = serializers.IntegerField(
        source="script.version", default=None, allow_null=True, help_text="Of the script, that it became."
    )
    set_aside = serializers.BooleanField(
        help_text="Somebody had changed the script meanwhile: theirs is the latest. Apply it to make this the latest."
    )
    follows = serializers.UUIDField(source="outline_id", allow_null=True, help_text="The outline of a screenplay.")
    scene = serializers.UUIDField(source="scene_id", allow_null=True)
    shot = serializers.UUIDField(source="shot_id", allow_null=True)
    element = serializers.UUIDField(source="element_id", allow_null=True)
    decision = serializers.ChoiceField(choices=Writing.Decision.choices)
    decided_by = Person(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_before(self, row: Writing) -> str:
        """Return the words, or their beginning where the list has read no more."""
        begins: str | None = getattr(row, "before_begins", None)
        return row.before if begins is None else begins


class WritingText(WritingOut):
    """The same, with the words that came."""

    text = serializers.CharField(source="job.result_text", help_text="What has come so far, as it came.")
    stale = serializers.CharField(help_text="Why a proposal no longer fits; empty: it does.")
    decidable = serializers.BooleanField(help_text="Whether it can be applied or left now.")


class WritingIn(Body):
    """What is to be written. Which fields count depends on the kind."""

    kind = serializers.ChoiceField(choices=Writing.Kind.choices)
    idea = Text(max_length=tasks.MOST_IDEA, required=False, default="", help_text="`outline`: what the film is about.")
    minutes = serializers.FloatField(
        min_value=tasks.LEAST_MINUTES, max_value=tasks.MOST_MINUTES, required=False, default=5.0
    )
    genre = Text(max_length=MOST_WISH, required=False, default="")
    tone = Text(max_length=MOST_WISH, required=False, default="")
    language = Text(max_length=MOST_WISH, required=False, default="", help_text="Empty: that of the idea.")
    then_screenplay = Truth(required=False, default=False, help_text="`outline`: write the screenplay as well.")
    writing = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="`screenplay`: the outline to follow; `continuation`: the unfinished screenplay.",
    )
    passage = Text(
        max_length=tasks.MOST_PASSAGE, required=False, default="", help_text="`rewrite`: words of the latest version."
    )
    instruction = Text(max_length=tasks.MOST_INSTRUCTION, required=False, default="", help_text="`rewrite`: how.")
    scene = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="`shots`: for which scene.")
    shot = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="`tighten`, `soften`: whose prompt."
    )
    element = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="`description`: of which element."
    )


class WritingPriceOut(serializers.Serializer[Any]):
    """What it would cost."""

    cost_usd = Dollars(source="cost", help_text="At most; what is not written is not charged.")
    model = serializers.CharField(source="model.id")
    model_name = serializers.CharField(source="model.label")
    provider = serializers.CharField(source="model.provider")


class OutlineSceneIn(Body):
    """One scene of an outline."""

    heading = Text(max_length=160)
    happens = Text(max_length=2000)
    minutes = serializers.FloatField(min_value=0, max_value=60)


class OutlineIn(Body):
    """An outline in a person's words, all of it."""

    title = Text(max_length=120)
    logline = Text(max_length=400)
    scenes = serializers.ListField(child=OutlineSceneIn(), min_length=1, max_length=MOST_SCENES)


class ApplyIn(Body):
    """Which part of a proposal is taken."""

    shots = serializers.ListField(
        child=WholeNumber(max_value=MOST_SHOTS),
        required=False,
        allow_null=True,
        default=None,
        max_length=MOST_SHOTS,
        help_text="Of proposed shots: which, counted from 0. Left out: all.",
    )
