"""Interiors of work, worship and company."""

from __future__ import annotations

from generation.providers.animatic.canvas import mix
from generation.providers.animatic.palette import light_for
from generation.providers.animatic.stage import Stage

from . import room as r


def office(s: Stage) -> None:
    """Desks with screens, a wide window over the city with blinds, a filing cabinet."""
    side = s.light.side
    r.shell(s, r.Room(half=4.2, depth=3.8, wall=(140, 142, 144), floor=(92, 94, 102), boards=False))
    r.window(s, side * 0.8, 0.9, 3.6, 1.5, 3.78, bars=4, city=True)
    for i in range(5):
        s.box(side * 0.8, 2.35 - i * 0.075, 3.6, 0.022, 3.76, s.paint((150, 146, 138), 3.7, lit=0.5))
    cabinet = s.paint((112, 116, 118), 3.5, lit=0.45)
    s.box(-side * 2.9, 0, 0.9, 1.3, 3.6, cabinet)
    for i in range(3):
        s.box(-side * 2.9, 0.08 + i * 0.41, 0.8, 0.36, 3.59, mix(cabinet, s.light.shadow, 0.22))
        s.box(-side * 2.9, 0.28 + i * 0.41, 0.2, 0.03, 3.58, mix(cabinet, s.light.haze, 0.5))
    for x, q in ((-side * 1.5, 2.6), (side * 1.7, 2.2)):
        r.table(s, x, q, 1.6, 0.74, (128, 108, 88))
        screen = s.paint((40, 42, 48), q, lit=0.3)
        s.box(x - 0.2, 0.8, 0.06, 0.16, q + 0.2, screen)
        s.box(x - 0.2, 0.9, 0.66, 0.4, q + 0.2, screen)
        s.box(x - 0.2, 0.93, 0.6, 0.34, q + 0.19, mix(screen, (150, 196, 220), 0.55))
        s.glow(x - 0.2, 1.1, q, 0.5, (130, 180, 220), 0.25)
    r.lamp(s, side * 2.2, 1.15, 2.3, kind="table", strength=0.6)
    s.box(0, 2.68, 2.2, 0.07, 2.0, mix(s.light.haze, (255, 255, 255), 0.4 if s.light.lamps else 0.1))


def bar(s: Stage) -> None:
    """A counter, bottles against a lit back wall, stools, hanging lamps."""
    side = s.light.side
    r.shell(s, r.Room(half=4.2, depth=3.6, wall=(112, 78, 60), floor=(86, 62, 48)))
    s.glow(0, 1.7, 3.5, 1.9, r.LAMP, 0.16)
    for x in (-2.1, 0.0, 2.1):
        r.shelf(s, x, 1.15, 1.9, 3.5, rows=3, step=0.42, things="bottles")
    wood = s.paint((104, 66, 44), 2.2, lit=0.5)
    s.ground([(-4, 2.1), (4, 2.1), (4, 2.7), (-4, 2.7)], mix(wood, r.LAMP, 0.22), z=1.1)
    s.box(0, 0, 8.2, 1.06, 2.1, mix(wood, s.light.shadow, 0.25))
    s.box(0, 1.04, 8.2, 0.08, 2.08, mix(wood, r.LAMP, 0.16))
    for i in range(-6, 7):
        s.box(i * 0.66, 0.12, 0.5, 0.78, 2.07, mix(wood, s.light.shadow, 0.42))
    stool = s.paint((54, 42, 38), 1.3, lit=0.3)
    for x in (-2.6, -1.4, 1.5, 2.7):
        s.bar([(x - 0.17, 0), (x - 0.05, 0.7)], 0.035, 1.4, stool)
        s.bar([(x + 0.17, 0), (x + 0.05, 0.7)], 0.035, 1.4, stool)
        s.disc(x, 0.74, 0.2, 0.07, 1.4, stool)
    for x in (-2.2, 0.0, 2.2):
        r.lamp(s, x + 0.25 * side, 1.95, 2.3, strength=0.6)


