"""Batches over several projects that one action asked for together."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Team
from projects.models import Project


class BatchGroup(models.Model):
    """What one person asked for in several projects of a team at once."""

    class Make(models.TextChoices):
        """What is made of each project."""

        STORYBOARD = "storyboard", "Storyboard everything"
        APPROVED_CLIPS = "approved_clips", "Clips for everything approved"
        STALE = "stale", "Redo everything stale"
        EVERYTHING = "everything", "Everything that is missing or stale"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="batch_groups")
    make = models.CharField(max_length=16, choices=Make.choices)
    max_concurrent = models.PositiveIntegerField(null=True, blank=True, help_text="Jobs at once in each project.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    token = models.CharField(max_length=64, blank=True, help_text="The form's, so that a double click asks once.")

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["team", "-created_at", "-id"], name="group_of_team")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "created_by", "token"], condition=~Q(token=""), name="one_group_per_token"
            ),
        ]

    def __str__(self) -> str:
        return self.get_make_display()


class GroupPart(models.Model):
    """One project of a group, and what became of asking for it."""

    class Outcome(models.TextChoices):
        """What became of asking."""

        WAITING = "", "Not asked yet"
        ASKED = "asked", "Asked for"
        JOINED = "joined", "Goes on already"
        NOTHING = "nothing", "Nothing to do"
        REFUSED = "refused", "Refused"

    group = models.ForeignKey(BatchGroup, on_delete=models.CASCADE, related_name="parts")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    place = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.WAITING, blank=True)
    code = models.CharField(max_length=40, blank=True, help_text="Why it was refused, for programs.")
    text = models.TextField(blank=True, help_text="Why, or what of it cannot be made, for people.")

    class Meta:
        ordering: ClassVar = ["place"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["group", "project"], name="project_is_once_in_group")]

    def __str__(self) -> str:
        return f"{self.project} · {self.get_outcome_display()}"
