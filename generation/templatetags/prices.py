"""Money and waiting times as people read them."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

from django import template

register = template.Library()


@register.filter
def price(micros: int | None) -> str:
    """Return micro-units of a dollar as ``$0.25``, or ``free``; never less than it will cost."""
    if not micros:
        return "free"
    dollars = Decimal(micros) / 1_000_000
    places = Decimal("0.01") if dollars >= Decimal("0.01") else Decimal("0.0001")
    return f"${dollars.quantize(places, rounding=ROUND_UP):,}"


@register.filter
def about(seconds: float | None) -> str:
    """Return a waiting time in round figures: ``about 40 s``, ``about 4 min``."""
    left = seconds or 0
    if left < 55:
        return f"about {max(5, round(left / 5) * 5)} s"
    if left < 5400:
        return f"about {round(left / 60)} min"
    return f"about {round(left / 3600)} h"
