"""Parts of interiors: the shell of a room, windows with the hour behind them, lamps, common furniture."""

from __future__ import annotations

from dataclasses import dataclass

from generation.providers.animatic.canvas import Colour, mix, times
from generation.providers.animatic.palette import light_for
from generation.providers.animatic.stage import Stage

LAMP: Colour = (255, 200, 124)
WOOD: Colour = (116, 82, 58)
WHITE: Colour = (206, 200, 190)


@dataclass(frozen=True)
class Room:
    """A room in metres: half its width, its depth behind the people, its height, its paints."""

    half: float = 3.6
    depth: float = 3.4
    height: float = 2.75
    wall: Colour = (150, 132, 112)
    floor: Colour = (120, 88, 64)
    ceiling: Colour = (160, 150, 138)
    boards: bool = True


def shell(s: Stage, room: Room) -> None:
    """Walls, floor and ceiling in perspective, lighter on the side away from the key light's source."""
    camera, light = s.camera, s.light
    near = 0.5 - camera.stand
    wall = s.paint(room.wall, room.depth, lit=0.72)
    reach_x, reach_y = s.frame.reach
    s.back.rectangle(-reach_x, 0.5 - reach_y, reach_x, 0.5 + reach_y, wall)
    bright, dim = mix(wall, light.haze, 0.22), mix(wall, light.shadow, 0.26)
    for side in (-1, 1):
        tone = bright if side == -light.side else dim
        steps = 30
        for i in range(steps):
            q0, q1 = (near + (room.depth - near) * (i / steps) ** 0.7, room.depth)
            corners = [
                camera.point(side * room.half, z, q)
                for z, q in ((0, q0), (0, q1), (room.height, q1), (room.height, q0))
            ]
            s.back.polygon(corners, mix(mix(tone, light.shadow, 0.3), tone, i / steps))
    floor = s.paint(room.floor, 1.0, lit=0.6)
    s.ground([(-room.half, near), (-room.half, room.depth), (room.half, room.depth), (room.half, near)], floor)
    if room.boards:
        count = int(room.half * 2 / 0.32)
        for i in range(count + 1):
            x = -room.half + i * room.half * 2 / count
            s.ground(
                [(x, near), (x, room.depth), (x + 0.02, room.depth), (x + 0.02, near)], mix(floor, light.shadow, 0.4)
            )
    s.ground(
        [(-room.half, near), (-room.half, room.depth), (room.half, room.depth), (room.half, near)],
        mix(s.paint(room.ceiling, 1.5, lit=0.66), light.shadow, 0.12),
        z=room.height,
    )
    s.box(0, 0, room.half * 2, 0.12, room.depth - 0.01, mix(wall, light.shadow, 0.5))
    low, high = camera.point(0, 0, room.depth)[1], camera.point(0, room.height, room.depth)[1]
    s.back.mist(
        light.shadow,
        [
            (high - 0.5, 0.55),
            (high + (low - high) * 0.25, 0.16),
            (high + (low - high) * 0.6, 0.0),
            (low, 0.05),
            (low + 0.6, 0.42),
        ],
    )


