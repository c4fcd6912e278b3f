"""Asking for one action in several projects: each for itself, so that what one refuses keeps no other from going on."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.http import Http404

from accounts.access import OpenTeam
from accounts.models import User
from accounts.policies import Right
from generation import retrying, services
from generation.catalogue import ImpossibleRequest
from generation.crashpoints import reach
from generation.groups.planning import projects_named, wanted_by
from generation.models import Batch, BatchGroup, GroupPart, Job
from generation.money.ledger import BudgetExceeded
from generation.services import NothingToDo
from generation.states import JobState
from projects.access import OpenProject, open_project

logger = logging.getLogger(__name__)

MOST_PROBLEMS = 3
MOST_AT_ONCE = 100
# Whoever asks in a hundred projects from a page may still be at it; two at it disturb each other only a little.
LEFT_AFTER = timedelta(minutes=1)
_Outcome = GroupPart.Outcome


def begin(
    *,
    opened: OpenTeam,
    make: str,
    project_ids: Iterable[UUID],
    max_concurrent: int | None = None,
    token: str = "",
) -> BatchGroup:
    """Ask for an action in several projects; what one of them refuses is kept beside it and the others go on.

    Args:
        opened: the team, opened to spend.
        make: one of ``BatchGroup.Make``.
        project_ids: of its projects.
        max_concurrent: so many jobs at once in each project; as many as may be when None.
        token: the same one again gives the same group.

    Raises:
        ImpossibleRequest: there is no such action, or the projects cannot be opened; nothing was asked for.
    """
    if make not in BatchGroup.Make.values:
        raise ImpossibleRequest(f"There is no action {make[:40]!r}: {', '.join(BatchGroup.Make.values)}.", field="make")
    projects = projects_named(opened, project_ids)
    try:
        with transaction.atomic():
            group = BatchGroup.objects.create(
                team=opened.team, make=make, max_concurrent=max_concurrent, created_by=opened.user, token=token[:64]
            )
            GroupPart.objects.bulk_create(
                GroupPart(group=group, project=one.project, place=place) for place, one in enumerate(projects)
            )
    except IntegrityError:
        group = BatchGroup.objects.get(team=opened.team, created_by=opened.user, token=token[:64])
    go_on(opened=opened, group=group)
    return group


def go_on(*, opened: OpenTeam, group: BatchGroup) -> None:
    """Ask in those projects of a group in which nobody has been asked yet.

    Args:
        opened: the team, opened to spend.
        group: one of the team's.
    """
    for part in GroupPart.objects.filter(group=group, outcome=_Outcome.WAITING):
        _ask(opened.user, group, part)


def left_behind() -> list[UUID]:
    """Return the groups whose asking was broken off, as by a server that went down in the middle; for the sweep.

    After a day what is left waits for the button: nobody expects to be charged for it any more.
    """
    begun = BatchGroup.objects.filter(created_at__lt=Now() - LEFT_AFTER, created_at__gt=Now() - timedelta(days=1))
    return list(begun.filter(parts__outcome=_Outcome.WAITING).distinct().values_list("pk", flat=True)[:MOST_AT_ONCE])


def resume(group_id: UUID) -> None:
    """Ask in the projects of a group that nobody has been asked in yet, for who began it, with the rights of today.

    Args:
        group_id: from ``left_behind``; may be resumed by many at once.
    """
    for part in GroupPart.objects.filter(group=group_id, outcome=_Outcome.WAITING).select_related("group__created_by"):
        try:
            _ask(part.group.created_by, part.group, part)
        except Exception:
            logger.exception("Nothing could be asked for in project %s; the next sweep tries again", part.project_id)


def cancel(*, opened: OpenTeam, group: BatchGroup) -> int:
    """Cancel every open job that a group has asked for; what it only joined goes on.

    Returns:
        How many were asked to end.
    """
    asked = 0
    GroupPart.objects.filter(group=group, outcome=_Outcome.WAITING).update(
        outcome=_Outcome.REFUSED, code="cancelled", text="Cancelled before it was asked for."
    )
    for batch in Batch.objects.filter(group=group, project__deleted_at=None).select_related("project"):
        project = open_project(opened.user, batch.project_id, Right.SPEND)
        asked += services.cancel_batch(opened=project, batch=batch)
    return asked


def retry(*, opened: OpenTeam, group: BatchGroup) -> int:
    """Ask again for what failed in a group, and in the projects that refused.

    Returns:
        In how many projects something was asked for again.
    """
    again = 0
    for part in GroupPart.objects.filter(group=group, outcome=_Outcome.REFUSED, project__deleted_at=None):
        again += _ask(opened.user, group, part)
    failed = Job.objects.filter(batch__group=group, state=JobState.FAILED, project__deleted_at=None)
    for batch in Batch.objects.filter(pk__in=failed.order_by().values("batch")).select_related("project"):
        again += _retry(opened, group, batch)
    return again


def _ask(user: User | None, group: BatchGroup, part: GroupPart) -> bool:
    """Ask in one project and keep what became of it, both or neither. True where something was asked for.

    Others may be asking for the same part at the same time, or have done so since it was read.
    """
    rows = GroupPart.objects.filter(pk=part.pk, outcome=part.outcome)
    text = code = ""
    try:
        project = open_project(user, part.project_id, Right.SPEND)
        wanted = wanted_by(project, group.make)
        text = " ".join(list(dict.fromkeys(wanted.problems.values()))[:MOST_PROBLEMS])
        if not wanted.wishes and wanted.problems:
            raise ImpossibleRequest(text)
        with transaction.atomic():
            # Whoever else asks waits here until this is over, and finds that it is done.
            if not rows.update(outcome=_Outcome.ASKED, code="", text=text):
                return False
            batch = services.generate(
                opened=project,
                wanted=wanted.wishes,
                title=group.get_make_display(),
                max_concurrent=group.max_concurrent,
                group=group,
            )
            reach("group part asked")
            if batch.group_id == group.pk:
                return True
            GroupPart.objects.filter(pk=part.pk).update(outcome=_Outcome.JOINED)
            return False
    except NothingToDo:
        outcome = _Outcome.NOTHING
    except BudgetExceeded as error:
        outcome, code, text = _Outcome.REFUSED, "budget_exceeded", str(error)
    except ImpossibleRequest as error:
        outcome, code, text = _Outcome.REFUSED, "not_possible", str(error)
    except (Http404, PermissionDenied):
        outcome, code, text = _Outcome.REFUSED, "not_allowed", "The project was deleted, or you may not spend in it."
    rows.update(outcome=outcome, code=code, text=text)
    return False


def _retry(opened: OpenTeam, group: BatchGroup, batch: Batch) -> bool:
    project: OpenProject = open_project(opened.user, batch.project_id, Right.SPEND)
    before = set(Batch.objects.filter(project=project.project).values_list("pk", flat=True))
    try:
        new = retrying.retry_batch(opened=project, batch=batch)
    except (BudgetExceeded, ImpossibleRequest, NothingToDo) as error:
        GroupPart.objects.filter(group=group, project=batch.project_id).update(text=str(error))
        return False
    if new.pk not in before:
        Batch.objects.filter(pk=new.pk).update(group=group)
    return True
