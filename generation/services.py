"""What people ask of the engine: generate, render, cancel, try again. The same calls for pages, commands and API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.db.models.functions import Now

from generation import outcomes, wishes
from generation.catalogue import ImpossibleRequest, model_for, model_named
from generation.models import Attempt, Batch, Job, ProviderAccount
from generation.providers.base import Operation
from generation.states import JOB_ENDED, JOB_OPEN, AttemptState, JobState
from generation.wishes import Wish
from projects import events, queue
from projects.access import OpenProject
from scenes.models import Element, Film, Shot, Take

DEFAULT_PROVIDER = "animatic"
STILLS, CLIPS, VOICES = Take.Kind.STILL, Take.Kind.CLIP, Take.Kind.VOICE
EVERYTHING = (STILLS, CLIPS, VOICES)
MOST_PROBLEMS = 3
_OPERATION_OF = {
    STILLS: Operation.TEXT_TO_IMAGE,
    CLIPS: Operation.IMAGE_TO_VIDEO,
    VOICES: Operation.TEXT_TO_SPEECH,
}


class NothingToDo(Exception):
    """Everything asked for is there already; the message says so."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an action would make, cost and take. Money in micro-units, time in seconds."""

    stills: int
    clips: int
    voices: int
    cost: int
    seconds: float

    @property
    def anything(self) -> bool:
        """Whether there is anything to make."""
        return bool(self.stills or self.clips or self.voices)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shots lack, and why some of it cannot be made, by shot."""

    wishes: list[Wish]
    problems: dict[UUID, str]


def wishes_for(
    opened: OpenProject,
    *,
    shots: Iterable[Shot] | None = None,
    kinds: Sequence[str] = EVERYTHING,
    provider: str = DEFAULT_PROVIDER,
    fresh: bool = False,
) -> list[Wish]:
    """Return what is missing or stale, or everything anew. Arguments as for ``wanted_of``.

    Raises:
        ImpossibleRequest: something cannot be made; the message says what can.
    """
    wanted = wanted_of(opened, shots=shots, kinds=kinds, provider=provider, fresh=fresh)
    if wanted.problems:
        raise ImpossibleRequest(" ".join(list(wanted.problems.values())[:MOST_PROBLEMS]))
    return wanted.wishes


def wanted_of(
    opened: OpenProject,
    *,
    shots: Iterable[Shot] | None = None,
    kinds: Sequence[str] = EVERYTHING,
    provider: str = DEFAULT_PROVIDER,
    fresh: bool = False,
) -> Wanted:
    """Work out what is missing or stale, or everything anew; a shot that cannot be made does not hide the others.

    Args:
        opened: the project.
        shots: which of its shots; all that are in the film when None.
        kinds: which of stills, clips and voices.
        provider: who should make it.
        fresh: also what is there and up to date, as another take.

    Raises:
        ImpossibleRequest: the provider makes nothing of the kind at all.
    """
    for kind in kinds:
        model_for(provider, _OPERATION_OF[Take.Kind(kind)])
    rows = Shot.objects.of(opened.project).in_film()
    if shots is not None:
        rows = rows.filter(pk__in=[shot.pk for shot in shots])
    rows = (
        rows.select_related("scene__project", "still__asset", "clip")
        .prefetch_related("lines__voice")
        .annotate(take_count=Count("takes", filter=Q(takes__kind__in=kinds)))
    )
    voices = dict(
        Element.objects.filter(project=opened.project, kind=Element.Kind.CHARACTER)
        .exclude(voice="")
        .values_list("name", "voice")
    )
    wanted = Wanted([], {})
    for shot in rows:
        again = int(getattr(shot, "take_count", 0)) if fresh else 0
        try:
            wanted.wishes.extend(_wishes_of(shot, kinds=kinds, provider=provider, voices=voices, again=again))
        except ImpossibleRequest as error:
            text = str(error)
            wanted.problems[shot.pk] = text if shot.label in text else f"Shot {shot.label}: {text}"
    return wanted


def _wishes_of(shot: Shot, *, kinds: Sequence[str], provider: str, voices: dict[str, str], again: int) -> list[Wish]:
    wanted: list[Wish] = []
    still: Wish | None = None
    if STILLS in kinds or (CLIPS in kinds and shot.still is None):
        still = _unless_there(wishes.still_wish(shot, provider=provider, fresh=again), shot.still, again)
        if still is not None:
            wanted.append(still)
    if CLIPS in kinds:
        clip = _unless_there(wishes.clip_wish(shot, provider=provider, still=still, fresh=again), shot.clip, again)
        if clip is not None:
            wanted.append(clip)
    if VOICES in kinds:
        for line in shot.lines.all():
            line.shot = shot
            voice = _unless_there(
                wishes.voice_wish(line, provider=provider, voices=voices, fresh=again), line.voice, again
            )
            if voice is not None:
                wanted.append(voice)
    return wanted


def _unless_there(wish: Wish, select: Take | None, again: int) -> Wish | None:
    """Return the wish, or None when the select was made by the same recipe or brought by a person."""
    if select is None or again:
        return wish
    if not select.recipe:
        return None
    return None if select.recipe == wish.recipe else wish


def estimate(wanted: Sequence[Wish]) -> Estimate:
    """Add up what wishes cost and how long they will usually take on this installation."""
    kinds = [_kind_of(wish) for wish in wanted]
    seconds = 0.0
    for provider in {wish.model.provider for wish in wanted}:
        typical = sum(wish.model.typical_seconds for wish in wanted if wish.model.provider == provider)
        seconds = max(seconds, typical / _places(provider))
    return Estimate(
        stills=kinds.count(STILLS),
        clips=kinds.count(CLIPS),
        voices=kinds.count(VOICES),
        cost=sum(wish.estimate for wish in wanted),
        seconds=seconds,
    )


def _kind_of(wish: Wish) -> str:
    if wish.line is not None:
        return VOICES
    return STILLS if wish.operation.value.endswith("image") else CLIPS


def generate(*, opened: OpenProject, wanted: Sequence[Wish], title: str, then_film: bool = False) -> Batch:
    """Ask for everything in one batch: rows, attempts and event in one transaction, the bell after commit.

    A wish that is open already is joined, not asked for again: a double click makes nothing twice.

    Args:
        opened: the project, opened to spend.
        wanted: from ``wishes_for``.
        title: what people see in the list of jobs.
        then_film: render the film when the rest has ended.

    Raises:
        NothingToDo: everything is there already.
    """
    if not wanted and not then_film:
        raise NothingToDo("Everything is there and up to date. Choose “new take” to have it made again.")
    try:
        return _queue(opened, wanted, title, then_film=then_film)
    except IntegrityError:
        # Two clicks at the same moment: the other one was first, and now its jobs are there to be joined.
        return _queue(opened, wanted, title, then_film=then_film)


@transaction.atomic
def _queue(opened: OpenProject, wanted: Sequence[Wish], title: str, *, then_film: bool) -> Batch:
    batch = Batch.objects.create(project=opened.project, title=title[:120], created_by=opened.user)
    open_jobs = {
        job.fingerprint: job
        for job in Job.objects.filter(project=opened.project, state__in=(*JOB_OPEN, JobState.UNKNOWN))
    }
    made: dict[str, Job] = {}
    film = _film_wish(opened)
    for wish in wanted:
        if wish.fingerprint not in open_jobs and wish.fingerprint not in made:
            before = wish.input_wish.fingerprint if wish.input_wish else ""
            made[wish.fingerprint] = _job(opened, batch, wish, input_job=made.get(before) or open_jobs.get(before))
    if then_film and film.fingerprint not in open_jobs:
        made[film.fingerprint] = _job(opened, batch, film, after_batch=True)
    if not made:
        asked = [wish.fingerprint for wish in wanted] or [film.fingerprint]
        batch.delete()
        return open_jobs[asked[0]].batch
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
    opened: OpenProject, batch: Batch, wish: Wish, *, input_job: Job | None = None, after_batch: bool = False
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
        input_asset=wish.input_asset,
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
        estimate=model.estimate(job.parameters.get("duration_ms")),
        price_version=model.price_version,
    )


def account_for(provider: str) -> ProviderAccount:
    """Return the installation's account at a provider that needs no key, made with its first use."""
    account, _ = ProviderAccount.objects.get_or_create(
        provider=provider, team=None, defaults={"max_concurrent": _places(provider)}
    )
    return account


