"""Light by time of day: skies, the colour and side of the key light, what shadows and distance look like."""

from __future__ import annotations

from dataclasses import dataclass

from .canvas import Colour, mix, times


def _hex(code: str) -> Colour:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


@dataclass(frozen=True)
class Light:
    """One lighting state.

    Attributes:
        sky: colours from zenith to horizon.
        key: the light on edges and faces; ``key_strength`` 0 to 1.
        shadow: the colour that silhouettes go towards.
        haze: the colour that distance goes towards.
        ambient: what white paint looks like in it.
        lamps: lamps and windows are lit.
        side: the key comes from the right (1) or from the left (-1).
        sun_height: the sun's or moon's height above the horizon, in picture units; negative when it is out of sight.
    """

    name: str
    sky: tuple[Colour, ...]
    key: Colour
    key_strength: float
    shadow: Colour
    haze: Colour
    ambient: Colour
    lamps: bool
    sun: Colour
    sun_height: float
    side: int = 1
    interior: bool = False

    def surface(self, paint: Colour, depth: float = 0.0, *, reach: float = 26.0, lit: float = 0.5) -> Colour:
        """A painted thing in this light at a depth in metres: part silhouette, part its own colour, part haze."""
        near = mix(self.shadow, times(paint, self.ambient), lit)
        return mix(near, self.haze, self.far(depth, reach))

    def far(self, depth: float, reach: float = 26.0) -> float:
        """How much of a thing at this depth (metres) is lost in haze, 0 to 0.92."""
        return min(0.92, max(0.0, depth) / (max(0.0, depth) + reach))


def _outside(
    name: str,
    sky: str,
    key: str,
    strength: float,
    shadow: str,
    haze: str,
    ambient: str,
    lamps: bool,
    sun: str,
    at: float,
) -> Light:
    return Light(
        name,
        tuple(map(_hex, sky.split())),
        _hex(key),
        strength,
        _hex(shadow),
        _hex(haze),
        _hex(ambient),
        lamps,
        _hex(sun),
        at,
    )


_EXTERIORS = {
    light.name: light
    for light in (
        _outside(
            "dawn",
            "27325a 5b587f b3808a eda77c f8cd97",
            "ffc48c",
            0.9,
            "171a2a",
            "c58f86",
            "b99a98",
            True,
            "ffe3b0",
            0.05,
        ),
        _outside(
            "morning", "5f93ba 93bcd0 cfe0dc f6e4bd", "fff0c8", 0.8, "1e2a36", "cddad4", "e6e2d6", False, "fff6d8", 0.26
        ),
        _outside(
            "day", "3f7fb4 78add0 b5d5e0 e2ece6", "fff8e6", 0.7, "1c2a38", "c3d8df", "eceff0", False, "fffbea", -1.0
        ),
        _outside(
            "afternoon",
            "4f88ac 94b5b8 dccfa6 f5d193",
            "ffdf9a",
            0.85,
            "25261f",
            "dcc79c",
            "eadcc0",
            False,
            "fff0c0",
            0.24,
        ),
        _outside(
            "dusk",
            "1d2248 4b3c68 a2566a e67f55 fbbd6a",
            "ff9f5c",
            1.0,
            "15131f",
            "a8606a",
            "9c7478",
            True,
            "ffd489",
            0.04,
        ),
        _outside(
            "evening", "121735 2c2f5a 5d4a72 a8676b", "f0a070", 0.75, "0f1122", "5f5074", "6d6684", True, "ffcf9a", -1.0
        ),
        _outside(
            "night", "050918 0b1530 16294e 2a4c7c", "a9c6f2", 0.75, "060a16", "284870", "5a74a2", True, "eef4ff", 0.36
        ),
    )
}

_ROOM_HAZE = {
    "dawn": "a3806c",
    "morning": "c9bfa6",
    "day": "c3c2b6",
    "afternoon": "c9a976",
    "dusk": "a36a50",
    "evening": "7d5c48",
    "night": "66503f",
}
_ROOM_AMBIENT = {
    "dawn": "cda890",
    "morning": "f6ebd6",
    "day": "faf6ee",
    "afternoon": "f6d8a4",
    "dusk": "bf866a",
    "evening": "a97f62",
    "night": "a5866a",
}


def light_for(time: str, *, interior: bool, side: int) -> Light:
    """The lighting of a time of day; unknown times are lit as day."""
    outside = _EXTERIORS.get(time, _EXTERIORS["day"])
    values = {name: getattr(outside, name) for name in Light.__dataclass_fields__}
    values["side"] = side
    if interior:
        haze, ambient = _hex(_ROOM_HAZE[outside.name]), _hex(_ROOM_AMBIENT[outside.name])
        lamp = _hex("ffc27a")
        values |= {
            "interior": True,
            "haze": haze,
            "ambient": ambient,
            "shadow": mix(_hex("100c0c"), times(haze, haze), 0.12),
            "key": mix(outside.key, lamp, 0.75) if outside.lamps and outside.name != "dawn" else outside.key,
            "key_strength": 0.85,
        }
    return Light(**values)
