"""Projects themselves."""

from __future__ import annotations

from dataclasses import fields
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import open_team
from accounts.policies import Right
from accounts.rest.operations import Example, operation
from projects.api.base import ProjectResource
from projects.api.shown import ProjectChange, ProjectDeleteQuery, ProjectIn, ProjectOut, ProjectQuery
from projects.deleting import delete_project
from projects.models import Project
from projects.services import (
    ProjectDetails,
    archive_project,
    change_project,
    create_project,
    restore_project,
)

_ID = "0191f2a0-1111-4222-8333-444455556666"


class Projects(ProjectResource):
    """The projects of the caller's teams."""

    tag = "projects"

    @operation(answer=ProjectOut, query=ProjectQuery, paged=True, needs=None)
    def get(self, request: Request) -> Response:
        """List the projects of your teams; of the token's team, where a token asks."""
        asked, rows = self.asked, Project.objects.for_user(self.person)
        rows = rows.exclude(archived_at=None) if asked["archived"] else rows.current()
        if "team" in asked:
            rows = rows.filter(team=asked["team"])
        return self.page(rows, asked["ordering"])

    @operation(
        answer=ProjectOut,
        body=ProjectIn,
        status=201,
        needs=Right.MANAGE,
        examples=[Example("A short film", {"team": _ID, "name": "Low Water", "style": "film noir"})],
    )
    def post(self, request: Request) -> Response:
        """Begin a project in a team."""
        team = open_team(self.person, self.sent.pop("team"), self.needs).team
        made = create_project(user=self.person, team=team, details=ProjectDetails(**self.sent))
        return self.answer(made.project, location=reverse("api:project", args=[made.project.pk]))


class OneProject(ProjectResource):
    """One project."""

    tag = "projects"

    @operation(answer=ProjectOut)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Read a project."""
        return self.answer(self.open(project_id).project)

    @operation(
        answer=ProjectOut,
        body=ProjectChange,
        needs=Right.MANAGE,
        examples=[Example("Another style", {"style": "watercolour", "fps": 25})],
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        """Change what a project is called and how its film is made; nothing that exists is made again by this."""
        opened = self.open(project_id)
        now = {one.name: getattr(opened.project, one.name) for one in fields(ProjectDetails)}
        change_project(opened=opened, details=ProjectDetails(**{**now, **self.sent}))
        return self.answer(opened.project)

    @operation(
        query=ProjectDeleteQuery,
        needs=Right.MANAGE,
        refusals={409: ["name_differs: it is called otherwise; nothing was deleted"]},
    )
    def delete(self, request: Request, project_id: UUID) -> Response:
        """Put a project into the trash, with everything in it: nobody finds it, and orders not sent yet end.

        It can be taken back for 30 days.
        """
        delete_project(opened=self.open(project_id), typed_name=self.asked["name"])
        return self.answer(None)


class ArchiveProject(ProjectResource):
    """Putting a project away."""

    tag = "projects"

    @operation(answer=ProjectOut, needs=Right.MANAGE)
    def post(self, request: Request, project_id: UUID) -> Response:
        """Put a project away: it leaves the lists and keeps everything."""
        opened = self.open(project_id)
        archive_project(opened=opened)
        opened.project.refresh_from_db()
        return self.answer(opened.project)


class UnarchiveProject(ProjectResource):
    """Taking a project out of the archive."""

    tag = "projects"

    @operation(answer=ProjectOut, needs=Right.MANAGE)
    def post(self, request: Request, project_id: UUID) -> Response:
        """Take a project out of the archive."""
        opened = self.open(project_id)
        restore_project(opened=opened)
        opened.project.refresh_from_db()
        return self.answer(opened.project)
