"""What goes along with a shot's wish: the words, within what a model takes, and the pictures it is to keep to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from generation.catalogue import Capability, ImpossibleRequest, Model, model_named
from generation.catalogue.limits import PromptRule
from generation.choosing.pictures import input_of
from generation.providers.base import InputFile
from scenes.handles import Mention, mentions, put_for_mentions
from scenes.models import Asset, Element, Shot
from scenes.services.shots import built_prompt

_NOT_IN_A_TAG = re.compile(r"[^a-z0-9]+")
_TAG_LENGTHS = (3, 16)
# Descriptions have at most this share of a prompt, and none in one that is too short for them.
_ABOUT_SHARE = 3
_ABOUT_LEAST = 400


@dataclass(frozen=True, slots=True)
class Known:
    """A character, location or prop, as far as models can be told of it.

    Attributes:
        id: of its row, as text.
        kind: one of ``Element.Kind``.
        name: as people write it.
        handle: what prompts call it.
        names: every name that the script may have for it, in capitals.
        description, voice, voice_model: as people chose them; may be empty.
        pictures: what it looks like, the portrait first.
    """

    id: str
    kind: str
    name: str
    handle: str
    names: tuple[str, ...]
    description: str = ""
    voice: str = ""
    voice_model: str = ""
    pictures: tuple[Asset, ...] = ()


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what comes back through a film.

    Attributes:
        known: the project's elements.
        assets: the project's files that shots refer to, by id.
        pronunciations: pairs of a word of the script and what voices are given in its place.
    """

    known: tuple[Known, ...] = ()
    assets: Mapping[str, Asset] = field(default_factory=dict)
    pronunciations: tuple[tuple[str, str], ...] = ()
    _by_name: dict[tuple[str, str], Known] = field(default_factory=dict, init=False, repr=False, compare=False)
    _by_handle: dict[str, Known] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for one in self.known:
            self._by_handle[one.handle] = one
            for name in one.names:
                self._by_name.setdefault((one.kind, name), one)

    @property
    def pictures(self) -> dict[str, tuple[Asset, ...]]:
        """Reference pictures of elements, by the name that people know them by."""
        return {one.name: one.pictures for one in self.known if one.pictures}

    def named(self, kind: str, name: str) -> Known | None:
        """Return the element that a script calls so."""
        return self._by_name.get((kind, name.upper()))

    def mentioned(self, text: str) -> Iterator[tuple[Mention, Known]]:
        """Yield the elements that a text names with an ``@``, in order."""
        for mention in mentions(text):
            known = self._by_handle.get(mention.handle)
            if known is not None:
                yield mention, known

    def voice_of(self, character: str) -> str:
        """Return the voice that was chosen for a character; its own name where none was."""
        known = self.named(Element.Kind.CHARACTER, character)
        return known.voice if known is not None and known.voice else character

    def voice_model_of(self, character: str) -> Model | None:
        """Return the model that was chosen to speak for a character; None where the project's does.

        Raises:
            ImpossibleRequest: there is no such model any more.
        """
        known = self.named(Element.Kind.CHARACTER, character)
        return model_named(known.voice_model) if known is not None and known.voice_model else None

    def has_own_voice(self, character: str) -> bool:
        """Return whether somebody chose a character's voice, or who speaks it."""
        known = self.named(Element.Kind.CHARACTER, character)
        return known is not None and bool(known.voice or known.voice_model)

    def spoken(self, text: str) -> str:
        """Return a line as voices are given it: each word that has a pronunciation in that spelling."""
        if not self.pronunciations:
            return text
        spoken = {word.casefold(): how for word, how in self.pronunciations}
        words = _any_of(tuple(spoken))
        return words.sub(lambda found: spoken.get(found[0].casefold(), found[0]), text)

    def seen_in(self, shot: Shot) -> list[Known]:
        """Return who and what a shot shows: those that its prompt names, its characters, its location."""
        found = [known for _, known in self.mentioned(shot.prompt_by_hand)]
        found += [one for name in shot.characters if (one := self.named(Element.Kind.CHARACTER, name))]
        place = self.named(Element.Kind.LOCATION, shot.scene.location)
        return list(dict.fromkeys([*found, *([place] if place else [])]))

    def closest(self, handle: str) -> str:
        """Return the handle that somebody may have meant, or nothing."""
        return next(iter(get_close_matches(handle, self._by_handle, n=1, cutoff=0.6)), "")


