"""The screenplay as rows: its versions, and the scenes, shots and words spoken that were made of it."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from projects.models import Project
from scenes.querysets import SceneQuerySet, ShotQuerySet
from scenes.screenplay.drafts import Angle
from scenes.screenplay.headings import TimeOfDay


class Script(models.Model):
    """One saved version of the project's screenplay, as Fountain. Versions are never changed, only followed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scripts")
    version = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    source_format = models.CharField(max_length=16, default="fountain")
    name = models.CharField(
        max_length=80, blank=True, help_text="What people call this version; the only thing said later."
    )
    automatic = models.BooleanField(default=False, help_text="Nobody pressed a button: the writer paused or left.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "version"], name="script_version_is_unique_in_project"),
        ]

    def __str__(self) -> str:
        return f"{self.project} · script {self.version}"


class ScriptDraft(models.Model):
    """What somebody is writing in one window and what is no version yet. It goes when it has become one.

    One row for each window, because two windows of the same person are two texts, and neither may lose to the other.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="script_drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    window = models.UUIDField(help_text="Made up by the browser; the same after a reload.")
    based_on = models.PositiveIntegerField(default=0, help_text="The version that the writing began from.")
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-updated_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "author", "window"], name="one_draft_per_window"),
        ]

    def __str__(self) -> str:
        return f"{self.project} · draft of {self.author}"


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
    # What people decided; a later breakdown leaves it alone.
    by_hand = models.BooleanField(default=False, help_text="Inserted by a person; no script knows it.")
    placed_by_hand = models.BooleanField(default=False, help_text="A person put it where it is in the film.")
    omitted_by_hand = models.BooleanField(default=False, help_text="A person left it out, whatever the script says.")
    from_script = models.JSONField(
        default=dict, blank=True, help_text="What the script says where a person wrote something else, by field."
    )
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


class ProjectOfScene(models.ForeignKey[Any, Any]):
    """The project of a row's scene, for life. It is written by itself, so that the two cannot differ."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the id of the project."""
        if add:
            setattr(model_instance, self.attname, getattr(model_instance, "scene").project_id)  # noqa: B009
        return super().pre_save(model_instance, add)

    def deconstruct(self) -> Any:
        """Tell migrations that it is a foreign key: that is all that the database knows."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs


class Shot(models.Model):
    """A piece of a scene, at most as long as one clip. Its letter is for life, too."""

    class Transition(models.TextChoices):
        """How the film goes over into this shot."""

        CUT = "cut", "Cut"
        DISSOLVE = "dissolve", "Dissolve"
        FADE = "fade", "Fade through black"

    class Status(models.TextChoices):
        """How far the work on it is. Whether it is omitted says ``omitted_at``."""

        TODO = "todo", "To do"
        IN_PROGRESS = "in_progress", "In progress"
        REVIEW = "review", "In review"
        CHANGES = "changes", "Changes asked"
        APPROVED = "approved", "Approved"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, related_name="shots")
    # The few shots of one kind are found without asking each shot of the film for its scene.
    project = ProjectOfScene(Project, on_delete=models.CASCADE, related_name="shots", db_index=False, editable=False)
    letter = models.CharField(max_length=8)
    position = models.PositiveIntegerField()
    angle = models.CharField(max_length=40, choices=[(value.value, value.value.capitalize()) for value in Angle])
    angle_by_hand = models.BooleanField(default=False)
    description = models.TextField(blank=True)
    characters = models.JSONField(default=list, blank=True)
    prompt_by_hand = models.TextField(blank=True, help_text="Replaces the built prompt while it is not empty.")
    duration_ms = models.PositiveIntegerField()
    duration_by_hand = models.BooleanField(default=False)
    # What people decided; a later breakdown leaves it alone.
    by_hand = models.BooleanField(default=False, help_text="Inserted by a person; no script knows it.")
    placed_by_hand = models.BooleanField(default=False, help_text="A person put it where it is in its scene.")
    omitted_by_hand = models.BooleanField(default=False, help_text="A person left it out, whatever the script says.")
    split_from = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="parts",
        help_text="The shot that it was cut off from: one shot in the script.",
    )
    part = models.PositiveSmallIntegerField(default=0, help_text="Which part of the split shot it is, from 0.")
    whole_description = models.TextField(blank=True, help_text="What the script says of a shot that was split.")
    transition = models.CharField(max_length=16, choices=Transition.choices, default=Transition.CUT)
    transition_ms = models.PositiveIntegerField(default=1000, help_text="How long it takes, where it is no cut.")
    trim_ms = models.PositiveIntegerField(default=0, help_text="Where in its clip the shot begins.")
    # Chosen by hand for this shot: model, seed, negative_prompt, options, references (ids of assets). Empty: as the
    # project has it. Which models there are is the business of another room.
    still_settings = models.JSONField(default=dict, blank=True)
    clip_settings = models.JSONField(default=dict, blank=True)
    still = models.ForeignKey("Take", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    clip = models.ForeignKey("Take", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.TODO)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="assigned_shots"
    )
    due_on = models.DateField(null=True, blank=True)
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
        indexes: ClassVar = [
            models.Index(fields=["project", "status"], name="shot_by_status"),
            models.Index(fields=["project", "assignee"], name="shot_by_assignee"),
            models.Index(fields=["project", "due_on"], name="shot_by_due_on"),
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
    narration = models.BooleanField(default=False, help_text="The action, read by the narrator; not in the script.")
    voice = models.ForeignKey("Take", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["shot", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shot"], condition=Q(narration=True), name="a_shot_is_narrated_once"),
        ]

    def __str__(self) -> str:
        return f"{self.character}: {self.text[:60]}"
