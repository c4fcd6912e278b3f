"""Interiors people live in."""

from __future__ import annotations

from generation.providers.animatic.canvas import mix
from generation.providers.animatic.stage import Stage

from . import room as r


def living_room(s: Stage) -> None:
    """Sofa, window with curtains, bookcase, floor lamp, rug."""
    side = s.light.side
    wall = s.dice.choice(((150, 128, 104), (120, 130, 124), (146, 118, 108)))
    r.shell(s, r.Room(wall=wall))
    r.window(s, side * 1.7, 0.95, 1.5, 1.35, 3.38)
    for edge in (-1, 1):
        r.curtain(s, side * 1.7 + edge * 0.98, 0.3, 2.15, 3.36)
    r.shelf(s, -side * 2.6, 0.5, 1.5, 3.3, rows=5, step=0.4)
    r.picture(s, -side * 0.55, 1.45, 0.85, 0.6, 3.38)
    r.rug(s, 0, -0.6, 3.2, 2.6)
    _sofa(s, -side * 0.5, 2.5)
    r.lamp(s, -side * 1.75, 1.62, 2.6, kind="floor")
    r.table(s, side * 2.3, 1.9, 0.7, 0.5)


def _sofa(s: Stage, x: float, q: float) -> None:
    cloth = s.paint((104, 84, 78), q, lit=0.45)
    dark = mix(cloth, s.light.shadow, 0.3)
    s.flat(
        [(x - 1.05, 0.25), (x - 1.05, 0.85), (x - 0.95, 0.93), (x + 0.95, 0.93), (x + 1.05, 0.85), (x + 1.05, 0.25)],
        q,
        cloth,
    )
    s.box(x - 0.48, 0.38, 0.92, 0.16, q, mix(cloth, s.light.haze, 0.15))
    s.box(x + 0.48, 0.38, 0.92, 0.16, q, mix(cloth, s.light.haze, 0.15))
    for edge in (-1, 1):
        s.flat(
            [
                (x + edge * 0.95, 0.1),
                (x + edge * 0.95, 0.62),
                (x + edge * 1.1, 0.68),
                (x + edge * 1.24, 0.6),
                (x + edge * 1.24, 0.1),
            ],
            q,
            dark,
        )
    s.box(x, 0.1, 2.1, 0.28, q, dark)


def bedroom(s: Stage) -> None:
    """A bed with a headboard, window, bedside lamp, wardrobe."""
    side = s.light.side
    r.shell(s, r.Room(wall=s.dice.choice(((118, 124, 142), (146, 128, 122), (122, 130, 120)))))
    r.window(s, side * 2.1, 0.95, 1.2, 1.35, 3.38)
    for edge in (-1, 1):
        r.curtain(s, side * 2.1 + edge * 0.85, 0.2, 2.3, 3.36, paint=(120, 116, 132))
    wood = s.paint((96, 70, 54), 2.9, lit=0.45)
    s.box(-side * 2.85, 0, 1.15, 2.2, 3.2, wood)
    s.box(-side * 2.85, 0.1, 0.03, 2.0, 3.19, mix(wood, s.light.shadow, 0.5))
    s.flat([(-1.05, 0), (-1.05, 1.05), (-0.8, 1.25), (0.8, 1.25), (1.05, 1.05), (1.05, 0)], 3.2, wood)
    linen = s.paint((190, 184, 178), 2.4, lit=0.6)
    for x in (-0.45, 0.45):
        s.flat(
            [(x - 0.38, 0.62), (x - 0.36, 0.9), (x + 0.36, 0.9), (x + 0.38, 0.62)], 3.0, mix(linen, s.light.haze, 0.2)
        )
    s.ground([(-0.95, 1.2), (0.95, 1.2), (0.95, 3.1), (-0.95, 3.1)], linen, z=0.62)
    s.box(0, 0.12, 1.9, 0.5, 1.2, mix(linen, s.light.shadow, 0.35))
    s.ground(
        [(-0.97, 1.2), (0.97, 1.2), (0.97, 2.3), (-0.97, 2.3)],
        mix(s.paint((118, 92, 90), 2, lit=0.55), linen, 0.15),
        z=0.64,
    )
    r.table(s, side * 1.35, 3.0, 0.45, 0.55)
    r.lamp(s, side * 1.35, 0.92, 3.0, kind="table")
    r.picture(s, 0, 1.55, 0.7, 0.5, 3.38)
    r.rug(s, 0, -0.8, 2.6, 1.6, (94, 92, 110))


