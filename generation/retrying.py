"""Asking again for whatever failed of a batch, as one batch: one price, one yes where one is needed."""

from __future__ import annotations

from django.db import transaction

from generation import services
from generation.catalogue import ImpossibleRequest, model_named
from generation.models import Batch, Job
from generation.planning import CLIPS, STILLS, wishes_for
from generation.providers.base import InputFile, Operation
from generation.states import JobState
from generation.wishes import Alternative, Wish
from projects.access import OpenProject


@transaction.atomic
def retry_batch(*, opened: OpenProject, batch: Batch) -> Batch:
    """Ask again for the jobs of a batch that failed, with the same wishes.

    Args:
        opened: the batch's project, opened to spend.
        batch: one of the project's.

    Raises:
        ImpossibleRequest: nothing of it has failed, or what failed cannot be asked for any more or with this money.
        BudgetExceeded: it does not fit under a cap; nothing was asked for.
        NothingToDo: everything is there already.
    """
    failed = Job.objects.filter(batch=batch, project=opened.project, state=JobState.FAILED)
    jobs = list(failed.select_related("batch", "shot__scene", "line", "input_asset").order_by("created_at"))
    if not jobs:
        raise ImpossibleRequest("Nothing in this batch has failed. Look again.")
    wanted: list[Wish] = []
    for job in jobs:
        services.refuse_other_money(opened, job)
        wanted.extend(_wishes_again(opened, job))
    then_film = any(job.film_id is not None for job in jobs)
    if not wanted and not then_film:
        raise ImpossibleRequest("What these were for has gone from the script.")
    return services.generate(
        opened=opened,
        wanted=wanted,
        title=f"Again: {batch.title.removeprefix('Again: ')}",
        then_film=then_film,
        max_concurrent=batch.max_concurrent,
    )


def _wishes_again(opened: OpenProject, job: Job) -> list[Wish]:
    """Return what a job wished for; nothing where that has gone from the script, or is the film."""
    if job.film_id is not None:
        return []
    if job.shot is not None and job.operation == Operation.TEXT_TO_SPEECH and job.line is None:
        return []
    if job.shot is not None and job.input_job_id is not None and job.input_asset_id is None:
        # What it would have started from was not made either, so both are asked for.
        return wishes_for(opened, shots=[job.shot], kinds=(STILLS, CLIPS))
    return [
        Wish(
            operation=Operation(job.operation),
            model=model_named(job.model),
            prompt=job.prompt,
            parameters=job.parameters,
            context=job.context,
            recipe=job.recipe,
            fingerprint=job.fingerprint,
            inputs=tuple(InputFile(**one) for one in job.inputs),
            alternatives=tuple(Alternative(**one) for one in job.alternatives),
            shot=job.shot,
            line=job.line,
            input_asset=job.input_asset,
        )
    ]
