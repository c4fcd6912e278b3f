"""What prices are compared by where nothing is asked for yet: a clip of the usual length, a line, a page."""

from __future__ import annotations

from generation.catalogue.model import Model
from generation.providers.base import Operation

WIDTH, HEIGHT, CLIP_MS = 1280, 720, 5000
LINE = "One more crossing. Then the bridge has you all."
# A page of a screenplay: what is read for it, and the most that is written.
_PAGE, _PAGE_TOKENS = "x" * 2000, 1000


def page_price(model: Model) -> int:
    """Return what a page of a screenplay costs at most, in micro-units.

    Args:
        model: one that writes.

    Raises:
        ImpossibleRequest: it does not, or nobody has told its price.
    """
    tokens = min(_PAGE_TOKENS, model.can(Operation.TEXT_TO_TEXT).tokens_most)
    return model.estimate(Operation.TEXT_TO_TEXT, {"max_tokens": tokens}, prompt=_PAGE)
