"""Sums of money and how they stand, as pages show them. What an order costs before it is placed is in ``prices``."""

from __future__ import annotations

from typing import Any

from django import template

from generation.money import wording
from generation.money.budget_alerts import WARN_AT_PERCENT
from generation.money.budgets import Line
from generation.money.room import Room, room_for
from generation.money.wording import typed
from projects.access import OpenProject

register = template.Library()


@register.filter
def dollars(micros: int | None) -> str:
    """Return micro-units of a dollar as ``$0.25``, nothing as ``$0.00``."""
    return wording.dollars(micros or 0)


@register.filter
def amount(micros: int) -> str:
    """Return micro-units as people type them into a field: ``12.50``."""
    return typed(micros)


@register.simple_tag
def room(opened: OpenProject, cost: int) -> Room | None:
    """Return what the budgets leave for something, where it costs money."""
    return room_for(opened, cost) if cost else None


@register.inclusion_tag("generation/budget_meter.html")
def budget_meter(line: Line) -> dict[str, Any]:
    """Draw what is spent and held of a cap; nothing where there is no cap."""
    cap = line.cap or 0
    spent = min(100.0, line.spent * 100 / cap) if cap else 100.0 * bool(line.used)
    held = min(100.0 - spent, line.held * 100 / cap) if cap else 0.0
    return {
        "line": line,
        "spent": f"{spent:.2f}",
        "held": f"{held:.2f}",
        "mark": WARN_AT_PERCENT,
        "tone": "over" if cap and line.used >= cap else "near" if line.nearly_spent else "",
    }
