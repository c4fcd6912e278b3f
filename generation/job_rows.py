"""A job and its attempts as pages show them: names, money, and why it is where it is, in plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from generation.catalogue import models
from generation.models import Attempt, Job
from generation.providers.base import Operation
from generation.states import JOB_ENDED, JOB_OPEN, AttemptState, JobState
from generation.vendors.keys import label_of as provider_label

__all__ = ["AttemptRow", "JobRow", "job_rows", "provider_label"]

UNSETTLED = (*JOB_OPEN, JobState.UNKNOWN)
_MEDIA_LABELS = {"image": "Still", "video": "Clip", "audio": "Voice", "text": "Words", "film": "Film"}
_OTHER_LABELS = {"sound_effect": "Sound", "text_to_music": "Music"}
CHARGED_ANYWAY = (AttemptState.SUCCEEDED, AttemptState.OUTPUT_LOST)
# How words end that were not heard to their end.
_BROKEN_OFF = ("stopped", "stream_cut")
_OVER = (AttemptState.FAILED, AttemptState.CANCELLED)
HOLDING = (
    AttemptState.QUEUED,
    AttemptState.CLAIMED,
    AttemptState.SENDING,
    AttemptState.RUNNING,
    AttemptState.FETCHING,
    AttemptState.UNKNOWN,
)


def model_label(name: str) -> str:
    """Return a model's name as people know it; the provider's own for one that is not in the catalogue any more."""
    model = models().get(name)
    return model.label if model is not None else name


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt at one provider, for those who look closer."""

    attempt: Attempt

    @property
    def provider(self) -> str:
        """Who was asked."""
        return provider_label(self.attempt.provider)

    @property
    def model(self) -> str:
        """Which model."""
        return model_label(self.attempt.model)

    @property
    def state(self) -> str:
        """Where it stands."""
        return AttemptState(self.attempt.state).label

    @property
    def held(self) -> int:
        """What is set aside for it now; micro-units."""
        return self.attempt.estimate if self.attempt.state in HOLDING else 0

    @property
    def charged(self) -> int:
        """What it has cost, once it has ended; micro-units."""
        if self.attempt.state in HOLDING:
            return 0
        if self.attempt.cost is None and self.attempt.state in CHARGED_ANYWAY:
            return self.attempt.estimate
        return self.attempt.cost or 0

    @property
    def overrun(self) -> int:
        """What was charged above the estimate; micro-units."""
        return max(self.charged - self.attempt.estimate, 0)

    @property
    def never_accepted(self) -> bool:
        """Ended before the provider had taken it."""
        return self.attempt.state in _OVER and not self.attempt.task_id


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job with its attempts, the latest last."""

    job: Job
    attempts: tuple[AttemptRow, ...]

    @property
    def attempt(self) -> Attempt | None:
        """The latest attempt; None while somebody's yes is waited for."""
        return self.attempts[-1].attempt if self.attempts else None

    @property
    def title(self) -> str:
        """What is made, in the trade's words: ``Clip · 2C``."""
        job = self.job
        label = _OTHER_LABELS.get(job.operation) or _MEDIA_LABELS[job.media]
        if job.line is not None and job.shot is not None:
            return f"{label} · {job.shot.label} {job.line.character.title()}"
        return f"{label} · {job.shot.label}" if job.shot is not None else label

    @property
    def state(self) -> str:
        """The state in the words that people see."""
        if self.cancelling:
            return "Cancelling"
        return JobState(self.job.state).label

    @property
    def tone(self) -> str:
        """Which colour the state has."""
        return {
            JobState.SUCCEEDED: "ok",
            JobState.RUNNING: "accent",
            JobState.FAILED: "warn",
            JobState.UNKNOWN: "warn",
        }.get(JobState(self.job.state), "mute")

    @property
    def cancelling(self) -> bool:
        """Asked to end, but not ended yet."""
        return self.job.cancel_requested_at is not None and self.job.state not in JOB_ENDED

    @property
    def running(self) -> bool:
        """Being worked on now."""
        return self.job.state == JobState.RUNNING

    @property
    def progress(self) -> float | None:
        """0 to 1 while it runs; None where nobody knows."""
        return self.attempt.progress if self.running and self.attempt else None

    @property
    def model(self) -> str:
        """Who makes it: that is the latest attempt's, which fallback may have taken elsewhere."""
        return model_label(self.attempt.model if self.attempt is not None else self.job.model)

    @property
    def charged(self) -> int:
        """What all attempts have cost up to now; micro-units."""
        return sum(row.charged for row in self.attempts)

    @property
    def held(self) -> int:
        """What is set aside until it has ended; micro-units."""
        return sum(row.held for row in self.attempts)

    @property
    def overrun(self) -> int:
        """What was charged above the estimates; micro-units."""
        return sum(row.overrun for row in self.attempts)

    @property
    def cost(self) -> int:
        """What was charged, or will be; micro-units."""
        if not self.attempts:
            return 0 if self.job.state in JOB_ENDED else self.job.estimate
        return self.charged + self.held

    @property
    def reckoned(self) -> bool:
        """Whether what it cost is our own count: makers count words at the end, and this one was not heard to it."""
        if self.job.operation != Operation.TEXT_TO_TEXT or not self.charged or self.attempt is None:
            return False
        stopped = self.job.state == JobState.SUCCEEDED and self.job.cancel_requested_at is not None
        return stopped or self.attempt.failure_code in _BROKEN_OFF

    @property
    def retry_cost(self) -> int:
        """What asking again will cost; micro-units."""
        return self.job.estimate or (self.attempt.estimate if self.attempt is not None else 0)

    @property
    def rehearsal(self) -> bool:
        """Made by a simulated provider, or going to be."""
        return self.attempt.rehearsal if self.attempt is not None else self.job.batch.rehearsal

    @property
    def quality(self) -> str:
        """What was found wrong with a result that is there; empty when nothing was."""
        return str(self.attempt.quality.get("text", "")) if self.attempt is not None else ""

    @property
    def served(self) -> str:
        """Who served after others could not, and why they could not; empty where the chosen one has served."""
        over = self.job.passed_over
        if not self.attempts or (len(self.attempts) < 2 and not over):
            return ""
        told = [f"{provider_label(over['provider'])} was not asked: {over['why_not'].rstrip('.')}"] if over else []
        for row in self.attempts[:-1]:
            why = row.attempt.failure_public.rstrip(".")
            what = "did not accept this" if row.never_accepted else "could not make this"
            told.append(f"{row.provider} {what}{f': {why}' if why else ''}")
        last = self.attempts[-1]
        made = f"{last.provider} made it" if self.job.state == JobState.SUCCEEDED else f"{last.provider} was asked next"
        if self.job.state in (JobState.QUEUED, JobState.RUNNING):
            made = f"{last.provider} makes it"
        return f"{'; '.join(told)}. {made}."

    @property
    def can_cancel(self) -> bool:
        """May still be ended."""
        return self.job.state in UNSETTLED and not self.cancelling

    @property
    def can_retry(self) -> bool:
        """Has ended without a result."""
        return self.job.state in (JobState.FAILED, JobState.CANCELLED)

    @property
    def reason(self) -> str:
        """Why it is where it is, for whoever waits for it; empty when there is nothing to say."""
        job, attempt = self.job, self.attempt
        if job.failure_text:
            return job.failure_text
        if job.state == JobState.WAITING_APPROVAL:
            return "Waits for a producer’s yes. Nothing is set aside for it yet."
        if job.state == JobState.UNKNOWN:
            return (
                attempt.failure_public if attempt else ""
            ) or "Nobody can tell whether the provider accepted this. Its price stays held until that is known."
        if job.state == JobState.QUEUED:
            if job.input_job is not None and job.input_job.state in JOB_OPEN:
                first = "outline that it follows" if job.media == "text" else "still that it starts from"
                return f"Waits for the {first}."
            if job.after_batch:
                return "Waits until everything else in this batch has ended."
            if attempt is not None and attempt.refusals and attempt.failure_public:
                return attempt.failure_public
        if job.state == JobState.RUNNING and attempt is not None and attempt.poll_failures:
            return attempt.failure_public
        return ""


def with_all_that_is_shown(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Return jobs that bring along whatever a row says of them, besides their attempts."""
    return jobs.select_related("shot__scene", "line", "film", "input_job", "batch__created_by")


def job_rows(jobs: QuerySet[Job]) -> list[JobRow]:
    """Return jobs with all that a row shows, in two queries."""
    return rows_of(list(with_all_that_is_shown(jobs)))


def rows_of(jobs: Sequence[Job]) -> list[JobRow]:
    """Return rows of jobs that were read ``with_all_that_is_shown``, in one query."""
    attempts: dict[UUID, list[AttemptRow]] = defaultdict(list)
    for attempt in Attempt.objects.filter(job__in=jobs).order_by("number").defer("body", "outputs"):
        attempts[attempt.job_id].append(AttemptRow(attempt))
    return [JobRow(job, tuple(attempts[job.pk])) for job in jobs]
