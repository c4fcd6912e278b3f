"""Accounts at providers: whose key, how many orders at once, and how the provider has been."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Team


class ProviderAccount(models.Model):
    """The right to use a provider: a team's own, or the installation's when it has no team.

    The row is also what claims are serialised on, so that the provider's limits are kept exactly. It outlives its
    key: what was bought with it stays in the books.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=40)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="provider_accounts")
    rehearsal = models.BooleanField(default=False, help_text="A simulated provider: real prices, no real money.")
    base_url = models.CharField(max_length=300, blank=True, help_text="The team's own endpoint; empty: the provider's.")
    own_models = models.JSONField(
        default=dict, blank=True, help_text="Where only the account knows its models: names and prices, in micro-units."
    )
    sealed_key = models.TextField(blank=True, editable=False)
    key_hint = models.CharField(max_length=8, blank=True, editable=False, help_text="The key's last characters.")
    key_set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    key_set_at = models.DateTimeField(null=True, blank=True)
    max_concurrent = models.PositiveIntegerField(help_text="Attempts in flight at once.")
    daily_limit = models.PositiveIntegerField(null=True, blank=True, help_text="Orders in 24 hours; empty: no limit.")
    paused_until = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=200, blank=True)
    faults = models.PositiveIntegerField(default=0, help_text="Of the provider's own, in a row.")
    tripped_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is left out; empty: it is asked.")
    trip_reason = models.CharField(max_length=300, blank=True)
    probe_at = models.DateTimeField(null=True, blank=True, help_text="When one order may try whether it works again.")
    probe = models.UUIDField(null=True, blank=True, editable=False, help_text="The attempt that tries it.")
    probes_failed = models.PositiveIntegerField(default=0, help_text="In a row; the next one waits longer.")
    trip_told = models.BooleanField(default=False, help_text="Whether people know that it is left out.")
    checked_at = models.DateTimeField(null=True, blank=True, help_text="The last connection test.")
    check_result = models.JSONField(default=dict, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    alerted_at = models.DateTimeField(null=True, blank=True, help_text="When people were last told of trouble.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "team", "rehearsal"], name="one_account_per_provider_team_and_mode"
            ),
            models.UniqueConstraint(
                fields=["provider", "rehearsal"],
                condition=Q(team=None),
                name="one_installation_account_per_provider_and_mode",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.team or 'installation'}{' · rehearsal' if self.rehearsal else ''}"

    @property
    def is_paused(self) -> bool:
        """Whether nothing may be sent with it now."""
        return self.paused_until is not None and self.paused_until > datetime.now(UTC)

    @property
    def breaker_state(self) -> str:
        """``closed``: it is asked; ``open``: it is left out; ``half_open``: one order may try it, or is trying it."""
        if self.tripped_at is None:
            return "closed"
        return "open" if self.probe_at is not None and self.probe_at > datetime.now(UTC) else "half_open"
