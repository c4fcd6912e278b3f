"""What was made for a shot, one try after the other."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from projects.models import Comment, Project
from projects.trash import Trashable
from scenes.models.assets import Asset
from scenes.models.script import Line, Shot
from scenes.querysets import TakeQuerySet


class Take(Trashable):
    """An asset that stands for a shot, or for one of its lines.

    What it is and what went into it is never changed; only what people think of it is.
    """

    class Kind(models.TextChoices):
        """What it is a take of."""

        STILL = "still", "Still"
        CLIP = "clip", "Clip"
        VOICE = "voice", "Voice"

    class Verdict(models.TextChoices):
        """What the review said."""

        NONE = "", "Not reviewed"
        APPROVED = "approved", "Approved"
        CHANGES = "changes", "Changes asked"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # That of its shot, for life: a project's takes are listed without asking each of them for its shot and scene.
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="takes")
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
    starred_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=16, choices=Verdict.choices, default=Verdict.NONE, blank=True)
    verdict_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verdict_at = models.DateTimeField(null=True, blank=True)
    note = models.ForeignKey(
        Comment,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="takes",
        help_text="The note that asked for it; approving the take resolves it.",
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TakeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["kind", "number"]
        indexes: ClassVar = [
            models.Index(fields=["project", "-created_at", "-id"], name="take_of_project_newest_first"),
            models.Index(fields=["project", "kind", "-created_at", "-id"], name="take_by_kind"),
            models.Index(fields=["project", "verdict", "-created_at", "-id"], name="take_with_verdict"),
            models.Index(
                fields=["project", "-created_at", "-id"], condition=Q(starred_at__isnull=False), name="take_starred"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shot", "kind", "number"], name="take_number_is_unique_in_shot"),
        ]

    def __str__(self) -> str:
        return f"{self.shot} {self.kind} {self.number}"

    @property
    def film_asset_id(self) -> uuid.UUID:
        """The id of the file that goes into the film."""
        return self.mezzanine_id or self.asset_id

    @property
    def film_asset(self) -> Asset:
        """The file that goes into the film."""
        return self.mezzanine or self.asset
