"""What is shown of stored files, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Person, Text, Word
from accounts.rest.showing import Shown
from projects.api.base import PageInProject
from scenes.files import WHOLE, names_of
from scenes.models import Asset
from scenes.services.assets import NAME_LIMIT

ORDERINGS = ("-created_at", "created_at", "-size")


class AssetQuery(PageInProject):
    """Which files; each filter narrows further."""

    folder = Text(required=False, max_length=36, help_text=f"A scene's id, or “{WHOLE}” for what belongs to no scene.")
    kind = serializers.ChoiceField(choices=Asset.Kind.choices, required=False)
    origin = serializers.ChoiceField(choices=Asset.Origin.choices, required=False)
    text = Text(required=False, max_length=100, help_text="In the name.")
    ordering = serializers.ChoiceField(choices=ORDERINGS, required=False, default="-created_at")


class _Named(serializers.ListSerializer[Any]):
    """Finds the names of all files at once."""

    def to_representation(self, data: Any) -> Any:
        """Show the files."""
        rows = list(data.all() if hasattr(data, "all") else data)
        names = names_of(rows)
        for row in rows:
            row.shown_name = names[row.pk]
        return super().to_representation(rows)


class AssetOut(Shown):
    """A stored file. Its bytes are at ``/assets/{id}/file``."""

    class Meta:
        """Many at once are named at once."""

        list_serializer_class = _Named

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    scene = serializers.UUIDField(source="scene_id", allow_null=True, help_text="Whose folder; null: the project's.")
    kind = serializers.ChoiceField(choices=Asset.Kind.choices)
    origin = serializers.ChoiceField(choices=Asset.Origin.choices)
    name = serializers.SerializerMethodField()
    media_type = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    frames = serializers.IntegerField(allow_null=True)
    has_thumbnail = serializers.SerializerMethodField()
    created_by = Person(allow_null=True)
    created_at = serializers.DateTimeField()

    def get_name(self, asset: Any) -> str:
        """What people know it by."""
        return asset.shown_name if hasattr(asset, "shown_name") else names_of([asset])[asset.pk]

    def get_has_thumbnail(self, asset: Any) -> bool:
        """Whether ``/assets/{id}/thumb`` has a picture."""
        return bool(asset.thumbnail_key)


class AssetChange(Body):
    """A new name; where the file lies stays."""

    name = Word(max_length=NAME_LIMIT)


class UseOut(serializers.Serializer[Any]):
    """One thing that stands on a file."""

    label = serializers.CharField()  # type: ignore[assignment]
    page = serializers.CharField(source="link", help_text="Of the web application.")
