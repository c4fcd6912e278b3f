"""What has changed between two versions of a script: paragraphs come and gone, and words within those that stayed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .merging import match_blocks, paragraphs_of

_WORD = re.compile(r"\s+|[^\W_]+|[\W_]", re.UNICODE)
_LONG = 4000  # characters of a paragraph whose words are compared one by one
_CONTEXT = 1


@dataclass(frozen=True, slots=True)
class Words:
    """Some words of a paragraph: ``same``, ``gone`` or ``come``."""

    how: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph of the comparison.

    Attributes:
        how: ``same``, ``gone``, ``come``, ``changed``, or ``left_out`` for a run of paragraphs that stayed.
        words: its words; for ``left_out`` none.
        count: for ``left_out``, how many paragraphs.
    """

    how: str
    words: tuple[Words, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Size:
    """How much has changed, in words."""

    come: int
    gone: int


def compare(old: str, new: str) -> list[Row]:
    """Return the rows of a comparison; runs of paragraphs without change are left out but for their edges."""
    before, after = paragraphs_of(old), paragraphs_of(new)
    rows: list[Row] = []
    at_old = at_new = 0
    for start, other, size in [*match_blocks(before, after), (len(before), len(after), 0)]:
        rows += _changed(before[at_old:start], after[at_new:other])
        rows += [Row("same", (Words("same", text),)) for text in after[other : other + size]]
        at_old, at_new = start + size, other + size
    return _shortened(rows)


def size_of(old: str, new: str) -> Size:
    """Return how many words came and went; a changed paragraph counts by its words."""
    come = gone = 0
    for row in compare(old, new):
        for words in row.words:
            come += len(words.text.split()) if words.how == "come" else 0
            gone += len(words.text.split()) if words.how == "gone" else 0
    return Size(come, gone)


def compare_words(old: str, new: str) -> tuple[Words, ...]:
    """Compare two paragraphs by words; very long ones as wholes. The work is bounded for any text."""
    if len(old) > _LONG or len(new) > _LONG:
        return tuple(words for words in (Words("gone", old), Words("come", new)) if words.text)
    left, right = _WORD.findall(old), _WORD.findall(new)
    found: list[Words] = []
    at, other = 0, 0
    for start, come, size in [*match_blocks(left, right), (len(left), len(right), 0)]:
        found += [Words("gone", "".join(left[at:start]))] if at < start else []
        found += [Words("come", "".join(right[other:come]))] if other < come else []
        found += [Words("same", "".join(left[start : start + size]))] if size else []
        at, other = start + size, come + size
    return tuple(found)


def _changed(gone: list[str], come: list[str]) -> list[Row]:
    rows = []
    if len(gone) == len(come):
        for old, new in zip(gone, come, strict=True):
            words = compare_words(old, new)
            alike = sum(len(one.text) for one in words if one.how == "same")
            if alike * 2 >= min(len(old), len(new)):
                rows.append(Row("changed", words))
            else:
                rows += [Row("gone", (Words("gone", old),)), Row("come", (Words("come", new),))]
        return rows
    rows += [Row("gone", (Words("gone", text),)) for text in gone]
    return rows + [Row("come", (Words("come", text),)) for text in come]


def _shortened(rows: list[Row]) -> list[Row]:
    near = [False] * len(rows)
    for index, row in enumerate(rows):
        if row.how != "same":
            for place in range(max(0, index - _CONTEXT), min(len(rows), index + _CONTEXT + 1)):
                near[place] = True
    shown: list[Row] = []
    hidden = 0
    for index, row in enumerate(rows):
        if not near[index]:
            hidden += 1
            continue
        if hidden:
            shown.append(Row("left_out", count=hidden))
            hidden = 0
        shown.append(row)
    return [*shown, Row("left_out", count=hidden)] if hidden else shown
