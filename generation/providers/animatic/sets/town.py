"""Exteriors of streets, houses, roofs, stations and yards."""

from __future__ import annotations

from generation.providers.animatic.canvas import Colour, mix
from generation.providers.animatic.stage import Stage

from . import nature

BRICK: Colour = (136, 96, 80)
PLASTER: Colour = (170, 156, 138)
CONCRETE: Colour = (132, 132, 136)
LAMP: Colour = (255, 206, 134)


def _windows(
    s: Stage, x: float, z: float, width: float, height: float, q: float, wall: Colour, *, step: float, chance: float
) -> None:
    columns, rows = max(1, int(width / step)), max(1, int(height / (step * 1.25)))
    for row in range(rows):
        for column in range(columns):
            lit = s.light.lamps and s.dice.random() < chance
            glass = (
                mix(wall, LAMP, s.dice.uniform(0.65, 1.0))
                if lit
                else mix(wall, s.light.shadow if s.light.lamps else s.light.sky[1], 0.35)
            )
            s.box(
                x - width / 2 + (column + 0.5) * width / columns,
                z + (row + 0.35) * height / rows,
                width / columns * 0.5,
                height / rows * 0.52,
                q,
                glass,
            )


def skyline(s: Stage, q: float, tall: float, *, chance: float = 0.35, paint: Colour = CONCRETE) -> None:
    """A row of buildings across the picture at q."""
    span = s.span(q)
    x = -span
    while x < span:
        width = tall * s.dice.uniform(0.28, 0.6)
        height = tall * s.dice.uniform(0.45, 1.1)
        wall = s.paint(paint, q, lit=0.42)
        s.box(x + width / 2, -1, width, height + 1, q, wall)
        if s.dice.random() < 0.4:
            s.box(x + width * 0.5, height, width * 0.3, height * 0.08, q, wall)
            s.bar([(x + width * 0.5, height), (x + width * 0.5, height * 1.22)], width * 0.02, q, wall)
        _windows(s, x + width / 2, height * 0.06, width * 0.9, height * 0.9, q, wall, step=tall * 0.06, chance=chance)
        x += width * s.dice.uniform(0.95, 1.12)


def _side(s: Stage, side: int, x: float, near: float, far: float, height: float, paint: Colour) -> None:
    """A wall running away from the camera, with windows on it."""
    steps = 10
    nearest = max(near, 0.5 - s.camera.stand)
    for i in range(steps):
        q0 = nearest + (far - nearest) * (i / steps) ** 1.6
        q1 = nearest + (far - nearest) * ((i + 1) / steps) ** 1.6
        wall = s.paint(paint, (q0 + q1) / 2, lit=0.5 if side != s.light.side else 0.28)
        corners = [s.camera.point(side * x, z, q) for z, q in ((0, q0), (0, q1), (height, q1), (height, q0))]
        s.back.polygon(corners, wall)
        for row in range(int(height / 3.2)):
            z0 = 0.9 + row * 3.2
            lit = s.light.lamps and s.dice.random() < 0.32
            glass = mix(wall, LAMP, 0.8) if lit else mix(wall, s.light.shadow, 0.4)
            for start in (0.12, 0.56):
                a, b = q0 + (q1 - q0) * start, q0 + (q1 - q0) * (start + 0.28)
                pane = [(z0, a), (z0, b), (z0 + 1.55, b), (z0 + 1.55, a)]
                s.back.polygon([s.camera.point(side * x, z, q) for z, q in pane], glass)
                sill = [(z0 - 0.16, a), (z0 - 0.16, b), (z0, b), (z0, a)]
                s.back.polygon([s.camera.point(side * x, z, q) for z, q in sill], mix(wall, s.light.haze, 0.25))
            if lit and row == 0:
                middle = (q0 + q1) / 2
                px, py = s.camera.point(side * x, z0 + 0.9, middle)
                s.back.glow(px, py, 1.2 * s.camera.scale(middle), LAMP, 0.3)


