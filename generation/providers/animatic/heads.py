"""Heads: from the front, from behind and in profile, with hair, hats and a side-lit face.

Head units: 0 at the chin, 1 at the crown, x from the middle; a profile looks to the right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .canvas import Colour, Point, Sheet, mix, outline, smooth, times
from .casting import BALD, BOB, BUN, CROP, CURLY, LONG, TAIL, Look
from .faces import Fill, draw_beard, draw_face
from .palette import Light

Place = Callable[[float, float], Point]

_FRONT: Sequence[Point] = outline(
    "0 0, 0.1 0.012, 0.19 0.08, 0.265 0.2, 0.305 0.34, 0.335 0.52, 0.345 0.68, 0.315 0.83, "
    "0.22 0.95, 0 1, -0.22 0.95, -0.315 0.83, -0.345 0.68, -0.335 0.52, -0.305 0.34, "
    "-0.265 0.2, -0.19 0.08, -0.1 0.012"
)
_PROFILE: Sequence[Point] = outline(
    "-0.1 0, 0.07 -0.02, 0.2 0.005, 0.275 0.025, 0.302 0.085, 0.285 0.135, 0.315 0.175, "
    "0.302 0.205, 0.328 0.24, 0.312 0.29, 0.385 0.318, 0.402 0.352, 0.352 0.45, "
    "0.305 0.525, 0.322 0.585, 0.315 0.68, 0.262 0.82, 0.14 0.945, -0.05 1, -0.25 0.965, "
    "-0.4 0.83, -0.455 0.63, -0.425 0.43, -0.345 0.27, -0.28 0.1"
)
_CAP_FRONT: Sequence[Point] = outline(
    "-0.355 0.5, -0.4 0.72, -0.33 0.93, -0.16 1.045, 0.06 1.065, 0.28 0.97, 0.39 0.76, "
    "0.355 0.5, 0.325 0.64, 0.27 0.76, 0.1 0.8, -0.12 0.83, -0.28 0.74, -0.325 0.62"
)
_CROP_FRONT: Sequence[Point] = outline(
    "-0.35 0.58, -0.365 0.74, -0.26 0.94, 0 1.015, 0.26 0.94, 0.365 0.74, 0.35 0.58, "
    "0.305 0.74, 0.18 0.84, -0.18 0.84, -0.305 0.74"
)
_CAP_PROFILE: Sequence[Point] = outline(
    "0.305 0.72, 0.32 0.86, 0.19 1.02, -0.04 1.065, -0.28 1.02, -0.44 0.87, -0.495 0.63, "
    "-0.455 0.4, -0.36 0.22, -0.27 0.24, -0.22 0.4, -0.1 0.47, -0.06 0.62, 0.06 0.7, "
    "0.18 0.78"
)
_BACK_LENGTH = {LONG: -0.62, BOB: 0.02, TAIL: 0.30, BUN: 0.30}


def draw_head(
    sheet: Sheet, at: Place, look: Look, light: Light, facing: str, *, face: bool, tones: tuple[Colour, Colour, Colour]
) -> None:
    """Draw a head with its neck hidden behind it.

    Args:
        at: from head units (already mirrored for a look to the left) to picture units.
        facing: ``front``, ``back`` or anything else for a profile.
        face: draw features; only worth it when the head is large.
        tones: skin in shadow, skin in light, hair.
    """
    skin, lit, hair = tones

    def fill(points: Sequence[Point], colour: Colour, *, curved: bool = True) -> None:
        sheet.polygon([at(x, y) for x, y in (smooth(points) if curved else points)], colour)

    if facing == "back":
        _from_behind(fill, look, skin, hair)
    elif facing == "front":
        fill([(-0.37, 0.42), (-0.335, 0.56), (-0.325, 0.36)], mix(skin, hair, 0.25))
        fill([(0.37, 0.42), (0.335, 0.56), (0.325, 0.36)], mix(skin, hair, 0.25))
        fill(_FRONT, skin)
        if face:
            draw_face(fill, look, skin, lit, hair)
        elif look.beard:
            draw_beard(fill, hair)
        _hair_front(fill, look, hair)
    else:
        _profile(fill, look, skin, lit, hair, face=face)
    if look.hat:
        _hat(fill, look, times(look.cloth, light.ambient), facing, hair)


def draw_hair_behind(sheet: Sheet, at: Place, look: Look, hair: Colour) -> None:
    """Draw the hair that falls behind the neck and shoulders of somebody seen from the front."""

    def fill(points: Sequence[Point], colour: Colour, *, curved: bool = True) -> None:
        sheet.polygon([at(x, y) for x, y in (smooth(points) if curved else points)], colour)

    _hair_behind(fill, look, hair)


def _hair_behind(fill: Fill, look: Look, hair: Colour) -> None:
    length = _BACK_LENGTH.get(look.hair)
    if look.hair == CURLY:
        width, low = (0.50, 0.16) if look.woman else (0.42, 0.48)
        fill(
            [
                (-width * 0.8, low),
                (-width, 0.62),
                (-width * 0.78, 0.98),
                (0, 1.14),
                (width * 0.78, 0.98),
                (width, 0.62),
                (width * 0.8, low),
            ],
            hair,
        )
    elif length is not None and length < 0.2:
        flare = 0.47 if look.hair == LONG else 0.44
        fill(
            [
                (-flare, length),
                (-0.46, 0.35),
                (-0.42, 0.78),
                (-0.2, 1.04),
                (0.2, 1.04),
                (0.42, 0.78),
                (0.46, 0.35),
                (flare, length),
                (0, length + 0.08),
            ],
            hair,
        )
    if look.hair == BUN and not look.hat:
        fill(
            outline("-0.17 1.06, -0.12 1.22, 0.06 1.25, 0.18 1.12, 0.12 1, -0.1 0.98"),
            mix(hair, (0, 0, 0), 0.15),
        )


def _hair_front(fill: Fill, look: Look, hair: Colour) -> None:
    if look.hair == BALD or (look.hat and look.hair in {LONG, BOB}):
        return
    if look.hair == CROP:
        fill(_CROP_FRONT, hair)
    elif look.hair in (LONG, BOB):
        fill(
            outline(
                "-0.4 0.13, -0.45 0.36, -0.435 0.62, -0.38 0.86, -0.14 1.05, 0.16 1.04, 0.38 0.86, "
                "0.435 0.62, 0.45 0.36, 0.4 0.13, 0.345 0.16, 0.33 0.4, 0.3 0.64, 0.15 0.82, "
                "-0.02 0.88, -0.2 0.78, -0.315 0.58, -0.335 0.36, -0.345 0.16"
            ),
            hair,
        )
    else:
        fill(_CAP_FRONT, hair)


def _profile(fill: Fill, look: Look, skin: Colour, lit: Colour, hair: Colour, *, face: bool) -> None:
    dark = mix(skin, (8, 6, 10), 0.55)
    if look.hair == LONG:
        fill(
            outline("-0.12 0.9, -0.42 0.9, -0.53 0.5, -0.5 0.05, -0.46 -0.5, -0.16 -0.46, -0.1 0.1"),
            hair,
        )
    elif look.hair == BOB:
        fill(outline("-0.12 0.9, -0.42 0.9, -0.54 0.5, -0.5 0.08, -0.2 0, -0.06 0.2"), hair)
    elif look.hair == TAIL:
        fill(
            outline("-0.36 0.8, -0.56 0.82, -0.66 0.55, -0.6 0.1, -0.53 0.06, -0.53 0.5, -0.43 0.66"),
            hair,
        )
    elif look.hair == BUN:
        fill(outline("-0.4 0.66, -0.54 0.62, -0.64 0.74, -0.58 0.9, -0.42 0.92"), hair)
    fill(_PROFILE, skin)
    if face:
        fill(
            outline(
                "0.262 0.8, 0.315 0.68, 0.322 0.585, 0.305 0.525, 0.352 0.45, 0.402 0.352, "
                "0.385 0.318, 0.312 0.29, 0.328 0.24, 0.302 0.205, 0.315 0.175, 0.285 0.135, "
                "0.302 0.085, 0.265 0.03, 0.19 0.06, 0.2 0.2, 0.17 0.33, 0.19 0.45, 0.235 0.52, "
                "0.225 0.62, 0.2 0.76"
            ),
            mix(skin, lit, 0.45),
        )
        fill(outline("0.175 0.535, 0.245 0.552, 0.272 0.532, 0.255 0.502, 0.2 0.508"), dark)
        fill([(0.14, 0.59), (0.22, 0.628), (0.318, 0.60), (0.22, 0.598)], mix(hair, dark, 0.5))
        fill([(0.20, 0.205), (0.27, 0.208), (0.312, 0.206), (0.27, 0.196)], dark)
        fill([(0.30, 0.325), (0.345, 0.33), (0.34, 0.312), (0.31, 0.305)], dark)
        fill(outline("-0.1 0.46, -0.03 0.56, 0.03 0.5, 0 0.4, -0.06 0.35"), mix(skin, dark, 0.55))
    if look.beard:
        fill(
            outline(
                "0.24 -0.02, 0.315 0.06, 0.3 0.15, 0.2 0.19, 0.22 0.26, 0.08 0.3, 0 0.42, -0.06 0.4, "
                "-0.02 0.16, 0.1 0.02"
            ),
            hair,
        )
    if look.hair == CURLY:
        fill(
            outline(
                "0.3 0.76, 0.33 0.98, 0.1 1.14, -0.2 1.14, -0.48 0.98, -0.58 0.66, -0.48 0.3, "
                "-0.32 0.2, -0.16 0.42, -0.06 0.6, 0.12 0.76"
            ),
            hair,
        )
    elif look.hair == CROP:
        fill(
            outline(
                "0.28 0.8, 0.18 0.96, -0.05 1.02, -0.27 0.98, -0.42 0.84, -0.475 0.62, -0.43 0.4, "
                "-0.34 0.3, -0.2 0.44, -0.08 0.62, 0.1 0.78"
            ),
            hair,
        )
    elif look.hair != BALD:
        fill(_CAP_PROFILE, hair)


def _from_behind(fill: Fill, look: Look, skin: Colour, hair: Colour) -> None:
    fill([(-0.36, 0.40), (-0.325, 0.56), (-0.31, 0.36)], skin)
    fill([(0.36, 0.40), (0.325, 0.56), (0.31, 0.36)], skin)
    fill(_FRONT, skin)
    _hair_behind(fill, look, hair)
    if look.hair in (LONG, BOB, CURLY):
        return
    if look.hair != BALD:
        fill(
            outline(
                "-0.3 0.26, -0.36 0.52, -0.38 0.74, -0.27 0.97, 0 1.06, 0.27 0.97, 0.38 0.74, "
                "0.36 0.52, 0.3 0.26, 0.12 0.16, -0.12 0.16"
            ),
            hair,
        )
    if look.hair == TAIL:
        fill(
            outline("-0.1 0.72, 0.1 0.72, 0.14 0.3, 0.06 -0.25, -0.06 -0.25, -0.14 0.3"),
            mix(hair, (0, 0, 0), 0.25),
        )


def _hat(fill: Fill, look: Look, cloth: Colour, facing: str, hair: Colour) -> None:
    felt = mix(cloth, hair, 0.6)
    band = mix(felt, (0, 0, 0), 0.4)
    profile = facing not in ("front", "back")
    if look.hat == "beanie":
        rim = (-0.47, 0.33) if profile else (-0.385, 0.385)
        fill(
            [
                (rim[0], 0.60),
                (rim[0] - 0.01, 0.84),
                (rim[0] * 0.75, 1.06),
                (-0.03, 1.13),
                (rim[1] * 0.75, 1.05),
                (rim[1] + 0.01, 0.86),
                (rim[1], 0.68),
            ],
            felt,
        )
        fill(
            [(rim[0] - 0.01, 0.58), (rim[0] - 0.01, 0.73), (rim[1] + 0.01, 0.81), (rim[1] + 0.01, 0.67)],
            band,
            curved=False,
        )
    elif look.hat == "cap":
        if profile:
            fill(
                outline("-0.47 0.66, -0.48 0.88, -0.3 1.06, 0 1.1, 0.25 1, 0.33 0.8, 0.32 0.7, -0.1 0.72"),
                felt,
            )
            fill(outline("0.24 0.78, 0.4 0.765, 0.585 0.7, 0.57 0.67, 0.4 0.69, 0.26 0.7"), band)
        else:
            fill(
                outline("-0.37 0.68, -0.41 0.86, -0.26 1.06, 0 1.11, 0.26 1.06, 0.41 0.86, 0.37 0.68, 0 0.72"),
                felt,
            )
            if facing == "front":
                fill(outline("-0.35 0.74, -0.22 0.655, 0 0.625, 0.22 0.655, 0.35 0.74, 0 0.77"), band)
    elif look.hat == "brim":
        fill(outline("-0.4 0.76, -0.37 1.02, -0.18 1.21, 0 1.165, 0.18 1.2, 0.35 1.02, 0.38 0.76"), felt)
        fill([(-0.41, 0.72), (-0.405, 0.83), (0.385, 0.83), (0.39, 0.72)], band, curved=False)
        fill(
            outline("-0.66 0.745, -0.4 0.775, 0 0.79, 0.4 0.775, 0.66 0.745, 0.42 0.68, 0 0.655, -0.42 0.68"),
            felt,
        )
