"""Parts of exteriors: sky, sun and stars, hills, ground, water, trees."""

from __future__ import annotations

import math

from generation.providers.animatic.canvas import Colour, Point, mix, smooth
from generation.providers.animatic.stage import Stage


def sky(s: Stage, *, clouds: int = 5) -> None:
    """Fill the sheet with the sky of the hour, its sun or moon, its stars and its clouds."""
    light, horizon = s.light, s.camera.horizon
    top = min(0.5 - s.frame.reach[1], horizon - 0.9)
    count = len(light.sky) - 1
    heights = [top + (horizon - top) * (i / count) ** 0.85 for i in range(count + 1)]
    s.back.gradient(list(zip(heights, light.sky, strict=True)))
    if light.name in ("night", "evening"):
        _stars(s, 130 if light.name == "night" else 30)
    for _ in range(clouds):
        _cloud(s)
    if light.sun_height > 0 and horizon > 0.2:
        x = light.side * min(0.52, s.frame.half_width * 0.62)
        y = max(horizon - light.sun_height, 0.14)
        radius = 0.03 if light.name == "night" else 0.042
        s.back.glow(x, y, 0.34, mix(light.sky[-1], light.sun, 0.5), 0.55 if light.name != "night" else 0.28)
        s.back.glow(x, y, 0.10, light.sun, 0.55)
        s.back.ellipse(x, y, radius, radius, light.sun)
        if light.name == "night":
            for dx, dy, size in ((-0.3, 0.2, 0.22), (0.25, -0.15, 0.16), (0.05, 0.4, 0.13)):
                s.back.ellipse(
                    x + dx * radius, y + dy * radius, radius * size, radius * size, mix(light.sun, light.sky[1], 0.2)
                )


def _stars(s: Stage, count: int) -> None:
    reach_x, reach_y = s.frame.reach
    for _ in range(count):
        x, y = s.dice.uniform(-reach_x, reach_x), s.dice.uniform(0.5 - reach_y, s.camera.horizon)
        size = s.dice.choice((0.0009, 0.0011, 0.0016))
        s.back.ellipse(x, y, size, size, mix(s.light.sky[1], (230, 238, 255), s.dice.uniform(0.25, 0.85)))


def _cloud(s: Stage) -> None:
    horizon, light = s.camera.horizon, s.light
    x = s.dice.uniform(-1.0, 1.0)
    y = horizon - s.dice.uniform(0.07, 0.5)
    strength = s.dice.uniform(0.10, 0.24) * (0.5 if light.name == "night" else 1.0)
    tone = mix(light.haze, light.sun, 0.55) if light.name != "night" else light.sky[3]
    for _ in range(4):
        s.back.stain(
            tone,
            x + s.dice.uniform(-0.16, 0.16),
            y + s.dice.uniform(-0.012, 0.012),
            s.dice.uniform(0.12, 0.34),
            s.dice.uniform(0.010, 0.026),
            strength,
        )


def land(s: Stage, colour: Colour, *, near: Colour | None = None) -> None:
    """Cover everything below the horizon; lighter towards it."""
    reach_x, reach_y = s.frame.reach
    horizon, bottom = s.camera.horizon, 0.5 + reach_y
    if horizon > bottom:
        return
    far = mix(colour, s.light.haze, 0.62)
    close = near or mix(colour, s.light.shadow, 0.45)
    bands = 28
    top = max(horizon, 0.5 - reach_y)
    for i in range(bands):
        share = (i / bands) ** 0.75
        y = top + (bottom - top) * i / bands
        s.back.rectangle(-reach_x, y, reach_x, bottom, mix(far, close, share))


def ridge(s: Stage, q: float, height: float, colour: Colour, *, rough: float = 1.0, base: float = 0.0) -> None:
    """A line of hills at q, ``height`` metres high at most, ``rough`` from rolling (0.3) to jagged (2)."""
    span = s.span(q)
    waves = [(s.dice.uniform(0.7, 1.3) * k, s.dice.uniform(0, math.tau), rough ** (k - 1) / k) for k in (1, 2, 3, 5, 8)]
    total = sum(weight for _, _, weight in waves)
    points: list[Point] = []
    for i in range(61):
        share = i / 60
        level = sum(weight * math.sin(share * math.tau * speed + phase) for speed, phase, weight in waves) / total
        points.append((-span + 2 * span * share, base + height * (0.55 + 0.45 * level)))
    s.flat([(-span, -2), *points, (span, -2)], q, colour)


