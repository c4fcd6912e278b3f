"""From a plan to its finished sound track, kept in the cache until a sound or its place changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from generation.media import loudness
from generation.media.cutting import Edge, edges
from generation.media.loudness import Loudness
from generation.media.mezzanine import SAMPLE_RATE
from generation.media.plan import DISSOLVE, FilmPlan, PlacedSound, VoiceLine
from generation.media.sound import CLICK_GUARD, Sound, Spoken, as_wav, is_plain_wav, mix, place, wav_length
from generation.media.sources import Gathered, source_key
from generation.media.workshop import Workshop

LISTENING_WORK = 12.0
"""What decoding one recording costs, in frames encoded."""

MIXING_WORK = 0.12
"""What mixing and encoding the sound of one frame costs."""


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """The film's sound.

    Attributes:
        path: an M4A exactly as long as the film; None for a film without any sound.
        spoken: when each line of the plan is heard.
        loudness: of the mix before it was normalised; None without sound.
    """

    path: Path | None
    spoken: tuple[Spoken, ...]
    loudness: Loudness | None = None


def expected_work(plan: FilmPlan) -> float:
    """What ``make_sound_track`` will report to the meter."""
    recordings = len(plan.lines) + len(plan.entries) + len(plan.sounds)
    return LISTENING_WORK * recordings + MIXING_WORK * plan.frames


def make_sound_track(plan: FilmPlan, gathered: Gathered, workshop: Workshop) -> SoundTrack:
    """Place, mix, normalise and encode everything that is heard.

    Raises:
        ffmpeg.FfmpegFailed, ChildTimedOut
    """
    total = _samples(plan.frames, plan.format.fps)
    recordings = [_recording(line.sha256, workshop.input_file(line.sha256), workshop) for line in plan.lines]
    lengths = [wav_length(path) for path in recordings]
    spoken = place(plan.lines, [round(length * 1000 / SAMPLE_RATE) for length in lengths], plan.duration_ms)
    heard = [
        (line.sha256, _voice(line, path, length, when))
        for line, path, length, when in zip(plan.lines, recordings, lengths, spoken, strict=True)
        if line.gain_db is not None
    ]
    for sound in plan.sounds:
        recording = _recording(sound.sha256, workshop.input_file(sound.sha256), workshop)
        if sound.start_ms < plan.duration_ms:
            heard.append((sound.sha256, _laid(sound, recording, total)))
    around = edges(plan.entries, plan.fade_out)
    for number, entry in enumerate(plan.entries):
        key = source_key(entry)
        if key in gathered.audible and entry.gain_db is not None:
            path = _recording(entry.clip, gathered.files[key], workshop)
            heard.append((entry.clip, _clip_sound(plan, number, around, path)))
        else:
            workshop.meter.advance(LISTENING_WORK)
    if not heard:
        workshop.meter.advance(MIXING_WORK * plan.frames)
        return SoundTrack(None, tuple(spoken))
    sounds = [sound for _, sound in heard]
    made_of = [total, [_ingredients(name, sound) for name, sound in heard]]
    talking = speech(plan, spoken)
    if talking != list(spoken):
        made_of.append([[said.start_ms, said.end_ms] for said in talking])
    track = workshop.cache.path("sound", ".m4a", made_of)
    report = workshop.meter.share(MIXING_WORK * plan.frames)

    def make(destination: Path) -> None:
        mixed = destination.with_suffix(".f32")
        try:
            with mixed.open("wb") as file:
                for chunk in mix(sounds, talking, total, check=workshop.check):
                    file.write(chunk.tobytes())
            report(0.3)
            loudness.finish(
                mixed,
                destination,
                samples=total,
                report=lambda progress: report(0.3 + 0.7 * progress),
                check=workshop.check,
            )
        finally:
            mixed.unlink(missing_ok=True)

    workshop.cache.ensure(track, make)
    report(1.0)
    return SoundTrack(track, tuple(spoken), loudness.noted(track))


def speech(plan: FilmPlan, spoken: Sequence[Spoken]) -> list[Spoken]:
    """When somebody is heard speaking, which is what ducked sounds make room for.

    Args:
        plan: the film.
        spoken: when each line of the plan is heard, silenced ones included.
    """
    said = [when for line, when in zip(plan.lines, spoken, strict=True) if line.gain_db is not None]
    return said + [Spoken(one.start_ms, one.start_ms + one.length_ms) for one in plan.sounds if one.speech]


def _samples(frames: int, fps: int) -> int:
    return round(Fraction(frames * SAMPLE_RATE, fps))


def _recording(sha256: str, source: Path, workshop: Workshop) -> Path:
    """The recording as plain WAV."""
    path = source
    if not is_plain_wav(source):
        path = workshop.cache.path("heard", ".wav", [sha256])
        workshop.cache.ensure(path, lambda to: as_wav(source, to, check=workshop.check))
    workshop.meter.advance(LISTENING_WORK)
    return path


def _voice(line: VoiceLine, path: Path, length: int, when: Spoken) -> Sound:
    start = round(when.start_ms * SAMPLE_RATE / 1000)
    heard = min(length, round(when.end_ms * SAMPLE_RATE / 1000) - start)
    return Sound(path, start, max(1, heard), gain_db=line.gain_db or 0.0)


def _laid(sound: PlacedSound, path: Path, total: int) -> Sound:
    """A sound at its place; it ends with its recording or with the film, and its ramps lie before that end."""
    start, skipped, length, fade_in, fade_out = (
        round(at * SAMPLE_RATE / 1000)
        for at in (sound.start_ms, sound.in_ms, sound.length_ms, sound.fade_in_ms, sound.fade_out_ms)
    )
    return Sound(
        path,
        start,
        max(1, min(length, wav_length(path) - skipped, total - start)),
        skipped=skipped,
        gain_db=sound.gain_db,
        fade_in=max(fade_in, CLICK_GUARD),
        fade_out=max(fade_out, CLICK_GUARD),
        ducked=sound.ducked,
    )


def _clip_sound(plan: FilmPlan, number: int, around: Sequence[Edge], path: Path) -> Sound:
    """A clip's own sound: as long as its shot, reaching into the dissolves beside it, and fading with its picture."""
    fps, entry, at = plan.format.fps, plan.entries[number], plan.starts[number]
    into, out = around[number], around[number + 1]
    early = into.before if into.kind == DISSOLVE else 0
    late = out.after if out.kind == DISSOLVE else 0
    start = _samples(at - early, fps)
    end = _samples(at + entry.frames + late, fps)
    return Sound(
        path,
        start,
        end - start,
        skipped=_samples(entry.source_in - early, fps),
        gain_db=entry.gain_db or 0.0,
        fade_in=_samples(early + into.after, fps) or CLICK_GUARD,
        fade_out=_samples(out.before + late, fps) or CLICK_GUARD,
        ducked=True,
    )


def _ingredients(name: str, sound: Sound) -> list[Any]:
    """What a sound adds to the track, without the place where its recording happens to lie."""
    return [
        *(name, sound.start, sound.length, sound.skipped, sound.gain_db),
        *(sound.fade_in, sound.fade_out, sound.ducked),
    ]
