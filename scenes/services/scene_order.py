"""Scenes by hand: inserted, written otherwise, put in order, left out and taken back.

A number is for life: between 12 and 13 comes 12A. What a person did here is left alone by a later breakdown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from projects.access import OpenProject
from projects.models import Event
from scenes.models import Scene, Shot
from scenes.screenplay.drafts import Angle
from scenes.screenplay.headings import TimeOfDay, read_heading
from scenes.screenplay.numbering import new_scene_number, shot_letter
from scenes.screenplay.reading import clean_text
from scenes.services.changing import ShotError, hold, tell
from scenes.services.shot_order import NEW_SHOT_MS, place_rows

INTERIORS = ("", "INT", "EXT", "INT/EXT")
ACTION_LIMIT = 20_000
_LIMITS = {"heading": 240, "location": 200, "action": ACTION_LIMIT}


@transaction.atomic
def insert_scene(*, opened: OpenProject, after: Scene | None, heading: str, action: str = "") -> tuple[Scene, Event]:
    """Put a new scene into the film, with a first shot that shows the place.

    Args:
        opened: the project, opened to create.
        after: one of the project's scenes; None puts it first.
        heading: as in a script, ``INT. KITCHEN - NIGHT``; place and light are read from it.
        action: what happens in it.

    Raises:
        ShotError: there is no heading, or too much of something; ``field`` says of what.
    """
    heading, action = _tidy("heading", heading), _tidy("action", action)
    if not heading:
        raise ShotError("Write a heading first, for example INT. KITCHEN - NIGHT.", "heading")
    _check({"heading": heading, "action": action})
    hold(opened.project)
    scenes = list(Scene.objects.of(opened.project).values_list("pk", "number"))
    place = 0 if after is None else [pk for pk, _ in scenes].index(after.pk) + 1
    Scene.objects.filter(project=opened.project, position__gte=place).update(position=F("position") + 1)
    read = read_heading(heading)
    scene = Scene.objects.create(
        project=opened.project,
        number=new_scene_number([number for _, number in scenes], place),
        position=place,
        heading=heading,
        interior=read.interior,
        location=read.location[:200],
        time_of_day=read.time_of_day or TimeOfDay.DAY,
        action=action,
        by_hand=True,
        placed_by_hand=True,
    )
    Shot.objects.create(
        scene=scene,
        letter=shot_letter(0),
        position=0,
        angle=Angle.WIDE,
        description=" ".join(action.split())[:2000],
        duration_ms=NEW_SHOT_MS,
        by_hand=True,
    )
    payload = {"sceneId": str(scene.pk), "number": scene.number}
    return scene, tell(opened, "scene_inserted", payload, scenes=[scene.pk])


@transaction.atomic
def edit_scene(*, opened: OpenProject, scene: Scene, changes: Mapping[str, str]) -> Event | None:
    """Write a scene otherwise than the script does; a later breakdown keeps these words.

    Args:
        opened: the scene's project, opened to create.
        scene: one of the project's.
        changes: any of ``heading``, ``interior``, ``location``, ``time_of_day``, ``action``. A new heading brings its
            own place and light, unless those are changed, too.

    Returns:
        What was told; None where everything was so already.

    Raises:
        ShotError: one of them cannot be like that; ``field`` says which.
    """
    hold(opened.project)
    scene.refresh_from_db()
    wanted = {name: _tidy(name, value) for name, value in changes.items()}
    _check(wanted)
    if "heading" in wanted and not wanted["heading"]:
        raise ShotError("A scene needs a heading, for example INT. KITCHEN - NIGHT.", "heading")
    wanted = {name: value for name, value in wanted.items() if value != getattr(scene, name)}
    if "heading" in wanted:
        read = read_heading(wanted["heading"])
        wanted = {
            "interior": read.interior,
            "location": read.location[:200],
            "time_of_day": str(read.time_of_day or scene.time_of_day),
            **wanted,
        }
    wanted = {name: value for name, value in wanted.items() if value != getattr(scene, name)}
    if not wanted:
        return None
    before = {name: str(getattr(scene, name)) for name in wanted}
    for name, value in wanted.items():
        if not scene.by_hand:
            said = scene.from_script.setdefault(name, before[name])
            if value == said:
                del scene.from_script[name]
        setattr(scene, name, value)
    scene.save(update_fields=[*wanted, "from_script", "updated_at"])
    payload: dict[str, Any] = {"sceneId": str(scene.pk), "changed": sorted(wanted), "before": before}
    return tell(opened, "scene_edited", payload, scenes=[scene.pk])


def _tidy(name: str, value: str) -> str:
    words = clean_text(value)[0]
    return words.strip() if name == "action" else " ".join(words.split())


def _check(wanted: Mapping[str, str]) -> None:
    for name, value in wanted.items():
        if len(value) > (most := _LIMITS.get(name, 16)):
            raise ShotError(f"This may have {most} characters; shorten it by {len(value) - most}.", name)
    if wanted.get("interior", "") not in INTERIORS:
        raise ShotError("A scene plays inside, outside or both.", "interior")
    if wanted.get("time_of_day", TimeOfDay.DAY) not in set(TimeOfDay):
        raise ShotError(f"There is no such light. There are: {', '.join(TimeOfDay)}.", "time_of_day")


@transaction.atomic
def omit_scene(*, opened: OpenProject, scene: Scene) -> Event | None:
    """Leave a scene out of the film; its number, shots and takes are kept.

    Args:
        opened: the scene's project, opened to create.
        scene: one of the project's.
    """
    hold(opened.project)
    rows = Scene.objects.filter(pk=scene.pk, omitted_at=None)
    if not rows.update(omitted_at=timezone.now(), omitted_by_hand=True, status=Scene.Status.OMITTED):
        return None
    return tell(opened, "scene_omitted", {"sceneId": str(scene.pk), "number": scene.number}, scenes=[scene.pk])


@transaction.atomic
def restore_scene(*, opened: OpenProject, scene: Scene) -> Event | None:
    """Take an omitted scene back into the film, where it was.

    Args:
        opened: the scene's project, opened to create.
        scene: one of the project's.
    """
    hold(opened.project)
    scene.refresh_from_db()
    if scene.omitted_at is None:
        return None
    # What the script has left out, and a person takes back, is theirs from now on.
    scene.by_hand = scene.by_hand or not scene.omitted_by_hand
    scene.omitted_at, scene.omitted_by_hand, scene.status = None, False, Scene.Status.EMPTY
    scene.save(update_fields=["by_hand", "omitted_at", "omitted_by_hand", "status", "updated_at"])
    return tell(opened, "scene_restored", {"sceneId": str(scene.pk), "number": scene.number}, scenes=[scene.pk])


@transaction.atomic
def reorder_scenes(*, opened: OpenProject, order: Sequence[UUID]) -> Event | None:
    """Put the scenes of the film into another order; numbers stay with their scenes.

    Args:
        opened: the project, opened to create.
        order: every scene of the project, omitted ones included, in their new order.

    Returns:
        What was told; None where that is the order already.

    Raises:
        ShotError: the film has other scenes than those, because somebody changed it meanwhile.
    """
    hold(opened.project)
    scenes = {scene.pk: scene for scene in Scene.objects.of(opened.project)}
    before = list(scenes)
    if len(order) != len(scenes) or set(order) != set(scenes):
        raise ShotError("Somebody changed the scenes while you were moving one. Reload the page and move again.")
    changed = place_rows(scenes, order)
    if not changed:
        return None
    Scene.objects.bulk_update(changed, ["position", "placed_by_hand", "updated_at"], batch_size=100)
    payload = {"order": [str(pk) for pk in order], "before": [str(pk) for pk in before]}
    return tell(opened, "scenes_reordered", payload, scenes=[])


def move_scene(*, opened: OpenProject, scene: Scene, by: int) -> Event | None:
    """Move a scene by one place earlier or later; at the end of the film it stays.

    Args:
        opened: the scene's project, opened to create.
        scene: one of the project's.
        by: -1 or 1.

    Raises:
        ShotError: as for ``reorder_scenes``.
    """
    order = list(Scene.objects.of(opened.project).values_list("pk", flat=True))
    here = order.index(scene.pk)
    order.insert(min(max(here + by, 0), len(order) - 1), order.pop(here))
    return reorder_scenes(opened=opened, order=order)
