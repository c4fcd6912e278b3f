"""Plain text to Fountain: scripts pasted from a PDF, with indents, page numbers and numbered headings.

Where nothing in a text looks like that, it is left as it is: Fountain reads plain prose.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from .fountain import is_cue, is_transition
from .headings import is_certain_heading, is_heading
from .writing import FountainWriter, escape

_NUMBERED = re.compile(r"(?P<number>[A-Z]{0,2}\d{1,4}[A-Z]{0,3})[.)]?\s+(?P<heading>\S.*)")
_FURNITURE = re.compile(
    r"\(?\s*(?:CONTINUED|MORE)\s*\)?:?(?:\s*\(\d+\))?|(?:PAGE\s+)?-?\s*\d{1,4}\s*[.\-]?|(?:\d{1,4}\s+)?CONTINUED:(?:\s+\d{1,4})?",
    re.IGNORECASE,
)
_TRANSITION = re.compile(r"(?:FADE|CUT|DISSOLVE|SMASH|MATCH|WIPE|IRIS|JUMP)\b[^a-z]*[:.]?")
_CUE_INDENT = 10
_SPEECH_INDENT = 4
_FULL_LINE = 45
_LONGEST_TITLE_PAGE = 15


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    indent: int


def split_numbered_heading(line: str) -> tuple[str, str]:
    """``12 INT. X - DAY 12`` gives ``("INT. X - DAY", "12")``; any other line gives two empty strings."""
    match = _NUMBERED.fullmatch(line.strip())
    if match is None or not is_heading(match["heading"]):
        return "", ""
    number, heading = match["number"], match["heading"].strip()
    words = heading.rsplit(None, 1)
    # The number is repeated at the right margin; "DAY 12" without that repetition is story time.
    if len(words) == 2 and words[1].strip(".") == number:
        heading = words[0]
    return heading.strip(), number


def looks_like_layout(text: str) -> bool:
    """Whether a text is a script laid out on the page: cues far from the margin, or numbered headings."""
    lines = [_line(raw) for raw in text.split("\n")]
    if any(split_numbered_heading(line.text)[0] for line in lines):
        return True
    base = _base(lines)
    cues = speeches = 0
    for at, line in enumerate(lines[:-1]):
        if line.text and line.indent >= base + _CUE_INDENT and is_cue(line.text):
            cues += 1
            speeches += bool(lines[at + 1].text) and lines[at + 1].indent >= base + _SPEECH_INDENT
    return cues > 0 and speeches * 2 >= cues


def plain_to_fountain(text: str) -> str:
    """Convert a laid-out script; page numbers and CONTINUED lines go, wrapped lines are joined.

    Args:
        text: with line feeds; form feeds are page ends.
    """
    lines = [_line(raw) for raw in text.replace("\f", "\n").split("\n")]
    lines = [line for line in lines if not (line.text and _FURNITURE.fullmatch(line.text))]
    base = _base(lines)
    indented = any(line.text and line.indent >= base + _CUE_INDENT and is_cue(line.text) for line in lines)
    writer = FountainWriter()
    at = _title_page(lines, base, writer)
    while at < len(lines):
        line = lines[at]
        heading, number = split_numbered_heading(line.text)
        if not line.text:
            at += 1
        elif heading or (line.indent <= base + _SPEECH_INDENT and is_certain_heading(line.text)):
            writer.heading(escape(heading or line.text), number)
            at += 1
        elif _opens_speech(lines, at, base, indented=indented):
            at = _speech(lines, at, base, writer, indented=indented)
        elif is_transition(line.text) or (line.indent > base + _CUE_INDENT and _TRANSITION.fullmatch(line.text)):
            writer.transition(escape(line.text))
            at += 1
        else:
            at = _action(lines, at, base, writer)
    return writer.text()


def _line(raw: str) -> _Line:
    text = raw.expandtabs(8).rstrip()
    return _Line(text.strip(), len(text) - len(text.lstrip()))


def _title_page(lines: list[_Line], base: int, writer: FountainWriter) -> int:
    """Write what stands centred above the first heading as the title page; gives the index behind it."""
    end = next((at for at, line in enumerate(lines) if _heading(line)), 0)
    preface = [line for line in lines[:end] if line.text]
    if not preface or len(preface) > _LONGEST_TITLE_PAGE or preface[0].indent < base + _CUE_INDENT:
        return 0
    titles = [line.text for line in preface if not _TRANSITION.fullmatch(line.text)]
    writer.title("Title", [escape(line) for line in titles[:1]])
    writer.title("Contact", [escape(line) for line in titles[1:]])
    return end


def _heading(line: _Line) -> bool:
    return bool(split_numbered_heading(line.text)[0]) or is_certain_heading(line.text)


def _base(lines: list[_Line]) -> int:
    """The left margin: the smallest indent that at least one line in twenty has."""
    indents = Counter(line.indent for line in lines if line.text)
    total = sum(indents.values())
    common = [indent for indent, count in indents.items() if count * 20 >= total]
    return min(common, default=0)


def _opens_speech(lines: list[_Line], at: int, base: int, *, indented: bool) -> bool:
    line = lines[at]
    following = lines[at + 1] if at + 1 < len(lines) else _Line("", 0)
    if not following.text or not is_cue(line.text) or is_transition(line.text) or is_heading(line.text):
        return False
    if indented:
        return line.indent >= base + _CUE_INDENT and following.indent >= base + _SPEECH_INDENT
    return at == 0 or not lines[at - 1].text


def _speech(lines: list[_Line], at: int, base: int, writer: FountainWriter, *, indented: bool) -> int:
    writer.character(escape(lines[at].text))
    at += 1
    words: list[str] = []
    manner: list[str] = []
    while at < len(lines) and lines[at].text and (not indented or lines[at].indent >= base + _SPEECH_INDENT):
        line = lines[at]
        if words and indented and line.indent >= base + _CUE_INDENT and _opens_speech(lines, at, base, indented=True):
            break
        if manner or line.text.startswith("("):
            if words:
                writer.dialogue(escape(" ".join(words)))
                words = []
            manner.append(line.text)
            # A parenthetical may be wrapped too; one that never closes is not waited for.
            if line.text.endswith(")") or len(manner) == 4:
                writer.parenthetical(escape(" ".join(manner)))
                manner = []
        else:
            words.append(line.text)
        at += 1
    writer.dialogue(escape(" ".join([*words, *manner])))
    return at


def _action(lines: list[_Line], at: int, base: int, writer: FountainWriter) -> int:
    """One paragraph; a line is joined to the next where it was only wrapped."""
    joined = [lines[at].text]
    wrapped = len(lines[at].text) >= _FULL_LINE
    at += 1
    while at < len(lines) and lines[at].text:
        text = lines[at].text
        if _heading(lines[at]):
            break
        if lines[at].indent >= base + _CUE_INDENT and _opens_speech(lines, at, base, indented=True):
            break
        if wrapped:
            joined[-1] = f"{joined[-1]} {text}"
        else:
            joined.append(text)
        wrapped = len(text) >= _FULL_LINE
        at += 1
    writer.action(escape("\n".join(joined)))
    return at
