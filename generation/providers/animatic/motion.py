"""Camera moves: where the camera is at each moment, and what that does to a layer at a distance."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .shot import Shot

MOVES = ("push", "pull", "pan", "tilt", "track", "roll")
_BY_ANGLE = {
    "wide": ("pan", "push", "pull"),
    "medium": ("push", "track", "push"),
    "close": ("push", "push", "pull"),
    "low": ("tilt", "push"),
    "shoulder": ("track", "push"),
    "dutch": ("roll",),
    "high": ("pull", "tilt", "push"),
    "tracking": ("track",),
}
_SYNONYMS = {
    "dolly": "push",
    "zoom": "push",
    "in": "push",
    "out": "pull",
    "dutch": "roll",
    "tracking": "track",
    "truck": "track",
    "crane": "tilt",
}


@dataclass(frozen=True)
class View:
    """How a layer lies in the picture: scale about the middle, shift in picture heights, roll in degrees."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True)
class Move:
    """One camera move over one clip.

    Attributes:
        kind: one of ``MOVES``.
        way: 1 or -1.
        size: how far, as a share of the picture height (for ``push`` and ``pull``: how much closer, at the people).
        follows: the people walk along with a tracking camera.
    """

    kind: str
    way: int
    size: float
    follows: bool = False

    def view(self, moment: float, depth: float, subject: float) -> View:
        """How a layer lies at a moment from 0 to 1.

        Args:
            depth: metres from the camera to the layer.
            subject: metres from the camera to the people.
        """
        done = eased(moment)
        if self.kind in ("push", "pull"):
            closer = (subject - subject / (1 + self.size)) * done * (1 if self.kind == "push" else -1)
            return View(scale=depth / max(0.05, depth - closer))
        if self.kind == "pan":
            return View(x=-self.way * self.size * done, scale=1 + 0.012 * done)
        if self.kind == "tilt":
            return View(y=self.way * self.size * done, scale=1 + 0.012 * done)
        if self.kind == "roll":
            return View(roll=self.way * self.size * 60 * done, scale=1 + 0.05 * done * min(1.5, subject / depth))
        if self.follows:
            near = subject / depth
            if abs(near - 1) < 0.01:
                return View(x=self.way * 0.012 * done)
            return View(x=-self.way * self.size * done * (near if near < 1 else near * 5.0))
        return View(x=-self.way * self.size * done * subject / depth * 0.8)


def eased(moment: float) -> float:
    """Slow out, steady, slow in: constant speed with a smooth start and end of a fifth each."""
    ramp = 0.2
    area = 1 - ramp
    if moment < ramp:
        return _ramp(moment / ramp) * ramp / area
    if moment > 1 - ramp:
        return 1 - _ramp((1 - moment) / ramp) * ramp / area
    return (moment - ramp / 2) / area


def _ramp(share: float) -> float:
    """The way covered while speed rises along half a cosine from 0 to 1."""
    return share / 2 - math.sin(math.pi * share) / (2 * math.pi)


def move_for(shot: Shot, duration_ms: int) -> Move:
    """The move of a shot: the one that is wished for, else one that suits the angle. Longer clips move further."""
    wished = next((word for word in shot.move.replace("-", " ").split() if word in MOVES or word in _SYNONYMS), "")
    chance = shot.dice("move")
    kind = _SYNONYMS.get(wished, wished) or chance.choice(_BY_ANGLE[shot.angle])
    if kind == "push" and "out" in shot.move.split():
        kind = "pull"
    way = -1 if "left" in shot.move or "down" in shot.move else 1 if "right" in shot.move or "up" in shot.move else 0
    way = way or chance.choice((-1, 1))
    seconds = min(8.0, duration_ms / 1000)
    size = {"push": 0.022, "pull": 0.014, "pan": 0.014, "tilt": 0.010, "track": 0.014, "roll": 0.005}[kind] * seconds
    if kind == "tilt" and shot.angle == "low":
        way = 1
    if shot.angle == "tracking" and kind == "track":
        return Move(kind, _walking_way(shot), size, follows=True)
    return Move(kind, way, size)


def _walking_way(shot: Shot) -> int:
    return shot.dice("blocking", shot.angle).choice((-1, 1))


def as_one_plane(move: Move) -> Move:
    """The same move for a picture that cannot be taken apart."""
    return replace(move, follows=False)
