"""A script as its page shows it: formatted blocks, the outline of scenes, and what a writer should know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from scenes.screenplay.breakdown import break_down
from scenes.screenplay.drafts import Breakdown, Suggestion
from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.paging import page_starts
from scenes.screenplay.reading import MAX_BYTES, MAX_LINES, MAX_SCENES, clean_text
from scenes.screenplay.syntax import Element, ElementKind, Notice, Screenplay, plain_text


@dataclass(frozen=True, slots=True)
class Block:
    """One element on the page; two columns of them where two people speak at once.

    Attributes:
        kind: the element's kind, or ``dual``.
        text: its words, without marks.
        line: where it stands in the script, from 1.
        number: of a scene heading, as written.
        left: for ``dual``, what the first one says.
        right: for ``dual``, what the second one says.
        page: the number of the page that begins with it; 0 within a page.
    """

    kind: str
    text: str
    line: int
    number: str = ""
    left: tuple[Block, ...] = ()
    right: tuple[Block, ...] = ()
    page: int = 0


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """One scene in the outline; the number is written, or its place."""

    number: str
    heading: str
    line: int
    shots: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Manuscript:
    """All that the script page shows of a text."""

    title: str
    credits: tuple[str, ...]
    blocks: tuple[Block, ...]
    outline: tuple[OutlineEntry, ...]
    notices: tuple[Notice, ...]
    suggestion: Suggestion | None
    duration_ms: int
    shots: int
    pages: int
    words: int

    def without_blocks(self) -> Manuscript:
        """Return all but the blocks, for who has them set already."""
        return replace(self, blocks=())


_UNSPOKEN = frozenset({ElementKind.NOTE, ElementKind.SECTION, ElementKind.SYNOPSIS, ElementKind.PAGE_BREAK})


class TooLong(Exception):
    """The text is longer than a script may be, or has more lines or scenes."""


def manuscript_of(text: str) -> Manuscript:
    """Format a text, whatever it is; nothing is refused but its length.

    Args:
        text: what is in the editor.

    Raises:
        TooLong: it is longer than a script may be, or has more lines or scenes; the message says how many are possible.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise TooLong(f"A script may have at most {MAX_BYTES // 1024 // 1024} MB. This text cannot be saved as it is.")
    text, _ = clean_text(text)
    if text.count("\n") > MAX_LINES:
        raise TooLong(f"A script may have at most {MAX_LINES} lines. This text cannot be saved as it is.")
    screenplay = parse_fountain(text)
    if sum(element.kind is ElementKind.SCENE_HEADING for element in screenplay.elements) > MAX_SCENES:
        raise TooLong(f"A script may have at most {MAX_SCENES} scenes. Split it into parts.")
    breakdown = break_down(screenplay)
    # An empty page has its own words; that there is nothing on it needs no warning.
    starts, pages = page_starts(screenplay.elements)
    numbers = {scene.line: scene.number or str(place) for place, scene in enumerate(breakdown.scenes, start=1)}
    warnings = (*screenplay.warnings, *breakdown.warnings) if screenplay.elements else ()
    return Manuscript(
        title=screenplay.title,
        credits=_credits(screenplay),
        blocks=_blocks(screenplay, starts, numbers),
        outline=_outline(breakdown),
        notices=tuple(dict.fromkeys(warnings)),
        suggestion=breakdown.suggestion,
        duration_ms=breakdown.duration_ms,
        shots=sum(len(scene.shots) for scene in breakdown.scenes),
        pages=pages,
        words=sum(len(element.text.split()) for element in screenplay.elements if element.kind not in _UNSPOKEN),
    )


def _credits(screenplay: Screenplay) -> tuple[str, ...]:
    keys = ("credit", "author", "authors", "source", "draft date")
    return tuple(value for key in keys if (value := screenplay.title_value(key)))


def _outline(breakdown: Breakdown) -> tuple[OutlineEntry, ...]:
    return tuple(
        OutlineEntry(scene.number or str(place), scene.heading, scene.line, len(scene.shots), scene.duration_ms)
        for place, scene in enumerate(breakdown.scenes, start=1)
    )


def _blocks(screenplay: Screenplay, starts: Mapping[int, int], numbers: Mapping[int, str]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    columns: dict[str, list[Block]] = {"left": [], "right": []}

    def close_columns() -> None:
        if columns["left"] or columns["right"]:
            first = (columns["left"] or columns["right"])[0]
            left, right = tuple(columns["left"]), tuple(columns["right"])
            blocks.append(Block("dual", "", first.line, page=starts.get(first.line, 0), left=left, right=right))
            columns["left"], columns["right"] = [], []

    for element in screenplay.elements:
        block = _block(element, starts, numbers)
        if element.dual:
            if element.dual == "left" and columns["right"]:
                close_columns()
            columns[element.dual].append(block)
        else:
            close_columns()
            blocks.append(block)
    close_columns()
    return tuple(blocks)


def _block(element: Element, starts: Mapping[int, int], numbers: Mapping[int, str]) -> Block:
    text = plain_text(element.text)
    if element.extension:
        text = f"{text} ({element.extension})"
    number = numbers.get(element.line, "") if element.kind is ElementKind.SCENE_HEADING else ""
    return Block(element.kind.value, text, element.line, number=number, page=starts.get(element.line, 0))
