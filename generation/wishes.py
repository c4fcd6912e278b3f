"""From the footage to what is asked of a model: prompt, parameters, context, and the hashes that tell wishes apart.

No row is written here. The same shot gives the same wish again; that is how a stale take is recognised, how
a double click is joined, and why nothing is made twice.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from generation.catalogue import Capability, ImpossibleRequest, Model, model_for
from generation.choosing.pictures import input_of
from generation.models import MEDIA_OF_OPERATION
from generation.prompting import Cast, Known, references_of, resolved, words_for
from generation.providers.base import InputFile, Operation
from projects.models import Project
from projects.oneline import one_line
from scenes.models import Asset, Element, Film, Line, Shot, Take

__all__ = ["Alternative", "Cast", "Wish"]

RENDERER = "assembly"
BUILT_IN = "animatic"
# Made once: a film has thousands of wishes to tell apart.
_PLAINLY = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_KIND_OF_MEDIA = {"image": Take.Kind.STILL, "video": Take.Kind.CLIP, "audio": Take.Kind.VOICE}


@dataclass(frozen=True, slots=True)
class Alternative:
    """Who is asked next for the same thing, and how. The estimate is in micro-units."""

    provider: str
    model: str
    prompt: str
    parameters: Mapping[str, Any]
    estimate: int


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing to be made.

    ``input_wish`` is the wish whose result it starts from, when there is none yet. ``elements`` says what of each
    element goes in, as a hash by the element's id: it tells later which of them has changed since. ``passed_over`` is
    the provider and the model that somebody chose and that cannot be asked, with ``why_not``; empty: nobody was.
    """

    operation: Operation
    model: Model
    prompt: str
    parameters: Mapping[str, Any]
    context: Mapping[str, Any]
    recipe: str
    fingerprint: str
    inputs: tuple[InputFile, ...] = ()
    shot: Shot | None = None
    line: Line | None = None
    film: Film | None = None
    input_asset: Asset | None = None
    input_wish: Wish | None = field(default=None, repr=False)
    elements: Mapping[str, str] = field(default_factory=dict, repr=False)
    alternatives: tuple[Alternative, ...] = field(default=(), repr=False)
    passed_over: Mapping[str, str] = field(default_factory=dict, repr=False)
    _estimate: list[int] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def estimate(self) -> int:
        """What it will cost at most, in micro-units. Worked out once: each choice of an offer adds it up anew."""
        if not self._estimate:
            starts = self.input_asset is not None or self.input_wish is not None
            inputs = len(self.inputs) + starts
            self._estimate.append(
                self.model.estimate(self.operation, self.parameters, prompt=self.prompt, inputs=inputs)
            )
        return self._estimate[0]

    @property
    def kind(self) -> Take.Kind | None:
        """What take comes out for a shot; None for films and words."""
        return _KIND_OF_MEDIA.get(MEDIA_OF_OPERATION[self.operation])


def still_wish(shot: Shot, *, model: Model, cast: Cast, fresh: int = 0) -> Wish:
    """Return the wish for a shot's still.

    Args:
        shot: with its scene and project.
        model: who should make it.
        cast: for references.
        fresh: above zero asks for another one than before: it changes the seed.

    Raises:
        ImpossibleRequest: the model cannot make it; the message says what it can.
    """
    settings = shot.still_settings
    capability = model.can(Operation.TEXT_TO_IMAGE)
    inputs = references_of(shot, capability, settings, cast)
    return _shot_wish(shot, Operation.TEXT_TO_IMAGE, model, settings, cast=cast, inputs=inputs, fresh=fresh)


def clip_wish(shot: Shot, *, model: Model, cast: Cast, still: Wish | None = None, fresh: int = 0) -> Wish:
    """Return the wish for a shot's clip, starting from its still where the model starts from pictures.

    Args:
        shot: with its scene, project and still.
        model: who should make it.
        cast: for references.
        still: the still that is to be made first; without it the shot's select is taken.
        fresh: above zero asks for another one than before.

    Raises:
        ImpossibleRequest: the shot has no still, or the model cannot make the clip.
    """
    settings = shot.clip_settings
    operation = clip_operation(model)
    capability = model.can(operation)
    start = ""
    select = None
    if operation is Operation.IMAGE_TO_VIDEO:
        select = shot.still
        if still is not None:
            start = still.fingerprint
        elif select is not None:
            start = select.fingerprint or select.asset.sha256
        else:
            raise ImpossibleRequest(f"Shot {shot.label} has no still to start from. Generate its still first.")
    inputs = references_of(shot, capability, settings, cast)
    last = cast.assets.get(str(settings.get("last_frame", "")))
    if last is not None and capability.last_frame != "no":
        inputs = (*inputs, input_of(last, "last_frame"))
    try:
        return _shot_wish(
            shot,
            operation,
            model,
            settings,
            cast=cast,
            inputs=inputs,
            fresh=fresh,
            start=start,
            input_asset=select.asset if still is None and select is not None else None,
            input_wish=still if start else None,
        )
    except ImpossibleRequest as error:
        if error.field != "duration":
            raise
        raise ImpossibleRequest(
            f"Shot {shot.label} is {shot.duration_ms / 1000:g} s long. {error}", field="duration"
        ) from error


