"""The admin's site: what Django's has, and two pages about the installation as a whole."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path

from config import status
from generation.money.costs import month_named, months_from
from generation.money.counters import this_month
from generation.money.installation import open_jobs, usage_of
from generation.states import JobState


class RushesAdminSite(admin.AdminSite):
    """For staff: every row, what the installation uses and pays, and how it stands."""

    site_header = "Rushes admin"
    site_title = "Rushes admin"
    index_title = "Everything"
    index_template = "admin/rushes_index.html"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return Django's addresses and ours."""
        return [
            path("usage/", self.admin_view(self.usage), name="usage"),
            path("status/", self.admin_view(self.status), name="status"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the list of models below what needs attention."""
        context: dict[str, Any] = dict(extra_context or {})
        if _may_see_everything(request):
            jobs = open_jobs()
            context["open_jobs"] = jobs
            context["going_on"] = jobs.get(JobState.QUEUED, 0) + jobs.get(JobState.RUNNING, 0)
            context["usage"] = usage_of(this_month(), rehearsal=False)
            context["troubles"] = [part for part in status.parts() if part.state != status.OK]
        return super().index(request, context)

    def usage(self, request: HttpRequest) -> HttpResponse:
        """Show what all teams used and paid in a month."""
        _refuse_others(request)
        month = month_named(request.GET.get("month", ""))
        rehearsal = request.GET.get("rehearsal") == "1"
        context = {
            **self.each_context(request),
            "title": "Use and cost",
            "month": month,
            "before": months_from(month, -1),
            "after": months_from(month, 1) if month < this_month() else None,
            "rehearsal": rehearsal,
            "usage": usage_of(month, rehearsal=rehearsal),
        }
        return TemplateResponse(request, "admin/usage.html", context)

    def status(self, request: HttpRequest) -> HttpResponse:
        """Show how each part of the installation stands."""
        _refuse_others(request)
        context = {
            **self.each_context(request),
            "title": "System status",
            "parts": status.parts(),
            "versions": status.versions(),
            "open_jobs": open_jobs(),
        }
        return TemplateResponse(request, "admin/status.html", context)


def _may_see_everything(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


def _refuse_others(request: HttpRequest) -> None:
    """These pages tell of all teams at once, which no single permission on a model covers."""
    if not _may_see_everything(request):
        raise PermissionDenied("Only superusers see the whole installation. Ask one of them.")
