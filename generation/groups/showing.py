"""What became of an action over several projects: totals, each project, what failed and why, and who has made it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from generation import serving
from generation.listing import BatchHead, batch_heads
from generation.models import Batch, BatchGroup, GroupPart, Job
from generation.serving import PassedOver, Served
from generation.states import JobState

MOST_FAILED = 100


@dataclass(slots=True)
class Sums:
    """How far something is. Money in micro-units."""

    jobs: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    open: int = 0
    estimate: int = 0
    held: int = 0
    charged: int = 0
    waiting: int = 0
    rehearsal: bool = False

    @property
    def ended(self) -> int:
        """How many go on no more."""
        return self.jobs - self.open

    def add(self, head: BatchHead) -> None:
        """Count a batch."""
        self.jobs += head.total
        self.done += head.done
        self.failed += head.failed
        self.cancelled += head.cancelled
        self.open += head.open
        self.estimate += head.batch.estimate
        self.held += head.held
        self.charged += head.charged
        self.waiting += head.waiting
        self.rehearsal = self.rehearsal or head.batch.rehearsal


@dataclass(slots=True)
class PartRow:
    """One project of a group."""

    part: GroupPart
    sums: Sums = field(default_factory=Sums)
    batches: list[UUID] = field(default_factory=list)
    served: tuple[Served, ...] = ()
    failed: list[Job] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GroupHead:
    """A group with how far it is: so many of its projects refused, and so many have not been asked yet."""

    group: BatchGroup
    projects: int
    sums: Sums
    refused: int
    waiting: int


@dataclass(frozen=True, slots=True)
class GroupPage:
    """A group with each of its projects."""

    head: GroupHead
    rows: tuple[PartRow, ...]
    passed_over: tuple[PassedOver, ...]


def heads_of(groups: Iterable[BatchGroup]) -> list[GroupHead]:
    """Return groups with how far they are, in three queries."""
    listed = list(groups)
    sums: dict[UUID, Sums] = defaultdict(Sums)
    batches = list(Batch.objects.filter(group__in=listed))
    heads = batch_heads(batches)
    for batch in batches:
        if batch.group_id is not None and batch.pk in heads:
            sums[batch.group_id].add(heads[batch.pk])
    projects: dict[UUID, int] = defaultdict(int)
    refused: dict[UUID, int] = defaultdict(int)
    waiting: dict[UUID, int] = defaultdict(int)
    for group_id, outcome in GroupPart.objects.filter(group__in=listed).values_list("group", "outcome"):
        projects[group_id] += 1
        refused[group_id] += outcome == GroupPart.Outcome.REFUSED
        waiting[group_id] += outcome == GroupPart.Outcome.WAITING
    return [GroupHead(one, projects[one.pk], sums[one.pk], refused[one.pk], waiting[one.pk]) for one in listed]


def page_of(group: BatchGroup) -> GroupPage:
    """Return a group with each of its projects; projects in the trash are left out."""
    parts = GroupPart.objects.filter(group=group, project__deleted_at=None).select_related("project")
    rows = {part.project_id: PartRow(part) for part in parts}
    batches = list(Batch.objects.filter(group=group, project__in=list(rows)).order_by("created_at"))
    heads = batch_heads(batches)
    total = Sums()
    for batch in batches:
        head = heads.get(batch.pk) or BatchHead(batch, 0, 0, 0, 0, 0, 0, 0)
        rows[batch.project_id].sums.add(head)
        rows[batch.project_id].batches.append(batch.pk)
        total.add(head)
    services = serving.by_batch(batches)
    for row in rows.values():
        row.served = serving.together(services[pk] for pk in row.batches if pk in services).served
    failed = Job.objects.filter(batch__in=batches, state=JobState.FAILED).select_related("shot__scene", "line")
    for job in failed.order_by("project", "shot__scene__position", "shot__position")[:MOST_FAILED]:
        rows[job.project_id].failed.append(job)
    outcomes = [row.part.outcome for row in rows.values()]
    refused, waiting = (outcomes.count(one) for one in (GroupPart.Outcome.REFUSED, GroupPart.Outcome.WAITING))
    return GroupPage(
        head=GroupHead(group, len(rows), total, refused, waiting),
        rows=tuple(rows.values()),
        passed_over=serving.together(services.values()).passed_over,
    )
