"""Interiors of what moves: ships, cars, trains."""

from __future__ import annotations

import math

from generation.providers.animatic.canvas import Colour, Point, mix
from generation.providers.animatic.palette import light_for
from generation.providers.animatic.stage import Stage

from . import room as r

STEEL: Colour = (128, 132, 138)


def _panes(s: Stage, left: float, right: float, low: float, high: float, q: float, count: int) -> None:
    outside = light_for(s.light.name, interior=False, side=s.light.side)
    bands = 12
    for i in range(bands):
        z = low + (high - low) * i / bands
        s.box(
            (left + right) / 2,
            z,
            right - left,
            (high - low) / bands + 0.01,
            q,
            mix(outside.sky[-1], outside.sky[1], i / bands),
        )
    sill = low + (high - low) * 0.22
    s.box(
        (left + right) / 2,
        low,
        right - left,
        sill - low,
        q,
        mix(mix(outside.sky[1], outside.haze, 0.4), outside.shadow, 0.35),
    )
    frame = s.paint((90, 86, 80), q, lit=0.3)
    for i in range(count + 1):
        s.box(left + (right - left) * i / count, low, 0.09, high - low, q, frame)
    s.glow(
        0,
        (low + high) / 2,
        q,
        (right - left) * 0.4,
        mix(outside.sky[-1], outside.key, 0.5),
        0.30 if outside.name != "night" else 0.10,
    )


def wheelhouse(s: Stage) -> None:
    """The bridge of a small ship: windows over the bow, a wheel, instruments."""
    r.shell(s, r.Room(half=2.5, depth=2.3, height=2.35, wall=(116, 84, 60), floor=(96, 70, 52)))
    _panes(s, -2.3, 2.3, 1.12, 2.05, 2.28, 5)
    wood = s.paint((104, 72, 50), 1.9, lit=0.45)
    s.ground([(-2.4, 1.7), (2.4, 1.7), (2.4, 2.25), (-2.4, 2.25)], mix(wood, s.light.haze, 0.3), z=1.02)
    s.box(0, 0, 4.9, 1.0, 1.7, wood)
    for x in (-1.7, -1.25, 1.2, 1.65):
        s.disc(x, 0.8, 0.14, 0.14, 1.69, mix(wood, s.light.shadow, 0.5))
        s.disc(x, 0.8, 0.11, 0.11, 1.68, (214, 196, 150) if s.light.lamps else mix(wood, (230, 226, 210), 0.6))
        s.glow(x, 0.8, 1.6, 0.25, r.LAMP, 0.2)
    _wheel(s, -s.light.side * 0.75, 0.98, 1.2)
    s.bar([(s.light.side * 1.4, 2.35), (s.light.side * 1.4, 1.98)], 0.02, 1.4, s.light.shadow)
    r.lamp(s, s.light.side * 1.4, 1.95, 1.4, strength=0.55)


def _wheel(s: Stage, x: float, z: float, q: float) -> None:
    wood = s.paint((84, 54, 36), q, lit=0.4)
    ring: list[Point] = [(0.0, 1.0), (0.383, 0.924), (0.707, 0.707), (0.924, 0.383), (1.0, 0.0)]
    quarter = ring + [(a, -b) for a, b in reversed(ring[:-1])]
    full = quarter + [(-a, b) for a, b in reversed(quarter[1:-1])]
    s.bar([(x + a * 0.42, z + b * 0.42) for a, b in [*full, full[0]]], 0.055, q, wood)
    for a, b in full[::2]:
        s.bar([(x, z), (x + a * 0.58, z + b * 0.58)], 0.035, q, wood)
    s.disc(x, z, 0.09, 0.09, q, wood)
    s.box(x, 0, 0.16, z - 0.4, q + 0.05, wood)


