"""What every change by hand of scenes and shots begins and ends with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import F, Sum
from django.utils import timezone

from projects import events
from projects.access import OpenProject
from projects.models import Event, Project
from scenes import mirror
from scenes.models import Scene, Shot, Take
from scenes.services.narration import follow_shots


class ShotError(Exception):
    """Scenes or shots cannot be changed like that. The message says what can be done; nothing was changed.

    Args:
        message: for the person.
        field: which field of the form it is about, or nothing.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def hold(project: Project) -> None:
    """Take the project's row, which serialises writers; the transaction gives it back."""
    Project.objects.filter(pk=project.pk).update(last_event_number=F("last_event_number"))


def tell(opened: OpenProject, event_type: str, payload: Mapping[str, Any], *, scenes: Iterable[UUID]) -> Event:
    """Bring what depends on the shots of some scenes up to date, and tell everybody; the last thing in a change.

    Args:
        opened: the project.
        event_type: what happened.
        payload: JSON values only.
        scenes: ids of the scenes that have changed.
    """
    changed = list(scenes)
    lengths = dict(
        Shot.objects.filter(scene__in=changed, omitted_at=None)
        .order_by()
        .values_list("scene")
        .annotate(all=Sum("duration_ms"))
    )
    for scene_id in changed:
        Scene.objects.filter(pk=scene_id).update(duration_ms=lengths.get(scene_id, 0), updated_at=timezone.now())
        refresh_status(scene_id)
    follow_shots(opened.project, changed)
    mirror.want(*changed)
    return events.record(opened.project.pk, event_type, payload, actor=opened.user)


def refresh_status(scene_id: UUID) -> None:
    """A scene has content with its first take and is complete when every shot of it has a clip."""
    shots = Shot.objects.filter(scene=scene_id, omitted_at=None)
    if shots.exists() and not shots.filter(clip=None).exists():
        status = Scene.Status.COMPLETE
    elif Take.objects.kept().filter(shot__scene=scene_id).exists():
        status = Scene.Status.HAS_CONTENT
    else:
        status = Scene.Status.EMPTY
    Scene.objects.filter(pk=scene_id).exclude(status__in=[status, Scene.Status.OMITTED]).update(status=status)
