"""Where a team wants to hear of what happens in its projects, and what was sent there."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Team


class WebhookEndpoint(models.Model):
    """An address of a team's own that events are sent to, one after the other.

    While ``disabled_at`` is set nothing is sent. ``lease_until`` says how long whoever sends may be believed alive.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="webhooks")
    project = models.ForeignKey(
        "projects.Project", on_delete=models.CASCADE, null=True, blank=True, related_name="webhooks",
        help_text="Only events of this one; empty: of all projects of the team.",
    )  # fmt: skip
    url = models.CharField(max_length=1000)
    description = models.CharField(max_length=120, blank=True)
    types = models.JSONField(default=list, help_text="Patterns of event types, one of which must match.")
    sealed_secret = models.TextField(editable=False)
    old_secrets = models.JSONField(
        default=list, blank=True, editable=False, help_text="Sealed, each with the time until which it signs as well."
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True, help_text="Empty: what was sent last was taken.")
    given_up = models.JSONField(
        default=list, blank=True, editable=False,
        help_text="Types of which one was not taken to the end: the next of them are tried once, until one is taken.",
    )  # fmt: skip
    last_taken_at = models.DateTimeField(null=True, blank=True)
    last_number = models.PositiveBigIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Nothing is sent before.")
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "webhook"
        ordering: ClassVar = ["created_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["team", "created_at"], name="webhooks_of_team")]

    def __str__(self) -> str:
        return self.description or self.url

    @property
    def state(self) -> str:
        """How it stands, in a word: ``off``, ``failing`` or ``on``."""
        if self.disabled_at is not None:
            return "off"
        return "failing" if self.failing_since is not None else "on"


class WebhookCursor(models.Model):
    """Up to which event of a project an endpoint's deliveries were written."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="cursors")
    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="+")
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "project"], name="one_cursor_of_endpoint_in_project"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} · {self.number}"


class Delivery(models.Model):
    """One event on its way to one endpoint; the receiver knows it by the same id however often it comes.

    ``number`` is its place in the endpoint's queue. An event, or for a test none, says what is sent.
    """

    class State(models.TextChoices):
        """What has become of it."""

        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey("projects.Event", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    number = models.PositiveBigIntegerField()
    type = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Since it was last put into the queue.")
    begun_at = models.DateTimeField(null=True, blank=True, help_text="The first attempt of these.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="The next attempt; empty: at its turn.")
    tries = models.JSONField(
        default=list, blank=True, help_text="The latest attempts: when, status, how long, why not."
    )
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of HTTP, the latest; empty: no answer.")
    answer = models.TextField(blank=True, help_text="The beginning of the latest answer.")
    error = models.CharField(max_length=300, blank=True, help_text="Why the latest attempt failed, in words.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering: ClassVar = ["-number"]
        indexes: ClassVar = [models.Index(fields=["endpoint", "state", "-number", "-id"], name="delivery_by_state")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "number"], name="one_place_in_queue_of_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.type} · {self.state}"

    @property
    def message_id(self) -> str:
        """The ``webhook-id``: the same at each attempt, so that the receiver knows what it has had."""
        return f"msg_{self.pk.hex}"
