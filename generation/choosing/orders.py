"""Orders as programs write them: by hand, belonging to no shot, one or many at once; all of them or none."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generation import services
from generation.catalogue import Capability, ImpossibleRequest
from generation.choosing import trial_forms, trials
from generation.choosing.pictures import files_named, input_of
from generation.choosing.shot_settings import words_of
from generation.choosing.trials import Draft
from generation.models import Batch, Job
from generation.providers.base import InputFile, Operation
from generation.states import JobState
from generation.vendors import voices
from generation.wishes import Wish
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Asset

ROLES = ("source", "mask", "first_frame", "last_frame")
_REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Order:
    """One order; what is left out is as the model and the project have it.

    Attributes:
        operation: what is wanted.
        model: its id; empty takes the first that the team can ask.
        prompt: what should be seen or heard.
        size: as people write it.
        duration_ms: how long it should be.
        seed: None makes something new each time.
        negative_prompt, voice, options: as the model takes them.
        files: ids of the project's assets, by what they are for.
    """

    operation: str
    model: str = ""
    prompt: str = ""
    size: str = ""
    duration_ms: int | None = None
    seed: int | None = None
    negative_prompt: str = ""
    voice: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)


def wish_of(opened: OpenProject, order: Order) -> Wish:
    """Return what an order wishes for; nothing is asked for.

    Args:
        opened: the project.
        order: as it was written.

    Raises:
        ImpossibleRequest: no model does it like that; the message says what it can.
    """
    project, operation = opened.project, Operation(order.operation)
    model = trials.model_of(project, Draft(operation=operation, model=order.model))
    capability = model.can(operation)
    inputs, source_ms = _inputs(project, order, capability)
    parameters = _parameters(project, order, capability)
    voices.refuse_unknown(project.team, model, words_of(order.voice), rehearsal=project.rehearsal)
    (wish,) = trials.wished(
        opened,
        operation=operation,
        model=model.id,
        prompt=words_of(order.prompt),
        parameters=parameters | ({"source_ms": source_ms} if source_ms else {}),
        inputs=inputs,
        drawn=secrets.randbits(32),
    )
    return wish


def ask_one(*, opened: OpenProject, order: Order, new_take: bool = False) -> Job:
    """Ask for one order. The same wish with the same seed is joined, or served from what it made before.

    Args:
        opened: the project, opened to spend.
        order: as it was written.
        new_take: have it made once more, whatever it made before.

    Raises:
        ImpossibleRequest: no model does it like that; and what ``services.generate`` raises.
    """
    wish = wish_of(opened, order)
    before = None if new_take or order.seed is None else _made_before(opened.project, wish)
    if before is not None:
        return before
    batch = services.generate(opened=opened, wanted=[wish], title=f"Try {wish.model.label}")
    jobs = Job.objects.filter(project=opened.project, batch=batch, fingerprint=wish.fingerprint)
    return jobs.latest("created_at")


def _made_before(project: Project, wish: Wish) -> Job | None:
    """Return the job that has made just this, with a result that is still there."""
    done = Job.objects.filter(project=project, fingerprint=wish.fingerprint, state=JobState.SUCCEEDED)
    job = done.order_by("-created_at").first()
    if job is None or job.result_text:
        return job
    last = job.attempts.order_by("-number").first()
    kept = Asset.objects.kept().filter(project=project, pk__in=last.assets if last is not None else [])
    return job if kept.exists() else None


def ask_many(*, opened: OpenProject, orders: Sequence[Order], max_concurrent: int | None = None) -> Batch:
    """Ask for several orders in one batch, or for none of them.

    Args:
        opened: the project, opened to spend.
        orders: as they were written.
        max_concurrent: so many of them at once; as many as may be when None.

    Returns:
        The new batch, without what the same orders with the same seeds have made before; where that is all of them, the
        batch that made it.

    Raises:
        ImpossibleRequest: one of them cannot be made like that; the message says which. Nothing was asked for.
        and what ``services.generate`` raises.
    """
    wanted: list[Wish] = []
    before: Job | None = None
    for number, order in enumerate(orders, 1):
        try:
            wish = wish_of(opened, order)
        except ImpossibleRequest as error:
            raise ImpossibleRequest(f"Order {number}: {error}", field=error.field) from error
        made = None if order.seed is None else _made_before(opened.project, wish)
        before = made or before
        if made is None:
            wanted.append(wish)
    if not wanted and before is not None:
        return before.batch
    title = f"{len(wanted)} orders"
    return services.generate(opened=opened, wanted=wanted, title=title, max_concurrent=max_concurrent)


def _parameters(project: Project, order: Order, capability: Capability) -> dict[str, Any]:
    """Return the parameters: what is not said as for people who leave a field empty, the rest as it was said."""
    if order.voice and capability.operation is not Operation.TEXT_TO_SPEECH:
        raise ImpossibleRequest("Only speech has a voice. Leave it out.", field="voice")
    if order.size and capability.sizes is None:
        raise ImpossibleRequest("The size is that of the source. Leave it out.", field="size")
    said = {
        "duration_ms": order.duration_ms,
        "seed": order.seed,
        "negative_prompt": " ".join(words_of(order.negative_prompt).split()),
        "voice": words_of(order.voice),
        "options": dict(order.options),
    }
    usual = trial_forms.parameters_of(project, capability, {"size": order.size}, strict=True)
    return usual | {name: value for name, value in said.items() if value not in ("", None, {})}


def _inputs(project: Project, order: Order, capability: Capability) -> tuple[tuple[InputFile, ...], int | None]:
    """Return the files of an order, and how long the source is where its length is paid for."""
    inputs: list[InputFile] = []
    source_ms = None
    for role, ids in order.files.items():
        kind = (capability.source or "image") if role == "source" else "image"
        assets = files_named(project, ids, kind=kind, field="references" if role == _REFERENCE else role)
        for number, asset in enumerate(assets, 1):
            tagged = role == _REFERENCE and capability.references.tags
            inputs.append(input_of(asset, role, f"ref{number}" if tagged else ""))
            if role == "source" and capability.durations is not None and capability.durations.of_source:
                source_ms = asset.duration_ms
    return tuple(inputs), source_ms
