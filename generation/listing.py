"""Lists of jobs as pages show them, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value, When

from generation import serving
from generation.job_rows import CHARGED_ANYWAY, HOLDING, UNSETTLED, JobRow, job_rows, rows_of, with_all_that_is_shown
from generation.models import Approval, Attempt, Batch, Job
from generation.serving import NOBODY, Service
from generation.states import JobState
from projects.models import Project

__all__ = ["UNSETTLED", "JobRow", "job_rows"]

PAGE = 50
UNDECIDED = (JobState.UNKNOWN, JobState.WAITING_APPROVAL)
MOST_UNKNOWN = 20
SHOWN = {
    "all": Q(),
    "open": Q(state__in=UNSETTLED),
    "decide": Q(state__in=UNDECIDED),
    "failed": Q(state=JobState.FAILED),
}
# What goes on first, then what asks for somebody, then what waits, then what is over.
_PLACE = Case(
    When(state=JobState.RUNNING, then=Value(0)),
    When(state__in=(JobState.FAILED, JobState.UNKNOWN), then=Value(1)),
    When(state__in=(JobState.QUEUED, JobState.WAITING_APPROVAL), then=Value(2)),
    default=Value(3),
)
# A batch that needs somebody's yes stands above those that go on without.
_WAITS_FIRST = Case(When(batch__approval=Approval.WAITING, then=Value(0)), default=Value(1))


@dataclass(frozen=True, slots=True)
class BatchHead:
    """One batch with how far it is."""

    batch: Batch
    total: int
    done: int
    failed: int
    cancelled: int
    open: int
    charged: int
    held: int
    service: Service = NOBODY

    @property
    def ended(self) -> int:
        """How many of its jobs go on no more."""
        return self.total - self.open

    @property
    def waiting(self) -> bool:
        """Whether it needs somebody's yes."""
        return self.batch.approval == Approval.WAITING

    @property
    def paid(self) -> bool:
        """Whether money is or may be involved."""
        return bool(self.charged or self.held or self.batch.estimate)


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of a project's jobs, by batch, newest first."""

    show: str
    number: int
    counts: dict[str, int]
    groups: tuple[tuple[BatchHead, tuple[JobRow, ...]], ...]
    unknown: tuple[JobRow, ...] = ()

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.counts[self.show] // PAGE))

    @property
    def before(self) -> int | None:
        """The page before this one."""
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        """The page after this one."""
        return self.number + 1 if self.number < self.pages else None


def job_page(project: Project, *, show: str, number: int) -> JobPage:
    """Return a page of an opened project's jobs: the newest batch first, in a batch what goes on first.

    Args:
        project: whose.
        show: ``all``, ``open``, ``decide`` or ``failed``; others show all.
        number: from 1; one that is not there shows the nearest.
    """
    show = show if show in SHOWN else "all"
    jobs = Job.objects.filter(project=project)
    counts = jobs.aggregate(
        unknown=Count("pk", filter=Q(state=JobState.UNKNOWN)),
        **{name: Count("pk", filter=which) if which else Count("pk") for name, which in SHOWN.items()},
    )
    number = min(max(number, 1), max(1, -(-counts[show] // PAGE)))
    wanted = jobs.filter(SHOWN[show]).order_by(
        _WAITS_FIRST, "-batch__created_at", "batch_id", _PLACE, "created_at", "pk"
    )
    shown = list(with_all_that_is_shown(wanted).defer("result_text")[(number - 1) * PAGE : number * PAGE])
    unknown = sorted((job for job in shown if job.state == JobState.UNKNOWN), key=lambda job: job.created_at)
    if len(unknown) < min(counts["unknown"], MOST_UNKNOWN):
        # Some are on other pages, or not among those that are shown.
        everywhere = jobs.filter(state=JobState.UNKNOWN).order_by("created_at")
        unknown = list(with_all_that_is_shown(everywhere).defer("result_text")[:MOST_UNKNOWN])
    every = rows_of([*shown, *unknown])
    rows = every[: len(shown)]
    heads = with_service(batch_heads({row.job.batch for row in rows}))
    groups = tuple(
        (heads[batch_id], tuple(group)) for batch_id, group in groupby(rows, key=lambda row: row.job.batch_id)
    )
    return JobPage(
        show=show, number=number, counts=counts, groups=groups, unknown=tuple(every[len(shown) :][:MOST_UNKNOWN])
    )


def batch_heads(batches: Iterable[Batch]) -> dict[UUID, BatchHead]:
    """Return how far batches are, in one query."""
    by_id = {batch.pk: batch for batch in batches}
    counts = (
        Job.objects.filter(batch__in=by_id)
        .order_by()
        .values("batch")
        .annotate(
            total=Count("pk", distinct=True),
            done=_count(JobState.SUCCEEDED),
            failed=_count(JobState.FAILED),
            cancelled=_count(JobState.CANCELLED),
            open=_count(*UNSETTLED),
            told=Sum("attempts__cost", filter=~Q(attempts__state__in=HOLDING)),
            untold=Sum("attempts__estimate", filter=Q(attempts__cost=None, attempts__state__in=CHARGED_ANYWAY)),
            held=Sum("attempts__estimate", filter=Q(attempts__state__in=HOLDING)),
        )
    )
    return {
        row["batch"]: BatchHead(
            batch=by_id[row["batch"]],
            total=row["total"],
            done=row["done"],
            failed=row["failed"],
            cancelled=row["cancelled"],
            open=row["open"],
            charged=(row["told"] or 0) + (row["untold"] or 0),
            held=row["held"] or 0,
        )
        for row in counts
    }


def with_service(heads: Mapping[UUID, BatchHead]) -> dict[UUID, BatchHead]:
    """Return batches with who has made what they asked for, in one more query.

    Args:
        heads: from ``batch_heads``.
    """
    services = serving.by_batch(head.batch for head in heads.values())
    return {pk: replace(head, service=services.get(pk, NOBODY)) for pk, head in heads.items()}


def _count(*states: str) -> Count:
    # Distinct, because the attempts that are added up beside it bring each job several times.
    return Count("pk", filter=Q(state__in=states), distinct=True)


def unsettled(project: Project) -> QuerySet[Job]:
    """Return an opened project's jobs that go on, and failures that nothing has followed yet."""
    followed = Job.objects.filter(
        shot=OuterRef("shot"), operation=OuterRef("operation"), created_at__gt=OuterRef("created_at")
    ).filter(Q(line=OuterRef("line")) | Q(line=None))
    return (
        Job.objects.filter(project=project)
        .filter(Q(state__in=UNSETTLED) | Q(Q(state=JobState.FAILED), ~Exists(followed)))
        .order_by("created_at")
    )


def on_the_board(project: Project) -> list[dict[str, Any]]:
    """Return what a storyboard shows of an opened project's jobs, as JSON values with the socket's names."""
    latest = Attempt.objects.filter(job=OuterRef("pk")).order_by("-number").values("progress")[:1]
    rows: Iterable[Any] = unsettled(project).annotate(progress=Subquery(latest))
    return [
        {
            "jobId": str(job.pk),
            "batchId": str(job.batch_id),
            "shotId": str(job.shot_id or ""),
            "lineId": str(job.line_id or ""),
            "filmId": str(job.film_id or ""),
            "media": job.media,
            "status": job.state,
            "progress": job.progress,
            "startedAt": job.started_at.isoformat() if job.started_at else None,
            "error": job.failure_text,
        }
        for job in rows
    ]
