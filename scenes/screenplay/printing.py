"""A screenplay as plain text in the trade's margins, as a typewriter would set it."""

from __future__ import annotations

import textwrap

from .paging import LINES_PER_PAGE, page_starts
from .syntax import Element, ElementKind, Screenplay, plain_text

_K = ElementKind
# Spaces before, and characters to a line.
_MARGINS: dict[ElementKind, tuple[int, int]] = {
    _K.SCENE_HEADING: (0, 60),
    _K.ACTION: (0, 60),
    _K.CHARACTER: (22, 38),
    _K.DIALOGUE: (11, 35),
    _K.LYRICS: (11, 35),
    _K.PARENTHETICAL: (16, 25),
    _K.TRANSITION: (0, 60),
    _K.CENTERED: (0, 60),
}
_TITLE_ROW = 18
_SPOKEN = (_K.DIALOGUE, _K.LYRICS, _K.PARENTHETICAL)


def typewritten(screenplay: Screenplay) -> str:
    """Return a screenplay as text; a form feed begins each page that the writer began. Notes stay behind."""
    lines: list[str] = []
    for entry in screenplay.title_page:
        lines += [plain_text(value).strip().center(60).rstrip() for value in entry.values]
    for element in screenplay.elements:
        if element.kind is _K.PAGE_BREAK:
            lines.append("\f")
        elif element.kind in _MARGINS:
            if lines and element.kind not in _SPOKEN:
                lines.append("")
            lines += _set(element)
    return "\n".join(lines).strip("\n") + "\n"


def typewritten_pages(screenplay: Screenplay) -> list[list[str]]:
    """Return a screenplay as the lines of its pages, a page of its own for the title where there is one."""
    pages: list[list[str]] = [[]]
    if title := [plain_text(value).strip() for entry in screenplay.title_page for value in entry.values]:
        pages = [[""] * _TITLE_ROW + [line.center(60).rstrip() for line in title], []]
    starts, _ = page_starts(screenplay.elements)
    for element in screenplay.elements:
        if element.line in starts and pages[-1]:
            pages.append([])
        if element.kind in _MARGINS:
            pages[-1] += [""] if pages[-1] and element.kind not in _SPOKEN else []
            pages[-1] += _set(element)
    return [page[at : at + LINES_PER_PAGE] for page in pages for at in range(0, max(len(page), 1), LINES_PER_PAGE)]


def _set(element: Element) -> list[str]:
    indent, width = _MARGINS[element.kind]
    text = plain_text(element.text)
    if element.kind is _K.CHARACTER and element.extension:
        text = f"{text} ({element.extension})"
    if element.kind is _K.PARENTHETICAL and not text.startswith("("):
        text = f"({text})"
    if element.kind is _K.SCENE_HEADING and element.scene_number:
        text = f"{element.scene_number}  {text}"
    wrapped = [line for part in text.split("\n") for line in (textwrap.wrap(part, width) or [""])]
    if element.kind is _K.TRANSITION:
        return [line.rjust(60) for line in wrapped]
    if element.kind is _K.CENTERED:
        return [line.center(60).rstrip() for line in wrapped]
    return [f"{' ' * indent}{line}".rstrip() for line in wrapped]
