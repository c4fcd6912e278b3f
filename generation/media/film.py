"""Making the film: pieces copied or encoded, sound mixed, subtitles, chapters, one file at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from generation.media import cutting, joins, subtitles, titles
from generation.media.cache import PieceCache
from generation.media.children import never_stop
from generation.media.cutting import Join, Part, Words
from generation.media.loudness import Loudness
from generation.media.muxing import Cutting, FilmTracks, Mark, write_film
from generation.media.plan import FilmPlan
from generation.media.soundtrack import expected_work, make_sound_track
from generation.media.sources import gather
from generation.media.workshop import Meter, Workshop

COPYING_WORK = 0.02
"""What copying one frame costs, in frames encoded."""


@dataclass(frozen=True, slots=True)
class RenderedFilm:
    """What was made.

    Attributes:
        frames, duration_ms: its exact length.
        loudness: of the mix before it was normalised; None for a film without sound.
        joins_encoded, joins_reused: pieces that had to be encoded, and those that the cache still had.
        srt: the subtitles as SubRip text, the same as in the film's own track.
    """

    frames: int
    duration_ms: int
    loudness: Loudness | None
    joins_encoded: int
    joins_reused: int
    srt: str


def render_film(
    plan: FilmPlan,
    destination: Path,
    *,
    input_file: Callable[[str], Path],
    cache: Path,
    report: Callable[[float], None] | None = None,
    check: Callable[[], None] = never_stop,
) -> RenderedFilm:
    """Make a film.

    Clips that are not mezzanines of the plan's format yet are conformed on the way; it is better to do that once,
    when they arrive.

    Args:
        plan: what it is made of.
        destination: an MP4 that appears whole or not at all.
        input_file: gives a local path for a sha256 of the plan.
        cache: a folder for pieces; it only ever holds whole ones and may be emptied between films.
        report: takes progress from 0.0 to 1.0.
        check: called several times a second; whatever it raises ends the render and is passed on.

    Raises:
        Unreadable, ConformFailed, ffmpeg.FfmpegFailed, ChildTimedOut, and whatever ``input_file`` and ``check`` raise.
    """
    meter = Meter(report)
    meter.expect(expected_work(plan) + COPYING_WORK * plan.frames)
    workshop = Workshop(plan.format, PieceCache(cache), input_file, meter, check)
    gathered = gather(plan.entries, workshop)
    drawings, words = _draw_titles(plan, workshop)
    pieces = cutting.cut(
        plan.entries, gathered.keys, gathered.sources, plan.format.fps, fade_out=plan.fade_out, words=words
    )
    paths, encoded = _make_joins(
        [piece for piece in pieces if isinstance(piece, Join)], {**gathered.files, **drawings}, workshop
    )
    track = make_sound_track(plan, gathered, workshop)
    texts = subtitles.lay_out(plan.cues, track.spoken, plan.duration_ms)
    write_film(
        destination,
        [
            Cutting(paths[piece.parts, piece.words], 0, piece.shown)
            if isinstance(piece, Join)
            else Cutting(gathered.files[piece.source], piece.first, piece.frames)
            for piece in pieces
        ],
        FilmTracks(
            format=plan.format,
            frames=plan.frames,
            sound=track.path,
            subtitles=texts,
            language=plan.language,
            chapters=_marks(plan),
            title=plan.title,
        ),
        on_frame=lambda: meter.advance(COPYING_WORK),
        check=check,
    )
    meter.finish()
    return RenderedFilm(
        frames=plan.frames,
        duration_ms=plan.duration_ms,
        loudness=track.loudness,
        joins_encoded=encoded,
        joins_reused=len(paths) - encoded,
        srt=subtitles.to_srt(texts),
    )


def _draw_titles(plan: FilmPlan, workshop: Workshop) -> tuple[dict[str, Path], list[Words]]:
    """Have every title drawn. Returns the drawings by key, and where they lie over the film."""
    files: dict[str, Path] = {}
    words = []
    for title in plan.titles:
        said = (title.text, title.subtext, title.place, title.style)
        path = workshop.cache.path("title", ".png", titles.ingredients(*said, plan.format))
        workshop.cache.ensure(path, partial(titles.draw, *said, video_format=plan.format))
        files[path.name] = path
        first, end = (round(at * plan.format.fps / 1000) for at in (title.start_ms, title.start_ms + title.length_ms))
        end = min(end, plan.frames)
        if first < end:
            fade = min(round(titles.FADE_MS * plan.format.fps / 1000), (end - first) // 2)
            words.append(Words(path.name, first, end - first, fade))
    return files, words


def _make_joins(
    wanted: list[Join], files: Mapping[str, Path], workshop: Workshop
) -> tuple[dict[tuple[tuple[Part, ...], tuple[Words, ...]], Path], int]:
    """Have every join encoded. Returns their files by what they show, and how many the cache did not have."""
    distinct = {(join.parts, join.words): join for join in wanted}
    paths = {
        shows: workshop.cache.path("join", ".mp4", joins.ingredients(join, workshop.format))
        for shows, join in distinct.items()
    }
    missing = [join for shows, join in distinct.items() if not paths[shows].exists()]
    workshop.meter.expect(sum(part.frames for join in missing for part in join.parts))

    def encode(join: Join, destination: Path) -> None:
        joins.encode(
            join,
            destination,
            workshop.format,
            files=files,
            on_frame=workshop.meter.advance,
            check=workshop.check,
        )

    encoded = sum(workshop.cache.ensure(paths[shows], partial(encode, join)) for shows, join in distinct.items())
    return paths, encoded


def _marks(plan: FilmPlan) -> list[Mark]:
    chapters = sorted(plan.chapters, key=lambda chapter: chapter.first_entry)
    starts = [plan.format.milliseconds(plan.starts[chapter.first_entry]) for chapter in chapters]
    ends = [*starts, plan.duration_ms][1:]
    return [
        Mark(chapter.title, start, end)
        for chapter, start, end in zip(chapters, starts, ends, strict=True)
        if start < end
    ]
