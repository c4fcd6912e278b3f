"""People: bodies drawn from joints and garments, then lit from one side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PIL import Image, ImageFilter

from .canvas import Colour, Frame, Point, Sheet, mix, outline, smooth, times
from .casting import Look, look_of
from .edgelight import lit_from_the_side
from .framing import Placement
from .heads import draw_hair_behind, draw_head
from .palette import Light
from .shot import Shot

_HEMS = {"jacket": 0.455, "sweater": 0.475, "parka": 0.42, "coat": 0.27, "dress": 0.24, "skirt": 0.25}
HEAD = 0.132


@dataclass(frozen=True)
class Part:
    """A piece of a person that is lit by itself; a ``joined`` one gets no edge light where it lies on the others."""

    paint: Callable[[Sheet], None]
    joined: bool = False


def draw_figure(layer: Image.Image, frame: Frame, place: Placement, light: Light, shot: Shot) -> None:
    """Draw one person on a transparent layer of the size of the frame's sheet."""
    _Figure(frame, place, light, shot).onto(layer)


class _Figure:
    def __init__(self, frame: Frame, place: Placement, light: Light, shot: Shot) -> None:
        self.frame, self.place, self.light = frame, place, light
        self.look: Look = look_of(place.name, shot.about(place.name))
        self.dice = shot.dice("pose", place.name, shot.angle)
        self.height = place.height * (1.0 if place.bust else self.look.stature)
        self.top = place.top + (place.height - self.height)
        self.mirror = -1 if place.facing == "left" else 1
        self.profile = place.facing in ("left", "right")
        turned = 0.80 if self.profile and place.pose != "walk" else 1.0
        self.breadth = self.look.breadth * turned * (0.93 if place.pose == "walk" else 1.0)
        reveal = 0.62 if light.key_strength > 0.72 else 0.5
        dark = light.shadow if not place.near else mix(light.shadow, (0, 0, 0), 0.45)
        reveal *= 0.35 if place.near else 1.0
        self.cloth = mix(dark, times(self.look.cloth, light.ambient), reveal)
        self.trousers = mix(dark, times(self.look.trousers, light.ambient), reveal * 0.9)
        self.skin = mix(dark, times(self.look.skin, light.ambient), reveal * 0.9)
        self.hair = mix(dark, times(self.look.hair_colour, light.ambient), reveal * 0.6)
        self.lit = mix(
            self.skin, mix(times(self.look.skin, light.key), light.key, 0.2), 0.5 + 0.45 * light.key_strength
        )

    def at(self, x: float, y: float) -> Point:
        """Picture units of a point in body heights: x from the spine, y up from the soles."""
        widen = 1 + (self.place.taper - 1) * y
        return self.place.x + self.mirror * x * self.height * widen, self.top + (1 - y) * self.height

    def onto(self, layer: Image.Image) -> None:
        box = self._box()
        if box is None:
            return
        parts = self._walking() if self.place.pose == "walk" else self._standing()
        size = (box[2] - box[0], box[3] - box[1])
        person = Image.new("RGBA", size)
        for part in parts:
            sheet = Sheet(self.frame, box=box)
            part.paint(sheet)
            person.alpha_composite(self._lit(sheet.finished(), person if part.joined else None))
        if self.place.near:
            person = person.filter(ImageFilter.GaussianBlur(0.006 * self.frame.unit))
        layer.alpha_composite(person, box[:2])

    def _box(self) -> tuple[int, int, int, int] | None:
        reach = 0.36 * self.height
        corners = self.frame.pixels(
            [
                (self.place.x + dx, y)
                for dx in (-reach, reach)
                for y in (self.top - 0.05 * self.height, self.top + 1.04 * self.height)
            ]
        )
        width, height = self.frame.size
        left, right = max(0, int(min(x for x, _ in corners))), min(width, int(max(x for x, _ in corners)) + 2)
        top, bottom = max(0, int(min(y for _, y in corners))), min(height, int(max(y for _, y in corners)) + 2)
        return (left, top, right, bottom) if right - left > 2 and bottom - top > 2 else None

    def _lit(self, part: Image.Image, behind: Image.Image | None) -> Image.Image:
        unit, size = self.frame.unit, self.height * self.frame.unit
        edge = min(0.0062 * size, (0.02 if self.place.near else 0.0062) * unit)
        strength = self.light.key_strength * (0.6 if self.place.near else 1.0)
        return lit_from_the_side(
            part,
            self.light.key,
            self.light.side,
            edge=max(1, round(edge)),
            form=max(1.0, min(0.03 * size, 0.04 * unit)),
            strength=strength,
            behind=behind,
        )

    def _shape(self, sheet: Sheet, points: Sequence[Point], colour: Colour, *, curved: bool = True) -> None:
        sheet.polygon([self.at(x * self.breadth, y) for x, y in (smooth(points) if curved else points)], colour)

    def _limb(self, sheet: Sheet, joints: Sequence[Point], radii: Sequence[float], colour: Colour) -> None:
        sheet.limb([self.at(x * self.breadth, y) for x, y in joints], [r * self.height for r in radii], colour)

    def _on_head(self, x: float, y: float) -> Point:
        lean = {"walk": 0.02}.get(self.place.pose, 0.0) + (0.012 if self.profile else 0.0)
        width = HEAD * (1.0 if self.place.bust else 1.04)
        # A face from the front is drawn with its lit half to the right: turn it over when the light is on the left.
        flip = self.light.side if self.place.facing == "front" else 1
        return self.at(lean + flip * x * width, 1 - HEAD + y * HEAD)

    def _head(self, sheet: Sheet) -> None:
        draw_head(
            sheet,
            self._on_head,
            self.look,
            self.light,
            "front" if self.place.facing == "front" else "back" if self.place.facing == "back" else "profile",
            face=self.height * HEAD * self.frame.unit > 44,
            tones=(self.skin, self.lit, self.hair),
        )

    def _hair_behind(self, sheet: Sheet) -> None:
        draw_hair_behind(sheet, self._on_head, self.look, mix(self.hair, (0, 0, 0), 0.12))

    def _neck(self, sheet: Sheet) -> None:
        shade = mix(self.skin, (0, 0, 0), 0.26)
        if self.profile:
            bent = outline("-0.3 0.22, 0 0.12, 0.085 -0.01, 0.045 -0.16, 0.075 -0.34, -0.33 -0.34, -0.285 -0.08")
            sheet.polygon([self._on_head(x, y) for x, y in smooth(bent)], shade)
            return
        straight = outline("-0.034 0.9, -0.036 0.86, -0.06 0.828, 0.06 0.828, 0.036 0.86, 0.034 0.9")
        self._shape(sheet, straight, shade)

    def _torso(self, sheet: Sheet) -> None:
        garment, hem = self.look.garment, _HEMS[self.look.garment]
        shoulder = 0.128 if not self.look.woman else 0.112
        waist = 0.088 if not self.look.woman else 0.074
        flare = {"dress": 0.135, "skirt": 0.12, "coat": 0.118, "parka": 0.104}.get(garment, 0.096)
        if garment == "parka":
            waist, shoulder = 0.098, shoulder + 0.006
        right = [
            (0.030, 0.868), (0.062, 0.846), (shoulder * 0.86, 0.828), (shoulder, 0.800), (shoulder * 0.93, 0.74),
            (waist + 0.006, 0.66), (waist, 0.61), (0.095 if hem < 0.4 else waist + 0.012, 0.53), (flare, hem),
        ]  # fmt: skip
        self._shape(sheet, [*right, (0, hem - 0.008), *[(-x, y) for x, y in reversed(right)]], self.cloth)
        fold = mix(self.cloth, (0, 0, 0), 0.34)
        if self.place.facing == "back":
            return
        if garment in ("jacket", "coat"):
            inner = mix(self.cloth, (210, 205, 196), 0.22)
            self._shape(sheet, [(-0.030, 0.862), (0.030, 0.862), (0.0, 0.735)], inner, curved=False)
            self._shape(
                sheet,
                outline("-0.033 0.872, -0.062 0.8, -0.042 0.775, 0 0.715, -0.012 0.76"),
                fold,
                curved=False,
            )
            self._shape(sheet, outline("0.033 0.872, 0.062 0.8, 0.042 0.775, 0 0.715, 0.012 0.76"), fold, curved=False)
            self._shape(sheet, [(-0.0015, 0.72), (0.0015, 0.72), (0.003, hem), (-0.001, hem)], fold, curved=False)
        elif garment == "parka":
            self._shape(
                sheet,
                outline("-0.058 0.868, 0 0.825, 0.058 0.868, 0.072 0.838, 0 0.785, -0.072 0.838"),
                fold,
            )
        elif garment == "sweater":
            self._shape(sheet, outline("-0.042 0.868, 0 0.842, 0.042 0.868, 0.047 0.853, 0 0.826, -0.047 0.853"), fold)
        else:
            self._shape(sheet, [(-0.034, 0.868), (0.034, 0.868), (0.0, 0.80)], mix(self.skin, (0, 0, 0), 0.12))
            self._shape(
                sheet,
                [(-waist - 0.004, 0.618), (waist + 0.004, 0.618), (waist + 0.004, 0.602), (-waist - 0.004, 0.602)],
                fold,
                curved=False,
            )

    def _legs(self, sheet: Sheet) -> None:
        bare = self.look.garment in ("dress", "skirt")
        tone = mix(self.skin, self.trousers, 0.4) if bare else self.trousers
        hip, knee, ankle = (0.036, 0.030, 0.017) if bare else (0.050, 0.036, 0.027)
        sway = self.dice.uniform(-0.012, 0.012)
        for side in (-1, 1):
            spread = 0.052 + 0.012 * self.dice.random()
            joints = [(side * 0.045, 0.50), (side * spread + sway, 0.27), (side * (spread + 0.008) + sway, 0.045)]
            self._limb(
                sheet, joints, (hip, knee, ankle), tone if side * self.light.side > 0 else mix(tone, (0, 0, 0), 0.25)
            )
            foot = side * (spread + 0.008) + sway
            toe = 0.035 if self.profile else side * 0.012
            self._shape(
                sheet,
                [
                    (foot - 0.026, 0.0),
                    (foot - 0.028, 0.035),
                    (foot + 0.0, 0.055),
                    (foot + 0.024 + max(0, toe), 0.022),
                    (foot + 0.028 + toe, 0.0),
                ],
                mix(self.trousers, (0, 0, 0), 0.55),
            )

    def _arm(self, sheet: Sheet, side: int, pose: str) -> None:
        shoulder = 0.112 if not self.look.woman else 0.098
        thick = 0.034 if self.look.garment in ("parka", "coat", "jacket") else 0.028
        start = (side * shoulder, 0.795)
        shapes: dict[str, tuple[Point, Point]] = {
            "hang": ((side * (shoulder + 0.030), 0.63), (side * (shoulder + 0.020), 0.475)),
            "pocket": ((side * (shoulder + 0.055), 0.64), (side * (shoulder - 0.012), 0.515)),
            "hip": ((side * (shoulder + 0.085), 0.66), (side * 0.085, 0.575)),
            "fold": ((side * (shoulder + 0.018), 0.655), (-side * 0.055, 0.690 + 0.012 * side)),
            "raise": ((side * (shoulder + 0.035), 0.655), (side * (shoulder + 0.075), 0.775)),
            "offer": ((side * (shoulder + 0.025), 0.64), (side * (shoulder + 0.115), 0.665)),
        }
        elbow, wrist = shapes[pose]
        away = side * self.light.side * self.mirror < 0
        sleeve = mix(self.cloth, (0, 0, 0), 0.24) if away else mix(self.cloth, (255, 255, 255), 0.035)
        if pose != "pocket":
            hand = (wrist[0] + (wrist[0] - elbow[0]) * 0.16, wrist[1] + (wrist[1] - elbow[1]) * 0.16)
            self._limb(sheet, [wrist, hand], (0.015, 0.017), mix(self.skin, self.lit, 0.25))
        self._limb(sheet, [start, elbow, wrist], (thick, thick * 0.86, thick * 0.62), sleeve)

    def _standing(self) -> list[Part]:
        pairs = {
            "talk": (("raise", "hang"), ("offer", "pocket"), ("hang", "raise"), ("offer", "hang")),
            "listen": (("fold", "fold"), ("pocket", "pocket"), ("hang", "hip")),
            "stand": (("hang", "hang"), ("hang", "pocket"), ("pocket", "hang"), ("hang", "hang")),
        }
        left, right = self.dice.choice(pairs[self.place.pose])
        close = {"hang", "pocket"}

        def body(sheet: Sheet) -> None:
            self._neck(sheet)
            self._torso(sheet)
            for side, pose in ((-1, left), (1, right)):
                if pose in close:
                    self._arm(sheet, side, pose)

        parts = [Part(self._legs), Part(body)]
        for side, pose in ((-1, left), (1, right)):
            if pose not in close:
                parts.append(Part(partial(self._arm, side=side, pose=pose), joined=pose != "fold"))
        if self.place.facing == "front":
            parts.insert(0, Part(self._hair_behind))
        return [*parts, Part(self._head, joined=True)]

    def _walking(self) -> list[Part]:
        stride = self.dice.uniform(0.85, 1.05)
        tone, dark = self.trousers, mix(self.trousers, (0, 0, 0), 0.3)
        shoe = mix(self.trousers, (0, 0, 0), 0.6)
        swing = mix(self.cloth, (0, 0, 0), 0.28)

        def far(sheet: Sheet) -> None:
            self._limb(sheet, [(0.01, 0.79), (0.075, 0.655), (0.155, 0.555)], (0.030, 0.027, 0.019), swing)
            self._limb(sheet, [(0.16, 0.552), (0.172, 0.535)], (0.015, 0.014), self.skin)
            self._limb(
                sheet, [(-0.005, 0.50), (-0.035 * stride, 0.285), (-0.175 * stride, 0.105)], (0.052, 0.037, 0.025), dark
            )
            self._shape(
                sheet,
                [
                    (-0.195 * stride, 0.115),
                    (-0.155 * stride, 0.105),
                    (-0.125 * stride, 0.03),
                    (-0.15 * stride, 0.022),
                    (-0.20 * stride, 0.08),
                ],
                shoe,
            )

        def near(sheet: Sheet) -> None:
            self._limb(
                sheet, [(0.0, 0.50), (0.085 * stride, 0.285), (0.135 * stride, 0.055)], (0.055, 0.039, 0.026), tone
            )
            self._shape(
                sheet,
                [
                    (0.105 * stride, 0.0),
                    (0.105 * stride, 0.055),
                    (0.16 * stride, 0.055),
                    (0.215 * stride, 0.03),
                    (0.225 * stride, 0.008),
                ],
                shoe,
            )

        def trunk(sheet: Sheet) -> None:
            hem = _HEMS[self.look.garment]
            back = -0.085 - (0.06 if hem < 0.3 else 0.0)
            front = 0.085 + (0.05 if hem < 0.3 else 0.0)
            self._neck(sheet)
            self._shape(
                sheet,
                [
                    (-0.035, 0.865),
                    (0.045, 0.865),
                    (0.085, 0.81),
                    (0.10, 0.73),
                    (0.078, 0.62),
                    (0.08, 0.54),
                    (front, hem),
                    (0.0, hem - 0.01),
                    (back, hem),
                    (-0.082, 0.54),
                    (-0.078, 0.64),
                    (-0.098, 0.74),
                    (-0.085, 0.83),
                ],
                self.cloth,
            )

        def arm(sheet: Sheet) -> None:
            self._limb(
                sheet,
                [(0.0, 0.785), (-0.065, 0.645), (-0.085, 0.51)],
                (0.033, 0.029, 0.020),
                mix(self.cloth, (0, 0, 0), 0.12),
            )
            self._limb(sheet, [(-0.086, 0.50), (-0.082, 0.475)], (0.016, 0.015), self.skin)

        return [Part(far), Part(near), Part(trunk), Part(self._head, joined=True), Part(arm)]
