"""Cards of shots in templates."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString

from scenes.board import Card
from scenes.cards import Cards

register = template.Library()


@register.simple_tag
def drawn(cards: Cards, some: Iterable[Card]) -> SafeString:
    """Return the markup of some cards."""
    return cards.draw(some)
