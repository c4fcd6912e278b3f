"""Taking boneyards and notes out of the text while every remaining line keeps its number."""

from __future__ import annotations

from dataclasses import dataclass

from .syntax import Notice


@dataclass(frozen=True, slots=True)
class Row:
    """What is left of one source line, with its number from 1."""

    text: str
    line: int

    @property
    def blank(self) -> bool:
        """Whether nothing but white space is on it."""
        return not self.text.strip()


@dataclass(frozen=True, slots=True)
class Cut:
    """Text that was taken out, and where it stood."""

    text: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class _Marks:
    opening: str
    closing: str
    name: str
    stops_at_blank: bool


_BONEYARD = _Marks("/*", "*/", "boneyard", stops_at_blank=False)
_NOTE = _Marks("[[", "]]", "note", stops_at_blank=True)


def cut_boneyards(rows: list[Row]) -> tuple[list[Row], list[Notice]]:
    """Rows without ``/* … */``; one that is never closed stays ordinary text and is reported."""
    kept, _, notices = _cut(rows, _BONEYARD)
    return kept, notices


def cut_notes(rows: list[Row]) -> tuple[list[Row], list[Cut], list[Notice]]:
    """Rows without ``[[ … ]]``, and the notes; a note ends at an empty line at the latest (two spaces keep it open)."""
    return _cut(rows, _NOTE)


def _cut(rows: list[Row], marks: _Marks) -> tuple[list[Row], list[Cut], list[Notice]]:
    kept: list[Row] = []
    cuts: list[Cut] = []
    notices: list[Notice] = []
    index, rest, touched = 0, rows[0].text if rows else "", False
    closes = _closing_rows(rows, marks)
    while index < len(rows):
        at = rest.find(marks.opening)
        if at < 0:
            # A line of which nothing is left was a comment's alone: it is no paragraph break.
            if not touched or rest.strip():
                kept.append(Row(rest, rows[index].line))
            index, touched = index + 1, False
            rest = rows[index].text if index < len(rows) else ""
            continue
        end = rest.find(marks.closing, at + len(marks.opening))
        if end >= 0:
            inner_opening = rest.rfind(marks.opening, at, end)
            if inner_opening > at:
                notices.append(_unclosed(marks, rows[index].line))
                at = inner_opening
            cuts.append(Cut(rest[at + len(marks.opening) : end].strip(), rows[index].line, rows[index].line))
            rest, touched = _joined(rest[:at], rest[end + len(marks.closing) :]), True
            continue
        last = closes[index]
        if last is None:
            notices.append(_unclosed(marks, rows[index].line))
            kept.append(Row(rest, rows[index].line))
            index, touched = index + 1, False
            rest = rows[index].text if index < len(rows) else ""
            continue
        if rest[:at].strip():
            kept.append(Row(rest[:at], rows[index].line))
        end = rows[last].text.find(marks.closing)
        inner = [rest[at + len(marks.opening) :], *(row.text for row in rows[index + 1 : last]), rows[last].text[:end]]
        cuts.append(Cut("\n".join(text.strip() for text in inner).strip(), rows[index].line, rows[last].line))
        index, rest, touched = last, rows[last].text[end + len(marks.closing) :], True
    return kept, cuts, notices


def _closing_rows(rows: list[Row], marks: _Marks) -> list[int | None]:
    """For each row, the later row on which a cut opened there ends, or None; one pass, from the back."""
    closes: list[int | None] = [None] * len(rows)
    upcoming: int | None = None
    for index in range(len(rows) - 1, -1, -1):
        closes[index] = upcoming
        text = rows[index].text
        if marks.stops_at_blank and not text.strip() and len(text) < 2:
            upcoming = None
        opening, closing = text.find(marks.opening), text.find(marks.closing)
        # A second opening before the end: the first was forgotten, and must not swallow what lies between.
        if closing >= 0 and not 0 <= opening < closing:
            upcoming = index
        elif opening >= 0:
            upcoming = None
    return closes


def _joined(before: str, after: str) -> str:
    return before + after.lstrip(" ") if before.endswith(" ") or not before else before + after


def _unclosed(marks: _Marks, line: int) -> Notice:
    return Notice(
        f"unclosed_{marks.name}",
        f"Line {line}: a {marks.name} opens with {marks.opening} and is never closed, so it was read as ordinary text. "
        f"Close it with {marks.closing}.",
        line,
    )
