"""What a shot's stills and clips are made with, chosen by hand: kept only where the model can do it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

from generation import wishes
from generation.catalogue import Capability, ImpossibleRequest, Model, model_named, refuse_retired
from generation.choosing.choices import Option, option_of, wanted_of
from generation.choosing.pictures import files_named, files_of, input_of, is_id
from generation.planning import cast_of, models_of
from generation.providers.base import InputFile, Operation
from generation.vendors.keys import reachable
from generation.vendors.own_models import as_offered
from generation.wishes import Cast, Wish
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Asset, Shot, Take
from scenes.services.shots import set_generation_settings

_MOST_DIGITS = 20
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STILL_TO_COME = InputFile(sha256="", media_type="image/png", role="first_frame")


@dataclass(frozen=True, slots=True)
class Settings:
    """What was chosen for a shot's stills or clips. An empty model is the project's; pictures are ids of assets."""

    model: str = ""
    seed: int | None = None
    negative_prompt: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    last_frame: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Settings:
        """Return settings as a shot's row holds them."""
        return cls(
            model=stored.get("model") or "",
            seed=stored.get("seed"),
            negative_prompt=stored.get("negative_prompt") or "",
            options=stored.get("options") or {},
            references=tuple(stored.get("references") or ()),
            last_frame=stored.get("last_frame") or "",
        )

    @property
    def stored(self) -> dict[str, Any]:
        """Return them as a row holds them: only what was chosen."""
        everything = {
            "model": self.model,
            "seed": self.seed,
            "negative_prompt": self.negative_prompt,
            "options": dict(self.options),
            "references": list(self.references),
            "last_frame": self.last_frame,
        }
        return {name: value for name, value in everything.items() if value not in ("", None, {}, [])}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a shot's stills or clips are made with now.

    Attributes:
        kind: ``still`` or ``clip``.
        settings: what was chosen for this shot.
        option: the model in effect, with its price; None when there is none of its name.
        references, last_frame: the pictures that were chosen, as far as they are still there.
        elements: pictures that come along without being chosen, with the names of who or what they show.
        problem: why nothing can be made like this; empty when it can.
    """

    kind: str
    settings: Settings
    option: Option | None = None
    references: tuple[Asset, ...] = ()
    last_frame: Asset | None = None
    elements: tuple[tuple[str, Asset], ...] = ()
    problem: str = ""


def settings_of(shot: Shot, kind: str) -> Settings:
    """Return what was chosen for a shot's stills or clips."""
    return Settings.read(shot.clip_settings if kind == Take.Kind.CLIP else shot.still_settings)


def choice_for(opened: OpenProject, shot: Shot, kind: str, settings: Settings | None = None) -> Choice:
    """Return what a shot's stills or clips are made with.

    Args:
        opened: the shot's project.
        shot: with its scene and project.
        kind: ``still`` or ``clip``.
        settings: to be looked at instead of those that are stored.
    """
    chosen = settings_of(shot, kind) if settings is None else settings
    try:
        model = _model(opened.project, chosen.model, kind)
        option = option_of(model, wanted_of(shot, kind))
    except ImpossibleRequest as error:
        return Choice(kind, chosen, problem=str(error))
    draft = _with(shot, kind, chosen)
    cast = cast_of(opened.project, [draft])
    problem, elements = f"{model.label} {option.problem}." if option.problem else "", []
    try:
        _refuse_out_of_reach(opened.project, model)
        if not problem:
            wish = _wish(draft, kind, model, cast)
            option = replace(option, price=wish.estimate)
            elements = _elements(wish, cast, chosen)
    except ImpossibleRequest as error:
        problem = str(error)
    return Choice(
        kind=kind,
        settings=chosen,
        option=option,
        references=tuple(cast.assets[one] for one in chosen.references if one in cast.assets),
        last_frame=cast.assets.get(chosen.last_frame),
        elements=tuple(elements),
        problem=problem,
    )


