"""Fountain 1.1, text to elements (https://fountain.io/syntax).

Where the syntax is silent we are forgiving, and say so in a warning: a heading in capitals without
an empty line before it is still a heading, and a comment that is never closed does not swallow the
rest of the film. ``parse_fountain`` accepts any text and never raises.
"""

from __future__ import annotations

import re
from dataclasses import replace

from . import headings
from .cuts import Cut, Row, cut_boneyards, cut_notes
from .syntax import Element, ElementKind, Notice, Screenplay, TitleEntry

_LINE_END = re.compile(r"\r\n|\r|\n|\u2028|\u2029|\x85|\x0b|\x0c")
_TITLE_KEY = re.compile(r"([^\s:][^:]{0,40}):(.*)")
_KNOWN_TITLE_KEYS = frozenset(
    (
        *("title", "credit", "author", "authors", "written by", "source", "based on", "notes", "contact", "copyright"),
        *("draft", "date", "draft date", "revision", "revision date", "font", "watermark", "genre", "format"),
        *("episode", "series", "language"),
    )
)
_SECTION = re.compile(r"(#{1,6})\s*([^#\s].*)")
_PAGE_BREAK = re.compile(r"={3,}\s*")
_EXTENSION = re.compile(r"\(([^()]*)\)?")


def parse_fountain(text: str) -> Screenplay:
    """Parse any text as Fountain.

    Args:
        text: with any line ends; a byte order mark is ignored.

    Returns:
        The screenplay; elements in source order with increasing lines.
    """
    rows = [Row(line.expandtabs(4), number) for number, line in enumerate(split_lines(text), start=1)]
    rows, boneyard_notices = cut_boneyards(rows)
    title_page, start = _read_title_page(rows)
    rows, notes, note_notices = cut_notes(rows[start:])
    parser = _Parser(rows)
    elements = _with_notes(parser.parse(), notes)
    warnings = dict.fromkeys([*boneyard_notices, *note_notices, *parser.warnings])
    return Screenplay(title_page, elements, tuple(sorted(warnings, key=lambda notice: notice.line)))


def split_lines(text: str) -> list[str]:
    """The lines as the parser counts them, from any line ends; line 1 is the first of the list."""
    return _LINE_END.split(text.removeprefix("\ufeff"))


def _read_title_page(rows: list[Row]) -> tuple[tuple[TitleEntry, ...], int]:
    """The title page and the index of the first row behind it.

    A first line like ``FADE IN:`` also has a colon, so at least one key must be one that title pages use.
    """
    start = 0
    while start < len(rows) and rows[start].blank:
        start += 1
    entries: list[tuple[str, list[str]]] = []
    index = start
    while index < len(rows) and not rows[index].blank:
        text = rows[index].text
        match = _TITLE_KEY.match(text)
        if match:
            value = match[2].strip()
            entries.append((match[1].strip(), [value] if value else []))
        elif entries:
            entries[-1][1].append(text.strip())
        else:
            return (), 0
        index += 1
    if not any(key.casefold() in _KNOWN_TITLE_KEYS for key, _ in entries):
        return (), 0
    return tuple(TitleEntry(key, tuple(values)) for key, values in entries), index


def _with_notes(elements: list[Element], notes: list[Cut]) -> tuple[Element, ...]:
    made = [Element(ElementKind.NOTE, note.text, note.line, note.end_line) for note in notes]
    return tuple(sorted([*elements, *made], key=lambda element: element.line))


def split_cue(text: str) -> tuple[str, str]:
    """A character cue's name and its extensions: ``MARA (V.O.) (CONT'D)`` gives ``("MARA", "V.O., CONT'D")``."""
    at = text.find("(")
    if at < 0:
        return " ".join(text.split()), ""
    extensions = [found.strip() for found in _EXTENSION.findall(text[at:]) if found.strip()]
    # What stands behind a closed bracket belongs to the name: no word of a script is lost.
    return " ".join(_EXTENSION.sub(" ", text).split()), ", ".join(extensions)


