"""The film as it is cut now: the shots in order with their selects become a plan for the renderer."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from generation.media.mezzanine import VideoFormat
from generation.media.plan import CUT, DISSOLVE, Chapter, Cue, Entry, FilmPlan, Transition, VoiceLine
from projects.models import Event, Project
from scenes.models import Film, Render, Shot

CHAPTER_TITLE_LIMIT = 120
CUT_CHANGES = (
    "take_added",
    "take_selected",
    "breakdown_applied",
    "shot_edited",
    "shot_omitted",
    "shot_restored",
    "shots_reordered",
    "project_changed",
)


def format_of(project: Project) -> VideoFormat:
    """Return the picture format that all of a project's clips are brought into."""
    return VideoFormat(project.width, project.height, project.fps)


def film_plan(film: Film) -> FilmPlan:
    """Draw up the plan from the selects of this moment.

    A shot without a clip shows its still, one without either shows its slate. Every shot is exactly as long as it
    says; lines are spoken where the breakdown put them in their shot.

    Raises:
        ValueError: the film has no shots.
    """
    video_format = format_of(film.project)
    shots = (
        Shot.objects.of(film.project)
        .in_film()
        .select_related("still__asset", "clip__asset", "clip__mezzanine")
        .prefetch_related("lines__voice__asset")
    )
    entries: list[Entry] = []
    lines: list[VoiceLine] = []
    cues: list[Cue] = []
    chapters: list[Chapter] = []
    at = 0
    scene_id = None
    for number, shot in enumerate(shots, start=1):
        if shot.scene_id != scene_id:
            scene_id = shot.scene_id
            title = f"{shot.scene.number} {shot.scene.heading}".strip()[:CHAPTER_TITLE_LIMIT]
            chapters.append(Chapter(title=title, first_entry=len(entries)))
        start_ms = video_format.milliseconds(at)
        for line in shot.lines.all():
            speaker = line.character.title() if line.dual else ""
            if line.voice is not None:
                lines.append(
                    VoiceLine(
                        sha256=line.voice.asset.sha256,
                        start_ms=start_ms + line.start_ms,
                        character=line.character,
                        dual=number if line.dual else 0,
                    )
                )
                cues.append(Cue(text=line.text, speaker=speaker, line=len(lines) - 1))
            else:
                begin = start_ms + line.start_ms
                cues.append(Cue(text=line.text, speaker=speaker, start_ms=begin, end_ms=begin + line.duration_ms))
        frames = video_format.frames(shot.duration_ms)
        entries.append(
            Entry(
                label=shot.label,
                frames=frames,
                clip=shot.clip.film_asset.sha256 if shot.clip else "",
                still=shot.still.asset.sha256 if shot.still else "",
                transition=_transition(shot, video_format, first=not entries),
            )
        )
        at += frames
    return FilmPlan(
        format=video_format,
        entries=tuple(entries),
        lines=tuple(lines),
        cues=tuple(cues),
        chapters=tuple(chapters),
        title=film.title,
    )


def latest_render(project: Project) -> Render | None:
    """Return the newest rendering of an opened project's film, or None.

    Its ``outdated`` says whether anything that the film shows has changed since it was cut.
    """
    changes = Event.objects.filter(project=project, number__gt=OuterRef("event_number"), type__in=CUT_CHANGES)
    renders = Render.objects.filter(film__project=project).annotate(outdated=Exists(changes))
    return renders.order_by("-created_at", "-number").first()


def _transition(shot: Shot, video_format: VideoFormat, *, first: bool) -> Transition:
    """A dissolve takes a second, or as much of it as the shot has room for."""
    if first or shot.transition != Shot.Transition.DISSOLVE:
        return Transition(CUT)
    return Transition(DISSOLVE, min(video_format.fps, video_format.frames(shot.duration_ms)))
