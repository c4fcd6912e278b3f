"""Work by hand on a shot: its angle, words and length. Its place in the scene is in ``shot_order``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from projects.access import OpenProject
from projects.oneline import one_line
from scenes.models import Line, Shot, Take
from scenes.screenplay.drafts import Angle
from scenes.screenplay.headings import TimeOfDay
from scenes.screenplay.prompts import Unit, build_prompt
from scenes.services.changing import ShotError, tell

PROMPT_LIMIT = 2000
SHORTEST_MS, LONGEST_MS = 500, 30_000
_SETTINGS_OF = {Take.Kind.STILL: "still_settings", Take.Kind.CLIP: "clip_settings"}


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
        ShotError: the message says what is possible; ``field`` is ``angle``, ``prompt`` or ``seconds``.
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
        payload = {"shotId": str(shot.pk), "sceneId": str(shot.scene_id), "changed": changed}
        tell(opened, "shot_edited", payload, scenes=[shot.scene_id])
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
    payload = {"shotId": str(shot.pk), "sceneId": str(shot.scene_id), "changed": [name]}
    tell(opened, "shot_edited", payload, scenes=[shot.scene_id])
    return True


def _cleaned(prompt: str) -> str:
    words = one_line(prompt)
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
    for line in Line.objects.filter(shot=shot, narration=False).order_by("-start_ms"):
        if (end_ms := line.start_ms + line.duration_ms) > duration_ms:
            raise ShotError(
                f"{line.character.title()} speaks until {end_ms / 1000:.1f} s; the shot must be at least that long. "
                "Shorten the line in the script, or leave the shot longer.",
                "seconds",
            )