def street(s: Stage) -> None:
    """A city street in perspective: façades, pavement, street lamps, parked cars."""
    nature.sky(s, clouds=3)
    skyline(s, 150, 46)
    nature.veil(s, 0.5, spread=0.3)
    skyline(s, 70, 20, chance=0.4, paint=BRICK)
    nature.veil(s, 0.3, spread=0.2)
    nature.land(s, s.paint(CONCRETE, 6, lit=0.42))
    tar = s.paint((66, 68, 74), 5, lit=0.35)
    s.ground([(-4, -20), (4, -20), (4, 70), (-4, 70)], mix(tar, s.light.haze, 0.12))
    for i in range(-3, 12):
        s.ground(
            [(-0.07, i * 4), (0.07, i * 4), (0.07, i * 4 + 2), (-0.07, i * 4 + 2)], mix(tar, (225, 220, 205), 0.35)
        )
    _side(s, -1, 6.6, -12, 68, 12.5, BRICK)
    _side(s, 1, 6.6, -12, 68, 10.0, PLASTER)
    for q in (44, 30, 19, 10.5, 4.5):
        for side in (-1, 1):
            _street_lamp(s, side, 4.9, q)
    for side, q in ((-1, 26.0), (1, 15.0), (-1, 9.0)):
        _car(s, side * 3.2, q)
    if s.light.lamps:
        for q in (4, 10, 18):
            s.back.stain(LAMP, *s.camera.point(3.6, 0, q), 1.8 * s.camera.scale(q), 0.3 * s.camera.scale(q), 0.28)


def _street_lamp(s: Stage, side: int, x: float, q: float) -> None:
    iron = s.paint((46, 48, 54), q, lit=0.2)
    s.bar([(side * x, 0), (side * x, 5.2), (side * (x - 0.9), 5.6)], 0.1, q, iron)
    s.box(side * (x - 1.1), 5.45, 0.6, 0.14, q, iron)
    if s.light.lamps:
        s.disc(side * (x - 1.1), 5.42, 0.22, 0.08, q, (255, 236, 190))
        s.glow(side * (x - 1.1), 5.3, q, 1.5, (255, 190, 110), 0.6)


def _car(s: Stage, x: float, q: float) -> None:
    body = s.paint(s.dice.choice(((70, 84, 104), (110, 60, 56), (64, 66, 70))), q, lit=0.35)
    s.flat(
        [
            (x - 0.9, 0.25),
            (x - 0.92, 0.85),
            (x - 0.7, 1.0),
            (x - 0.56, 1.45),
            (x + 0.56, 1.45),
            (x + 0.7, 1.0),
            (x + 0.92, 0.85),
            (x + 0.9, 0.25),
        ],
        q,
        body,
    )
    s.flat([(x - 0.6, 1.0), (x - 0.5, 1.36), (x + 0.5, 1.36), (x + 0.6, 1.0)], q, mix(body, s.light.sky[-1], 0.35))
    for side in (-1, 1):
        s.box(x + side * 0.7, 0, 0.24, 0.34, q, s.light.shadow)
        s.disc(x + side * 0.68, 0.72, 0.13, 0.09, q, (214, 60, 44) if s.light.lamps else mix(body, (210, 70, 50), 0.5))


def alley(s: Stage) -> None:
    """Walls close on both sides, a lit end, fire escapes, bins, wet ground."""
    nature.sky(s, clouds=2)
    skyline(s, 60, 22)
    nature.veil(s, 0.6, spread=0.5)
    nature.land(s, s.paint((84, 84, 88), 4, lit=0.4))
    _side(s, -1, 2.9, -12, 34, 14, BRICK)
    _side(s, 1, 2.9, -12, 34, 14, (112, 92, 84))
    s.glow(0, 2.4, 30, 4.5, s.light.haze if not s.light.lamps else LAMP, 0.55)
    for q in (20, 12, 6.5):
        iron = s.paint((48, 46, 50), q, lit=0.2)
        for z in (3.4, 6.4):
            s.box(-2.35, z, 1.1, 0.08, q, iron)
            for i in range(5):
                s.box(-2.85 + i * 0.25, z, 0.03, 0.8, q, iron)
            s.box(-2.35, z + 0.8, 1.1, 0.05, q, iron)
        s.bar([(-2.8, 3.4), (-1.9, 6.4)], 0.06, q, iron)
    for x, q in ((2.2, 5.0), (-2.2, 3.4)):
        can = s.paint((80, 86, 84), q, lit=0.3)
        s.box(x, 0, 0.62, 0.95, q, can)
        s.box(x, 0.95, 0.7, 0.09, q, mix(can, s.light.shadow, 0.4))
    s.back.stain(s.light.haze, *s.camera.point(0.3, 0, 4), 0.5, 0.05, 0.4)
    if s.light.lamps:
        s.box(2.78, 2.5, 0.3, 0.16, 5.2, (255, 230, 180))
        s.glow(2.6, 2.5, 5.2, 1.4, LAMP, 0.75)


