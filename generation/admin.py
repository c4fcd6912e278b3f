"""Jobs for staff: everything can be looked into, history cannot be changed, and buttons go through the services."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from accounts.admin import History
from accounts.models import Role
from generation import deciding, retrying, services
from generation.catalogue import ImpossibleRequest
from generation.deciding import Decision
from generation.forms import DecisionForm
from generation.models import (
    Attempt,
    Batch,
    BatchGroup,
    Budget,
    Counter,
    Entry,
    GroupPart,
    Job,
    ProviderAccount,
    Writing,
)
from generation.money.counters import BudgetExceeded
from generation.services import NothingToDo
from generation.states import JOB_ENDED, JOB_OPEN, JobState
from generation.templatetags.prices import price
from generation.vendors import connection, provider_accounts
from generation.vendors.connection import Outcome
from projects.access import OpenProject


class Acting(History):
    """Rows that the engine's conditional moves own; superusers act on them through the services."""

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Superusers: cancelling and trying again may cost a team money."""
        return bool(request.user.is_active and request.user.is_superuser)


class AttemptInline(admin.TabularInline):  # type: ignore[type-arg]
    """The purchases of a job."""

    model = Attempt
    extra = 0
    can_delete = False
    show_change_link = True
    fields = (
        "number", "provider", "model", "state", "task_id", "estimate", "cost", "failure_public", "failure_internal",
        "created_at", "send_started_at", "accepted_at", "done_at", "ended_at",
    )  # fmt: skip
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(Budget)
class BudgetAdmin(History):
    """Caps. They are changed on the page of costs, where it is noted who did."""

    list_display = ("team", "project", "user", "cap", "changed_by", "changed_at")
    list_select_related = ("team", "project", "user", "changed_by")
    search_fields = ("team__name",)


@admin.register(Counter)
class CounterAdmin(History):
    """What is held and spent in a month."""

    list_display = ("team", "scope", "scope_id", "month", "rehearsal", "cap", "held", "spent")
    list_filter = ("scope", "rehearsal", "month")
    list_select_related = ("team",)
    search_fields = ("team__name",)


@admin.register(Entry)
class EntryAdmin(History):
    """The ledger."""

    list_display = ("created_at", "kind", "amount", "overrun", "team", "project", "user", "rehearsal", "note")
    list_filter = ("kind", "rehearsal", "month")
    list_select_related = ("team", "project", "user")
    search_fields = ("attempt__id", "team__name", "project__name")


class Decided(admin.SimpleListFilter):
    """Jobs by whether they still go on."""

    title = "going on"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("yes", "Going on"), ("unknown", "Unknown"), ("no", "Ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Return the rows of the choice."""
        states = {"yes": JOB_OPEN, "unknown": (JobState.UNKNOWN,), "no": JOB_ENDED}.get(self.value() or "")
        return queryset.filter(state__in=states) if states else queryset


