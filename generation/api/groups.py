"""One action over several projects of a team: what it would come to, asking for it, and what became of each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import OpenTeam, open_team
from accounts.models import ApiToken
from accounts.policies import Right
from accounts.rest.fields import Body, Dollars, Person, WholeNumber
from accounts.rest.operations import Example, operation
from accounts.rest.views import Resource
from generation.api.jobs import ID
from generation.groups import asking, planning, showing
from generation.groups.planning import MOST_PROJECTS, Item, Preview
from generation.groups.showing import GroupHead, GroupPage, PartRow
from generation.models import BatchGroup

SPEND = ApiToken.Scope.SPEND
_NOT_ASKED = "not_asked"
_POSSIBLE = {409: ["not_possible: a project is not the team's, or is archived; nothing was asked for"]}


class GroupIn(Body):
    """What is to be made, and of which projects."""

    make = serializers.ChoiceField(
        choices=BatchGroup.Make.values,
        help_text="`storyboard`: the stills that are missing or stale. `approved_clips`: clips of shots whose still "
        "is approved. `stale`: what its shot has changed under. `everything`: whatever is missing or stale.",
    )
    projects = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_PROJECTS)


class GroupBegin(GroupIn):
    """The same, asked for."""

    max_concurrent = WholeNumber(
        min_value=1, max_value=1000, default=None, allow_null=True, help_text="Jobs at once in each project."
    )


class ComesToOut(serializers.Serializer[Any]):
    """What would be made, cost and take."""

    stills = serializers.IntegerField()
    clips = serializers.IntegerField()
    voices = serializers.IntegerField()
    cost_usd = Dollars(source="cost")
    seconds = serializers.IntegerField(help_text="How long it usually takes here.")


class PlannedOut(serializers.Serializer[Any]):
    """What would be made of one project."""

    project = serializers.UUIDField(source="opened.project.id")
    name = serializers.CharField(source="opened.project.name")
    rehearsal = serializers.BooleanField(source="opened.project.rehearsal")
    estimate = ComesToOut()
    going_on = serializers.IntegerField(help_text="Jobs for it that go on already; they are not counted.")
    needs_approval = serializers.BooleanField(source="room.asks", help_text="It would wait for a producer's yes.")
    over_budget = serializers.BooleanField(source="too_dear", help_text="It would be refused as things stand.")
    problems = serializers.ListField(child=serializers.CharField(), help_text="The shots concerned are left out.")


class PreviewOut(serializers.Serializer[Any]):
    """What an action would come to."""

    make = serializers.ChoiceField(choices=BatchGroup.Make.values)
    total = ComesToOut()
    projects = PlannedOut(many=True, source="items")


class SumsOut(serializers.Serializer[Any]):
    """How far something is."""

    jobs = serializers.IntegerField()
    succeeded = serializers.IntegerField(source="done")
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    open = serializers.IntegerField(help_text="How many go on or wait.")
    waiting_approval = serializers.IntegerField(source="waiting", help_text="Batches that wait for a producer's yes.")
    rehearsal = serializers.BooleanField(help_text="It is simulated money.")
    estimate_usd = Dollars(source="estimate")
    held_usd = Dollars(source="held")
    charged_usd = Dollars(source="charged")


class GroupOut(serializers.Serializer[Any]):
    """What was asked of several projects, and how far it is."""

    id = serializers.UUIDField(source="group.id")
    team = serializers.UUIDField(source="group.team_id")
    make = serializers.ChoiceField(choices=BatchGroup.Make.values, source="group.make")
    projects = serializers.IntegerField()
    refused = serializers.IntegerField(help_text="Projects in which it could not be asked for.")
    max_concurrent = serializers.IntegerField(source="group.max_concurrent", allow_null=True)
    total = SumsOut(source="sums")
    created_by = Person(source="group.created_by", allow_null=True)
    created_at = serializers.DateTimeField(source="group.created_at")


class ServedOut(serializers.Serializer[Any]):
    """How many results a provider has made."""

    provider = serializers.CharField()
    results = serializers.IntegerField(source="count")


class FailedOut(serializers.Serializer[Any]):
    """A job without a result."""

    job = serializers.UUIDField(source="id")
    shot = serializers.UUIDField(source="shot_id", allow_null=True)
    error = serializers.CharField(source="failure_text")
    error_code = serializers.CharField(source="failure_code")


class GroupPartOut(serializers.Serializer[Any]):
    """What became of one project."""

    project = serializers.UUIDField(source="part.project_id")
    name = serializers.CharField(source="part.project.name")
    outcome = serializers.SerializerMethodField(help_text="What became of asking.")
    code = serializers.CharField(source="part.code", help_text="Why it was refused; empty: it was not.")
    text = serializers.CharField(source="part.text", help_text="Why, or what of it cannot be made.")
    total = SumsOut(source="sums")
    batches = serializers.ListField(child=serializers.UUIDField(), help_text="As `/batches/{id}` tells of them.")
    served = ServedOut(many=True)
    failed = FailedOut(many=True, help_text="The first hundred of all projects.")

    def get_outcome(self, row: PartRow) -> str:
        """Return what became of asking, in a word."""
        return row.part.outcome or _NOT_ASKED


class PassedOverOut(serializers.Serializer[Any]):
    """Who was asked first and could not."""

    provider = serializers.CharField(source="label")
    why = serializers.CharField(source="words")
    times = serializers.IntegerField(source="count")


class GroupDetail(GroupOut):
    """A group with each of its projects."""

    parts = GroupPartOut(many=True)
    passed_over = PassedOverOut(many=True, help_text="Who was asked before those that served, and why they could not.")


class _Heads(serializers.ListSerializer[Any]):
    """A page of groups, in three queries."""

    def to_representation(self, data: Any) -> list[Any]:
        """Return them as they are shown."""
        return super().to_representation(showing.heads_of(data))


class GroupLine(GroupOut):
    """A group in a list."""

    class Meta:
        list_serializer_class = _Heads


class _Group(Resource):
    tag = "batches"

    def team(self, team_id: UUID) -> OpenTeam:
        """Open the team with the right that the operation takes."""
        return open_team(self.person, team_id, self.needs)

    def group(self, group_id: UUID) -> tuple[OpenTeam, BatchGroup]:
        """Open a group's team, and return the group.

        Raises:
            Http404: there is no such group for who asks.
        """
        found = BatchGroup.objects.select_related("created_by", "team").filter(pk=group_id).first()
        if found is None:
            raise Http404("No such batch group.")
        return self.team(found.team_id), found

    def shown(self, group_id: UUID, **more: Any) -> Response:
        """Answer with a group as it is now."""
        return self.answer(_detail(showing.page_of(self.group(group_id)[1])), **more)


class GroupEstimates(_Group):
    """What an action would come to."""

    @operation(
        answer=PreviewOut,
        body=GroupIn,
        needs=Right.SPEND,
        scope=ApiToken.Scope.READ,
        once=False,
        refusals=_POSSIBLE,
        examples=[Example("Storyboard two films", {"make": "storyboard", "projects": [ID]})],
    )
    def post(self, request: Request, team_id: UUID) -> Response:
        """Read what an action over several projects would make, cost and take. Nothing is asked for."""
        opened = self.team(team_id)
        projects = planning.projects_named(opened, self.sent["projects"])
        return self.answer(_preview(planning.preview(opened, make=self.sent["make"], projects=projects)))


class Groups(_Group):
    """The groups of a team."""

    @operation(answer=GroupLine, paged=True)
    def get(self, request: Request, team_id: UUID) -> Response:
        """List what was asked of several projects of a team, the newest first."""
        rows = BatchGroup.objects.filter(team=self.team(team_id).team).select_related("created_by")
        return self.page(rows)

    @operation(
        answer=GroupDetail,
        body=GroupBegin,
        status=202,
        needs=Right.SPEND,
        scope=SPEND,
        refusals=_POSSIBLE,
        examples=[Example("Clips for everything approved", {"make": "approved_clips", "projects": [ID]})],
    )
    def post(self, request: Request, team_id: UUID) -> Response:
        """Ask for an action in several projects, each under its own budgets and approvals.

        What one project refuses stands in its part, and the others go on.
        """
        said = self.sent
        group = asking.begin(
            opened=self.team(team_id),
            make=said["make"],
            project_ids=said["projects"],
            max_concurrent=said["max_concurrent"],
        )
        return self.shown(group.pk, status=202, location=reverse("api:batch_group", args=[group.pk]))


class OneGroup(_Group):
    """One group."""

    @operation(answer=GroupDetail)
    def get(self, request: Request, group_id: UUID) -> Response:
        """Read how far a group is: totals, each project, what failed and why, and who has made it."""
        return self.shown(group_id)


class CancelGroup(_Group):
    """Ending a group."""

    @operation(answer=GroupDetail, needs=Right.SPEND)
    def post(self, request: Request, group_id: UUID) -> Response:
        """Cancel every job of a group that still goes on; what it only joined goes on."""
        opened, group = self.group(group_id)
        asking.cancel(opened=opened, group=group)
        return self.shown(group_id)


class RetryGroup(_Group):
    """Asking again."""

    @operation(answer=GroupDetail, status=202, needs=Right.SPEND, scope=SPEND)
    def post(self, request: Request, group_id: UUID) -> Response:
        """Ask again for what failed in a group, and in those of its projects that refused."""
        opened, group = self.group(group_id)
        asking.go_on(opened=opened, group=group)
        asking.retry(opened=opened, group=group)
        return self.shown(group_id, status=202)


def _preview(found: Preview) -> dict[str, Any]:
    items: tuple[Item, ...] = found.items
    return {"make": found.make, "total": found.total, "items": items}


def _detail(page: GroupPage) -> dict[str, Any]:
    head: GroupHead = page.head
    return {
        "group": head.group,
        "projects": head.projects,
        "refused": head.refused,
        "sums": head.sums,
        "parts": page.rows,
        "passed_over": page.passed_over,
    }
