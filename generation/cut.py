"""The film as it is cut now: the shots in order with their selects become a plan for the renderer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q

from generation.media.mezzanine import VideoFormat
from generation.media.plan import (
    CUT,
    DISSOLVE,
    FADE,
    Chapter,
    Cue,
    Entry,
    FilmPlan,
    PlacedSound,
    TitleCard,
    Transition,
    VoiceLine,
)  # fmt: skip
from projects.models import Event, Project
from scenes.cut import in_cut_order
from scenes.models import Film, Line, Render, Shot, Sound, Title

CHAPTER_TITLE_LIMIT = 120
CUT_CHANGES = (
    "take_added",
    "take_selected",
    "breakdown_applied",
    "shot_edited",
    "shot_inserted",
    "shot_split",
    "shots_joined",
    "shots_omitted",
    "shots_restored",
    "shots_reordered",
    "scene_inserted",
    "scene_omitted",
    "scene_restored",
    "scenes_reordered",
    "project_changed",
    "cut_changed",
)
# What went into the trash or came out of it, where the film shows it.
TRASH_CHANGES = ("thing_deleted", "thing_restored")
CUT_BINS = ("take", "sound", "title")


def format_of(project: Project) -> VideoFormat:
    """Return the picture format that all of a project's clips are brought into."""
    return VideoFormat(project.width, project.height, project.fps)


Row = TypeVar("Row")
Placed = TypeVar("Placed")


@dataclass(frozen=True, slots=True)
class Laid(Generic[Row, Placed]):
    """A sound or title, and what becomes of it in the film.

    Attributes:
        row: as people laid it.
        start_ms: where in the film it begins; None while the shot that it follows is not in it.
        placed: what the plan has of it; None where nothing of it is seen or heard.
    """

    row: Row
    start_ms: int | None
    placed: Placed | None


@dataclass(frozen=True, slots=True)
class Cut:
    """The film as it is cut at this moment.

    Attributes:
        plan: for the renderer.
        shots: in the order of the cut.
        lead: entries of the plan before the first shot: the black of the opening titles.
        sounds, titles: all there are, those included of which the plan has nothing.
        lines: the rows of ``plan.lines``.
    """

    plan: FilmPlan
    shots: tuple[Shot, ...]
    lead: int
    sounds: tuple[Laid[Sound, PlacedSound], ...]
    titles: tuple[Laid[Title, TitleCard], ...]
    lines: tuple[Line, ...]


def film_plan(film: Film) -> FilmPlan:
    """Draw up the plan from the selects of this moment.

    Raises:
        ValueError: the film has no shots.
    """
    return draw_up(film).plan


def draw_up(film: Film) -> Cut:
    """Draw up the cut from the selects of this moment.

    A shot without a clip shows its still, one without either shows its slate. Every shot is exactly as long as it
    says; lines are spoken where the breakdown put them in their shot. Sounds and titles that follow a shot are left
    out while it is.

    Args:
        film: the project's; may be one that was not saved, which has neither order nor sounds nor titles.

    Raises:
        ValueError: the film has no shots.
    """
    video_format = format_of(film.project)
    storyboard: list[Shot] = list(
        Shot.objects.of(film.project)
        .in_film()
        .select_related("still__asset", "clip__asset", "clip__mezzanine")
        .prefetch_related(Prefetch("lines", Line.objects.select_related("voice__asset")))
    )
    shots = tuple(in_cut_order(storyboard, film.order))
    muted = set(film.muted)
    sound_rows = () if film._state.adding else film.sounds.kept().select_related("asset")
    title_rows = () if film._state.adding else film.titles.kept()
    cards = {place: [row for row in title_rows if row.place == place] for place in Title.Place.values}
    entries: list[Entry] = []
    lines: list[VoiceLine] = []
    line_rows: list[Line] = []
    cues: list[Cue] = []
    chapters: list[Chapter] = []
    at = 0
    if shots and (opening := cards[Title.Place.OPENING]):
        entries.append(_black(opening, video_format))
        at += entries[0].frames
    lead = len(entries)
    starts: dict[UUID, int] = {}
    scene_id = None
    for number, shot in enumerate(shots, start=1):
        if shot.scene_id != scene_id:
            scene_id = shot.scene_id
            title = f"{shot.scene.number} {shot.scene.heading}".strip()[:CHAPTER_TITLE_LIMIT]
            # What stands before the film belongs to its first scene.
            chapters.append(Chapter(title=title, first_entry=len(entries) if chapters else 0))
        starts[shot.pk] = start_ms = video_format.milliseconds(at)
        for line in shot.lines.all():
            speaker = line.character.title() if line.dual else ""
            if line.voice is not None:
                line_rows.append(line)
                lines.append(
                    VoiceLine(
                        sha256=line.voice.asset.sha256,
                        start_ms=start_ms + line.start_ms,
                        character=line.character,
                        gain_db=None if Film.Track.LINES in muted else 0.0,
                        dual=number if line.dual else 0,
                    )
                )
                cues.append(Cue(text=line.text, speaker=speaker, line=len(lines) - 1))
            elif not line.narration:
                begin = start_ms + line.start_ms
                cues.append(Cue(text=line.text, speaker=speaker, start_ms=begin, end_ms=begin + line.duration_ms))
        frames = video_format.frames(shot.duration_ms)
        entries.append(
            Entry(
                label=shot.label,
                frames=frames,
                clip=shot.clip.film_asset.sha256 if shot.clip else "",
                still=shot.still.asset.sha256 if shot.still else "",
                source_in=_source_in(shot, video_format),
                transition=_transition(shot, video_format, first=not entries),
                gain_db=None if Film.Track.CLIPS in muted else 0.0,
            )
        )
        at += frames
    behind = video_format.milliseconds(at)
    if shots and (closing := cards[Title.Place.CLOSING]):
        entries.append(_black(closing, video_format))
        at += entries[-1].frames
    end = video_format.milliseconds(at)
    sounds = _sounds(sound_rows, starts, muted, end)
    titles = _titles(title_rows, cards, starts, behind, end)
    plan = FilmPlan(
        format=video_format,
        entries=tuple(entries),
        lines=tuple(lines),
        cues=tuple(cues),
        chapters=tuple(chapters),
        title=film.title,
        sounds=tuple(laid.placed for laid in sounds if laid.placed),
        titles=tuple(laid.placed for laid in titles if laid.placed),
        fade_out=round(film.fade_out_ms * video_format.fps / 1000),
    )
    return Cut(
        plan=plan,
        shots=shots,
        lead=lead,
        sounds=tuple(sounds),
        titles=tuple(titles),
        lines=tuple(line_rows),
    )


