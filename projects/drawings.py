"""What people draw on a frame: strokes in shares of its width and height, so that they fit at any size."""

from __future__ import annotations

import json
import math
import re
from typing import Any

STROKES_LIMIT = 80
POINTS_LIMIT = 4000
_WORD = re.compile(r"[a-z][a-z-]{0,15}\Z")


class DrawingError(ValueError):
    """Something else than a drawing came in."""


def read_drawing(text: str) -> list[dict[str, Any]]:
    """Read what a browser sends: ``[{"tool": "pen", "colour": "amber", "points": [[0.1, 0.2], …]}, …]``.

    Args:
        text: JSON; empty is no drawing.

    Raises:
        DrawingError: it has another shape, lies outside the frame, or is too large.
    """
    if not text.strip():
        return []
    try:
        strokes = json.loads(text)
    except (ValueError, RecursionError):
        raise DrawingError("The drawing is not readable. Draw it again.") from None
    if not isinstance(strokes, list) or len(strokes) > STROKES_LIMIT:
        raise DrawingError(f"A drawing has at most {STROKES_LIMIT} strokes. Undo some of them.")
    kept = [_stroke(stroke) for stroke in strokes]
    if sum(len(stroke["points"]) for stroke in kept) > POINTS_LIMIT:
        raise DrawingError("The drawing is too large. Undo some of its strokes.")
    return kept


def _stroke(stroke: Any) -> dict[str, Any]:
    if not isinstance(stroke, dict):
        raise DrawingError("The drawing is not readable. Draw it again.")
    words = {key: stroke.get(key, "") for key in ("tool", "colour")}
    points = stroke.get("points")
    if not all(isinstance(word, str) and _WORD.match(word) for word in words.values()):
        raise DrawingError("The drawing is not readable. Draw it again.")
    if not isinstance(points, list) or not points:
        raise DrawingError("The drawing is not readable. Draw it again.")
    return {**words, "points": [_point(point) for point in points]}


def _point(point: Any) -> list[float]:
    if not isinstance(point, list) or len(point) != 2:
        raise DrawingError("The drawing is not readable. Draw it again.")
    for share in point:
        if isinstance(share, bool) or not isinstance(share, int | float):
            raise DrawingError("The drawing is not readable. Draw it again.")
        # Of floats only: a whole number may be too long to be asked, and leaves the frame anyway.
        if isinstance(share, float) and not math.isfinite(share):
            raise DrawingError("The drawing is not readable. Draw it again.")
        if not 0 <= share <= 1:
            raise DrawingError("The drawing leaves the frame. Draw it again.")
    return [round(float(share), 4) for share in point]
