"""From a model's answer to Fountain: fences, prefaces, HTML and Markdown go; what is no screenplay then is refused."""

from __future__ import annotations

import html
import re

from scenes.screenplay.fountain import is_cue, parse_fountain
from scenes.screenplay.headings import is_certain_heading, is_heading
from scenes.screenplay.reading import MAX_LINES, ScriptError, clean_text, read_pasted

_FENCE = re.compile(r"^\s*```[\w-]*\s*$")
_TITLE = re.compile(r"^title:", re.IGNORECASE)
_MARKED = re.compile(r"^(?:#{1,6}\s+|\*\*|__)?(?P<inside>.+?)(?:\*\*|__)?$")
# Tags that models put around words. Whatever else stands in angle brackets belongs to the script.
_BREAK = re.compile(r"</?(?:p|br|div|h[1-6]|ul|ol|li|section|article)\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:html|body|span|b|i|u|em|strong|center|pre|code|font|a|img|iframe|script|style|svg|link|meta|form|input|"
    r"button|table|tr|td|th)\b[^<>]{0,400}>|<!--|-->|<!doctype[^<>]{0,200}>",
    re.IGNORECASE | re.DOTALL,
)
# No character has a longer name, and no number of one more digits.
_NAMED_LETTER = re.compile(r"&(?:#\w{1,8}|\w{1,32});?")
_PREFACE = re.compile(
    r"^(?:here(?:['’]s| is| are)|sure\b|certainly\b|of course\b|okay\b|ok[,!.]|below is|i(?:['’]ve| have) )",
    re.IGNORECASE,
)
_AFTERWORD = re.compile(
    r"^(?:i hope\b|let me know\b|would you like\b|feel free\b|this (?:screenplay|script) |if you(?:['’]d| would) )",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[.!?…:;)\]\"'»”’*_。！？」』]$")
_OVERLAP_LINES = 12


class NoScreenplay(ValueError):
    """An answer holds nothing that could be a screenplay; the message is for people."""


def screenplay_of(answer: str) -> str:
    """Return the screenplay that an answer holds, in the stored form.

    Args:
        answer: as the model gave it.

    Raises:
        NoScreenplay: there is none in it.
    """
    text = fountain_of(answer)
    if text.count("\n") > MAX_LINES:
        raise NoScreenplay(f"What was written has more than {MAX_LINES:,} lines.")
    screenplay = parse_fountain(text)
    if not screenplay.has_headings:
        raise NoScreenplay("What was written has no scene heading, so it is no screenplay.")
    try:
        return read_pasted(text).fountain
    except ScriptError as error:
        raise NoScreenplay(f"What was written cannot be taken as a screenplay. {error.message}") from error


def fountain_of(answer: str) -> str:
    """Return an answer's words without what models put around them; it need not be a whole screenplay."""
    text = _without_html(clean_text(answer)[0])
    lines = _inside_fence(text.split("\n"))
    return "\n".join(_without_talk([_heading(line) for line in lines])).strip("\n")


def prose_of(answer: str) -> str:
    """Return words without fences and tags, for what stands for a passage or a prompt."""
    return "\n".join(_inside_fence(_without_html(clean_text(answer)[0]).split("\n"))).strip()


def whole_part(text: str) -> str:
    """Return a text that was cut off up to where its last paragraph is whole, so that somebody can go on there."""
    paragraphs = text.rstrip().split("\n\n")
    while len(paragraphs) > 1:
        last = paragraphs[-1].rstrip().split("\n")
        if is_heading(last[-1]) or (_ENDED.search(last[-1]) and not (len(last) == 1 and is_cue(last[0]))):
            break
        paragraphs.pop()
    return "\n\n".join(paragraphs).rstrip() + "\n"


def joined(before: str, more: str) -> str:
    """Return a text with what continues it; lines that the continuation says once more come once.

    Args:
        before: ends with a whole paragraph.
        more: what comes after it, as the model gave it.
    """
    ended, begins = before.rstrip().split("\n"), fountain_of(more).split("\n")
    for size in range(min(_OVERLAP_LINES, len(ended), len(begins)), 0, -1):
        if [line.strip() for line in ended[-size:]] == [line.strip() for line in begins[:size]]:
            begins = begins[size:]
            break
    return "\n".join(ended) + "\n\n" + "\n".join(begins).strip("\n") + "\n"


def _without_html(text: str) -> str:
    text = _TAG.sub("", _BREAK.sub("\n", text))
    # Once: what was escaped twice was meant to be seen.
    return _NAMED_LETTER.sub(lambda found: html.unescape(found[0]), text)


def _inside_fence(lines: list[str]) -> list[str]:
    """Return what stands between the first fence and the last; all of it where there is none."""
    fences = [at for at, line in enumerate(lines) if _FENCE.match(line)]
    if not fences:
        return lines
    end = fences[-1] if len(fences) > 1 else len(lines)
    return [line for line in lines[fences[0] + 1 : end] if not _FENCE.match(line)]


def _heading(line: str) -> str:
    """Return a heading without Markdown's marks; any other line as it is."""
    match = _MARKED.match(line.strip())
    return match["inside"] if match and match["inside"] != line and is_certain_heading(match["inside"]) else line


def _without_talk(lines: list[str]) -> list[str]:
    """Return the lines without what a model says to a person before and after the screenplay."""
    first = next((at for at, line in enumerate(lines) if is_certain_heading(line.strip())), len(lines))
    title = next((at for at, line in enumerate(lines[:first]) if _TITLE.match(line)), None)
    if title is not None:
        lines = lines[title:]
    paragraphs = "\n".join(lines).strip("\n").split("\n\n")
    first = 0
    while first < len(paragraphs) - 1 and _PREFACE.match(paragraphs[first].strip()):
        first += 1
    paragraphs = paragraphs[first:]
    while len(paragraphs) > 1 and (_AFTERWORD.match(paragraphs[-1].strip()) or paragraphs[-1].strip() == "---"):
        paragraphs.pop()
    return "\n\n".join(paragraphs).split("\n")
