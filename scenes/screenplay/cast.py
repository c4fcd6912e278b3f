"""Who is in a piece of action: names of the cast found in running text."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_DETERMINERS = {"the", "a", "an", "his", "her", "their", "this", "that", "another", "both"}
_INTRODUCTION = re.compile(
    r"\b(?P<name>[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ'’.-]{1,30}(?: [A-ZÀ-ÖØ-Þ0-9][A-ZÀ-ÖØ-Þ0-9'’.-]{0,30}){0,3}) ?"
    r"\((?=\d|(?:early|mid|late|teen|thirt|fort|fift|sixt|sevent|eight|nine|twent)[a-z]*)",
)
_PRONOUNS = re.compile(r"\b(he|she|they|him|his|her|hers|them|their)\b", re.IGNORECASE)


class Cast:
    """Finds the cast's names in text, in linear time.

    A name counts when it is written with capitals ("Mara", "OLD MAN") or behind an article ("the old
    man"), so that a character called WILL is not found in "she will". The first word of a longer
    name counts too when nobody else has it.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[tuple[str, ...], str] = {}
        firsts: dict[str, set[str]] = {}
        for name in names:
            tokens = tuple(token.casefold() for token in _TOKEN.findall(name))
            if not tokens:
                continue
            self._names.setdefault(tokens, name)
            firsts.setdefault(tokens[0], set()).add(name)
        for first, bearers in firsts.items():
            if len(bearers) == 1 and first not in _DETERMINERS and len(first) > 2:
                self._names.setdefault((first,), next(iter(bearers)))
        # By first word only how long the names are: a thousand Johns must not be gone through at each John.
        lengths: dict[str, set[int]] = {}
        for tokens in self._names:
            lengths.setdefault(tokens[0], set()).add(len(tokens))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def find(self, text: str) -> tuple[str, ...]:
        """Names in ``text`` in order of first appearance, each once."""
        words = _TOKEN.findall(text)
        folded = [word.casefold() for word in words]
        found: dict[str, None] = {}
        at = 0
        while at < len(words):
            step = 1
            for length in self._lengths.get(_bare(folded[at]), ()):
                end = at + length
                name = self._names.get(tuple(map(_bare, folded[at:end])))
                if name is None or end > len(words):
                    continue
                capitals = all(word[0].isupper() or word[0].isdigit() for word in words[at:end])
                if capitals or (at > 0 and folded[at - 1] in _DETERMINERS):
                    found[name] = None
                    step = length
                    break
            at += step
        return tuple(found)


def _bare(word: str) -> str:
    """A word without a possessive ending."""
    return word[:-2] if word.endswith(("'s", "’s")) else word


def introduced(text: str) -> tuple[str, ...]:
    """Characters that action introduces in capitals with an age, as in ``TOM REED (40s)``."""
    return tuple(dict.fromkeys(match["name"].strip(" .") for match in _INTRODUCTION.finditer(text)))


def mentions_somebody(text: str) -> bool:
    """Whether a pronoun stands for a person in ``text``."""
    return bool(_PRONOUNS.search(text))


def spoken_name(name: str) -> str:
    """A cue as it is written in running text: ``OLD MAN'S SON`` becomes ``Old Man's Son``."""
    return " ".join(
        word if any(char.isdigit() for char in word) else word[:1].upper() + word[1:].lower() for word in name.split()
    )


def appearance(name: str, introduction: str) -> str:
    """What the sentence that introduces somebody says of their looks: the age and whatever stands with it.

    The rest of the sentence is what they do there, and has no business in the prompts of other shots.

    Args:
        name: as in the cue.
        introduction: ``MARA (60, in oilskins) unties the ferry.`` or ``MARA, 60, unties the ferry.``
    """
    words = r"[^\W_]+(?:[ '’.-][^\W_]+){0,3}"
    pattern = rf"\b{re.escape(name)}(?: {words})?(?: ?\((?P<within>[^()]{{1,200}})\)|, (?P<age>[0-9]{{1,3}}s?)\b)"
    found = re.search(pattern, introduction, re.IGNORECASE)
    if found is None:
        return ""
    looks = (found["within"] or found["age"]).strip()
    return f"{looks} years old" if looks.isdigit() else looks
