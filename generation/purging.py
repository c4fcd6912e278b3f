"""Emptying the trash from the engine's sweep: what is kept for the books lets go of the footage first."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import transaction

from generation.models import Attempt, Job, Writing
from generation.services import cancel_job
from generation.states import JOB_ENDED, JobState
from projects.access import OpenProject
from projects.models import Project
from scenes.services import purging
from scenes.services.discarding import remove_files

logger = logging.getLogger(__name__)

EVERY_SECONDS = 600
_ROUNDS = 40  # batches in one sweep; the rest follows with the next
_PURGED = "generation:purged"


def purge() -> None:
    """Take what is overdue out of the trash; looks every ten minutes, and goes on at once while there is more."""
    if not cache.add(_PURGED, True, EVERY_SECONDS):
        return
    work = 0
    for _ in range(_ROUNDS):
        done = purging.purge_rows() + _purge_projects() + remove_files()
        if not done:
            return
        work += done
    cache.delete(_PURGED)


def _purge_projects() -> int:
    done = 0
    for project in purging.overdue_projects():
        if Job.objects.filter(project=project).exclude(state__in=JOB_ENDED).exists():
            # Money is in doubt: a person must say what became of an order before its words may go.
            logger.warning("Project %s is overdue in the trash, but has orders that go on.", project.pk)
            continue
        _let_go(project)
        purging.empty_project(project)
        done += 1
    return done


@transaction.atomic
def _let_go(project: Project) -> None:
    """Leave of the orders what the books need: who, when, which model, how much."""
    Writing.objects.filter(project=project).delete()
    Attempt.objects.filter(job__project=project).exclude(body=None).update(body={})
    Attempt.objects.filter(job__project=project).update(prompt="", parameters={}, outputs=[], assets=[], quality={})
    Job.objects.filter(project=project).update(
        shot=None, line=None, film=None, input_asset=None, prompt="", parameters={}, context={}, inputs=[], elements={},
        alternatives=[], result_text="",
    )  # fmt: skip


def end_what_was_not_sent(opened: OpenProject) -> int:
    """Cancel the orders of a project that no provider has seen; registered for when a project is deleted.

    Returns:
        How many were asked to end.
    """
    waiting = Job.objects.filter(project=opened.project, state__in=[JobState.QUEUED, JobState.WAITING_APPROVAL])
    jobs = list(waiting)
    for job in jobs:
        cancel_job(opened=opened, job=job)
    return len(jobs)
