"""Work by hand on a shot: its angle, words and length, its place in the scene, and whether it is in the film at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from projects import events
from projects.access import OpenProject
from projects.models import Project
from scenes import mirror
from scenes.models import Line, Scene, Shot, Take
from scenes.screenplay.drafts import Angle
from scenes.screenplay.headings import TimeOfDay
from scenes.screenplay.prompts import Unit, build_prompt
from scenes.services.takes import refresh_status

PROMPT_LIMIT = 2000
SHORTEST_MS, LONGEST_MS = 500, 30_000
_SETTINGS_OF = {Take.Kind.STILL: "still_settings", Take.Kind.CLIP: "clip_settings"}
# Controls and marks that turn the writing direction; joiners stay, languages and emoji need them.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class ShotError(Exception):
    """A shot cannot be changed like that. The message says what can be done; nothing was changed.

    Args:
        field: which of ``angle``, ``prompt`` and ``seconds`` it is about, or nothing.
        message: for the person.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def built_prompt(shot: Shot, *, limit: int = PROMPT_LIMIT, unit: Unit = "characters") -> str:
    """Return the prompt that the screenplay gives a shot, by the form of S2.3.

    Args:
        shot: with its scene and project.
        limit: so much the model takes.
        unit: in which it counts.
    """
    scene = shot.scene
    return build_prompt(
        Angle(shot.angle),
        shot.description or scene.action,
        time_of_day=TimeOfDay(scene.time_of_day),
        interior=scene.interior,
        location=scene.location,
        style=scene.project.style,
        limit=limit,
        unit=unit,
    )


@transaction.atomic
def edit_shot(
    *,
    opened: OpenProject,
    shot: Shot,
    angle: str | None = None,
    prompt: str | None = None,
    duration_ms: int | None = None,
) -> list[str]:
    """Change a shot by hand; a later breakdown leaves alone what was set here.

    Args:
        opened: the shot's project, opened to create.
        shot: one of the project's, with its scene and project.
        angle: one of ``Angle``; None leaves it.
        prompt: replaces the built prompt; empty, or the built prompt itself, goes back to the built one.
        duration_ms: how long it is in the film, milliseconds.

    Returns:
        What has changed; empty when everything was so already.

    Raises:
        ShotError: the message says what is possible.
    """
    changed: list[str] = []
    if prompt is not None:
        # Compared with the prompt as it was built for the angle that the person saw.
        words = _cleaned(prompt)
        words = "" if words == built_prompt(shot) else words
        if words != shot.prompt_by_hand:
            shot.prompt_by_hand = words
            changed.append("prompt_by_hand")
    if angle is not None and angle != shot.angle:
        if angle not in set(Angle):
            raise ShotError(f"There is no such angle. There are: {', '.join(Angle)}.", "angle")
        shot.angle, shot.angle_by_hand = angle, True
        changed += ["angle", "angle_by_hand"]
    if duration_ms is not None and duration_ms != shot.duration_ms:
        _check_length(shot, duration_ms)
        shot.duration_ms, shot.duration_by_hand = duration_ms, True
        changed += ["duration_ms", "duration_by_hand"]
    if changed:
        shot.save(update_fields=[*changed, "updated_at"])
        _note(opened, shot.scene, "shot_edited", {"shotId": str(shot.pk), "changed": changed})
    return changed


@transaction.atomic
def set_generation_settings(*, opened: OpenProject, shot: Shot, kind: str, settings: Mapping[str, Any]) -> bool:
    """Keep what a shot's stills or clips are to be made with. What is possible is for the caller to know.

    Args:
        opened: the shot's project, opened to create.
        shot: one of the project's, with its scene.
        kind: ``still`` or ``clip``; voices have no settings of their own.
        settings: replaces those there were; empty goes back to what the project has.

    Returns:
        Whether anything has changed.
    """
    name = _SETTINGS_OF[Take.Kind(kind)]
    if getattr(shot, name) == settings:
        return False
    setattr(shot, name, dict(settings))
    shot.save(update_fields=[name, "updated_at"])
    _note(opened, shot.scene, "shot_edited", {"shotId": str(shot.pk), "changed": [name]})
    return True


