"""The rough cut for the browser: the renderer's own plan, with addresses instead of hashes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse

from generation.cut import film_plan
from generation.media.sound import place
from projects.models import Project
from scenes.models import Asset, Film, Shot


def playlist(project: Project) -> dict[str, Any]:
    """Return an opened project's film as it is cut now, as JSON values; times are milliseconds of the film.

    Voices are placed by the renderer's own rule, so that what is heard here is heard in the film.
    """
    empty: dict[str, Any] = {
        "durationMs": 0, "fps": project.fps, "width": project.width, "height": project.height,
        "shots": [], "voices": [], "cues": [], "scenes": [],
    }  # fmt: skip
    shots = list(
        Shot.objects.of(project)
        .in_film()
        .only("id", "letter", "description", "scene__id", "scene__number", "scene__heading")
    )
    if not shots:
        return empty
    plan = film_plan(Film(project=project, title=project.name))
    hashes = {line.sha256 for line in plan.lines}
    hashes |= {entry.clip for entry in plan.entries} | {entry.still for entry in plan.entries}
    assets: dict[str, tuple[UUID, int]] = {
        sha256: (pk, duration_ms or 0)
        for sha256, pk, duration_ms in Asset.objects.filter(project=project, sha256__in=hashes - {""}).values_list(
            "sha256", "pk", "duration_ms"
        )
    }

    def address(sha256: str) -> str:
        return reverse("scenes:media", args=[assets[sha256][0], "file"]) if sha256 in assets else ""

    milliseconds = plan.format.milliseconds
    starts = [milliseconds(frame) for frame in plan.starts]
    lengths = [assets[line.sha256][1] if line.sha256 in assets else 0 for line in plan.lines]
    spoken = place(plan.lines, lengths, plan.duration_ms)
    return {
        **empty,
        "durationMs": plan.duration_ms,
        "shots": [
            {
                "shotId": str(shot.pk),
                "label": entry.label,
                "text": shot.description,
                "startMs": start,
                "durationMs": milliseconds(entry.frames),
                "clip": address(entry.clip),
                "still": address(entry.still),
                "sourceInMs": milliseconds(entry.source_in),
                "dissolveMs": milliseconds(entry.transition.frames),
            }
            for shot, entry, start in zip(shots, plan.entries, starts, strict=False)
        ],
        "voices": [
            {"src": address(line.sha256), "startMs": said.start_ms, "endMs": said.end_ms, "character": line.character}
            for line, said in zip(plan.lines, spoken, strict=True)
            if line.sha256 in assets
        ],
        "cues": [
            {
                "text": cue.text,
                "speaker": cue.speaker,
                "startMs": cue.start_ms if cue.line is None else spoken[cue.line].start_ms,
                "endMs": cue.end_ms if cue.line is None else spoken[cue.line].end_ms,
            }
            for cue in plan.cues
        ],
        "scenes": [{"title": chapter.title, "startMs": starts[chapter.first_entry]} for chapter in plan.chapters],
    }
