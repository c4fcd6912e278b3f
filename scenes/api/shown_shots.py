"""What is shown of shots, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Person, Text, Truth, WholeNumber
from accounts.rest.showing import Shown
from projects.api.base import PageInProject
from scenes.models import Shot
from scenes.screenplay.dividing import SHORTEST_PART_MS
from scenes.screenplay.drafts import Angle
from scenes.services.shot_order import DESCRIPTION_LIMIT, NEW_SHOT_MS
from scenes.services.shots import LONGEST_MS, PROMPT_LIMIT, SHORTEST_MS, built_prompt

MOST_AT_ONCE = 20_000
_ANGLES = [angle.value for angle in Angle]


class ShotQuery(PageInProject):
    """Which shots; each filter narrows further."""

    scene = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=Shot.Status.choices, required=False)
    person = serializers.UUIDField(required=False, help_text="Whose they are.")
    due_before = serializers.DateField(required=False, help_text="Wanted before this day.")
    omitted = Truth(required=False, help_text="Only those that are left out of the film, or only those in it.")


class LineOut(Shown):
    """Words spoken in a shot."""

    id = serializers.UUIDField()
    character = serializers.CharField()
    text = serializers.CharField()
    parenthetical = serializers.CharField()
    narration = serializers.BooleanField(help_text="Read by the narrator; the script does not have it.")
    extension = serializers.CharField(help_text="V.O., O.S. …")
    dual = serializers.CharField(help_text="left or right where two speak at once.")
    start_ms = serializers.IntegerField(help_text="From the beginning of the shot.")
    duration_ms = serializers.IntegerField()
    voice = serializers.UUIDField(source="voice_id", allow_null=True, help_text="The take that is heard.")


class ShotOut(Shown):
    """A shot."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="scene.project_id")
    scene = serializers.UUIDField(source="scene_id")
    label = serializers.CharField(help_text="What people call it: 12AB is scene 12A, shot B.")  # type: ignore[assignment]
    letter = serializers.CharField(help_text="For life.")
    position = serializers.IntegerField(help_text="In its scene, from 0; omitted shots count.")
    angle = serializers.ChoiceField(choices=_ANGLES)
    description = serializers.CharField()
    characters = serializers.ListField(child=serializers.CharField())
    prompt = serializers.SerializerMethodField()
    prompt_by_hand = serializers.CharField(help_text="Empty while the built prompt is used.")
    lines = LineOut(many=True, source="shown_lines")
    duration_ms = serializers.IntegerField()
    transition = serializers.ChoiceField(choices=Shot.Transition.choices)
    transition_ms = serializers.IntegerField()
    trim_ms = serializers.IntegerField(help_text="Where in its clip it begins.")
    still_settings = serializers.DictField(help_text="Chosen for its stills; empty: as the project has it.")
    clip_settings = serializers.DictField(help_text="Chosen for its clips; empty: as the project has it.")
    still = serializers.UUIDField(source="still_id", allow_null=True, help_text="The take that stands for it.")
    clip = serializers.UUIDField(source="clip_id", allow_null=True, help_text="The take that is in the film.")
    status = serializers.ChoiceField(choices=Shot.Status.choices)
    assignee = Person(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    by_hand = serializers.BooleanField(help_text="Inserted by a person; no script knows it.")
    split_from = serializers.UUIDField(source="split_from_id", allow_null=True)
    omitted_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_prompt(self, shot: Shot) -> str:
        """What models are told: the prompt by hand, or the one that is built."""
        return shot.prompt_by_hand or built_prompt(shot)


class ShotIn(Body):
    """A new shot."""

    scene = serializers.UUIDField()
    angle = serializers.ChoiceField(choices=_ANGLES, required=False, default=Angle.MEDIUM.value)
    description = Text(max_length=DESCRIPTION_LIMIT, required=False, default="")
    duration_ms = WholeNumber(min_value=SHORTEST_MS, max_value=LONGEST_MS, required=False, default=NEW_SHOT_MS)
    after = serializers.UUIDField(
        required=False, default=None, allow_null=True, help_text="The shot before it in the scene; null puts it first."
    )


class ShotChange(Body):
    """What is to be another; what is left out stays."""

    angle = serializers.ChoiceField(choices=_ANGLES, required=False)
    prompt = Text(max_length=PROMPT_LIMIT, required=False, help_text="Empty goes back to the built prompt.")
    duration_ms = WholeNumber(min_value=SHORTEST_MS, max_value=LONGEST_MS, required=False)


class SplitIn(Body):
    """Where to cut."""

    at_ms = WholeNumber(
        required=False,
        default=None,
        allow_null=True,
        min_value=SHORTEST_PART_MS,
        max_value=LONGEST_MS,
        help_text="From its start; null: in the middle.",
    )


class ShotOrderIn(Body):
    """A new order."""

    scene = serializers.UUIDField()
    order = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_AT_ONCE,
        help_text="Every shot of the scene, omitted ones included.",
    )


class ShotsIn(Body):
    """Some shots of one project, all of them or none."""

    project = serializers.UUIDField()
    shots = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE)


class ShotsStatusIn(ShotsIn):
    """How far the work on some shots is."""

    status = serializers.ChoiceField(choices=Shot.Status.choices)


class ShotsAssignIn(ShotsIn):
    """Whose some shots are."""

    person = serializers.UUIDField(allow_null=True, help_text="A member of the team; null: nobody's.")


class ShotsDueIn(ShotsIn):
    """Until when some shots are wanted."""

    due_on = serializers.DateField(allow_null=True, help_text="2027-03-31; null: no day.")


class ShotsChanged(serializers.Serializer[Any]):
    """Which shots are otherwise now."""

    changed = serializers.ListField(child=serializers.UUIDField(), help_text="Those that were not so already.")
    event = serializers.IntegerField(allow_null=True, help_text="Its number, by which it can be taken back.")


class UndoIn(Body):
    """What to take back."""

    project = serializers.UUIDField()
    event = WholeNumber(
        required=False,
        default=None,
        allow_null=True,
        max_value=9_000_000_000_000_000_000,
        help_text="Its number; null: your last change.",
    )


class Undone(serializers.Serializer[Any]):
    """What was taken back."""

    event = serializers.IntegerField(source="number")
    type = serializers.CharField()
