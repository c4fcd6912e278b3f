"""Exteriors of open country and water."""

from __future__ import annotations

from generation.providers.animatic.canvas import Colour, mix
from generation.providers.animatic.stage import Stage

from . import nature

GREEN: Colour = (86, 108, 72)
STONE: Colour = (140, 136, 130)
WOOD: Colour = (112, 84, 62)


def harbour(s: Stage) -> None:
    """A quay: moored boats, masts, a far shore with lights, bollards and a rail."""
    nature.sky(s)
    nature.ridge(s, 260, 26, s.paint(STONE, 200), rough=0.5)
    nature.water(s, 2, 400)
    nature.veil(s, 0.55)
    for _ in range(9):
        _boat(s, s.dice.uniform(-38, 38), s.dice.uniform(22, 60), s.dice.uniform(0.8, 1.4))
    if s.light.lamps:
        for _ in range(18):
            x = s.dice.uniform(-150, 150)
            s.disc(x, s.dice.uniform(2, 8), 0.5, 0.5, 180, (255, 214, 150))
            s.glow(x, 3, 180, 5, (255, 180, 100), 0.25)
    _boat(s, s.dice.choice((-6.5, 6.5)), 9, 1.5)
    deck = s.paint(WOOD, 1, lit=0.4)
    s.ground([(-60, 3.6), (60, 3.6), (60, -20), (-60, -20)], deck)
    s.box(0, -1.2, 120, 1.2, 3.6, mix(deck, s.light.shadow, 0.6))
    for i in range(-24, 25):
        s.ground(
            [(i * 0.9, 3.6), (i * 0.9 + 0.05, 3.6), (i * 0.9 + 0.05, -20), (i * 0.9, -20)],
            mix(deck, s.light.shadow, 0.45),
        )
    for x in (-5.2, -1.9, 1.6, 4.9):
        post = s.paint((70, 60, 56), 3.2, lit=0.3)
        s.box(x, 0, 0.26, 0.62, 3.2, post)
        s.disc(x, 0.64, 0.19, 0.09, 3.2, post)
    _lamp_post(s, s.light.side * -3.4, 3.3, 4.2)


def _boat(s: Stage, x: float, q: float, size: float) -> None:
    hull = s.paint((84, 74, 78), q, lit=0.35)
    side = s.dice.choice((-1, 1))
    long = 4.2 * size
    s.flat(
        [
            (x - side * long, 1.25 * size),
            (x - side * long * 0.82, -0.05),
            (x + side * long * 0.75, -0.05),
            (x + side * long, 1.6 * size),
            (x + side * long * 0.5, 1.2 * size),
        ],
        q,
        hull,
    )
    s.flat(
        [
            (x - side * long * 0.5, 1.1 * size),
            (x - side * long * 0.44, 2.5 * size),
            (x + side * long * 0.12, 2.5 * size),
            (x + side * long * 0.2, 1.1 * size),
        ],
        q,
        mix(hull, s.light.haze, 0.12),
    )
    s.box(
        x - side * long * 0.16,
        1.7 * size,
        long * 0.34,
        0.45 * size,
        q,
        (255, 208, 140) if s.light.lamps else mix(hull, s.light.sky[-1], 0.4),
    )
    s.bar([(x + side * long * 0.22, 1.2 * size), (x + side * long * 0.22, 7.0 * size)], 0.12 * size, q, hull)
    s.bar([(x + side * long * 0.22, 6.6 * size), (x + side * long, 1.6 * size)], 0.035 * size, q, hull)
    s.bar([(x + side * long * 0.22, 6.6 * size), (x - side * long * 0.9, 1.3 * size)], 0.035 * size, q, hull)


def _lamp_post(s: Stage, x: float, q: float, height: float) -> None:
    iron = s.paint((52, 52, 58), q, lit=0.25)
    s.bar([(x, 0), (x, height)], 0.09, q, iron)
    s.bar([(x, height), (x + 0.5, height + 0.12)], 0.07, q, iron)
    s.flat(
        [(x + 0.35, height + 0.1), (x + 0.75, height + 0.1), (x + 0.66, height - 0.2), (x + 0.44, height - 0.2)],
        q,
        iron,
    )
    if s.light.lamps:
        s.disc(x + 0.55, height - 0.2, 0.11, 0.1, q, (255, 232, 180))
        s.glow(x + 0.55, height - 0.25, q, 1.5, (255, 190, 110), 0.75)


def sea(s: Stage) -> None:
    """Open water from a deck: swell, a low rail, perhaps a far sail."""
    nature.sky(s, clouds=8)
    nature.water(s, -s.camera.stand, 900)
    nature.veil(s, 0.4, spread=0.08)
    _boat(s, -s.light.side * s.dice.uniform(14, 30), s.dice.uniform(60, 110), 1.6)
    rail = s.paint((130, 128, 126), 2.2, lit=0.3)
    deck = s.paint((120, 104, 88), 1, lit=0.35)
    s.ground([(-40, 2.2), (40, 2.2), (40, -20), (-40, -20)], deck)
    for i in range(-16, 17):
        s.ground(
            [(i * 0.7, 2.2), (i * 0.7 + 0.04, 2.2), (i * 0.7 + 0.04, -20), (i * 0.7, -20)],
            mix(deck, s.light.shadow, 0.4),
        )
        s.box(i * 1.3, 0, 0.06, 1.05, 2.2, rail)
    for z in (0.4, 0.72, 1.05):
        s.bar([(-22, z), (22, z)], 0.05, 2.2, rail)


