"""Dark shapes close to the camera that frame a wide view. They lie on the front sheet, out of focus."""

from __future__ import annotations

import math

from generation.providers.animatic.canvas import Colour, Point, mix
from generation.providers.animatic.stage import Stage


def _tone(s: Stage, share: float = 0.10) -> Colour:
    return mix(s.light.shadow, s.light.haze, share)


def _side(s: Stage) -> int:
    """The side away from the light: what frames the picture stands in shadow."""
    return -s.light.side


def fringe(s: Stage) -> None:
    """Tall grass along the lower edge."""
    s.used_front = True
    bottom = 0.5 + s.frame.reach[1]
    edge = 0.5 + s.frame.height / 2 / s.frame.unit
    tone = _tone(s)
    reach = s.frame.reach[0]
    x = -reach
    while x < reach:
        heavy = 0.35 + 0.65 * abs(x + 0.35 * s.light.side * reach) / reach
        tall = s.dice.uniform(0.03, 0.13) * heavy
        lean = s.dice.uniform(-0.04, 0.04)
        s.front.polygon([(x - 0.005, bottom), (x + 0.005, bottom), (x + lean, edge - tall)], tone)
        x += s.dice.uniform(0.004, 0.012)
    s.front.rectangle(-reach, edge + 0.005, reach, bottom, tone)


def branch(s: Stage) -> None:
    """A leafy branch reaching in from the upper corner."""
    s.used_front = True
    side = _side(s)
    top = 0.5 - s.frame.height / 2 / s.frame.unit
    start, tone = s.frame.reach[0] * side, _tone(s, 0.06)
    inner = side * s.frame.half_width * 0.42
    spine: list[Point] = [
        (start, top + 0.02),
        (start * 0.72, top + 0.05),
        (inner * 1.2, top + 0.085),
        (inner, top + 0.14),
    ]
    s.front.limb(spine, [0.014, 0.010, 0.006, 0.002], tone)
    for _ in range(130):
        share = s.dice.random()
        index = min(2, int(share * 3))
        part = share * 3 - index
        x = spine[index][0] + (spine[index + 1][0] - spine[index][0]) * part + s.dice.gauss(0, 0.03)
        y = (
            spine[index][1]
            + (spine[index + 1][1] - spine[index][1]) * part
            + s.dice.gauss(0.005, 0.035)
            - 0.05 * (1 - share)
        )
        angle, size = s.dice.uniform(0, math.tau), s.dice.uniform(0.012, 0.026)
        dx, dy = math.cos(angle) * size, math.sin(angle) * size
        s.front.polygon(
            [(x - dx, y - dy), (x - dy * 0.4, y + dx * 0.4), (x + dx, y + dy), (x + dy * 0.4, y - dx * 0.4)], tone
        )


def doorway(s: Stage) -> None:
    """The edge of an open door, as if the camera stood outside the room."""
    s.used_front = True
    side = _side(s)
    reach_x, reach_y = s.frame.reach
    outer, inner = side * reach_x * 1.1, side * s.frame.half_width * 0.90
    tone = mix(s.light.shadow, s.light.haze, 0.05)
    s.front.polygon(
        [(outer, 0.5 - reach_y), (inner, 0.5 - reach_y), (inner, 0.5 + reach_y), (outer, 0.5 + reach_y)], tone
    )
    lip = inner - side * 0.016
    s.front.polygon(
        [(inner, 0.5 - reach_y), (lip, 0.5 - reach_y), (lip, 0.5 + reach_y), (inner, 0.5 + reach_y)],
        mix(tone, s.light.key, 0.28),
    )


def wall_edge(s: Stage) -> None:
    """The corner of a house, with a lantern on a bracket."""
    s.used_front = True
    side = _side(s)
    reach_x, reach_y = s.frame.reach
    outer, inner = side * reach_x * 1.1, side * s.frame.half_width * 0.88
    tone = _tone(s, 0.05)
    s.front.polygon(
        [(outer, 0.5 - reach_y), (inner, 0.5 - reach_y), (inner, 0.5 + reach_y), (outer, 0.5 + reach_y)], tone
    )
    x = inner - side * 0.075
    s.front.line([(inner, 0.20), (x, 0.20)], 0.008, tone)
    s.front.line([(inner, 0.26), (x, 0.20)], 0.005, tone)
    s.front.polygon([(x - 0.024, 0.225), (x + 0.024, 0.225), (x + 0.017, 0.30), (x - 0.017, 0.30)], tone)
    if s.light.lamps:
        s.front.polygon([(x - 0.015, 0.235), (x + 0.015, 0.235), (x + 0.011, 0.29), (x - 0.011, 0.29)], (255, 214, 150))


def ropes(s: Stage) -> None:
    """A mooring post with a rope hanging from it."""
    s.used_front = True
    side = _side(s)
    x, tone = side * s.frame.half_width * 0.80, _tone(s, 0.06)
    bottom = 0.5 + s.frame.reach[1]
    s.front.polygon([(x - 0.05, 0.60), (x + 0.05, 0.60), (x + 0.055, bottom), (x - 0.055, bottom)], tone)
    s.front.ellipse(x, 0.60, 0.062, 0.022, tone)
    end = side * s.frame.reach[0] * 1.05
    sag = [(x + (end - x) * i / 8, 0.66 + 0.10 * math.sin(math.pi * i / 8 * 0.8)) for i in range(9)]
    s.front.limb(sag, [0.010] * 9, tone)
    sag = [(x - side * 0.02 - side * 0.5 * i / 10, 0.67 + 0.55 * (i / 10) ** 0.7) for i in range(11)]
    s.front.limb(sag, [0.009] * 11, tone)
