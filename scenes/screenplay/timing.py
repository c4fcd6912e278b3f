"""How long words take on the screen, and how to cut them where a speaker would breathe.

Dialogue runs at 155 words a minute, the middle of the 150 to 160 that is recommended for recorded
speech (J. R. Williams, "Guidelines for the use of multimedia in instruction", Proceedings of the
Human Factors and Ergonomics Society 42nd Annual Meeting, 1998), plus a breath behind each sentence.
Action follows the trade's page rule: one page is one minute, with 55 lines of about 60 characters
on a page, so an eighth of a page is 7.5 seconds.
"""

from __future__ import annotations

import re
from itertools import pairwise

WORDS_PER_MINUTE = 155
LINES_PER_PAGE = 55
CHARACTERS_PER_LINE = 60
PAGE_MS = 60_000

_WORD_MS = 60_000 / WORDS_PER_MINUTE
_LINE_MS = PAGE_MS / LINES_PER_PAGE
_SENTENCE_PAUSE_MS = 220
_COMMA_PAUSE_MS = 100
_SHORTEST_SPEECH_MS = 500
# A written word of English has about five letters; longer strings are names, numbers or scripts without spaces.
_LONG_WORD = 14
_LETTERS_PER_WORD = 6
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|(?<=[。！？])")
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DENSE_WORDS = 0.55


def _speech_raw_ms(text: str) -> float:
    words = 0.0
    pauses = 0
    for word in text.split():
        dense = len(_DENSE.findall(word))
        rest = len(word) - dense
        words += dense * _DENSE_WORDS
        if rest and any(char.isalnum() for char in word):
            words += rest / _LETTERS_PER_WORD if rest > _LONG_WORD else (1 if not dense else 0)
        last = word.rstrip("\"'”’)")[-1:]
        if last and last in ".!?…。！？—–":
            pauses += _SENTENCE_PAUSE_MS
        elif last and last in ",;:、，":
            pauses += _COMMA_PAUSE_MS
    return words * _WORD_MS + pauses


def speech_ms(text: str) -> int:
    """How long ``text`` takes to say, in milliseconds, at least half a second."""
    return max(_SHORTEST_SPEECH_MS, round(_speech_raw_ms(text)))


def action_ms(text: str, *, ends_paragraph: bool = True) -> int:
    """How long a piece of action takes by the page rule, in milliseconds.

    Args:
        text: the piece.
        ends_paragraph: whether the empty line behind the paragraph belongs to this piece.
    """
    lines = len(text) / CHARACTERS_PER_LINE + (1 if ends_paragraph else 0)
    return round(lines * _LINE_MS)


def sentences(text: str) -> list[str]:
    """``text`` on one line, cut behind its sentences."""
    flat = " ".join(text.split())
    cuts = [0, *(match.end() for match in _SENTENCE_END.finditer(flat)), len(flat)]
    pieces = (flat[start:end].strip() for start, end in pairwise(cuts))
    return [piece for piece in pieces if piece]


def split_speech(text: str, limit_ms: int) -> list[str]:
    """``text`` in pieces that each take at most ``limit_ms``: cut at sentence ends, else between words.

    A single word that is longer than the limit (a script without spaces, or noise) is cut inside.
    """
    if speech_ms(text) <= limit_ms:
        flat = " ".join(text.split())
        return [flat] if flat else []
    pieces: list[str] = []
    for sentence in sentences(text):
        if _speech_raw_ms(sentence) <= limit_ms:
            pieces.append(sentence)
        else:
            pieces.extend(_pack(_fitting_words(sentence, limit_ms), limit_ms))
    return _pack(pieces, limit_ms)


def _pack(pieces: list[str], limit_ms: int) -> list[str]:
    packed: list[list[str]] = []
    room = 0.0
    for piece in pieces:
        needed = _speech_raw_ms(piece)
        if not packed or needed > room:
            packed.append([])
            room = limit_ms
        packed[-1].append(piece)
        room -= needed
    return [" ".join(words) for words in packed]


def _fitting_words(sentence: str, limit_ms: int) -> list[str]:
    longest = max(1, int(limit_ms / _WORD_MS))
    words: list[str] = []
    for word in sentence.split():
        if _speech_raw_ms(word) <= limit_ms:
            words.append(word)
        else:
            words.extend(word[start : start + longest] for start in range(0, len(word), longest))
    return words


def split_action(text: str, limit_ms: int) -> list[str]:
    """One paragraph of action in pieces of at most ``limit_ms``: whole sentences, or cut between words."""
    room = max(1, int(limit_ms / _LINE_MS * CHARACTERS_PER_LINE) - CHARACTERS_PER_LINE)
    pieces: list[str] = []
    for sentence in sentences(text):
        for part in wrap(sentence, room):
            if pieces and len(pieces[-1]) + 1 + len(part) <= room:
                pieces[-1] = f"{pieces[-1]} {part}"
            else:
                pieces.append(part)
    return pieces


def wrap(text: str, room: int) -> list[str]:
    """``text`` in lines of at most ``room`` characters, cut between words; a longer word is cut inside."""
    lines: list[str] = []
    for word in text.split():
        for part in [word[start : start + room] for start in range(0, len(word), room)]:
            if lines and len(lines[-1]) + 1 + len(part) <= room:
                lines[-1] = f"{lines[-1]} {part}"
            else:
                lines.append(part)
    return lines


def shorten(text: str, room: int) -> str:
    """``text`` cut between words to at most ``room`` characters; a single longer word is cut inside."""
    flat = " ".join(text.split())
    if len(flat) <= room:
        return flat
    at = flat.rfind(" ", 0, room + 1)
    return flat[:at].rstrip(" ,;:-–—") if at > 0 else flat[:room]
