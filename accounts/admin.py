"""People and teams for staff, and what the other rooms' admins are made of."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from accounts.models import ApiToken, IdempotencyKey, Invitation, Membership, Team, TeamEvent, User


class History(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that staff may look at and never change by hand: they come from services, and a correction is a new row."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: this is what happened, or what was bought."""
        return False


admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class AuthenticatorAdmin(History):
    """Second factors. Their secrets are sealed, and not shown; deleting one lets in somebody who has lost theirs."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    exclude = ("data",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers."""
        return bool(request.user.is_active and request.user.is_superuser)


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    ordering = ("email",)
    list_display = ("email", "name", "is_staff", "is_active", "last_login")
    search_fields = ("email", "name")
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),)


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "created_at")
    search_fields = ("name",)
    inlines: ClassVar = [MembershipInline]


@admin.register(Invitation)
class InvitationAdmin(History):
    list_display = ("email", "team", "role", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_filter = ("role", ("accepted_at", admin.EmptyFieldListFilter), ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("team", "invited_by")
    search_fields = ("email", "team__name")
    exclude = ("token_hash",)


@admin.register(TeamEvent)
class TeamEventAdmin(History):
    list_display = ("created_at", "team", "kind", "actor", "person")
    list_filter = ("kind",)
    list_select_related = ("team", "actor", "person")
    search_fields = ("team__name", "actor__email", "person__email")


@admin.register(ApiToken)
class ApiTokenAdmin(History):
    """Tokens of programs, without what is kept of their texts; they are made and revoked by their people."""

    list_display = ("shown", "name", "team", "user", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("team", "user")
    search_fields = ("shown", "name", "team__name", "user__email")
    exclude = ("digest",)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(History):
    """What was asked for with a key, without the answer: that is for whoever asked."""

    list_display = ("key", "user", "status", "created_at", "claimed_until")
    list_select_related = ("user",)
    search_fields = ("key", "user__email")
    exclude = ("body", "headers")
