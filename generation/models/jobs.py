"""Jobs: what a person wished for, and each attempt to have it made.

Money is whole micro-units of a US dollar (1,000,000 = $1). Durations are milliseconds.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Team
from generation.models.accounts import ProviderAccount
from generation.models.groups import BatchGroup
from generation.providers.base import Operation
from generation.querysets import AttemptQuerySet, JobQuerySet
from generation.states import AttemptState, JobState
from projects.models import Comment, Project
from scenes.models import Asset, Film, Line, Shot

MEDIA_OF_OPERATION = {
    Operation.TEXT_TO_IMAGE: "image",
    Operation.IMAGE_TO_IMAGE: "image",
    Operation.INPAINT: "image",
    Operation.OUTPAINT: "image",
    Operation.UPSCALE_IMAGE: "image",
    Operation.REMOVE_BACKGROUND: "image",
    Operation.CAPTION: "text",
    Operation.TEXT_TO_VIDEO: "video",
    Operation.IMAGE_TO_VIDEO: "video",
    Operation.VIDEO_TO_VIDEO: "video",
    Operation.UPSCALE_VIDEO: "video",
    Operation.TEXT_TO_SPEECH: "audio",
    Operation.SOUND_EFFECT: "audio",
    Operation.TEXT_TO_MUSIC: "audio",
    Operation.TEXT_TO_TEXT: "text",
    Operation.FILM: "film",
}


class Approval(models.TextChoices):
    """Whether a producer must say yes before anything is sent."""

    NOT_NEEDED = "", "Not needed"
    WAITING = "waiting", "Waiting for approval"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"


class Batch(models.Model):
    """Jobs that one action asked for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="batches")
    title = models.CharField(max_length=120)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    note = models.ForeignKey(
        Comment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="What it answers."
    )
    group = models.ForeignKey(
        BatchGroup, on_delete=models.SET_NULL, null=True, blank=True, related_name="batches", help_text="Asked with it."
    )
    rehearsal = models.BooleanField(default=False, help_text="Goes to simulated providers; no real money.")
    estimate = models.BigIntegerField(default=0, help_text="Micro-units, of everything that it asked for.")
    max_concurrent = models.PositiveIntegerField(null=True, blank=True, help_text="Jobs at once; empty: no limit.")
    idempotency_key = models.CharField(max_length=200, blank=True)
    request_hash = models.CharField(max_length=64, blank=True, help_text="Of what came with the idempotency key.")

    approval = models.CharField(max_length=12, choices=Approval.choices, default=Approval.NOT_NEEDED)
    approval_expires_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "batches"
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["project", "-created_at"]),
            models.Index(fields=["project"], condition=Q(approval="waiting"), name="batches_that_wait"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "created_by", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="one_batch_per_idempotency_key",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Job(models.Model):
    """What a person wished for: operation, inputs, parameters, and where the result goes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="jobs")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="jobs")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="jobs")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    operation = models.CharField(max_length=32, choices=[(value.value, value.value) for value in Operation])
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    prompt = models.TextField(blank=True)
    parameters = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    recipe = models.CharField(max_length=64, help_text="Hash of the wish without its seed; another one: stale.")
    fingerprint = models.CharField(max_length=64, help_text="Hash of wish and target; joins identical ones.")

    shot = models.ForeignKey(Shot, on_delete=models.CASCADE, null=True, blank=True, related_name="jobs")
    line = models.ForeignKey(Line, on_delete=models.SET_NULL, null=True, blank=True, related_name="jobs")
    film = models.ForeignKey(Film, on_delete=models.CASCADE, null=True, blank=True, related_name="jobs")
    input_asset = models.ForeignKey(Asset, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    inputs = models.JSONField(
        default=list, help_text="Further files of the project: sha256, media_type, role, tag and size of each."
    )
    elements = models.JSONField(default=dict, help_text="What of each element goes in: its id, and a hash of that.")
    input_job = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="followers")
    after_batch = models.BooleanField(default=False, help_text="Starts when the other jobs of its batch have ended.")

    estimate = models.BigIntegerField(default=0, help_text="Micro-units, at the first provider.")
    alternatives = models.JSONField(
        default=list, help_text="Who is asked next when this one cannot: provider, model, prompt, parameters, estimate."
    )
    passed_over = models.JSONField(
        default=dict,
        blank=True,
        help_text="Who was chosen and could not be asked: provider, model, why_not.",
    )
    result_text = models.TextField(blank=True, help_text="What came out, or has come so far, where that is words.")

    state = models.CharField(max_length=20, choices=JobState.choices, default=JobState.QUEUED)
    failure_code = models.CharField(max_length=64, blank=True)
    failure_text = models.TextField(blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["project", "-created_at"]),
            models.Index(fields=["project", "state", "-created_at"]),
            models.Index(fields=["batch", "state"]),
            models.Index(fields=["team", "fingerprint"]),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "fingerprint"],
                condition=Q(state__in=["waiting_approval", "queued", "running", "unknown"]),
                name="identical_open_jobs_are_joined",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.id}"

    @property
    def media(self) -> str:
        """What comes out, as the socket's event names call it: image, video, audio or film."""
        return MEDIA_OF_OPERATION[Operation(self.operation)]


class Attempt(models.Model):
    """One possible purchase at one provider. Its id is ours, chosen before the call."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attempts")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField(default=1)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="attempts")
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    prompt = models.TextField(blank=True, help_text="As this model takes it.")
    parameters = models.JSONField(default=dict, help_text="As this model takes them.")
    rehearsal = models.BooleanField(default=False)
    state = models.CharField(max_length=16, choices=AttemptState.choices, default=AttemptState.QUEUED)
    version = models.PositiveIntegerField(default=0, help_text="Rises with each move.")

    claims = models.PositiveIntegerField(default=0, help_text="Times it was taken up for preparing.")
    fetch_claims = models.PositiveIntegerField(default=0, help_text="Times its result was taken up for fetching.")
    refusals = models.PositiveIntegerField(default=0, help_text="Times in a row the provider did not accept it yet.")
    lease_token = models.UUIDField(null=True, blank=True)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, help_text="When the next step is due; empty means now.")

    body = models.JSONField(null=True, blank=True, help_text="The frozen request.")
    body_hash = models.CharField(max_length=64, blank=True)
    send_started_at = models.DateTimeField(null=True, blank=True)
    task_id = models.CharField(max_length=200, blank=True, help_text="The provider's id.")
    accepted_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    poll_failures = models.PositiveIntegerField(default=0)
    progress = models.FloatField(null=True, blank=True, help_text="0 to 1, as last stored.")
    outputs = models.JSONField(default=list)
    quality = models.JSONField(default=dict, help_text="What was found wrong with a result that decodes; empty: fine.")
    rechecked = models.BooleanField(default=False, help_text="Its result was fetched once more because of that.")
    assets = models.JSONField(default=list, help_text="Ids of the files that it brought home.")
    done_at = models.DateTimeField(null=True, blank=True, help_text="When the provider said it was done.")

    estimate = models.BigIntegerField(default=0, help_text="Micro-units.")
    cost = models.BigIntegerField(null=True, blank=True, help_text="Micro-units, as charged.")
    price_version = models.CharField(max_length=40, blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    failure_public = models.TextField(blank=True)
    failure_internal = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at"]
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"]),
            models.Index(fields=["account", "state"]),
            models.Index(fields=["task_id"], condition=~Q(task_id=""), name="attempt_of_a_task"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "number"], name="attempt_number_is_unique_in_job"),
            models.UniqueConstraint(
                fields=["account", "task_id"], condition=~Q(task_id=""), name="provider_task_is_unique_in_account"
            ),
            models.UniqueConstraint(
                fields=["job"],
                condition=Q(state__in=["queued", "claimed", "sending", "running", "fetching", "unknown"]),
                name="one_open_attempt_per_job",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["claimed", "sending"]) | Q(lease_token__isnull=False),
                name="work_in_hand_has_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sending", "running", "fetching", "succeeded"]) | Q(body__isnull=False),
                name="nothing_is_sent_unfrozen",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "fetching", "succeeded"]) | ~Q(task_id=""),
                name="an_accepted_attempt_has_its_task",
            ),
            models.CheckConstraint(condition=Q(estimate__gte=0), name="estimate_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.state} {self.id}"