def clip_operation(model: Model) -> Operation:
    """Return how a model makes clips: from a still where it can, otherwise from words alone.

    Raises:
        ImpossibleRequest: it makes none.
    """
    if Operation.IMAGE_TO_VIDEO not in model.operations and Operation.TEXT_TO_VIDEO in model.operations:
        return Operation.TEXT_TO_VIDEO
    model.can(Operation.IMAGE_TO_VIDEO)
    return Operation.IMAGE_TO_VIDEO


def voice_wish(line: Line, *, model: Model, cast: Cast, fresh: int = 0) -> Wish:
    """Return the wish for a spoken line.

    Args:
        line: with its shot, scene and project.
        model: who should speak it.
        cast: the voice chosen for each character; others get one by their name.
        fresh: above zero asks for another one than before.

    Raises:
        ImpossibleRequest: the model cannot speak it.
    """
    capability = model.can(Operation.TEXT_TO_SPEECH)
    parameters: dict[str, Any] = {"voice": capability.voice_for(cast.voice_of(line.character))}
    context: dict[str, Any] = {}
    speaker = cast.named(Element.Kind.CHARACTER, line.character)
    if model.provider == BUILT_IN:
        parameters["max_duration_ms"] = line.duration_ms
        context["parenthetical"] = line.parenthetical
    return _wish(
        Operation.TEXT_TO_SPEECH,
        model,
        project=line.shot.scene.project,
        prompt=_as_said(line, capability, cast),
        parameters=parameters,
        context=context,
        seed=fresh,
        shot=line.shot,
        line=line,
        elements={speaker.id: hash_of([speaker.voice, *filter(None, [speaker.voice_model])])} if speaker else {},
    )


def _as_said(line: Line, capability: Capability, cast: Cast) -> str:
    """Return a line as the model is given it: with its words as they are spoken, and how, where it reads that."""
    words = cast.spoken(line.text)
    manner = one_line(line.parenthetical.strip(" ()[]")) if capability.manner else ""
    directed = f"[{manner}] {words}" if manner else words
    rule = capability.prompt
    return words if rule is not None and rule.count(directed) > rule.most else directed


def film_wish(film: Film, *, plan_hash: str) -> Wish:
    """Return the wish for a rendering of the film as it is cut now.

    Args:
        film: which.
        plan_hash: hash of everything that goes into it.
    """
    return _wish(
        Operation.FILM,
        model_for(RENDERER, Operation.FILM),
        project=None,
        prompt="",
        parameters={},
        context={"plan": plan_hash},
        seed=0,
        film=film,
    )


def free_wish(
    project: Project,
    *,
    operation: Operation,
    model: Model,
    prompt: str,
    parameters: Mapping[str, Any],
    inputs: Sequence[InputFile] = (),
    elements: Mapping[str, str] | None = None,
    context: Mapping[str, Any] | None = None,
    number: int = 0,
) -> Wish:
    """Return a wish that belongs to no shot.

    Args:
        project: where the result goes.
        operation, model, prompt, parameters: as the model takes them.
        inputs: files of the project.
        elements: whom it is tried for, as ``Wish`` has it.
        context: what the built-in provider draws; others read the prompt.
        number: above zero asks for another one like it.

    Raises:
        ImpossibleRequest: the model cannot do it.
    """
    seed = parameters.get("seed")
    if seed is None:
        # By the day's wish, not by chance: asked twice without a seed, it is the same wish.
        seed = zlib.crc32(hash_of([str(project.pk), prompt]).encode())
    return _wish(
        operation,
        model,
        project=project,
        prompt=prompt,
        parameters={name: value for name, value in parameters.items() if name != "seed"},
        context=dict(context or {}) if model.provider == BUILT_IN else {},
        seed=(int(seed) + number * 7919) % 2**32,
        inputs=tuple(inputs),
        target=str(project.pk),
        elements=elements,
    )