def cafe(s: Stage) -> None:
    """A wide street window, small tables, chairs, hanging lamps."""
    side = s.light.side
    r.shell(s, r.Room(half=4.2, depth=3.6, wall=(146, 118, 92), floor=(118, 92, 70)))
    r.window(s, side * 0.9, 0.7, 3.8, 1.75, 3.58, bars=4, city=True)
    board = s.paint((44, 48, 46), 3.5, lit=0.4)
    s.box(-side * 2.7, 1.2, 1.1, 1.05, 3.57, s.paint(r.WOOD, 3.5, lit=0.4))
    s.box(-side * 2.7, 1.25, 1.0, 0.95, 3.56, board)
    for i in range(5):
        s.box(-side * 2.7 - 0.1, 2.0 - i * 0.16, 0.6 - 0.07 * (i % 3), 0.035, 3.55, mix(board, (230, 226, 214), 0.6))
    for x, q in ((-2.5, 2.4), (2.6, 2.5), (0.4, 2.9), (-side * 1.2, 1.7)):
        r.chair(s, x - 0.55, q)
        r.chair(s, x + 0.55, q)
        r.table(s, x, q, 0.8, 0.74)
        cup = s.paint((210, 204, 192), q, lit=0.6)
        s.flat([(x - 0.05, 0.78), (x + 0.05, 0.78), (x + 0.06, 0.87), (x - 0.06, 0.87)], q, cup)
    for x in (-2.2, 0.2, 2.4):
        r.lamp(s, x, 2.05, 2.4, strength=0.55)


def corridor(s: Stage) -> None:
    """A long passage of doors under a row of ceiling lights."""
    width, length = 1.55, 24.0
    r.shell(s, r.Room(half=width, depth=length, height=2.6, wall=(142, 152, 148), floor=(118, 126, 124), boards=False))
    wall = s.paint((142, 152, 148), 6, lit=0.6)
    for i in range(9, -1, -1):
        q = 0.6 + i * 2.5
        for side in (-1, 1):
            tone = mix(mix(wall, s.light.shadow, 0.45), s.light.haze, s.light.far(q, 16))
            corners = [
                s.camera.point(side * width, z, at) for z, at in ((0, q), (0, q + 1.0), (2.1, q + 1.0), (2.1, q))
            ]
            s.back.polygon(corners, tone)
        s.ground([(-0.35, q + 0.2), (0.35, q + 0.2), (0.35, q + 1.5), (-0.35, q + 1.5)], (246, 244, 226), z=2.59)
        s.glow(0, 2.5, q + 0.8, 0.9, (236, 240, 220), 0.22)
        s.back.stain(
            (240, 240, 222), *s.camera.point(0, 0, q + 0.8), 0.55 * s.camera.scale(q), 0.16 * s.camera.scale(q), 0.16
        )
    s.back.mist((226, 234, 222), [(-1.0, 0.10), (2.0, 0.14)])
    s.box(0, 0, 1.5, 2.2, length - 0.1, mix(s.light.haze, (255, 255, 245), 0.5))
    s.glow(0, 1.2, length, 1.6, (250, 246, 226), 0.5)


def ward(s: Stage) -> None:
    """A hospital room: bed with rails, drip stand, monitor, curtain."""
    side = s.light.side
    r.shell(s, r.Room(half=3.6, depth=3.2, wall=(150, 166, 166), floor=(136, 146, 148), boards=False))
    r.window(s, side * 1.9, 1.0, 1.5, 1.25, 3.18)
    r.curtain(s, -side * 2.6, 0.3, 2.1, 2.6, width=1.4, paint=(120, 150, 150))
    steel = s.paint((170, 176, 178), 2.2, lit=0.55)
    linen = s.paint((214, 218, 216), 2.0, lit=0.7)
    s.ground([(-1.0, 1.7), (1.1, 1.7), (1.1, 2.7), (-1.0, 2.7)], linen, z=0.78)
    s.box(0.05, 0.5, 2.1, 0.28, 1.7, mix(linen, s.light.shadow, 0.2))
    s.flat([(-1.0, 0.8), (-1.0, 1.02), (-0.4, 0.98), (-0.38, 0.8)], 2.1, mix(linen, (255, 255, 255), 0.15))
    for x in (-1.05, 1.12):
        s.box(x, 0.1, 0.05, 1.0, 1.7, steel)
    for z in (0.86, 0.98):
        s.bar([(-0.5, z), (0.6, z)], 0.03, 1.69, steel)
    s.bar([(-side * 1.45, 0), (-side * 1.45, 2.0)], 0.03, 2.4, steel)
    s.flat(
        [
            (-side * 1.45 - 0.09, 1.62),
            (-side * 1.45 + 0.09, 1.62),
            (-side * 1.45 + 0.08, 1.95),
            (-side * 1.45 - 0.08, 1.95),
        ],
        2.4,
        mix(steel, (230, 240, 240), 0.6),
    )
    s.box(side * 0.7, 1.4, 0.5, 0.36, 3.1, s.paint((50, 56, 58), 3, lit=0.4))
    s.box(side * 0.7, 1.43, 0.44, 0.3, 3.09, (26, 58, 54))
    s.bar(
        [
            (side * 0.7 - 0.2, 1.56),
            (side * 0.7 - 0.05, 1.56),
            (side * 0.7, 1.68),
            (side * 0.7 + 0.04, 1.5),
            (side * 0.7 + 0.2, 1.56),
        ],
        0.014,
        3.08,
        (110, 230, 170),
    )
    s.glow(side * 0.7, 1.58, 3.0, 0.5, (90, 210, 160), 0.28)


