"""Who and what appears again and again, and the pictures that say how it looks."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models

from projects.models import Project
from projects.trash import Trashable
from scenes.handles import HANDLE_LIMIT, new_handle
from scenes.models.assets import Asset
from scenes.querysets import ElementQuerySet
from scenes.screenplay.cast import spoken_name


class Element(Trashable):
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
    handle = models.CharField(max_length=HANDLE_LIMIT, help_text="What prompts call it, after an @. For life.")
    aliases = models.JSONField(default=list, blank=True, help_text="Other names that the script has for it.")
    description = models.TextField(blank=True)
    voice = models.CharField(max_length=120, blank=True, help_text="The voice model's name for it; empty: by name.")
    voice_model = models.CharField(max_length=80, blank=True, help_text="Speaks for it; empty: the project's.")
    references: models.ManyToManyField[Asset, Any] = models.ManyToManyField(
        "Asset", blank=True, related_name="+", through="Reference", through_fields=("element", "asset")
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="merged"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ElementQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["kind", "name"]
        indexes: ClassVar = [models.Index(fields=["project", "name", "id"], name="element_by_name")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "kind", "name"], name="element_name_is_unique_in_project"),
            models.UniqueConstraint(fields=["project", "handle"], name="element_handle_is_unique_in_project"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; one that has no handle yet gets its own."""
        if not self.handle:
            taken = Element.objects.filter(project=self.project_id).values_list("handle", flat=True)
            self.handle = new_handle(self.name, set(taken))
        super().save(*args, **kwargs)

    @property
    def shown_name(self) -> str:
        """The name as people write it: scripts shout theirs."""
        return spoken_name(self.name) if self.name.isupper() else self.name

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that the script may have for it, in capitals."""
        return tuple(dict.fromkeys(str(name).upper() for name in (self.name, *self.aliases)))


class Reference(models.Model):
    """A picture of an element. The first one is its portrait."""

    element = models.ForeignKey(Element, on_delete=models.CASCADE, related_name="pictures")
    asset = models.ForeignKey("Asset", on_delete=models.CASCADE, related_name="shown_elements")
    position = models.PositiveIntegerField(default=0)
    merged_from = models.ForeignKey(
        Element, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        db_table = "scenes_element_references"
        ordering: ClassVar = ["position", "pk"]
        unique_together: ClassVar = [("element", "asset")]

    def __str__(self) -> str:
        return f"{self.element} {self.position}"
