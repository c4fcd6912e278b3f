"""The footage for staff: to be looked at and searched. Takes and files are history and stay as they are."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from scenes.models import Asset, Element, Film, Line, Render, Scene, Script, Shot, Take


class History(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that are never changed: a correction is a new row."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come from services only, with their files."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They can be seen, not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They go only with their project."""
        return False


@admin.register(Script)
class ScriptAdmin(History):
    list_display = ("project", "version", "source_format", "created_by", "created_at")
    list_filter = ("source_format",)
    list_select_related = ("project", "created_by")
    search_fields = ("project__name",)


class ShotInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Shot
    extra = 0
    fields = ("letter", "position", "angle", "duration_ms", "transition", "omitted_at")
    readonly_fields = ("letter",)
    show_change_link = True


@admin.register(Scene)
class SceneAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("project", "number", "heading", "status", "duration_ms", "updated_at")
    list_display_links = ("number", "heading")
    list_filter = ("status", "time_of_day", "interior")
    list_select_related = ("project",)
    search_fields = ("heading", "project__name")
    autocomplete_fields = ("project",)
    # A number names a folder for life.
    readonly_fields = ("number", "mirror_wanted", "mirror_written", "created_at", "updated_at")
    inlines: ClassVar = [ShotInline]


class LineInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Line
    extra = 0
    fields = ("position", "character", "extension", "text", "start_ms", "duration_ms")


@admin.register(Shot)
class ShotAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("label", "project", "angle", "duration_ms", "still", "clip", "omitted_at")
    list_filter = ("angle", "transition", ("omitted_at", admin.EmptyFieldListFilter))
    list_select_related = ("scene__project", "still__shot__scene", "clip__shot__scene")
    search_fields = ("description", "scene__heading", "scene__project__name")
    autocomplete_fields = ("scene", "still", "clip")
    readonly_fields = ("letter", "created_at", "updated_at")
    inlines: ClassVar = [LineInline]

    @admin.display(ordering="scene__project")
    def project(self, shot: Shot) -> str:
        """Whose shot it is."""
        return shot.scene.project.name


@admin.register(Element)
class ElementAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "kind", "project", "voice")
    list_filter = ("kind",)
    list_select_related = ("project",)
    search_fields = ("name", "project__name")
    autocomplete_fields = ("project", "references")


@admin.register(Asset)
class AssetAdmin(History):
    list_display = ("key", "project", "kind", "origin", "media_type", "size", "created_at")
    list_filter = ("kind", "origin", "media_type")
    list_select_related = ("project",)
    search_fields = ("key", "sha256", "original_name", "project__name")


@admin.register(Take)
class TakeAdmin(History):
    list_display = ("__str__", "kind", "number", "asset", "created_by", "created_at")
    list_filter = ("kind",)
    list_select_related = ("shot__scene", "asset", "created_by")
    search_fields = ("shot__scene__project__name", "shot__scene__heading", "fingerprint")


class RenderInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Render
    extra = 0
    fields = ("number", "asset", "subtitles", "created_by", "created_at")
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Renders come from jobs."""
        return False


@admin.register(Film)
class FilmAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("title", "project", "updated_at")
    list_select_related = ("project",)
    search_fields = ("title", "project__name")
    autocomplete_fields = ("project",)
    inlines: ClassVar = [RenderInline]
