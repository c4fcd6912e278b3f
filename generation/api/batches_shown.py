"""What is shown of batches, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Dollars, Person, Truth, WholeNumber
from generation.listing import BatchHead, batch_heads
from generation.models import Approval, Batch
from generation.offers import CHOICES
from projects.api.base import PageInProject

MOST_SHOTS = 20_000
_NOT_NEEDED = "not_needed"


class _Heads(serializers.ListSerializer[Any]):
    """A page of batches, each with how far it is, in one query."""

    def to_representation(self, data: Any) -> list[Any]:
        """Return them as they are shown."""
        return super().to_representation(heads_of(data))


class BatchOut(serializers.Serializer[Any]):
    """What one action asked for, and how far it is."""

    class Meta:
        list_serializer_class = _Heads

    id = serializers.UUIDField(source="batch.id")
    project = serializers.UUIDField(source="batch.project_id")
    title = serializers.CharField(source="batch.title")
    approval = serializers.SerializerMethodField(help_text="Whether a producer must say yes before anything is sent.")
    approval_expires_at = serializers.DateTimeField(source="batch.approval_expires_at", allow_null=True)
    decided_by = Person(source="batch.decided_by", allow_null=True)
    decided_at = serializers.DateTimeField(source="batch.decided_at", allow_null=True)
    rehearsal = serializers.BooleanField(source="batch.rehearsal")
    max_concurrent = serializers.IntegerField(source="batch.max_concurrent", allow_null=True)
    note = serializers.UUIDField(source="batch.note_id", allow_null=True, help_text="The comment that it answers.")
    jobs = serializers.IntegerField(source="total")
    succeeded = serializers.IntegerField(source="done")
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    open = serializers.IntegerField(help_text="How many go on or wait.")
    estimate_usd = Dollars(source="batch.estimate")
    held_usd = Dollars(source="held")
    charged_usd = Dollars(source="charged")
    created_by = Person(source="batch.created_by", allow_null=True)
    created_at = serializers.DateTimeField(source="batch.created_at")

    def get_approval(self, head: BatchHead) -> str:
        """Return how the approval stands."""
        return head.batch.approval or _NOT_NEEDED


def head_of(batch: Batch) -> BatchHead:
    """Return a batch with how far it is."""
    fresh = Batch.objects.select_related("created_by", "decided_by").get(pk=batch.pk)
    return heads_of([fresh])[0]


def heads_of(batches: Iterable[Batch]) -> list[BatchHead]:
    """Return batches with how far they are, in one query."""
    listed = list(batches)
    known = batch_heads(listed)
    return [known.get(batch.pk) or BatchHead(batch, 0, 0, 0, 0, 0, 0, 0) for batch in listed]


class BatchQuery(PageInProject):
    """Which batches."""

    approval = serializers.ChoiceField(
        choices=[_NOT_NEEDED, *(value for value in Approval.values if value)], required=False
    )


def approval_named(word: str) -> str:
    """Return how an approval is stored."""
    return "" if word == _NOT_NEEDED else word


class BatchIn(Body):
    """What is to be made of a project's shots."""

    project = serializers.UUIDField()
    make = serializers.ChoiceField(
        choices=list(CHOICES),
        default="everything",
        help_text="`clips` brings the stills along that clips start from, `clips_only` does not.",
    )
    shots = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        min_length=1,
        max_length=MOST_SHOTS,
        help_text="Left out: all that are in the film.",
    )
    new_take = Truth(default=False, help_text="Also what is there and up to date, as another take.")
    max_concurrent = WholeNumber(
        min_value=1, max_value=1000, default=None, allow_null=True, help_text="Jobs at once; null: as many as may be."
    )