def _cleaned(prompt: str) -> str:
    words = " ".join(_UNSEEN.sub(" ", prompt).split())
    if len(words) > PROMPT_LIMIT:
        raise ShotError(
            f"The prompt has {len(words)} characters, and {PROMPT_LIMIT} is the most. "
            f"Shorten it by {len(words) - PROMPT_LIMIT}.",
            "prompt",
        )
    return words


def _check_length(shot: Shot, duration_ms: int) -> None:
    if not SHORTEST_MS <= duration_ms <= LONGEST_MS:
        raise ShotError(f"A shot is {SHORTEST_MS / 1000:g} to {LONGEST_MS / 1000:g} seconds long.", "seconds")
    for line in Line.objects.filter(shot=shot).order_by("-start_ms"):
        if (end_ms := line.start_ms + line.duration_ms) > duration_ms:
            raise ShotError(
                f"{line.character.title()} speaks until {end_ms / 1000:.1f} s; the shot must be at least that long. "
                "Shorten the line in the script, or leave the shot longer.",
                "seconds",
            )


@transaction.atomic
def omit_shot(*, opened: OpenProject, shot: Shot) -> None:
    """Leave a shot out of the film; its takes and its letter are kept.

    Args:
        opened: the shot's project, opened to create.
        shot: one of the project's, with its scene.
    """
    if Shot.objects.filter(pk=shot.pk, omitted_at=None).update(omitted_at=timezone.now()):
        shot.refresh_from_db(fields=["omitted_at"])
        _note(opened, shot.scene, "shot_omitted", {"shotId": str(shot.pk)})


@transaction.atomic
def restore_shot(*, opened: OpenProject, shot: Shot) -> None:
    """Take an omitted shot back into the film, where it was.

    Args:
        opened: the shot's project, opened to create.
        shot: one of the project's, with its scene.
    """
    if Shot.objects.filter(pk=shot.pk).exclude(omitted_at=None).update(omitted_at=None):
        shot.omitted_at = None
        _note(opened, shot.scene, "shot_restored", {"shotId": str(shot.pk)})


@transaction.atomic
def reorder_shots(*, opened: OpenProject, scene: Scene, order: Sequence[UUID]) -> None:
    """Put the shots of a scene into another order; letters stay with their shots.

    Args:
        opened: the scene's project, opened to create.
        scene: one of the project's.
        order: every shot of the scene, omitted ones included, in their new order.

    Raises:
        ShotError: the scene has other shots than those, because somebody changed it meanwhile.
    """
    # The project's row serialises writers, as for breakdowns.
    Project.objects.filter(pk=opened.project.pk).update(logline=opened.project.logline)
    shots = {shot.pk: shot for shot in Shot.objects.filter(scene=scene)}
    if len(order) != len(shots) or set(order) != set(shots):
        raise ShotError("Somebody changed this scene while you were moving its shots. Reload the page and move again.")
    moved = [shots[pk] for position, pk in enumerate(order) if shots[pk].position != position]
    if not moved:
        return
    now = timezone.now()
    for position, pk in enumerate(order):
        shots[pk].position = position
        shots[pk].updated_at = now
    Shot.objects.bulk_update(moved, ["position", "updated_at"], batch_size=100)
    _note(opened, scene, "shots_reordered", {"order": [str(pk) for pk in order]})


def move_shot(*, opened: OpenProject, shot: Shot, by: int) -> None:
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
    there = min(max(here + by, 0), len(order) - 1)
    order.insert(there, order.pop(here))
    reorder_shots(opened=opened, scene=shot.scene, order=order)


def _note(opened: OpenProject, scene: Scene, event_type: str, payload: dict[str, object]) -> None:
    """Bring what depends on the shots up to date, and tell everybody."""
    length = Shot.objects.filter(scene=scene, omitted_at=None).aggregate(all=Sum("duration_ms"))["all"] or 0
    Scene.objects.filter(pk=scene.pk).update(duration_ms=length, updated_at=timezone.now())
    refresh_status(scene.pk)
    mirror.want(scene.pk)
    events.record(opened.project.pk, event_type, {"sceneId": str(scene.pk), **payload}, actor=opened.user)
