"""Files: what they hold, what is on its way in, and what is to be removed."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from projects.models import Project
from projects.trash import Trashable
from scenes.models.script import Scene
from scenes.querysets import AssetQuerySet


class Asset(Trashable):
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
        indexes: ClassVar = [
            models.Index(fields=["project", "sha256"]),
            models.Index(fields=["project", "-created_at", "-id"], name="asset_newest_first"),
            models.Index(fields=["project", "-size", "-id"], name="asset_largest_first"),
            models.Index(fields=["project", "kind", "-created_at", "-id"], name="asset_by_kind"),
            models.Index(fields=["project", "origin", "-created_at", "-id"], name="asset_by_origin"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "key"], name="asset_key_is_unique_in_project"),
        ]

    def __str__(self) -> str:
        return self.key


class DiscardedFile(models.Model):
    """A stored file that no row stands on any more, or none yet; see ``services.discarding``.

    Anything may fall down at any time; what is listed here is still to be removed.
    """

    key = models.CharField(max_length=300, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(
        default=timezone.now,
        db_default=Now(),
        db_index=True,
        help_text="Removed from then on, unless a row stands on it.",
    )
    being_removed = models.BooleanField(db_default=False, default=False)

    def __str__(self) -> str:
        return self.key


class Upload(models.Model):
    """A file that is on its way, to the bucket or in parts. It is no asset before it has passed the gate."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(help_text="Bytes, as the browser announced them.")
    part_size = models.PositiveIntegerField(
        default=0, help_text="Bytes of each part but the last; 0: it comes at once."
    )
    multipart = models.TextField(blank=True, help_text="What the bucket calls it, where it comes in parts.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def part_sizes(self) -> list[int]:
        """Bytes of each part, in order; one where it comes at once."""
        step = self.part_size or self.size
        return [min(step, self.size - start) for start in range(0, self.size, step or 1)]
