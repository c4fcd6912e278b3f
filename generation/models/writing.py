"""What a language model was asked to write, and what became of it. The text itself is the job's until it is read."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from generation.models.jobs import Job
from projects.models import Project
from scenes.models import Element, Scene, Script, Shot


class Writing(models.Model):
    """One piece of writing: an outline, a screenplay, or a proposal that a person takes or leaves.

    ``result`` is what has passed its check: an outline, a proposal; nothing where a version of the script came of it.
    """

    class Kind(models.TextChoices):
        """What was asked for."""

        OUTLINE = "outline", "Outline"
        SCREENPLAY = "screenplay", "Screenplay"
        CONTINUATION = "continuation", "More of the screenplay"
        REWRITE = "rewrite", "Other words for a passage"
        SHOTS = "shots", "Shots for a scene"
        DESCRIPTION = "description", "Description of an element"
        TIGHTEN = "tighten", "Shorter prompt"
        SOFTEN = "soften", "Prompt in other words"

    class Decision(models.TextChoices):
        """What a person made of a proposal."""

        OPEN = "", "Open"
        ACCEPTED = "accepted", "Accepted"
        LEFT = "left", "Left"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="writings")
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="writing")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    brief = models.JSONField(default=dict, help_text="What was asked: idea, minutes, genre, tone, language, …")
    outline = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="screenplays",
        help_text="What it follows.",
    )
    before = models.TextField(blank=True, help_text="The words that it goes on from, or would replace.")
    based_on = models.PositiveIntegerField(default=0, help_text="The script's version when it was asked for.")
    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    shot = models.ForeignKey(Shot, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    element = models.ForeignKey(Element, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    result = models.JSONField(default=dict)
    cut = models.CharField(max_length=8, blank=True, help_text="Why it is not whole: stopped, length, or broken.")
    script = models.ForeignKey(
        Script,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The version that it became.",
    )
    set_aside = models.BooleanField(
        default=False, help_text="Somebody had changed the script meanwhile: theirs is the latest version."
    )
    decision = models.CharField(max_length=8, choices=Decision.choices, default=Decision.OPEN, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["project", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