def beach(s: Stage) -> None:
    """Sand, a line of surf, water to the horizon, a headland."""
    nature.sky(s)
    nature.water(s, 4, 600)
    side = -s.light.side
    s.flat(
        [(side * 30, -2), (side * 55, 15), (side * 90, 26), (side * 150, 32), (side * 260, 30), (side * 260, -2)],
        170,
        s.paint(STONE, 120),
        curved=False,
    )
    nature.veil(s, 0.35)
    sand = s.paint((196, 172, 136), 2, lit=0.62)
    foam = mix(s.light.sky[-1], (255, 255, 255), 0.3)
    for q, offset in ((9.0, 0.0), (6.5, 0.6)):
        shore = [(x, q + 0.5 * s.dice.uniform(-1, 1) + offset) for x in range(-40, 41, 4)]
        s.ground([*shore, (60, -20), (-60, -20)], mix(foam, s.light.haze, 0.3))
        s.ground(
            [*[(x, y - 0.35) for x, y in shore], (60, -20), (-60, -20)],
            mix(sand, s.light.shadow, 0.25 if q > 7 else 0.0),
        )
    nature.grass(s, 0.6, 0.5, (128, 124, 84), density=60)


def forest(s: Stage) -> None:
    """Trunks in layers with fog between them."""
    nature.sky(s, clouds=2)
    nature.land(s, s.paint((84, 82, 62), 6))
    for q, count in ((60.0, 44), (34.0, 30), (18.0, 20)):
        nature.trees(s, q, count, 15, (62, 84, 66), kind="pine")
        nature.veil(s, 0.42, spread=0.5, below=0.16)
    if s.light.sun_height > 0:
        x = s.light.side * 0.4
        for i in range(4):
            s.back.beam(
                [
                    (x + 0.10 * i, -0.3),
                    (x + 0.10 * i + 0.05, -0.3),
                    (x + 0.16 * i - s.light.side * 0.75, 1.1),
                    (x + 0.16 * i - s.light.side * 0.92, 1.1),
                ],
                0.014,
                s.light.key,
                0.13,
            )
    for x in (-7.5, -4.6, 3.9, 6.6, 10.5, -11):
        q = s.dice.uniform(4, 9)
        bark = s.paint((74, 62, 54), q, lit=0.3)
        wide = s.dice.uniform(0.22, 0.4)
        s.flat(
            [
                (x - wide * 1.5, 0),
                (x - wide, 1.2),
                (x - wide * 0.7, 16),
                (x + wide * 0.7, 16),
                (x + wide, 1.2),
                (x + wide * 1.6, 0),
            ],
            q,
            bark,
        )
    nature.grass(s, 3, 0.35, (78, 96, 62))


def field(s: Stage) -> None:
    """Farmland: rolling hills, a fence, a lone tree, tall grass."""
    nature.sky(s)
    nature.ridge(s, 320, 40, s.paint(GREEN, 260), rough=0.6)
    nature.ridge(s, 130, 11, s.paint(GREEN, 110), rough=0.4)
    nature.veil(s, 0.45)
    nature.land(s, s.paint((132, 124, 78), 8))
    nature.trees(s, 70, 12, 7, GREEN)
    nature.tree(s, -s.light.side * 7.5, 17, 8.5, s.paint(GREEN, 17, lit=0.35), "round")
    post = s.paint(WOOD, 6, lit=0.3)
    for i in range(-9, 10):
        s.box(i * 2.2, 0, 0.14, 1.2, 6.5, post)
    for z in (0.5, 0.95):
        s.bar([(-22, z), (22, z + 0.03)], 0.07, 6.5, post)
    nature.grass(s, 1.2, 0.3, (140, 132, 74))


def road(s: Stage) -> None:
    """A country road running to the horizon between poles."""
    nature.sky(s)
    nature.ridge(s, 300, 30, s.paint(STONE, 240), rough=0.8)
    nature.veil(s, 0.4)
    nature.land(s, s.paint((124, 112, 80), 8))
    tar = s.paint((72, 72, 76), 4, lit=0.4)
    s.ground([(-3.2, -20), (3.2, -20), (3.2, 300), (-3.2, 300)], mix(tar, s.light.haze, 0.15))
    for i in range(-4, 40):
        s.ground(
            [(-0.08, i * 4.0), (0.08, i * 4.0), (0.08, i * 4.0 + 1.8), (-0.08, i * 4.0 + 1.8)],
            mix(tar, (230, 220, 180), 0.45),
        )
    for i in range(9, 0, -1):
        q = i * 13.0 - 4
        pole = s.paint((66, 58, 52), q, lit=0.25)
        s.box(5.6, 0, 0.2, 7.5, q, pole)
        s.box(5.6, 6.7, 2.0, 0.14, q, pole)
    nature.grass(s, 3, 0.3, (128, 118, 72), density=120)