def is_cue(text: str) -> bool:
    """Whether a line could be a character's name by its capitals: ``R2D2``, ``ZOË``, ``GROßMUTTER (V.O.)``."""
    name = text.partition("(")[0].rstrip(" ^")
    return any(char.isupper() for char in name) and not any(char.islower() and char != "ß" for char in name)


def is_transition(text: str) -> bool:
    """Whether a line standing alone is a transition without being forced."""
    return text.endswith("TO:") and text == text.upper()


class _Parser:
    """One pass over the rows; each method takes what starts at ``self.at`` and moves behind it."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.at = 0
        self.elements: list[Element] = []
        self.warnings: list[Notice] = []
        blanks = [row for row in rows if row.blank]
        spaced = sum(len(row.text) >= 2 for row in blanks)
        # Some programs leave spaces on every empty line; then two spaces mean nothing.
        self.two_spaces_continue = not (spaced > 3 and spaced * 2 > len(blanks))

    def parse(self) -> list[Element]:
        while self.at < len(self.rows):
            row = self.rows[self.at]
            if row.blank:
                self.at += 1
            elif not self._single(row):
                if self._starts_dialogue():
                    self._dialogue()
                else:
                    self._action()
        return self.elements

    def _add(self, kind: ElementKind, text: str, first: int, last: int, **more: str | int) -> None:
        element = Element(kind, text, self.rows[first].line, self.rows[last].line)
        self.elements.append(replace(element, **more) if more else element)  # type: ignore[arg-type]

    def _blank_before(self) -> bool:
        """Whether the line stands at the start of a paragraph; headings, sections and the like end one too."""
        if self.at == 0 or self.rows[self.at - 1].blank:
            return True
        if not self.elements:
            return False
        previous = self.elements[-1]
        return previous.kind in _ONE_LINERS and previous.end_line == self.rows[self.at - 1].line

    def _blank_after(self) -> bool:
        return self.at + 1 >= len(self.rows) or self.rows[self.at + 1].blank

    def _single(self, row: Row) -> bool:
        """Take an element that is one line long, if there is one here."""
        found = self._read_single(row)
        if found is None:
            return False
        kind, text, more = found
        self._add(kind, text, self.at, self.at, **more)
        self.at += 1
        return True

    def _read_single(self, row: Row) -> tuple[ElementKind, str, dict[str, str | int]] | None:
        text = row.text.strip()
        first = text[0]
        if first in "!@~":
            return None
        if first == "=":
            if _PAGE_BREAK.fullmatch(text):
                return ElementKind.PAGE_BREAK, "", {}
            return (ElementKind.SYNOPSIS, text[1:].strip(), {}) if not text.startswith("==") else None
        if first == "#" and (match := _SECTION.fullmatch(text)):
            return ElementKind.SECTION, match[2].strip(), {"depth": len(match[1])}
        if first == ">":
            if text.endswith("<") and len(text) > 1:
                return ElementKind.CENTERED, text[1:-1].strip(), {}
            return ElementKind.TRANSITION, text[1:].strip(), {}
        if self._is_heading(row, text):
            heading, number = headings.split_number(text[1:] if first == "." else text)
            return ElementKind.SCENE_HEADING, heading, {"scene_number": number}
        if is_transition(text) and self._blank_before() and self._blank_after():
            return ElementKind.TRANSITION, text, {}
        return None

    def _is_heading(self, row: Row, text: str) -> bool:
        if text[0] == ".":
            return len(text) > 1 and (text[1].isalnum() or text[1] in "([\"'") and self._blank_before()
        if not headings.is_heading(text):
            return False
        if self._blank_before():
            return True
        if not headings.is_certain_heading(headings.split_number(text)[0]):
            return False
        message = f"Line {row.line}: a scene heading without an empty line before it; it was read as a heading."
        self.warnings.append(Notice("heading_without_blank", message, row.line))
        return True

    def _starts_dialogue(self) -> bool:
        if not self._blank_before() or self._blank_after():
            return False
        text = self.rows[self.at].text.strip()
        if text[0] == "@":
            return len(text) > 1
        return text[0] not in "!~(" and is_cue(text)

    def _dialogue(self) -> None:
        cue = self.rows[self.at].text.strip().removeprefix("@")
        dual = cue.endswith("^")
        name, extension = split_cue(cue.rstrip(" ^"))
        side = "right" if dual and self._mark_left() else ""
        self._add(ElementKind.CHARACTER, name, self.at, self.at, dual=side, extension=extension)
        self.at += 1
        while self.at < len(self.rows) and self._in_dialogue():
            text = self.rows[self.at].text.strip()
            if text.startswith("(") and text.endswith(")"):
                self._add(ElementKind.PARENTHETICAL, text[1:-1].strip(), self.at, self.at, dual=side, speaker=name)
                self.at += 1
            elif text.startswith("~"):
                self._lyrics(side, name)
            else:
                self._speech(side, name)

    def _mark_left(self) -> bool:
        """Make the dialogue before this one the left half of a dual; False when there is none to pair with."""
        at = len(self.elements) - 1
        while at >= 0 and self.elements[at].kind in _SPOKEN:
            at -= 1
        if at < 0 or at == len(self.elements) - 1 or self.elements[at].kind is not ElementKind.CHARACTER:
            return False
        if self.elements[at].dual:
            return False
        self.elements[at:] = [replace(element, dual="left") for element in self.elements[at:]]
        return True

    def _in_dialogue(self) -> bool:
        """Whether the line at hand belongs to the speech: it has text, or it has two spaces and the speech goes on."""
        row = self.rows[self.at]
        if not row.blank:
            text = row.text.strip()
            if _PAGE_BREAK.fullmatch(text):
                return False
            return not (headings.is_heading(text) and headings.is_certain_heading(headings.split_number(text)[0]))
        if len(row.text) < 2 or not self.two_spaces_continue or self._blank_after():
            return False
        following = self.rows[self.at + 1].text.strip()
        if following[0] in "#=>.!@" or headings.is_heading(following):
            return False
        ends = self.at + 2 >= len(self.rows) or self.rows[self.at + 2].blank
        return not (is_cue(following) and not ends)

    def _speech(self, side: str, speaker: str) -> None:
        first = self.at
        while self.at < len(self.rows) and self._in_dialogue():
            text = self.rows[self.at].text.strip()
            if self.at > first and (text.startswith("~") or (text.startswith("(") and text.endswith(")"))):
                break
            self.at += 1
        spoken = "\n".join(row.text.strip() for row in self.rows[first : self.at]).strip()
        if spoken:
            self._add(ElementKind.DIALOGUE, spoken, first, self.at - 1, dual=side, speaker=speaker)

    def _lyrics(self, side: str, speaker: str) -> None:
        first = self.at
        while self.at < len(self.rows) and self.rows[self.at].text.lstrip().startswith("~"):
            self.at += 1
        sung = "\n".join(row.text.strip()[1:].strip() for row in self.rows[first : self.at])
        self._add(ElementKind.LYRICS, sung, first, self.at - 1, dual=side, speaker=speaker)

    def _action(self) -> None:
        if self.rows[self.at].text.lstrip().startswith("~"):
            self._lyrics("", "")
            return
        first = self.at
        self.at += 1
        while self.at < len(self.rows) and not self.rows[self.at].blank:
            text = self.rows[self.at].text.strip()
            if text[0] == "~" or self._read_single(self.rows[self.at]) is not None:
                break
            self.at += 1
        lines = [row.text.rstrip() for row in self.rows[first : self.at]]
        lines = [line.replace("!", "", 1) if line.lstrip().startswith("!") else line for line in lines]
        self._add(ElementKind.ACTION, "\n".join(lines), first, self.at - 1)


_ONE_LINERS = frozenset(
    {
        ElementKind.SCENE_HEADING,
        ElementKind.SECTION,
        ElementKind.SYNOPSIS,
        ElementKind.PAGE_BREAK,
        ElementKind.TRANSITION,
        ElementKind.CENTERED,
    }
)
_SPOKEN = frozenset({ElementKind.DIALOGUE, ElementKind.PARENTHETICAL, ElementKind.LYRICS})
