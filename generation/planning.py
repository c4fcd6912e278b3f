"""What could be made of the footage: what is missing or stale, what it costs, how long it takes. Asks for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db.models import Count, Prefetch, Q, prefetch_related_objects

from accounts.models import Team
from generation import execution, wishes
from generation.catalogue import ImpossibleRequest, Model, choose, model_for, model_named
from generation.choosing.usable import why_not
from generation.prompting import Cast, Known
from generation.providers.base import Operation
from generation.vendors import keys, order
from generation.vendors.own_models import as_offered
from generation.wishes import BUILT_IN, Alternative, Wish
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Asset, Element, Line, Reference, Shot, Take

STILLS, CLIPS, VOICES = Take.Kind.STILL, Take.Kind.CLIP, Take.Kind.VOICE
EVERYTHING = (STILLS, CLIPS, VOICES)
MOST_PROBLEMS = 3
# What planning reads of a shot in one question.
READ = ("scene__project__team", "still__asset", "clip")
MOST_ALTERNATIVES = 3
MOST_TRIED = 3
OPERATIONS_OF: Mapping[str, tuple[Operation, ...]] = {
    STILLS: (Operation.TEXT_TO_IMAGE,),
    CLIPS: (Operation.IMAGE_TO_VIDEO, Operation.TEXT_TO_VIDEO),
    VOICES: (Operation.TEXT_TO_SPEECH,),
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
    provider: str | None = None,
    fresh: bool = False,
) -> list[Wish]:
    """Return what is missing or stale, or everything anew. Arguments as for ``wanted_of``.

    Raises:
        ImpossibleRequest: something cannot be made; the message says what can.
    """
    wanted = wanted_of(opened, shots=shots, kinds=kinds, provider=provider, fresh=fresh)
    if wanted.problems:
        raise ImpossibleRequest(" ".join(list(dict.fromkeys(wanted.problems.values()))[:MOST_PROBLEMS]))
    return wanted.wishes


def wanted_of(
    opened: OpenProject,
    *,
    shots: Iterable[Shot] | None = None,
    kinds: Sequence[str] = EVERYTHING,
    provider: str | None = None,
    fresh: bool = False,
) -> Wanted:
    """Work out what is missing or stale, or everything anew; a shot that cannot be made does not hide the others.

    Args:
        opened: the project.
        shots: which of its shots; all that are in the film when None.
        kinds: which of stills, clips and voices.
        provider: who should make it, whatever the project and its shots have chosen; they decide when None.
        fresh: also what is there and up to date, as another take.

    Raises:
        ImpossibleRequest: the provider makes nothing of the kind at all.
    """
    models = models_of(opened.project, provider)
    rows = Shot.objects.of(opened.project).in_film()
    if shots is not None:
        rows = rows.filter(pk__in=[shot.pk for shot in shots])
    if fresh:
        # Counting the takes of a whole film costs as much as reading its shots.
        rows = rows.annotate(take_count=Count("takes", filter=Q(takes__kind__in=kinds)))
    return _worked_out(opened, list(rows.select_related(*READ).prefetch_related(_lines())), models, kinds, provider)


def wanted_again(opened: OpenProject, shot: Shot, *, kinds: Sequence[str]) -> Wanted:
    """Work out what another take of a shot would be, to tell its price; its seed is any.

    Args:
        opened: the project.
        shot: one of its shots, read with all of ``READ``.
        kinds: which of stills, clips and voices.
    """
    if shot.omitted_at is not None or shot.scene.omitted_at is not None:
        return Wanted([], {})
    prefetch_related_objects([shot], _lines())
    return _worked_out(opened, [shot], models_of(opened.project), kinds, None, again=1)


def _lines() -> Prefetch[str]:
    return Prefetch("lines", Line.objects.select_related("voice"))


def _worked_out(
    opened: OpenProject,
    found: Sequence[Shot],
    models: Mapping[str, Model],
    kinds: Sequence[str],
    provider: str | None,
    *,
    again: int = 0,
) -> Wanted:
    cast = cast_of(opened.project, found)
    chosen = {settings.get("model") for shot in found for settings in (shot.still_settings, shot.clip_settings)}
    drawn_here = not any(chosen) and all(model.provider == BUILT_IN for model in models.values())
    others = None if drawn_here or provider is not None else _others(opened.project)
    wanted = Wanted([], {})
    for shot in found:
        try:
            choice = _Choice(opened.project, models if provider else _models_of_shot(shot, models), cast, others)
            wanted.wishes.extend(choice.wishes_of(shot, kinds=kinds, again=getattr(shot, "take_count", again)))
        except ImpossibleRequest as error:
            text = str(error)
            wanted.problems[shot.pk] = text if shot.label in text else f"Shot {shot.label}: {text}"
    return wanted


def models_of(project: Project, provider: str | None = None) -> dict[str, Model]:
    """Return which model makes what when nothing else has been chosen for a shot.

    Args:
        project: whose choice.
        provider: its first models instead; what it does not make is left to the built-in one.

    Raises:
        ImpossibleRequest: the model is not in the catalogue any more, or the provider makes no pictures at all.
    """
    chosen = {STILLS: project.still_model, CLIPS: project.clip_model, VOICES: project.voice_model}
    found: dict[str, Model] = {}
    for kind, model_id in chosen.items():
        if provider is not None:
            found[kind] = _first_of(provider, kind)
        else:
            found[kind] = model_named(model_id) if model_id else _first_of(BUILT_IN, kind)
    if provider is not None and provider not in {model.provider for model in found.values()}:
        model_for(provider, Operation.TEXT_TO_IMAGE)
    return {kind: as_offered(model, project.team, rehearsal=project.rehearsal) for kind, model in found.items()}


def _first_of(provider: str, kind: str) -> Model:
    for operation in OPERATIONS_OF[kind]:
        try:
            return model_for(provider, operation)
        except ImpossibleRequest:
            continue
    return _first_of(BUILT_IN, kind)


def _models_of_shot(shot: Shot, models: Mapping[str, Model]) -> dict[str, Model]:
    found = dict(models)
    for kind, chosen in ((STILLS, shot.still_settings), (CLIPS, shot.clip_settings)):
        if chosen.get("model"):
            project = shot.scene.project
            found[kind] = as_offered(model_named(chosen["model"]), project.team, rehearsal=project.rehearsal)
    return found


def cast_of(project: Project, shots: Sequence[Shot]) -> Cast:
    """Look up what the prompts and references of all these shots can need, in three queries at most.

    Args:
        project: opened.
        shots: of that project.
    """
    pictures = Reference.objects.filter(asset__kind=Asset.Kind.IMAGE).select_related("asset")
    elements = Element.objects.of(project).prefetch_related(Prefetch("pictures", pictures))
    named: set[str] = set()
    for shot in shots:
        for chosen in (shot.still_settings, shot.clip_settings):
            named.update(str(one) for one in chosen.get("references", ()))
            if chosen.get("last_frame"):
                named.add(str(chosen["last_frame"]))
    assets = Asset.objects.filter(project=project, pk__in=named) if named else ()
    known = tuple(
        Known(
            id=str(element.pk),
            kind=element.kind,
            name=element.shown_name,
            handle=element.handle,
            names=element.names,
            description=element.description,
            voice=element.voice,
            voice_model=element.voice_model,
            pictures=tuple(picture.asset for picture in element.pictures.all()),
        )
        for element in elements
    )
    spoken = tuple((word, how) for word, how in project.pronunciations)
    return Cast(known, {str(asset.pk): asset for asset in assets}, spoken)


@dataclass(frozen=True, slots=True)
class _Others:
    """Who may be asked when the chosen one cannot. Each question is worked out once for all shots."""

    team: Team
    rehearsal: bool
    there: set[str]
    _known: dict[tuple[Operation, int | None], list[tuple[str, list[Model]]]] = field(default_factory=dict)

    def for_(self, operation: Operation, duration_ms: int | None) -> list[tuple[str, list[Model]]]:
        """Return the providers for an operation, the team's first choice first, each with its best models."""
        if (operation, duration_ms) not in self._known:
            ordered = [name for name in order.names_for(self.team, operation) if name in self.there]
            names = [name for name in (*ordered, *sorted(self.there - set(ordered))) if name != BUILT_IN]
            self._known[operation, duration_ms] = [
                (
                    name,
                    [
                        as_offered(model, self.team, rehearsal=self.rehearsal)
                        for model in choose(operation, "best", providers={name}, duration_ms=duration_ms)[:MOST_TRIED]
                    ],
                )
                for name in names
            ]
        return self._known[operation, duration_ms]

    def added_to(self, wish: Wish, again_by: Callable[[Model], Wish]) -> Wish:
        """Return the wish with who is asked next, of the same kind of work and for the same files.

        Where nobody has entered a key for the one who was chosen, the next one is asked at once. It stays the same
        wish: what comes of it is not stale when there is a key one day.
        """
        if wish.model.provider == BUILT_IN:
            return wish
        found: list[tuple[Alternative, Wish]] = []
        for provider, able in self.for_(wish.operation, _length(wish)):
            if provider == wish.model.provider:
                continue
            for model in able:
                try:
                    other = again_by(model)
                    price = other.estimate
                except ImpossibleRequest:
                    continue
                if other.operation is wish.operation and other.inputs == wish.inputs:
                    made = Alternative(provider, model.id, other.prompt, dict(other.parameters), price)
                    found.append((made, other))
                    break
            if len(found) == MOST_ALTERNATIVES:
                break
        if found and wish.model.provider not in self.there:
            first, chosen = found.pop(0)[1], wish.model
            wish = replace(
                first,
                recipe=wish.recipe,
                fingerprint=wish.fingerprint,
                input_wish=wish.input_wish,
                passed_over={
                    "provider": chosen.provider,
                    "model": chosen.id,
                    "why_not": why_not(chosen, self.there, [chosen.can(wish.operation)]),
                },
            )
        return replace(wish, alternatives=tuple(one for one, _ in found))


