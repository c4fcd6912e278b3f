"""Lengths as people read them."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def clock(milliseconds: int | None) -> str:
    """Return a length as ``0:05`` or ``1:02:03``, rounded to seconds; a shot that has a length never shows none."""
    seconds = round((milliseconds or 0) / 1000)
    if milliseconds and not seconds:
        seconds = 1
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def seconds(milliseconds: int | None) -> str:
    """Return a length in seconds as a form field takes it: ``4.5``."""
    return f"{(milliseconds or 0) / 1000:g}"
