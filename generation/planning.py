"""What could be made of the footage: what is missing or stale, what it costs, how long it takes. Asks for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q

from generation import wishes
from generation.catalogue import ImpossibleRequest, model_for
from generation.providers.base import Operation
from generation.wishes import Wish
from projects.access import OpenProject
from scenes.models import Element, Shot, Take

DEFAULT_PROVIDER = "animatic"
STILLS, CLIPS, VOICES = Take.Kind.STILL, Take.Kind.CLIP, Take.Kind.VOICE
EVERYTHING = (STILLS, CLIPS, VOICES)
MOST_PROBLEMS = 3
_OPERATION_OF = {
    STILLS: Operation.TEXT_TO_IMAGE,
    CLIPS: Operation.IMAGE_TO_VIDEO,
    VOICES: Operation.TEXT_TO_SPEECH,
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an action would make, cost and take. Money in micro-units, time in seconds."""

    stills: int
    clips: int
    voices: int
    cost: int
    seconds: float

    @property
    def anything(self) -> bool:
        """Whether there is anything to make."""
        return bool(self.stills or self.clips or self.voices)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shots lack, and why some of it cannot be made, by shot."""

    wishes: list[Wish]
    problems: dict[UUID, str]


def wishes_for(
    opened: OpenProject,
    *,
    shots: Iterable[Shot] | None = None,
    kinds: Sequence[str] = EVERYTHING,
    provider: str = DEFAULT_PROVIDER,
    fresh: bool = False,
) -> list[Wish]:
    """Return what is missing or stale, or everything anew. Arguments as for ``wanted_of``.

    Raises:
        ImpossibleRequest: something cannot be made; the message says what can.
    """
    wanted = wanted_of(opened, shots=shots, kinds=kinds, provider=provider, fresh=fresh)
    if wanted.problems:
        raise ImpossibleRequest(" ".join(list(wanted.problems.values())[:MOST_PROBLEMS]))
    return wanted.wishes


def wanted_of(
    opened: OpenProject,
    *,
    shots: Iterable[Shot] | None = None,
    kinds: Sequence[str] = EVERYTHING,
    provider: str = DEFAULT_PROVIDER,
    fresh: bool = False,
) -> Wanted:
    """Work out what is missing or stale, or everything anew; a shot that cannot be made does not hide the others.

    Args:
        opened: the project.
        shots: which of its shots; all that are in the film when None.
        kinds: which of stills, clips and voices.
        provider: who should make it.
        fresh: also what is there and up to date, as another take.

    Raises:
        ImpossibleRequest: the provider makes nothing of the kind at all.
    """
    for kind in kinds:
        model_for(provider, _OPERATION_OF[Take.Kind(kind)])
    rows = Shot.objects.of(opened.project).in_film()
    if shots is not None:
        rows = rows.filter(pk__in=[shot.pk for shot in shots])
    rows = (
        rows.select_related("scene__project", "still__asset", "clip")
        .prefetch_related("lines__voice")
        .annotate(take_count=Count("takes", filter=Q(takes__kind__in=kinds)))
    )
    voices = dict(
        Element.objects.filter(project=opened.project, kind=Element.Kind.CHARACTER)
        .exclude(voice="")
        .values_list("name", "voice")
    )
    wanted = Wanted([], {})
    for shot in rows:
        again = int(getattr(shot, "take_count", 0)) if fresh else 0
        try:
            wanted.wishes.extend(_wishes_of(shot, kinds=kinds, provider=provider, voices=voices, again=again))
        except ImpossibleRequest as error:
            text = str(error)
            wanted.problems[shot.pk] = text if shot.label in text else f"Shot {shot.label}: {text}"
    return wanted


def _wishes_of(shot: Shot, *, kinds: Sequence[str], provider: str, voices: dict[str, str], again: int) -> list[Wish]:
    wanted: list[Wish] = []
    still: Wish | None = None
    if STILLS in kinds or (CLIPS in kinds and shot.still is None):
        still = _unless_there(wishes.still_wish(shot, provider=provider, fresh=again), shot.still, again)
        if still is not None:
            wanted.append(still)
    if CLIPS in kinds:
        clip = _unless_there(wishes.clip_wish(shot, provider=provider, still=still, fresh=again), shot.clip, again)
        if clip is not None:
            wanted.append(clip)
    if VOICES in kinds:
        for line in shot.lines.all():
            line.shot = shot
            voice = _unless_there(
                wishes.voice_wish(line, provider=provider, voices=voices, fresh=again), line.voice, again
            )
            if voice is not None:
                wanted.append(voice)
    return wanted


def _unless_there(wish: Wish, select: Take | None, again: int) -> Wish | None:
    """Return the wish, or None when the select was made by the same recipe or brought by a person."""
    if select is None or again:
        return wish
    if not select.recipe:
        return None
    return None if select.recipe == wish.recipe else wish


def estimate(wanted: Sequence[Wish]) -> Estimate:
    """Add up what wishes cost and how long they will usually take on this installation."""
    kinds = [_kind_of(wish) for wish in wanted]
    seconds = 0.0
    for provider in {wish.model.provider for wish in wanted}:
        typical = sum(wish.model.typical_seconds for wish in wanted if wish.model.provider == provider)
        seconds = max(seconds, typical / places(provider))
    return Estimate(
        stills=kinds.count(STILLS),
        clips=kinds.count(CLIPS),
        voices=kinds.count(VOICES),
        cost=sum(wish.estimate for wish in wanted),
        seconds=seconds,
    )


def _kind_of(wish: Wish) -> str:
    if wish.line is not None:
        return VOICES
    return STILLS if wish.operation.value.endswith("image") else CLIPS


def places(provider: str) -> int:
    """Return how many attempts of a local provider go on at once: as many as there are cores to draw with."""
    return int(settings.ENGINE["LOCAL_RENDERS"])
