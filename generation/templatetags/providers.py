"""How providers have been, as pages show it."""

from __future__ import annotations

from typing import Any

from django import template

from accounts.models import Team
from generation.vendors.health_alerts import troubles_of

register = template.Library()


@register.filter
def took(seconds: float) -> str:
    """Return how long something took: ``4.2 s``, ``42 s``, ``3.5 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 99.5 else f"{seconds / 60:.1f} min"


@register.inclusion_tag("generation/providers_troubles.html")
def provider_troubles(team: Team) -> dict[str, Any]:
    """Say which of a team's providers are in trouble; nothing when all is well."""
    return {"team": team, "troubles": troubles_of(team)}
