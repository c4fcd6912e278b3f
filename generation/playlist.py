"""The rough cut for the browser: the renderer's own plan, with addresses instead of hashes."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID

from django.urls import reverse

from generation.cut import Cut, Laid, draw_up, format_of
from generation.media import titles
from generation.media.cutting import edges
from generation.media.plan import DISSOLVE, FADE, PlacedSound, TitleCard
from generation.media.sound import duck_curve, place
from generation.media.soundtrack import speech
from projects.models import Project
from scenes import storage
from scenes.models import Film, Shot, Sound, Title


def playlist(project: Project) -> dict[str, Any]:
    """Return an opened project's film as it is cut now, as JSON values; times are milliseconds of the film.

    Voices are placed, sounds levelled and titles drawn by the renderer's own rules, so that what is seen and heard
    here is seen and heard in the film.
    """
    film = Film.objects.filter(project=project).first() or Film(project=project, title=project.name)
    empty: dict[str, Any] = {
        "durationMs": 0, "fps": project.fps, "width": project.width, "height": project.height,
        "shots": [], "voices": [], "cues": [], "scenes": [], "sounds": [], "titles": [], "duck": [],
        "muted": film.muted, "fadeOutMs": film.fade_out_ms, "fadedOutMs": 0, "ordered": bool(film.order),
        "sameOrigin": True,
    }  # fmt: skip
    try:
        cut = draw_up(film)
    except ValueError:
        return empty
    plan = cut.plan
    assets = _assets(cut)

    def address(sha256: str) -> str:
        return reverse("scenes:media", args=[assets[sha256][0], "file"]) if sha256 in assets else ""

    milliseconds = plan.format.milliseconds
    starts = [milliseconds(frame) for frame in plan.starts]
    lengths = [assets[line.sha256][1] if line.sha256 in assets else 0 for line in plan.lines]
    spoken = place(plan.lines, lengths, plan.duration_ms)
    ducking = duck_curve(speech(plan, spoken))
    around = edges(plan.entries, plan.fade_out)
    return {
        **empty,
        "durationMs": plan.duration_ms,
        "fadedOutMs": milliseconds(around[-1].before),
        "sameOrigin": not cut.sounds or storage.local_path(cut.sounds[0].row.asset.key) is not None,
        "shots": [
            {
                "shotId": str(shot.pk),
                "label": entry.label,
                "text": shot.description,
                "startMs": starts[number],
                "durationMs": milliseconds(entry.frames),
                "clip": address(entry.clip),
                "still": address(entry.still),
                "thumb": _thumbnail(shot),
                "sourceInMs": milliseconds(entry.source_in),
                "dissolveMs": milliseconds(around[number].before + around[number].after)
                if around[number].kind == DISSOLVE
                else 0,
                "fadeInMs": milliseconds(around[number].after) if around[number].kind == FADE else 0,
                "fadeOutMs": milliseconds(around[number + 1].before) if around[number + 1].kind == FADE else 0,
                "trimMs": shot.trim_ms,
                "lengthMs": shot.duration_ms,
                "clipMs": (shot.clip.film_asset.duration_ms or 0) if shot.clip else 0,
                "transition": shot.transition,
                "transitionMs": shot.transition_ms,
                "sceneId": str(shot.scene_id),
                "muted": entry.gain_db is None,
            }
            for number, (shot, entry) in enumerate(zip(cut.shots, plan.entries[cut.lead :], strict=False), cut.lead)
        ],
        "voices": [
            {
                "src": address(line.sha256),
                "startMs": said.start_ms,
                "endMs": said.end_ms,
                "character": line.character,
                "text": row.text,
                "shotId": str(row.shot_id),
                "muted": line.gain_db is None,
            }
            for row, line, said in zip(cut.lines, plan.lines, spoken, strict=True)
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
        "duck": [[at, level] for at, level in zip(*ducking, strict=True)] if ducking else [],
        "sounds": [_sound(laid) for laid in cut.sounds],
        "titles": [_title(laid, project) for laid in cut.titles],
    }


def drawing_version(title: Title, project: Project) -> str:
    """Return a word that changes whenever the drawing of a title does."""
    made_of = titles.ingredients(title.text, title.subtext, title.place, title.style, format_of(project))
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]


def _sound(laid: Laid[Sound, PlacedSound]) -> dict[str, Any]:
    """A sound as it was laid, and as it is heard: ``heardMs`` is 0 where nothing of it is."""
    row, placed = laid.row, laid.placed
    return {
        "soundId": str(row.pk),
        "assetId": str(row.asset_id),
        "name": row.asset.original_name or row.get_track_display(),
        "src": reverse("scenes:media", args=[row.asset_id, "file"]),
        "track": row.track,
        "shotId": str(row.shot_id or ""),
        "offsetMs": row.start_ms,
        "startMs": laid.start_ms,
        "inMs": row.in_ms,
        "lengthMs": row.length_ms,
        "recordingMs": row.asset.duration_ms or 0,
        "gainDb": row.gain_db,
        "fadeInMs": row.fade_in_ms,
        "fadeOutMs": row.fade_out_ms,
        "ducked": row.ducked,
        "heardMs": placed.length_ms if placed else 0,
    }


def _title(laid: Laid[Title, TitleCard], project: Project) -> dict[str, Any]:
    """A title as it was put, and as it is seen: ``seenMs`` is 0 where nothing of it is."""
    row, placed = laid.row, laid.placed
    drawing = reverse("generation:title_drawing", args=[project.pk, row.pk])
    return {
        "titleId": str(row.pk),
        "text": row.text,
        "subtext": row.subtext,
        "place": row.place,
        "style": row.style,
        "shotId": str(row.shot_id or ""),
        "offsetMs": row.start_ms,
        "startMs": laid.start_ms,
        "lengthMs": row.length_ms,
        "seenMs": placed.length_ms if placed else 0,
        "fadeMs": titles.FADE_MS,
        "src": f"{drawing}?v={drawing_version(row, project)}",
    }


def _thumbnail(shot: Shot) -> str:
    take = shot.clip or shot.still
    if take is None:
        return ""
    return reverse("scenes:media", args=[take.asset_id, "thumb" if take.asset.thumbnail_key else "file"])


def _assets(cut: Cut) -> dict[str, tuple[UUID, int]]:
    """The files of lines, clips and stills by their hash: id and length."""
    files = [line.voice.asset for line in cut.lines if line.voice]
    files += [shot.clip.film_asset for shot in cut.shots if shot.clip]
    files += [shot.still.asset for shot in cut.shots if shot.still]
    return {asset.sha256: (asset.pk, asset.duration_ms or 0) for asset in files}
