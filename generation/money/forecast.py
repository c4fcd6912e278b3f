"""What the rest of a film will cost at the choices of now: one take of everything that is missing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Sum

from generation import planning
from generation.catalogue import ImpossibleRequest
from generation.listing import UNSETTLED
from generation.models import Counter, Job
from generation.models.money import Scope
from generation.money import charts
from generation.money.charts import Slice
from projects.access import OpenProject


@dataclass(frozen=True, slots=True)
class Forecast:
    """The way to the whole film. Money in micro-units.

    Attributes:
        parts: what is missing, by model.
        to_come: what all of that costs.
        spent, held: what the film has cost up to now, and what is set aside for orders that go on.
        problems: why some of it cannot be made as it is; their cost is not in the sum.
    """

    parts: list[Slice]
    to_come: int
    spent: int
    held: int
    problems: list[str]

    @property
    def total(self) -> int:
        """What the film will have cost."""
        return self.spent + self.held + self.to_come


def forecast(opened: OpenProject) -> Forecast:
    """Return what is missing to the whole film, what that costs, and what was spent.

    Args:
        opened: the project.
    """
    project = opened.project
    try:
        wanted = planning.wanted_of(opened)
        wishes, problems = wanted.wishes, list(wanted.problems.values())
    except ImpossibleRequest as error:
        wishes, problems = [], [str(error)]
    going_on = set(Job.objects.filter(project=project, state__in=UNSETTLED).values_list("fingerprint", flat=True))
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for wish in wishes:
        if wish.fingerprint not in going_on:
            part = sums[f"{wish.model.label} · {wish.model.provider_label}"]
            part[0] += wish.estimate
            part[1] += 1
    counters = Counter.objects.filter(
        team=project.team_id, scope=Scope.PROJECT, scope_id=project.pk, rehearsal=project.rehearsal
    )
    booked = counters.aggregate(spent=Sum("spent"), held=Sum("held"))
    return Forecast(
        parts=charts.parts([Slice(label, cost, count) for label, (cost, count) in sums.items()]),
        to_come=sum(cost for cost, _ in sums.values()),
        spent=booked["spent"] or 0,
        held=booked["held"] or 0,
        problems=problems[: planning.MOST_PROBLEMS],
    )
