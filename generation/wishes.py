"""From the footage to what is asked of a model: prompt, parameters, context, and the hashes that tell wishes apart.

No row is written here. The same shot gives the same wish again; that is how a stale take is recognised, how
a double click is joined, and why nothing is made twice.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generation.catalogue import ImpossibleRequest, Model, model_for
from generation.providers.base import InputFile, Operation
from scenes.models import Asset, Film, Line, Shot
from scenes.services.shots import built_prompt

RENDERER = "assembly"


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing to be made. ``input_wish`` is the wish whose result it starts from, when there is none yet."""

    operation: Operation
    model: Model
    prompt: str
    parameters: Mapping[str, Any]
    context: Mapping[str, Any]
    recipe: str
    fingerprint: str
    shot: Shot | None = None
    line: Line | None = None
    film: Film | None = None
    input_asset: Asset | None = None
    input_wish: Wish | None = field(default=None, repr=False)

    @property
    def estimate(self) -> int:
        """What it will cost, in micro-units."""
        return self.model.estimate(
            self.operation, self.parameters, prompt=self.prompt, inputs=self.operation is Operation.IMAGE_TO_VIDEO
        )


def still_wish(shot: Shot, *, provider: str, fresh: int = 0) -> Wish:
    """Return the wish for a shot's still.

    Args:
        shot: with its scene and project.
        provider: who should make it.
        fresh: above zero asks for another one than before: it changes the seed.

    Raises:
        ImpossibleRequest: the provider cannot make it; the message says what it can.
    """
    model = model_for(provider, Operation.TEXT_TO_IMAGE)
    project = shot.scene.project
    return _wish(
        Operation.TEXT_TO_IMAGE,
        model,
        prompt=_prompt(shot, model, Operation.TEXT_TO_IMAGE),
        parameters=model.fit(Operation.TEXT_TO_IMAGE, width=project.width, height=project.height),
        context=_context(shot),
        seed=_seed(shot.label, fresh),
        shot=shot,
    )


def clip_wish(shot: Shot, *, provider: str, still: Wish | None = None, fresh: int = 0) -> Wish:
    """Return the wish for a shot's clip, starting from its still.

    Args:
        shot: with its scene, project and still.
        provider: who should make it.
        still: the still that is to be made first; without it the shot's select is taken.
        fresh: above zero asks for another one than before.

    Raises:
        ImpossibleRequest: the shot has no still, or the provider cannot make the clip.
    """
    model = model_for(provider, Operation.IMAGE_TO_VIDEO)
    project = shot.scene.project
    select = shot.still
    if still is not None:
        start = still.fingerprint
    elif select is not None:
        start = select.fingerprint or select.asset.sha256
    else:
        raise ImpossibleRequest(f"Shot {shot.label} has no still to start from. Generate its still first.")
    try:
        parameters = model.fit(
            Operation.IMAGE_TO_VIDEO, width=project.width, height=project.height, duration_ms=shot.duration_ms
        )
    except ImpossibleRequest as error:
        raise ImpossibleRequest(f"Shot {shot.label}: {error}", field=error.field) from error
    return _wish(
        Operation.IMAGE_TO_VIDEO,
        model,
        prompt=_prompt(shot, model, Operation.IMAGE_TO_VIDEO),
        parameters={**parameters, "fps": project.fps},
        context=_context(shot),
        seed=_seed(shot.label, fresh),
        shot=shot,
        start=start,
        input_asset=select.asset if still is None and select is not None else None,
        input_wish=still,
    )


def voice_wish(line: Line, *, provider: str, voices: Mapping[str, str], fresh: int = 0) -> Wish:
    """Return the wish for a spoken line.

    Args:
        line: with its shot, scene and project.
        provider: who should speak it.
        voices: the voice chosen for each character; others get one by their name.
        fresh: above zero asks for another one than before.

    Raises:
        ImpossibleRequest: the provider cannot speak it.
    """
    model = model_for(provider, Operation.TEXT_TO_SPEECH)
    return _wish(
        Operation.TEXT_TO_SPEECH,
        model,
        prompt=line.text,
        parameters={"voice": voices.get(line.character) or line.character, "max_duration_ms": line.duration_ms},
        context={"parenthetical": line.parenthetical},
        seed=fresh,
        shot=line.shot,
        line=line,
    )


def film_wish(film: Film, *, plan_hash: str) -> Wish:
    """Return the wish for a rendering of the film as it is cut now.

    Args:
        film: which.
        plan_hash: hash of everything that goes into it.
    """
    return _wish(
        Operation.FILM,
        model_for(RENDERER, Operation.FILM),
        prompt="",
        parameters={},
        context={"plan": plan_hash},
        seed=0,
        film=film,
    )


def _wish(
    operation: Operation,
    model: Model,
    *,
    prompt: str,
    parameters: dict[str, Any],
    context: dict[str, Any],
    seed: int,
    start: str = "",
    shot: Shot | None = None,
    line: Line | None = None,
    film: Film | None = None,
    input_asset: Asset | None = None,
    input_wish: Wish | None = None,
) -> Wish:
    frames = (InputFile("", "image/png", "first_frame"),) if start else ()
    model.check(operation, prompt=prompt, parameters=parameters, inputs=frames)
    recipe = hash_of([operation, model.id, prompt, parameters, context, start])
    target = line or shot or film
    return Wish(
        operation=operation,
        model=model,
        prompt=prompt,
        parameters={**parameters, "seed": seed},
        context=context,
        recipe=recipe,
        fingerprint=hash_of([recipe, seed, str(target.pk) if target is not None else ""]),
        shot=shot,
        line=line,
        film=film,
        input_asset=input_asset,
        input_wish=input_wish,
    )


def _prompt(shot: Shot, model: Model, operation: Operation) -> str:
    rule = model.can(operation).prompt
    return shot.prompt_by_hand.strip() or (built_prompt(shot, limit=rule.most) if rule is not None else "")


def _context(shot: Shot) -> dict[str, Any]:
    """Describe the shot for providers that draw it themselves."""
    scene = shot.scene
    lines = list(shot.lines.all())
    seen = [name for name in (line.character for line in lines) if name in shot.characters]
    return {
        "angle": shot.angle,
        "interior": scene.interior,
        "time_of_day": scene.time_of_day,
        "location": scene.location,
        "characters": shot.characters,
        "speaker": seen[0] if seen else "",
        "caption": shot.prompt_by_hand.strip() or shot.description,
        "scene": scene.number,
        "shot": shot.label,
    }


def _seed(label: str, fresh: int) -> int:
    return (zlib.crc32(label.encode()) + fresh * 7919) % 2**32


def hash_of(value: Any) -> str:
    """Return the hash of something that JSON takes; the same content gives the same hash."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