def hall(s: Stage) -> None:
    """A great hall (station, lobby, museum): arches, tall windows, a clock, pools of light."""
    r.shell(s, r.Room(half=9, depth=15, height=9, wall=(164, 146, 122), floor=(150, 140, 126), boards=False))
    wall = s.paint((164, 146, 122), 14, lit=0.6)
    for x in (-5.4, 0.0, 5.4):
        r.window(s, x, 2.6, 2.7, 3.9, 14.9, bars=4)
        s.flat(
            [(x - 1.4, 6.4), (x - 1.0, 7.3), (x, 7.7), (x + 1.0, 7.3), (x + 1.4, 6.4)],
            14.88,
            mix(s.light.haze, (255, 244, 214), 0.4),
        )
    for x in (-7.6, -2.7, 2.7, 7.6):
        pillar = s.paint((150, 130, 106), 12, lit=0.45)
        s.box(x, 0, 0.8, 8.2, 12.5, pillar)
        s.box(x, 8.0, 1.2, 0.4, 12.5, pillar)
        s.box(x, 0, 1.1, 0.5, 12.5, pillar)
    s.disc(0, 8.3, 0.62, 0.62, 14.7, mix(wall, s.light.shadow, 0.6))
    s.disc(0, 8.3, 0.52, 0.52, 14.6, (244, 234, 208))
    for x in (-4.5, 4.5):
        s.box(x, 0.45, 2.4, 0.1, 7.5, s.paint(r.WOOD, 7, lit=0.35))
        for edge in (-1.0, 1.0):
            s.box(x + edge, 0, 0.12, 0.5, 7.5, s.paint(r.WOOD, 7, lit=0.3))
    for x in (-3.4, 3.4):
        r.lamp(s, x, 5.2, 9, strength=0.5)


def church(s: Stage) -> None:
    """A nave: columns, pews, tall windows, an altar with candles."""
    r.shell(s, r.Room(half=5, depth=17, height=8.5, wall=(132, 124, 114), floor=(112, 104, 96), boards=False))
    for x, tall in ((-1.9, 3.4), (0.0, 4.6), (1.9, 3.4)):
        r.window(s, x, 2.4, 1.0, tall, 16.9, bars=2, shaft=False)
    s.box(0, 0, 2.6, 1.1, 15.5, s.paint((190, 180, 160), 14, lit=0.6))
    for x in (-0.9, 0.9):
        s.box(x, 1.1, 0.07, 0.5, 15.4, (240, 232, 210))
        s.glow(x, 1.75, 15.4, 0.8, r.LAMP, 0.6)
    s.bar([(0, 1.1), (0, 2.5)], 0.12, 15.3, s.light.shadow)
    s.bar([(-0.45, 2.0), (0.45, 2.0)], 0.12, 15.3, s.light.shadow)
    for i in range(5, -1, -1):
        q = 1.6 + i * 2.4
        stone = s.paint((138, 128, 116), q, lit=0.45)
        for side in (-1, 1):
            s.box(side * 3.7, 0, 0.55, 6.4, q, stone)
            s.box(side * 3.7, 6.2, 0.9, 0.35, q, stone)
            s.box(side * 2.1, 0, 2.3, 0.92, q, s.paint((92, 64, 46), q, lit=0.4))
            s.box(side * 2.1, 0.92, 2.36, 0.07, q, s.paint((140, 104, 74), q, lit=0.4))
    outside = light_for(s.light.name, interior=False, side=s.light.side)
    if outside.name != "night":
        x = s.light.side
        s.back.beam(
            [
                s.camera.point(x * 4.6, 7.5, 9),
                s.camera.point(x * 4.6, 6.0, 10),
                s.camera.point(-x * 1.5, 0, 6),
                s.camera.point(-x * 3.0, 0, 5),
            ],
            0.02,
            outside.key,
            0.2,
        )