def rooftop(s: Stage) -> None:
    """A roof with a parapet, water tank and aerials above the city."""
    nature.sky(s)
    base = -18.0
    for q, tall in ((220, 74), (130, 42), (75, 26)):
        span = s.span(q)
        x = -span
        while x < span:
            width, height = tall * s.dice.uniform(0.22, 0.5), tall * s.dice.uniform(0.3, 0.85)
            wall = s.paint(CONCRETE, q * 0.6, lit=0.42)
            s.box(x + width / 2, base - 40, width, height + 40, q, wall)
            _windows(s, x + width / 2, base, width * 0.9, height * 0.95, q, wall, step=tall * 0.055, chance=0.4)
            x += width * s.dice.uniform(0.95, 1.2)
        nature.veil(s, 0.32, spread=0.2, below=0.25)
    roof = s.paint((104, 102, 104), 3, lit=0.4)
    s.ground([(-40, 6.5), (40, 6.5), (40, -20), (-40, -20)], roof)
    s.box(0, 0, 80, 0.95, 6.5, mix(roof, s.light.shadow, 0.35))
    s.box(0, 0.95, 80, 0.12, 6.5, mix(roof, s.light.haze, 0.3))
    x, wood = -s.light.side * 5.2, s.paint((112, 82, 64), 5.5, lit=0.3)
    for leg in (-0.9, 0.9):
        s.bar([(x + leg, 0), (x + leg * 0.9, 2.2)], 0.12, 5.5, wood)
    s.box(x, 2.2, 2.3, 2.2, 5.5, wood)
    s.flat([(x - 1.3, 4.4), (x + 1.3, 4.4), (x, 5.4)], 5.5, mix(wood, s.light.shadow, 0.4))
    for ax in (2.6, 4.4):
        iron = s.paint((60, 60, 64), 5.8, lit=0.2)
        s.bar([(s.light.side * ax, 0.9), (s.light.side * ax, 3.6)], 0.05, 5.8, iron)
        for z in (2.6, 2.95, 3.3):
            s.box(s.light.side * ax, z, 0.9, 0.035, 5.8, iron)


def houses(s: Stage) -> None:
    """A village or suburban street: gabled houses, hedges, a garden fence."""
    nature.sky(s)
    nature.ridge(s, 200, 20, s.paint((96, 108, 86), 150), rough=0.4)
    nature.veil(s, 0.35)
    nature.land(s, s.paint((104, 110, 84), 7))
    for x, q in ((-26.0, 42), (24.0, 38), (-9.5, 24.0), (9.0, 22.0)):
        x += s.dice.uniform(-1.5, 1.5)
        wall = s.paint(s.dice.choice((PLASTER, BRICK, (150, 150, 150))), q, lit=0.45)
        wide, tall = s.dice.uniform(4.0, 5.2), s.dice.uniform(3.4, 5.4)
        s.box(x, 0, wide * 2, tall, q, wall)
        s.flat(
            [
                (x - wide * 1.12, tall),
                (x + wide * 1.12, tall),
                (x + wide * 0.75, tall + 3),
                (x - wide * 0.75, tall + 3),
            ],
            q,
            mix(wall, s.light.shadow, 0.5),
        )
        s.box(x + wide * 0.4, tall + 2.2, 0.8, 1.8, q, mix(wall, s.light.shadow, 0.35))
        _windows(s, x, 0.8, wide * 1.7, tall - 1.0, q, wall, step=2.2, chance=0.5)
        s.box(x - wide * 0.1, 0, 1.0, 2.1, q, mix(wall, s.light.shadow, 0.6))
    nature.trees(s, 19, 7, 5.5, (80, 102, 70), clear=4)
    fence = s.paint((196, 190, 180), 6.5, lit=0.45)
    for i in range(-32, 33):
        s.flat(
            [
                (i * 0.42 - 0.07, 0),
                (i * 0.42 + 0.07, 0),
                (i * 0.42 + 0.07, 0.85),
                (i * 0.42, 0.98),
                (i * 0.42 - 0.07, 0.85),
            ],
            6.5,
            fence,
        )
    for z in (0.3, 0.68):
        s.bar([(-15, z), (15, z)], 0.07, 6.5, fence)
    nature.grass(s, 2.4, 0.16, (96, 112, 72))


