"""Heads: from the front, from behind and in profile, with hair, hats and a side-lit face.

Head units: 0 at the chin, 1 at the crown, x from the middle; a profile looks to the right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .canvas import Colour, Point, Sheet, mix, smooth, times
from .casting import BALD, BOB, BUN, CROP, CURLY, LONG, TAIL, Look
from .palette import Light

Place = Callable[[float, float], Point]

_FRONT: Sequence[Point] = (
    (0.0, 0.0), (0.10, 0.012), (0.19, 0.08), (0.265, 0.20), (0.305, 0.34), (0.335, 0.52), (0.345, 0.68), (0.315, 0.83),
    (0.22, 0.95), (0.0, 1.0), (-0.22, 0.95), (-0.315, 0.83), (-0.345, 0.68), (-0.335, 0.52), (-0.305, 0.34),
    (-0.265, 0.20), (-0.19, 0.08), (-0.10, 0.012),
)  # fmt: skip
_PROFILE: Sequence[Point] = (
    (0.02, -0.26), (0.07, -0.03), (0.20, 0.005), (0.275, 0.025), (0.302, 0.085), (0.285, 0.135), (0.315, 0.175),
    (0.302, 0.205), (0.328, 0.24), (0.312, 0.29), (0.385, 0.318), (0.402, 0.352), (0.352, 0.45), (0.305, 0.525),
    (0.322, 0.585), (0.315, 0.68), (0.262, 0.82), (0.14, 0.945), (-0.05, 1.0), (-0.25, 0.965), (-0.40, 0.83),
    (-0.455, 0.63), (-0.425, 0.43), (-0.345, 0.27), (-0.28, 0.10), (-0.27, -0.26),
)  # fmt: skip
_CAP_FRONT: Sequence[Point] = (
    (-0.355, 0.50), (-0.40, 0.72), (-0.33, 0.93), (-0.16, 1.045), (0.06, 1.065), (0.28, 0.97), (0.39, 0.76), (0.355, 0.50),
    (0.325, 0.64), (0.27, 0.76), (0.10, 0.80), (-0.12, 0.83), (-0.28, 0.74), (-0.325, 0.62),
)  # fmt: skip
_CROP_FRONT: Sequence[Point] = (
    (-0.35, 0.58), (-0.365, 0.74), (-0.26, 0.94), (0.0, 1.015), (0.26, 0.94), (0.365, 0.74), (0.35, 0.58), (0.305, 0.74),
    (0.18, 0.84), (-0.18, 0.84), (-0.305, 0.74),
)  # fmt: skip
_CAP_PROFILE: Sequence[Point] = (
    (0.305, 0.72), (0.32, 0.86), (0.19, 1.02), (-0.04, 1.065), (-0.28, 1.02), (-0.44, 0.87), (-0.495, 0.63),
    (-0.455, 0.40), (-0.36, 0.22), (-0.27, 0.24), (-0.22, 0.40), (-0.10, 0.47), (-0.06, 0.62), (0.06, 0.70), (0.18, 0.78),
)  # fmt: skip
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
        _hair_behind(fill, look, hair)
        fill([(-0.37, 0.42), (-0.335, 0.56), (-0.325, 0.36)], mix(skin, hair, 0.25))
        fill([(0.37, 0.42), (0.335, 0.56), (0.325, 0.36)], mix(skin, hair, 0.25))
        fill(_FRONT, skin)
        if face:
            _face(fill, look, skin, lit, hair)
        elif look.beard:
            _beard(fill, hair)
        _hair_front(fill, look, hair)
    else:
        _profile(fill, look, skin, lit, hair, face=face)
    if look.hat:
        _hat(fill, look, times(look.cloth, light.ambient), facing, hair)


Fill = Callable[..., None]


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
            [(-0.17, 1.06), (-0.12, 1.22), (0.06, 1.25), (0.18, 1.12), (0.12, 1.0), (-0.1, 0.98)],
            mix(hair, (0, 0, 0), 0.15),
        )


def _hair_front(fill: Fill, look: Look, hair: Colour) -> None:
    if look.hair == BALD:
        return
    if look.hair == CROP:
        fill(_CROP_FRONT, hair)
    elif look.hair in (LONG, BOB):
        reach = 0.05 if look.hair == BOB else -0.25
        fill(
            [
                (-0.40, reach),
                (-0.43, 0.5),
                (-0.38, 0.86),
                (-0.14, 1.05),
                (0.16, 1.04),
                (0.38, 0.86),
                (0.43, 0.5),
                (0.40, reach),
                (0.33, 0.34),
                (0.31, 0.62),
                (0.15, 0.82),
                (-0.02, 0.88),
                (-0.20, 0.78),
                (-0.32, 0.56),
                (-0.33, 0.30),
            ],
            hair,
        )
    else:
        fill(_CAP_FRONT, hair)


def _beard(fill: Fill, hair: Colour) -> None:
    fill(
        [
            (0, -0.045),
            (0.14, -0.02),
            (0.255, 0.12),
            (0.325, 0.40),
            (0.26, 0.29),
            (0.12, 0.265),
            (0, 0.285),
            (-0.12, 0.265),
            (-0.26, 0.29),
            (-0.325, 0.40),
            (-0.255, 0.12),
            (-0.14, -0.02),
        ],
        hair,
    )


def _face(fill: Fill, look: Look, skin: Colour, lit: Colour, hair: Colour) -> None:
    dark = mix(skin, (8, 6, 10), 0.55)
    half = mix(skin, lit, 0.5)
    # The light falls from the positive side; the caller mirrors the head so that this is the lit side.
    fill(
        [
            (0.045, 0.99),
            (0.02, 0.80),
            (0.0, 0.60),
            (-0.012, 0.52),
            (-0.03, 0.42),
            (-0.055, 0.345),
            (-0.035, 0.305),
            (0.0, 0.29),
            (-0.012, 0.25),
            (-0.03, 0.215),
            (-0.01, 0.175),
            (-0.02, 0.11),
            (-0.015, 0.03),
            (0.10, 0.012),
            (0.19, 0.08),
            (0.265, 0.20),
            (0.305, 0.34),
            (0.335, 0.52),
            (0.345, 0.68),
            (0.315, 0.83),
            (0.2, 0.96),
        ],
        half,
    )
    fill(
        [
            (0.13, 0.95),
            (0.09, 0.80),
            (0.07, 0.66),
            (0.15, 0.62),
            (0.25, 0.60),
            (0.28, 0.52),
            (0.18, 0.455),
            (0.10, 0.40),
            (0.085, 0.32),
            (0.12, 0.25),
            (0.10, 0.15),
            (0.09, 0.06),
            (0.15, 0.06),
            (0.25, 0.20),
            (0.295, 0.34),
            (0.325, 0.52),
            (0.335, 0.68),
            (0.30, 0.83),
            (0.22, 0.93),
        ],
        lit,
    )
    fill([(-0.235, 0.45), (-0.12, 0.455), (-0.10, 0.40), (-0.15, 0.31), (-0.20, 0.36)], mix(skin, lit, 0.42))
    fill(
        [(0.0, 0.575), (0.012, 0.50), (0.015, 0.42), (0.02, 0.36), (-0.045, 0.345), (-0.03, 0.42), (-0.015, 0.50)], lit
    )
    for side in (-1, 1):
        socket = mix(half if side > 0 else skin, dark, 0.55)
        fill(
            [
                (side * 0.05, 0.545),
                (side * 0.14, 0.585),
                (side * 0.245, 0.555),
                (side * 0.225, 0.495),
                (side * 0.14, 0.475),
                (side * 0.07, 0.50),
            ],
            socket,
        )
        white = mix(socket, lit, 0.55 if side > 0 else 0.18)
        fill([(side * 0.075, 0.517), (side * 0.145, 0.549), (side * 0.225, 0.520), (side * 0.145, 0.500)], white)
        fill(
            [(side * 0.112, 0.525), (side * 0.145, 0.552), (side * 0.178, 0.525), (side * 0.145, 0.497)],
            mix(dark, (0, 0, 0), 0.5),
        )
        fill(
            [(side * 0.06, 0.520), (side * 0.145, 0.562), (side * 0.238, 0.524), (side * 0.145, 0.545)],
            mix(dark, (0, 0, 0), 0.4),
        )
        brow = mix(hair, dark, 0.4)
        fill(
            [(side * 0.045, 0.598), (side * 0.15, 0.648), (side * 0.265, 0.605), (side * 0.15, 0.622)]
            if look.woman
            else [(side * 0.04, 0.585), (side * 0.15, 0.640), (side * 0.275, 0.598), (side * 0.15, 0.598)],
            brow,
        )
    fill([(0.155, 0.531), (0.168, 0.541), (0.178, 0.531), (0.168, 0.521)], mix(lit, (255, 255, 255), 0.6))
    fill(
        [(-0.07, 0.335), (-0.02, 0.318), (0.045, 0.325), (0.07, 0.345), (0.05, 0.305), (0.0, 0.292), (-0.05, 0.305)],
        dark,
    )
    if look.beard:
        _beard(fill, hair)
    lip = mix(mix(skin, (120, 40, 44), 0.35 if look.woman else 0.18), dark, 0.25)
    fill(
        [
            (-0.125, 0.205),
            (-0.05, 0.235),
            (0.0, 0.226),
            (0.05, 0.235),
            (0.125, 0.205),
            (0.06, 0.163),
            (0.0, 0.152),
            (-0.06, 0.163),
        ],
        lip,
    )
    fill([(0.01, 0.195), (0.06, 0.19), (0.09, 0.195), (0.05, 0.166), (0.01, 0.163)], mix(lip, lit, 0.45))
    fill(
        [
            (-0.135, 0.207),
            (-0.05, 0.207),
            (0.0, 0.201),
            (0.05, 0.207),
            (0.135, 0.207),
            (0.05, 0.193),
            (0.0, 0.190),
            (-0.05, 0.193),
        ],
        dark,
    )
    fill([(-0.07, 0.138), (0.0, 0.128), (0.07, 0.138), (0.0, 0.112)], mix(skin, dark, 0.5))


def _profile(fill: Fill, look: Look, skin: Colour, lit: Colour, hair: Colour, *, face: bool) -> None:
    dark = mix(skin, (8, 6, 10), 0.55)
    if look.hair == LONG:
        fill(
            [(-0.12, 0.9), (-0.42, 0.9), (-0.53, 0.5), (-0.50, 0.05), (-0.46, -0.50), (-0.16, -0.46), (-0.10, 0.1)],
            hair,
        )
    elif look.hair == BOB:
        fill([(-0.12, 0.9), (-0.42, 0.9), (-0.54, 0.5), (-0.50, 0.08), (-0.2, 0.0), (-0.06, 0.2)], hair)
    elif look.hair == TAIL:
        fill(
            [(-0.36, 0.80), (-0.56, 0.82), (-0.66, 0.55), (-0.60, 0.10), (-0.53, 0.06), (-0.53, 0.5), (-0.43, 0.66)],
            hair,
        )
    elif look.hair == BUN:
        fill([(-0.40, 0.66), (-0.54, 0.62), (-0.64, 0.74), (-0.58, 0.90), (-0.42, 0.92)], hair)
    fill(_PROFILE, skin)
    if face:
        fill(
            [
                (0.262, 0.80),
                (0.315, 0.68),
                (0.322, 0.585),
                (0.305, 0.525),
                (0.352, 0.45),
                (0.402, 0.352),
                (0.385, 0.318),
                (0.312, 0.29),
                (0.328, 0.24),
                (0.302, 0.205),
                (0.315, 0.175),
                (0.285, 0.135),
                (0.302, 0.085),
                (0.265, 0.03),
                (0.19, 0.06),
                (0.20, 0.20),
                (0.17, 0.33),
                (0.19, 0.45),
                (0.235, 0.52),
                (0.225, 0.62),
                (0.20, 0.76),
            ],
            mix(skin, lit, 0.45),
        )
        fill([(0.175, 0.535), (0.245, 0.552), (0.272, 0.532), (0.255, 0.502), (0.20, 0.508)], dark)
        fill([(0.14, 0.59), (0.22, 0.628), (0.318, 0.60), (0.22, 0.598)], mix(hair, dark, 0.5))
        fill([(0.20, 0.205), (0.27, 0.208), (0.312, 0.206), (0.27, 0.196)], dark)
        fill([(0.30, 0.325), (0.345, 0.33), (0.34, 0.312), (0.31, 0.305)], dark)
        fill([(-0.10, 0.46), (-0.03, 0.56), (0.03, 0.50), (0.0, 0.40), (-0.06, 0.35)], mix(skin, dark, 0.55))
    if look.beard:
        fill(
            [
                (0.24, -0.02),
                (0.315, 0.06),
                (0.30, 0.15),
                (0.20, 0.19),
                (0.22, 0.26),
                (0.08, 0.30),
                (0.0, 0.42),
                (-0.06, 0.40),
                (-0.02, 0.16),
                (0.10, 0.02),
            ],
            hair,
        )
    if look.hair == CURLY:
        fill(
            [
                (0.30, 0.76),
                (0.33, 0.98),
                (0.10, 1.14),
                (-0.2, 1.14),
                (-0.48, 0.98),
                (-0.58, 0.66),
                (-0.48, 0.30),
                (-0.32, 0.20),
                (-0.16, 0.42),
                (-0.06, 0.60),
                (0.12, 0.76),
            ],
            hair,
        )
    elif look.hair == CROP:
        fill(
            [
                (0.28, 0.80),
                (0.18, 0.96),
                (-0.05, 1.02),
                (-0.27, 0.98),
                (-0.42, 0.84),
                (-0.475, 0.62),
                (-0.43, 0.40),
                (-0.34, 0.30),
                (-0.20, 0.44),
                (-0.08, 0.62),
                (0.10, 0.78),
            ],
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
            [
                (-0.30, 0.26),
                (-0.36, 0.52),
                (-0.38, 0.74),
                (-0.27, 0.97),
                (0, 1.06),
                (0.27, 0.97),
                (0.38, 0.74),
                (0.36, 0.52),
                (0.30, 0.26),
                (0.12, 0.16),
                (-0.12, 0.16),
            ],
            hair,
        )
    if look.hair == TAIL:
        fill(
            [(-0.10, 0.72), (0.10, 0.72), (0.14, 0.3), (0.06, -0.25), (-0.06, -0.25), (-0.14, 0.3)],
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
                [
                    (-0.47, 0.66),
                    (-0.48, 0.88),
                    (-0.30, 1.06),
                    (0.0, 1.10),
                    (0.25, 1.0),
                    (0.33, 0.80),
                    (0.32, 0.70),
                    (-0.1, 0.72),
                ],
                felt,
            )
            fill([(0.24, 0.78), (0.40, 0.765), (0.585, 0.70), (0.57, 0.67), (0.40, 0.69), (0.26, 0.70)], band)
        else:
            fill(
                [
                    (-0.37, 0.68),
                    (-0.41, 0.86),
                    (-0.26, 1.06),
                    (0, 1.11),
                    (0.26, 1.06),
                    (0.41, 0.86),
                    (0.37, 0.68),
                    (0, 0.72),
                ],
                felt,
            )
            if facing == "front":
                fill([(-0.35, 0.74), (-0.22, 0.655), (0, 0.625), (0.22, 0.655), (0.35, 0.74), (0, 0.77)], band)
    elif look.hat == "brim":
        fill(
            [(-0.40, 0.76), (-0.37, 1.02), (-0.18, 1.21), (0.0, 1.165), (0.18, 1.20), (0.35, 1.02), (0.38, 0.76)], felt
        )
        fill([(-0.41, 0.72), (-0.405, 0.83), (0.385, 0.83), (0.39, 0.72)], band, curved=False)
        fill(
            [
                (-0.66, 0.745),
                (-0.40, 0.775),
                (0, 0.79),
                (0.40, 0.775),
                (0.66, 0.745),
                (0.42, 0.68),
                (0, 0.655),
                (-0.42, 0.68),
            ],
            felt,
        )
