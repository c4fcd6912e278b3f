"""What was spent, on what and by whom: read from the ledger for pages, in a fixed number of queries.

Money is micro-units. A month is the ledger's: that of the reservation, whenever the bill came.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncDate

from accounts.models import Team
from generation.catalogue import models
from generation.models import Counter, Entry
from generation.models.money import Scope
from generation.money import budgets, charts
from generation.money.charts import Columns, Slice
from generation.money.counters import this_month
from generation.states import AttemptState
from projects.models import Project
from scenes.models import Shot

FEWEST_MONTHS, MONTHS_SHOWN = 6, 12
MOST_PARTS = 10
CHARGING = (Entry.Kind.SETTLE, Entry.Kind.ADJUST)
_NOTHING_CAME = (AttemptState.FAILED, AttemptState.CANCELLED, AttemptState.OUTPUT_LOST)
_LEFT = "Somebody who left"


@dataclass(frozen=True, slots=True)
class Loss:
    """Money of a month that did not go as it should: how much, and in how many purchases."""

    amount: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Approved:
    """Footage in the film that was paid for, and all that was spent up to now.

    Attributes:
        milliseconds: of shots whose chosen clip was bought.
        shots: how many those are.
        spent: on everything, takes that nobody chose and failures included.
    """

    milliseconds: int
    shots: int
    spent: int

    @property
    def per_second(self) -> int | None:
        """What one second in the film has cost; None while there is none."""
        return round(self.spent * 1000 / self.milliseconds) if self.milliseconds else None


@dataclass(frozen=True, slots=True)
class Costs:
    """One month's spending, of a project or of a team."""

    month: date
    rehearsal: bool
    standing: budgets.Standing
    spent: int
    purchases: int
    approved: Approved
    days: Columns
    daily: tuple[Slice, ...]
    months: Columns
    monthly: tuple[Slice, ...]
    by_model: list[Slice]
    by_shot: list[Slice]
    by_scene: list[Slice]
    by_project: list[Slice]
    by_person: list[Slice]
    nothing_came: Loss
    elsewhere: Loss
    overruns: Loss
    corrections: Loss

    @property
    def before(self) -> date:
        """The month before."""
        return months_from(self.month, -1)

    @property
    def after(self) -> date | None:
        """The month after; None when that has not begun."""
        return None if self.month >= this_month() else months_from(self.month, 1)

    @property
    def held(self) -> int:
        """What is set aside for orders that go on."""
        return self.standing.team.held


def costs_of(team: Team, project: Project | None, *, month: date, rehearsal: bool) -> Costs:
    """Return what a project, or all of a team's, cost in a month.

    Args:
        team: opened by whoever asks, or the team of a project that is.
        project: opened; None for the whole team.
        month: its first day.
        rehearsal: the books of simulated providers instead of the real ones.
    """
    standing = budgets.standing(team, month, rehearsal=rehearsal)
    lines = _lines(team, project, month, rehearsal)
    ever = _monthly(team, project, rehearsal)
    monthly = ever[-MONTHS_SHOWN:]
    daily = daily_of(lines, month)
    names = {line.id: line.said for line in standing.projects}
    return Costs(
        month=month,
        rehearsal=rehearsal,
        standing=standing,
        spent=sum(line["amount"] for line in lines),
        purchases=sum(line["count"] for line in lines if line["kind"] == Entry.Kind.SETTLE),
        approved=_approved(team, project, rehearsal, sum(one.amount for one in ever)),
        days=charts.columns(daily, [one.label if place % 7 == 0 else "" for place, one in enumerate(daily)]),
        daily=tuple(daily),
        months=charts.columns(monthly, [one.label[:3] for one in monthly]),
        monthly=tuple(monthly),
        by_model=parts_by(lines, model_label),
        by_shot=parts_by(lines, _shot_label, most=MOST_PARTS),
        by_scene=parts_by(lines, _scene_label, most=MOST_PARTS),
        by_project=parts_by(lines, lambda line: names.get(line["project"], "A project that has gone"), most=MOST_PARTS),
        by_person=parts_by(lines, lambda line: line["name"] or (line["email"] or "").partition("@")[0] or _LEFT),
        nothing_came=_loss(line for line in lines if line["state"] in _NOTHING_CAME),
        elsewhere=_loss(line for line in lines if line["provider"] != line["first_provider"]),
        overruns=_loss((line for line in lines if line["over"]), "over"),
        corrections=_loss(line for line in lines if line["kind"] == Entry.Kind.ADJUST),
    )


def month_named(text: str) -> date:
    """Return the first day of a month given as ``2026-11``; this month for anything else and for the future."""
    year, _, month = text.partition("-")
    if year.isdecimal() and month.isdecimal() and len(year) == 4 and int(year) >= 2000 and 1 <= int(month) <= 12:
        return min(date(int(year), int(month), 1), this_month())
    return this_month()