def save_choice(*, opened: OpenProject, shot: Shot, kind: str, settings: Settings) -> bool:
    """Keep what a shot's stills or clips are to be made with.

    Args:
        opened: the shot's project, opened to create.
        shot: one of the project's, with its scene and project.
        kind: ``still`` or ``clip``.
        settings: what was chosen.

    Returns:
        Whether anything has changed.

    Raises:
        ImpossibleRequest: the model cannot do that; the message says what it can. Nothing was changed.
    """
    model = _model(opened.project, settings.model, kind)
    refuse_retired(model)
    _refuse_out_of_reach(opened.project, model)
    option = option_of(model, wanted_of(shot, kind))
    if option.problem:
        raise ImpossibleRequest(f"{model.label} {option.problem}. Choose another.", field="model")
    references = files_named(opened.project, settings.references)
    last = files_named(opened.project, [settings.last_frame] if settings.last_frame else [], field="last_frame")
    draft = _with(shot, kind, settings)
    wish = _wish(draft, kind, model, cast_of(opened.project, [draft]))
    # A wish leaves out what its model does not take; a person is told.
    chosen = [input_of(asset, "reference") for asset in references] + [input_of(asset, "last_frame") for asset in last]
    others = [one for one in wish.inputs if one.sha256 not in {file.sha256 for file in chosen}]
    if kind == Take.Kind.CLIP and option.capability.first_frame != "no":
        others.append(_STILL_TO_COME)
    model.check(
        wish.operation,
        prompt=wish.prompt,
        parameters={
            **wish.parameters,
            "seed": settings.seed,
            "negative_prompt": settings.negative_prompt,
            "options": dict(settings.options),
        },
        inputs=chosen + others,
    )
    return set_generation_settings(opened=opened, shot=shot, kind=kind, settings=settings.stored)


def carried_over(opened: OpenProject, shot: Shot, kind: str, model: str) -> Settings:
    """Return a shot's settings as far as another model takes them, with that model.

    Args:
        opened: the shot's project.
        shot: with its scene and project.
        kind: ``still`` or ``clip``.
        model: its id; empty is the project's.

    Raises:
        ImpossibleRequest: there is no such model, or it does not make that.
    """
    capability = capability_for(opened.project, model, kind)
    return _as_taken(replace(settings_of(shot, kind), model=model), capability)


def use_again(*, opened: OpenProject, take: Take) -> bool:
    """Make the settings of a take those of its shot: model, seed, negative prompt, options, pictures.

    Args:
        opened: the take's project, opened to create.
        take: one of the project's, with its shot, scene and project.

    Raises:
        ImpossibleRequest: it was not generated, or the model cannot do that any more. Nothing was changed.
    """
    made, shot = take.inputs, take.shot
    if take.kind not in (Take.Kind.STILL, Take.Kind.CLIP) or not made.get("model"):
        raise ImpossibleRequest("This take was not made by a model, so that there is nothing to use again.")
    capability = capability_for(opened.project, made["model"], take.kind)
    parameters, inputs = made.get("parameters") or {}, made.get("inputs") or []
    there = files_of(opened.project, inputs)
    # Who is in the shot comes along by itself.
    by_itself = {asset.sha256 for many in cast_of(opened.project, [shot]).pictures.values() for asset in many}
    seed = made.get("seed") if made.get("seed") is not None else parameters.get("seed")
    settings = Settings(
        model=made["model"],
        seed=seed,
        negative_prompt=parameters.get("negative_prompt") or "",
        options=parameters.get("options") or {},
        references=tuple(_ids_of(there, inputs, "reference", but=by_itself)),
        last_frame=next(iter(_ids_of(there, inputs, "last_frame")), ""),
    )
    return save_choice(opened=opened, shot=shot, kind=take.kind, settings=_as_taken(settings, capability))


