"""What people ask of the engine: generate, render, cancel, try again. The same calls for pages, commands and API."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from generation import outcomes, wishes
from generation.catalogue import ImpossibleRequest, model_named
from generation.models import Attempt, Batch, Job, ProviderAccount
from generation.planning import CLIPS, DEFAULT_PROVIDER, STILLS, places, wishes_for
from generation.providers.base import Operation
from generation.states import JOB_ENDED, JOB_OPEN, AttemptState, JobState
from generation.wishes import Wish
from projects import events, queue
from projects.access import OpenProject
from scenes.models import Asset, Film, Shot, Take
from scenes.services.takes import select_take


class NothingToDo(Exception):
    """Everything asked for is there already; the message says so."""


def generate(*, opened: OpenProject, wanted: Sequence[Wish], title: str, then_film: bool = False) -> Batch:
    """Ask for everything in one batch: rows, attempts and event in one transaction, the bell after commit.

    A wish that is open already is joined and one that has been answered is served from its take: a double click
    makes nothing twice.

    Args:
        opened: the project, opened to spend.
        wanted: from ``planning.wishes_for``.
        title: what people see in the list of jobs.
        then_film: render the film when the rest has ended.

    Raises:
        NothingToDo: everything is there already.
    """
    if not wanted and not then_film:
        raise NothingToDo("Everything is there and up to date. Choose “new take” to have it made again.")
    try:
        batch = _queue(opened, wanted, title, then_film=then_film)
    except IntegrityError:
        # Two clicks at the same moment: the other one was first, and now its jobs are there to be joined.
        batch = _queue(opened, wanted, title, then_film=then_film)
    if batch is None:
        raise NothingToDo("This very take was made before; it is in the film again. Choose “new take” for another.")
    return batch


@transaction.atomic
def _queue(opened: OpenProject, wanted: Sequence[Wish], title: str, *, then_film: bool) -> Batch | None:
    """Return the new batch, the one that was joined, or None when all was served from earlier takes."""
    # Open jobs first: what ends between the two looks is then found among the takes.
    open_jobs = {
        job.fingerprint: job
        for job in Job.objects.filter(project=opened.project, state__in=(*JOB_OPEN, JobState.UNKNOWN))
    }
    answered = _serve_answered(opened, [wish for wish in wanted if wish.fingerprint not in open_jobs])
    batch = Batch(project=opened.project, title=title[:120], created_by=opened.user)
    made: dict[str, Job] = {}
    for wish in wanted:
        if wish.fingerprint not in open_jobs and wish.fingerprint not in answered:
            before = wish.input_wish.fingerprint if wish.input_wish else ""
            made.setdefault(
                wish.fingerprint,
                _job(
                    opened,
                    batch,
                    wish,
                    input_asset=answered[before].asset if before in answered else wish.input_asset,
                    input_job=made.get(before) or open_jobs.get(before),
                ),
            )
    film = _film_wish(opened)
    if then_film and film.fingerprint not in open_jobs:
        made[film.fingerprint] = _job(opened, batch, film, after_batch=True)
    if not made:
        asked = [wish.fingerprint for wish in wanted] + [film.fingerprint] * then_film
        return next((open_jobs[fingerprint].batch for fingerprint in asked if fingerprint in open_jobs), None)
    batch.save(force_insert=True)
    jobs = Job.objects.bulk_create(made.values())
    attempts = Attempt.objects.bulk_create([_attempt(job) for job in jobs])
    events.record(
        opened.project.pk,
        "jobs_queued",
        {
            "batchId": str(batch.pk),
            "title": batch.title,
            "jobs": [{"jobId": str(job.pk), "shotId": str(job.shot_id or ""), "media": job.media} for job in jobs],
        },
        actor=opened.user,
    )
    for account_id in {attempt.account_id for attempt in attempts}:
        queue.ring_after_commit("generation.submit", str(account_id))
    return batch


def _serve_answered(opened: OpenProject, wanted: Sequence[Wish]) -> dict[str, Take]:
    """Make the takes that answer wishes already the selects again, and return them by fingerprint."""
    fingerprints = [wish.fingerprint for wish in wanted]
    found: dict[str, Take] = {}
    for at in range(0, len(fingerprints), 500):
        takes = Take.objects.filter(fingerprint__in=fingerprints[at : at + 500], shot__scene__project=opened.project)
        found.update({take.fingerprint: take for take in takes.select_related("asset", "shot", "line")})
    for take in found.values():
        select_take(opened=opened, take=take)
    return found


def render(*, opened: OpenProject) -> Batch:
    """Ask for the film as it is cut now.

    Args:
        opened: the project, opened to spend.

    Raises:
        ImpossibleRequest: there is nothing to cut yet.
    """
    if not Shot.objects.of(opened.project).in_film().exists():
        raise ImpossibleRequest("There are no shots yet. Write or import a script and break it down first.")
    return generate(opened=opened, wanted=[], title="Render the film", then_film=True)


def make_film(*, opened: OpenProject, provider: str = DEFAULT_PROVIDER) -> Batch:
    """The one button: whatever is missing or stale, then the film.

    Args:
        opened: the project, opened to spend.
        provider: who makes stills, clips and voices.

    Raises:
        ImpossibleRequest: there are no shots yet, or the provider cannot do it.
    """
    if not Shot.objects.of(opened.project).in_film().exists():
        raise ImpossibleRequest("There are no shots yet. Write or import a script and break it down first.")
    wanted = wishes_for(opened, provider=provider)
    return generate(opened=opened, wanted=wanted, title="Make the film", then_film=True)


def film_of(opened: OpenProject) -> Film:
    """Return the project's film, made with its first use."""
    film, _ = Film.objects.get_or_create(project=opened.project, defaults={"title": opened.project.name})
    return film


