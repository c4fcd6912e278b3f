"""Which models can make a shot's stills, clips or voices: at what price for this very shot, and why some cannot."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from generation.catalogue import Capability, ImpossibleRequest, Model, Need, choose, models, samples
from generation.planning import OPERATIONS_OF
from generation.providers.base import Operation
from generation.vendors.keys import reachable
from generation.vendors.order import places_for
from generation.vendors.own_models import as_offered
from generation.wishes import BUILT_IN
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Shot, Take
from scenes.services.shots import built_prompt

NEEDS: dict[Need, str] = {"cheapest": "Cheapest", "fastest": "Fastest", "best": "Best looking"}
_WRITES = Operation.TEXT_TO_TEXT


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made of a shot, or of one like it.

    Attributes:
        project: whose format it should have.
        kind: ``still``, ``clip`` or ``voice``.
        duration_ms: how long it should be; None where nobody can say.
        prompts: one for each result.
        words: what it is, for a sentence that refuses it.
    """

    project: Project
    kind: str
    duration_ms: int | None
    prompts: Sequence[str]
    words: str

    def operation(self, model: Model) -> Operation | None:
        """Return how a model makes it; None where it does not."""
        return next((one for one in OPERATIONS_OF[self.kind] if one in model.operations), None)


@dataclass(frozen=True, slots=True)
class Option:
    """A model as it could be had.

    Attributes:
        model: which.
        capability: what it takes for this.
        price: what it costs at most, in micro-units; None where it cannot make it.
        problem: why it cannot; empty when it can.
    """

    model: Model
    capability: Capability
    price: int | None = None
    problem: str = ""

    @property
    def takes(self) -> tuple[str, ...]:
        """What it takes besides the prompt, in words."""
        capability, least, most = self.capability, self.capability.references.least, self.capability.references.most
        words = []
        if least:
            words.append(f"needs {least} reference{'s' * (least > 1)}")
        elif most:
            words.append(f"{most} reference{'s' * (most > 1)}")
        if capability.last_frame != "no":
            words.append("needs a last frame" if capability.last_frame == "must" else "last frame")
        if capability.negative_prompt:
            words.append("negative prompt")
        if capability.seed_most is not None:
            words.append("seed")
        return tuple(words)


def wanted_of(shot: Shot, kind: str) -> Wanted:
    """Return what a shot's take of a kind is to be.

    Args:
        shot: with its scene and project; for voices with its lines.
        kind: ``still``, ``clip`` or ``voice``.
    """
    spoken = kind == Take.Kind.VOICE
    return Wanted(
        project=shot.scene.project,
        kind=Take.Kind(kind),
        duration_ms=shot.duration_ms if kind == Take.Kind.CLIP else None,
        prompts=[line.text for line in shot.lines.all()] if spoken else [shot.prompt_by_hand or built_prompt(shot)],
        words=f"this shot is {shot.duration_ms / 1000:g} s",
    )


def options_for(opened: OpenProject, shot: Shot, kind: str) -> list[Option]:
    """Return every model that makes such takes, those that cannot make this shot's at the end.

    Args:
        opened: the shot's project.
        shot: with its scene and project.
        kind: ``still``, ``clip`` or ``voice``.
    """
    return _options(opened.project, wanted_of(shot, kind))


def defaults_for(project: Project, kind: str) -> list[Option]:
    """Return every model that a project can have for its shots, with what one of five seconds costs.

    Args:
        project: opened.
        kind: ``still``, ``clip`` or ``voice``.
    """
    length = samples.CLIP_MS if kind == Take.Kind.CLIP else None
    words = f"many shots are {samples.CLIP_MS // 1000} s"
    return _options(project, Wanted(project, Take.Kind(kind), length, [samples.LINE], words))


def writers_for(project: Project) -> list[Option]:
    """Return every language model that can write for a project, the team's first choice first, with what a page costs.

    Args:
        project: opened.
    """
    there = reachable(project.team, rehearsal=project.rehearsal)
    order = places_for(project.team, _WRITES)
    found = [model for model in _offered(project, there) if model.usable_for(_WRITES)]
    options = [Option(model, model.can(_WRITES), samples.page_price(model)) for model in found]
    return sorted(options, key=lambda option: order.get(option.model.provider, len(order)))


def _offered(project: Project, there: Collection[str]) -> list[Model]:
    return [
        as_offered(model, project.team, rehearsal=project.rehearsal)
        for model in models().values()
        if model.provider in there
    ]


def _options(project: Project, wanted: Wanted) -> list[Option]:
    there = reachable(project.team, rehearsal=project.rehearsal)
    order = places_for(project.team, OPERATIONS_OF[wanted.kind][0])
    found = [
        option_of(model, wanted)
        for model in _offered(project, there)
        if wanted.operation(model) is not None and not (model.retired or model.missing)
    ]
    return sorted(
        found,
        key=lambda option: (
            bool(option.problem),
            option.model.provider != BUILT_IN,
            order.get(option.model.provider, len(order)),
            option.model.provider_label,
            option.price or 0,
            option.model.label,
        ),
    )


def option_of(model: Model, wanted: Wanted) -> Option:
    """Return a model as it could be had, or why it cannot.

    Args:
        model: which.
        wanted: what is to be made.

    Raises:
        ImpossibleRequest: it makes nothing of the kind.
    """
    operation = wanted.operation(model) or OPERATIONS_OF[wanted.kind][0]
    capability, project = model.can(operation), wanted.project
    lengths = capability.durations
    if wanted.duration_ms is not None and lengths is not None and lengths.covering(wanted.duration_ms) is None:
        return Option(model, capability, problem=f"makes at most {lengths.most / 1000:g} s; {wanted.words}")
    if capability.price is None:
        return Option(model, capability, problem="has no price that is known, so that nothing can be set aside for it")
    inputs = capability.references.least + (capability.first_frame != "no") + (capability.last_frame == "must")
    try:
        parameters = model.fit(operation, width=project.width, height=project.height, duration_ms=wanted.duration_ms)
        costs = [model.estimate(operation, parameters, prompt=prompt, inputs=inputs) for prompt in wanted.prompts]
    except ImpossibleRequest as error:
        return Option(model, capability, problem=str(error))
    return Option(model, capability, price=sum(costs))


def by_need(wanted: Wanted, options: Sequence[Option]) -> dict[Need, Option]:
    """Return the first choice for each need, among the models that film: a drawing would always be the cheapest.

    Args:
        wanted: what the options are for.
        options: from ``options_for``.
    """
    can = {option.model.id: option for option in options if not option.problem}
    providers = {option.model.provider for option in can.values()} - {BUILT_IN}
    project = wanted.project
    found: dict[Need, Option] = {}
    for need in NEEDS:
        ordered = choose(
            OPERATIONS_OF[wanted.kind][0],
            need,
            providers=providers,
            width=project.width,
            height=project.height,
            duration_ms=wanted.duration_ms,
        )
        first = next((can[model.id] for model in ordered if model.id in can), None)
        if first is not None:
            found[need] = first
    return found
