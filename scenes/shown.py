"""A saved script as HTML, made once: versions never change, and laying one out takes a while."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe

from scenes.manuscript import Manuscript, TooLong, manuscript_of
from scenes.models import Script
from scenes.typeset import typeset

_DAY = 24 * 60 * 60
_FORM = 2  # rises when what is kept looks otherwise
_LARGEST = 4_000_000  # characters that are kept


@dataclass(frozen=True, slots=True)
class Shown:
    """A text laid out: the page, and all that is told of it beside the page."""

    manuscript: Manuscript
    page: SafeString


def shown_text(text: str) -> Shown:
    """Lay out a text.

    Raises:
        TooLong: it is longer than a script may be.
    """
    manuscript = manuscript_of(text)
    return Shown(manuscript, typeset(manuscript))


def shown_script(script: Script | None) -> Shown:
    """Lay out a saved version, or nothing; kept for a day."""
    if script is None:
        return shown_text("")
    key = f"script-shown:{_FORM}:{script.pk}"
    kept: tuple[Manuscript, str] | None = cache.get(key)
    if kept is not None:
        return Shown(kept[0], mark_safe(kept[1]))  # noqa: S308 - as typeset escaped it
    try:
        shown = shown_text(script.text)
    except TooLong:
        return shown_text("")
    if len(shown.page) < _LARGEST:
        cache.set(key, (shown.manuscript.without_blocks(), str(shown.page)), _DAY)
    return shown
