"""Who somebody is to the eye and the ear: chosen by name, the same through the whole film."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .canvas import Colour
from .shot import dice

_SHE = (
    r"\b(woman|girl|mother|mum|mom|mrs|ms|miss|lady|queen|sister|aunt|daughter|wife|grandma|grandmother|nurse|nun|"
    r"waitress|actress|hostess|princess|madam|she|her|alice|ruth|joan|jane|anne?|claire|grace|rose|mary|helen|susan|"
    r"sarah|ellen|karen|carol|lynn|kim|iris|agnes|ines|judith|margaret|elizabeth|beth|rachel|hannah|deborah|esther|"
    r"emily|lily|amy|lucy|wendy|sally|molly|polly|nancy|judy|kelly|holly|penny|abigail|isabel|marion|dawn|eve|june)\b"
)
_HE = (
    r"\b(man|boy|father|dad|mr|sir|king|brother|uncle|son|husband|grandpa|grandfather|priest|waiter|actor|prince|he|"
    r"him|tom|ben|sam|max|jack|john|james|peter|paul|mark|david|daniel|robert|william|henry|harry|frank|karl|hans|ivan|omar|ali|hugo|leo|oscar|ferryman|fisherman|policeman|luca|joshua|elijah|noah|nikita|ezra|sasha|mike|george|joe|steve|dave|pete|"
    r"luke|jake|blake|wayne|duke|charlie|eddie|freddie|archie|alfie|ollie|ronnie|bernie)\b"
)
_SHE_ENDINGS = r"(a|ia|elle|ette|ine|lyn|een|ie|issa|ys)$"

SHORT, CROP, BALD, CURLY = "short", "crop", "bald", "curly"
LONG, BOB, BUN, TAIL = "long", "bob", "bun", "tail"


@dataclass(frozen=True)
class Look:
    """What a person looks like.

    Attributes:
        stature: height against the average.
        breadth: width against the average.
        hair: one of the styles of this module; ``hat`` one of ``cap beanie brim`` or empty.
        garment: ``jacket coat parka sweater dress skirt``.
    """

    woman: bool
    stature: float
    breadth: float
    hair: str
    hair_colour: Colour
    hat: str
    beard: bool
    garment: str
    cloth: Colour
    trousers: Colour
    skin: Colour


# What a description may say, with what it means; the first that is found counts.
_HAIR_WORDS = (
    (BALD, r"\bbald|shaven head"),
    (CURLY, r"\bcurl|\bafro\b|\bfrizz"),
    (TAIL, r"pony ?tail|\bbraid|\bplait"),
    (BUN, r"\bbun\b|hair up\b|top ?knot"),
    (BOB, r"\bbob\b"),
    (CROP, r"\bcrop|\bbuzz|crew ?cut"),
    (LONG, r"\blong[\w ,-]{0,20}hair"),
    (SHORT, r"\bshort[\w ,-]{0,20}hair"),
)
_HAIR_COLOURS = (
    ((168, 166, 164), r"\b(gr[ae]y|silver|white)[\w ,-]{0,20}(hair|braid|curls|bun|bob|beard|tail)"),
    ((168, 130, 78), r"\bblond"),
    ((126, 58, 30), r"\b(red|ginger|auburn)[\w -]{0,12}hair|\bred-?head"),
    ((74, 48, 30), r"\b(brown|chestnut)[\w -]{0,12}hair|\bbrunette"),
    ((26, 20, 20), r"\b(black|dark)[\w -]{0,12}hair"),
)
_HATS = (("beanie", r"\bbeanie|woolly hat|knit(ted)? (cap|hat)"), ("brim", r"\bfedora|\bhat\b"), ("cap", r"\bcap\b"))
_GARMENTS = ("parka", "raincoat", "coat", "sweater", "jumper", "pullover", "dress", "skirt", "jacket")
_SAME_GARMENT = {"raincoat": "coat", "jumper": "sweater", "pullover": "sweater"}
_CLOTH_COLOURS: dict[str, Colour] = {
    "red": (150, 44, 40), "orange": (190, 104, 42), "yellow": (200, 164, 60), "green": (56, 104, 66),
    "blue": (48, 80, 140), "navy": (34, 46, 82), "purple": (96, 62, 118), "pink": (190, 116, 136),
    "brown": (98, 72, 52), "black": (28, 28, 32), "grey": (104, 106, 110), "gray": (104, 106, 110),
    "white": (200, 198, 192),
}  # fmt: skip

_SKINS: tuple[Colour, ...] = (
    (236, 190, 160),
    (222, 170, 136),
    (198, 142, 106),
    (160, 108, 78),
    (118, 78, 58),
    (88, 58, 46),
)
_HAIRS: tuple[Colour, ...] = (
    (26, 20, 20),
    (44, 30, 24),
    (74, 48, 30),
    (120, 82, 46),
    (96, 44, 26),
    (150, 146, 144),
    (168, 130, 78),
)
_CLOTHS: tuple[Colour, ...] = (
    (52, 70, 96),
    (92, 58, 52),
    (62, 78, 62),
    (112, 88, 58),
    (70, 62, 84),
    (124, 104, 84),
    (48, 52, 60),
    (108, 62, 74),
    (58, 88, 94),
    (140, 120, 100),
)


def is_woman(name: str) -> bool:
    """A guess from a name or a role word; only drawing and the voice depend on it."""
    words = re.sub(r"[^\w\s]", " ", name.casefold())
    if re.search(_HE, words):
        return False
    if re.search(_SHE, words):
        return True
    first = words.split()[:1]
    if first and re.search(_SHE_ENDINGS, first[0]) and len(first[0]) > 2:
        return True
    return dice("guess", words).random() < 0.2


def look_of(name: str, about: str = "") -> Look:
    """The look that belongs to a name, whatever its case, and to what is said about it.

    Args:
        name: the same name has the same look through the whole film.
        about: a description; what it says of hair, hat, beard, clothes and age is drawn.
    """
    key = " ".join(name.casefold().split())
    words = about.casefold()
    chance = dice("look", key)
    woman = _said_to_be_woman(words, is_woman(key))
    child = bool(re.search(r"\b(boy|girl|child|kid|son|daughter)\b", key) or re.search(r"\b(child|kid)\b", words))
    old = bool(re.search(r"\b(old|grand\w+|elder\w*)\b", key) or re.search(r"\b(old|elderly|aged)\b", words))
    hair = chance.choice((LONG, BOB, BUN, TAIL, LONG, CURLY) if woman else (SHORT, SHORT, CROP, CURLY, BALD, CROP))
    hat = chance.choice(("", "", "", "", "beanie")) if woman else chance.choice(("", "", "", "cap", "beanie", "brim"))
    if re.search(r"\b(captain|ferryman|driver|officer|police\w*|guard|conductor|skipper)\b", key):
        hat = "cap"
    if re.search(r"\b(detective|inspector|gangster|stranger|cowboy|sheriff)\b", key):
        hat = "brim"
    garment = chance.choice(
        ("coat", "dress", "skirt", "sweater", "jacket") if woman else ("jacket", "coat", "parka", "sweater", "jacket")
    )
    guessed = Look(
        woman=woman,
        stature=(0.72 if child else chance.uniform(0.92, 0.99) if woman else chance.uniform(0.97, 1.06)),
        breadth=chance.uniform(0.90, 1.02) if woman else chance.uniform(0.96, 1.10),
        hair=hair,
        hair_colour=(168, 166, 164) if old else chance.choice(_HAIRS),
        hat=hat,
        beard=not woman and not child and chance.random() < 0.34,
        garment=garment,
        cloth=chance.choice(_CLOTHS),
        trousers=chance.choice(((34, 36, 44), (58, 50, 44), (44, 52, 66), (30, 30, 32))),
        skin=chance.choice(_SKINS),
    )
    return _as_described(guessed, words) if words else guessed


def _said_to_be_woman(words: str, guessed: bool) -> bool:
    she, he = bool(re.search(_SHE, words)), bool(re.search(_HE, words))
    return she if she != he else guessed


def _as_described(look: Look, words: str) -> Look:
    found: dict[str, object] = {}
    if hair := _said(_HAIR_WORDS, words):
        found["hair"] = hair
    if hair_colour := _said(_HAIR_COLOURS, words):
        found["hair_colour"] = hair_colour
    if hat := _said(_HATS, words):
        found["hat"] = hat
    if re.search(r"\b(beard|bearded|moustache)\b", words):
        found["beard"] = True
    elif re.search(r"clean[- ]?shaven|no beard", words):
        found["beard"] = False
    garment = next((each for each in _GARMENTS if re.search(rf"\b{each}\b", words)), "")
    if garment:
        found["garment"] = _SAME_GARMENT.get(garment, garment)
        colour = re.search(rf"\b({'|'.join(_CLOTH_COLOURS)})\b[\w ,-]{{0,20}}\b{garment}\b", words)
        if colour:
            found["cloth"] = _CLOTH_COLOURS[colour[1]]
    return replace(look, **found)  # type: ignore[arg-type]  # the names are those of its fields


def _said(table: Sequence[tuple[Any, str]], words: str) -> Any:
    return next((meant for meant, pattern in table if re.search(pattern, words)), None)
