"""What is to be drawn: read from the order's context, or guessed from the words of a free prompt."""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from generation.providers.base import Json

ANGLES = {
    "medium shot": "medium",
    "wide angle establishing shot": "wide",
    "close-up shot": "close",
    "low angle shot": "low",
    "over-the-shoulder shot": "shoulder",
    "dutch angle shot": "dutch",
    "high angle shot": "high",
    "tracking shot": "tracking",
}
SLATE_NAMES = {
    "medium": "MEDIUM",
    "wide": "WIDE",
    "close": "CLOSE-UP",
    "low": "LOW ANGLE",
    "shoulder": "OVER THE SHOULDER",
    "dutch": "DUTCH",
    "high": "HIGH ANGLE",
    "tracking": "TRACKING",
}
MOST_CHARACTERS = 6
TIMES = ("dawn", "morning", "day", "afternoon", "dusk", "evening", "night")

_ANGLE_WORDS = (
    ("close", r"close[- ]?up|portrait|\bface\b|headshot"),
    ("wide", r"\bwide|establishing|landscape|panorama|aerial|skyline|vista"),
    ("shoulder", r"over[- ]the[- ]shoulder|\bots\b"),
    ("dutch", r"dutch|tilted|canted"),
    ("low", r"low[- ]angle|from below|towering"),
    ("high", r"high[- ]angle|from above|top[- ]down|bird"),
    ("tracking", r"tracking|walk|running|follow"),
)
_TIME_WORDS = (
    ("dawn", r"dawn|sunrise|daybreak|first light"),
    ("dusk", r"dusk|sunset|twilight|golden hour|magic hour"),
    ("night", r"night|midnight|moon|\bstars?\b|\bdark\b|neon"),
    ("evening", r"evening"),
    ("morning", r"morning"),
    ("afternoon", r"afternoon"),
)
_PEOPLE = r"\b(man|woman|boy|girl|person|people|he|she|figure|portrait|face|detective|child|someone|stranger|couple)\b"


@dataclass(frozen=True)
class Shot:
    """One shot in plain words. Equal shots with equal seeds give equal pictures."""

    angle: str = "medium"
    interior: bool = False
    time: str = "day"
    location: str = ""
    characters: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    speaker: str = ""
    caption: str = ""
    slate: str = ""
    move: str = ""
    seed: int = 0

    def dice(self, *salt: object) -> random.Random:
        """A source of chance that depends on the seed and the given words alone."""
        return dice(self.seed, *salt)

    def about(self, name: str) -> str:
        """What somebody looks like in words; empty where nobody has said."""
        return dict(zip(self.characters, self.looks, strict=False)).get(name, "")

    def without_words(self) -> Shot:
        """The same picture without anything written on it."""
        return replace(self, caption="", slate="", move="")

    def to_json(self) -> dict[str, Any]:
        """As JSON; ``from_json`` reads it back."""
        return {**asdict(self), "characters": list(self.characters), "looks": list(self.looks)}

    @classmethod
    def from_json(cls, stored: Json) -> Shot:
        """The shot that ``to_json`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        # What was stored before people had descriptions is drawn as it was meant.
        stored = {"looks": [], **stored}
        if set(stored) != set(cls.__dataclass_fields__):
            raise ValueError("not a stored shot")
        names, looks = stored["characters"], stored["looks"]
        words = [stored[key] for key in ("location", "speaker", "caption", "slate", "move")]
        if (
            stored["angle"] not in SLATE_NAMES
            or stored["time"] not in TIMES
            or type(stored["seed"]) is not int
            or type(stored["interior"]) is not bool
            or not isinstance(names, list)
            or not isinstance(looks, list)
            or not all(isinstance(each, str) and len(each) <= 600 for each in [*words, *names, *looks])
            or max(len(names), len(looks)) > MOST_CHARACTERS
        ):
            raise ValueError("not a stored shot")
        return cls(**{**stored, "characters": tuple(names), "looks": tuple(looks)})


def dice(*salt: object) -> random.Random:
    """A source of chance that is the same for the same words on every machine."""
    return random.Random(hashlib.sha256("\x1f".join(map(str, salt)).encode(errors="replace")).digest())


def read_shot(context: Json, prompt: str, seed: int) -> Shot:
    """Make a shot from an order.

    Args:
        context: ``angle interior time_of_day location characters looks speaker caption scene shot move``; all may be
            missing. ``looks`` are descriptions of the characters, in their order.
        prompt: used for whatever the context does not say.
        seed: chooses among equally right pictures.
    """
    words = prompt.casefold()
    angle_text = _text(context, "angle").casefold()
    angle = ANGLES.get(angle_text) or _first(_ANGLE_WORDS, angle_text) or _first(_ANGLE_WORDS, words) or "medium"
    time_text = _text(context, "time_of_day").casefold()
    time = time_text if time_text in TIMES else _first(_TIME_WORDS, time_text) or _first(_TIME_WORDS, words) or "day"
    setting = _text(context, "interior").upper()
    if setting:
        interior = setting.startswith("INT")
    else:
        interior = bool(
            re.search(r"\bint(erior)?\b|\binside\b|\broom\b|indoors|kitchen|office|corridor|\bbar\b", words)
        )
    names = context.get("characters") or ()
    if isinstance(names, str):
        names = (names,)
    characters = tuple(name for name in (str(each).strip() for each in names) if name)
    looks = context.get("looks") or ()
    speaker = _text(context, "speaker")
    if not context and not characters and re.search(_PEOPLE, words):
        characters = ("someone",) if not re.search(r"\b(couple|people|two)\b", words) else ("someone", "another")
    label = _text(context, "shot") or _text(context, "scene")
    slate = " · ".join(part for part in (label, SLATE_NAMES[angle], time.upper()) if part) if label else ""
    return Shot(
        angle=angle,
        interior=interior,
        time=time,
        location=(_text(context, "location") or prompt)[:300],
        characters=tuple(name[:100] for name in characters[:MOST_CHARACTERS]),
        looks=tuple(" ".join(str(each).split())[:600] for each in looks[:MOST_CHARACTERS]),
        speaker=speaker[:100],
        caption=_text(context, "caption")[:600],
        slate=slate[:80],
        move=_text(context, "move").casefold()[:80],
        seed=seed,
    )


def _text(context: Json, key: str) -> str:
    value = context.get(key)
    return "" if value is None else " ".join(str(value).split())


def _first(table: tuple[tuple[str, str], ...], words: str) -> str:
    return next((name for name, pattern in table if re.search(pattern, words)), "")
