"""How much room the budgets leave for one more action of one person, before it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from generation.models import Counter
from generation.models.money import Scope
from generation.money.budgets import needs_yes
from generation.money.counters import caps_of, default_cap, this_month
from projects.access import OpenProject


@dataclass(frozen=True, slots=True)
class Room:
    """What is left of this month's budgets. Money in micro-units.

    Attributes:
        left: under the tightest cap; None when there is none at all.
        scope: whose cap that is: ``team``, ``project`` or ``user``.
        asks: whether the action waits for a producer's yes.
    """

    left: int | None
    scope: str
    asks: bool


def room_for(opened: OpenProject, cost: int) -> Room:
    """Return what is left for a person in a project, in two queries. A look, no promise: reserving decides.

    Args:
        opened: the project.
        cost: what the action would cost at most, in micro-units.
    """
    project = opened.project
    ids: dict[str, UUID] = {
        Scope.TEAM: project.team_id, Scope.PROJECT: project.pk, Scope.USER: opened.user.pk
    }  # fmt: skip
    counters = Counter.objects.filter(
        Q(scope_id__in=ids.values()), team=project.team_id, month=this_month(), rehearsal=project.rehearsal
    )
    there = {counter.scope: counter for counter in counters}
    caps = caps_of([project.team_id])
    tightest: tuple[int, str] | None = None
    for scope, scope_id in ids.items():
        counter = there.get(scope)
        usual = default_cap() if scope == Scope.TEAM else None
        cap = counter.cap if counter is not None else caps.get((project.team_id, scope_id), usual)
        if cap is None:
            continue
        left = max(cap - (counter.spent + counter.held if counter is not None else 0), 0)
        if tightest is None or left < tightest[0]:
            tightest = (left, scope)
    left_over, whose = tightest if tightest is not None else (None, "")
    return Room(left=left_over, scope=whose, asks=needs_yes(opened, cost))
