"""Trying a model out: one prompt, one model, files by hand; the result belongs to the project and to no shot yet."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generation import services, wishes
from generation.catalogue import Capability, ImpossibleRequest, Model, model_named, models
from generation.choosing.pictures import files_named, files_of, input_of
from generation.models import Batch, Job
from generation.planning import cast_of
from generation.prompting import refuse_unknown, resolved
from generation.providers.base import InputFile, Operation
from generation.vendors.keys import reachable
from generation.vendors.order import places_for
from generation.vendors.own_models import as_offered
from generation.wishes import BUILT_IN, Wish
from projects.access import OpenProject
from projects.models import Project

MOST_RESULTS = 4
# What people are looked at in; words that are spoken may have an @ of their own.
_SEEN = frozenset(
    {Operation.TEXT_TO_IMAGE, Operation.IMAGE_TO_IMAGE, Operation.IMAGE_TO_VIDEO, Operation.TEXT_TO_VIDEO}
)


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that belong together, with the words for each."""

    name: str
    label: str
    icon: str
    operations: Mapping[Operation, str]


GROUPS = (
    Group("picture", "Picture", "image", {Operation.TEXT_TO_IMAGE: "From words"}),
    Group(
        "change",
        "Change",
        "wand-sparkles",
        {
            Operation.IMAGE_TO_IMAGE: "All of it",
            Operation.INPAINT: "Inside a mask",
            Operation.OUTPAINT: "Beyond its edges",
        },
    ),
    Group(
        "clip",
        "Clip",
        "video",
        {
            Operation.IMAGE_TO_VIDEO: "From a picture",
            Operation.TEXT_TO_VIDEO: "From words",
            Operation.VIDEO_TO_VIDEO: "From a clip",
        },
    ),
    Group("larger", "Larger", "maximize", {Operation.UPSCALE_IMAGE: "A picture", Operation.UPSCALE_VIDEO: "A clip"}),
    Group("background", "Cut out", "scissors", {Operation.REMOVE_BACKGROUND: "Without its background"}),
    Group("caption", "Describe", "captions", {Operation.CAPTION: "A picture in words"}),
    Group("speech", "Speech", "mic", {Operation.TEXT_TO_SPEECH: "Words spoken"}),
    Group("sound", "Sound", "volume-2", {Operation.SOUND_EFFECT: "Sound effect"}),
    Group("music", "Music", "music", {Operation.TEXT_TO_MUSIC: "Music"}),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has filled in: parameters are those of an order, files are ids of assets by their role."""

    operation: Operation = Operation.TEXT_TO_IMAGE
    model: str = ""
    prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    count: int = 1


def models_for(project: Project, operation: Operation) -> list[Model]:
    """Return the models that an opened project can try for an operation, the team's first choice first."""
    there = reachable(project.team, rehearsal=project.rehearsal)
    known = [
        as_offered(model, project.team, rehearsal=project.rehearsal)
        for model in models().values()
        if model.provider in there
    ]
    found = [model for model in known if model.usable_for(operation)]
    order = places_for(project.team, operation)
    # The catalogue has the models of one provider in order of preference.
    return sorted(found, key=lambda model: (model.provider == BUILT_IN, order.get(model.provider, len(order))))


def model_of(project: Project, draft: Draft) -> Model:
    """Return the model of a draft, or the first there is.

    Raises:
        ImpossibleRequest: there is no such model, it cannot do that, or nobody here can.
    """
    there = models_for(project, draft.operation)
    if not draft.model:
        if not there:
            raise ImpossibleRequest(
                "Nobody whom this team can ask does that. The team's owner can enter a provider's key under Team "
                "settings, Providers.",
                field="model",
            )
        return there[0]
    model = as_offered(model_named(draft.model), project.team, rehearsal=project.rehearsal)
    model.can(draft.operation)
    if model.retired or model.missing or model.provider not in {one.provider for one in there}:
        _refuse(project, model, draft.operation)
    return model


def known(model: str) -> Model | None:
    """Return a model by its id, retired ones included, or None."""
    return models().get(model)


def _refuse(project: Project, model: Model, operation: Operation) -> None:
    if model.missing:
        raise ImpossibleRequest(model.missing, field="model")
    if model.provider not in reachable(project.team, rehearsal=project.rehearsal):
        raise ImpossibleRequest(
            f"{model.provider_label} has no key here. The team's owner can enter one under Providers and keys.",
            field="model",
        )
    model.check(operation)


def roles_of(capability: Capability) -> dict[str, tuple[str, int, bool]]:
    """Return the files that an operation takes: by role their kind, how many, and whether they must be there."""
    roles: dict[str, tuple[str, int, bool]] = {}
    if capability.source:
        roles["source"] = (capability.source, 1, True)
    if capability.mask:
        roles["mask"] = ("image", 1, True)
    if capability.first_frame != "no":
        roles["first_frame"] = ("image", 1, capability.first_frame == "must")
    if capability.last_frame != "no":
        roles["last_frame"] = ("image", 1, capability.last_frame == "must")
    if capability.references.most:
        roles["reference"] = ("image", capability.references.most, capability.references.least > 0)
    return roles


def inputs_of(project: Project, draft: Draft, capability: Capability) -> tuple[InputFile, ...]:
    """Return the files of a draft as an order refers to them.

    Args:
        project: opened.
        draft: with ids of its assets.
        capability: of its model.

    Raises:
        ImpossibleRequest: one of them is not in this project.
    """
    inputs: list[InputFile] = []
    for role, (kind, _, _) in roles_of(capability).items():
        field_name = "references" if role == "reference" else role
        assets = files_named(project, draft.files.get(role, ()), kind=kind, field=field_name)
        for number, asset in enumerate(assets, 1):
            tag = f"ref{number}" if role == "reference" and capability.references.tags else ""
            inputs.append(input_of(asset, role, tag))
    return tuple(inputs)


def ask(
    *,
    opened: OpenProject,
    operation: Operation,
    model: str,
    prompt: str,
    parameters: Mapping[str, Any],
    inputs: Sequence[InputFile] = (),
    elements: Mapping[str, str] | None = None,
    context: Mapping[str, Any] | None = None,
    count: int = 1,
    idempotency_key: str = "",
) -> Batch:
    """Ask for a try.

    Args:
        opened: the project, opened to spend.
        operation, model, prompt, parameters, inputs, elements, context, count: as for ``wished``.
        idempotency_key: the form's token, so that a double click asks once.

    Raises:
        ImpossibleRequest: the model cannot do that; the message says what it can. Nothing was reserved.
        and what ``services.generate`` raises.
    """
    # Without a seed each press makes something new, and a double click with its one key the same.
    drawn = zlib.crc32(idempotency_key.encode()) if idempotency_key else secrets.randbits(32)
    wanted = wished(
        opened,
        operation=operation,
        model=model,
        prompt=prompt,
        parameters=parameters,
        inputs=inputs,
        elements=elements,
        context=context,
        count=count,
        drawn=drawn,
    )
    return services.generate(
        opened=opened,
        wanted=wanted,
        title=f"Try {wanted[0].model.label}",
        idempotency_key=idempotency_key,
        request_hash=wishes.hash_of([wish.fingerprint for wish in wanted]) if idempotency_key else "",
    )


def wished(
    opened: OpenProject,
    *,
    operation: Operation,
    model: str,
    prompt: str,
    parameters: Mapping[str, Any],
    drawn: int,
    inputs: Sequence[InputFile] = (),
    elements: Mapping[str, str] | None = None,
    context: Mapping[str, Any] | None = None,
    count: int = 1,
) -> list[Wish]:
    """Return the wishes of a try; nothing is asked for.

    Args:
        opened: the project.
        operation: what is wanted.
        model: its id.
        prompt: as it was written.
        parameters: of the order.
        drawn: the seed where the parameters have none.
        inputs: files of this project.
        elements: whom it is tried for: ids of elements.
        context: what the built-in provider draws.
        count: how many results; each is an order of its own with a seed of its own.

    Raises:
        ImpossibleRequest: the model cannot do that; the message says what it can.
    """
    if not 1 <= count <= MOST_RESULTS:
        raise ImpossibleRequest(f"One try makes 1 to {MOST_RESULTS} results.", field="count")
    chosen = model_of(opened.project, Draft(operation=operation, model=model))
    if operation in _SEEN:
        prompt = _understood(opened.project, prompt, chosen.can(operation), inputs)
    chosen.check(operation, prompt=prompt, parameters=parameters, inputs=inputs)
    asked = {**parameters, "seed": drawn if parameters.get("seed") is None else parameters["seed"]}
    return [
        wishes.free_wish(
            opened.project,
            operation=operation,
            model=chosen,
            prompt=prompt,
            parameters=asked,
            inputs=inputs,
            elements=elements,
            context=context,
            number=number,
        )
        for number in range(count)
    ]


def _understood(project: Project, prompt: str, capability: Capability, inputs: Sequence[InputFile]) -> str:
    """Return a prompt with what its ``@names`` mean.

    Raises:
        ImpossibleRequest: it names somebody who is not there.
    """
    cast = cast_of(project, [])
    refuse_unknown(prompt, cast, but={one.tag for one in inputs if one.tag}, where="The prompt")
    return resolved(prompt, cast, rule=capability.prompt, inputs=inputs).text


def label_of(operation: str) -> str:
    """Return an operation in the words of the page."""
    return next(
        (f"{group.label}: {words.lower()}" if len(group.operations) > 1 else group.label)
        for group in GROUPS
        for name, words in group.operations.items()
        if name == operation
    )


def draft_of(project: Project, job: Job) -> Draft:
    """Return what was filled in for a try, to be changed and asked for again.

    Args:
        project: opened, the job's.
        job: from ``trial_jobs``.
    """
    there = files_of(project, job.inputs)
    files: dict[str, list[str]] = {}
    for one in job.inputs:
        if one.get("sha256") in there:
            files.setdefault(one["role"], []).append(str(there[one["sha256"]].pk))
    return Draft(Operation(job.operation), job.model, job.prompt, dict(job.parameters), files)
