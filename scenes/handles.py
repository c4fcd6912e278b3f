"""Handles: what prompts call an element, ``@mara`` for one. Pure: no rows, only words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

HANDLE_LIMIT = 60
_LONGEST = 40
# An address (mara@example.com) is no mention, and a full stop behind a name ends the sentence.
_MENTION = re.compile(r"(?<![\w@.+-])@(\w+(?:-\w+)*)")
_BREAK = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Mention:
    """An ``@name`` in a text: the handle that it names, and where it stands, the ``@`` included."""

    handle: str
    start: int
    end: int


def new_handle(name: str, taken: Collection[str]) -> str:
    """Return a handle for a name, different from those that are taken: ``@harbour-office``, ``@harbour-office-2``."""
    plain = unicodedata.normalize("NFKD", name.replace("'", "").replace("’", ""))
    # Accents go, letters of other scripts stay: they have no plain form.
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    plain = unicodedata.normalize("NFC", plain)
    stem = _BREAK.sub("-", plain).strip("-")[:_LONGEST].strip("-") or "element"
    handle, number = stem, 2
    while handle in taken:
        handle, number = f"{stem}-{number}", number + 1
    return handle


def mentions(text: str) -> Iterator[Mention]:
    """Yield the ``@names`` of a text in order, whoever they may name."""
    for match in _MENTION.finditer(text):
        yield Mention(match[1].casefold(), match.start(), match.end())


def put_for_mentions(text: str, words: Collection[tuple[Mention, str]]) -> str:
    """Return a text with words in the place of some of its mentions."""
    for mention, instead in sorted(words, key=lambda pair: pair[0].start, reverse=True):
        text = f"{text[: mention.start]}{instead}{text[mention.end :]}"
    return text