def _places(provider: str) -> int:
    """Return how many attempts of a local provider go on at once: as many as there are cores to draw with."""
    return int(settings.ENGINE["LOCAL_RENDERS"])


# --- cancel and try again --------------------------------------------------------------------------------------------


def cancel_job(*, opened: OpenProject, job: Job) -> None:
    """End a job where it stands: what has not been sent ends here, what runs is cancelled at the provider.

    Args:
        opened: the job's project, opened to spend.
        job: one of the project's; ended ones stay as they are.
    """
    with transaction.atomic():
        asked = (
            Job.objects.filter(pk=job.pk, project=opened.project)
            .exclude(state__in=JOB_ENDED)
            .update(cancel_requested_at=Now())
        )
        if not asked:
            return
        for attempt in Attempt.objects.filter(job=job).select_related("job__shot"):
            public = f"Cancelled by {opened.user.shown_name} before it was sent; nothing was charged."
            if Attempt.objects.move(
                attempt.pk,
                AttemptState.CANCELLED,
                of=(AttemptState.QUEUED, AttemptState.CLAIMED),
                lease_until=None,
                ended_at=Now(),
                failure_code="cancelled",
                failure_public=public,
            ):
                outcomes.note_ended(attempt, AttemptState.CANCELLED, public=public, code="cancelled")
            elif attempt.state == AttemptState.RUNNING:
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
