"""How far a batch is, for whoever waits for it: a terminal, a test, a synchronous caller."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from generation.models import Attempt, Job
from generation.states import IN_FLIGHT, JOB_OPEN, JobState

KINDS = ("image", "video", "audio", "film")
_OPERATIONS = {
    "image": ("text_to_image",),
    "video": ("text_to_video", "image_to_video"),
    "audio": ("text_to_speech",),
    "film": ("film",),
}


@dataclass(frozen=True, slots=True)
class KindState:
    """One kind of a batch's jobs. ``share`` is 0 to 1 over all of them, running ones counted in part."""

    total: int
    done: int
    failed: int
    share: float


@dataclass(frozen=True, slots=True)
class BatchState:
    """A batch at one moment."""

    kinds: dict[str, KindState]
    open: int
    unknown: int

    @property
    def ended(self) -> bool:
        """Whether nothing goes on any more; what is in doubt waits for a person and not for us."""
        return self.open == 0

    @property
    def failed(self) -> int:
        """How many ended without a result."""
        return sum(kind.failed for kind in self.kinds.values())


def state_of(batch_id: UUID) -> BatchState:
    """Look at a batch: two queries, whatever its size."""
    rows = list(
        Job.objects.filter(batch=batch_id)
        .order_by()
        .values("operation")
        .annotate(
            total=Count("pk"),
            done=Count("pk", filter=Q(state=JobState.SUCCEEDED)),
            failed=Count("pk", filter=Q(state__in=[JobState.FAILED, JobState.CANCELLED])),
            open=Count("pk", filter=Q(state__in=JOB_OPEN)),
            unknown=Count("pk", filter=Q(state=JobState.UNKNOWN)),
        )
    )
    running = dict(
        Attempt.objects.filter(job__batch=batch_id, state__in=IN_FLIGHT)
        .order_by()
        .values_list("job__operation")
        .annotate(share=Coalesce(Sum("progress"), 0.0))
    )
    kinds = {}
    for kind in KINDS:
        mine = [row for row in rows if row["operation"] in _OPERATIONS[kind]]
        total = sum(row["total"] for row in mine)
        done = sum(row["done"] for row in mine)
        failed = sum(row["failed"] for row in mine)
        part = sum(running.get(row["operation"], 0.0) for row in mine)
        kinds[kind] = KindState(total, done, failed, (done + failed + part) / total if total else 1.0)
    return BatchState(kinds, open=sum(row["open"] for row in rows), unknown=sum(row["unknown"] for row in rows))


def failures_of(batch_id: UUID) -> list[tuple[str, str]]:
    """Return what went wrong: the job's name and why, in plain words."""
    jobs = Job.objects.filter(batch=batch_id, state__in=[JobState.FAILED, JobState.CANCELLED, JobState.UNKNOWN])
    return [
        (f"{job.shot.label} {job.media}" if job.shot else job.media, job.failure_text or job.get_state_display())
        for job in jobs.select_related("shot__scene").order_by("created_at")
    ]
