"""The footage: scripts, scenes, shots, the words spoken in them, elements, files, takes and films.

The rows mirror the folder layout of ``layout.py``; the rows are the truth and the folders follow.
Durations are whole milliseconds.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from projects.models import Project
from scenes.querysets import AssetQuerySet, SceneQuerySet, ShotQuerySet
from scenes.screenplay.drafts import Angle
from scenes.screenplay.headings import TimeOfDay


class Script(models.Model):
    """One saved version of the project's screenplay, as Fountain. Versions are never changed, only followed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scripts")
    version = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    source_format = models.CharField(max_length=16, default="fountain")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "version"], name="script_version_is_unique_in_project"),
        ]

    def __str__(self) -> str:
        return f"{self.project} · script {self.version}"


class Scene(models.Model):
    """A scene. Its number is for life and names its folder; its position may change."""

    class Status(models.TextChoices):
        """How far the footage is; ``scene.json`` carries the same words."""

        EMPTY = "empty", "Empty"
        HAS_CONTENT = "has_content", "Has content"
        COMPLETE = "complete", "Complete"
        OMITTED = "omitted", "Omitted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scenes")
    number = models.CharField(max_length=16)
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=240, blank=True)
    interior = models.CharField(max_length=8, blank=True, help_text="INT, EXT, INT/EXT or nothing.")
    location = models.CharField(max_length=200, blank=True)
    time_of_day = models.CharField(
        max_length=16, default=TimeOfDay.DAY, choices=[(value.value, value.value.title()) for value in TimeOfDay]
    )
    characters = models.JSONField(default=list, blank=True)
    action = models.TextField(blank=True)
    dialogue = models.JSONField(default=list, blank=True, help_text="The speeches as written.")
    duration_ms = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.EMPTY)
    omitted_at = models.DateTimeField(null=True, blank=True)
    mirror_wanted = models.PositiveIntegerField(default=1, help_text="Rises with each change that scene.json shows.")
    mirror_written = models.PositiveIntegerField(default=0, help_text="Up to where scene.json is true.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SceneQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "number"], name="scene_number_is_unique_in_project"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["project", "position"]),
            models.Index(
                fields=["project"], condition=Q(mirror_wanted__gt=F("mirror_written")), name="scene_mirror_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.heading}"


class Shot(models.Model):
    """A piece of a scene, at most as long as one clip. Its letter is for life, too."""

    class Transition(models.TextChoices):
        """How the film goes over into this shot."""

        CUT = "cut", "Cut"
        DISSOLVE = "dissolve", "Dissolve"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, related_name="shots")
    letter = models.CharField(max_length=8)
    position = models.PositiveIntegerField()
    angle = models.CharField(max_length=40, choices=[(value.value, value.value.capitalize()) for value in Angle])
    angle_by_hand = models.BooleanField(default=False)
    description = models.TextField(blank=True)
    characters = models.JSONField(default=list, blank=True)
    prompt_by_hand = models.TextField(blank=True, help_text="Replaces the built prompt while it is not empty.")
    duration_ms = models.PositiveIntegerField()
    duration_by_hand = models.BooleanField(default=False)
    transition = models.CharField(max_length=16, choices=Transition.choices, default=Transition.CUT)
    # Chosen by hand for this shot: model, seed, negative_prompt, options, references (ids of assets). Empty: as the
    # project has it. Which models there are is the business of another room.
    still_settings = models.JSONField(default=dict, blank=True)
    clip_settings = models.JSONField(default=dict, blank=True)
    still = models.ForeignKey("Take", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    clip = models.ForeignKey("Take", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    omitted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ShotQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["scene__position", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scene", "letter"], name="shot_letter_is_unique_in_scene"),
            models.CheckConstraint(condition=Q(duration_ms__gt=0), name="shot_has_a_duration"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What people call the shot: ``12AB`` is scene 12A, shot B."""
        return f"{self.scene.number}{self.letter}"


class Line(models.Model):
    """Words spoken in a shot, with their place in it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    shot = models.ForeignKey(Shot, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    character = models.CharField(max_length=120)
    extension = models.CharField(max_length=40, blank=True, help_text="V.O., O.S. …")
    parenthetical = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    dual = models.CharField(max_length=8, blank=True, help_text="left or right when two speak at once.")
    start_ms = models.PositiveIntegerField()
    duration_ms = models.PositiveIntegerField()
    voice = models.ForeignKey("Take", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["shot", "position"]

    def __str__(self) -> str:
        return f"{self.character}: {self.text[:60]}"


class Element(models.Model):
    """A character, location or prop that comes back through the film."""

    class Kind(models.TextChoices):
        """What it is."""

        CHARACTER = "character", "Character"
        LOCATION = "location", "Location"
        PROP = "prop", "Prop"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="elements")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    voice = models.CharField(max_length=120, blank=True, help_text="The voice model's name for it; empty: by name.")
    references: models.ManyToManyField[Asset, Any] = models.ManyToManyField("Asset", blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["kind", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "kind", "name"], name="element_name_is_unique_in_project"),
        ]

    def __str__(self) -> str:
        return self.name


class Asset(models.Model):
    """One stored file with what was measured in it. The file's key is made by ``layout.py``."""

    class Kind(models.TextChoices):
        """The folder that it lies in."""

        IMAGE = "image", "Image"
        AUDIO = "audio", "Audio"
        VIDEO = "video", "Video"
        EXPORT = "export", "Export"

    class Origin(models.TextChoices):
        """Where it came from."""

        GENERATED = "generated", "Generated"
        UPLOADED = "uploaded", "Uploaded"
        DERIVED = "derived", "Derived"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="assets")
    scene = models.ForeignKey(Scene, on_delete=models.SET_NULL, null=True, blank=True, related_name="assets")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    origin = models.CharField(max_length=16, choices=Origin.choices)
    key = models.CharField(max_length=300)
    original_name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    frames = models.PositiveIntegerField(null=True, blank=True)
    thumbnail_key = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AssetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["project", "sha256"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "key"], name="asset_key_is_unique_in_project"),
        ]

    def __str__(self) -> str:
        return self.key


class Take(models.Model):
    """An asset that stands for a shot, or for one of its lines. Never changed after it is made."""

    class Kind(models.TextChoices):
        """What it is a take of."""

        STILL = "still", "Still"
        CLIP = "clip", "Clip"
        VOICE = "voice", "Voice"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    shot = models.ForeignKey(Shot, on_delete=models.CASCADE, related_name="takes")
    line = models.ForeignKey(Line, on_delete=models.SET_NULL, null=True, blank=True, related_name="takes")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    number = models.PositiveIntegerField()
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="takes")
    mezzanine = models.ForeignKey(
        Asset,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The same picture in the film's format, where the take differs from it.",
    )
    # The generation that made it, by id only: jobs live in a room that this one does not know.
    attempt_id = models.UUIDField(null=True, blank=True, unique=True)
    recipe = models.CharField(max_length=64, blank=True, help_text="Hash of the wish without its seed.")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="Hash of the whole wish.")
    inputs = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["kind", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shot", "kind", "number"], name="take_number_is_unique_in_shot"),
        ]

    def __str__(self) -> str:
        return f"{self.shot} {self.kind} {self.number}"

    @property
    def film_asset(self) -> Asset:
        """The file that goes into the film."""
        return self.mezzanine or self.asset


class Film(models.Model):
    """The project's film. Its cut is the shots in order with their selects; each render is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="films")
    title = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        return self.title


class Render(models.Model):
    """One finished rendering of a film, with the plan that it was made from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="renders")
    number = models.PositiveIntegerField()
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    subtitles = models.ForeignKey(Asset, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    attempt_id = models.UUIDField(null=True, blank=True, unique=True)
    recipe = models.CharField(max_length=64, blank=True, help_text="Hash of the plan.")
    event_number = models.PositiveBigIntegerField(default=0, help_text="The project's event as of which it was cut.")
    plan = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["film", "number"], name="render_number_is_unique_in_film"),
        ]

    def __str__(self) -> str:
        return f"{self.film} {self.number}"