def mountain(s: Stage) -> None:
    """Peaks behind peaks, snow on the lit side, pines at the foot."""
    nature.sky(s)
    for q, height, rough in ((900.0, 330.0, 1.5), (560.0, 150.0, 1.3), (300.0, 48.0, 1.0)):
        nature.ridge(s, q, height, s.paint((118, 122, 140), q * 0.045, lit=0.5), rough=rough)
        nature.veil(s, 0.4, spread=0.2)
    nature.land(s, s.paint((112, 108, 96), 6))
    nature.trees(s, 80, 30, 11, (58, 78, 66), kind="pine")
    nature.veil(s, 0.25, spread=0.12)
    nature.trees(s, 26, 10, 9, (58, 78, 66), kind="pine", clear=5)
    for _ in range(9):
        x, q = s.dice.uniform(-9, 9), s.dice.uniform(1.5, 8)
        rock = s.paint(STONE, q, lit=0.35)
        size = s.dice.uniform(0.2, 0.7)
        s.flat(
            [
                (x - size, -0.05),
                (x - size * 0.7, size * 0.5),
                (x - size * 0.1, size * 0.75),
                (x + size * 0.6, size * 0.45),
                (x + size, -0.05),
            ],
            q,
            rock,
        )


def desert(s: Stage) -> None:
    """Dunes or mesas under a wide sky."""
    nature.sky(s, clouds=3)
    mesa = s.paint((178, 116, 84), 120, lit=0.6)
    for x, wide, tall in ((-110.0, 46.0, 34.0), (60.0, 70.0, 24.0), (150.0, 30.0, 44.0)):
        s.flat(
            [
                (x - wide, 0),
                (x - wide * 0.72, tall * 0.55),
                (x - wide * 0.66, tall),
                (x + wide * 0.62, tall),
                (x + wide * 0.7, tall * 0.5),
                (x + wide, 0),
            ],
            260,
            mesa,
        )
    nature.veil(s, 0.4, spread=0.1)
    nature.land(s, s.paint((196, 150, 108), 6, lit=0.65))
    for q, tall in ((70.0, 3.2), (34.0, 1.8), (14.0, 0.7)):
        nature.ridge(s, q, tall, s.paint((196, 150, 108), q, lit=0.62), rough=0.3, base=-0.4)
    for x in (-8.0, 9.5):
        q = s.dice.uniform(9, 15)
        plant = s.paint((88, 100, 74), q, lit=0.3)
        s.bar([(x, 0), (x, 3.2)], 0.42, q, plant)
        s.bar([(x, 1.3), (x + 0.85, 1.5), (x + 0.85, 2.5)], 0.28, q, plant)
        s.bar([(x, 1.7), (x - 0.7, 1.85), (x - 0.7, 2.6)], 0.26, q, plant)


def graveyard(s: Stage) -> None:
    """A church on a rise, stones in the grass, bare trees."""
    nature.sky(s)
    nature.ridge(s, 150, 12, s.paint(GREEN, 120), rough=0.4)
    nature.land(s, s.paint((96, 102, 78), 7))
    x, wall = -s.light.side * 9.0, s.paint(STONE, 28, lit=0.4)
    s.box(x, 0, 11, 5, 30, wall)
    s.flat([(x - 5.8, 5), (x + 5.8, 5), (x + 4.6, 8.6), (x - 4.6, 8.6)], 30, mix(wall, s.light.shadow, 0.4))
    s.box(x + 6.0, 0, 3.6, 10, 29, wall)
    s.flat([(x + 4.1, 10), (x + 7.9, 10), (x + 6.0, 16.5)], 29, mix(wall, s.light.shadow, 0.4))
    for i in range(4):
        s.flat(
            [
                (x - 4.3 + i * 2.4, 1.4),
                (x - 3.5 + i * 2.4, 1.4),
                (x - 3.5 + i * 2.4, 3.2),
                (x - 3.9 + i * 2.4, 3.9),
                (x - 4.3 + i * 2.4, 3.2),
            ],
            29.5,
            (255, 205, 130) if s.light.lamps else mix(wall, s.light.shadow, 0.7),
        )
    nature.veil(s, 0.3)
    nature.tree(s, s.light.side * 8, 16, 8, s.paint((60, 52, 50), 16, lit=0.25), "bare")
    for _ in range(16):
        gx, q = s.dice.uniform(-14, 14), s.dice.uniform(3, 18)
        stone = s.paint(STONE, q, lit=0.35)
        wide, tall = s.dice.uniform(0.28, 0.4), s.dice.uniform(0.6, 1.1)
        s.flat(
            [
                (gx - wide, 0),
                (gx - wide, tall * 0.8),
                (gx - wide * 0.5, tall),
                (gx + wide * 0.5, tall),
                (gx + wide, tall * 0.8),
                (gx + wide, 0),
            ],
            q,
            stone,
        )
    nature.grass(s, 2, 0.22, (90, 100, 70))
