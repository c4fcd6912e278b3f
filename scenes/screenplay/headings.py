"""Scene headings: what counts as one, and what it says about place and time.

Fountain knows INT, EXT, EST, INT./EXT, INT/EXT and I/E in any case. The words of other languages
are taken only in capitals and with a full stop, because they may also begin ordinary sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_BOTH = r"INT\.?\s?/\s?EXT|EXT\.?\s?/\s?INT|I/E|E/I"
_ENGLISH = re.compile(rf"(?P<prefix>{_BOTH}|INT|EXT|EST)(?:\.\s*|\s+)(?P<rest>\S.*)", re.IGNORECASE | re.DOTALL)
_FOREIGN_WORDS = {
    "INNEN/AUSSEN": "INT/EXT",
    "INNEN/AUẞEN": "INT/EXT",
    "INNEN": "INT",
    "AUSSEN": "EXT",
    "AUßEN": "EXT",
    "AUẞEN": "EXT",
    "INTÉRIEUR": "INT",
    "EXTÉRIEUR": "EXT",
    "INTERIOR": "INT",
    "EXTERIOR": "EXT",
    "INTERNO": "INT",
    "ESTERNO": "EXT",
    "ИНТ/НАТ": "INT/EXT",
    "ИНТ": "INT",
    "НАТ": "EXT",
    "ЭКСТ": "EXT",
}
_FOREIGN = re.compile(rf"(?P<prefix>{'|'.join(map(re.escape, _FOREIGN_WORDS))})\.\s*(?P<rest>\S.*)", re.DOTALL)
_NUMBER = re.compile(r"\s*#(?P<number>[\w.\-]{1,16})#\s*$")
_DASH = re.compile(r"\s+[-–—]+\s+|\s*[–—]\s*|\s+-(?=\S)|(?<=\S)-\s+")
_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*")


class TimeOfDay(StrEnum):
    """The light of a scene. ``continuous`` and ``later`` never stay: they take the light of the scene before."""

    DAY = "day"
    NIGHT = "night"
    DAWN = "dawn"
    DUSK = "dusk"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


_TIMES = {
    TimeOfDay.DAWN: "dawn sunrise daybreak morgengrauen aube alba amanecer amanhecer рассвет",
    TimeOfDay.DUSK: "dusk sunset twilight dämmerung crépuscule tramonto atardecer anoitecer закат",
    TimeOfDay.MORNING: "morning morgen matin mattina mattino mañana manhã утро",
    TimeOfDay.AFTERNOON: "afternoon nachmittag après-midi pomeriggio tarde",
    TimeOfDay.EVENING: "evening abend soir sera вечер",
    TimeOfDay.NIGHT: "night midnight nacht nuit notte noche noite ночь",
    TimeOfDay.DAY: "day midday noon daytime daylight tag jour giorno día dia день",
}
_TIME_OF_WORD = {word: time for time, words in _TIMES.items() for word in words.split()}
_FOLLOWING = {"continuous", "later", "same", "moments", "cont", "cont'd", "weiter", "continu", "continuo", "después"}
_MODIFIERS = {"early", "late", "mid", "next", "following", "the", "same", "that", "time", "before", "after"}
_LAST_CLAUSE = re.compile(r"[,.]\s+([^,.]+)$")
_WORDS = re.compile(r"[\w'’-]+")
# Enough for any place and time; what lies behind is noise.
_LONGEST = 1_000
_NEXT_DAY = re.compile(r"^the (next|following) day$|^days? later$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading taken apart.

    Attributes:
        interior: ``INT``, ``EXT``, ``INT/EXT`` or empty (a forced heading may say neither).
        location: the place as written.
        time_words: the words that stand for the time, as written, or empty.
        time_of_day: their meaning; None when there are no words, or words that we do not know.
        follows: the words mean "as in the scene before" (CONTINUOUS, LATER, SAME).
    """

    interior: str
    location: str
    time_words: str
    time_of_day: TimeOfDay | None
    follows: bool


