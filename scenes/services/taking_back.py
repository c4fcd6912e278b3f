"""Taking back what was just done: an event says what it was before, and the verb that undoes it is a verb as well.

Only who did it takes it back, only for a while, and only as far as nobody has changed it since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.policies import REFUSALS, Right
from projects.access import OpenProject
from projects.models import Event
from scenes.models import Scene, Shot
from scenes.services import scene_order, shot_order, statuses
from scenes.services.changing import ShotError

POSSIBLE = timedelta(hours=1)


def undo_address(event: Event | None) -> str:
    """Return the address that takes an event back; empty where nothing has happened."""
    return reverse("scenes:undo", args=[event.project_id, event.number]) if event else ""


@transaction.atomic
def take_back(*, opened: OpenProject, number: int | None = None) -> Event:
    """Take back what the person did.

    Args:
        opened: the project, opened to review.
        number: of the event; None takes back the last of theirs.

    Returns:
        The event that was taken back.

    Raises:
        ShotError: they did no such thing, or it cannot be taken back any more; the message says why.
    """
    events = Event.objects.filter(project=opened.project, actor=opened.user, type__in=_UNDO)
    if number is not None:
        events = events.filter(number=number)
    if (event := events.order_by("-number").first()) is None:
        raise ShotError("There is nothing of yours to take back.")
    if not opened.allows(Right.CREATE) and event.type != "shot_status_changed":
        raise ShotError(REFUSALS[Right.CREATE])
    if event.created_at < timezone.now() - POSSIBLE:
        raise ShotError("That was too long ago to be taken back by a button. Change it by hand.")
    try:
        _UNDO[event.type](opened, event.payload)
    except (Scene.DoesNotExist, Shot.DoesNotExist):
        raise ShotError("What was changed is not there any more.") from None
    return event


def _scene(opened: OpenProject, payload: dict[str, Any]) -> Scene:
    return Scene.objects.get(pk=payload["sceneId"], project=opened.project)


def _ids(payload: dict[str, Any]) -> list[UUID]:
    return [UUID(one) for one in payload["shotIds"]]


def _old_order(told: dict[str, Any], now: Iterable[UUID]) -> list[UUID]:
    """Return the order as it was; what came in since stays behind what it stands behind."""
    order = [UUID(one) for one in told["before"]]
    for before, row in pairwise((None, *now)):
        if row is not None and row not in order:
            order.insert(order.index(before) + 1 if before else 0, row)
    return order


def _unorder_shots(opened: OpenProject, told: dict[str, Any]) -> None:
    scene = _scene(opened, told)
    now = Shot.objects.filter(scene=scene).order_by("position").values_list("pk", flat=True)
    shot_order.reorder_shots(opened=opened, scene=scene, order=_old_order(told, now))


def _unorder_scenes(opened: OpenProject, told: dict[str, Any]) -> None:
    now = Scene.objects.of(opened.project).values_list("pk", flat=True)
    scene_order.reorder_scenes(opened=opened, order=_old_order(told, now))


def _unsplit(opened: OpenProject, payload: dict[str, Any]) -> None:
    shots = Shot.objects.of(opened.project)
    before = payload["before"]
    shot_order.join_shots(
        opened=opened,
        shot=shots.get(pk=payload["shotId"]),
        half=shots.get(pk=payload["newShotId"]),
        description=before["description"],
        duration_ms=before["durationMs"],
    )


def _unset(
    field: str, said: str, write: Callable[[OpenProject, list[UUID], str], object]
) -> Callable[[OpenProject, dict[str, Any]], None]:
    """Give each shot what it had before, where it still has what it was given."""

    def undo(opened: OpenProject, payload: dict[str, Any]) -> None:
        given = payload[said] or None
        still = set(
            Shot.objects.of(opened.project).filter(pk__in=_ids(payload), **{field: given}).values_list("pk", flat=True)
        )
        if not still:
            raise ShotError("Somebody has changed this since; it stays as it is now.")
        for value, shots in payload["before"].items():
            ids = [UUID(one) for one in shots if UUID(one) in still]
            if ids:
                write(opened, ids, value)

    return undo


_UNDO: dict[str, Callable[[OpenProject, dict[str, Any]], object]] = {
    "shot_inserted": lambda opened, told: shot_order.omit_shots(opened=opened, shot_ids=[UUID(told["shotId"])]),
    "shot_split": _unsplit,
    "shots_omitted": lambda opened, told: shot_order.restore_shots(opened=opened, shot_ids=_ids(told)),
    "shots_restored": lambda opened, told: shot_order.omit_shots(opened=opened, shot_ids=_ids(told)),
    "shots_reordered": _unorder_shots,
    "scene_inserted": lambda opened, told: scene_order.omit_scene(opened=opened, scene=_scene(opened, told)),
    "scene_edited": lambda opened, told: scene_order.edit_scene(
        opened=opened, scene=_scene(opened, told), changes=told["before"]
    ),
    "scene_omitted": lambda opened, told: scene_order.restore_scene(opened=opened, scene=_scene(opened, told)),
    "scene_restored": lambda opened, told: scene_order.omit_scene(opened=opened, scene=_scene(opened, told)),
    "scenes_reordered": _unorder_scenes,
    "shot_status_changed": _unset(
        "status",
        "status",
        lambda opened, ids, value: statuses.set_status(opened=opened, shot_ids=ids, status=value, taking_back=True),
    ),
    "shot_assigned": _unset(
        "assignee_id",
        "assigneeId",
        lambda opened, ids, value: statuses.assign(opened=opened, shot_ids=ids, person=UUID(value) if value else None),
    ),
    "shot_due_changed": _unset(
        "due_on",
        "dueOn",
        lambda opened, ids, value: statuses.set_due(
            opened=opened, shot_ids=ids, due_on=date.fromisoformat(value) if value else None
        ),
    ),
}