@admin.register(Job)
class JobAdmin(Acting):
    """What people wished for."""

    list_display = ("created_at", "project", "operation", "model", "target", "state", "created_by", "failure_text")
    list_filter = (Decided, "state", "operation", "provider")
    list_select_related = ("project", "shot__scene", "created_by")
    search_fields = ("id", "project__name", "prompt", "failure_text", "created_by__email")
    date_hierarchy = "created_at"
    inlines: ClassVar = [AttemptInline]
    actions = ("cancel", "try_again")
    show_full_result_count = False
    change_form_template = "admin/generation/job/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """Return Django's addresses, and the one to end a doubt."""
        resolve = path(
            "<uuid:job_id>/resolve/", self.admin_site.admin_view(self.resolve), name="generation_job_resolve"
        )
        return [resolve, *super().get_urls()]

    def resolve(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        """Take a person's word on an order of which nobody knows whether it was accepted."""
        if not self.has_act_permission(request):
            raise PermissionDenied("Only superusers decide here. A team's producers do it on their page of jobs.")
        job = get_object_or_404(Job.objects.select_related("project"), pk=job_id)
        form = DecisionForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                deciding.resolve_unknown(
                    opened=_opened(request, job),
                    job=job,
                    decision=given["decision"],
                    task_id=given["task_id"],
                    cost=given["cost"] if given["decision"] == Decision.CHARGED else None,
                )
            except ImpossibleRequest as error:
                form.add_error("task_id" if error.field == "task_id" else None, str(error))
            else:
                self.message_user(request, "Decided. The books are closed accordingly.")
                return redirect("admin:generation_job_change", job.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "What became of this order?",
            "opts": self.opts,
            "job": job,
            "attempts": job.attempts.order_by("number"),
            "in_doubt": job.state == JobState.UNKNOWN,
            "form": form,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/generation/job/resolve.html", context, status=status)

    @admin.display(description="for")
    def target(self, job: Job) -> str:
        """Return what it is for."""
        return job.shot.label if job.shot else "film" if job.film_id else "–"

    @admin.action(description="Cancel", permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """End the chosen jobs as their own buttons would."""
        asked = 0
        for job in queryset.exclude(state__in=JOB_ENDED).select_related("project"):
            services.cancel_job(opened=_opened(request, job), job=job)
            asked += 1
        self.message_user(request, f"{asked} asked to end.")

    @admin.action(description="Try again", permissions=["act"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Ask again for the chosen jobs as their own buttons would."""
        asked = 0
        for job in queryset.select_related("project", "batch", "shot"):
            try:
                retrying.retry_job(opened=_opened(request, job), job=job)
                asked += 1
            except (ImpossibleRequest, NothingToDo, BudgetExceeded) as error:
                self.message_user(request, f"{job}: {error}", messages.WARNING)
        self.message_user(request, f"{asked} asked for again.")


def _opened(request: HttpRequest, job: Job) -> OpenProject:
    """Open a job's project for staff, who need no membership: the admin is their own door."""
    return OpenProject(project=job.project, user=request.user, role=Role.OWNER, by_staff=True)  # type: ignore[arg-type]


@admin.register(Attempt)
class AttemptAdmin(History):
    """What was bought, or may have been."""

    list_display = ("created_at", "job", "provider", "model", "state", "task_id", "price", "failure_code", "ended_at")
    list_filter = ("state", "provider", "failure_code")
    list_select_related = ("job",)
    search_fields = ("id", "task_id", "job__id", "failure_public", "failure_internal")
    date_hierarchy = "created_at"
    show_full_result_count = False

    @admin.display(description="price")
    def price(self, attempt: Attempt) -> str:
        """Return what was charged, or else the estimate."""
        return price(attempt.cost if attempt.cost is not None else attempt.estimate)


@admin.register(Batch)
class BatchAdmin(Acting):
    """What one action asked for."""

    list_display = ("created_at", "title", "project", "created_by", "jobs", "going_on")
    list_select_related = ("project", "created_by")
    search_fields = ("id", "title", "project__name")
    date_hierarchy = "created_at"
    actions = ("cancel",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        """Return batches with their counts."""
        rows: QuerySet[Batch] = super().get_queryset(request)
        return rows.annotate(all_jobs=Count("jobs"), open_jobs=Count("jobs", filter=Q(jobs__state__in=JOB_OPEN)))

    @admin.display(description="jobs")
    def jobs(self, batch: Any) -> int:
        """Return how many jobs it has."""
        return int(batch.all_jobs)

    @admin.display(description="going on")
    def going_on(self, batch: Any) -> int:
        """Return how many of them go on."""
        return int(batch.open_jobs)

    @admin.action(description="Cancel what goes on", permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Batch]) -> None:
        """End the open jobs of the chosen batches."""
        asked = 0
        for batch in queryset.select_related("project"):
            opened = OpenProject(project=batch.project, user=request.user, role=Role.OWNER, by_staff=True)  # type: ignore[arg-type]
            asked += services.cancel_batch(opened=opened, batch=batch)
        self.message_user(request, f"{asked} asked to end.")


@admin.register(ProviderAccount)
class ProviderAccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Limits and pauses of providers; the one thing here that staff may change. Keys are entered by teams."""

    list_display = (
        "provider", "team", "rehearsal", "key", "max_concurrent", "paused_until", "pause_reason", "last_success_at",
        "last_error",
    )  # fmt: skip
    list_filter = ("provider", "rehearsal")
    list_select_related = ("team",)
    search_fields = ("provider", "team__name")
    fields = (
        "provider", "team", "rehearsal", "key", "key_set_by", "key_set_at", "base_url", "own_models", "max_concurrent",
        "daily_limit", "paused_until", "pause_reason", "breaker_state", "probe_at", "probes_failed", "checked_at",
        "found", "last_success_at", "last_error_at", "last_error", "created_at",
    )  # fmt: skip
    readonly_fields = (
        "provider", "team", "rehearsal", "key", "key_set_by", "key_set_at", "base_url", "own_models", "breaker_state",
        "probe_at", "probes_failed", "checked_at", "found", "last_success_at", "last_error_at", "last_error",
        "created_at",
    )  # fmt: skip
    actions = ("resume", "test")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: accounts are made with their first use or with a team's key."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: attempts belong to them."""
        return False

    @admin.display(description="key")
    def key(self, account: ProviderAccount) -> str:
        """Return the last characters of a team's key; nobody sees more of it."""
        return f"•••• {account.key_hint}" if account.key_hint else "–"

    @admin.display(description="connection test")
    def found(self, account: ProviderAccount) -> str:
        """Return what the last test of the connection found."""
        found = account.check_result
        return " · ".join(str(found[name]) for name in ("outcome", "text", "balance_text") if found.get(name)) or "–"

    @admin.action(description="Use again now", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """End pauses before their time, and start what waited."""
        for account in queryset:
            provider_accounts.use_again(actor=request.user, account=account)  # type: ignore[arg-type]
        self.message_user(request, f"{len(queryset)} used again.")

    @admin.action(description="Test the connection", permissions=["change"])
    def test(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Ask the providers how the accounts stand."""
        for account in queryset.filter(provider__in=settings.PROVIDERS):
            check = connection.test_connection(account)
            well = check.outcome is Outcome.OK
            words = "answers and takes the key." if well else check.text
            self.message_user(request, f"{account}: {words}", messages.SUCCESS if well else messages.WARNING)


@admin.register(Writing)
class WritingAdmin(History):
    """What was written by language models, and what people made of it."""

    list_display = ("kind", "project", "decision", "cut", "set_aside", "created_at")
    list_filter = ("kind", "decision", "cut")
    list_select_related = ("project",)
    search_fields = ("project__name", "id")


class GroupPartInline(admin.TabularInline):  # type: ignore[type-arg]
    """The projects of a group."""

    model = GroupPart
    extra = 0
    can_delete = False
    fields = ("project", "outcome", "code", "text")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(BatchGroup)
class BatchGroupAdmin(History):
    """What was asked for in several projects at once."""

    list_display = ("make", "team", "created_by", "created_at")
    list_filter = ("make",)
    list_select_related = ("team", "created_by")
    search_fields = ("team__name", "id")
    inlines: ClassVar = [GroupPartInline]
