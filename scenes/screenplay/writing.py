"""Writing Fountain so that it reads back as meant.

An importer says what each paragraph is; the writer adds the mark that forces it wherever the text
alone would be taken for something else.
"""

from __future__ import annotations

import re

from .fountain import is_cue, is_transition
from .headings import is_heading

_SPACE = re.compile(r"[^\S\n]+")
_LEADING_MARK = re.compile(r"[.!@~>#=]")


def escape(text: str) -> str:
    """``text`` with its asterisks and underscores taken literally, and without anything that opens a comment."""
    literal = re.sub(r"([\\*_])", r"\\\1", text)
    return literal.replace("[[", "[ [").replace("]]", "] ]")


class FountainWriter:
    """Collects paragraphs; ``text()`` gives the whole script with one empty line between paragraphs.

    Texts are Fountain already (emphasis marked, literal marks escaped); empty ones are left out.
    """

    def __init__(self) -> None:
        self._title: list[str] = []
        self._lines: list[str] = []
        self._speaking = False

    def title(self, key: str, values: list[str]) -> None:
        """A key of the title page."""
        lines = [line for value in values if (line := _flat(value))]
        if len(lines) == 1:
            self._title.append(f"{key}: {lines[0]}")
        elif lines:
            self._title.extend([f"{key}:", *(f"    {line}" for line in lines)])

    def heading(self, text: str, number: str = "") -> None:
        """A scene heading, with its number when it has one that Fountain can hold."""
        heading = _flat(text)
        if not heading:
            return
        if not is_heading(heading):
            heading = f".{heading.lstrip('. ')}"
        number = re.sub(r"[^\w.\-]", "", number)[:16]
        self._paragraph(f"{heading} #{number}#" if number else heading)

    def action(self, text: str) -> None:
        """A paragraph of action; its line breaks are kept."""
        lines = [_flat(line) for line in text.split("\n")]
        lines = [line for line in lines if line]
        if not lines:
            return
        first = lines[0]
        forced = bool(_LEADING_MARK.match(first)) or is_heading(first) or is_transition(first)
        if forced or (len(lines) > 1 and is_cue(first)):
            lines[0] = f"!{first}"
        lines[1:] = [f"!{line}" if _LEADING_MARK.match(line) or is_heading(line) else line for line in lines[1:]]
        self._paragraph("\n".join(lines))

    def character(self, text: str, *, dual: bool = False) -> None:
        """A cue, which opens a speech; ``dual`` marks the second of two who speak at once."""
        cue = _flat(text).rstrip("^ ")
        if not cue:
            return
        if not is_cue(cue) or _LEADING_MARK.match(cue) or is_heading(cue) or is_transition(cue):
            cue = f"@{cue.lstrip('@')}"
        self._paragraph(f"{cue} ^" if dual else cue)
        self._speaking = True

    def parenthetical(self, text: str) -> None:
        """How the speech is said; brackets are added where they are missing."""
        inner = _flat(text)
        if inner.startswith("(") and inner.endswith(")"):
            inner = inner[1:-1].strip()
        if inner:
            self._speech_line(f"({inner})")

    def dialogue(self, text: str) -> None:
        """What is said; empty lines within it are kept with Fountain's two spaces."""
        lines = [_flat(line) for line in text.strip().split("\n")]
        for line in lines if any(lines) else ():
            self._speech_line(line or "  ")

    def lyrics(self, text: str) -> None:
        """What is sung, by the speaker if a speech is open."""
        for line in filter(None, map(_flat, text.split("\n"))):
            if self._speaking:
                self._lines.append(f"~{line}")
            else:
                self._paragraph(f"~{line}")

    def transition(self, text: str) -> None:
        """A transition, forced where it does not end in TO:."""
        line = _flat(text).lstrip("> ")
        if line:
            self._paragraph(line if is_transition(line) else f"> {line.rstrip('<')}")

    def centered(self, text: str) -> None:
        """Centred text, line by line."""
        lines = [f"> {line} <" for line in map(_flat, text.split("\n")) if line]
        if lines:
            self._paragraph("\n".join(lines))

    def section(self, text: str, depth: int = 1) -> None:
        """A section such as an act."""
        title = _flat(text).lstrip("# ")
        if title:
            self._paragraph(f"{'#' * depth} {title}")

    def page_break(self) -> None:
        """A forced page break."""
        self._paragraph("===")

    def text(self) -> str:
        """The script so far, ending in one line feed."""
        title = ["\n".join(self._title)] if self._title else []
        body = "\n".join(self._lines).strip("\n")
        return "\n\n".join([*title, body] if body else title) + "\n"

    def _paragraph(self, text: str) -> None:
        self._lines.extend(["", text])
        self._speaking = False

    def _speech_line(self, line: str) -> None:
        if self._speaking:
            self._lines.append(line)
        else:
            self.action(line)


def _flat(text: str) -> str:
    return _SPACE.sub(" ", text.replace("\n", " ")).strip()
