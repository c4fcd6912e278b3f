"""What goes along with a shot's wish: the words, within what a model takes, and the pictures it is to keep to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generation.catalogue import Capability, ImpossibleRequest
from generation.choosing.pictures import input_of
from generation.providers.base import InputFile
from scenes.models import Asset, Shot
from scenes.services.shots import built_prompt

_NOT_IN_A_TAG = re.compile(r"[^a-z0-9]+")
_TAG_LENGTHS = (3, 16)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what comes back through a film, as far as models can be told.

    Attributes:
        voices: the voice chosen for each character.
        pictures: reference pictures of elements, by their name in upper case.
        assets: the project's files that shots refer to, by id.
    """

    voices: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Sequence[Asset]] = field(default_factory=dict)
    assets: Mapping[str, Asset] = field(default_factory=dict)


def prompt_of(shot: Shot, capability: Capability, inputs: Sequence[InputFile]) -> str:
    """Return the words for a model, within what it takes. A prompt by hand is never shortened.

    Args:
        shot: with its scene and project.
        capability: what the model takes.
        inputs: what goes along; references with a tag are spoken of.
    """
    rule = capability.prompt
    if rule is None:
        return ""
    by_hand = shot.prompt_by_hand.strip()
    tags = [f"@{one.tag}" for one in inputs if one.tag and f"@{one.tag}" not in by_hand]
    mention = f" Keep {', '.join(tags)} as in the references." if tags else ""
    if by_hand:
        return by_hand + mention
    return built_prompt(shot, limit=rule.most - len(mention), unit=rule.unit) + mention


def references_of(shot: Shot, capability: Capability, settings: Mapping[str, Any], cast: Cast) -> tuple[InputFile, ...]:
    """Return the pictures that go along: those chosen for the shot, then those of who and what is seen in it.

    Args:
        shot: with its scene.
        capability: how many the model takes, and whether it knows them by a tag.
        settings: what was chosen for the shot.
        cast: the files by id, and the pictures of elements by name.

    Raises:
        ImpossibleRequest: a chosen one has gone from the project.
    """
    most = capability.references.most
    if not most:
        return ()
    found: list[tuple[Asset, str]] = []
    for asset_id in settings.get("references", ()):
        asset = cast.assets.get(str(asset_id))
        if asset is None:
            raise ImpossibleRequest(
                f"A reference of shot {shot.label} has gone from the project. Choose its references again.",
                field="references",
            )
        found.append((asset, "ref"))
    for name in (*shot.characters, shot.scene.location):
        found += [(asset, name) for asset in cast.pictures.get(name.upper(), ())[:1]]
    taken: dict[str, InputFile] = {}
    tags: set[str] = set()
    for asset, name in found:
        if asset.sha256 not in taken and len(taken) < most:
            tag = _tag(name, tags) if capability.references.tags else ""
            tags.add(tag)
            taken[asset.sha256] = input_of(asset, "reference", tag)
    return tuple(taken.values())


def _tag(name: str, used: set[str]) -> str:
    """Return a name that a prompt can speak of: lower case, short, different from the others."""
    least, most = _TAG_LENGTHS
    stem = _NOT_IN_A_TAG.sub("_", name.lower()).strip("_")
    if not stem or not stem[0].isalpha():
        stem = f"ref_{stem}".rstrip("_")
    stem = stem[: most - 3].rstrip("_").ljust(least, "x")
    tag, number = stem, 2
    while tag in used:
        tag, number = f"{stem}_{number}", number + 1
    return tag