def _film_wish(opened: OpenProject) -> Wish:
    """One rendering at a time per film: its plan is drawn up when it starts, from the selects of that moment."""
    return wishes.film_wish(film_of(opened), plan_hash="")


def _job(
    opened: OpenProject,
    batch: Batch,
    wish: Wish,
    *,
    input_asset: Asset | None = None,
    input_job: Job | None = None,
    after_batch: bool = False,
) -> Job:
    return Job(
        project=opened.project,
        team_id=opened.project.team_id,
        batch=batch,
        created_by=opened.user,
        operation=wish.operation,
        provider=wish.model.provider,
        model=wish.model.id,
        prompt=wish.prompt,
        parameters=dict(wish.parameters),
        context=dict(wish.context),
        recipe=wish.recipe,
        fingerprint=wish.fingerprint,
        shot=wish.shot,
        line=wish.line,
        film=wish.film,
        input_asset=input_asset,
        input_job=input_job,
        after_batch=after_batch,
    )


def _attempt(job: Job) -> Attempt:
    model = model_named(job.model)
    return Attempt(
        job=job,
        team_id=job.team_id,
        account=account_for(job.provider),
        provider=job.provider,
        model=job.model,
        estimate=model.estimate(
            Operation(job.operation),
            job.parameters,
            prompt=job.prompt,
            inputs=int(job.operation == Operation.IMAGE_TO_VIDEO),
        ),
        price_version=model.price_version,
    )


def account_for(provider: str) -> ProviderAccount:
    """Return the installation's account at a provider that needs no key, made with its first use."""
    account, _ = ProviderAccount.objects.get_or_create(
        provider=provider, team=None, defaults={"max_concurrent": places(provider)}
    )
    return account


# --- cancel and try again --------------------------------------------------------------------------------------------


def cancel_job(*, opened: OpenProject, job: Job) -> None:
    """End a job where it stands: what has not been sent ends here, what runs is cancelled at the provider.

    Args:
        opened: the job's project, opened to spend.
        job: one of the project's; ended ones stay as they are.
    """
    public = f"Cancelled by {opened.user.shown_name} before it was sent; nothing was charged."
    with transaction.atomic():
        # Attempts before their job, as the engine locks them: the other way round two could wait for each other.
        attempts = list(Attempt.objects.filter(job=job, job__project=opened.project).select_related("job__shot"))
        ended = [
            attempt
            for attempt in attempts
            # What may have been accepted once is not called free of charge: it is sent again and cancelled there.
            if Attempt.objects.filter(send_started_at=None).move(
                attempt.pk,
                AttemptState.CANCELLED,
                of=(AttemptState.QUEUED, AttemptState.CLAIMED),
                lease_until=None,
                ended_at=Now(),
                failure_code="cancelled",
                failure_public=public,
            )
        ]
        asked = (
            Job.objects.filter(pk=job.pk, project=opened.project)
            .exclude(state__in=JOB_ENDED)
            .update(cancel_requested_at=Now())
        )
        if not asked:
            return
        for attempt in ended:
            outcomes.note_ended(attempt, AttemptState.CANCELLED, public=public, code="cancelled")
        for attempt in attempts:
            if attempt.state == AttemptState.RUNNING:
                queue.ring_after_commit("generation.cancel", str(attempt.pk))


def cancel_batch(*, opened: OpenProject, batch: Batch) -> int:
    """Cancel every open job of a batch.

    Returns:
        How many were asked to end.
    """
    jobs = list(Job.objects.filter(batch=batch, project=opened.project).open())
    for job in jobs:
        cancel_job(opened=opened, job=job)
    return len(jobs)


@transaction.atomic
def retry_job(*, opened: OpenProject, job: Job) -> Batch:
    """Ask again for a job that failed or was cancelled, with the same wish.

    Args:
        opened: the job's project, opened to spend.
        job: one of the project's that has ended without a result.

    Raises:
        ImpossibleRequest: it has not ended, or it has a result.
    """
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise ImpossibleRequest("Only a job that failed or was cancelled can be tried again.")
    title = f"Again: {job.batch.title.removeprefix('Again: ')}"
    if job.film_id is not None:
        return render(opened=opened)
    if job.shot is None or (job.media == "audio" and job.line is None):
        raise ImpossibleRequest("What this was for has gone from the script.")
    if job.input_job_id is not None and job.input_asset_id is None:
        # What it would have started from was not made either, so both are asked for.
        wanted = wishes_for(opened, shots=[job.shot], kinds=(STILLS, CLIPS), provider=job.provider)
        return generate(opened=opened, wanted=wanted, title=title)
    wish = Wish(
        operation=Operation(job.operation),
        model=model_named(job.model),
        prompt=job.prompt,
        parameters=job.parameters,
        context=job.context,
        recipe=job.recipe,
        fingerprint=job.fingerprint,
        shot=job.shot,
        line=job.line,
        input_asset=job.input_asset,
    )
    return generate(opened=opened, wanted=[wish], title=title)
