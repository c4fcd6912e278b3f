"""Ways to spend less: some of it first, or models that cost less. Worked out when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from generation import planning
from generation.catalogue import ImpossibleRequest, Model, choose
from generation.listing import UNSETTLED
from generation.models import Job
from generation.planning import CLIPS, STILLS
from generation.vendors import keys
from generation.wishes import BUILT_IN, Wish
from projects.access import OpenProject
from scenes.models import Shot

SCENES_FIRST = (1, 2)
SHORT_MS = 5000
MOST_TRIED = 4


@dataclass(frozen=True, slots=True)
class Saving:
    """One way.

    Attributes:
        title: what one would do.
        cost: what that comes to, in micro-units.
        words: what it means.
        shots: which shots to ask for, where it is about fewer of them.
        model: which model to choose, where it is about that.
    """

    title: str
    cost: int
    words: str
    shots: tuple[UUID, ...] = ()
    model: Model | None = None


@dataclass(frozen=True, slots=True)
class Savings:
    """What something costs as it is, and the ways to spend less, what changes least first."""

    cost: int
    ways: list[Saving]


def savings(opened: OpenProject, *, shot_ids: Sequence[UUID] | None = None) -> Savings:
    """Return how less could be spent on what is missing.

    Args:
        opened: the project.
        shot_ids: of which shots; of the whole film when None.

    Raises:
        ImpossibleRequest: something cannot be made at all; the message says what can.
    """
    shots = None if shot_ids is None else [Shot(pk=shot_id) for shot_id in shot_ids]
    going_on = set(
        Job.objects.filter(project=opened.project, state__in=UNSETTLED).values_list("fingerprint", flat=True)
    )
    wanted = [wish for wish in planning.wishes_for(opened, shots=shots) if wish.fingerprint not in going_on]
    cost = sum(wish.estimate for wish in wanted)
    ways = [*_scenes_first(wanted), *_stills_first(wanted), *_cheaper(opened, wanted, cost), *_shorter(wanted, cost)]
    return Savings(cost, [way for way in ways if way.cost < cost])


def _scenes_first(wanted: Sequence[Wish]) -> list[Saving]:
    """The first scenes alone, to see whether the look is right before the rest is bought."""
    scenes: dict[UUID, list[Wish]] = {}
    for wish in wanted:
        if wish.shot is not None:
            scenes.setdefault(wish.shot.scene_id, []).append(wish)
    found = []
    for count in SCENES_FIRST:
        if len(scenes) > count:
            part = [wish for wishes in list(scenes.values())[:count] for wish in wishes]
            shots = tuple(dict.fromkeys(wish.shot.pk for wish in part if wish.shot is not None))
            title = "The first scene first" if count == 1 else f"The first {count} scenes first"
            found.append(
                Saving(title, _sum(part), "See whether the look is right before the rest is bought.", shots=shots)
            )
    return found


def _stills_first(wanted: Sequence[Wish]) -> list[Saving]:
    stills = [wish for wish in wanted if wish.kind == STILLS]
    if not stills or len(stills) == len(wanted):
        return []
    return [Saving("Stills first", _sum(stills), "Choose the pictures before they are set in motion.")]


def _cheaper(opened: OpenProject, wanted: Sequence[Wish], cost: int) -> list[Saving]:
    """The cheapest model that can make all of the clips, the built-in one left out: it does not film."""
    clips = [wish for wish in wanted if wish.kind == CLIPS and wish.estimate]
    if not clips:
        return []
    project = opened.project
    providers = keys.reachable(project.team, rehearsal=project.rehearsal) - {BUILT_IN}
    longest = max((wish.shot.duration_ms for wish in clips if wish.shot is not None), default=None)
    models = choose(
        clips[0].operation, "cheapest", providers=providers, width=project.width, height=project.height,
        duration_ms=longest,
    )  # fmt: skip
    there = {wish.model.id for wish in clips}
    for model in [model for model in models if model.id not in there][:MOST_TRIED]:
        try:
            instead = sum(_with(model, wish) for wish in clips)
        except ImpossibleRequest:
            continue
        total = cost - _sum(clips) + instead
        if total < cost:
            words = f"Quality {model.quality} of 5. Choose it for single shots, or for the project in its settings."
            return [Saving(f"Clips by {model.label}", total, words, model=model)]
    return []


def _shorter(wanted: Sequence[Wish], cost: int) -> list[Saving]:
    """The same clips, none longer than five seconds."""
    total, cut = cost, 0
    for wish in wanted:
        length = wish.parameters.get("duration_ms") or 0
        if wish.kind == CLIPS and wish.estimate and length > SHORT_MS:
            try:
                shorter = wish.model.fit(wish.operation, **_picture(wish), duration_ms=SHORT_MS)
                saved = wish.estimate - _cost(wish.model, wish, shorter)
            except ImpossibleRequest:
                continue
            if saved > 0:
                total, cut = total - saved, cut + 1
    if not cut:
        return []
    title = f"{cut} shot{'s' * (cut > 1)} cut to {SHORT_MS // 1000} s"
    return [Saving(title, total, "A clip is paid by its length. Shorten or split the shots on the storyboard.")]


def _with(model: Model, wish: Wish) -> int:
    length = wish.shot.duration_ms if wish.shot is not None else wish.parameters.get("duration_ms")
    return _cost(model, wish, model.fit(wish.operation, **_picture(wish), duration_ms=length))


def _cost(model: Model, wish: Wish, parameters: dict[str, object]) -> int:
    starts = wish.input_asset is not None or wish.input_wish is not None
    return model.estimate(wish.operation, parameters, prompt=wish.prompt, inputs=len(wish.inputs) + starts)


def _picture(wish: Wish) -> dict[str, int | None]:
    project = wish.shot.scene.project if wish.shot is not None else None
    return {"width": project.width if project else None, "height": project.height if project else None}


def _sum(wanted: Sequence[Wish]) -> int:
    return sum(wish.estimate for wish in wanted)
