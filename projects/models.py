"""The film project and its append-only log of events."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.models import Team
from projects.querysets import EventQuerySet, ProjectQuerySet


class Project(models.Model):
    """One film in the making. Its picture format holds for every clip and for the film."""

    class Look(models.TextChoices):
        """Picture formats that the providers can serve, as width x height."""

        WIDE = "1280x720", "16:9 · 1280 x 720"
        TALL = "720x1280", "9:16 · 720 x 1280"
        SQUARE = "960x960", "1:1 · 960 x 960"

    class FrameRate(models.IntegerChoices):
        """Frames a second that every provider and the renderer can keep."""

        FILM = 24, "24 · film"
        PAL = 25, "25 · European television"
        VIDEO = 30, "30 · video"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=120)
    logline = models.CharField(max_length=300, blank=True, help_text="The film in a sentence.")
    resolution = models.CharField(max_length=16, choices=Look.choices, default=Look.WIDE)
    fps = models.PositiveSmallIntegerField("frames a second", choices=FrameRate.choices, default=FrameRate.FILM)
    style = models.CharField(max_length=300, blank=True, help_text="Added to every prompt: film noir, watercolour …")
    still_model = models.CharField(max_length=80, blank=True, help_text="Makes stills; empty: the built-in one.")
    clip_model = models.CharField(max_length=80, blank=True, help_text="Makes clips; empty: the built-in one.")
    voice_model = models.CharField(max_length=80, blank=True, help_text="Speaks; empty: the built-in one.")
    rehearsal = models.BooleanField(
        default=False, help_text="Paid models are simulated here: real prices and times, no real money."
    )
    approval_limit = models.BigIntegerField(
        null=True, blank=True, help_text="Micro-units of a dollar that one action may cost without a producer's yes."
    )
    last_event_number = models.PositiveBigIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="created_projects"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-updated_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(fps__in=[24, 25, 30]), name="project_fps_is_a_film_rate"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def width(self) -> int:
        """Picture width in pixels."""
        return int(self.resolution.partition("x")[0])

    @property
    def height(self) -> int:
        """Picture height in pixels."""
        return int(self.resolution.partition("x")[2])


class Event(models.Model):
    """Something that happened in a project: the feed, the audit and the socket's replay read this one table.

    ``number`` rises by one per project without gaps, in the order of commit.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="events")
    number = models.PositiveBigIntegerField()
    type = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "number"], name="event_number_is_unique_in_project"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.type}"