def _others(project: Project) -> _Others | None:
    """Return who may be asked when the chosen one cannot; None where the team wants nobody else."""
    if not project.team.fallback:
        return None
    return _Others(project.team, project.rehearsal, keys.reachable(project.team, rehearsal=project.rehearsal))


def with_others(project: Project, wish: Wish, again_by: Callable[[Model], Wish]) -> Wish:
    """Return a wish that belongs to no shot with who is asked next when its model cannot.

    Args:
        project: opened.
        wish: as the chosen model would make it.
        again_by: gives the same wish by another model.
    """
    others = _others(project)
    return wish if others is None else others.added_to(wish, again_by)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Who makes what for one shot."""

    project: Project
    models: Mapping[str, Model]
    cast: Cast
    others: _Others | None

    def wishes_of(self, shot: Shot, *, kinds: Sequence[str], again: int) -> list[Wish]:
        """Return what is wanted of a shot."""
        wanted: list[Wish] = []
        still: Wish | None = None
        starts = wishes.clip_operation(self.models[CLIPS]) is Operation.IMAGE_TO_VIDEO if CLIPS in kinds else False
        if STILLS in kinds or (starts and shot.still is None):
            still = _unless_there(self._still(shot, self.models[STILLS], again), shot.still, again)
            if still is not None:
                wanted.append(self._with_others(still, lambda model: self._still(shot, model, again)))
        if CLIPS in kinds:
            clip = _unless_there(self._clip(shot, self.models[CLIPS], still, again), shot.clip, again)
            if clip is not None:
                wanted.append(self._with_others(clip, lambda model: self._clip(shot, model, still, again)))
        if VOICES in kinds:
            for line in shot.lines.all():
                line.shot = shot
                voice = _unless_there(self._voice(line, self.models[VOICES], again), line.voice, again)
                if voice is not None:
                    wanted.append(self._spoken_by_others(line, voice, again))
        return wanted

    def _still(self, shot: Shot, model: Model, again: int) -> Wish:
        return wishes.still_wish(shot, model=model, cast=self.cast, fresh=again)

    def _clip(self, shot: Shot, model: Model, still: Wish | None, again: int) -> Wish:
        return wishes.clip_wish(shot, model=model, cast=self.cast, still=still, fresh=again)

    def _voice(self, line: Line, model: Model, again: int) -> Wish:
        own = self.cast.voice_model_of(line.character)
        return wishes.voice_wish(line, model=own or model, cast=self.cast, fresh=again)

    def _spoken_by_others(self, line: Line, wish: Wish, again: int) -> Wish:
        """A voice that somebody chose is that provider's: nobody else has it."""
        if self.cast.has_own_voice(line.character):
            return wish
        return self._with_others(wish, lambda model: wishes.voice_wish(line, model=model, cast=self.cast, fresh=again))

    def _with_others(self, wish: Wish, again_by: Callable[[Model], Wish]) -> Wish:
        return wish if self.others is None else self.others.added_to(wish, again_by)


def _length(wish: Wish) -> int | None:
    length: int | None = wish.parameters.get("duration_ms")
    return length


def _unless_there(wish: Wish, select: Take | None, again: int) -> Wish | None:
    """Return the wish, or None when the select was made by the same recipe or brought by a person."""
    if select is None or again:
        return wish
    if not select.recipe:
        return None
    return None if select.recipe == wish.recipe else wish


def estimate(wanted: Sequence[Wish]) -> Estimate:
    """Add up what wishes cost and how long they will usually take on this installation."""
    kinds = [wish.kind for wish in wanted]
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


def places(provider: str) -> int:
    """Return how many attempts at a provider go on at once."""
    installed = execution.registry().get(provider)
    if installed is None or installed.traits.computes_on_fetch:
        return keys.local_places(provider)
    return installed.traits.max_concurrent