def _lines(team: Team, project: Project | None, month: date, rehearsal: bool) -> list[dict[str, Any]]:
    rows = Entry.objects.filter(team=team, month=month, rehearsal=rehearsal)
    return charges_of(rows if project is None else rows.filter(project=project))


def charges_of(entries: QuerySet[Entry]) -> list[dict[str, Any]]:
    """Return what ledger entries charge, added up as far as every chart of a page allows."""
    found: Iterable[Any] = (
        entries.filter(kind__in=CHARGING)
        .order_by()
        .values(
            "kind",
            "project",
            "team",
            day=TruncDate("created_at", tzinfo=UTC),
            model=F("attempt__model"),
            provider=F("attempt__provider"),
            first_provider=F("attempt__job__provider"),
            state=F("attempt__state"),
            shot=F("attempt__job__shot__letter"),
            scene=F("attempt__job__shot__scene__number"),
            person=F("user"),
            name=F("user__name"),
            email=F("user__email"),
        )
        .annotate(amount=Sum("amount"), over=Sum("overrun"), count=Count("pk"))
    )
    return list(found)


def _monthly(team: Team, project: Project | None, rehearsal: bool) -> list[Slice]:
    """Return what was spent in each month up to now, those without any included; half a year at the least."""
    counters = Counter.objects.filter(team=team, rehearsal=rehearsal)
    if project is None:
        counters = counters.filter(scope=Scope.TEAM)
    else:
        counters = counters.filter(scope=Scope.PROJECT, scope_id=project.pk)
    spent = dict(counters.values_list("month", "spent"))
    month, found = min([*spent, months_from(this_month(), 1 - FEWEST_MONTHS)]), []
    while month <= this_month():
        found.append(Slice(f"{month:%b %Y}", spent.get(month, 0)))
        month = months_from(month, 1)
    return found


def daily_of(lines: Iterable[dict[str, Any]], month: date) -> list[Slice]:
    """Return what charges come to on each day of a month."""
    length = monthrange(month.year, month.month)[1]
    last = month.replace(day=length)
    spent: dict[date, int] = defaultdict(int)
    for line in lines:
        # What was ordered on the last evening may be billed when the next month has begun.
        spent[min(max(line["day"], month), last)] += line["amount"]
    days = [month.replace(day=number) for number in range(1, length + 1)]
    return [Slice(f"{day.day} {day:%b}", spent[day]) for day in days]


def _approved(team: Team, project: Project | None, rehearsal: bool, spent: int) -> Approved:
    bought = Entry.objects.filter(team=team, rehearsal=rehearsal, kind=Entry.Kind.SETTLE, amount__gt=0)
    shots = Shot.objects.filter(scene__project__team=team, scene__omitted_at=None, omitted_at=None)
    if project is not None:
        bought, shots = bought.filter(project=project), shots.filter(scene__project=project)
    found = shots.filter(clip__attempt_id__in=bought.values("attempt")).aggregate(
        length=Sum("duration_ms"), count=Count("pk")
    )
    return Approved(milliseconds=found["length"] or 0, shots=found["count"], spent=spent)


def parts_by(
    lines: Iterable[dict[str, Any]], label: Callable[[dict[str, Any]], str], *, most: int | None = None
) -> list[Slice]:
    """Return what charges come to by what ``label`` says of them, the dearest first; ``most``: the rest is one."""
    amounts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        sums = amounts[label(line)]
        sums[0] += line["amount"]
        sums[1] += line["count"] if line["kind"] == Entry.Kind.SETTLE else 0
    return charts.parts([Slice(name, amount, count) for name, (amount, count) in amounts.items()], most=most)


def _loss(lines: Iterable[dict[str, Any]], of: str = "amount") -> Loss:
    found: Sequence[dict[str, Any]] = list(lines)
    return Loss(sum(line[of] for line in found), sum(line["count"] for line in found))


def model_label(line: dict[str, Any]) -> str:
    """Return the name of the model that a charge is for, with its provider's."""
    model = models().get(line["model"])
    return f"{model.label} · {model.provider_label}" if model else line["model"]


def _shot_label(line: dict[str, Any]) -> str:
    return f"{line['scene']}{line['shot']}" if line["scene"] else "For no shot"


def _scene_label(line: dict[str, Any]) -> str:
    return f"Scene {line['scene']}" if line["scene"] else "For no scene"


def months_from(month: date, number: int) -> date:
    """Return the first day of the month so many months after one."""
    place = month.year * 12 + month.month - 1 + number
    return date(place // 12, place % 12 + 1, 1)
