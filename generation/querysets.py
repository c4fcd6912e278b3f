"""Which jobs and attempts, for whom, and the one conditional move that everything goes through."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connections, models
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now

from generation.states import IN_FLIGHT, JOB_OPEN, LEASED, MOVES, AttemptState, JobState
from projects.models import Project

if TYPE_CHECKING:
    from generation.models import Attempt, Job, ProviderAccount  # noqa: F401


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs."""

    def of(self, project: Project) -> JobQuerySet:
        """Return an opened project's jobs, newest first."""
        return self.filter(project=project).order_by("-created_at")

    def open(self) -> JobQuerySet:
        """Return those that still go on."""
        return self.filter(state__in=JOB_OPEN)


class AttemptQuerySet(models.QuerySet["Attempt"]):
    """Attempts."""

    def move(self, attempt_id: UUID, to: str, *, of: tuple[str, ...], token: UUID | None = None, **fields: Any) -> bool:
        """Move one attempt, if it still stands where the caller believes it does.

        Args:
            attempt_id: which one.
            to: the new state.
            of: the states that it may be moved from.
            token: the caller's lease; None where no lease is needed.
            fields: further columns to set with it.

        Returns:
            Whether one row changed. False means that somebody else has it: drop the work silently.

        Raises:
            ValueError: ``states.MOVES`` does not know such a move.
        """
        for state in of:
            if to != state and to not in MOVES[state]:
                raise ValueError(f"An attempt cannot go from {state} to {to}.")
        rows = self.filter(pk=attempt_id, state__in=of)
        if token is not None:
            rows = rows.filter(lease_token=token)
        return bool(rows.update(state=to, version=F("version") + 1, **fields))

    def due(self) -> AttemptQuerySet:
        """Return those whose next step need not wait, by the database's clock."""
        return self.filter(Q(due_at=None) | Q(due_at__lte=Now()))

    def lease_over(self) -> AttemptQuerySet:
        """Return those in a leased state that nobody holds any more, by the database's clock."""
        return self.filter(state__in=LEASED).filter(Q(lease_until=None) | Q(lease_until__lt=Now()))

    def in_flight(self, account: ProviderAccount) -> AttemptQuerySet:
        """Return those that count against an account's concurrency."""
        return self.filter(account=account, state__in=IN_FLIGHT)

    def startable(self, account: ProviderAccount) -> AttemptQuerySet:
        """Return the queued ones that could start now, fairest first.

        The team with the fewest attempts in flight comes first, then the oldest wish. A wish that needs the
        result of another waits for it; one that closes a batch waits until nothing else of the batch goes on; and a
        batch never has more under way than its people chose.
        """
        jobs = self.model._meta.get_field("job").related_model
        team_in_flight = (
            self.model._default_manager.filter(account=account, team=OuterRef("team"), state__in=IN_FLIGHT)
            .order_by()
            .values("team")
            .annotate(count=Count("pk"))
            .values("count")
        )
        others_go_on = jobs._default_manager.filter(batch=OuterRef("job__batch"), state__in=JOB_OPEN).exclude(
            pk=OuterRef("job_id")
        )
        batch_in_flight = (
            self.model._default_manager.filter(job__batch=OuterRef("job__batch"), state__in=IN_FLIGHT)
            .order_by()
            .values("job__batch")
            .annotate(count=Count("pk"))
            .values("count")
        )
        return (
            self.filter(account=account, state=AttemptState.QUEUED, job__project__deleted_at=None)
            .filter(Q(job__cancel_requested_at=None) | Q(send_started_at__isnull=False))
            .due()
            .filter(Q(job__input_job=None) | Q(job__input_job__state=JobState.SUCCEEDED))
            .filter(Q(job__after_batch=False) | ~Exists(others_go_on))
            .annotate(batch_in_flight=Coalesce(Subquery(batch_in_flight, output_field=IntegerField()), 0))
            .filter(Q(job__batch__max_concurrent=None) | Q(batch_in_flight__lt=F("job__batch__max_concurrent")))
            .annotate(team_in_flight=Coalesce(Subquery(team_in_flight, output_field=IntegerField()), 0))
            .order_by("team_in_flight", "job__created_at", "created_at")
        )

    def skip_locked(self) -> AttemptQuerySet:
        """Lock the rows and leave out those that somebody holds, where the database can (PostgreSQL).

        On SQLite the immediate transaction already keeps every other writer out.
        """
        if connections[self.db].features.has_select_for_update_skip_locked:
            return self.select_for_update(skip_locked=True, of=("self",))
        return self


def seconds_from_now(seconds: float) -> Any:
    """Return an expression for a moment by the database's clock."""
    return Now() + timedelta(seconds=seconds)
