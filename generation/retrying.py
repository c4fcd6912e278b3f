"""Asking again for what failed: a job, or whatever failed of a batch as one batch, with one price and one yes."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from generation import services
from generation.catalogue import ImpossibleRequest, model_named
from generation.models import Batch, Job
from generation.planning import CLIPS, STILLS, wishes_for
from generation.providers.base import InputFile, Operation
from generation.states import JobState
from generation.vendors.own_models import as_offered
from generation.wishes import BUILT_IN, Alternative, Wish
from generation.writing import asking
from projects.access import OpenProject

# The film's wish is the same for ever: it is rendered as it stands, as often as somebody likes.
_NEWER = Job.objects.filter(
    team=OuterRef("team"),
    project=OuterRef("project"),
    fingerprint=OuterRef("fingerprint"),
    created_at__gt=OuterRef("created_at"),
)


@transaction.atomic
def retry_job(*, opened: OpenProject, job: Job) -> Batch:
    """Ask again for a job that failed or was cancelled, with the same wish.

    Args:
        opened: the job's project, opened to spend.
        job: one of the project's that has ended without a result.

    Returns:
        The new batch; where the same was asked for since, the batch of that, whatever has become of it: a job is asked
        for again once, and then that one. So who lost the answer pays once.

    Raises:
        ImpossibleRequest: it has not ended, it has a result, or it was for the other kind of money.
    """
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise ImpossibleRequest("Only a job that failed or was cancelled can be tried again.")
    refuse_other_money(opened, job)
    if job.film_id is not None:
        return services.render(opened=opened)
    newer = _asked_since(job)
    if newer is not None:
        return newer.batch
    row = asking.row_of([job])
    if row is not None:
        return asking.again(opened=opened, row=row)
    wanted = _wishes_again(opened, job)
    if not wanted:
        raise ImpossibleRequest("What this was for has gone from the script.")
    return services.generate(opened=opened, wanted=wanted, title=_again(job.batch), note=job.batch.note)


@transaction.atomic
def retry_batch(*, opened: OpenProject, batch: Batch) -> Batch:
    """Ask again for the jobs of a batch that failed, with the same wishes.

    Args:
        opened: the batch's project, opened to spend.
        batch: one of the project's.

    Returns:
        The new batch. What was asked for since is left out; where that is all of it, its batch, as for one job.

    Raises:
        ImpossibleRequest: nothing of it has failed, or what failed cannot be asked for any more or with this money.
        BudgetExceeded: it does not fit under a cap; nothing was asked for.
        NothingToDo: everything is there already.
    """
    failed = Job.objects.filter(batch=batch, project=opened.project, state=JobState.FAILED)
    failed = failed.annotate(asked_since=Q(film=None) & Exists(_NEWER))
    jobs = list(failed.select_related("batch", "shot__scene", "line", "input_asset").order_by("created_at"))
    if not jobs:
        raise ImpossibleRequest("Nothing in this batch has failed. Look again.")
    wanted: list[Wish] = []
    for job in jobs:
        refuse_other_money(opened, job)
    left = [job for job in jobs if not getattr(job, "asked_since")]  # noqa: B009 - annotated above
    if not left:
        newer = _asked_since(jobs[-1])
        assert newer is not None  # noqa: S101 - jobs are never deleted before their project
        return newer.batch
    row = asking.row_of(left)
    if row is not None:
        # A batch of words is one piece of writing: its last part brings along those that it needs.
        return asking.again(opened=opened, row=row)
    for job in left:
        wanted.extend(_wishes_again(opened, job))
    then_film = any(job.film_id is not None for job in left)
    if not wanted and not then_film:
        raise ImpossibleRequest("What these were for has gone from the script.")
    return services.generate(
        opened=opened,
        wanted=wanted,
        title=_again(batch),
        then_film=then_film,
        max_concurrent=batch.max_concurrent,
        note=batch.note,
    )


def _asked_since(job: Job) -> Job | None:
    """Return the latest job of the same wish that came after one; None where there is none."""
    same = Job.objects.filter(team=job.team_id, project=job.project_id, fingerprint=job.fingerprint)
    newer = same.filter(created_at__gt=job.created_at).select_related("batch__note")
    return newer.order_by("-created_at").first()


def _again(batch: Batch) -> str:
    return f"Again: {batch.title.removeprefix('Again: ')}"


def refuse_other_money(opened: OpenProject, job: Job) -> None:
    """Refuse to repeat a wish for play money with real money, or the other way round.

    Which of them it is for is part of a wish: what was paid for by a rehearsal's wish would be stale at once and
    bought again, and what a rehearsal made by a real one would pass for the real thing.

    Args:
        opened: the job's project.
        job: one that is to be asked for again.

    Raises:
        ImpossibleRequest: the project has been switched since.
    """
    if job.provider == BUILT_IN or job.batch.rehearsal == opened.project.rehearsal:
        return
    then, now = ("as a rehearsal", "for real") if job.batch.rehearsal else ("for real", "as a rehearsal")
    raise ImpossibleRequest(
        f"This was asked for {then}, and the project generates {now} now. "
        "Ask for it anew where it is wanted: on the storyboard, or on the page to try models."
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
            model=as_offered(model_named(job.model), job.team, rehearsal=job.batch.rehearsal),
            prompt=job.prompt,
            parameters=job.parameters,
            context=job.context,
            recipe=job.recipe,
            fingerprint=job.fingerprint,
            inputs=tuple(InputFile(**one) for one in job.inputs),
            elements=job.elements,
            alternatives=tuple(Alternative(**one) for one in job.alternatives),
            passed_over=job.passed_over,
            shot=job.shot,
            line=job.line,
            input_asset=job.input_asset,
        )
    ]
