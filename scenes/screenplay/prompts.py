"""The words a video or image model is given for a shot.

The form is ``[camera angle]: [scene description]. [lighting]. [environment]. [quality terms]``. When
it is too long for a model, words go from the end of the description until a third of the room is left
to it, then quality terms, then words of the environment, then the style; the angle and the light stay.
Nothing is ever cut inside a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from .cast import spoken_name
from .drafts import Angle
from .headings import TimeOfDay

DEFAULT_LIMIT = 512
"""Runway's ``gen3a_turbo`` takes at most 512 UTF-16 code units."""

QUALITY_TERMS = "cinematic, high detail, natural motion, film grain, coherent composition"

_LIGHT_OUTSIDE = {
    TimeOfDay.DAY: "Bright natural daylight with soft shadows",
    TimeOfDay.NIGHT: "Moonlight and pools of artificial light in deep darkness",
    TimeOfDay.DAWN: "Pale first light with long soft shadows",
    TimeOfDay.DUSK: "Fading golden-blue twilight with glowing lamps",
    TimeOfDay.MORNING: "Fresh low morning sun with long shadows",
    TimeOfDay.AFTERNOON: "Warm slanting afternoon sun",
    TimeOfDay.EVENING: "Soft evening light with a darkening sky",
}
_LIGHT_INSIDE = {
    TimeOfDay.DAY: "Daylight through the windows with gentle falloff",
    TimeOfDay.NIGHT: "Warm practical lamps against dark windows",
    TimeOfDay.DAWN: "Faint blue dawn light seeping through the windows",
    TimeOfDay.DUSK: "Amber dusk through the windows with the first lamps lit",
    TimeOfDay.MORNING: "Clear morning light slanting through the windows",
    TimeOfDay.AFTERNOON: "Warm afternoon light across the room",
    TimeOfDay.EVENING: "Cosy evening lamplight with dim windows",
}
_SPACE = re.compile(r"\s+")
# Scripts without spaces may be cut between any two characters: each is about a word.
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

Unit = Literal["characters", "utf16"]


def lighting(time_of_day: TimeOfDay, interior: str) -> str:
    """The light of a scene in words; a scene that is inside and outside at once has both kinds of space."""
    return (_LIGHT_INSIDE if interior == "INT" else _LIGHT_OUTSIDE)[time_of_day]


def environment(interior: str, location: str) -> str:
    """The surroundings in words: rooms have depth and props, open places have sky and weather."""
    place = _tidy(location)
    if place == place.upper():
        place = spoken_name(place)
    if interior == "INT":
        return f"Interior of {place}, lived-in room with depth" if place else "Interior, lived-in room with depth"
    if interior == "EXT":
        return f"Exterior, {place}, open air and sky" if place else "Exterior, open air and sky"
    if interior == "INT/EXT":
        return f"{place}, seen from inside to outside" if place else "Seen from inside to outside"
    return place


# A shot's still and clip mostly have the same words, and a film is priced again after every change.
@lru_cache(maxsize=4096)
def build_prompt(
    angle: Angle,
    description: str,
    *,
    time_of_day: TimeOfDay,
    interior: str = "",
    location: str = "",
    style: str = "",
    quality: str = QUALITY_TERMS,
    limit: int = DEFAULT_LIMIT,
    unit: Unit = "characters",
) -> str:
    """Build the prompt of a shot.

    Args:
        angle: the camera angle.
        description: what is to be seen; any white space.
        time_of_day: gives the light.
        interior: ``INT``, ``EXT``, ``INT/EXT`` or empty.
        location: the place as in the heading.
        style: words that all shots of a film share; set before the quality terms, and kept longer than they are.
        quality: terms separated by commas.
        limit: the most that the model takes.
        unit: how the model counts: ``characters`` (code points) or ``utf16`` (code units, as browsers and Runway do).

    Raises:
        ValueError: not even the angle and the light fit into ``limit``.
    """
    light = lighting(time_of_day, interior)
    what, where = _tidy(description), environment(interior, location)
    looks, terms = _terms(style), _terms(quality)

    def room(what: str, where: str) -> bool:
        return measure(_compose(angle, what, light, where, [*looks, *terms]), unit) <= limit

    if measure(_compose(angle, "", light, "", []), unit) > limit:
        raise ValueError(f"A prompt of {limit} {unit} is too short for the angle and the light.")
    kept = _cut(what, lambda shorter: len(shorter) <= limit // 3)
    while terms and not room(kept, where):
        terms.pop()
    if not room(kept, where):
        place = _cut(_tidy(location), lambda shorter: room(kept, environment(interior, shorter)))
        where = environment(interior, place)
    if not room(kept, where):
        where = ""
    while looks and not room(kept, where):
        looks.pop()
    return _compose(angle, _cut(what, lambda shorter: room(shorter, where)), light, where, [*looks, *terms])


def measure(text: str, unit: Unit) -> int:
    """The length of ``text`` as the model counts it."""
    return len(text) if unit == "characters" else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _compose(angle: Angle, what: str, light: str, where: str, terms: list[str]) -> str:
    sentences = [part for part in (what, light, where, ", ".join(terms)) if part]
    return f"{angle.value}: {'. '.join(sentences)}"


def _tidy(text: str) -> str:
    return _SPACE.sub(" ", text).strip(" .,;:!?…")


def _terms(text: str) -> list[str]:
    return [term for term in map(_tidy, text.split(",")) if term]


def _cut(text: str, fits: Callable[[str], bool]) -> str:
    """The longest beginning of ``text`` that fits and ends between words; empty when none does."""
    if fits(text):
        return text
    ends = [0]
    for at, char in enumerate(text):
        if char == " " or _DENSE.match(char):
            ends.append(at)
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if fits(_tidy(text[: ends[middle]])):
            low = middle
        else:
            high = middle - 1
    return _tidy(text[: ends[low]])