def _shot_wish(
    shot: Shot,
    operation: Operation,
    model: Model,
    settings: Mapping[str, Any],
    *,
    cast: Cast,
    inputs: tuple[InputFile, ...],
    fresh: int,
    start: str = "",
    input_asset: Asset | None = None,
    input_wish: Wish | None = None,
) -> Wish:
    project = shot.scene.project
    capability = model.can(operation)
    moving = operation is not Operation.TEXT_TO_IMAGE
    parameters = model.fit(
        operation,
        width=project.width,
        height=project.height,
        duration_ms=shot.duration_ms if moving else None,
    )
    context: dict[str, Any] = {}
    words, seen = words_for(shot, capability, inputs, cast), cast.seen_in(shot)
    drawn_here = model.provider == BUILT_IN
    if drawn_here:
        parameters |= {"width": project.width, "height": project.height}
        if moving:
            parameters["fps"] = project.fps
        context = _context(shot, seen, cast)
    else:
        if settings.get("negative_prompt") and capability.negative_prompt:
            parameters["negative_prompt"] = settings["negative_prompt"]
        options = {name: value for name, value in settings.get("options", {}).items() if name in capability.options}
        if options:
            parameters["options"] = options
    chosen = settings.get("seed")
    return _wish(
        operation,
        model,
        project=project,
        prompt=words.text,
        parameters=parameters,
        context=context,
        seed=_seed(shot.label, fresh) if chosen is None else (int(chosen) + fresh * 7919) % 2**32,
        inputs=inputs,
        start=start,
        shot=shot,
        input_asset=input_asset,
        input_wish=input_wish,
        elements={one.id: _share(one, drawn_here or one.id in words.described, inputs) for one in seen},
    )


def _share(known: Known, described: bool, inputs: Sequence[InputFile]) -> str:
    """Return a hash of what of an element goes into a wish."""
    going = {one.sha256 for one in inputs}
    pictures = [asset.sha256 for asset in known.pictures[:1] if asset.sha256 in going]
    return hash_of([known.name, known.description if described else "", pictures])


def _wish(
    operation: Operation,
    model: Model,
    *,
    project: Project | None,
    prompt: str,
    parameters: dict[str, Any],
    context: dict[str, Any],
    seed: int,
    inputs: tuple[InputFile, ...] = (),
    start: str = "",
    target: str = "",
    shot: Shot | None = None,
    line: Line | None = None,
    film: Film | None = None,
    input_asset: Asset | None = None,
    input_wish: Wish | None = None,
    elements: Mapping[str, str] | None = None,
) -> Wish:
    capability = model.can(operation)
    seed_most = capability.seed_most
    seeded = parameters if seed_most is None else {**parameters, "seed": seed % (seed_most + 1)}
    if operation is not Operation.FILM:
        # A start frame that is still to be made counts as given.
        first = (
            (InputFile("", "image/png", "first_frame"),) if input_asset is not None or input_wish is not None else ()
        )
        model.check(operation, prompt=prompt, parameters=seeded, inputs=(*first, *inputs))
    what: list[Any] = [operation, model.id, prompt, parameters, context, start]
    if inputs:
        what.append([asdict(one) for one in inputs])
    if project is not None and project.rehearsal and model.provider != BUILT_IN:
        # What was only rehearsed is stale once it is meant.
        what.append("rehearsal")
    recipe = hash_of(what)
    goal = line or shot or film
    return Wish(
        operation=operation,
        model=model,
        prompt=prompt,
        parameters=seeded,
        context=context,
        recipe=recipe,
        fingerprint=hash_of([recipe, seed, str(goal.pk) if goal is not None else target]),
        inputs=inputs,
        shot=shot,
        line=line,
        film=film,
        input_asset=input_asset,
        input_wish=input_wish,
        elements=elements or {},
    )


def _context(shot: Shot, seen: Sequence[Known], cast: Cast) -> dict[str, Any]:
    """Describe the shot for providers that draw it themselves."""
    scene = shot.scene
    lines = list(shot.lines.all())
    speaking = [name for name in (line.character for line in lines) if name in shot.characters]
    looks = {name: _look(cast.named(Element.Kind.CHARACTER, name)) for name in shot.characters}
    named = [known for known in seen if known.kind == Element.Kind.CHARACTER and not set(known.names) & set(looks)]
    looks |= {known.names[0]: _look(known) for known in named}
    return {
        "angle": shot.angle,
        "interior": scene.interior,
        "time_of_day": scene.time_of_day,
        "location": scene.location,
        "characters": list(looks),
        **({"looks": list(looks.values())} if any(looks.values()) else {}),
        "speaker": speaking[0] if speaking else "",
        "caption": resolved(shot.prompt_by_hand.strip(), cast, rule=None).text or shot.description,
        "scene": scene.number,
        "shot": shot.label,
    }


def _look(known: Known | None) -> str:
    return known.description if known is not None else ""


def _seed(label: str, fresh: int) -> int:
    return (zlib.crc32(label.encode()) + fresh * 7919) % 2**32


def hash_of(value: Any) -> str:
    """Return the hash of something that JSON takes; the same content gives the same hash."""
    return hashlib.sha256(_PLAINLY.encode(value).encode()).hexdigest()
