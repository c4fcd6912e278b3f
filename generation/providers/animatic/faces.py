"""Faces from the front: a shadow side, a lit side, and what the light finds on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .canvas import Colour, Point, mix, outline
from .casting import Look


class Fill(Protocol):
    """Fills a shape given in head units."""

    def __call__(self, points: Sequence[Point], colour: Colour, *, curved: bool = True) -> None: ...


def draw_face(fill: Fill, look: Look, skin: Colour, lit: Colour, hair: Colour) -> None:
    """Draw the features of a face from the front, lit from its positive side, over the plain head."""
    dark = mix(skin, (8, 6, 10), 0.55)
    half = mix(skin, lit, 0.5)
    # The light falls from the positive side; the caller mirrors the head so that this is the lit side.
    fill(
        outline(
            "0.21 0.965, 0.115 0.86, 0.05 0.73, 0 0.61, -0.012 0.52, -0.03 0.42, -0.055 0.345, "
            "-0.035 0.305, 0 0.29, -0.012 0.25, -0.03 0.215, -0.01 0.175, -0.02 0.11, -0.015 0.03, "
            "0.1 0.012, 0.19 0.08, 0.265 0.2, 0.305 0.34, 0.335 0.52, 0.345 0.68, 0.315 0.83, "
            "0.2 0.96"
        ),
        half,
    )
    fill(
        outline(
            "0.13 0.95, 0.09 0.8, 0.07 0.66, 0.15 0.62, 0.25 0.6, 0.28 0.52, 0.18 0.455, 0.1 0.4, "
            "0.085 0.32, 0.12 0.25, 0.1 0.15, 0.09 0.06, 0.15 0.06, 0.25 0.2, 0.295 0.34, "
            "0.325 0.52, 0.335 0.68, 0.3 0.83, 0.22 0.93"
        ),
        lit,
    )
    fill(outline("-0.235 0.45, -0.12 0.455, -0.1 0.4, -0.15 0.31, -0.2 0.36"), mix(skin, lit, 0.42))
    fill(outline("0 0.575, 0.012 0.5, 0.015 0.42, 0.02 0.36, -0.045 0.345, -0.03 0.42, -0.015 0.5"), lit)
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
        outline("-0.07 0.335, -0.02 0.318, 0.045 0.325, 0.07 0.345, 0.05 0.305, 0 0.292, -0.05 0.305"),
        dark,
    )
    if look.beard:
        draw_beard(fill, hair)
    lip = mix(mix(skin, (120, 40, 44), 0.35 if look.woman else 0.18), dark, 0.25)
    fill(
        outline("-0.125 0.205, -0.05 0.235, 0 0.226, 0.05 0.235, 0.125 0.205, 0.06 0.163, 0 0.152, -0.06 0.163"),
        lip,
    )
    fill(outline("0.01 0.195, 0.06 0.19, 0.09 0.195, 0.05 0.166, 0.01 0.163"), mix(lip, lit, 0.45))
    fill(
        outline("-0.135 0.207, -0.05 0.207, 0 0.201, 0.05 0.207, 0.135 0.207, 0.05 0.193, 0 0.19, -0.05 0.193"),
        dark,
    )
    fill([(-0.07, 0.138), (0.0, 0.128), (0.07, 0.138), (0.0, 0.112)], mix(skin, dark, 0.5))


def draw_beard(fill: Fill, hair: Colour) -> None:
    """Draw a full beard seen from the front."""
    fill(
        outline(
            "0 -0.045, 0.14 -0.02, 0.255 0.12, 0.325 0.4, 0.26 0.29, 0.12 0.265, 0 0.285, "
            "-0.12 0.265, -0.26 0.29, -0.325 0.4, -0.255 0.12, -0.14 -0.02"
        ),
        hair,
    )
