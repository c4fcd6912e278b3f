"""Jobs: asked for by hand, read, waited for, cancelled, asked again, decided about."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken
from accounts.policies import Right
from accounts.rest.errors import Refusal, Refused, field_error
from accounts.rest.operations import Example, operation
from generation import deciding, evidence, retrying, services
from generation.api.batches_shown import BatchOut
from generation.api.begun import BegunBatch, BegunJob
from generation.api.jobs_shown import (
    OPEN,
    WAITS,
    AttemptOut,
    EvidenceOut,
    JobDetail,
    JobIn,
    JobOut,
    JobQuery,
    OneJobQuery,
    OrdersIn,
    ResolveIn,
    SendIn,
    SentOut,
    TaskQuery,
    listed_jobs,
    row_of,
    shown_jobs,
)
from generation.api.waiting import WaitQuery, wait_for
from generation.choosing import orders, trial_results
from generation.choosing.orders import Order
from generation.deciding import Decision
from generation.job_rows import UNSETTLED
from generation.listing import UNDECIDED
from generation.models import MEDIA_OF_OPERATION, Attempt, Job
from projects import pacing
from projects.api.base import ProjectResource
from projects.models import Project
from scenes.api.base import FootageResource
from scenes.models import Shot

SPEND = ApiToken.Scope.SPEND
ID = "0191f2a0-1111-4222-8333-444455556666"
# What asking for something can be refused for.
NOT_NOW = ["nothing_to_do: everything is there already", "not_possible: not as things stand", "no_key"]
OVER_BUDGET = ["budget_exceeded: fields.budget says under whose cap and what is left of it"]
# A team asks its providers by hand only so often.
TOO_OFTEN = ["too_often: your team has asked its providers ten times in this minute"]
NO_KEY_AND_NO_SEED = (
    "An order without a seed makes something new each time. Send an Idempotency-Key, so that nothing is paid twice "
    "when you have to ask again, or give each order a seed."
)
ASKING: dict[int, list[str]] = {402: OVER_BUDGET, 409: NOT_NOW}


class Jobs(BegunJob):
    """The jobs of a project."""

    tag = "jobs"

    @operation(answer=JobOut, query=JobQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List a project's jobs."""
        asked = self.asked
        rows = Job.objects.filter(project=self.open(asked["project"]).project)
        state = asked.get("state")
        if state in (OPEN, WAITS):
            rows = rows.filter(state__in=UNSETTLED if state == OPEN else UNDECIDED)
        elif state:
            rows = rows.filter(state=state)
        if "media" in asked:
            rows = rows.filter(
                operation__in=[one for one, media in MEDIA_OF_OPERATION.items() if media == asked["media"]]
            )
        rows = rows.filter(
            **{name: asked[name] for name in ("operation", "provider", "shot", "batch") if name in asked}
        )
        return self.page(listed_jobs(rows), asked["ordering"])

    @operation(
        answer=JobDetail,
        body=JobIn,
        query=OneJobQuery,
        status=202,
        also={200: JobDetail},
        needs=Right.SPEND,
        scope=SPEND,
        refusals=ASKING,
        examples=[
            Example(
                "A picture from words",
                {"project": ID, "operation": "text_to_image", "prompt": "A ferry in the fog.", "seed": 7},
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Ask for one order: text to image, image to image, inpainting, upscaling, background removal, video, speech, …

        The result belongs to the project and to no shot; `/jobs/{id}/send` makes it a take. The same order with the
        same seed is joined while it goes on, and served from its result afterwards, unless `new_take` says otherwise.
        What costs more than the project's limit waits for a producer's yes. With `?wait=30` the answer is held open
        until there is a result.
        """
        opened = self.open(self.sent.pop("project"))
        new_take = self.sent.pop("new_take")
        return self.taken_on(orders.ask_one(opened=opened, order=Order(**self.sent), new_take=new_take))


class JobsInBulk(BegunBatch):
    """Many orders at once."""

    tag = "jobs"

    @operation(
        answer=BatchOut,
        body=OrdersIn,
        query=WaitQuery,
        status=202,
        also={200: BatchOut},
        needs=Right.SPEND,
        scope=SPEND,
        refusals={**ASKING, 400: ["key_needed: an order without a seed, and no Idempotency-Key"]},
        examples=[
            Example(
                "Two pictures",
                {
                    "project": ID,
                    "orders": [
                        {"operation": "text_to_image", "prompt": "A ferry in the fog.", "seed": 1},
                        {"operation": "text_to_image", "prompt": "The same ferry at night.", "seed": 2},
                    ],
                    "max_concurrent": 2,
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Ask for several orders in one batch, all of them or none, as many at a time as you like.

        An order without a seed makes something new each time, so that a request that holds one needs an
        `Idempotency-Key`: else whoever lost the answer and asks again pays again. Those with a seed are joined while
        they go on, and left out where their result is there.

        `/jobs?project=…&batch=…` tells of each how it went: one that fails stops no other.
        """
        opened = self.open(self.sent["project"])
        wanted = [Order(**order) for order in self.sent["orders"]]
        if any(order.seed is None for order in wanted) and "Idempotency-Key" not in request.headers:
            raise Refused(Refusal(400, "key_needed", NO_KEY_AND_NO_SEED))
        batch = orders.ask_many(opened=opened, orders=wanted, max_concurrent=self.sent["max_concurrent"])
        return self.taken_on(batch)


class OneJob(ProjectResource):
    """One job."""

    tag = "jobs"

    @operation(answer=JobDetail, query=OneJobQuery)
    def get(self, request: Request, job_id: UUID) -> Response:
        """Read a job, with the files that came out; with `?wait=30`, when it has ended."""
        self.open_of(Job.objects.all(), job_id)
        wait_for(Job.objects.filter(pk=job_id), self.asked.get("wait"))
        return self.answer(self.open_of(shown_jobs(Job.objects.all()), job_id)[1])


class JobByTask(ProjectResource):
    """A job by what the provider calls it."""

    tag = "jobs"

    @operation(answer=JobDetail, query=TaskQuery)
    def get(self, request: Request) -> Response:
        """Find a job by the provider's id of its task."""
        attempts = Attempt.objects.filter(task_id=self.asked["task_id"])
        if "provider" in self.asked:
            attempts = attempts.filter(provider=self.asked["provider"])
        mine = attempts.filter(job__project__in=Project.objects.for_user(self.person))
        job_id = mine.order_by("-created_at").values_list("job", flat=True).first()
        if job_id is None:
            raise Http404("No such task.")
        wait_for(Job.objects.filter(pk=job_id), self.asked.get("wait"))
        return self.answer(self.open_of(shown_jobs(Job.objects.all()), job_id)[1])


class JobAttempts(ProjectResource):
    """Whom a job was asked of."""

    tag = "jobs"

    @operation(answer=AttemptOut, listed=True)
    def get(self, request: Request, job_id: UUID) -> Response:
        """List the attempts at a job, the first one first: who was asked, what became of it, what it cost."""
        job = self.open_of(shown_jobs(Job.objects.all()), job_id)[1]
        return self.answer(row_of(job).attempts)


class CancelJob(ProjectResource):
    """Ending a job."""

    tag = "jobs"

    @operation(answer=JobDetail, needs=Right.SPEND)
    def post(self, request: Request, job_id: UUID) -> Response:
        """Cancel a job: what has not been sent ends here at no cost, what runs is cancelled at the provider.

        One that has ended stays as it is.
        """
        opened, job = self.open_of(Job.objects.all(), job_id)
        services.cancel_job(opened=opened, job=job)
        return self.answer(shown_jobs(Job.objects.filter(pk=job.pk)).get())


class RetryJob(BegunBatch):
    """Asking again."""

    tag = "jobs"

    @operation(
        answer=BatchOut,
        query=WaitQuery,
        status=202,
        also={200: BatchOut},
        needs=Right.SPEND,
        scope=SPEND,
        refusals=ASKING,
    )
    def post(self, request: Request, job_id: UUID) -> Response:
        """Ask again for a job that failed or was cancelled; it costs what it cost before.

        Each job is asked for again once: from then on the answer is the batch of the newer job, whatever became of
        it, and nothing is paid.
        """
        opened, job = self.open_of(Job.objects.select_related("batch", "shot"), job_id)
        return self.taken_on(retrying.retry_job(opened=opened, job=job))


class ResolveJob(ProjectResource):
    """A person's word on an order of which nobody knows whether it was accepted."""

    tag = "jobs"

    @operation(
        answer=JobDetail,
        body=ResolveIn,
        needs=Right.MANAGE,
        scope=SPEND,
        refusals={409: ["not_possible: it is not in doubt, or there is no task that could be found"]},
        examples=[Example("It never arrived", {"decision": "not_charged"})],
    )
    def post(self, request: Request, job_id: UUID) -> Response:
        """Say what has become of a job in `unknown`: its money is freed, booked, or the order goes on.

        `not_charged` frees the money. `charged` books it, the result is lost. `found` names the provider's task, whose
        result is then fetched; it is not taken where the answer itself would have been the result, as with words,
        because nobody keeps that.
        """
        opened, job = self.open_of(Job.objects.all(), job_id)
        said = self.sent
        for name, decision in (("task_id", Decision.FOUND), ("cost_usd", Decision.CHARGED)):
            if name in said and said["decision"] != decision:
                raise field_error(name, f"Only “{decision}” has this.")
        deciding.resolve_unknown(
            opened=opened,
            job=job,
            decision=said["decision"],
            task_id=said.get("task_id", ""),
            cost=said.get("cost_usd"),
        )
        return self.answer(shown_jobs(Job.objects.filter(pk=job.pk)).get())


class JobEvidence(ProjectResource):
    """What can be found out about an order."""

    tag = "jobs"

    @operation(
        answer=EvidenceOut,
        refusals={409: ["never_sent: there is nothing to find out"], 429: TOO_OFTEN},
    )
    def get(self, request: Request, job_id: UUID) -> Response:
        """Ask the provider and our books about a job in `unknown`. It takes as long as the provider does."""
        opened, job = self.open_of(Job.objects.all(), job_id)
        pacing.ask_provider(opened.project.team_id)
        try:
            found = evidence.of(opened, job)
        except LookupError as error:
            detail = "It has never been sent, or its provider is not there any more: there is nothing to find out."
            raise Refused(Refusal(409, "never_sent", detail)) from error
        shown = found.figures
        ours, theirs = (found.our_charges, found.their_charges) if shown else (None, None)
        return self.answer({**asdict(found), "our_charges": ours, "their_charges": theirs})


class SendJob(FootageResource):
    """Making a result a take."""

    tag = "jobs"

    @operation(
        answer=SentOut,
        body=SendIn,
        status=201,
        needs=Right.CREATE,
        refusals={409: ["not_possible: there is no picture or clip, or it was made for a shot"]},
        examples=[Example("To a shot", {"shot": ID})],
    )
    def post(self, request: Request, job_id: UUID) -> Response:
        """Make the result of an order by hand a take of a shot, and its select."""
        opened, job = self.open_of(Job.objects.all(), job_id)
        shot = self.named(Shot.objects.of(opened.project), self.sent["shot"], "shot")
        assert shot is not None  # noqa: S101 - the body must have one
        return self.answer(trial_results.send_to_shot(opened=opened, job=job, shot=shot))
