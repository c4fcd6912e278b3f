"""Batches: what one action asked for; the film itself; and what waits for a producer's yes."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.fields import Body, PageQuery, WholeNumber
from accounts.rest.operations import Example, operation
from generation import offers, retrying, services
from generation.api.batches_shown import BatchIn, BatchOut, BatchQuery, approval_named, head_of
from generation.api.begun import BegunBatch
from generation.api.jobs import ASKING, ID, SPEND
from generation.api.waiting import WaitQuery, wait_for
from generation.models import Approval, Batch, Job
from generation.money import approvals
from projects.api.base import ProjectResource
from projects.models import Project

_DECIDED = {409: ["already_decided: the detail says by whom", "not_possible: not as things stand", "no_key"]}


class Batches(BegunBatch):
    """The batches of a project."""

    tag = "batches"

    @operation(answer=BatchOut, query=BatchQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List a project's batches, the newest first."""
        rows = Batch.objects.filter(project=self.open(self.asked["project"]).project)
        if "approval" in self.asked:
            rows = rows.filter(approval=approval_named(self.asked["approval"]))
        return self.page(_with_people(rows))

    @operation(
        answer=BatchOut,
        body=BatchIn,
        query=WaitQuery,
        status=202,
        also={200: BatchOut},
        needs=Right.SPEND,
        scope=SPEND,
        refusals=ASKING,
        examples=[
            Example("The stills that are missing", {"project": ID, "make": "stills"}),
            Example("Another clip of one shot", {"project": ID, "make": "clips_only", "shots": [ID], "new_take": True}),
        ],
    )
    def post(self, request: Request) -> Response:
        """Have stills, clips and voices made of a project's shots: what is missing or stale, or further takes.

        What goes on already is joined, what was made before is served: asking twice makes nothing twice. What costs
        more than the project's limit waits for a producer's yes.
        """
        said = self.sent
        opened = self.open(said["project"])
        batch = offers.accept(
            opened,
            choice=said["make"],
            shot_ids=self.shots_named(opened, said["shots"]) if "shots" in said else None,
            fresh=said["new_take"],
            max_concurrent=said["max_concurrent"],
        )
        return self.taken_on(batch)


class OneBatch(BegunBatch):
    """One batch."""

    tag = "batches"

    @operation(answer=BatchOut, query=WaitQuery)
    def get(self, request: Request, batch_id: UUID) -> Response:
        """Read how far a batch is; with `?wait=30`, when it has ended. `/jobs?project=…&batch=…` tells of its jobs."""
        self.open_of(Batch.objects.all(), batch_id)
        wait_for(Job.objects.filter(batch=batch_id), self.asked.get("wait"))
        return self.answer(head_of(self.open_of(Batch.objects.all(), batch_id)[1]))


class CancelBatch(ProjectResource):
    """Ending a batch."""

    tag = "batches"

    @operation(answer=BatchOut, needs=Right.SPEND)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Cancel every job of a batch that still goes on."""
        opened, batch = self.open_of(Batch.objects.all(), batch_id)
        services.cancel_batch(opened=opened, batch=batch)
        return self.answer(head_of(batch))


class RetryBatch(BegunBatch):
    """Asking again for what failed."""

    tag = "batches"

    @operation(
        answer=BatchOut,
        query=WaitQuery,
        status=202,
        also={200: BatchOut},
        needs=Right.SPEND,
        scope=SPEND,
        refusals=ASKING,
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Ask again for whatever failed of a batch, as one batch with one price.

        What was asked for again before is left out; where that is all of it, the answer is its batch.
        """
        opened, batch = self.open_of(Batch.objects.all(), batch_id)
        return self.taken_on(retrying.retry_batch(opened=opened, batch=batch))


class ApproveBatch(ProjectResource):
    """A producer's yes."""

    tag = "approvals"

    @operation(
        answer=BatchOut,
        needs=Right.MANAGE,
        scope=SPEND,
        refusals={402: ["budget_exceeded: it goes on waiting"], **_DECIDED},
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Agree to what a batch costs: its money is set aside and it begins."""
        opened, batch = self.open_of(Batch.objects.all(), batch_id)
        approvals.approve(opened=opened, batch=batch)
        return self.answer(head_of(batch))


class DeclineBatch(ProjectResource):
    """A producer's no."""

    tag = "approvals"

    @operation(answer=BatchOut, needs=Right.MANAGE, refusals=_DECIDED)
    def post(self, request: Request, batch_id: UUID) -> Response:
        """Decline what a batch costs: its jobs end and nothing was charged."""
        opened, batch = self.open_of(Batch.objects.all(), batch_id)
        approvals.decline(opened=opened, batch=batch)
        return self.answer(head_of(batch))


class ApprovalQuery(PageQuery):
    """Where something waits."""

    project = serializers.UUIDField(required=False, help_text="Left out: in all your projects.")


class Approvals(ProjectResource):
    """What waits for a producer's yes."""

    tag = "approvals"

    @operation(answer=BatchOut, query=ApprovalQuery, paged=True, needs=None)
    def get(self, request: Request) -> Response:
        """List the batches that wait for a producer's yes, in one of your projects or in all of them."""
        rows = Batch.objects.filter(approval=Approval.WAITING, project__in=Project.objects.for_user(self.person))
        if "project" in self.asked:
            rows = rows.filter(project=self.asked["project"])
        return self.page(_with_people(rows))


def _with_people(rows: QuerySet[Batch]) -> QuerySet[Batch]:
    return rows.select_related("created_by", "decided_by")


# --- the film --------------------------------------------------------------------------------------------------------


class FilmIn(Body):
    """How it is made."""

    max_concurrent = WholeNumber(
        min_value=1, max_value=1000, default=None, allow_null=True, help_text="Jobs at once; null: as many as may be."
    )


class MakeFilm(BegunBatch):
    """The one button."""

    tag = "films"

    @operation(
        answer=BatchOut,
        body=FilmIn,
        query=WaitQuery,
        status=202,
        also={200: BatchOut},
        needs=Right.SPEND,
        scope=SPEND,
        refusals=ASKING,
        examples=[Example("Four jobs at a time", {"max_concurrent": 4})],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Make the film: whatever is missing or stale of its shots, then its rendering."""
        opened = self.open(project_id)
        return self.taken_on(services.make_film(opened=opened, max_concurrent=self.sent["max_concurrent"]))


class RenderFilm(BegunBatch):
    """A rendering."""

    tag = "films"

    @operation(
        answer=BatchOut,
        query=WaitQuery,
        status=202,
        also={200: BatchOut},
        needs=Right.SPEND,
        scope=SPEND,
        refusals=ASKING,
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Render the film as it is cut now."""
        return self.taken_on(services.render(opened=self.open(project_id)))
