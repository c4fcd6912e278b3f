"""What the rest of the product learns when an attempt moves: the job's state, its event, and who may start now.

Everything here runs inside the caller's transaction.
"""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Now

from generation import fallback
from generation.models import Attempt, Job
from generation.money import ledger
from generation.states import JOB_ENDED, JOB_OPEN, JOB_STATE_OF, AttemptState, JobState
from projects import events, queue

INPUT_FAILED = "input_failed"


def note_started(attempt: Attempt) -> None:
    """Tell that a job has begun; only the first time that any of its attempts is taken up."""
    job = attempt.job
    changed = Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(state=JobState.RUNNING, started_at=Now())
    if changed and job.started_at is None:
        record(job, "started", JobState.RUNNING, model=attempt.model, provider=attempt.provider)


def note_requeued(attempt: Attempt) -> None:
    """Tell that a job waits again; no event, because nothing happened that a person must know."""
    Job.objects.filter(pk=attempt.job_id, state=JobState.RUNNING).update(state=JobState.QUEUED)


def note_unknown(attempt: Attempt, public: str) -> None:
    """Tell that nobody knows whether the provider accepted; a person or evidence must decide."""
    if Job.objects.filter(pk=attempt.job_id).exclude(state__in=JOB_ENDED).update(state=JobState.UNKNOWN):
        record(attempt.job, "unknown", JobState.UNKNOWN, error=public)
        _ring_those_who_waited(attempt.job)


def note_found(attempt: Attempt) -> None:
    """Tell that a doubtful order has turned up at the provider, and that its job goes on."""
    if Job.objects.filter(pk=attempt.job_id, state=JobState.UNKNOWN).update(state=JobState.RUNNING):
        record(attempt.job, "resumed", JobState.RUNNING)


def note_ended(attempt: Attempt, state: str, *, public: str = "", code: str = "", **extra: Any) -> bool:
    """Close the books of an attempt that has just reached an end, and its job unless somebody else is asked next.

    Args:
        attempt: already moved.
        state: the attempt's end state.
        public: why, in words for the person who asked.
        code: the reason, for programs.
        extra: more for the completed event, ``videoUrl`` for one.

    Returns:
        Whether the job was still open, so that this was its end.
    """
    ledger.close(attempt, AttemptState(state))
    if state == AttemptState.FAILED:
        following = fallback.ask_next(attempt, code)
        if following is not None:
            note_requeued(following)
            record(attempt.job, "rerouted", JobState.QUEUED, error=public, errorCode=code, provider=following.provider)
            queue.ring_after_commit("generation.submit", str(following.account_id))
            return False
    return end_job(attempt.job, JOB_STATE_OF[state], public=public, code=code, **extra)


def end_job(job: Job, job_state: str, *, public: str = "", code: str = "", **extra: Any) -> bool:
    """Close a job, tell of it, and let those go on who waited for it."""
    changed = (
        Job.objects.filter(pk=job.pk)
        .exclude(state__in=JOB_ENDED)
        .update(state=job_state, ended_at=Now(), failure_code=code[:64], failure_text=public)
    )
    if not changed:
        return False
    # Books before events: everybody takes the counters first and the project's row afterwards.
    followers = [] if job_state == JobState.SUCCEEDED else _end_followers(job, job_state, public)
    if job_state == JobState.SUCCEEDED:
        record(job, "completed", job_state, **extra)
    else:
        record(job, "failed", job_state, error=public, errorCode=code)
    for follower, reason in followers:
        record(follower, "failed", job_state, error=reason, errorCode=INPUT_FAILED)
    _ring_those_who_waited(job)
    return True


def end_followers_of(job: Job) -> None:
    """End what waits for a job that has ended without a result: somebody asked for it while that was going on."""
    for follower, reason in _end_followers(job, job.state, job.failure_text):
        record(follower, "failed", job.state, error=reason, errorCode=INPUT_FAILED)
    _ring_those_who_waited(job)


def record(job: Job, what: str, status: str, **extra: Any) -> None:
    """Write one of a job's events: ``video_generation_started`` and so on."""
    payload: dict[str, Any] = {
        "jobId": str(job.pk),
        "projectId": str(job.project_id),
        "status": status,
        "batchId": str(job.batch_id),
    }
    if job.shot_id is not None and job.shot is not None:
        payload |= {"shotId": str(job.shot_id), "sceneId": str(job.shot.scene_id)}
    if job.line_id is not None:
        payload["lineId"] = str(job.line_id)
    if job.film_id is not None:
        payload["filmId"] = str(job.film_id)
    events.record(job.project_id, f"{job.media}_generation_{what}", payload | extra)


def _end_followers(job: Job, job_state: str, public: str) -> list[tuple[Job, str]]:
    """A job that starts from another's result cannot go on without it; nor can those that start from it in turn."""
    reason = f"What it starts from was not made: {public}" if public else "What it starts from was not made."
    ended: list[tuple[Job, str]] = []
    for follower in Job.objects.filter(input_job=job, state__in=JOB_OPEN).select_related("shot"):
        attempt = Attempt.objects.filter(job=follower, state=AttemptState.QUEUED).first()
        if attempt is None and follower.state != JobState.WAITING_APPROVAL:
            continue
        if attempt is not None:
            if not Attempt.objects.move(
                attempt.pk,
                AttemptState.CANCELLED,
                of=(AttemptState.QUEUED,),
                ended_at=Now(),
                failure_code=INPUT_FAILED,
                failure_public=reason,
            ):
                continue
            ledger.close(attempt, AttemptState.CANCELLED)
        Job.objects.filter(pk=follower.pk).exclude(state__in=JOB_ENDED).update(
            state=job_state, ended_at=Now(), failure_code=INPUT_FAILED, failure_text=reason
        )
        ended += [(follower, reason), *_end_followers(follower, job_state, public)]
    return ended


def _ring_those_who_waited(job: Job) -> None:
    """A place has become free, and perhaps an input: ring for whatever may start now."""
    waiting = (
        Attempt.objects.filter(state=AttemptState.QUEUED, team_id=job.team_id)
        .order_by()
        .values_list("account_id", flat=True)
        .distinct()
    )
    accounts = set(waiting) | set(
        Attempt.objects.filter(job=job).order_by().values_list("account_id", flat=True).distinct()
    )
    for account_id in accounts:
        queue.ring_after_commit("generation.submit", str(account_id))