def platform(s: Stage) -> None:
    """A station platform in the open: canopy, columns, clock, a waiting train."""
    nature.sky(s, clouds=3)
    skyline(s, 120, 18)
    nature.veil(s, 0.5)
    nature.land(s, s.paint((96, 92, 88), 6))
    carriage = s.paint((74, 88, 100), 9, lit=0.42)
    s.box(-4, 0.4, 60, 3.1, 9, carriage)
    s.flat([(-34, 3.5), (26, 3.5), (25, 4.0), (-33, 4.0)], 9, mix(carriage, s.light.shadow, 0.4))
    s.box(-4, 1.05, 60, 0.12, 9, mix(carriage, (200, 170, 110), 0.5))
    for i in range(-14, 12):
        s.box(i * 2.0, 1.5, 1.35, 1.1, 9, (255, 214, 150) if s.light.lamps else mix(carriage, s.light.sky[-1], 0.45))
    if s.light.lamps:
        s.back.mist(
            (255, 190, 110),
            [
                (s.camera.point(0, 4.5, 9)[1], 0.0),
                (s.camera.point(0, 2, 9)[1], 0.10),
                (s.camera.point(0, -2, 9)[1], 0.0),
            ],
        )
    slab = s.paint((142, 138, 134), 3, lit=0.42)
    s.ground([(-60, 6.8), (60, 6.8), (60, -20), (-60, -20)], slab)
    s.ground([(-60, 6.8), (60, 6.8), (60, 6.3), (-60, 6.3)], mix(slab, (230, 210, 130), 0.5))
    column = s.paint((66, 72, 74), 5, lit=0.25)
    for x in (-9.6, -4.8, 4.8, 9.6):
        s.box(x, 0, 0.2, 4.0, 5, column)
        s.flat([(x - 0.9, 4.0), (x - 0.1, 3.2), (x + 0.1, 3.2), (x + 0.9, 4.0)], 5, column)
    s.flat([(-40, 4.0), (40, 4.0), (40, 4.6), (-40, 4.6)], 5, column)
    s.disc(-s.light.side * 2.4, 3.1, 0.42, 0.42, 5, column)
    s.disc(-s.light.side * 2.4, 3.1, 0.35, 0.35, 5, (240, 232, 212))
    s.bar([(-s.light.side * 2.4, 3.1), (-s.light.side * 2.4, 3.36)], 0.03, 4.99, (30, 30, 30))
    s.bar([(-s.light.side * 2.4, 3.1), (-s.light.side * 2.4 + 0.17, 3.0)], 0.03, 4.99, (30, 30, 30))


def works(s: Stage) -> None:
    """An industrial yard: sheds with saw-tooth roofs, chimneys, a fence."""
    nature.sky(s, clouds=7)
    for x in (-40.0, 34, 52):
        stack = s.paint(BRICK, 95, lit=0.4)
        s.flat([(x - 2, 0), (x + 2, 0), (x + 1.3, 38), (x - 1.3, 38)], 130, stack)
        px, py = s.camera.point(x, 40, 130)
        for i in range(4):
            s.back.stain(s.light.haze, px + 0.05 * i, py - 0.025 * i, 0.05 + 0.02 * i, 0.022 + 0.008 * i, 0.4)
    shed = s.paint(CONCRETE, 34, lit=0.4)
    for i in range(-5, 6):
        s.flat([(i * 8.0, 0), (i * 8.0 + 8, 0), (i * 8.0 + 8, 7), (i * 8.0 + 8, 10), (i * 8.0, 7)], 46, shed)
        s.box(
            i * 8.0 + 4,
            2.6,
            4.6,
            2.0,
            46,
            (255, 205, 130) if s.light.lamps and i % 3 else mix(shed, s.light.shadow, 0.4),
        )
    nature.veil(s, 0.4)
    nature.land(s, s.paint((112, 106, 100), 6))
    wire = s.paint((58, 60, 62), 7, lit=0.2)
    for i in range(-9, 10):
        s.box(i * 2.4, 0, 0.09, 2.5, 7, wire)
    for i in range(8):
        s.bar([(-24, 0.3 + i * 0.3), (24, 0.3 + i * 0.3)], 0.016, 7, wire)
    for x, q, size in ((-5.5, 5.0, 1.2), (6.0, 6.0, 1.5)):
        s.box(x, 0, size * 1.4, size, q, s.paint((128, 100, 76), q, lit=0.35))
