"""What is shown of money, and what is said of it. Amounts are US dollars."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Dollars, PageQuery, Person, Query, Truth
from generation.api.estimates import RoomOut, ShareOut
from generation.models import Entry
from generation.models.money import Scope

_MONTH = r"^20\d\d-(0[1-9]|1[0-2])$"


class _Month(serializers.RegexField):
    def __init__(self, **options: Any) -> None:
        super().__init__(_MONTH, required=False, **options)


class MonthQuery(Query):
    """Which month of which books."""

    month = _Month(help_text="`2026-11`; this month unless said.")
    rehearsal = Truth(required=False, default=False, help_text="The books of simulated providers instead.")


class LedgerQuery(PageQuery):
    """Which lines."""

    month = _Month(help_text="`2026-11`; all unless said.")
    rehearsal = Truth(required=False, default=False, help_text="The books of simulated providers instead.")


class StandingOut(serializers.Serializer[Any]):
    """How a team, a project or a person stands in a month."""

    scope = serializers.ChoiceField(choices=Scope.choices)
    id = serializers.UUIDField()
    name = serializers.CharField()
    cap_usd = Dollars(source="cap", allow_null=True, help_text="Null: there is none.")
    held_usd = Dollars(source="held", help_text="Set aside for what is being made.")
    spent_usd = Dollars(source="spent")
    left_usd = Dollars(source="left", allow_null=True, help_text="Null: there is no cap.")
    nearly_spent = serializers.BooleanField(help_text="People are warned.")


class BudgetsOut(serializers.Serializer[Any]):
    """A team's month."""

    month = serializers.DateField(help_text="Its first day.")
    rehearsal = serializers.BooleanField()
    team = StandingOut()
    projects = StandingOut(many=True)
    people = StandingOut(many=True)


class ProjectBudgetOut(serializers.Serializer[Any]):
    """A project's month, and the caller's own."""

    month = serializers.DateField(help_text="Its first day.")
    rehearsal = serializers.BooleanField()
    project = StandingOut(allow_null=True)
    person = StandingOut(allow_null=True, help_text="Yours.")
    room = RoomOut()


class CapIn(Body):
    """What may be spent in a month."""

    cap_usd = Dollars(allow_null=True, help_text="Null takes the cap away; of a team, brings back the usual one.")


class BudgetIn(CapIn):
    """What a team, one of its projects or one of its people may spend in a month."""

    project = serializers.UUIDField(required=False)
    person = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a budget of two."""
        if "project" in attrs and "person" in attrs:
            raise serializers.ValidationError({"person": ["Name a project or a person, not both."]})
        return attrs


class EntryOut(serializers.Serializer[Any]):
    """A line of the ledger. It is never changed."""

    created_at = serializers.DateTimeField()
    month = serializers.DateField(help_text="Of the reservation.")
    kind = serializers.ChoiceField(choices=Entry.Kind.choices)
    amount_usd = Dollars(source="amount")
    overrun_usd = Dollars(source="overrun", help_text="Charged above the reservation.")
    project = serializers.UUIDField(source="project_id")
    shot = serializers.UUIDField(source="attempt.job.shot_id", allow_null=True)
    job = serializers.UUIDField(source="attempt.job_id")
    attempt = serializers.UUIDField(source="attempt_id")
    operation = serializers.CharField(source="attempt.job.operation")
    provider = serializers.CharField(source="attempt.provider")
    model = serializers.CharField(source="attempt.model")
    state = serializers.CharField(source="attempt.state", help_text="Of the attempt, now.")
    task_id = serializers.CharField(source="attempt.task_id")
    person = Person(source="user", allow_null=True)
    rehearsal = serializers.BooleanField()
    price_version = serializers.CharField()
    note = serializers.CharField()


class LossOut(serializers.Serializer[Any]):
    """Money that did not go as it should."""

    amount_usd = Dollars(source="amount")
    count = serializers.IntegerField()


class ApprovedOut(serializers.Serializer[Any]):
    """Footage in the film that was paid for, and all that was spent up to now."""

    milliseconds = serializers.IntegerField()
    shots = serializers.IntegerField()
    spent_usd = Dollars(source="spent")
    per_second_usd = Dollars(source="per_second", allow_null=True)


class UsageOut(serializers.Serializer[Any]):
    """A month's spending."""

    month = serializers.DateField(source="costs.month", help_text="Its first day.")
    rehearsal = serializers.BooleanField(source="costs.rehearsal")
    spent_usd = Dollars(source="costs.spent")
    held_usd = Dollars(source="held")
    purchases = serializers.IntegerField(source="costs.purchases")
    approved = ApprovedOut(source="costs.approved")
    days = ShareOut(many=True, source="costs.daily")
    months = ShareOut(many=True, source="costs.monthly")
    by_model = ShareOut(many=True, source="costs.by_model")
    by_scene = ShareOut(many=True, source="costs.by_scene")
    by_shot = ShareOut(many=True, source="costs.by_shot")
    by_project = ShareOut(many=True, source="costs.by_project")
    by_person = ShareOut(many=True, source="costs.by_person")
    nothing_came = LossOut(source="costs.nothing_came", help_text="Charged without a result.")
    elsewhere = LossOut(source="costs.elsewhere", help_text="Served by another than the first one asked.")
    overruns = LossOut(source="costs.overruns", help_text="Charged above the estimate.")
    corrections = LossOut(source="costs.corrections", help_text="Booked later.")
