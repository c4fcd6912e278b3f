"""The books: caps, what is held and spent under them, and a ledger that is only ever added to.

Money is whole micro-units of a US dollar (1,000,000 = $1). A rehearsal has books of its own under the same caps.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Team
from generation.models.jobs import Attempt
from projects.models import Project


class Budget(models.Model):
    """What a team, one of its projects or one of its people may spend in a calendar month (UTC)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="budgets")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets"
    )
    cap = models.BigIntegerField(help_text="Micro-units a month.")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team"], condition=Q(project=None, user=None), name="one_budget_per_team"),
            models.UniqueConstraint(fields=["team", "project"], name="one_budget_per_project"),
            models.UniqueConstraint(fields=["team", "user"], name="one_budget_per_person_and_team"),
            models.CheckConstraint(condition=Q(project=None) | Q(user=None), name="budget_has_one_scope"),
            models.CheckConstraint(condition=Q(cap__gte=0), name="budget_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.team} · {self.project or self.user or 'team'}"


class Scope(models.TextChoices):
    """Whose counter it is. Counters are always taken in this order."""

    TEAM = "team", "Team"
    PROJECT = "project", "Project"
    USER = "user", "Person"


class Counter(models.Model):
    """How much of a month's money is held and spent in one scope. The cap is a copy of the budget's; empty: no cap."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=8, choices=Scope.choices)
    scope_id = models.UUIDField(help_text="The team's, project's or person's id.")
    month = models.DateField(help_text="Its first day, UTC.")
    rehearsal = models.BooleanField(default=False)
    cap = models.BigIntegerField(null=True, blank=True)
    held = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    warned_at = models.DateTimeField(null=True, blank=True, help_text="When people were told that 80 % is gone.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "scope", "scope_id", "month", "rehearsal"], name="one_counter_per_scope_and_month"
            ),
            models.CheckConstraint(condition=Q(held__gte=0), name="held_is_not_negative"),
            models.CheckConstraint(condition=Q(spent__gte=0), name="spent_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.scope_id} {self.month:%Y-%m}"


class Entry(models.Model):
    """One line of the ledger. Never changed and never deleted."""

    class Kind(models.TextChoices):
        """What it says."""

        RESERVE = "reserve", "Reserved"
        SETTLE = "settle", "Settled"
        RELEASE = "release", "Released"
        ADJUST = "adjust", "Adjusted"

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    amount = models.BigIntegerField(help_text="Micro-units; only an adjustment may be negative.")
    overrun = models.BigIntegerField(default=0, help_text="What was charged above the reservation.")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    month = models.DateField(help_text="Of the counters that it changed: the month of the reservation.")
    rehearsal = models.BooleanField(default=False)
    price_version = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "entries"
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(fields=["team", "month"]),
            models.Index(fields=["team", "rehearsal", "-id"]),
            models.Index(fields=["project", "rehearsal", "-id"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["attempt", "kind"], name="one_entry_of_a_kind_per_attempt"),
            models.UniqueConstraint(
                fields=["attempt"], condition=Q(kind__in=["settle", "release"]), name="one_closing_entry_per_attempt"
            ),
            models.CheckConstraint(condition=Q(kind="adjust") | Q(amount__gte=0), name="entry_is_not_negative"),
            models.CheckConstraint(
                condition=Q(overrun__gte=0) & (Q(overrun=0) | Q(kind="settle", amount__gte=F("overrun"))),
                name="only_a_settlement_overruns",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} · {self.attempt_id}"
