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
    closes = _closing_rows(rows, marks)
    index = start = 0
    while index < len(rows):
        row = rows[index]
        pieces, opened, unclosed = _cut_within(row, start, marks, cuts)
        touched = start > 0 or opened >= 0 or len(pieces) > 1
        last = closes[index] if opened >= 0 else None
        if unclosed or (opened >= 0 and last is None):
            notices.append(_unclosed(marks, row.line))
        if opened >= 0 and last is None:
            pieces.append(row.text[opened:])
        text = _joined(pieces)
        # A line of which nothing is left was a comment's alone: it is no paragraph break.
        if not touched or text.strip():
            kept.append(Row(text, row.line))
        if last is None:
            index, start = index + 1, 0
            continue
        end = rows[last].text.find(marks.closing)
        inner = [row.text[opened + len(marks.opening) :], *(row.text for row in rows[index + 1 : last])]
        inner.append(rows[last].text[:end])
        cuts.append(Cut("\n".join(text.strip() for text in inner).strip(), row.line, rows[last].line))
        index, start = last, end + len(marks.closing)
    return kept, cuts, notices


def _cut_within(row: Row, start: int, marks: _Marks, cuts: list[Cut]) -> tuple[list[str], int, bool]:
    """What stays of a line, where on it a cut opens that does not end on it (or -1), and whether one was forgotten."""
    pieces: list[str] = []
    forgotten = False
    while (at := row.text.find(marks.opening, start)) >= 0:
        end = row.text.find(marks.closing, at + len(marks.opening))
        if end < 0:
            pieces.append(row.text[start:at])
            return pieces, at, forgotten
        nearest = row.text.rfind(marks.opening, at, end)
        forgotten = forgotten or nearest > at
        pieces.append(row.text[start:nearest])
        cuts.append(Cut(row.text[nearest + len(marks.opening) : end].strip(), row.line, row.line))
        start = end + len(marks.closing)
    pieces.append(row.text[start:])
    return pieces, -1, forgotten


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


def _joined(pieces: list[str]) -> str:
    """The pieces of a line without the double spaces that a cut leaves behind."""
    joined: list[str] = []
    for piece in pieces:
        follows_space = bool(joined) and joined[-1].endswith(" ")
        joined.append(piece.lstrip(" ") if follows_space else piece)
    return "".join(joined)


def _unclosed(marks: _Marks, line: int) -> Notice:
    return Notice(
        f"unclosed_{marks.name}",
        f"Line {line}: a {marks.name} opens with {marks.opening} and is never closed, so it was read as ordinary text. "
        f"Close it with {marks.closing}.",
        line,
    )
