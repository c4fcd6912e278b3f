"""The narrator, who reads the action of shots in which nobody speaks.

Its words are lines of their own. The script does not know them, so a breakdown neither sees nor moves them; they follow
what their shots show.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from projects.models import Project
from projects.oneline import one_line
from scenes.models import Line, Shot

NARRATOR = "NARRATOR"


def follow_shots(project: Project, scenes: Iterable[UUID] | None = None) -> None:
    """Have the narrator's lines say what shots show now. Part of the caller's transaction, which holds the project.

    Args:
        project: whose.
        scenes: ids of those whose shots have changed; None for all.
    """
    if not project.narrated:
        return
    rows = Shot.objects.filter(scene__project=project)
    if scenes is not None:
        rows = rows.filter(scene__in=list(scenes))
    new, changed, gone = [], [], []
    for shot in rows.prefetch_related("lines"):
        lines = list(shot.lines.all())
        there = next((line for line in lines if line.narration), None)
        words = "" if any(not line.narration for line in lines) else one_line(shot.description)
        if not words:
            gone += [there.pk] if there is not None else []
        elif there is None:
            new.append(
                Line(
                    shot=shot, position=0, character=NARRATOR, extension="V.O.", narration=True, text=words,
                    start_ms=0, duration_ms=shot.duration_ms,
                )
            )  # fmt: skip
        elif (there.text, there.duration_ms) != (words, shot.duration_ms):
            there.text, there.duration_ms = words, shot.duration_ms
            changed.append(there)
    Line.objects.filter(pk__in=gone).delete()
    Line.objects.bulk_create(new, batch_size=500)
    Line.objects.bulk_update(changed, ["text", "duration_ms"], batch_size=100)
