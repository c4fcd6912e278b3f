"""The cut as rows: a film with its sounds and titles, and what was rendered of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from projects.models import Project
from projects.trash import Trashable, TrashableQuerySet
from scenes.models.assets import Asset
from scenes.models.script import Shot


class Film(models.Model):
    """The project's film. Its cut is the shots in order with their selects; each render is kept."""

    class Track(models.TextChoices):
        """What is heard, by where it comes from. Sounds are laid on the last three."""

        LINES = "lines", "Dialogue"
        CLIPS = "clips", "Clips"
        MUSIC = "music", "Music"
        EFFECTS = "effects", "Effects"
        NARRATION = "narration", "Narration"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="films")
    title = models.CharField(max_length=200)
    # Ids of shots. Shots that it does not know stand beside their neighbour on the storyboard.
    order = models.JSONField(default=list, blank=True, help_text="Empty while the film follows the storyboard.")
    muted = models.JSONField(default=list, blank=True, help_text="Tracks that are not heard.")
    fade_out_ms = models.PositiveIntegerField(default=0, help_text="How long the last shot fades to black.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        return self.title


class Sound(Trashable):
    """A sound laid under the film: music, an effect, one's own voice. It stands still in time or follows a shot."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="sounds")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    track = models.CharField(max_length=16, choices=Film.Track.choices)
    shot = models.ForeignKey(Shot, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    start_ms = models.PositiveIntegerField(help_text="From the beginning of its shot, or of the film.")
    in_ms = models.PositiveIntegerField(default=0, help_text="Where in the recording it begins.")
    length_ms = models.PositiveIntegerField()
    gain_db = models.FloatField(default=0)
    fade_in_ms = models.PositiveIntegerField(default=0)
    fade_out_ms = models.PositiveIntegerField(default=0)
    ducked = models.BooleanField(default=False, help_text="Quieter while somebody speaks.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TrashableQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(length_ms__gt=0), name="sound_has_a_length"),
        ]

    def __str__(self) -> str:
        return f"{self.track}: {self.asset.original_name}"


class Title(Trashable):
    """Words on the picture, or on a card of their own before the first shot or behind the last."""

    class Place(models.TextChoices):
        """Where it stands. The first two lengthen the film."""

        OPENING = "opening", "Before the film, on black"
        CLOSING = "closing", "After the film, on black"
        CENTRE = "centre", "In the middle of the picture"
        TOP = "top", "At the top"
        LOWER_LEFT = "lower_left", "Lower left"
        LOWER_RIGHT = "lower_right", "Lower right"

    class Style(models.TextChoices):
        """How it is set."""

        PLAIN = "plain", "Plain"
        BOXED = "boxed", "In a box"
        SPACED = "spaced", "Spaced capitals"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="titles")
    text = models.CharField(max_length=160)
    subtext = models.CharField(max_length=160, blank=True)
    place = models.CharField(max_length=16, choices=Place.choices, default=Place.LOWER_LEFT)
    style = models.CharField(max_length=16, choices=Style.choices, default=Style.PLAIN)
    shot = models.ForeignKey(Shot, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    start_ms = models.PositiveIntegerField(default=0, help_text="From the beginning of its shot, or of the film.")
    length_ms = models.PositiveIntegerField(default=4000)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TrashableQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(length_ms__gt=0), name="title_has_a_length"),
        ]

    def __str__(self) -> str:
        return self.text


class Waveform(models.Model):
    """How loud a sound is over its length, for people to see; measured once."""

    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, primary_key=True, related_name="waveform")
    step_ms = models.PositiveIntegerField(help_text="How long each peak stands for.")
    peaks = models.JSONField(default=list, help_text="The loudest sample of each step, 0 to 100 per cent.")

    def __str__(self) -> str:
        return f"{self.asset}: {len(self.peaks)} peaks"


class Render(Trashable):
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

    objects = TrashableQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["film", "number"], name="render_number_is_unique_in_film"),
        ]

    def __str__(self) -> str:
        return f"{self.film} {self.number}"