def warehouse(s: Stage) -> None:
    """A high shed: trusses, racks and crates, roof lights with dusty beams."""
    r.shell(
        s,
        r.Room(
            half=7.5,
            depth=14,
            height=6.5,
            wall=(104, 104, 104),
            floor=(112, 106, 100),
            ceiling=(84, 84, 86),
            boards=False,
        ),
    )
    for i in range(4, -1, -1):
        q = 1.0 + i * 3.0
        steel = s.paint((70, 72, 76), q, lit=0.3)
        s.bar([(-7.5, 5.6), (7.5, 5.6)], 0.14, q, steel)
        for left in range(-7, 8, 2):
            s.bar([(left, 5.6), (left + 1, 6.4), (left + 2, 5.6)], 0.08, q, steel)
        for side in (-1, 1):
            s.box(side * 6.6, 0, 0.25, 5.6, q, steel)
    r.window(s, 0, 3.4, 6.0, 1.4, 13.9, bars=8, shaft=False)
    outside = light_for(s.light.name, interior=False, side=s.light.side)
    for x in (-4.0, 0.0, 4.0):
        if outside.lamps:
            r.lamp(s, x, 4.3, 6, strength=0.8)
        else:
            s.back.beam(
                [
                    s.camera.point(x, 6.4, 6),
                    s.camera.point(x + 0.8, 6.4, 6),
                    s.camera.point(x - s.light.side * 2.4, 0, 5),
                    s.camera.point(x - s.light.side * 4.2, 0, 5),
                ],
                0.018,
                outside.key,
                0.16,
            )
    for x, q, wide, tall in (
        (-5.4, 9, 2.2, 1.6),
        (-5.2, 9, 1.4, 2.6),
        (5.4, 8, 2.6, 1.4),
        (4.2, 5.5, 1.2, 1.1),
        (-3.6, 5.0, 1.3, 1.2),
        (-3.9, 5.0, 0.8, 1.9),
    ):
        crate = s.paint((132, 102, 72), q, lit=0.42)
        s.box(x, 0, wide, tall, q, crate)
        edge = mix(crate, s.light.shadow, 0.4)
        s.bar([(x - wide / 2, 0.05), (x + wide / 2, tall - 0.05)], 0.07, q - 0.01, edge)
        for z in (0.05, tall - 0.05):
            s.bar([(x - wide / 2, z), (x + wide / 2, z)], 0.09, q - 0.01, edge)


def cell(s: Stage) -> None:
    """Bare walls, one barred window high up, a bunk."""
    side = s.light.side
    r.shell(s, r.Room(half=2.2, depth=2.5, height=2.7, wall=(116, 118, 116), floor=(96, 96, 96), boards=False))
    r.window(s, side * 0.6, 1.75, 0.75, 0.55, 2.48, bars=5)
    steel = s.paint((80, 82, 84), 2, lit=0.35)
    s.box(-side * 1.1, 0.45, 1.9, 0.12, 2.0, steel)
    s.box(-side * 1.1, 0.57, 1.85, 0.12, 2.0, s.paint((140, 136, 126), 2, lit=0.5))
    for edge in (-0.9, 0.9):
        s.box(-side * 1.1 + edge, 0, 0.06, 0.5, 2.0, steel)
    r.lamp(s, 0, 2.3, 1.2, strength=0.7)
