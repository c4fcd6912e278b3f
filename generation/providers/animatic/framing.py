"""Framing: what each camera angle means for the lens, the horizon and where people stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .shot import Shot
from .stage import Camera


@dataclass(frozen=True)
class Placement:
    """Where one person is in the picture.

    Attributes:
        x: middle of the person in picture units.
        top: the crown, in picture units from the top.
        height: from crown to sole, in picture units.
        facing: ``front``, ``left``, ``right`` or ``back``.
        pose: ``stand``, ``talk``, ``listen``, ``walk``.
        taper: width at the head against width at the feet; below 1 is seen from below.
        near: out of focus in the foreground.
        bust: drawn large, as head and shoulders, with a face.
    """

    name: str
    x: float
    top: float
    height: float
    facing: str = "front"
    pose: str = "stand"
    taper: float = 1.0
    near: bool = False
    bust: bool = False


def camera_for(shot: Shot, *, crowd: int, cramped: bool = False) -> Camera:
    """The camera of an angle; it stands further back when more people must fit, and comes in where there is no room."""
    room = 0.42 * max(0, crowd - 2)
    cameras: Mapping[str, Camera] = {
        "wide": Camera(0.95, 1.62, 0.56, 4.4, nearer=1.2) if shot.interior else Camera(0.98, 1.7, 0.60, 9.5),
        "medium": Camera(1.6, 1.42, 0.40, 1.95 + room, blur=0.0022),
        "close": Camera(2.3, 1.55, 0.42, 2.6, blur=0.011),
        "low": Camera(1.12, 0.35, 0.97, 1.78 + room),
        "shoulder": Camera(1.9, 1.5, 0.36, 2.3, blur=0.005),
        "dutch": Camera(1.5, 1.4, 0.43, 2.0 + room, roll=shot.dice("roll").choice((-9.0, 9.0)), blur=0.0015),
        "high": Camera(1.45, 3.3, -0.22, 4.3),
        "tracking": Camera(1.35, 1.25, 0.42, 3.3, blur=0.0015),
    }
    if cramped and shot.angle == "medium":
        return Camera(1.05, 1.3, 0.44, 1.75, sunk=0.40)
    return cameras[shot.angle]


def place(shot: Shot, camera: Camera, half_width: float) -> list[Placement]:
    """Put the people of a shot before the camera, farthest first.

    Args:
        half_width: picture units from the middle to the side.
    """
    names = _by_importance(shot)
    if not names:
        return []
    dice = shot.dice("blocking", shot.angle)
    scale = camera.scale(0)
    height, top = 1.74 * scale, camera.point(0, 1.74 - camera.sunk, 0)[1]
    side = dice.choice((-1, 1))
    away = {-1: "left", 1: "right"}
    if shot.angle == "close":
        facing = dice.choice(("front", "front", away[side]))
        return [Placement(names[0], side * 0.06 * half_width, 0.16, 4.15, facing, bust=True)]
    if shot.angle == "shoulder":
        other = names[1] if len(names) > 1 else "a listener"
        reach = min(0.42, half_width * 0.5)
        front = Placement(names[0], side * reach * 0.62, 0.15, 2.35, "front", "talk", bust=True)
        return [front, Placement(other, -side * reach * 1.25, 0.16, 4.4, "back", near=True, bust=True)]
    if shot.angle == "tracking":
        step = min(0.44, half_width * 0.6)
        lead = [
            Placement(name, side * (0.12 - index * step), top + 0.012 * index, height, away[side], "walk")
            for index, name in enumerate(names[:3])
        ]
        return lead[::-1]
    taper = {"low": 0.80, "high": 1.22}.get(shot.angle, 1.0)
    squash = 0.9 if shot.angle == "high" else 1.0
    count = len(names)
    room = {"wide": 0.22 if shot.interior else 0.16, "high": 0.24, "low": 0.44, "medium": 0.50, "dutch": 0.46}[
        shot.angle
    ]
    room = min(room, half_width * 1.35 / max(1, count))
    middle = (count - 1) / 2
    shift = (
        side * {"wide": 0.26, "high": 0.08, "low": 0.1, "medium": 0.12, "dutch": 0.06}[shot.angle] if count < 3 else 0.0
    )
    shift = max(-half_width * 0.4, min(half_width * 0.4, shift))
    order = list(range(count))
    order.sort(key=lambda index: abs(index - middle), reverse=True)
    places: list[Placement] = []
    for name, slot in zip(reversed(names), order, strict=True):
        wobble = dice.uniform(-0.012, 0.012)
        speaks = name == shot.speaker
        facing = "front"
        if count > 1 and shot.angle in ("medium", "wide", "high", "low", "dutch"):
            facing = "right" if slot < middle else "left" if slot > middle else "front"
            if count > 2 and abs(slot - middle) <= 1 and dice.random() < 0.5:
                facing = "front"
        elif shot.angle == "wide" and dice.random() < 0.4:
            facing = "back"
        pose = "talk" if speaks else dice.choice(("stand", "listen", "stand"))
        places.append(
            Placement(
                name,
                shift + (slot - middle) * room,
                top + wobble + (1 - squash) * height * 0.5,
                height * squash,
                facing,
                pose,
                taper,
            )
        )
    return places


def _by_importance(shot: Shot) -> list[str]:
    names = list(dict.fromkeys(shot.characters))
    if shot.speaker:
        names = [shot.speaker, *(name for name in names if name != shot.speaker)]
    return names[:5]
