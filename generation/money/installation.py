"""What the whole installation used and paid, over all teams: for those who run it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from django.db.models import Avg, Count, F, Q, Sum
from django.db.models.functions import TruncDate

from accounts.models import Team
from generation.catalogue import models
from generation.models import Attempt, Counter, Entry, Job
from generation.models.money import Scope
from generation.money import charts
from generation.money.charts import Columns, Slice
from generation.money.costs import charges_of, daily_of, model_label, months_from, parts_by
from generation.states import JOB_ENDED, AttemptState, JobState
from projects.models import Project

MOST_PARTS = 12


@dataclass(frozen=True, slots=True)
class Use:
    """How one provider was used in a month. ``seconds`` is the mean from the order to its end, of those that came."""

    provider: str
    attempts: int
    succeeded: int
    failed: int
    unknown: int
    seconds: float | None

    @property
    def share(self) -> int | None:
        """Per cent that succeeded of those that have ended; None while none has."""
        ended = self.succeeded + self.failed
        return self.succeeded * 100 // ended if ended else None


@dataclass(frozen=True, slots=True)
class Usage:
    """One month of the whole installation. Money in micro-units."""

    spent: int
    held: int
    days: Columns
    daily: tuple[Slice, ...]
    jobs: Columns
    job_days: tuple[Slice, ...]
    asked: int
    done: int
    failed: int
    by_team: list[Slice]
    by_project: list[Slice]
    by_model: list[Slice]
    uses: tuple[Use, ...]


def usage_of(month: date, *, rehearsal: bool) -> Usage:
    """Return a month's use and cost over all teams, in a fixed number of queries. For staff.

    Args:
        month: its first day.
        rehearsal: simulated purchases instead of real ones; jobs and providers are counted in both.
    """
    charges = charges_of(Entry.objects.filter(month=month, rehearsal=rehearsal))
    teams = dict(Team.objects.filter(pk__in={one["team"] for one in charges}).values_list("pk", "name"))
    projects = dict(Project.objects.filter(pk__in={one["project"] for one in charges}).values_list("pk", "name"))
    held = Counter.objects.filter(scope=Scope.TEAM, month=month, rehearsal=rehearsal).aggregate(all=Sum("held"))
    daily = daily_of(charges, month)
    after = months_from(month, 1)
    jobs = Job.objects.filter(created_at__date__gte=month, created_at__date__lt=after)
    counted = jobs.aggregate(
        asked=Count("pk"),
        done=Count("pk", filter=Q(state=JobState.SUCCEEDED)),
        failed=Count("pk", filter=Q(state=JobState.FAILED)),
    )
    per_day: dict[date, int] = dict(
        jobs.order_by().values_list(TruncDate("created_at", tzinfo=UTC)).annotate(Count("pk"))
    )
    job_days = [Slice(one.label, per_day.get(month.replace(day=place), 0)) for place, one in enumerate(daily, start=1)]
    return Usage(
        spent=sum(one["amount"] for one in charges),
        held=held["all"] or 0,
        days=charts.columns(daily, _names(daily)),
        daily=tuple(daily),
        jobs=charts.columns(job_days, _names(job_days)),
        job_days=tuple(job_days),
        **counted,
        by_team=parts_by(charges, lambda one: teams.get(one["team"], "A team that has gone"), most=MOST_PARTS),
        by_project=parts_by(
            charges, lambda one: projects.get(one["project"], "A project that has gone"), most=MOST_PARTS
        ),
        by_model=parts_by(charges, model_label, most=MOST_PARTS),
        uses=_uses(month, after, rehearsal),
    )


def open_jobs() -> dict[str, int]:
    """Return how many jobs stand in each state that is not an end."""
    rows: Any = Job.objects.exclude(state__in=JOB_ENDED).order_by().values_list("state").annotate(Count("pk"))
    return dict(rows)


def _names(days: list[Slice]) -> list[str]:
    return [one.label if place % 7 == 0 else "" for place, one in enumerate(days)]


def _uses(month: date, after: date, rehearsal: bool) -> tuple[Use, ...]:
    done = Q(state=AttemptState.SUCCEEDED)
    rows = (
        Attempt.objects.filter(created_at__date__gte=month, created_at__date__lt=after)
        .filter(Q(rehearsal=rehearsal) | Q(provider="animatic"))
        .order_by("provider")
        .values("provider")
        .annotate(
            attempts=Count("pk"),
            succeeded=Count("pk", filter=done),
            failed=Count("pk", filter=Q(state__in=[AttemptState.FAILED, AttemptState.OUTPUT_LOST])),
            unknown=Count("pk", filter=Q(state=AttemptState.UNKNOWN)),
            took=Avg(F("ended_at") - F("send_started_at"), filter=done),
        )
    )
    labels = {model.provider: model.provider_label for model in models().values()}
    return tuple(
        Use(
            provider=labels.get(row["provider"], row["provider"]),
            attempts=row["attempts"],
            succeeded=row["succeeded"],
            failed=row["failed"],
            unknown=row["unknown"],
            seconds=row["took"].total_seconds() if row["took"] is not None else None,
        )
        for row in rows
    )