@lru_cache(maxsize=16)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Find whole words. The longest first: a full name has its own pronunciation, which is not that of its parts."""
    either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """What a model is told, and whose descriptions are in it (ids of elements)."""

    text: str
    described: frozenset[str] = frozenset()


def words_for(shot: Shot, capability: Capability, inputs: Sequence[InputFile], cast: Cast) -> Words:
    """Return the words for a model, within what it takes. What a person wrote is never shortened.

    An ``@name`` becomes the tag of the picture that goes along, where the model knows pictures by tags; elsewhere the
    name, with its description where it is first named. A built prompt says at its end what everybody looks like.

    Args:
        shot: with its scene and project.
        capability: what the model takes.
        inputs: what goes along; references with a tag are spoken of.
        cast: who there is.

    Raises:
        ImpossibleRequest: the prompt names somebody who is not there.
    """
    rule = capability.prompt
    if rule is None:
        return Words("")
    by_hand = shot.prompt_by_hand.strip()
    tags = [one.tag for one in inputs if one.tag]
    if by_hand:
        refuse_unknown(by_hand, cast, but=set(tags), where=f"The prompt of shot {shot.label}")
        words = resolved(by_hand, cast, rule=rule, inputs=inputs)
        return Words(words.text + _keep(tags, words.text), words.described)
    keep = _keep(tags, "")
    about, described = _about(cast.seen_in(shot), rule)
    built = built_prompt(shot, limit=rule.most - rule.count(about) - len(keep), unit=rule.unit)
    return Words(built + about + keep, described)


def refuse_unknown(text: str, cast: Cast, *, but: set[str], where: str) -> None:
    """Refuse words that name somebody who is not there, before they cost anything.

    Args:
        text: with its ``@names``.
        cast: who there is.
        but: tags of pictures that go along; they can be named, too.
        where: what the text is, as the beginning of a sentence.

    Raises:
        ImpossibleRequest: the message says who may have been meant.
    """
    known = {mention.start for mention, _ in cast.mentioned(text)}
    for mention in mentions(text):
        if mention.start in known or mention.handle in but:
            continue
        meant = cast.closest(mention.handle)
        hint = f"Did you mean @{meant}?" if meant else "Its elements are listed under Elements."
        raise ImpossibleRequest(
            f"{where} names @{mention.handle[:40]}, and this project has no such element. {hint}", field="prompt"
        )


def resolved(text: str, cast: Cast, *, rule: PromptRule | None, inputs: Sequence[InputFile] = ()) -> Words:
    """Return a text with what models understand in the place of its ``@names``.

    Args:
        text: as a person wrote it.
        cast: who there is; names of others stay as they are.
        rule: how much the model takes; None leaves descriptions out.
        inputs: pictures that go along, with the tags by which they can be named.
    """
    tag_of = {one.sha256: one.tag for one in inputs if one.tag}
    plain: list[tuple[Mention, str]] = []
    full: list[tuple[Mention, str]] = []
    described: set[str] = set()
    for mention, known in cast.mentioned(text):
        tag = next((tag_of[asset.sha256] for asset in known.pictures[:1] if asset.sha256 in tag_of), "")
        short = f"@{tag}" if tag else known.name
        plain.append((mention, short))
        if known.description and not tag and known.id not in described:
            described.add(known.id)
            full.append((mention, f"{known.name} ({known.description.rstrip(' .')})"))
        else:
            full.append((mention, short))
    whole = put_for_mentions(text, full)
    if described and rule is not None and rule.count(whole) <= rule.most:
        return Words(whole, frozenset(described))
    return Words(put_for_mentions(text, plain))


def _keep(tags: Sequence[str], text: str) -> str:
    unsaid = [f"@{tag}" for tag in tags if f"@{tag}" not in text]
    return f" Keep {', '.join(unsaid)} as in the references." if unsaid else ""


def _about(seen: Sequence[Known], rule: PromptRule) -> tuple[str, frozenset[str]]:
    """Return what everybody who is seen looks like, in a third of the prompt at most, and whom that tells of."""
    if rule.most < _ABOUT_LEAST:
        return "", frozenset()
    text, described = "", set()
    for known in seen:
        room = rule.most // _ABOUT_SHARE - rule.count(text) - rule.count(f". {known.name}: ")
        words = known.description.split()
        while words and rule.count(" ".join(words)) > room:
            words.pop()
        if words:
            text += f". {known.name}: {' '.join(words).rstrip(' .,;:')}"
            described.add(known.id)
    return f"{text}." if text else "", frozenset(described)


def references_of(shot: Shot, capability: Capability, settings: Mapping[str, Any], cast: Cast) -> tuple[InputFile, ...]:
    """Return the pictures that go along: those chosen for the shot, then those of who and what is seen in it.

    Args:
        shot: with its scene.
        capability: how many the model takes, and whether it knows them by a tag.
        settings: what was chosen for the shot.
        cast: the files by id, and the elements with their pictures.

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
    found += [(asset, known.handle) for known in cast.seen_in(shot) for asset in known.pictures[:1]]
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
