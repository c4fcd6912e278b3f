"""Who is in a project, and what they did."""

from __future__ import annotations

import html
from typing import Any
from uuid import UUID

from django.utils.html import strip_tags
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Membership, Role
from accounts.rest.fields import Person
from accounts.rest.operations import operation
from accounts.rest.pages import ids_of_few
from projects import activity, presence
from projects.access import OpenProject
from projects.activity import Told
from projects.api.base import PageInProject, ProjectResource


class HereOut(serializers.Serializer[Any]):
    """Where somebody is."""

    page = serializers.CharField(help_text="A word from the page's address, “storyboard” for one.")
    shot = serializers.CharField(help_text="Id of the shot that they look at, or nothing.")


class PersonHere(Person):
    """A member of the project's team."""

    initials = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    here = HereOut(allow_null=True, help_text="Null: not in the project just now.")


class ProjectPeople(ProjectResource):
    """Who belongs to a project."""

    tag = "projects"

    @operation(answer=PersonHere, listed=True)
    def get(self, request: Request, project_id: UUID) -> Response:
        """List the members of the project's team by name, and who of them is looking at what."""
        project = self.open(project_id).project
        here = presence.noted(project.pk)
        members = Membership.objects.filter(team=project.team_id, user__is_active=True).select_related("user")
        people = [
            {
                "id": member.user_id,
                "shown_name": member.user.shown_name,
                "initials": member.user.initials,
                "role": member.role,
                "here": here.get(str(member.user_id)),
            }
            for member in members
        ]
        return self.answer(sorted(people, key=lambda one: str(one["shown_name"]).casefold()))


class _InWords(serializers.ListSerializer[Any]):
    """Puts a page of events into words, with one query for each kind of thing that they name."""

    def to_representation(self, data: Any) -> Any:
        opened: OpenProject = self.context["view"].opened
        return super().to_representation(activity.tell(opened.project, [Told(event, 1) for event in data]))


class ActivityOut(serializers.Serializer[Any]):
    """Something that was done."""

    seq = serializers.IntegerField(source="event.number")
    type = serializers.CharField(source="event.type")
    actor = Person(source="event.actor", allow_null=True, help_text="Null: a guest, or the machine.")
    who = serializers.CharField()
    what = serializers.SerializerMethodField(help_text="To be read after “who”.")
    about = serializers.SerializerMethodField()
    needs_attention = serializers.BooleanField(source="bad")
    created_at = serializers.DateTimeField(source="event.created_at")

    class Meta:
        list_serializer_class = _InWords

    def get_what(self, told: Told) -> str:
        """What was done, in words."""
        return html.unescape(strip_tags(told.words))

    def get_about(self, told: Told) -> str:
        """One of the words by which it can be filtered."""
        return activity.SENTENCES[told.event.type].group


class ActivityQuery(PageInProject):
    """What of it."""

    person = serializers.UUIDField(required=False, help_text="Only what this person did.")
    about = serializers.ChoiceField(choices=[(group, group) for group in activity.GROUPS], required=False)


class Activity(ProjectResource):
    """Who did what in a project."""

    tag = "projects"
    opened: OpenProject

    @operation(answer=ActivityOut, query=ActivityQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List what people and the machine did in a project, in words, the latest first."""
        asked = self.asked
        self.opened = self.open(asked["project"])
        rows = activity.rows_of(self.opened.project, person=asked.get("person"), group=asked.get("about", ""))
        few = ids_of_few(rows) if "person" in asked or "about" in asked else None
        if few is not None:
            rows = rows.model.objects.filter(pk__in=few).select_related("actor")
        return self.page(rows, "-number")