def water(s: Stage, q_near: float, q_far: float) -> None:
    """A sheet of water that mirrors the sky, with a glitter path below the sun or moon."""
    light, camera = s.light, s.camera
    reach_x, reach_y = s.frame.reach
    top = camera.point(0, 0, q_far)[1]
    bottom = min(camera.point(0, 0, max(q_near, 0.5 - camera.stand))[1], 0.5 + reach_y)
    if top > 0.5 + reach_y:
        return
    deep = mix(mix(light.sky[1], light.sky[0], 0.4), light.shadow, 0.35)
    bands = 30
    for i in range(bands):
        share = i / bands
        y = top + (bottom - top) * share
        s.back.rectangle(
            -reach_x, y, reach_x, bottom, mix(mix(light.sky[-1], light.haze, 0.4), deep, min(1.0, share * 1.5) ** 0.6)
        )
    glint = mix(light.sky[-1], light.sun, 0.6)
    centre = light.side * min(0.52, s.frame.half_width * 0.62)
    for _ in range(170):
        share = s.dice.random() ** 1.6
        y = top + (bottom - top) * share
        wide = 0.008 + 0.05 * share
        on_path = light.sun_height > 0 and s.dice.random() < 0.62
        x = centre + s.dice.gauss(0, 0.03 + 0.10 * share) if on_path else s.dice.uniform(-reach_x, reach_x)
        strength = s.dice.uniform(0.35, 0.85) if on_path else s.dice.uniform(0.06, 0.2)
        under = mix(mix(light.sky[-1], light.haze, 0.4), deep, min(1.0, share * 1.5) ** 0.6)
        w = wide * s.dice.uniform(0.4, 1.2)
        h = 0.0011 + 0.0035 * share
        s.back.ellipse(x, y, w, h, mix(under, glint, strength))


def trees(
    s: Stage, q: float, count: int, height: float, paint: Colour, *, kind: str = "round", clear: float = 0.0
) -> None:
    """A row of trees at q; ``kind`` is ``round``, ``pine`` or ``bare``; none within ``clear`` metres of the middle."""
    span = s.span(q)
    colour = s.paint(paint, q, lit=0.4)
    for i in range(count):
        x = -span + 2 * span * (i + s.dice.uniform(0.1, 0.9)) / count
        tall = height * s.dice.uniform(0.7, 1.15)
        if abs(x) >= clear:
            tree(s, x, q, tall, colour, kind)


def tree(s: Stage, x: float, q: float, height: float, colour: Colour, kind: str) -> None:
    """One tree."""
    if kind == "pine":
        s.box(x, 0, height * 0.035, height * 0.3, q, colour)
        for i in range(5):
            low, wide = height * (0.14 + 0.16 * i), height * (0.19 - 0.033 * i)
            lean = height * 0.01 * s.dice.uniform(-1, 1)
            s.flat(
                [
                    (x - wide, low),
                    (x - wide * 0.45, low + height * 0.05),
                    (x + lean, low + height * 0.27),
                    (x + wide * 0.45, low + height * 0.05),
                    (x + wide, low),
                ],
                q,
                colour,
            )
        return
    trunk = height * 0.03
    s.flat(
        [(x - trunk * 1.5, 0), (x + trunk * 1.5, 0), (x + trunk * 0.7, height * 0.6), (x - trunk * 0.7, height * 0.6)],
        q,
        colour,
    )
    for side in (-1, 1):
        s.bar(
            [(x, height * 0.36), (x + side * height * 0.13, height * 0.56), (x + side * height * 0.2, height * 0.78)],
            trunk * 0.7,
            q,
            colour,
        )
    if kind == "bare":
        for _ in range(9):
            start = s.dice.uniform(0.42, 0.66)
            side = s.dice.choice((-1, 1))
            s.bar(
                [
                    (x, height * start),
                    (x + side * height * s.dice.uniform(0.06, 0.16), height * (start + 0.14)),
                    (x + side * height * s.dice.uniform(0.1, 0.24), height * (start + s.dice.uniform(0.2, 0.36))),
                ],
                trunk * 0.35,
                q,
                colour,
            )
        return
    for _ in range(9):
        angle = s.dice.uniform(0, math.tau)
        far = s.dice.uniform(0.2, 1.0)
        size = height * s.dice.uniform(0.11, 0.19)
        s.flat(
            _leafy(
                s,
                x + math.cos(angle) * far * height * 0.21,
                height * 0.74 + math.sin(angle) * far * height * 0.15,
                size,
            ),
            q,
            colour,
        )


def _leafy(s: Stage, x: float, z: float, size: float) -> list[Point]:
    turn = [i * math.tau / 11 for i in range(11)]
    ring = [
        (x + math.cos(a) * size * s.dice.uniform(0.82, 1.14), z + math.sin(a) * size * s.dice.uniform(0.7, 0.98))
        for a in turn
    ]
    return smooth(ring, steps=3)


def grass(s: Stage, q: float, height: float, paint: Colour, *, density: int = 240) -> None:
    """A fringe of blades at q, before or behind the people."""
    span = s.span(q)
    colour = s.paint(paint, q, lit=0.35)
    for _ in range(density):
        x, tall, lean = s.dice.uniform(-span, span), height * s.dice.uniform(0.4, 1.2), s.dice.uniform(-0.3, 0.3)
        s.flat([(x - height * 0.03, -0.1), (x + height * 0.03, -0.1), (x + lean * tall, tall)], q, colour)


def veil(s: Stage, strength: float, *, spread: float = 0.16, below: float = 0.10) -> None:
    """Fog lying along the horizon."""
    horizon = s.camera.horizon
    s.back.mist(s.light.haze, [(horizon - spread, 0.0), (horizon, strength), (horizon + below, 0.0)])
