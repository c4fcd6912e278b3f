"""The form of a try: read from what came in, and drawn from what the chosen model takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from generation.catalogue import Capability, ImpossibleRequest, Model
from generation.choosing import glossary, trials
from generation.choosing.glossary import Control
from generation.choosing.pictures import files_named
from generation.choosing.shot_settings import seed_of, words_of
from generation.choosing.trials import GROUPS, Draft, Group
from generation.providers.base import InputFile, Operation
from generation.vendors import voices as account_voices
from projects.models import Project
from scenes.models import Asset

_MOST_LENGTHS = 40
_USUAL_MS = 5000
_FILE_WORDS = {
    "source": ("Source", "What is worked on."),
    "mask": ("Mask", "A black picture of the same size, white where the model shall paint."),
    "first_frame": ("First frame", "The picture that the clip begins with."),
    "last_frame": ("Last frame", "The picture that the clip ends with."),
    "reference": ("References", "Pictures that faces, places and looks are taken from."),
}


@dataclass(frozen=True, slots=True)
class FileField:
    """One kind of file that the model takes, with those that were chosen."""

    role: str
    label: str
    help: str
    kind: str
    most: int
    least: int
    chosen: tuple[Asset, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """Everything that the page shows of a draft.

    Attributes:
        draft: what was filled in.
        model, capability: None where nobody can do it.
        size, sizes: the size that is chosen, and those to choose from; none to choose from means that it is typed.
        seconds, lengths: the same for the length.
        files: what goes in.
        controls: the model's own options.
        voices: that there are to choose from; without them any name will do.
        price: of all results at most, in micro-units; None where it cannot be told.
        problem: why it cannot be asked for.
    """

    draft: Draft
    group: Group
    model: Model | None = None
    capability: Capability | None = None
    size: str = ""
    sizes: tuple[str, ...] = ()
    seconds: str = ""
    lengths: tuple[str, ...] = ()
    files: tuple[FileField, ...] = ()
    controls: list[Control] = field(default_factory=list)
    voices: tuple[str, ...] = ()
    price: int | None = None
    problem: str = ""

    @property
    def prompt_length(self) -> int:
        """How long the model finds the prompt."""
        rule = self.capability.prompt if self.capability else None
        return rule.count(self.draft.prompt) if rule else 0

    @property
    def counts(self) -> range:
        """How many results can be asked for."""
        return range(1, trials.MOST_RESULTS + 1)


def blank(operation: str, model: str) -> Draft:
    """Return an empty draft for what a form or an address names; an operation that there is not is left out."""
    known = {one.value: one for one in Operation if any(one in group.operations for group in GROUPS)}
    return Draft(operation=known.get(operation, Operation.TEXT_TO_IMAGE), model=model[:80])


def first_operation(draft: Draft) -> Draft:
    """Return a draft whose operation is one that its model does, where only the model was named."""
    named = trials.known(draft.model)
    if named is None or draft.operation in named.operations:
        return draft
    can = [one for group in GROUPS for one in group.operations if one in named.operations]
    return Draft(operation=can[0], model=draft.model) if can else draft


def read(project: Project, data: QueryDict, *, strict: bool) -> Draft:
    """Return what a form says.

    Args:
        project: opened.
        data: the form.
        strict: refuse what cannot be read; otherwise, while somebody still fills it in, the model's own is taken.

    Raises:
        ImpossibleRequest: a number is none, with ``strict``; the message says what to write.
    """
    draft = blank(data.get("operation", ""), data.get("model", ""))
    try:
        capability = trials.model_of(project, draft).can(draft.operation)
    except ImpossibleRequest:
        if strict:
            raise
        return Draft(draft.operation, draft.model, prompt=words_of(data.get("prompt", "")))
    files = {role: tuple(str(one) for one in data.getlist(f"file.{role}")) for role in trials.roles_of(capability)}
    return Draft(
        operation=draft.operation,
        model=draft.model,
        prompt=words_of(data.get("prompt", "")) if capability.prompt else "",
        parameters=parameters_of(project, capability, data, strict=strict),
        files=files,
        count=_count(data.get("count", "1")),
    )


def _count(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else 1


def parameters_of(project: Project, capability: Capability, data: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
    """Return the parameters of an order, what was not said filled in as the model and the project have it.

    Args:
        project: opened.
        capability: of the model.
        data: fields of the form, as text.
        strict: refuse what cannot be read.

    Raises:
        ImpossibleRequest: a number is none, with ``strict``.
    """
    found: dict[str, Any] = {}
    found |= _size(project, capability, data.get("size", ""), strict=strict)
    try:
        length = _milliseconds(data.get("seconds", ""))
        seed = seed_of(data.get("seed", "")) if capability.seed_most is not None else None
    except ImpossibleRequest:
        if strict:
            raise
        length = seed = None
    if capability.durations is not None and not capability.durations.of_source:
        if length is None and not capability.durations.optional:
            length = capability.durations.covering(_USUAL_MS) or capability.durations.least
        if length is not None and (strict or capability.durations.allows(length)):
            found["duration_ms"] = length
        elif not capability.durations.optional:
            found["duration_ms"] = capability.durations.covering(length or 0) or capability.durations.least
    if seed is not None:
        found["seed"] = seed
    if capability.negative_prompt and (words := " ".join(words_of(data.get("negative_prompt", "")).split())):
        found["negative_prompt"] = words
    if capability.prompt is not None and capability.operation is Operation.TEXT_TO_SPEECH:
        found["voice"] = words_of(data.get("voice", "")) or (capability.voices[0] if capability.voices else "Narrator")
    if options := glossary.options_of(capability, {name: str(value) for name, value in data.items()}):
        found["options"] = options
    return found


def _size(project: Project, capability: Capability, text: str, *, strict: bool) -> dict[str, Any]:
    sizes = capability.sizes
    if sizes is None or (not text and sizes.optional):
        return {}
    listed = next((size for size in sizes.listed if str(size) == text), None)
    if listed is not None:
        return listed.parameters
    wide, _, high = text.lower().replace("×", "x").replace(" ", "").partition("x")
    if wide.isdecimal() and high.isdecimal() and max(len(wide), len(high)) < 7:
        typed = {"width": int(wide), "height": int(high)}
        if strict or sizes.of(typed) is not None:
            return typed
    elif strict and text:
        raise ImpossibleRequest(f"Write the size like 1280x720. There are {sizes.words()}.", field="size")
    nearest = sizes.nearest(project.width, project.height)
    return nearest.parameters if nearest is not None else {}


def _milliseconds(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        seconds = Decimal(text.strip().replace(",", "."))
        return int(seconds * 1000) if 0 < seconds < 100_000 else 0
    except ArithmeticError:
        raise ImpossibleRequest("Write the length in seconds, for example 5.", field="duration") from None


def form_of(project: Project, draft: Draft) -> Form:
    """Return what the page shows of a draft.

    Args:
        project: opened.
        draft: from ``read`` or ``blank``.
    """
    group = next(group for group in GROUPS if draft.operation in group.operations)
    try:
        model = trials.model_of(project, draft)
        capability = model.can(draft.operation)
    except ImpossibleRequest as error:
        return Form(draft, group, model=trials.known(draft.model), problem=str(error))
    parameters = dict(draft.parameters) or parameters_of(project, capability, QueryDict(), strict=False)
    draft = Draft(draft.operation, model.id, draft.prompt, parameters, draft.files, draft.count)
    files = _files(project, draft, capability)
    price, problem = None, ""
    try:
        going_in = sum(len(one.chosen) for one in files if one.role != "mask")
        least = sum(one.least for one in files if one.role != "mask")
        asked = {"fps": project.fps, **with_source(parameters, capability, files)}
        price = draft.count * model.estimate(draft.operation, asked, prompt=draft.prompt, inputs=max(going_in, least))
    except ImpossibleRequest as error:
        problem = str(error)
    return Form(
        draft=draft,
        group=group,
        model=model,
        capability=capability,
        size=_chosen_size(capability, parameters),
        sizes=tuple(dict.fromkeys(str(size) for size in capability.sizes.listed)) if capability.sizes else (),
        seconds=f"{parameters['duration_ms'] / 1000:g}" if parameters.get("duration_ms") else "",
        lengths=_lengths(capability),
        files=files,
        controls=glossary.controls(capability, parameters.get("options") or {}),
        voices=_voices(project, model, capability),
        price=price,
        problem=problem,
    )


def _voices(project: Project, model: Model, capability: Capability) -> tuple[str, ...]:
    """Return the voices there are to choose; none where any name will do, or while nobody can tell."""
    if capability.operation is not Operation.TEXT_TO_SPEECH or capability.voices:
        return capability.voices
    try:
        return account_voices.of_account(project.team, model, rehearsal=project.rehearsal)
    except ImpossibleRequest:
        return ()


def with_source(parameters: dict[str, Any], capability: Capability, files: Sequence[FileField]) -> dict[str, Any]:
    """Return parameters with the length of the clip that is worked on, where that is what is paid for."""
    if capability.durations is None or not capability.durations.of_source:
        return parameters
    length = next((asset.duration_ms for one in files if one.role == "source" for asset in one.chosen), None)
    return {**parameters, "source_ms": length} if length else parameters


def _files(project: Project, draft: Draft, capability: Capability) -> tuple[FileField, ...]:
    found = []
    for role, (kind, most, needed) in trials.roles_of(capability).items():
        label, words = _FILE_WORDS[role]
        least = capability.references.least if role == "reference" else int(needed)
        try:
            chosen = files_named(project, draft.files.get(role, ()), kind=kind)
        except ImpossibleRequest:
            chosen = []
        found.append(FileField(role, label, words, kind, most, least, tuple(chosen)))
    return tuple(found)


def _chosen_size(capability: Capability, parameters: dict[str, Any]) -> str:
    if capability.sizes is None:
        return ""
    size = capability.sizes.of(parameters)
    return str(size) if size is not None else ""


def _lengths(capability: Capability) -> tuple[str, ...]:
    lengths = capability.durations
    if lengths is None or lengths.of_source:
        return ()
    if lengths.listed:
        return tuple(f"{length / 1000:g}" for length in lengths.listed)
    steps = range(lengths.least, lengths.most + 1, lengths.step)
    return tuple(f"{length / 1000:g}" for length in steps) if len(steps) <= _MOST_LENGTHS else ()


def order_of(project: Project, form: Form) -> tuple[dict[str, Any], tuple[InputFile, ...]]:
    """Return the parameters and files of a form as an order has them.

    Raises:
        ImpossibleRequest: nobody can do it, or a file is not in this project.
    """
    if form.capability is None:
        raise ImpossibleRequest(form.problem, field="model")
    inputs = trials.inputs_of(project, form.draft, form.capability)
    return with_source(dict(form.draft.parameters), form.capability, form.files), inputs
