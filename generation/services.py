"""What people ask of the engine: generate, render, cancel, try again. The same calls for pages, commands and API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.urls import reverse

from accounts.policies import Right
from generation import outcomes, wishes
from generation.catalogue import ImpossibleRequest, model_named
from generation.crashpoints import reach
from generation.models import Approval, Attempt, Batch, BatchGroup, Job
from generation.money import ledger
from generation.money.budgets import needs_yes
from generation.money.wording import dollars
from generation.planning import CLIPS, STILLS, VOICES, models_of, wishes_for
from generation.states import JOB_ENDED, JOB_OPEN, AttemptState, JobState
from generation.vendors import keys
from generation.vendors.own_models import as_offered, estimate_now
from generation.wishes import Wish
from projects import events, queue
from projects.access import OpenProject, ask_again
from projects.mailing import deciders, mail_after_commit
from projects.models import Comment, Notification
from projects.notifying import notify
from projects.services import choose_models
from scenes.models import Asset, Film, Shot, Take
from scenes.services.changing import hold
from scenes.services.statuses import work_begins
from scenes.services.takes import select_take


class NothingToDo(Exception):
    """Everything asked for is there already; the message says so."""


class KeyReused(Exception):
    """The idempotency key came before with another request; the message says so."""


def generate(
    *,
    opened: OpenProject,
    wanted: Sequence[Wish],
    title: str,
    then_film: bool = False,
    max_concurrent: int | None = None,
    idempotency_key: str = "",
    request_hash: str = "",
    note: Comment | None = None,
    group: BatchGroup | None = None,
) -> Batch:
    """Ask for everything in one batch, or for nothing: rows, money and event in one transaction, the bell after commit.

    A wish that is open already is joined and one that has been answered is served from its take: a double click
    makes nothing twice. What costs more than the project's limit waits for a producer's yes.

    Args:
        opened: the project, opened to spend.
        wanted: from ``planning.wishes_for``.
        title: what people see in the list of jobs.
        then_film: render the film when the rest has ended.
        max_concurrent: so many jobs of the batch at once; as many as may be when None.
        idempotency_key: the same key again gives the same batch.
        request_hash: of what came with the key.
        note: what people said that this answers; the takes that come of it tell of it.
        group: the action over several projects that this is a part of.

    Raises:
        NothingToDo: everything is there already.
        ImpossibleRequest: a provider cannot be reached from here.
        BudgetExceeded: it does not fit under a cap; nothing was asked for.
        KeyReused: the key came before with another request.
    """
    if not wanted and not then_film:
        raise NothingToDo("Everything is there and up to date. Choose “new take” to have it made again.")
    order = _Order(opened, title, then_film, max_concurrent, idempotency_key, request_hash, note, group)
    try:
        batch = order.queue(wanted)
    except (IntegrityError, _InputEnded):
        # Two clicks at the same moment: the other one was first, and now its jobs are there to be joined; or what was
        # to be started from has just ended, and is among the takes now, or to be made again.
        batch = order.queue(wanted)
    if batch is None:
        raise NothingToDo("This very take was made before; it is in the film again. Choose “new take” for another.")
    return batch


class _InputEnded(Exception):
    """What a new job was to start from ended while it was being written."""


@dataclass(frozen=True, slots=True)
class _Order:
    """One action of one person, before anything is written."""

    opened: OpenProject
    title: str
    then_film: bool
    max_concurrent: int | None
    idempotency_key: str
    request_hash: str
    note: Comment | None = None
    group: BatchGroup | None = None

    @transaction.atomic
    def queue(self, wanted: Sequence[Wish]) -> Batch | None:
        """Return the new batch, the one that was joined, or None when all was served from earlier takes."""
        opened = self.opened
        # Before the bells, which are rung on commit, too: who dies here has rows and no message.
        transaction.on_commit(lambda: reach("request committed"))
        before = self._asked_before()
        if before is not None:
            return before
        # Open jobs first: what ends between the two looks is then found among the takes.
        open_jobs = {
            job.fingerprint: job
            for job in Job.objects.filter(project=opened.project, state__in=(*JOB_OPEN, JobState.UNKNOWN))
        }
        free = [wish for wish in wanted if wish.fingerprint not in open_jobs]
        answered = _answered(opened, free)
        batch = self._batch()
        made: dict[str, Job] = {}
        for wish in free:
            if wish.fingerprint not in answered:
                first = wish.input_wish.fingerprint if wish.input_wish else ""
                made.setdefault(
                    wish.fingerprint,
                    _job(
                        opened,
                        batch,
                        wish,
                        input_asset=answered[first].asset if first in answered else wish.input_asset,
                        input_job=made.get(first) or open_jobs.get(first),
                    ),
                )
        film = _film_wish(opened)
        if self.then_film and film.fingerprint not in open_jobs:
            made[film.fingerprint] = _job(opened, batch, film, after_batch=True)
        if made:
            self._write(batch, list(made.values()))
        # Money before events: everybody takes the counters first, then the project's row, then shots.
        hold(opened.project)
        # Who ends a job holds the row, too: whatever ended before is seen now, and what ends later sees these.
        theirs = {job.pk for job in open_jobs.values()}
        joined = [job.input_job_id for job in made.values() if job.input_job_id in theirs]
        if Job.objects.filter(pk__in=filter(None, joined), state__in=JOB_ENDED).exists():
            raise _InputEnded
        for take in answered.values():
            select_take(opened=opened, take=take)
        if made:
            work_begins(job.shot_id for job in made.values() if job.shot_id and job.media != "audio")
            _tell(opened, batch, made.values())
            return batch
        asked = [wish.fingerprint for wish in wanted] + [film.fingerprint] * self.then_film
        return next((open_jobs[one].batch for one in asked if one in open_jobs), None) or _earlier(opened, wanted)

    def _asked_before(self) -> Batch | None:
        if not self.idempotency_key:
            return None
        batch = Batch.objects.filter(
            project=self.opened.project, created_by=self.opened.user, idempotency_key=self.idempotency_key
        ).first()
        if batch is not None and batch.request_hash != self.request_hash:
            raise KeyReused("This Idempotency-Key was used for another request. Use a new key for a new request.")
        return batch

    def _batch(self) -> Batch:
        return Batch(
            project=self.opened.project,
            title=self.title[:120],
            created_by=self.opened.user,
            note=self.note,
            group=self.group,
            rehearsal=self.opened.project.rehearsal,
            max_concurrent=self.max_concurrent,
            idempotency_key=self.idempotency_key,
            request_hash=self.request_hash,
        )

    def _write(self, batch: Batch, jobs: list[Job]) -> None:
        opened = ask_again(self.opened, Right.SPEND)
        batch.estimate = sum(job.estimate for job in jobs)
        if needs_yes(opened, batch.estimate):
            batch.approval = Approval.WAITING
            batch.approval_expires_at = datetime.now(UTC) + timedelta(days=settings.APPROVAL_DAYS)
            for job in jobs:
                job.state = JobState.WAITING_APPROVAL
        batch.save(force_insert=True)
        Job.objects.bulk_create(jobs)
        if batch.approval != Approval.WAITING:
            queue_attempts(jobs)


def _ask_for_a_yes(opened: OpenProject, batch: Batch) -> None:
    text = "\n".join(
        (
            f"{opened.user.shown_name} asks for “{batch.title}” in {opened.project.name}.",
            f"It costs at most {dollars(batch.estimate)}, which is more than one action may cost there without a yes.",
            "",
            "Agree to it or decline it on the project's page of jobs. Nothing is held or spent until then; "
            f"in {settings.APPROVAL_DAYS} days the request expires.",
        )
    )
    subject = f"Rushes · {opened.user.shown_name} asks for {dollars(batch.estimate)}"
    mail_after_commit(opened.project.team_id, Right.MANAGE, subject, text, Notification.Kind.APPROVAL)
    notify(
        project=opened.project,
        people=deciders(opened.project.team_id, Right.MANAGE),
        kind=Notification.Kind.APPROVAL,
        text=f"{opened.user.shown_name} asks for “{batch.title}” at {dollars(batch.estimate)} and waits for a yes.",
        link=reverse("generation:jobs", args=[opened.project.pk]),
        actor=opened.user,
        mailed=True,
    )


def _tell(opened: OpenProject, batch: Batch, jobs: Iterable[Job]) -> None:
    if batch.approval == Approval.WAITING:
        _ask_for_a_yes(opened, batch)
    events.record(
        opened.project.pk,
        "approval_wanted" if batch.approval == Approval.WAITING else "jobs_queued",
        {
            "batchId": str(batch.pk),
            "title": batch.title,
            "estimate": batch.estimate,
            "jobs": [{"jobId": str(job.pk), "shotId": str(job.shot_id or ""), "media": job.media} for job in jobs],
        },
        actor=opened.user,
    )


def queue_attempts(jobs: Sequence[Job]) -> None:
    """Write the first attempt of each job and reserve the money for all of them, in the caller's transaction.

    Args:
        jobs: just written, or just approved.

    Raises:
        BudgetExceeded: they do not fit under a cap together.
        ImpossibleRequest: a provider cannot be reached from here.
    """
    accounts = {
        (job.provider, job.batch.rehearsal): keys.account_for(job.team, job.provider, rehearsal=job.batch.rehearsal)
        for job in jobs
    }
    attempts = []
    for job in jobs:
        account = accounts[job.provider, job.batch.rehearsal]
        attempts.append(
            Attempt(
                job=job,
                team_id=job.team_id,
                account=account,
                provider=job.provider,
                model=job.model,
                prompt=job.prompt,
                parameters=job.parameters,
                rehearsal=account.rehearsal,
                estimate=estimate_now(
                    job.team,
                    job.model,
                    job.operation,
                    prompt=job.prompt,
                    parameters=job.parameters,
                    estimate=job.estimate,
                    rehearsal=account.rehearsal,
                ),
                price_version=model_named(job.model).price_version,
            )
        )
    Attempt.objects.bulk_create(attempts)
    ledger.reserve(attempts)
    for account_id in {account.pk for account in accounts.values()}:
        queue.ring_after_commit("generation.submit", str(account_id))


def _answered(opened: OpenProject, wanted: Sequence[Wish]) -> dict[str, Take]:
    """Return the takes that answer wishes already, by fingerprint."""
    fingerprints = [wish.fingerprint for wish in wanted]
    found: dict[str, Take] = {}
    for at in range(0, len(fingerprints), 500):
        takes = Take.objects.of(opened.project).filter(fingerprint__in=fingerprints[at : at + 500])
        found.update({take.fingerprint: take for take in takes.select_related("asset", "shot", "line")})
    return found


def _earlier(opened: OpenProject, wanted: Sequence[Wish]) -> Batch | None:
    """Return the batch that has made just this before, of wishes that belong to no shot."""
    fingerprints = [wish.fingerprint for wish in wanted if wish.shot is None]
    done = Job.objects.filter(project=opened.project, fingerprint__in=fingerprints, state=JobState.SUCCEEDED)
    job = done.select_related("batch").order_by("-created_at").first()
    return job.batch if job is not None else None


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


def make_film(*, opened: OpenProject, max_concurrent: int | None = None) -> Batch:
    """The one button: whatever is missing or stale, then the film.

    Args:
        opened: the project, opened to spend.
        max_concurrent: so many jobs at once; as many as may be when None.

    Raises:
        ImpossibleRequest: there are no shots yet, or a model cannot do it.
        BudgetExceeded: it does not fit under a cap.
    """
    if not Shot.objects.of(opened.project).in_film().exists():
        raise ImpossibleRequest("There are no shots yet. Write or import a script and break it down first.")
    wanted = wishes_for(opened)
    return generate(opened=opened, wanted=wanted, title="Make the film", then_film=True, max_concurrent=max_concurrent)


def use_provider(*, opened: OpenProject, provider: str) -> None:
    """Have a provider's first models make stills, clips and voices from now on, as far as it makes them.

    Args:
        opened: the project, opened to create.
        provider: its name.

    Raises:
        ImpossibleRequest: it makes nothing of that; the message says who does.
    """
    models = models_of(opened.project, provider)
    choose_models(
        opened=opened, still_model=models[STILLS].id, clip_model=models[CLIPS].id, voice_model=models[VOICES].id
    )


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
    # Whatever a wish was priced at for people to look at, the account's own price is what is set aside.
    model = as_offered(wish.model, opened.project.team, rehearsal=opened.project.rehearsal)
    wish = wish if model is wish.model else replace(wish, model=model)
    return Job(
        project=opened.project,
        team=opened.project.team,
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
        estimate=wish.estimate,
        inputs=[asdict(one) for one in wish.inputs],
        elements=dict(wish.elements),
        alternatives=[asdict(other) for other in wish.alternatives],
        passed_over=dict(wish.passed_over),
        shot=wish.shot,
        line=wish.line,
        film=wish.film,
        input_asset=input_asset,
        input_job=input_job,
        after_batch=after_batch,
    )


# --- cancel and try again --------------------------------------------------------------------------------------------


def cancel_job(*, opened: OpenProject, job: Job) -> None:
    """End a job where it stands: what has not been sent ends here, what runs is cancelled at the provider.

    Args:
        opened: the job's project, opened to spend.
        job: one of the project's; ended ones stay as they are.
    """
    if not _cancel(opened, job):
        # Somebody has agreed to it at this very moment: now it is queued, with its money held.
        _cancel(opened, job)


def _cancel(opened: OpenProject, job: Job) -> bool:
    """Return False where it was looked at too early and has to be looked at again."""
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
        for attempt in ended:
            outcomes.note_ended(attempt, AttemptState.CANCELLED, public=public, code="cancelled")
        if not asked:
            return True
        # The job's row is ours now: what it says is true until we commit, whatever it said when it was read.
        if not attempts:
            if not Job.objects.filter(pk=job.pk, state=JobState.WAITING_APPROVAL).exists():
                return False
            outcomes.end_job(job, JobState.CANCELLED, public=public, code="cancelled")
        for attempt in attempts:
            if attempt.state == AttemptState.RUNNING:
                queue.ring_after_commit("generation.cancel", str(attempt.pk))
    return True


def cancel_batch(*, opened: OpenProject, batch: Batch) -> int:
    """Cancel every open job of a batch.

    Returns:
        How many were asked to end.
    """
    jobs = list(Job.objects.filter(batch=batch, project=opened.project).open())
    for job in jobs:
        cancel_job(opened=opened, job=job)
    return len(jobs)
