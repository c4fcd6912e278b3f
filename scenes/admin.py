"""The footage for staff: to be looked at and searched. Takes and files are history and stay as they are."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import History
from scenes.models import (
    Asset,
    DiscardedFile,
    Element,
    Film,
    Line,
    Reference,
    Render,
    Scene,
    Script,
    ScriptDraft,
    Shot,
    Sound,
    Take,
    Title,
    Upload,
    Waveform,
)


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
    list_display = ("label", "project", "status", "assignee", "due_on", "angle", "duration_ms", "omitted_at")
    list_filter = ("status", "angle", "transition", ("omitted_at", admin.EmptyFieldListFilter))
    list_select_related = ("scene__project", "assignee")
    search_fields = ("description", "scene__heading", "scene__project__name", "assignee__email")
    autocomplete_fields = ("scene", "still", "clip", "assignee")
    readonly_fields = ("letter", "created_at", "updated_at")
    inlines: ClassVar = [LineInline]

    @admin.display(ordering="scene__project")
    def project(self, shot: Shot) -> str:
        """Whose shot it is."""
        return shot.scene.project.name


class ReferenceInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Reference
    fk_name = "element"
    extra = 0
    fields = ("position", "asset")
    autocomplete_fields = ("asset",)


@admin.register(Element)
class ElementAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "kind", "project", "voice")
    list_filter = ("kind",)
    list_select_related = ("project",)
    search_fields = ("name", "project__name")
    autocomplete_fields = ("project",)
    inlines: ClassVar = [ReferenceInline]


@admin.register(Asset)
class AssetAdmin(History):
    list_display = ("key", "project", "kind", "origin", "media_type", "size", "created_at")
    list_filter = ("kind", "origin", "media_type")
    list_select_related = ("project",)
    search_fields = ("key", "sha256", "original_name", "project__name")


@admin.register(Take)
class TakeAdmin(History):
    list_display = ("__str__", "kind", "number", "verdict", "asset", "created_by", "created_at", "deleted_at")
    list_filter = ("kind", "verdict", ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("shot__scene", "asset", "created_by")
    search_fields = ("project__name", "shot__scene__heading", "fingerprint")


class RenderInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Render
    extra = 0
    fields = ("number", "asset", "subtitles", "created_by", "created_at")
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Renders come from jobs."""
        return False


class SoundInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Sound
    extra = 0
    fields = ("track", "asset", "shot", "start_ms", "in_ms", "length_ms", "gain_db", "ducked", "deleted_at")
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Sounds are laid on the page of the film."""
        return False


class TitleInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Title
    extra = 0
    fields = ("text", "subtext", "place", "style", "start_ms", "length_ms", "deleted_at")
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Titles are set on the page of the film."""
        return False


@admin.register(Film)
class FilmAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("title", "project", "updated_at")
    list_select_related = ("project",)
    search_fields = ("title", "project__name")
    autocomplete_fields = ("project",)
    inlines: ClassVar = [SoundInline, TitleInline, RenderInline]


@admin.register(ScriptDraft)
class ScriptDraftAdmin(History):
    """What somebody writes and has not saved is theirs: its text is not shown."""

    list_display = ("project", "author", "based_on", "updated_at")
    list_select_related = ("project", "author")
    search_fields = ("project__name", "author__email")
    exclude = ("text",)


@admin.register(Upload)
class UploadAdmin(History):
    list_display = ("created_at", "name", "project", "size", "created_by")
    list_select_related = ("project", "created_by")
    search_fields = ("name", "project__name")


@admin.register(DiscardedFile)
class DiscardedFileAdmin(History):
    list_display = ("key", "created_at", "due_at", "being_removed")
    search_fields = ("key",)


@admin.register(Waveform)
class WaveformAdmin(History):
    list_display = ("asset", "step_ms")
    list_select_related = ("asset",)
    search_fields = ("asset__key", "asset__project__name")
    exclude = ("peaks",)
