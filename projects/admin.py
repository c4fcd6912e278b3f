"""Projects and their log for staff. The log is the audit: it can be read, and nothing else."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from projects.models import Event, Project


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "team", "resolution", "fps", "created_by", "created_at", "archived_at")
    list_filter = ("resolution", "fps", ("archived_at", admin.EmptyFieldListFilter))
    list_select_related = ("team", "created_by")
    search_fields = ("name", "team__name")
    autocomplete_fields = ("team", "created_by")
    readonly_fields = ("last_event_number", "created_at", "updated_at")
    date_hierarchy = "created_at"


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("project", "number", "type", "actor", "created_at")
    list_filter = ("type",)
    list_select_related = ("project", "actor")
    search_fields = ("project__name", "type")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only what happened is in the log."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened stays as it was."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A project's events go only with the project."""
        return False
