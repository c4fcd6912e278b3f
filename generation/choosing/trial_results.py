"""What came of tries: shown, and made takes of shots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from generation.catalogue import ImpossibleRequest
from generation.choosing.trials import label_of
from generation.job_rows import JobRow, job_rows, provider_label
from generation.models import Job
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Asset, Shot, Take
from scenes.services.takes import add_take

MOST_SHOWN = 12
_TAKE_KIND: dict[str, str] = {Asset.Kind.IMAGE: Take.Kind.STILL, Asset.Kind.VIDEO: Take.Kind.CLIP}


@dataclass(frozen=True, slots=True)
class Trial:
    """One try: its job, and what came of it."""

    row: JobRow
    model_label: str
    provider_label: str
    what: str
    assets: tuple[Asset, ...] = ()

    @property
    def asset(self) -> Asset | None:
        """The result, where it is a file."""
        return self.assets[0] if self.assets else None

    @property
    def sendable(self) -> bool:
        """Whether it can become a take of a shot."""
        return self.asset is not None and self.asset.kind in _TAKE_KIND


def trial_jobs(project: Project) -> QuerySet[Job]:
    """Return an opened project's tries, newest first."""
    return Job.objects.filter(project=project, shot=None, line=None, film=None).order_by("-created_at", "-pk")


def recent(project: Project) -> list[Trial]:
    """Return an opened project's last tries with their results, in three queries."""
    return trials_of(project, trial_jobs(project)[:MOST_SHOWN])


def trials_of(project: Project, jobs: QuerySet[Job]) -> list[Trial]:
    """Return tries with their results.

    Args:
        project: opened, theirs.
        jobs: from ``trial_jobs``.
    """
    rows = job_rows(jobs)
    made = _results(project, rows)
    return [
        Trial(row, row.model, _provider(row), what=label_of(row.job.operation), assets=_assets(row, made))
        for row in rows
    ]


def _results(project: Project, rows: Sequence[JobRow]) -> dict[UUID, Asset]:
    ids = {one for row in rows if row.attempt is not None for one in row.attempt.assets}
    return Asset.objects.filter(project=project).in_bulk([UUID(one) for one in ids])


def _provider(row: JobRow) -> str:
    return provider_label(row.attempt.provider if row.attempt is not None else row.job.provider)


def _assets(row: JobRow, made: dict[UUID, Asset]) -> tuple[Asset, ...]:
    ids = [UUID(one) for one in row.attempt.assets] if row.attempt is not None else []
    return tuple(made[one] for one in ids if one in made)


def send_to_shot(*, opened: OpenProject, job: Job, shot: Shot) -> Take:
    """Make the result of a try a take of a shot, and its select.

    Args:
        opened: the project, opened to create.
        job: one of the project's.
        shot: one of the project's, with its scene.

    Raises:
        ImpossibleRequest: it has no picture or clip to send, or belongs to a shot.
    """
    found = trials_of(opened.project, trial_jobs(opened.project).filter(pk=job.pk))
    if not found:
        raise ImpossibleRequest("This was made for a shot, and is one of its takes.")
    trial = found[0]
    asset, attempt = trial.asset, trial.row.attempt
    if asset is None or attempt is None or asset.kind not in _TAKE_KIND:
        raise ImpossibleRequest("Only a picture or a clip that is finished can be sent to a shot.")
    job = trial.row.job
    with transaction.atomic():
        return add_take(
            shot=shot,
            line=None,
            kind=_TAKE_KIND[asset.kind],
            asset=asset,
            mezzanine=None,
            # Each generation has one take at most, and a try can be sent to several shots.
            attempt_id=None,
            # As with what people bring: nothing about the shot can make it stale.
            recipe="",
            fingerprint="",
            inputs={
                "provider": attempt.provider,
                "provider_label": trial.provider_label,
                "model": attempt.model,
                "model_label": trial.model_label,
                "prompt": attempt.prompt,
                "parameters": attempt.parameters,
                "inputs": job.inputs,
                "taskId": attempt.task_id,
                "cost": trial.row.cost,
                "seed": attempt.parameters.get("seed"),
                "quality": attempt.quality,
                "rehearsal": attempt.rehearsal,
                "tried": True,
            },
            author=opened.user.pk,
        )
