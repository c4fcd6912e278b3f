"""What is shown of scripts and breakdowns, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Person, Query, Text, Truth, WholeNumber
from projects.api.base import PageInProject
from scenes.exporting import FORMATS
from scenes.screenplay.plans import Change
from scenes.services.writing import NAME_LIMIT


class ScriptQuery(PageInProject):
    """Which versions."""

    automatic = Truth(required=False, help_text="Only those that were saved by themselves, or only the others.")


class ScriptOut(serializers.Serializer[Any]):
    """A version of the script, without its text."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    version = serializers.IntegerField()
    name = serializers.CharField(help_text="What people call it; may be empty.")
    automatic = serializers.BooleanField(help_text="Nobody pressed a button: the writer paused or left.")
    source_format = serializers.CharField(help_text="What it was before: fountain, fdx or plain.")
    created_by = Person(allow_null=True)
    created_at = serializers.DateTimeField()


class ScriptText(ScriptOut):
    """A version of the script."""

    text = serializers.CharField(help_text="Fountain.")


class NoticeOut(serializers.Serializer[Any]):
    """Something to know about a script that stopped nobody."""

    code = serializers.CharField()
    message = serializers.CharField()
    line = serializers.IntegerField(help_text="In the script, from 1; 0 where it is about all of it.")


class ScriptSaved(ScriptText):
    """The version that was saved."""

    merged = serializers.BooleanField(help_text="Others had saved meanwhile: the text has their changes, too.")


class ScriptImported(ScriptOut):
    """The version that was made of a file."""

    notices = NoticeOut(many=True)


class ScriptIn(Body):
    """A text to be saved as the next version."""

    project = serializers.UUIDField()
    text = Text(help_text="Fountain, or plain text that can be read as a script.")
    base_version = WholeNumber(help_text="The version that your text goes on from; 0 before the first.")


class ScriptFileIn(Body):
    """A file to be saved as the next version."""

    project = serializers.UUIDField()
    file = serializers.FileField(
        allow_empty_file=True, max_length=1000, help_text="Fountain, Final Draft (.fdx) or text."
    )
    base_version = WholeNumber(help_text="The version that it replaces; 0 before the first.")


class ScriptChange(Body):
    """What is said of a version later."""

    name = Text(max_length=NAME_LIMIT, help_text="Empty takes the name away.")


class ExportQuery(Query):
    """In which form."""

    form = serializers.ChoiceField(choices=sorted(FORMATS), default="fountain", required=False)


class PlannedShot(serializers.Serializer[Any]):
    """What a breakdown does to a shot."""

    change = serializers.ChoiceField(choices=[change.value for change in Change])
    shot = serializers.UUIDField(source="known_id", allow_null=True, help_text="Null for a new one.")
    fields = serializers.ListField(child=serializers.CharField(), help_text="What differs.")  # type: ignore[assignment]
    angle = serializers.CharField()
    duration_ms = serializers.IntegerField()
    keeps = serializers.ListField(child=serializers.CharField(), help_text="What of people's work stays.")
    description = serializers.SerializerMethodField()

    def get_description(self, plan: Any) -> str:
        """What is seen; empty for what is omitted."""
        return plan.draft.description if plan.draft else ""


class PlannedScene(serializers.Serializer[Any]):
    """What a breakdown does to a scene."""

    change = serializers.ChoiceField(choices=[change.value for change in Change])
    scene = serializers.UUIDField(source="known_id", allow_null=True, help_text="Null for a new one.")
    number = serializers.CharField()
    heading = serializers.SerializerMethodField()
    duration_ms = serializers.SerializerMethodField()
    fields = serializers.ListField(child=serializers.CharField(), help_text="What differs.")  # type: ignore[assignment]
    shots = PlannedShot(many=True)

    def get_heading(self, plan: Any) -> str:
        """As the script has it; empty for what is omitted."""
        return plan.draft.heading if plan.draft else ""

    def get_duration_ms(self, plan: Any) -> int:
        """As the script has it; 0 for what is omitted."""
        return plan.draft.duration_ms if plan.draft else 0


class PlannedCounts(serializers.Serializer[Any]):
    """How many scenes."""

    unchanged = serializers.IntegerField()
    changed = serializers.IntegerField()
    moved = serializers.IntegerField()
    added = serializers.IntegerField()
    omitted = serializers.IntegerField()

    def to_representation(self, instance: Any) -> dict[str, int]:
        """Count them."""
        return {change.value: instance.count(change) for change in Change}


class SuggestionOut(serializers.Serializer[Any]):
    """An offer for a script without headings."""

    code = serializers.CharField()
    message = serializers.CharField()
    scenes = serializers.IntegerField()


class BreakdownOut(serializers.Serializer[Any]):
    """What a version of the script makes of the film."""

    script = serializers.UUIDField(source="script.id")
    version = serializers.IntegerField(source="script.version")
    duration_ms = serializers.IntegerField(source="breakdown.duration_ms")
    changes_nothing = serializers.BooleanField(source="plan.changes_nothing")
    counts = PlannedCounts(source="plan")
    scenes = PlannedScene(source="plan.scenes", many=True)
    notices = NoticeOut(source="breakdown.warnings", many=True)
    suggestion = SuggestionOut(source="breakdown.suggestion", allow_null=True)
