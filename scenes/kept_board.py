"""The storyboard's grid, drawn once for everybody who may do the same, until something changes.

After each change every open page of a project reads the grid anew, all at once: the first draws it, the others get
what was drawn. One text is kept per project, view and right, packed; a stamp tells whether it is still true.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, Max
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from projects.access import OpenProject
from scenes import board
from scenes.cards import Cards
from scenes.models import Scene, Shot

SECONDS = 3600
_FORM = 2  # rises when what is kept has another form


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows.

    Attributes:
        shots: how many are in the film.
        duration_ms: how long the film is.
        scenes: number and heading of each scene in the film.
        grid: the scenes or columns with their cards.
    """

    shots: int
    duration_ms: int
    scenes: tuple[tuple[str, str], ...]
    grid: SafeString


def shown(opened: OpenProject, people: Mapping[UUID, User], *, by_status: bool) -> Shown:
    """Return an opened project's storyboard as a person sees it.

    Args:
        opened: the project.
        people: the team's members, for the avatars.
        by_status: in columns by status, and not by scene.
    """
    key = f"storyboard:{opened.project.pk}:{by_status:d}:{opened.can_create:d}"
    stamp = _stamp(opened, people)
    kept: dict[str, Any] | None = cache.get(key)
    if kept and kept["stamp"] == stamp:
        grid = zlib.decompress(kept["grid"]).decode()
        return Shown(kept["shots"], kept["duration_ms"], kept["scenes"], mark_safe(grid))  # noqa: S308 - our own
    drawn = _drawn(opened, people, by_status=by_status)
    packed = zlib.compress(drawn.grid.encode(), 1)
    figures = {"shots": drawn.shots, "duration_ms": drawn.duration_ms, "scenes": drawn.scenes}
    cache.set(key, {"stamp": stamp, "grid": packed, **figures}, SECONDS)
    return drawn


def _drawn(opened: OpenProject, people: Mapping[UUID, User], *, by_status: bool) -> Shown:
    whole = board.storyboard(opened.project)
    template = "scenes/board_columns.html" if by_status else "scenes/storyboard_grid.html"
    grid = render_to_string(
        template,
        {
            "opened": opened,
            "project": opened.project,
            "board": whole,
            "cards": Cards(people, movable=opened.can_create),
            "scenes_address": f"{reverse('projects:detail', args=[opened.project.pk])}scenes/",
        },
    )
    scenes = tuple((row.scene.number, row.scene.heading) for row in whole.scenes if row.scene.omitted_at is None)
    return Shown(whole.shots, whole.duration_ms, scenes, grid)


def _stamp(opened: OpenProject, people: Mapping[UUID, User]) -> str:
    """What must be the same for the grid to be the same.

    Every change is an event; the figures besides are for what staff change in the admin. The event's number was read
    with the project, before the rows: what is drawn is never older than its stamp says.
    """
    project = opened.project
    rows = Shot.objects.filter(scene__project=project).aggregate(
        shots=Count("pk"), shot=Max("updated_at"), scene=Max("scene__updated_at")
    )
    scenes = Scene.objects.filter(project=project).count() if not rows["shots"] else 0
    names = "|".join(f"{pk}{person.shown_name}" for pk, person in people.items())
    parts = (_FORM, project.last_event_number, *rows.values(), scenes, timezone.localdate(), names)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
