"""Where the pages of a printed screenplay end: the trade's margins, 54 lines of Courier to a page, a minute to each."""

from __future__ import annotations

from collections.abc import Sequence

from .syntax import Element, ElementKind, plain_text

LINES_PER_PAGE = 54
_K = ElementKind
# Characters to a line, and empty lines before; what is not printed has no row.
_SHAPES: dict[ElementKind, tuple[int, int]] = {
    _K.SCENE_HEADING: (60, 2),
    _K.ACTION: (60, 1),
    _K.CENTERED: (60, 1),
    _K.TRANSITION: (60, 1),
    _K.CHARACTER: (38, 1),
    _K.DIALOGUE: (35, 0),
    _K.LYRICS: (35, 0),
    _K.PARENTHETICAL: (25, 0),
}
_DUAL_WIDTH = 28


def page_starts(elements: Sequence[Element]) -> tuple[dict[int, int], int]:
    """Lay a screenplay out on pages.

    A heading never stands last on a page, nor does a name without its words.

    Args:
        elements: in reading order.

    Returns:
        The source line of each element that begins a page, with the page's number from 2; and the number of pages.
    """
    starts: dict[int, int] = {}
    page, used = 1, 0
    dual_before = 0  # lines that the left column took and the right one shares
    for index, element in enumerate(elements):
        if element.kind is _K.PAGE_BREAK:
            used = LINES_PER_PAGE if used else 0
            continue
        if element.kind not in _SHAPES:
            continue
        lines, space = _size(element)
        if element.dual == "right" and dual_before:
            shared = min(dual_before, lines)
            dual_before -= shared
            lines -= shared
            space = 0
        elif element.dual == "left":
            dual_before += lines
        elif not element.dual:
            dual_before = 0
        lead = 0 if used == 0 else space
        if used and used + lead + lines + _company(elements, index) > LINES_PER_PAGE and _may_break(element, lines):
            page, used, lead = page + 1, 0, 0
            starts[element.line] = page
        used += lead + lines
        while used > LINES_PER_PAGE:
            page, used = page + 1, used - LINES_PER_PAGE
    return starts, page if used or page > 1 else 0


def _size(element: Element) -> tuple[int, int]:
    width, space = _SHAPES[element.kind]
    if element.dual:
        width = min(width, _DUAL_WIDTH)
    return sum(_rows(line, width) for line in plain_text(element.text).split("\n")), space


def _rows(line: str, width: int) -> int:
    """How many rows a line takes, its words kept whole where they fit."""
    if len(line) <= width:
        return 1
    rows, used = 1, 0
    for word in line.split(" "):
        length = len(word)
        if used and used + 1 + length <= width:
            used += 1 + length
            continue
        rows += 1 if used else 0
        rows += max(0, length - 1) // width
        used = (length - 1) % width + 1 if length else 0
    return rows


def _company(elements: Sequence[Element], index: int) -> int:
    """Lines that must stay on the page with an element: a heading and a name want something after them."""
    if elements[index].kind not in (_K.SCENE_HEADING, _K.CHARACTER):
        return 0
    following = elements[index + 1] if index + 1 < len(elements) else None
    if following is None or following.kind not in _SHAPES:
        return 0
    lines, space = _size(following)
    return space + min(lines, 2)


def _may_break(element: Element, lines: int) -> bool:
    """What somebody says stays with their name as long as it is short; long paragraphs flow over the page's end."""
    if element.dual == "right" or element.kind in (_K.DIALOGUE, _K.PARENTHETICAL, _K.LYRICS):
        return False
    return lines <= LINES_PER_PAGE // 3