def is_heading(line: str) -> bool:
    """Whether a line is a scene heading by its first word, without being forced."""
    return bool(_ENGLISH.match(line) or _FOREIGN.match(line))


def is_certain_heading(line: str) -> bool:
    """Whether a line can be nothing but a heading: known word, full stop or slash, all in capitals.

    Used to find headings that sloppy pasting left without a blank line around them.
    """
    match = _ENGLISH.match(line) or _FOREIGN.match(line)
    if match is None or line != line.upper():
        return False
    return "." in line[: match.start("rest")] or "/" in match["prefix"]


def split_number(text: str) -> tuple[str, str]:
    """Heading text and scene number: ``INT. HALL - DAY #12A#`` gives ``("INT. HALL - DAY", "12A")``."""
    match = _NUMBER.search(text[-40:])
    if match is None:
        return text.strip(), ""
    return text[: len(text) - len(match[0])].strip(), match["number"]


def read_heading(text: str) -> Heading:
    """Take a heading (without its scene number) apart; never fails.

    The time is the last part behind a dash, as is the custom; behind a comma, in brackets or as a
    last sentence it counts only when its words are known.
    """
    interior, rest = "", text[:_LONGEST].strip()
    if match := _ENGLISH.match(rest):
        prefix = match["prefix"].upper()
        interior = "INT/EXT" if "/" in prefix else {"INT": "INT"}.get(prefix, "EXT")
        rest = match["rest"]
    elif match := _FOREIGN.match(rest):
        interior, rest = _FOREIGN_WORDS[match["prefix"]], match["rest"]
    rest = rest.strip(" .:-–—")
    location, time_words = _split_time(rest)
    time, follows = read_time(time_words)
    return Heading(interior, " ".join(location.split()), time_words, time, follows)


def _split_time(rest: str) -> tuple[str, str]:
    parts = [part.strip() for part in _DASH.split(rest) if part.strip()]
    if len(parts) > 1:
        tail = 1
        # DAY - LATER and NIGHT - FLASHBACK are one time in two parts; HOUSE - KITCHEN - DAY has only one.
        if len(parts) > 2 and _purely_time(parts[-2]):
            tail = 2
        return _before(rest, parts[-tail:]), " - ".join(parts[-tail:])
    for pattern in (_BRACKETS, _LAST_CLAUSE):
        found = list(pattern.finditer(rest))
        if found and _known(found[-1][1]) and found[-1].start() > 0:
            return rest[: found[-1].start()].strip(" ,."), found[-1][1].strip()
    return rest, ""


def _before(rest: str, tail: list[str]) -> str:
    at = len(rest)
    for part in reversed(tail):
        at = rest.rindex(part, 0, at)
    return rest[:at].strip(" -–—.,") or rest


def _purely_time(words: str) -> bool:
    return _known(words) and all(
        word.isdigit() or word in _FOLLOWING or word in _TIME_OF_WORD or word in _MODIFIERS
        for word in (found.casefold() for found in _WORDS.findall(words))
    )


def _known(words: str) -> bool:
    time, follows = read_time(words)
    return time is not None or follows


def read_time(words: str) -> tuple[TimeOfDay | None, bool]:
    """The time of day that words stand for, and whether they mean "as before".

    ``LATE AFTERNOON`` is afternoon, ``DAY 12`` is day, ``THE NEXT MORNING`` is morning, ``MOMENTS
    LATER`` follows, ``LATER THAT NIGHT`` is night.
    """
    found = [word.casefold().replace("’", "'") for word in _WORDS.findall(words[:200])]
    if "magic" in found and "hour" in found:
        return TimeOfDay.DUSK, False
    if _NEXT_DAY.match(words.strip()):
        return TimeOfDay.DAY, False
    times = [_TIME_OF_WORD[word] for word in found if word in _TIME_OF_WORD]
    if times:
        return times[0], False
    return None, any(word in _FOLLOWING for word in found)
