"""What has been in the trash for long enough goes for good, in small steps any of which a process may die after.

Rows go first, and with them, in one transaction, the files' keys are noted (``discarding``); the files follow. What
falls down between the two is taken up by the next sweep. Money is never touched: of a project its row stays, with its
name, and so does what another room keeps for the books.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from projects import bins
from projects.models import Event, Project
from projects.trash import TRASH_DAYS
from scenes import layout
from scenes.models import Asset, Scene
from scenes.services.discarding import note_files

logger = logging.getLogger(__name__)

BATCH = 50
_OWN_ROOMS = ("projects", "scenes")


def purge_rows() -> int:
    """Delete for good what has been in the bins for too long, a batch of each kind.

    Returns:
        How many rows went.
    """
    gone = 0
    for bin in bins.every_bin():
        overdue = bin.every().filter(deleted_at__lt=_limit()).order_by("deleted_at")
        for row_id in list(overdue.values_list("pk", flat=True)[:BATCH]):
            try:
                gone += _purge_row(bin, row_id)
            except Exception:
                logger.exception("A %s in the trash cannot be purged: %s", bin.kind, row_id)
    return gone


@transaction.atomic
def _purge_row(bin: bins.Bin, row_id: UUID) -> int:
    # Held and looked at again: somebody else may be purging it as well.
    row = bin.every().select_for_update(of=("self",)).filter(pk=row_id, deleted_at__lt=_limit()).first()
    if row is None:
        return 0
    bin.purge(row)
    return 1


def overdue_projects() -> list[Project]:
    """Return some projects that have been in the trash for too long and are not empty yet."""
    return list(Project.objects.filter(deleted_at__lt=_limit(), purged_at=None).order_by("deleted_at")[:BATCH])


def empty_project(project: Project) -> bool:
    """Take a batch out of a project whose time in the trash is over; nothing of other rooms may stand on it any more.

    Args:
        project: one of ``overdue_projects``.

    Returns:
        Whether it is empty now; else call again.
    """
    if _discard_files(project):
        return False
    kinds = [model for model, _ in _belongings()]
    for _ in kinds:
        # What others stand on goes after them; so many rounds are enough for any order.
        if not _delete_belongings(project):
            break
    with transaction.atomic():
        Project.objects.filter(pk=project.pk, purged_at=None).update(
            purged_at=timezone.now(), logline="", style="", last_event_number=0
        )
    return True


@transaction.atomic
def _discard_files(project: Project) -> int:
    """Note the keys of the project's files and forget its films and takes, so that the files' rows can go."""
    for model, path in _belongings():
        if any(_stands_on_files(field) for field in model._meta.get_fields()):
            model._base_manager.filter(**{path: project}).delete()
    assets = list(Asset.objects.filter(project=project).values_list("pk", "key", "thumbnail_key")[: 10 * BATCH])
    numbers = Scene.objects.filter(project=project).values_list("number", flat=True) if not assets else []
    keys = [key for _, *both in assets for key in both if key]
    note_files([*keys, *(layout.mirror_key(project.pk, number) for number in numbers)])
    Asset.objects.filter(pk__in=[pk for pk, *_ in assets]).delete()
    return len(assets)


def _stands_on_files(field: Any) -> bool:
    return (
        isinstance(field, models.ForeignKey)
        and field.related_model is Asset
        and field.remote_field.on_delete is models.PROTECT
    )


def _belongings() -> list[tuple[type[models.Model], str]]:
    """Every kind of row of these rooms that belongs to a project, with the way to the project from it."""
    found: list[tuple[type[models.Model], str]] = []
    waiting: list[tuple[type[models.Model], str]] = [(Project, "")]
    seen: set[type[models.Model]] = {Project}
    while waiting:
        model, path = waiting.pop(0)
        for relation in model._meta.related_objects:
            child = relation.related_model
            owns = getattr(relation, "on_delete", None) in (models.CASCADE, models.PROTECT)
            if child in seen or child._meta.app_label not in _OWN_ROOMS or not owns:
                continue
            seen.add(child)
            way = f"{relation.field.name}__{path}".strip("_") if path else relation.field.name
            found.append((child, way))
            waiting.append((child, way))
    return found


def _delete_belongings(project: Project) -> int:
    gone = 0
    for model, path in _belongings():
        if model is Event or "__" in path:
            continue  # the log goes with the rest below; what hangs on other rows goes with those
        try:
            with transaction.atomic():
                gone += model._base_manager.filter(**{path: project}).delete()[0]
        except ProtectedError:
            continue
    with transaction.atomic():
        gone += Event.objects.filter(project=project).delete()[0]
    return gone


def _limit() -> Any:
    return timezone.now() - timedelta(days=TRASH_DAYS)
