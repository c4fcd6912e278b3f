"""What is shown of scenes and their folders, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Text, Truth, Word
from projects.api.base import InProject, PageInProject
from scenes.models import Asset, Scene
from scenes.screenplay.headings import TimeOfDay
from scenes.services.scene_order import ACTION_LIMIT, INTERIORS

MOST_SCENES = 5_000
_LIGHTS = [light.value for light in TimeOfDay]


class SceneQuery(PageInProject):
    """Which scenes."""

    omitted = Truth(required=False, help_text="Only those that are left out of the film, or only those in it.")


class SpeechOut(serializers.Serializer[Any]):
    """A speech as written."""

    character = serializers.CharField()
    text = serializers.CharField()
    parenthetical = serializers.CharField(default="")
    extension = serializers.CharField(default="")
    dual = serializers.CharField(default="", help_text="left or right where two speak at once.")


class SceneOut(serializers.Serializer[Any]):
    """A scene."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    number = serializers.CharField(help_text="For life; names its folder.")
    position = serializers.IntegerField(help_text="In the film, from 0; omitted scenes count.")
    heading = serializers.CharField()
    interior = serializers.ChoiceField(choices=INTERIORS)
    location = serializers.CharField()
    time_of_day = serializers.ChoiceField(choices=_LIGHTS)
    characters = serializers.ListField(child=serializers.CharField())
    action = serializers.CharField()
    dialogue = SpeechOut(many=True)
    duration_ms = serializers.IntegerField(help_text="Of its shots that are in the film.")
    status = serializers.ChoiceField(choices=Scene.Status.choices)
    by_hand = serializers.BooleanField(help_text="Inserted by a person; no script knows it.")
    omitted_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SceneIn(Body):
    """A new scene."""

    project = serializers.UUIDField()
    heading = Word(max_length=240, help_text="As in a script: INT. KITCHEN - NIGHT.")
    action = Text(max_length=ACTION_LIMIT, required=False, default="")
    after = serializers.UUIDField(
        required=False, default=None, allow_null=True, help_text="The scene before it; null puts it first."
    )


class SceneChange(Body):
    """What is to be another; what is left out stays. A new heading brings its own place and light."""

    heading = Word(max_length=240, required=False)
    interior = serializers.ChoiceField(choices=INTERIORS, required=False)
    location = Text(max_length=200, required=False)
    time_of_day = serializers.ChoiceField(choices=_LIGHTS, required=False)
    action = Text(max_length=ACTION_LIMIT, required=False)


class SceneOrderIn(Body):
    """A new order."""

    project = serializers.UUIDField()
    order = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_SCENES,
        help_text="Every scene of the project, omitted ones included.",
    )


class MirrorFile(serializers.Serializer[Any]):
    """A file of a scene, as ``scene.json`` lists it."""

    id = serializers.UUIDField()
    file = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField()
    mediaType = serializers.CharField()
    durationMs = serializers.IntegerField(allow_null=True)
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)


class MirrorAssets(serializers.Serializer[Any]):
    """The files of a scene by folder."""

    images = MirrorFile(many=True)
    audio = MirrorFile(many=True)
    videos = MirrorFile(many=True)


class MirrorCounts(serializers.Serializer[Any]):
    """How far a scene's clips are."""

    videoRequests = serializers.IntegerField()
    completedVideos = serializers.IntegerField()
    videoTakes = serializers.IntegerField()


class SceneMirror(serializers.Serializer[Any]):
    """``metadata/scene.json``, word for word as it lies in the scene's folder."""

    id = serializers.UUIDField()
    projectId = serializers.UUIDField()
    number = serializers.CharField()
    heading = serializers.CharField()
    createdAt = serializers.CharField()
    updatedAt = serializers.CharField()
    status = serializers.ChoiceField(choices=Scene.Status.choices)
    assets = MirrorAssets()
    generation = MirrorCounts()


# --- folders ----------------------------------------------------------------------------------------------------------


class FolderQuery(InProject):
    """Of which project."""


class FolderKind(serializers.Serializer[Any]):
    """One kind of file in a folder: a folder in it."""

    kind = serializers.ChoiceField(choices=Asset.Kind.choices)
    count = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Bytes.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Name the three."""
        return dict(zip(("kind", "count", "size"), instance, strict=True))


class FolderOut(serializers.Serializer[Any]):
    """A folder: a scene's, or the whole project's own."""

    id = serializers.CharField(help_text="The scene's id, or “project” for what belongs to no scene.")
    name = serializers.CharField()
    number = serializers.CharField(help_text="The scene's number, which names the folder on disk; may be empty.")
    count = serializers.IntegerField(help_text="Files.")
    size = serializers.IntegerField(help_text="Bytes.")
    kinds = FolderKind(many=True, help_text="The folders in it that have files.")
    archived = serializers.BooleanField(source="omitted", help_text="Its scene is left out of the film.")


class FolderIn(Body):
    """A new scene folder."""

    project = serializers.UUIDField()
    name = Word(max_length=240, help_text="The scene's heading: INT. KITCHEN - NIGHT.")
    after = serializers.UUIDField(
        required=False, default=None, allow_null=True, help_text="The scene before it; null puts it first."
    )


class FolderChange(Body):
    """A new name. The number, which names the folder on disk, is for life."""

    name = Word(max_length=240)