def kitchen(s: Stage) -> None:
    """Counter with a window over the sink, cupboards, hanging lamp, table."""
    side = s.light.side
    r.shell(
        s,
        r.Room(
            wall=s.dice.choice(((168, 158, 134), (138, 152, 146), (166, 142, 116))), floor=(136, 124, 110), boards=False
        ),
    )
    r.window(s, side * 0.9, 1.15, 1.5, 1.05, 3.38)
    front = s.paint((112, 122, 116), 2.9, lit=0.5)
    for i in range(-5, 6):
        x = i * 0.66
        s.box(x, 0.08, 0.62, 0.78, 2.8, front)
        s.bar([(x - 0.1, 0.72), (x + 0.1, 0.72)], 0.025, 2.79, mix(front, s.light.shadow, 0.6))
        if abs(x - side * 0.9) > 1.25:
            s.box(x, 1.55, 0.62, 0.7, 3.1, mix(front, s.light.shadow, 0.14))
    s.ground([(-3.6, 2.75), (3.6, 2.75), (3.6, 3.38), (-3.6, 3.38)], s.paint((190, 180, 164), 2.8, lit=0.6), z=0.9)
    s.box(0, 0.86, 7.2, 0.05, 2.76, s.paint((150, 134, 112), 2.8, lit=0.5))
    steel = s.paint((150, 150, 150), 3, lit=0.5)
    s.bar([(side * 0.9, 0.92), (side * 0.9, 1.2), (side * 0.98, 1.24), (side * 1.06, 1.16)], 0.03, 3.0, steel)
    x = -side * 1.75
    s.flat([(x - 0.16, 0.92), (x + 0.16, 0.92), (x + 0.11, 1.14), (x - 0.11, 1.14)], 3.0, steel)
    s.bar([(x + 0.12, 1.12), (x + 0.24, 1.06)], 0.03, 3.0, steel)
    for i in range(3):
        s.box(-side * (2.4 + i * 0.16), 0.92, 0.12, 0.2 + 0.06 * i, 3.0, s.paint((150, 110, 80), 3, lit=0.5))
    r.table(s, -side * 0.7, 1.3, 1.6, 0.75)
    r.chair(s, -side * 1.3, 1.1)
    r.chair(s, -side * 0.1, 1.1)
    r.lamp(s, -side * 0.7, 1.85, 1.5)


def bathroom(s: Stage) -> None:
    """Tiles, a basin under a mirror, a shower curtain."""
    side = s.light.side
    r.shell(s, r.Room(half=2.4, depth=2.4, wall=(168, 178, 176), floor=(130, 138, 140), boards=False))
    grout = mix(s.paint((168, 178, 176), 2.4, lit=0.7), s.light.shadow, 0.22)
    for i in range(-8, 9):
        s.box(i * 0.3, 0, 0.012, 1.5, 2.38, grout)
    for z in range(6):
        s.box(0, z * 0.3, 4.8, 0.012, 2.38, grout)
    r.window(s, side * 1.6, 1.5, 0.6, 0.7, 2.37, bars=1)
    s.disc(0, 1.6, 0.42, 0.52, 2.36, s.paint((90, 84, 80), 2.3, lit=0.4))
    s.disc(0, 1.6, 0.37, 0.47, 2.35, mix(s.light.haze, (255, 255, 255), 0.18))
    white = s.paint((220, 222, 220), 2.1, lit=0.7)
    s.flat([(-0.42, 0.88), (0.42, 0.88), (0.26, 0.68), (-0.26, 0.68)], 2.1, white)
    s.box(0, 0, 0.16, 0.7, 2.1, mix(white, s.light.shadow, 0.3))
    r.lamp(s, 0, 2.35, 2.2, strength=0.6)
    r.curtain(s, -side * 1.75, 0.3, 1.9, 1.9, width=1.0, paint=(170, 174, 170))


def plain_room(s: Stage) -> None:
    """A room that could be anywhere; its window, door and furniture differ by seed."""
    side = s.light.side
    wall = s.dice.choice(((140, 124, 106), (116, 124, 128), (130, 128, 108), (140, 114, 104)))
    half, depth = s.dice.uniform(3.2, 4.4), s.dice.uniform(3.0, 4.0)
    r.shell(s, r.Room(half=half, depth=depth, height=s.dice.uniform(2.6, 3.1), wall=wall))
    r.window(s, side * half * 0.45, 0.95, s.dice.uniform(1.0, 1.7), 1.4, depth - 0.02, bars=s.dice.choice((1, 2, 3)))
    r.door(s, -side * half * 0.62, depth - 0.02)
    kind = s.dice.randrange(3)
    if kind == 0:
        r.table(s, side * 0.9, depth - 1.2, 1.5, 0.75)
        r.chair(s, side * 0.6, depth - 1.4)
        r.lamp(s, side * 0.9, 1.95, depth - 1.2)
    elif kind == 1:
        r.shelf(s, -side * half * 0.1, 0.6, 1.4, depth - 0.15, rows=4, step=0.4)
        r.lamp(s, -side * half * 0.4, 1.6, depth - 0.6, kind="floor")
    else:
        r.picture(s, -side * 0.4, 1.4, 0.9, 0.65, depth - 0.02)
        r.rug(s, 0, -0.5, 2.6, 2.0)
        r.lamp(s, 0, 2.1, depth - 1.0)
