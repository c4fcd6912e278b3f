"""Stills: a drawn shot with its words, as a JPEG that remembers what it shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from .caption import labels, write
from .picture import Layer, drawn_size, flattened, paint
from .shot import Shot

MARK = "rushes-animatic/1 "
_TRUSTED_DIFFERENCE = 5.0


def draw_still(
    shot: Shot, width: int, height: int, destination: Path, *, fonts: Sequence[Path], check: Callable[[], None]
) -> None:
    """Draw a shot with its caption and slate to a JPEG file.

    The shot is stored in the file's comment, so that a clip made from the still can take the same layers apart.
    """
    inner = drawn_size(width, height)
    picture = flattened(paint(shot, *inner, check=check), margin=0)
    if inner != (width, height):
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    write(picture, labels(shot.caption, shot.slate, width, height, fonts))
    comment = MARK + json.dumps(shot.without_words().to_json(), sort_keys=True)
    picture.save(destination, "JPEG", quality=92, subsampling=0, comment=comment.encode())


def remembered(still: Image.Image) -> Shot | None:
    """The shot that one of our stills was drawn from, or None."""
    comment = still.info.get("comment", b"")
    text = comment.decode(errors="replace") if isinstance(comment, bytes) else str(comment)
    if not text.startswith(MARK):
        return None
    try:
        return Shot.from_json(json.loads(text[len(MARK) :]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def shows(still: Image.Image, layers: list[Layer], *, margin: int) -> bool:
    """Whether a still really looks like these layers; a comment alone proves nothing.

    Only the middle is compared: caption and slate lie above and below it.
    """
    drawn = flattened(layers, margin=margin)
    if abs(still.width * drawn.height - still.height * drawn.width) > drawn.width * 8:
        return False
    first, second = (_thumbnail(each) for each in (still, drawn))
    return bool(np.abs(first - second).mean() < _TRUSTED_DIFFERENCE)


def _thumbnail(picture: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    small = picture.convert("L").resize((64, 36), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32)[6:24]
