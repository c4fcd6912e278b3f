"""What was deleted: in projects, and projects themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.fields import Body, PageQuery, Person, Word
from accounts.rest.operations import Example, operation
from projects import bins
from projects.access import OpenProject, open_deleted
from projects.api.base import InProject, PageInProject, ProjectResource
from projects.api.shown import ProjectOut
from projects.deleting import restorable_by, undelete_project
from projects.models import Project

MOST_RESTORED = 200
_ID = "0191f2a0-1111-4222-8333-444455556666"
_KIND = "As “trash/kinds” names it."


class HeapOut(serializers.Serializer[Any]):
    """One kind of things in the trash."""

    kind = serializers.CharField()
    name = serializers.CharField(help_text="What people call them.")
    count = serializers.IntegerField()


class TrashKinds(ProjectResource):
    """What kinds of things lie in a project's trash."""

    tag = "trash"

    @operation(answer=HeapOut, query=InProject, listed=True)
    def get(self, request: Request) -> Response:
        """Count what lies in a project's trash, by kind."""
        return self.answer(bins.heaps(self.open(self.asked["project"])))


class ThrownOut(serializers.Serializer[Any]):
    """Something in the trash."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    label = serializers.CharField(help_text="What people call it.")  # type: ignore[assignment]
    detail = serializers.CharField()
    deleted_at = serializers.DateTimeField()
    deleted_by = Person(allow_null=True)
    days_left = serializers.IntegerField(help_text="Until it is gone for good.")
    may_restore = serializers.BooleanField(help_text="Whether you may take it out.")

    def to_representation(self, instance: Any) -> Any:
        """Return it as its bin describes it."""
        view = self.context["view"]
        told = bins.thrown(view.opened, view.asked["kind"], instance)
        shown = {name: getattr(told, name) for name in ("id", "kind", "label", "detail", "days_left", "may_restore")}
        times = {"deleted_at": instance.deleted_at, "deleted_by": instance.deleted_by}
        return super().to_representation({**shown, **times})


class TrashQuery(PageInProject):
    """What of the trash."""

    kind = Word(max_length=40, help_text=_KIND)


class Trash(ProjectResource):
    """What lies in a project's trash."""

    tag = "trash"
    opened: OpenProject

    @operation(answer=ThrownOut, query=TrashQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List one kind of things in a project's trash, the latest first; what you may not take out is listed, too."""
        self.opened = self.open(self.asked["project"])
        return self.page(bins.rows_in(self.opened, self.asked["kind"]), "-deleted_at")


class TrashRestoreIn(Body):
    """What is to come back."""

    project = serializers.UUIDField()
    kind = Word(max_length=40, help_text=_KIND)
    ids = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=MOST_RESTORED,
        required=False,
        help_text=f"Left out: the latest {MOST_RESTORED} of the kind that you may take out.",
    )


class RestoredOut(serializers.Serializer[Any]):
    """What came back."""

    restored = serializers.IntegerField(help_text="How many things.")


class RestoreTrash(ProjectResource):
    """Taking things out of a project's trash."""

    tag = "trash"

    @operation(
        answer=RestoredOut,
        body=TrashRestoreIn,
        examples=[Example("Two takes", {"project": _ID, "kind": "take", "ids": [_ID]})],
    )
    def post(self, request: Request) -> Response:
        """Take things out of a project's trash: those named, all or none, or everything of a kind that you may."""
        said = self.sent
        opened = self.open(said["project"])
        if "ids" not in said:
            return self.answer({"restored": bins.restore_all(opened=opened, kind=said["kind"])})
        wanted = set(said["ids"])
        with transaction.atomic():
            for row_id in sorted(wanted):
                bins.restore(opened=opened, kind=said["kind"], row_id=row_id)
        return self.answer({"restored": len(wanted)})


class DeletedProjectOut(ProjectOut):
    """A project in the trash."""

    deleted_at = serializers.DateTimeField()
    deleted_by = Person(allow_null=True)
    days_left = serializers.SerializerMethodField(help_text="Until it is gone for good.")

    def get_days_left(self, project: Project) -> int:
        """Whole days."""
        return bins.days_left(project.deleted_at) if project.deleted_at else 0


class DeletedProjects(ProjectResource):
    """The projects in the trash of the caller's teams."""

    tag = "trash"

    @operation(answer=DeletedProjectOut, query=PageQuery, paged=True, needs=None)
    def get(self, request: Request) -> Response:
        """List the deleted projects of the teams in which you manage projects, the latest first."""
        return self.page(restorable_by(self.person).select_related("deleted_by"), "-deleted_at")


class UndeleteProject(ProjectResource):
    """Taking a project out of the trash."""

    tag = "trash"

    @operation(answer=ProjectOut, needs=Right.MANAGE)
    def post(self, request: Request, project_id: UUID) -> Response:
        """Take a deleted project back, with everything in it. Orders that were cancelled stay so."""
        opened = open_deleted(self.person, project_id, self.needs)
        undelete_project(opened=opened)
        opened.project.refresh_from_db()
        return self.answer(opened.project, location=reverse("api:project", args=[project_id]))
