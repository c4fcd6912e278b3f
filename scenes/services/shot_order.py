"""The shots of a scene: inserted, split, put in order, left out and taken back.

Letters are for life: what is inserted gets the next free one, and its place in the scene decides when it comes.
Nothing is deleted, and what a person did here is left alone by a later breakdown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from projects.access import OpenProject
from projects.models import Event
from scenes.models import Line, Scene, Shot
from scenes.screenplay.dividing import SHORTEST_PART_MS, divide
from scenes.screenplay.drafts import Angle
from scenes.screenplay.matching import moved
from scenes.screenplay.numbering import new_shot_letter
from scenes.screenplay.reading import clean_text
from scenes.services.breakdowns import line_draft
from scenes.services.changing import ShotError, hold, tell

NEW_SHOT_MS = 4_000
DESCRIPTION_LIMIT = 2_000

Row = TypeVar("Row", Scene, Shot)


@transaction.atomic
def insert_shot(
    *,
    opened: OpenProject,
    scene: Scene,
    after: Shot | None,
    angle: str = Angle.MEDIUM,
    description: str = "",
    duration_ms: int = NEW_SHOT_MS,
) -> tuple[Shot, Event]:
    """Put a new shot into a scene.

    Args:
        opened: the scene's project, opened to create.
        scene: one of the project's.
        after: one of the scene's; None puts it first.
        angle: one of ``Angle``.
        description: what is seen in it; empty: the scene's action.
        duration_ms: how long it is in the film.

    Raises:
        ShotError: it cannot be like that.
    """
    words = " ".join(clean_text(description)[0].split())
    if len(words) > DESCRIPTION_LIMIT:
        raise ShotError(f"What is seen may have {DESCRIPTION_LIMIT} characters; shorten it.", "description")
    if angle not in set(Angle):
        raise ShotError(f"There is no such angle. There are: {', '.join(Angle)}.", "angle")
    hold(opened.project)
    place = 0
    if after is not None:
        place = Shot.objects.values_list("position", flat=True).get(pk=after.pk, scene=scene) + 1
    shot = _new_shot(scene, place)
    shot.angle, shot.description, shot.duration_ms = angle, words, duration_ms
    shot.by_hand = shot.angle_by_hand = shot.duration_by_hand = shot.placed_by_hand = True
    shot.save()
    payload = {"shotId": str(shot.pk), "sceneId": str(scene.pk), "label": shot.label}
    return shot, tell(opened, "shot_inserted", payload, scenes=[scene.pk])


@transaction.atomic
def split_shot(*, opened: OpenProject, shot: Shot, at_ms: int | None = None) -> tuple[Shot, Event]:
    """Cut a shot in two. Its takes stay with the first half; no line and no sentence is cut.

    Args:
        opened: the shot's project, opened to create.
        shot: one of the project's, with its scene.
        at_ms: where, from its start; None: in the middle.

    Returns:
        The second half.

    Raises:
        ShotError: it is too short.
    """
    hold(opened.project)
    shot.refresh_from_db(fields=["position", "duration_ms", "description", "part", "split_from", "omitted_at"])
    if shot.duration_ms < 2 * SHORTEST_PART_MS:
        raise ShotError("This shot is too short to be split: each half has at least half a second.", "seconds")
    at = shot.duration_ms // 2 if at_ms is None else at_ms
    if not SHORTEST_PART_MS <= at <= shot.duration_ms - SHORTEST_PART_MS:
        latest = (shot.duration_ms - SHORTEST_PART_MS) / 1000
        raise ShotError(f"Split it between {SHORTEST_PART_MS / 1000:g} and {latest:g} seconds.", "seconds")
    lines = list(shot.lines.filter(narration=False).order_by("position"))
    first, second = divide(shot.description, [line_draft(line) for line in lines], shot.duration_ms, at)
    whole = shot.split_from or shot
    if not whole.by_hand and not whole.whole_description:
        whole.whole_description = shot.description
        whole.save(update_fields=["whole_description"])
    Shot.objects.filter(split_from=whole, part__gt=shot.part).update(part=F("part") + 1)
    half = _new_shot(shot.scene, shot.position + 1)
    half.angle, half.angle_by_hand = shot.angle, True
    half.description, half.duration_ms, half.duration_by_hand = second.description, second.duration_ms, True
    half.characters = shot.characters
    half.by_hand, half.placed_by_hand = whole.by_hand, True
    half.split_from, half.part = whole, shot.part + 1
    half.assignee_id, half.due_on = shot.assignee_id, shot.due_on
    half.still_settings, half.clip_settings = shot.still_settings, shot.clip_settings
    half.save()
    Shot.objects.filter(pk=shot.pk).update(
        description=first.description,
        duration_ms=first.duration_ms,
        duration_by_hand=True,
        updated_at=timezone.now(),
    )
    for position, (line, draft) in enumerate(zip(lines[len(first.lines) :], second.lines, strict=True)):
        line.shot, line.position, line.start_ms = half, position, draft.start_ms
    Line.objects.bulk_update(lines, ["shot", "position", "start_ms"])
    payload = {
        "shotId": str(shot.pk),
        "newShotId": str(half.pk),
        "sceneId": str(shot.scene_id),
        "atMs": first.duration_ms,
        "before": {"description": shot.description, "durationMs": shot.duration_ms},
    }
    return half, tell(opened, "shot_split", payload, scenes=[shot.scene_id])


@transaction.atomic
def join_shots(*, opened: OpenProject, shot: Shot, half: Shot, description: str, duration_ms: int) -> Event:
    """Take a split back: the first half is the whole again, the second is left out with whatever was made of it.

    Args:
        opened: the project, opened to create.
        shot: the first half.
        half: what was cut off from it.
        description: what is seen in the whole.
        duration_ms: how long the whole is.

    Raises:
        ShotError: they are no halves of one shot any more.
    """
    hold(opened.project)
    shot.refresh_from_db()
    half.refresh_from_db()
    whole = shot.split_from_id or shot.pk
    if half.split_from_id != whole or half.part != shot.part + 1 or half.omitted_at is not None:
        raise ShotError("The two halves have been changed since they were split. Omit the one that is not needed.")
    half.lines.filter(narration=True).delete()
    start, place = shot.duration_ms, shot.lines.count()
    lines = list(half.lines.order_by("position"))
    for position, line in enumerate(lines, start=place):
        line.shot, line.position, line.start_ms = shot, position, line.start_ms + start
    Line.objects.bulk_update(lines, ["shot", "position", "start_ms"])
    now = timezone.now()
    Shot.objects.filter(pk=half.pk).update(
        omitted_at=now, omitted_by_hand=True, by_hand=True, split_from=None, part=0, updated_at=now
    )
    Shot.objects.filter(split_from=whole, part__gt=half.part).update(part=F("part") - 1)
    Shot.objects.filter(pk=shot.pk).update(description=description, duration_ms=duration_ms, updated_at=now)
    if not Shot.objects.filter(split_from=whole).exists():
        Shot.objects.filter(pk=whole).update(whole_description="")
    payload = {"shotId": str(shot.pk), "newShotId": str(half.pk), "sceneId": str(shot.scene_id)}
    return tell(opened, "shots_joined", payload, scenes=[shot.scene_id])


def _new_shot(scene: Scene, place: int) -> Shot:
    """Make room in a scene, and return a shot with the next free letter that is not saved yet."""
    letters = Shot.objects.filter(scene=scene).order_by().values_list("letter", flat=True)
    shot = Shot(scene=scene, letter=new_shot_letter(list(letters)), position=place)
    Shot.objects.filter(scene=scene, position__gte=place).update(position=F("position") + 1)
    return shot


@transaction.atomic
def omit_shots(*, opened: OpenProject, shot_ids: Collection[UUID]) -> Event | None:
    """Leave shots out of the film; their takes and letters are kept.

    Args:
        opened: the shots' project, opened to create.
        shot_ids: some of the project's; others are passed over.

    Returns:
        What was told; None where all of them were out already.
    """
    hold(opened.project)
    rows = list(Shot.objects.of(opened.project).filter(pk__in=shot_ids, omitted_at=None))
    now = timezone.now()
    Shot.objects.filter(pk__in=[row.pk for row in rows]).update(omitted_at=now, omitted_by_hand=True, updated_at=now)
    return _told(opened, "shots_omitted", rows)


@transaction.atomic
def restore_shots(*, opened: OpenProject, shot_ids: Collection[UUID]) -> Event | None:
    """Take omitted shots back into the film, where they were.

    Args:
        opened: the shots' project, opened to create.
        shot_ids: some of the project's; others are passed over.

    Returns:
        What was told; None where all of them were in the film already.
    """
    hold(opened.project)
    rows = list(Shot.objects.of(opened.project).filter(pk__in=shot_ids).exclude(omitted_at=None))
    for row in rows:
        # What the script has left out, and a person takes back, is theirs from now on.
        row.by_hand = row.by_hand or (not row.omitted_by_hand and row.split_from_id is None)
        row.omitted_at, row.omitted_by_hand, row.updated_at = None, False, timezone.now()
    Shot.objects.bulk_update(rows, ["by_hand", "omitted_at", "omitted_by_hand", "updated_at"], batch_size=100)
    return _told(opened, "shots_restored", rows)


def _told(opened: OpenProject, event_type: str, rows: Iterable[Shot]) -> Event | None:
    shots = list(rows)
    if not shots:
        return None
    scenes = list(dict.fromkeys(shot.scene_id for shot in shots))
    payload = {
        "shotIds": [str(shot.pk) for shot in shots],
        "shots": len(shots),
        "sceneIds": [str(scene) for scene in scenes],
        "label": shots[0].label,
    }
    return tell(opened, event_type, payload, scenes=scenes)


@transaction.atomic
def reorder_shots(*, opened: OpenProject, scene: Scene, order: Sequence[UUID]) -> Event | None:
    """Put the shots of a scene into another order; letters stay with their shots.

    Args:
        opened: the scene's project, opened to create.
        scene: one of the project's.
        order: every shot of the scene, omitted ones included, in their new order.

    Returns:
        What was told; None where that is the order already.

    Raises:
        ShotError: the scene has other shots than those, because somebody changed it meanwhile.
    """
    hold(opened.project)
    shots = {shot.pk: shot for shot in Shot.objects.filter(scene=scene).order_by("position")}
    before = list(shots)
    if len(order) != len(shots) or set(order) != set(shots):
        raise ShotError("Somebody changed this scene while you were moving its shots. Reload the page and move again.")
    changed = place_rows(shots, order)
    if not changed:
        return None
    Shot.objects.bulk_update(changed, ["position", "placed_by_hand", "updated_at"], batch_size=100)
    payload = {"sceneId": str(scene.pk), "order": [str(pk) for pk in order], "before": [str(pk) for pk in before]}
    return tell(opened, "shots_reordered", payload, scenes=[scene.pk])


def place_rows(rows: dict[UUID, Row], order: Sequence[UUID]) -> list[Row]:
    """Give rows their new places, note which ones were moved, and return those that changed."""
    old = {pk: place for place, pk in enumerate(rows)}
    by_person = moved({new: old[pk] for new, pk in enumerate(order)})
    now = timezone.now()
    changed = []
    for place, pk in enumerate(order):
        row = rows[pk]
        if row.position != place or place in by_person:
            row.position, row.updated_at = place, now
            row.placed_by_hand = row.placed_by_hand or place in by_person
            changed.append(row)
    return changed


def move_shot(*, opened: OpenProject, shot: Shot, by: int) -> Event | None:
    """Move a shot by one place earlier or later in its scene; at the end of the scene it stays.

    Args:
        opened: the shot's project, opened to create.
        shot: one of the project's, with its scene.
        by: -1 or 1.

    Raises:
        ShotError: as for ``reorder_shots``.
    """
    order = list(Shot.objects.filter(scene=shot.scene_id).order_by("position").values_list("pk", flat=True))
    here = order.index(shot.pk)
    order.insert(min(max(here + by, 0), len(order) - 1), order.pop(here))
    return reorder_shots(opened=opened, scene=shot.scene, order=order)