def latest_render(project: Project) -> Render | None:
    """Return the newest rendering of an opened project's film, or None.

    Its ``outdated`` says whether anything that the film shows has changed since it was cut.
    """
    matters = Q(type__in=CUT_CHANGES) | Q(type__in=TRASH_CHANGES, payload__kind__in=CUT_BINS)
    changes = Event.objects.filter(matters, project=project, number__gt=OuterRef("event_number"))
    renders = Render.objects.kept().filter(film__project=project).annotate(outdated=Exists(changes))
    latest: Render | None = renders.order_by("-created_at", "-number").first()
    return latest


def _source_in(shot: Shot, video_format: VideoFormat) -> int:
    """Where in its clip the shot begins. A newer clip may be shorter than what was trimmed of the last."""
    if not shot.trim_ms or shot.clip is None:
        return 0
    wanted = round(shot.trim_ms * video_format.fps / 1000)
    clip_ms = shot.clip.film_asset.duration_ms
    return min(wanted, max(0, video_format.frames(clip_ms) - 1)) if clip_ms else wanted


def _transition(shot: Shot, video_format: VideoFormat, *, first: bool) -> Transition:
    """A transition takes as long as it says, or as much of it as the shot has room for. The film cannot dissolve in."""
    if shot.transition == Shot.Transition.CUT or (first and shot.transition == Shot.Transition.DISSOLVE):
        return Transition(CUT)
    frames = min(video_format.frames(shot.transition_ms), video_format.frames(shot.duration_ms))
    return Transition(DISSOLVE if shot.transition == Shot.Transition.DISSOLVE else FADE, frames)


def _black(titles: Sequence[Title], video_format: VideoFormat) -> Entry:
    """The black that titles of their own stand on, one after another."""
    return Entry(label="", frames=video_format.frames(sum(title.length_ms for title in titles)), black=True)


def _sounds(
    rows: Iterable[Sound], starts: Mapping[UUID, int], muted: Collection[str], end_ms: int
) -> list[Laid[Sound, PlacedSound]]:
    """Where each sound is heard. Those whose shot is not in the film, and those on muted tracks, are not."""
    found = []
    for row in rows:
        start_ms = _start(row, starts)
        sound = None
        if start_ms is not None and start_ms < end_ms and row.track not in muted:
            sound = PlacedSound(
                sha256=row.asset.sha256,
                start_ms=start_ms,
                length_ms=min(row.length_ms, end_ms - start_ms),
                in_ms=row.in_ms,
                gain_db=row.gain_db,
                fade_in_ms=row.fade_in_ms,
                fade_out_ms=row.fade_out_ms,
                ducked=row.ducked,
                speech=row.track == Film.Track.NARRATION,
            )
        found.append(Laid(row, start_ms, sound))
    return found


def _titles(
    rows: Iterable[Title],
    cards: Mapping[str, Sequence[Title]],
    starts: Mapping[UUID, int],
    behind_ms: int,
    end_ms: int,
) -> list[Laid[Title, TitleCard]]:
    """When each title is seen: opening and closing ones follow each other, the others stand where they were put."""
    begin: dict[UUID, int] = {}
    for place, at in ((Title.Place.OPENING, 0), (Title.Place.CLOSING, behind_ms)):
        for row in cards[place]:
            begin[row.pk] = at
            at += row.length_ms
    found = []
    for row in rows:
        start_ms = begin.get(row.pk, _start(row, starts))
        card = None
        if start_ms is not None and start_ms < end_ms:
            card = TitleCard(
                text=row.text,
                subtext=row.subtext,
                start_ms=start_ms,
                length_ms=min(row.length_ms, end_ms - start_ms),
                place=row.place,
                style=row.style,
            )
        found.append(Laid(row, start_ms, card))
    return found


def _start(row: Sound | Title, starts: Mapping[UUID, int]) -> int | None:
    if row.shot_id is None:
        return row.start_ms
    return starts[row.shot_id] + row.start_ms if row.shot_id in starts else None
