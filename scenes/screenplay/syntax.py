"""What a parsed screenplay is made of: elements in reading order, each with its place in the source.

Line numbers count from 1 in the text that was parsed and stay right when comments (boneyards) and
notes are taken out, so that an editor can point at them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class ElementKind(StrEnum):
    """The kinds of Fountain 1.1 (https://fountain.io/syntax)."""

    SCENE_HEADING = "scene_heading"
    ACTION = "action"
    CHARACTER = "character"
    DIALOGUE = "dialogue"
    PARENTHETICAL = "parenthetical"
    LYRICS = "lyrics"
    TRANSITION = "transition"
    CENTERED = "centered"
    SECTION = "section"
    SYNOPSIS = "synopsis"
    NOTE = "note"
    PAGE_BREAK = "page_break"


@dataclass(frozen=True, slots=True)
class Element:
    """One element of the script.

    Attributes:
        kind: what it is.
        text: its words without the marks that made it this kind; emphasis marks are still there (see ``plain_text``).
        line: its first line in the source, from 1.
        end_line: its last line in the source.
        dual: ``left`` or ``right`` for dialogue that is spoken at the same time, else empty.
        scene_number: the number written between hashes, for headings only.
        depth: 1 to 6 for sections, else 0.
        extension: what stands in parentheses behind a name, such as ``V.O.``; several are joined by a comma.
        speaker: for parentheticals, dialogue and sung lyrics, the name in the cue they belong to.
    """

    kind: ElementKind
    text: str
    line: int
    end_line: int
    dual: str = ""
    scene_number: str = ""
    depth: int = 0
    extension: str = ""
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class TitleEntry:
    """One key of the title page with its lines."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know about their script that did not stop us.

    Attributes:
        code: stable, for programs.
        message: one sentence for people.
        line: the line in the source, or 0 when it is about the whole script.
    """

    code: str
    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Screenplay:
    """A whole script: title page, elements in reading order, and what was odd about it."""

    title_page: tuple[TitleEntry, ...]
    elements: tuple[Element, ...]
    warnings: tuple[Notice, ...]

    def title_value(self, key: str) -> str:
        """The title page's value for ``key`` (any case) on one line, or an empty string."""
        wanted = key.casefold()
        for entry in self.title_page:
            if entry.key.casefold() == wanted:
                return plain_text(" ".join(entry.values)).strip()
        return ""

    @property
    def title(self) -> str:
        """The script's title, or an empty string."""
        return self.title_value("title")

    @property
    def has_headings(self) -> bool:
        """Whether any scene heading was found."""
        return any(element.kind is ElementKind.SCENE_HEADING for element in self.elements)


# Four asterisks or three underscores in a row are a rule or a blank to be filled in, and no emphasis.
_MARKER = re.compile(r"(\\[*_\\]|\*{4,}|_{3,}|\*{1,3}|_)")
_RULE = re.compile(r"\*{4,}|_{3,}")


def plain_text(text: str) -> str:
    """``text`` without Fountain's emphasis marks (``*italic* **bold** ***both*** _underline_``).

    Marks must hug their words and pair up on one line, as the syntax demands; a lone asterisk, a
    ``snake_case`` word and an escaped ``\\*`` stay what they are. Linear in the length of the text.
    """
    if "*" not in text and "_" not in text:
        return text
    return "\n".join(_plain_line(line) for line in text.split("\n"))


def _plain_line(line: str) -> str:
    pieces = _MARKER.split(line)
    left = {
        index: len(piece)
        for index, piece in enumerate(pieces)
        if index % 2 and piece[0] != "\\" and not _RULE.fullmatch(piece)
    }
    open_marks: list[tuple[str, int]] = []
    for index, size in tuple(left.items()):
        piece = pieces[index]
        before = pieces[index - 1][-1:] or (pieces[index - 2][-1:] if index >= 2 else "")
        after = pieces[index + 1][:1] or (pieces[index + 2][:1] if index + 2 < len(pieces) else "")
        parts = ["_"] if piece == "_" else {1: ["*"], 2: ["**"], 3: ["*", "**"]}[size]
        can_close = before not in ("", " ", "\t") and not (piece == "_" and after.isalnum())
        can_open = after not in ("", " ", "\t") and not (piece == "_" and before.isalnum())
        closed = False
        if can_close:
            for part in parts:
                closed = _close(part, index, open_marks, left) or closed
        if not closed and can_open:
            open_marks.extend((part, index) for part in reversed(parts))
    return "".join(
        piece if index % 2 == 0 else (piece[1:] if piece[0] == "\\" else piece[0] * left.get(index, len(piece)))
        for index, piece in enumerate(pieces)
    )


def _close(part: str, index: int, open_marks: list[tuple[str, int]], left: dict[int, int]) -> bool:
    """Pair ``part`` with its nearest opening mark; what was opened in between stays as text."""
    for at in range(len(open_marks) - 1, max(-1, len(open_marks) - 9), -1):
        mark, opener = open_marks[at]
        if mark == part:
            del open_marks[at:]
            left[opener] -= len(part)
            left[index] -= len(part)
            return True
    return False
