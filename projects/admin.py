"""Projects and their log for staff. The log is the audit: it can be read, and nothing else."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import History
from projects.models import (
    Comment,
    Delivery,
    Event,
    Guest,
    GuestVerdict,
    MailChoice,
    Notification,
    Project,
    ReviewLink,
    WebhookCursor,
    WebhookEndpoint,
)


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "team", "resolution", "fps", "created_by", "created_at", "archived_at", "deleted_at")
    list_filter = (
        "resolution", "fps", ("archived_at", admin.EmptyFieldListFilter), ("deleted_at", admin.EmptyFieldListFilter)
    )  # fmt: skip
    list_select_related = ("team", "created_by")
    search_fields = ("name", "team__name")
    autocomplete_fields = ("team", "created_by")
    readonly_fields = ("last_event_number", "created_at", "updated_at")
    date_hierarchy = "created_at"


@admin.register(Event)
class EventAdmin(History):
    list_display = ("project", "number", "type", "actor", "created_at")
    list_filter = ("type",)
    list_select_related = ("project", "actor")
    search_fields = ("project__name", "type")


@admin.register(Comment)
class CommentAdmin(History):
    list_display = ("created_at", "project", "shown_author", "subject_kind", "text", "resolved_at", "deleted_at")
    list_filter = (
        "subject_kind",
        ("resolved_at", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("project", "author", "guest")
    search_fields = ("text", "project__name", "author__email")


@admin.register(Notification)
class NotificationAdmin(History):
    list_display = ("created_at", "user", "kind", "text", "read_at", "mailed_at")
    list_filter = ("kind", ("read_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("text", "user__email", "project__name")


@admin.register(MailChoice)
class MailChoiceAdmin(History):
    list_display = ("user", "pace", "hour", "zone", "since", "mailed_at")
    list_filter = ("pace",)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")


class GuestInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Guest
    extra = 0
    can_delete = False
    fields = ("name", "views", "first_seen_at", "last_seen_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Guests come by the link."""
        return False


@admin.register(ReviewLink)
class ReviewLinkAdmin(History):
    list_display = ("name", "project", "shows", "created_by", "created_at", "expires_at", "revoked_at")
    list_filter = ("shows", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("project", "created_by")
    search_fields = ("name", "project__name")
    exclude = ("nonce", "password")
    inlines: ClassVar = [GuestInline]


@admin.register(GuestVerdict)
class GuestVerdictAdmin(History):
    list_display = ("given_at", "guest", "subject_kind", "verdict")
    list_filter = ("verdict",)
    list_select_related = ("guest",)
    search_fields = ("guest__name", "guest__link__name", "guest__link__project__name")


class WebhookCursorInline(admin.TabularInline):  # type: ignore[type-arg]
    model = WebhookCursor
    extra = 0
    can_delete = False
    fields = ("project", "number")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They follow the log."""
        return False


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(History):
    list_display = ("url", "team", "project", "created_at", "last_taken_at", "failing_since", "disabled_at")
    list_filter = (("failing_since", admin.EmptyFieldListFilter), ("disabled_at", admin.EmptyFieldListFilter))
    list_select_related = ("team", "project")
    search_fields = ("url", "description", "team__name")
    exclude = ("sealed_secret", "old_secrets")
    inlines: ClassVar = [WebhookCursorInline]


@admin.register(Delivery)
class DeliveryAdmin(History):
    list_display = ("created_at", "endpoint", "number", "type", "state", "attempts", "status", "error")
    list_filter = ("state",)
    list_select_related = ("endpoint",)
    search_fields = ("type", "endpoint__url", "endpoint__team__name")
