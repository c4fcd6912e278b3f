"""The stage: a camera on metres, and shapes placed in metres before it.

World metres: x to the right, z up from the ground, q away from the camera with 0 where the people stand.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from .canvas import Colour, Frame, Point, Sheet, mix
from .palette import Light

NEAREST = 0.45


@dataclass(frozen=True)
class Camera:
    """A camera that looks level, with a shifted lens.

    Attributes:
        focal: picture units that one metre takes at one metre's distance.
        height: metres above the ground.
        horizon: where eye level falls, in picture units from the top.
        stand: metres from the camera to q = 0.
        roll: degrees.
        blur: how far out of focus the set is, in picture units.
        nearer: metres by which the set closes in behind the people, so that a wide view is still a furnished one.
        sunk: metres by which people are lower than standing ones, because they sit.
    """

    focal: float
    height: float
    horizon: float
    stand: float
    roll: float = 0.0
    blur: float = 0.0
    nearer: float = 0.0
    sunk: float = 0.0

    def scale(self, q: float) -> float:
        """Picture units per metre at q."""
        return self.focal / max(NEAREST, self.stand + q)

    def point(self, x: float, z: float, q: float) -> Point:
        """Where a point in the world falls in the picture."""
        scale = self.scale(q)
        return x * scale, self.horizon + (self.height - z) * scale


@dataclass
class Stage:
    """What a set draws on: ``back`` behind the people (opaque), ``front`` before them (transparent)."""

    frame: Frame
    camera: Camera
    light: Light
    dice: random.Random
    back: Sheet
    front: Sheet
    used_front: bool = field(default=False, init=False)

    def span(self, q: float) -> float:
        """Metres from the middle to the edge of the sheet at q."""
        return self.frame.reach[0] / self.camera.scale(q)

    def paint(self, colour: Colour, q: float, lit: float = 0.5) -> Colour:
        """The colour as it looks at q; things before the people are darker."""
        if q < 0:
            return mix(self.light.shadow, self.light.surface(colour, 0, lit=lit), 0.45)
        if self.light.interior:
            lit = min(0.92, lit * 1.35)
        depth = self.camera.stand * 0.25 + q if not self.light.interior else q
        return self.light.surface(colour, depth, reach=24.0 if self.light.interior else 34.0, lit=lit)

    def sheet(self, q: float) -> Sheet | None:
        """The sheet that holds q, or None behind the camera."""
        if self.camera.stand + q < NEAREST * 1.4:
            return None
        if q >= 0:
            return self.back
        self.used_front = True
        return self.front

    def flat(self, points: Sequence[Point], q: float, colour: Colour, *, curved: bool = False) -> None:
        """An upright shape at q; points are (x, z); the colour is final."""
        sheet = self.sheet(q)
        if sheet is not None:
            placed = [self.camera.point(x, z, q) for x, z in points]
            (sheet.curve if curved else sheet.polygon)(placed, colour)

    def box(self, x: float, z: float, width: float, height: float, q: float, colour: Colour) -> None:
        """An upright rectangle standing at z with its middle at x."""
        half = width / 2
        self.flat([(x - half, z), (x + half, z), (x + half, z + height), (x - half, z + height)], q, colour)

    def disc(self, x: float, z: float, across: float, down: float, q: float, colour: Colour) -> None:
        """An upright ellipse given by its middle and radii."""
        sheet = self.sheet(q)
        if sheet is not None:
            scale = self.camera.scale(q)
            sheet.ellipse(*self.camera.point(x, z, q), across * scale, down * scale, colour)

    def bar(self, points: Sequence[Point], width: float, q: float, colour: Colour) -> None:
        """An upright stroke of a width in metres; points are (x, z)."""
        sheet = self.sheet(q)
        if sheet is not None:
            sheet.line([self.camera.point(x, z, q) for x, z in points], width * self.camera.scale(q), colour)

    def ground(self, points: Sequence[Point], colour: Colour, z: float = 0.0) -> None:
        """A shape lying at height z; points are (x, q). Parts behind the camera are pulled before it."""
        nearest = NEAREST - self.camera.stand
        self.back.polygon([self.camera.point(x, z, max(q, nearest)) for x, q in points], colour)

    def glow(self, x: float, z: float, q: float, radius: float, colour: Colour, strength: float) -> None:
        """Light around a point; radius in metres."""
        px, py = self.camera.point(x, z, q)
        self.back.glow(px, py, radius * self.camera.scale(q), colour, strength)
