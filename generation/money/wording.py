"""Money, months and people as they stand in a sentence."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from uuid import UUID

from accounts.models import Membership
from accounts.policies import GRANTS, Right

MOST_NAMES = 3
_CENT = Decimal("0.01")
_FINER = Decimal("0.0001")


def dollars(micros: int) -> str:
    """Return micro-units of a dollar as ``$0.25``; amounts below a cent with two digits more."""
    return _dollars(micros, ROUND_HALF_UP)


def at_least(micros: int) -> str:
    """Return an amount that is enough: what is lost by rounding would be missing."""
    return _dollars(micros, ROUND_UP)


def at_most(micros: int) -> str:
    """Return an amount that is really there."""
    return _dollars(micros, ROUND_DOWN)


def _dollars(micros: int, rounding: str) -> str:
    amount = abs(Decimal(micros)) / 1_000_000
    places = _FINER if 0 < amount < _CENT else _CENT
    return f"{'-' if micros < 0 else ''}${amount.quantize(places, rounding=rounding):,}"


def in_month(month: date) -> str:
    """Return ``November 2026``."""
    return f"{month:%B %Y}"


def any_of(names: list[str]) -> str:
    """Return ``Alice, Bob or Eve``."""
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)


def who_may(team_id: UUID, right: Right) -> str:
    """Return the names of those in a team who hold a right, owners first and at most three: ``Alice or Bob``.

    Args:
        team_id: the team.
        right: what they may do.
    """
    roles = [role for role, rights in GRANTS.items() if right in rights]
    members = Membership.objects.filter(team=team_id, role__in=roles, user__is_active=True).select_related("user")
    # "owner" stands before "producer" in the alphabet, too.
    names = [member.user.shown_name for member in members.order_by("role", "created_at")[:MOST_NAMES]]
    return any_of(names) or "the team's owner"


def typed(micros: int) -> str:
    """Return micro-units as people type them: ``12.50``."""
    whole, part = divmod(micros, 1_000_000)
    return f"{whole}.{f'{part:06d}'.rstrip('0').ljust(2, '0')}" if part else str(whole)