def car(s: Stage) -> None:
    """Inside a car, looking out over the back seat through the rear window."""
    cloth = s.paint((74, 70, 68), 1.2, lit=0.45)
    r.shell(
        s,
        r.Room(
            half=1.15,
            depth=1.3,
            height=1.75,
            wall=(70, 66, 66),
            floor=(50, 48, 48),
            ceiling=(120, 114, 106),
            boards=False,
        ),
    )
    _panes(s, -0.95, 0.95, 1.12, 1.66, 1.28, 1)
    s.flat([(-1.15, 0), (-1.15, 1.12), (-0.95, 1.2), (0.95, 1.2), (1.15, 1.12), (1.15, 0)], 0.9, cloth)
    for x in (-0.55, 0.55):
        s.flat(
            [(x - 0.17, 1.15), (x - 0.15, 1.4), (x + 0.15, 1.4), (x + 0.17, 1.15)],
            0.85,
            mix(cloth, s.light.shadow, 0.3),
        )
    outside = light_for(s.light.name, interior=False, side=s.light.side)
    for side in (-1, 1):
        corners = [s.camera.point(side * 1.14, z, q) for z, q in ((1.1, -0.6), (1.1, 0.8), (1.62, 0.8), (1.62, -0.6))]
        s.back.polygon(corners, mix(outside.sky[2], outside.sky[-1], 0.4))
    dash = s.paint((46, 44, 46), -0.6, lit=0.4)
    s.flat([(-1.6, -1.0), (-1.6, 0.72), (-0.9, 0.86), (0.2, 0.84), (1.0, 0.88), (1.6, 0.70), (1.6, -1.0)], -0.7, dash)
    rim = [(0.55 + 0.24 * math.cos(a / 24 * math.tau), 0.86 + 0.22 * math.sin(a / 24 * math.tau)) for a in range(25)]
    s.bar(rim, 0.035, -0.72, mix(dash, (0, 0, 0), 0.45))
    s.bar([(0.31, 0.86), (0.79, 0.86)], 0.05, -0.72, mix(dash, (0, 0, 0), 0.45))
    if s.light.lamps:
        for _ in range(14):
            x, z = s.dice.uniform(-0.9, 0.9), s.dice.uniform(1.15, 1.4)
            s.disc(x, z, 0.02, 0.02, 1.27, s.dice.choice(((255, 214, 150), (255, 120, 90), (255, 240, 210))))
            s.glow(x, z, 1.27, 0.10, (255, 190, 120), 0.3)


def train(s: Stage) -> None:
    """A railway carriage: seats in rows, windows along both sides, luggage racks."""
    half, length = 1.5, 14.0
    r.shell(s, r.Room(half=half, depth=length, height=2.3, wall=(120, 112, 98), floor=(84, 82, 84), boards=False))
    outside = light_for(s.light.name, interior=False, side=s.light.side)
    near = 0.5 - s.camera.stand
    for i in range(9, -1, -1):
        q = -1.0 + i * 1.6
        if q < near:
            continue
        for side in (-1, 1):
            glass = mix(outside.sky[-1], outside.sky[1], 0.25 if side == s.light.side else 0.5)
            corners = [
                s.camera.point(side * half * 0.99, z, at)
                for z, at in ((0.95, q), (0.95, q + 1.2), (1.75, q + 1.2), (1.75, q))
            ]
            s.back.polygon(corners, mix(glass, s.light.haze, s.light.far(q, 18)))
            rack = [
                s.camera.point(side * x, 1.95, at)
                for x, at in ((half, q), (half, q + 1.6), (half - 0.35, q + 1.6), (half - 0.35, q))
            ]
            s.back.polygon(rack, s.paint(STEEL, q, lit=0.3))
        s.ground(
            [(-0.2, q), (0.2, q), (0.2, q + 0.8), (-0.2, q + 0.8)], mix(s.light.haze, (255, 246, 220), 0.7), z=2.29
        )
    for i in range(8, 0, -1):
        q = 0.2 + i * 1.6
        for side in (-1, 1):
            seat = s.paint((110, 62, 56), q, lit=0.5)
            x = side * 0.98
            s.flat(
                [(x - 0.45, 0), (x - 0.45, 1.08), (x - 0.36, 1.2), (x + 0.36, 1.2), (x + 0.45, 1.08), (x + 0.45, 0)],
                q,
                seat,
            )
            s.flat(
                [(x - 0.32, 1.0), (x - 0.3, 1.16), (x + 0.3, 1.16), (x + 0.32, 1.0)],
                q - 0.01,
                mix(seat, s.light.haze, 0.35),
            )
    s.box(0, 0, 0.8, 2.0, length - 0.1, s.paint(STEEL, 10, lit=0.4))