def capability_for(project: Project, model: str, kind: str) -> Capability:
    """Return what a model takes for stills or clips.

    Args:
        project: opened.
        model: its id; empty is the project's.
        kind: ``still`` or ``clip``.

    Raises:
        ImpossibleRequest: there is no such model, or it does not make that.
    """
    chosen = _model(project, model, kind)
    return chosen.can(wishes.clip_operation(chosen) if kind == Take.Kind.CLIP else Operation.TEXT_TO_IMAGE)


def words_of(text: str) -> str:
    """Return what somebody typed without characters that nobody sees: providers refuse some, and databases others."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n"))


def seed_of(text: str) -> int | None:
    """Return a seed as it was typed; None for none.

    Raises:
        ImpossibleRequest: it is no whole number.
    """
    words = text.strip()
    if not words:
        return None
    if not words.isascii() or not words.isdigit() or len(words) > _MOST_DIGITS:
        raise ImpossibleRequest(
            "A seed is a whole number, 42 for example. Leave it empty to get something new each time.", field="seed"
        )
    return int(words)


def _model(project: Project, model: str, kind: str) -> Model:
    if not model:
        return models_of(project)[Take.Kind(kind)]
    return as_offered(model_named(model), project.team, rehearsal=project.rehearsal)


def _with(shot: Shot, kind: str, settings: Settings) -> Shot:
    """Return the shot as it would be with these settings; the one that was given stays as it is."""
    draft = copy(shot)
    settings = replace(
        settings,
        references=tuple(one for one in settings.references if is_id(one)),
        last_frame=settings.last_frame if is_id(settings.last_frame) else "",
    )
    if kind == Take.Kind.CLIP:
        draft.clip_settings = settings.stored
    else:
        draft.still_settings = settings.stored
    return draft


def _wish(shot: Shot, kind: str, model: Model, cast: Cast) -> Wish:
    if kind == Take.Kind.STILL:
        return wishes.still_wish(shot, model=model, cast=cast)
    still = None
    if shot.still is None:
        # A clip begins with the shot's still, whichever that will be.
        built_in = models_of(shot.scene.project, wishes.BUILT_IN)[Take.Kind.STILL]
        still = wishes.still_wish(shot, model=built_in, cast=Cast())
    return wishes.clip_wish(shot, model=model, cast=cast, still=still)


def _elements(wish: Wish, cast: Cast, chosen: Settings) -> list[tuple[str, Asset]]:
    """Return who and what comes along without having been chosen."""
    by_hand = {cast.assets[one].sha256 for one in chosen.references if one in cast.assets}
    known = {asset.sha256: (name, asset) for name, many in cast.pictures.items() for asset in many}
    going = [one.sha256 for one in wish.inputs if one.role == "reference" and one.sha256 not in by_hand]
    return [known[sha256] for sha256 in going if sha256 in known]


def _refuse_out_of_reach(project: Project, model: Model) -> None:
    if model.missing:
        raise ImpossibleRequest(model.missing, field="model")
    if model.provider not in reachable(project.team, rehearsal=project.rehearsal):
        raise ImpossibleRequest(
            f"{model.label} is made by {model.provider_label}, which has no key here. The team's owner can enter one "
            "under Providers and keys. Or choose another model.",
            field="model",
        )


def _as_taken(settings: Settings, capability: Capability) -> Settings:
    seed, most = settings.seed, capability.seed_most
    return replace(
        settings,
        seed=seed if seed is not None and most is not None and seed <= most else None,
        negative_prompt=settings.negative_prompt[: capability.negative_prompt],
        options={name: value for name, value in settings.options.items() if value in capability.options.get(name, ())},
        references=settings.references[: capability.references.most],
        last_frame=settings.last_frame if capability.last_frame != "no" else "",
    )


def _ids_of(
    there: Mapping[str, Asset], inputs: Sequence[Mapping[str, str]], role: str, but: set[str] | None = None
) -> list[str]:
    hashes = [one.get("sha256", "") for one in inputs if one.get("role") == role]
    return [str(there[sha256].pk) for sha256 in hashes if sha256 in there and sha256 not in (but or ())]
