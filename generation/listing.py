"""Jobs as pages show them: read in a fixed number of queries, with a reason in plain words for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value, When

from generation.models import Attempt, Batch, Job
from generation.states import JOB_ENDED, JOB_OPEN, JobState
from projects.models import Project

PAGE = 50
UNSETTLED = (*JOB_OPEN, JobState.UNKNOWN)
SHOWN = {
    "all": Q(),
    "open": Q(state__in=UNSETTLED),
    "failed": Q(state=JobState.FAILED),
}
# What goes on first, then what asks for somebody, then what waits, then what is over.
_PLACE = Case(
    When(state=JobState.RUNNING, then=Value(0)),
    When(state__in=(JobState.FAILED, JobState.UNKNOWN), then=Value(1)),
    When(state__in=(JobState.QUEUED, JobState.WAITING_APPROVAL), then=Value(2)),
    default=Value(3),
)
_MEDIA_LABELS = {"image": "Still", "video": "Clip", "audio": "Voice", "film": "Film"}


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job with its latest attempt."""

    job: Job
    attempt: Attempt | None

    @property
    def title(self) -> str:
        """What is made, in the trade's words: ``Clip · 2C``."""
        job = self.job
        label = _MEDIA_LABELS[job.media]
        if job.line is not None and job.shot is not None:
            return f"{label} · {job.shot.label} {job.line.character.title()}"
        return f"{label} · {job.shot.label}" if job.shot is not None else label

    @property
    def state(self) -> str:
        """The state in the words that people see."""
        if self.cancelling:
            return "Cancelling"
        return JobState(self.job.state).label

    @property
    def tone(self) -> str:
        """Which colour the state has."""
        return {
            JobState.SUCCEEDED: "ok",
            JobState.RUNNING: "accent",
            JobState.FAILED: "warn",
            JobState.UNKNOWN: "warn",
        }.get(JobState(self.job.state), "mute")

    @property
    def cancelling(self) -> bool:
        """Asked to end, but not ended yet."""
        return self.job.cancel_requested_at is not None and self.job.state not in JOB_ENDED

    @property
    def running(self) -> bool:
        """Being worked on now."""
        return self.job.state == JobState.RUNNING

    @property
    def progress(self) -> float | None:
        """0 to 1 while it runs; None where nobody knows."""
        return self.attempt.progress if self.running and self.attempt else None

    @property
    def cost(self) -> int:
        """What was charged, or will be; micro-units."""
        if self.attempt is None:
            return 0
        if self.job.state in (JobState.CANCELLED, JobState.FAILED):
            return self.attempt.cost or 0
        return self.attempt.cost if self.attempt.cost is not None else self.attempt.estimate

    @property
    def retry_cost(self) -> int:
        """What asking again will cost; micro-units."""
        return self.attempt.estimate if self.attempt else 0

    @property
    def can_cancel(self) -> bool:
        """May still be ended."""
        return self.job.state in UNSETTLED and not self.cancelling

    @property
    def can_retry(self) -> bool:
        """Has ended without a result."""
        return self.job.state in (JobState.FAILED, JobState.CANCELLED)

    @property
    def reason(self) -> str:
        """Why it is where it is, for whoever waits for it; empty when there is nothing to say."""
        job, attempt = self.job, self.attempt
        if job.failure_text:
            return job.failure_text
        if job.state == JobState.UNKNOWN:
            return (
                attempt.failure_public if attempt else ""
            ) or "Nobody can tell whether the provider accepted this. Its price stays held until that is known."
        if job.state == JobState.QUEUED:
            if job.input_job is not None and job.input_job.state in JOB_OPEN:
                return "Waits for the still that it starts from."
            if job.after_batch:
                return "Waits until everything else in this batch has ended."
            if attempt is not None and attempt.refusals and attempt.failure_public:
                return attempt.failure_public
        return ""


@dataclass(frozen=True, slots=True)
class BatchHead:
    """One batch with how far it is."""

    batch: Batch
    total: int
    done: int
    failed: int
    cancelled: int
    open: int

    @property
    def ended(self) -> int:
        """How many of its jobs go on no more."""
        return self.total - self.open


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of a project's jobs, by batch, newest first."""

    show: str
    number: int
    counts: dict[str, int]
    groups: tuple[tuple[BatchHead, tuple[JobRow, ...]], ...]

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
        show: ``all``, ``open`` or ``failed``; others show all.
        number: from 1; one that is not there shows the nearest.
    """
    show = show if show in SHOWN else "all"
    jobs = Job.objects.filter(project=project)
    counts = jobs.aggregate(
        **{name: Count("pk", filter=which) if which else Count("pk") for name, which in SHOWN.items()}
    )
    number = min(max(number, 1), max(1, -(-counts[show] // PAGE)))
    wanted = (
        jobs.filter(SHOWN[show])
        .select_related("batch__created_by")
        .order_by("-batch__created_at", "batch_id", _PLACE, "created_at", "pk")
    )
    rows = job_rows(wanted[(number - 1) * PAGE : number * PAGE])
    heads = batch_heads({row.job.batch for row in rows})
    groups = tuple(
        (heads[batch_id], tuple(group)) for batch_id, group in groupby(rows, key=lambda row: row.job.batch_id)
    )
    return JobPage(show=show, number=number, counts=counts, groups=groups)


def job_rows(jobs: QuerySet[Job]) -> list[JobRow]:
    """Return jobs with all that a row shows, in two queries."""
    found = list(jobs.select_related("shot__scene", "line", "film", "input_job", "batch"))
    attempts: dict[UUID, Attempt] = {}
    for attempt in (
        Attempt.objects.filter(job__in=[job.pk for job in found]).order_by("number").defer("body", "outputs")
    ):
        attempts[attempt.job_id] = attempt
    return [JobRow(job, attempts.get(job.pk)) for job in found]


def batch_heads(batches: Iterable[Batch]) -> dict[UUID, BatchHead]:
    """Return how far batches are, in one query."""
    by_id = {batch.pk: batch for batch in batches}
    counts = (
        Job.objects.filter(batch__in=by_id)
        .order_by()
        .values("batch")
        .annotate(
            total=Count("pk"),
            done=Count("pk", filter=Q(state=JobState.SUCCEEDED)),
            failed=Count("pk", filter=Q(state=JobState.FAILED)),
            cancelled=Count("pk", filter=Q(state=JobState.CANCELLED)),
            open=Count("pk", filter=Q(state__in=UNSETTLED)),
        )
    )
    return {
        row["batch"]: BatchHead(
            by_id[row["batch"]], row["total"], row["done"], row["failed"], row["cancelled"], row["open"]
        )
        for row in counts
    }


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