def window(
    s: Stage,
    x: float,
    z: float,
    width: float,
    height: float,
    q: float,
    *,
    bars: int = 2,
    shaft: bool = True,
    city: bool = False,
) -> None:
    """A window showing the hour outside; by day and at the ends of the day its light falls into the room."""
    outside = light_for(s.light.name, interior=False, side=s.light.side)
    frame = s.paint(WHITE, q, lit=0.4)
    s.box(x, z - 0.08, width + 0.24, height + 0.16, q, mix(frame, s.light.shadow, 0.35))
    bands = 10
    for i in range(bands):
        share = i / (bands - 1)
        low, high = outside.sky[-1], outside.sky[1]
        s.box(x, z + height * i / bands, width, height / bands + 0.01, q, mix(low, high, share))
    if city:
        for i in range(9):
            wide, tall = width / 9, height * s.dice.uniform(0.12, 0.5)
            s.box(x - width / 2 + (i + 0.5) * wide, z, wide * 0.96, tall, q, mix(outside.haze, outside.shadow, 0.5))
            if outside.lamps:
                for _ in range(3):
                    s.box(
                        x - width / 2 + (i + s.dice.uniform(0.25, 0.75)) * wide,
                        z + tall * s.dice.uniform(0.1, 0.85),
                        wide * 0.12,
                        0.04,
                        q,
                        LAMP,
                    )
    for i in range(1, bars):
        s.box(x - width / 2 + width * i / bars, z, 0.05, height, q, mix(frame, s.light.shadow, 0.3))
    s.box(x, z + height * 0.55, width, 0.045, q, mix(frame, s.light.shadow, 0.3))
    s.box(x, z - 0.14, width + 0.4, 0.09, q, frame)
    if outside.name in ("night", "evening"):
        s.glow(x, z + height / 2, q, width * 0.8, outside.key, 0.14)
        return
    glow = mix(outside.sky[-1], outside.key, 0.5)
    s.glow(x, z + height / 2, q, max(width, height) * 0.75, glow, 0.42)
    if shaft and not outside.lamps:
        s.glow(x, z + height / 2, q, 3.4, glow, 0.26)
    if shaft:
        lean = -s.light.side * 2.3
        corners = [s.camera.point(x - width / 2, z + height, q), s.camera.point(x + width / 2, z + height, q)]
        floor = [s.camera.point(x + width / 2 + lean, 0, q - 2.2), s.camera.point(x - width / 2 + lean, 0, q - 2.2)]
        s.back.beam([*corners, *floor], 0.02, glow, 0.17)


def lamp(s: Stage, x: float, z: float, q: float, *, kind: str = "hang", strength: float = 0.75) -> None:
    """A lamp: ``hang``, ``table`` or ``floor`` (then z is its height)."""
    shade = s.paint((150, 120, 86), q, lit=0.5)
    lit = s.light.lamps or s.light.name == "evening"
    if kind == "hang":
        s.bar([(x, z), (x, z + 3)], 0.02, q, s.light.shadow)
        s.flat(
            [(x - 0.26, z - 0.1), (x + 0.26, z - 0.1), (x + 0.1, z + 0.14), (x - 0.1, z + 0.14)],
            q,
            shade if not lit else mix(shade, LAMP, 0.45),
        )
        bulb = z - 0.12
    else:
        s.bar([(x, 0 if kind == "floor" else z - 0.35), (x, z)], 0.03, q, s.light.shadow)
        s.flat(
            [(x - 0.22, z - 0.05), (x + 0.22, z - 0.05), (x + 0.13, z + 0.25), (x - 0.13, z + 0.25)],
            q,
            shade if not lit else mix(shade, (255, 222, 160), 0.85),
        )
        bulb = z + 0.05
    if lit:
        s.disc(x, bulb, 0.06, 0.045, q, (255, 240, 206))
        s.glow(x, bulb, q, 0.8, LAMP, strength)
        s.glow(x, bulb, q, 2.2, LAMP, strength * 0.32)


def table(
    s: Stage, x: float, q: float, width: float, height: float, paint: Colour = WOOD, *, depth: float = 0.7
) -> None:
    """A table with four legs."""
    wood = s.paint(paint, q, lit=0.45)
    for side in (-1, 1):
        s.box(x + side * width * 0.44, 0, 0.07, height, q, mix(wood, s.light.shadow, 0.35))
    if q >= 0:
        s.ground(
            [(x - width / 2, q), (x + width / 2, q), (x + width / 2, q + depth), (x - width / 2, q + depth)],
            mix(wood, s.light.haze, 0.25),
            z=height,
        )
    s.box(x, height - 0.06, width, 0.08, q, wood)


def chair(s: Stage, x: float, q: float, paint: Colour = WOOD) -> None:
    """A chair seen from the front."""
    wood = s.paint(paint, q, lit=0.35)
    for side in (-1, 1):
        s.box(x + side * 0.19, 0, 0.045, 0.92, q, wood)
    s.box(x, 0.42, 0.44, 0.06, q, wood)
    for z in (0.62, 0.78, 0.9):
        s.box(x, z, 0.4, 0.05, q, wood)


def picture(s: Stage, x: float, z: float, width: float, height: float, q: float) -> None:
    """A framed picture on a wall."""
    s.box(x, z, width, height, q, s.paint((60, 46, 36), q, lit=0.4))
    inner = s.paint(s.dice.choice(((150, 140, 120), (110, 124, 130), (140, 112, 96))), q, lit=0.7)
    s.box(x, z + 0.05, width - 0.1, height - 0.1, q, inner)
    s.flat(
        [
            (x - width / 2 + 0.05, z + 0.05),
            (x - width * 0.1, z + height * 0.5),
            (x + width * 0.2, z + height * 0.3),
            (x + width / 2 - 0.05, z + 0.05),
        ],
        q,
        mix(inner, s.light.shadow, 0.35),
    )


def door(s: Stage, x: float, q: float, *, width: float = 0.9, height: float = 2.1, paint: Colour = WOOD) -> None:
    """A closed panelled door."""
    wood = s.paint(paint, q, lit=0.5)
    s.box(x, 0, width + 0.18, height + 0.09, q, mix(wood, s.light.haze, 0.2))
    s.box(x, 0, width, height, q, wood)
    for z, tall in ((0.25, 0.7), (1.1, 0.8)):
        s.box(x, z, width * 0.62, tall, q, mix(wood, s.light.shadow, 0.25))
    s.disc(x + width * 0.38, 1.02, 0.035, 0.035, q, mix(wood, (255, 220, 150), 0.6))


def shelf(
    s: Stage, x: float, z: float, width: float, q: float, *, rows: int = 1, step: float = 0.36, things: str = "books"
) -> None:
    """Shelves of books or bottles."""
    wood = s.paint(WOOD, q, lit=0.4)
    for row in range(rows):
        level = z + row * step
        s.box(x, level - 0.04, width, 0.04, q, wood)
        at = x - width / 2 + 0.04
        while at < x + width / 2 - 0.08:
            if things == "books":
                wide, tall = s.dice.uniform(0.03, 0.075), step * s.dice.uniform(0.55, 0.82)
                paint = s.dice.choice(((150, 80, 66), (90, 106, 116), (160, 140, 104), (84, 92, 74), (70, 62, 76)))
                s.box(at + wide / 2, level, wide * 0.92, tall, q, s.paint(paint, q, lit=0.5))
                at += wide if s.dice.random() < 0.9 else wide + 0.12
            else:
                wide, tall = s.dice.uniform(0.07, 0.10), step * s.dice.uniform(0.6, 0.8)
                glass = s.paint(
                    s.dice.choice(((90, 120, 84), (150, 98, 50), (150, 150, 140), (96, 60, 46))), q, lit=0.65
                )
                s.box(at + wide / 2, level, wide * 0.8, tall * 0.62, q, glass)
                s.box(at + wide / 2, level + tall * 0.6, wide * 0.3, tall * 0.4, q, glass)
                if s.light.lamps:
                    s.box(at + wide * 0.32, level + 0.02, wide * 0.12, tall * 0.5, q, mix(glass, LAMP, 0.45))
                at += wide * 1.18


def curtain(
    s: Stage, x: float, z: float, height: float, q: float, width: float = 0.42, paint: Colour = (136, 92, 78)
) -> None:
    """One hanging curtain in folds."""
    cloth = s.paint(paint, q, lit=0.55)
    for i in range(5):
        s.box(
            x - width / 2 + (i + 0.5) * width / 5,
            z,
            width / 5 + 0.005,
            height,
            q,
            mix(cloth, s.light.shadow, 0.12 + 0.24 * (i % 2)),
        )


def rug(s: Stage, x: float, q: float, width: float, depth: float, paint: Colour = (130, 74, 62)) -> None:
    """A rug on the floor."""
    for inset, share in ((0.0, 0.25), (0.12, 0.0), (0.3, 0.2)):
        cloth = mix(
            s.paint(paint, 1, lit=0.62), s.light.shadow if share < 0.22 else times(WHITE, s.light.ambient), share
        )
        s.ground(
            [
                (x - width / 2 + inset, q + inset),
                (x + width / 2 - inset, q + inset),
                (x + width / 2 - inset, q + depth - inset),
                (x - width / 2 + inset, q + depth - inset),
            ],
            cloth,
        )
